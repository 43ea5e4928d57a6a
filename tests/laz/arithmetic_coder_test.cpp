#include "laz/arithmetic_coder.hpp"

#include <gtest/gtest.h>

#include "laz/hex.hpp"
#include "laz/random.hpp"

namespace copse::laz {
namespace {

using test::from_hex;
using test::Random;
using test::to_hex;

// Vectors of `laz/coder.md` section 8.
constexpr const char* kBits = "e09a86cd653bfb9619102b35d90672c557b291851a04cc64dc69f2df125089fb000000";
constexpr const char* kFiveSymbols = "1427e59b40b3dfdfdec1bd7eae2c950738b9343986000000";
constexpr const char* kByteSymbols =
    "001f7c0831fb64ec12573c3fe224040322dfbc37d20be3dbf2a7fbf002b403f302b07be7f29be3cb12000000";
constexpr const char* kRaw =
    "48a4952683efffdfb6782d169707883c3bd2d60f0f78767820bdae7243fd20115b113e06e46d4ad3b15c000000";

bool vector_bit(unsigned i) { return i * i / 7 % 5 == 0; }

TEST(ArithmeticCoder, WritesFourBytesWhenNothingWasCoded) {
    ArithmeticEncoder out;
    const Bytes bytes = out.finish();
    EXPECT_EQ(to_hex(bytes), "01000000");
    const ArithmeticDecoder in{bytes, 0};
    EXPECT_TRUE(in.ok());
    EXPECT_TRUE(in.at_end());
}

TEST(ArithmeticCoder, CodesBitsLikeTheReference) {
    ArithmeticEncoder out;
    BitModel model;
    for (unsigned i = 0; i < 300; ++i) out.encode_bit(model, vector_bit(i));
    EXPECT_EQ(to_hex(out.finish()), kBits);

    const Bytes bytes = from_hex(kBits);
    ArithmeticDecoder in{bytes, 0};
    BitModel fresh;
    for (unsigned i = 0; i < 300; ++i) ASSERT_EQ(in.decode_bit(fresh), vector_bit(i)) << i;
    EXPECT_TRUE(in.ok());
    EXPECT_TRUE(in.at_end());
}

template <unsigned Symbols>
void expect_symbols(unsigned count, unsigned factor, const char* hex) {
    ArithmeticEncoder out;
    SymbolModel<Symbols> model;
    for (unsigned i = 0; i < count; ++i) out.encode_symbol(model, i * i * factor % Symbols);
    EXPECT_EQ(to_hex(out.finish()), hex);

    const Bytes bytes = from_hex(hex);
    ArithmeticDecoder in{bytes, 0};
    SymbolModel<Symbols> fresh;
    for (unsigned i = 0; i < count; ++i) ASSERT_EQ(in.decode_symbol(fresh), i * i * factor % Symbols) << i;
    EXPECT_TRUE(in.ok());
    EXPECT_TRUE(in.at_end());
}

TEST(ArithmeticCoder, CodesSymbolsLikeTheReference) {
    expect_symbols<5>(100, 1, kFiveSymbols);
    expect_symbols<256>(40, 31, kByteSymbols);
}

TEST(ArithmeticCoder, CodesWithAModelOfFewerSymbolsThanItsCapacityTheSameBytes) {
    ArithmeticEncoder out;
    SymbolModel<256> model{5};
    for (unsigned i = 0; i < 100; ++i) out.encode_symbol(model, i * i % 5);
    EXPECT_EQ(to_hex(out.finish()), kFiveSymbols);

    const Bytes bytes = from_hex(kFiveSymbols);
    ArithmeticDecoder in{bytes, 0};
    SymbolModel<256> fresh{5};
    for (unsigned i = 0; i < 100; ++i) ASSERT_EQ(in.decode_symbol(fresh), i * i % 5) << i;
    EXPECT_TRUE(in.at_end());
}

TEST(ArithmeticCoder, CodesUnmodelledNumbersLikeTheReference) {
    ArithmeticEncoder out;
    for (unsigned bits = 1; bits <= 19; ++bits) out.encode_raw(bits, 0x2d2d2u % (1u << bits));
    out.encode_raw(20, 0xabcde);
    out.encode_raw(23, 0x123456);
    out.encode_raw(32, 0xdeadbeef);
    out.encode_raw64(0x0123456789abcdef);
    EXPECT_EQ(to_hex(out.finish()), kRaw);

    const Bytes bytes = from_hex(kRaw);
    ArithmeticDecoder in{bytes, 0};
    for (unsigned bits = 1; bits <= 19; ++bits) EXPECT_EQ(in.decode_raw(bits), 0x2d2d2u % (1u << bits));
    EXPECT_EQ(in.decode_raw(20), 0xabcdeu);
    EXPECT_EQ(in.decode_raw(23), 0x123456u);
    EXPECT_EQ(in.decode_raw(32), 0xdeadbeefu);
    EXPECT_EQ(in.decode_raw64(), 0x0123456789abcdefu);
    EXPECT_TRUE(in.ok());
    EXPECT_TRUE(in.at_end());
}

TEST(ArithmeticCoder, CarriesThroughARunOfFfBytes) {
    // Numbers of all ones push the base up against its end; a last symbol then carries through all of them.
    for (unsigned run = 0; run < 40; ++run) {
        SCOPED_TRACE(run);
        ArithmeticEncoder out;
        BitModel model;
        for (unsigned i = 0; i < run; ++i) out.encode_raw(8, 0xff);
        for (unsigned i = 0; i < 20; ++i) out.encode_bit(model, true);
        out.encode_raw(19, 0x7ffff);
        const Bytes bytes = out.finish();

        ArithmeticDecoder in{bytes, 0};
        BitModel fresh;
        for (unsigned i = 0; i < run; ++i) ASSERT_EQ(in.decode_raw(8), 0xffu);
        for (unsigned i = 0; i < 20; ++i) ASSERT_TRUE(in.decode_bit(fresh));
        ASSERT_EQ(in.decode_raw(19), 0x7ffffu);
        EXPECT_TRUE(in.ok());
        EXPECT_TRUE(in.at_end());
    }
}

TEST(ArithmeticCoder, DecodesWhatItEncodedForAnyMixtureOfElements) {
    Random random{1};
    for (unsigned round = 0; round < 200; ++round) {
        SCOPED_TRACE(round);
        struct Element {
            unsigned kind, number;
        };
        std::vector<Element> elements(random() % 400);
        const unsigned skew = 1 + random() % 40;
        for (auto& e : elements) e = {random() % 4, random() % skew == 0 ? random() : 0};

        ArithmeticEncoder out;
        BitModel bit;
        SymbolModel<3> few;
        SymbolModel<515> many;
        for (const auto e : elements) {
            if (e.kind == 0) out.encode_bit(bit, e.number % 2 != 0);
            if (e.kind == 1) out.encode_symbol(few, e.number % 3);
            if (e.kind == 2) out.encode_symbol(many, e.number % 515);
            if (e.kind == 3) out.encode_raw(1 + e.number % 32, e.number & (0xffffffffu >> (31 - e.number % 32)));
        }
        const Bytes bytes = out.finish();

        ArithmeticDecoder in{bytes, 0};
        bit = {};
        few = SymbolModel<3>{};
        many = SymbolModel<515>{};
        for (const auto e : elements) {
            if (e.kind == 0) {
                ASSERT_EQ(in.decode_bit(bit), e.number % 2 != 0);
            }
            if (e.kind == 1) {
                ASSERT_EQ(in.decode_symbol(few), e.number % 3);
            }
            if (e.kind == 2) {
                ASSERT_EQ(in.decode_symbol(many), e.number % 515);
            }
            if (e.kind == 3) {
                ASSERT_EQ(in.decode_raw(1 + e.number % 32), e.number & (0xffffffffu >> (31 - e.number % 32)));
            }
        }
        EXPECT_TRUE(in.ok());
        EXPECT_TRUE(in.at_end());
    }
}

TEST(ArithmeticCoder, ReportsEveryShorterPrefixAtItsEnd) {
    const Bytes whole = from_hex(kByteSymbols);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        // An exact-size heap copy lets AddressSanitizer catch a one-byte overread.
        const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
        ArithmeticDecoder in{cut, 1000};
        SymbolModel<256> model;
        for (unsigned i = 0; i < 40; ++i) ASSERT_LT(in.decode_symbol(model), 256u);
        ASSERT_FALSE(in.ok());
        EXPECT_EQ(in.error().code, Code::truncated);
        EXPECT_EQ(in.error().at, 1000 + size);
    }
}

TEST(ArithmeticCoder, LeavesBytesBehindTheStringUntouched) {
    Bytes longer = from_hex(kFiveSymbols);
    const std::size_t size = longer.size();
    longer.resize(size + 7, std::byte{0xab});
    ArithmeticDecoder in{longer, 0};
    SymbolModel<5> model;
    for (unsigned i = 0; i < 100; ++i) ASSERT_EQ(in.decode_symbol(model), i * i % 5);
    EXPECT_TRUE(in.ok());
    EXPECT_FALSE(in.at_end());
    EXPECT_EQ(in.consumed(), size);
}

TEST(ArithmeticCoder, DecodesFromAnUnalignedCopy) {
    const Bytes whole = from_hex(kFiveSymbols);
    for (std::size_t shift = 1; shift < 8; ++shift) {
        Bytes shifted(shift);
        shifted.insert(shifted.end(), whole.begin(), whole.end());
        ArithmeticDecoder in{ByteView{shifted}.subspan(shift), 0};
        SymbolModel<5> model;
        for (unsigned i = 0; i < 100; ++i) ASSERT_EQ(in.decode_symbol(model), i * i % 5);
    }
}

TEST(ArithmeticCoder, RefusesAStringThatStartsWithFourFfBytes) {
    const Bytes bytes = from_hex("ffffffff0102030405");
    ArithmeticDecoder in{bytes, 77};
    ASSERT_FALSE(in.ok());
    EXPECT_EQ(in.error().code, Code::bad_value);
    EXPECT_EQ(in.error().at, 77u);
    SymbolModel<5> model;
    for (unsigned i = 0; i < 100; ++i) ASSERT_LT(in.decode_symbol(model), 5u);
    EXPECT_EQ(in.error().at, 77u);  // the first fault stays
}

TEST(ArithmeticCoder, RefusesAnUnmodelledNumberThatIsTooLarge) {
    // The interval of 2^32 - 1 divided by 2^8 leaves a remainder that no byte owns.
    const Bytes bytes = from_hex("fffffffe00000000");
    ArithmeticDecoder in{bytes, 50};
    EXPECT_LT(in.decode_raw(8), 256u);
    ASSERT_FALSE(in.ok());
    EXPECT_EQ(in.error().code, Code::bad_value);
    EXPECT_EQ(in.error().at, 50u);
}

TEST(ArithmeticCoder, StaysInRangeOnRandomBytes) {
    Random random{2};
    for (unsigned round = 0; round < 300; ++round) {
        Bytes bytes(random() % 64);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random() % 4 == 0 ? 0xff : random());
        ArithmeticDecoder in{bytes, 0};
        BitModel bit;
        SymbolModel<33> symbols;
        for (unsigned i = 0; i < 200; ++i) {
            (void)in.decode_bit(bit);
            ASSERT_LT(in.decode_symbol(symbols), 33u);
            const unsigned bits = 1 + random() % 31;
            ASSERT_EQ(in.decode_raw(bits) >> bits, 0u);
        }
        EXPECT_FALSE(in.ok());  // 200 numbers of 16 bits do not fit 64 bytes
        EXPECT_LE(in.consumed(), bytes.size());
    }
}

}  // namespace
}  // namespace copse::laz
