#include "laz/integer_coder.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "laz/hex.hpp"
#include "laz/random.hpp"

namespace copse::laz {
namespace {

using test::Random;
using test::to_hex;

// Codes `values`, each predicted by the one before, and decodes them again.
template <unsigned Bits, unsigned Contexts>
Bytes expect_round_trip(const std::vector<typename IntegerCoder<Bits, Contexts>::Value>& values) {
    ArithmeticEncoder out;
    IntegerCoder<Bits, Contexts> encoder;
    std::int32_t previous = 0;
    std::vector<unsigned> classes;
    for (unsigned i = 0; i < values.size(); ++i) {
        encoder.encode(out, values[i], previous, i % Contexts);
        classes.push_back(encoder.k());
        previous = values[i];
    }
    const Bytes bytes = out.finish();

    ArithmeticDecoder in{bytes, 0};
    IntegerCoder<Bits, Contexts> decoder;
    previous = 0;
    for (unsigned i = 0; i < values.size(); ++i) {
        EXPECT_EQ(decoder.decode(in, previous, i % Contexts), values[i]) << i;
        EXPECT_EQ(decoder.k(), classes[i]) << i;
        previous = values[i];
    }
    EXPECT_TRUE(in.ok());
    EXPECT_TRUE(in.at_end());
    return bytes;
}

TEST(IntegerCoder, CodesLikeTheReference) {
    EXPECT_EQ(to_hex(expect_round_trip<32, 2>({0,
                                               1,
                                               0,
                                               2,
                                               -1,
                                               3,
                                               7,
                                               -8,
                                               100,
                                               -100,
                                               255,
                                               256,
                                               513,
                                               1000,
                                               -1000,
                                               65536,
                                               -65537,
                                               2147483647,
                                               std::numeric_limits<std::int32_t>::min(),
                                               0,
                                               5,
                                               5,
                                               5})),
              "000f791239a28dc7bf511aa5195aa67e8e873217e555d0cc0370a1b6f85cbf1223000000");
    EXPECT_EQ(to_hex(expect_round_trip<16, 1>({0, 1, 65535, 32768, 0, 40000, 123, 124, 122, 7000})),
              "0040e0850a5702987ab7d1a1d104e89c000000");
}

TEST(IntegerCoder, CodesEveryByteAfterEveryByte) {
    std::vector<std::uint8_t> values;
    for (unsigned a = 0; a < 256; ++a)
        for (unsigned b = 0; b < 256; b += 7) {
            values.push_back(static_cast<std::uint8_t>(a));
            values.push_back(static_cast<std::uint8_t>(b));
        }
    (void)expect_round_trip<8, 3>(values);
}

TEST(IntegerCoder, CodesTheEndsOfEveryClass) {
    std::vector<std::int32_t> values{0};
    for (unsigned k = 0; k < 32; ++k)
        for (const std::uint32_t distance : {0u, 1u, 2u})
            for (const bool negative : {false, true}) {
                const std::uint32_t corrector = (1u << k) + distance - 1;
                values.push_back(static_cast<std::int32_t>(negative ? 0u - corrector : corrector));
                values.push_back(0);
            }
    values.push_back(std::numeric_limits<std::int32_t>::min());  // class 32
    values.push_back(0);
    (void)expect_round_trip<32, 1>(values);
}

TEST(IntegerCoder, NamesTheClassOfTheLatestNumber) {
    ArithmeticEncoder out;
    IntegerCoder<32, 1> coder;
    const auto class_of = [&](std::int32_t corrector) {
        coder.encode(out, corrector, 0);
        return coder.k();
    };
    EXPECT_EQ(class_of(0), 0u);
    EXPECT_EQ(class_of(1), 0u);
    EXPECT_EQ(class_of(-1), 1u);
    EXPECT_EQ(class_of(2), 1u);
    EXPECT_EQ(class_of(-3), 2u);
    EXPECT_EQ(class_of(4), 2u);
    EXPECT_EQ(class_of(5), 3u);
    EXPECT_EQ(class_of(std::numeric_limits<std::int32_t>::max()), 31u);
    EXPECT_EQ(class_of(std::numeric_limits<std::int32_t>::min()), 32u);
}

TEST(IntegerCoder, DecodesRandomBytesWithoutLeavingItsTables) {
    Random random{3};
    for (unsigned round = 0; round < 200; ++round) {
        Bytes bytes(4 + random() % 200);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random());
        ArithmeticDecoder in{bytes, 0};
        IntegerCoder<32, 2> wide;
        IntegerCoder<16, 1> narrow;
        for (unsigned i = 0; i < 100; ++i) {
            (void)wide.decode(in, static_cast<std::int32_t>(random()), i % 2);
            (void)narrow.decode(in, static_cast<std::int32_t>(random() % 65536));
            ASSERT_LE(wide.k(), 32u);
            ASSERT_LE(narrow.k(), 16u);
        }
    }
}

}  // namespace
}  // namespace copse::laz
