// Layered chunks against the frozen bytes of `laz/layered.md` section 10, and the errors of damaged ones.
#include <gtest/gtest.h>

#include "laz/hex.hpp"
#include "laz/layered_support.hpp"

namespace copse::laz {
namespace {

using las::ColumnSet;
using test::decode;
using test::encode;
using test::from_hex;
using test::to_hex;

// PDRF 8 with one extra byte, six points in channels 1, 1, 0, 1, 0, 0.
constexpr const char* kRecords =
    "e8030000d00700002c010000640021110200ceff07000000000000005940000100020003e80305"
    "f2030000c6070000220100005a0022110200ceff07000000000000005940000100020003e80305"
    "88130000c4090000360100007800114101032800090000000000001069402c012c012c01d00706"
    "01040000c107000031010000640021110500ceff0700126bf12900005940050103020003e90305"
    "8b130000ce090000370100007600114101032900090089b5f814001069402d012d012d01d30706"
    "8e130000d7090000fa000000070053c1010329000900126bf129001069402c0028230c00d30707";

// The layers of POINT14 are the same in both versions.
constexpr const char* kPoint14Layers =
    "0246d45ae66460f9b341a79687d69aae2eab8b000000"
    "218773acbb9c000000"
    "020104007e80000000"
    "05102dba000000"
    "4143c6aabf740000"
    "73e175000000"
    "0003000182ff000000"
    "17000000"
    "548e2a86980000024ddadc3fe74ca0c0b03597000000";

constexpr const char* kPoint14Sizes = "160000000900000009000000070000000800000006000000090000000400000016000000";

std::string vector_chunk(std::uint16_t version) {
    const std::string head = std::string{kRecords}.substr(0, 78) + "06000000" + kPoint14Sizes;
    if (version == 3)
        return head + "150000000d00000009000000" + kPoint14Layers + "80f436c1d443e21011cdeb2d06bfdccd2c89000000" +
               "3e7fec67f3eb04fa8101000000" + "0001ff000280000000";
    return head + "120000000900000009000000" + kPoint14Layers + "80f434fba5e553cbf7ffff9c5d6cc1000000" +
           "3e7fe4050301000000" + "0000ffff8100000000";
}

constexpr las::PointLayout kLayout{8, 39};
constexpr std::size_t kPoints = 6;

class LayeredVector : public testing::TestWithParam<std::uint16_t> {
protected:
    ChunkFormat format_ = test::layered_format(kLayout, GetParam());
    Bytes chunk_ = from_hex(vector_chunk(GetParam()));
    las::Points points_ = test::points_from_records(kLayout, from_hex(kRecords));
};

INSTANTIATE_TEST_SUITE_P(ItemVersions, LayeredVector, testing::Values(std::uint16_t{3}, std::uint16_t{4}));

TEST_P(LayeredVector, IsEncodedByteForByte) { EXPECT_EQ(to_hex(encode(format_, points_)), vector_chunk(GetParam())); }

TEST_P(LayeredVector, IsDecodedToItsRecords) {
    const auto points = decode(format_, chunk_, kPoints);
    ASSERT_TRUE(points) << points.error().what;
    EXPECT_EQ(to_hex(test::records_of(*points)), kRecords);
}

TEST_P(LayeredVector, IsDecodedInSlicesOfAnySize) {
    for (std::size_t slice = 1; slice <= kPoints; ++slice) {
        auto decoder =
            make_layered_reference_decoder(format_, chunk_, 0, kPoints, ColumnSet::all(), Consumption::exact);
        ASSERT_TRUE(decoder);
        las::Points points{kLayout, ColumnSet::all()};
        for (std::size_t done = 0; done < kPoints; done += slice) {
            EXPECT_EQ((*decoder)->remaining(), kPoints - done);
            ASSERT_TRUE((*decoder)->decode(slice, points));
            EXPECT_EQ(points.size(), std::min(done + slice, kPoints));
        }
        EXPECT_EQ((*decoder)->remaining(), 0u);
        EXPECT_EQ((*decoder)->consumed(), chunk_.size());
        ASSERT_TRUE((*decoder)->decode(10, points));  // nothing is left, nothing happens
        EXPECT_EQ(to_hex(test::records_of(points)), kRecords);
    }
}

TEST_P(LayeredVector, IsDecodedFromAnUnalignedCopy) {
    for (std::size_t shift = 1; shift < 8; ++shift) {
        Bytes shifted(shift);
        shifted.insert(shifted.end(), chunk_.begin(), chunk_.end());
        const auto points = decode(format_, ByteView{shifted}.subspan(shift), kPoints);
        ASSERT_TRUE(points);
        EXPECT_EQ(to_hex(test::records_of(*points)), kRecords);
    }
}

TEST_P(LayeredVector, GivesTheSameColumnsWhateverElseIsDecoded) {
    for (unsigned bit = 0; bit < 12; ++bit) {
        SCOPED_TRACE(bit);
        const ColumnSet only = bit < 11 ? ColumnSet{1u << bit, 0} : ColumnSet{0, 1};
        const auto points = decode(format_, chunk_, kPoints, only);
        ASSERT_TRUE(points);
        las::Points expected{kLayout, points->columns};
        expected.append(points_, 0, kPoints);
        EXPECT_EQ(test::records_of(*points), test::records_of(expected));
    }
}

TEST_P(LayeredVector, RejectsEveryShorterPrefix) {
    for (std::size_t size = 0; size < chunk_.size(); ++size) {
        SCOPED_TRACE(size);
        const Bytes cut{chunk_.begin(), chunk_.begin() + static_cast<std::ptrdiff_t>(size)};
        const auto points = decode(format_, cut, kPoints, ColumnSet::all(), 1000);
        ASSERT_FALSE(points);
        EXPECT_EQ(points.error().code, Code::truncated);
        if (size < 39)
            EXPECT_EQ(points.error().at, 1000u);
        else if (size < 43)
            EXPECT_EQ(points.error().at, 1039u);
        else
            EXPECT_EQ(points.error().at, 1000 + size);
    }
}

TEST_P(LayeredVector, RejectsOneByteTooManyUnlessTheEndIsOpen) {
    chunk_.push_back(std::byte{0});
    const auto points = decode(format_, chunk_, kPoints, ColumnSet::all(), 1000);
    ASSERT_FALSE(points);
    EXPECT_EQ(points.error().code, Code::trailing_bytes);
    EXPECT_EQ(points.error().at, 1000 + chunk_.size() - 1);

    auto open = make_layered_reference_decoder(format_, chunk_, 0, kPoints, ColumnSet::all(), Consumption::open);
    ASSERT_TRUE(open);
    EXPECT_EQ((*open)->consumed(), chunk_.size() - 1);
    las::Points decoded{kLayout, ColumnSet::all()};
    ASSERT_TRUE((*open)->decode(kPoints, decoded));
    EXPECT_EQ(to_hex(test::records_of(decoded)), kRecords);
}

TEST_P(LayeredVector, RejectsAnotherPointCountAtItsField) {
    const auto points = decode(format_, chunk_, kPoints + 1, ColumnSet::all(), 1000);
    ASSERT_FALSE(points);
    EXPECT_EQ(points.error().code, Code::bad_value);
    EXPECT_EQ(points.error().at, 1039u);
}

TEST_P(LayeredVector, RejectsALayerThatIsLongerOrShorterThanItsPoints) {
    // Moves one byte from a layer to the next: both sizes stay plausible. The first of the two lacks a byte then.
    const std::size_t sizes_at = 43;
    std::size_t end = sizes_at + 4 * 12;
    for (std::size_t layer = 0; layer + 1 < 12; ++layer) {
        SCOPED_TRACE(layer);
        const auto size = std::to_integer<std::size_t>(chunk_[sizes_at + 4 * layer]);
        end += size;
        Bytes damaged = chunk_;
        damaged[sizes_at + 4 * layer] = static_cast<std::byte>(size - 1);
        damaged[sizes_at + 4 * layer + 4] =
            static_cast<std::byte>(std::to_integer<unsigned>(damaged[sizes_at + 4 * layer + 4]) + 1);
        const auto shorter = decode(format_, damaged, kPoints, ColumnSet::all(), 1000);
        ASSERT_FALSE(shorter);
        if (shorter.error().code == Code::truncated) {
            EXPECT_EQ(shorter.error().at, 1000 + end - 1);
        }

        // Alone, the longer one is found as well: at the byte that is left over.
        damaged = chunk_;
        damaged[sizes_at + 4 * layer] = static_cast<std::byte>(size + 1);
        damaged.insert(damaged.begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
        const auto longer = decode(format_, damaged, kPoints, ColumnSet::all(), 1000);
        ASSERT_FALSE(longer);
        EXPECT_EQ(longer.error().code, Code::trailing_bytes);
        EXPECT_EQ(longer.error().at, 1000 + end);
    }
}

TEST_P(LayeredVector, RejectsALayerThatStartsWithFfBytesAtThatLayer) {
    const std::size_t z_at = 43 + 4 * 12 + 22;
    std::fill_n(chunk_.begin() + static_cast<std::ptrdiff_t>(z_at), 4, std::byte{0xff});
    const auto points = decode(format_, chunk_, kPoints, ColumnSet::all(), 1000);
    ASSERT_FALSE(points);
    EXPECT_EQ(points.error().code, Code::bad_value);
    EXPECT_EQ(points.error().at, 1000 + z_at);
    // Whoever does not want Z never sees it.
    EXPECT_TRUE(decode(format_, chunk_, kPoints, ColumnSet::xy()));
}

TEST_P(LayeredVector, StaysFailedAfterAnError) {
    chunk_[43 + 4 * 12] = std::byte{0x7f};
    auto decoder = make_layered_reference_decoder(format_, chunk_, 0, kPoints, ColumnSet::all(), Consumption::exact);
    ASSERT_TRUE(decoder);
    las::Points points{kLayout, ColumnSet::all()};
    const Status first = (*decoder)->decode(kPoints, points);
    ASSERT_FALSE(first);
    EXPECT_EQ((*decoder)->remaining(), 0u);
    const Status second = (*decoder)->decode(kPoints, points);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().at, first.error().at);
}

TEST_P(LayeredVector, NeverCrashesWithAnyByteChanged) {
    for (std::size_t i = 0; i < chunk_.size(); ++i)
        for (const unsigned flip : {0x01u, 0x02u, 0x04u, 0x08u, 0x10u, 0x20u, 0x40u, 0x80u, 0xffu}) {
            Bytes damaged = chunk_;
            damaged[i] ^= static_cast<std::byte>(flip);
            const auto points = decode(format_, damaged, kPoints);
            if (points) {
                EXPECT_EQ(points->size(), kPoints);
            }
        }
}

TEST(LayeredChunk, ReadsItemVersionTwoAsThree) {
    const auto points = decode(test::layered_format(kLayout, 2), from_hex(vector_chunk(3)), kPoints);
    ASSERT_TRUE(points);
    EXPECT_EQ(to_hex(test::records_of(*points)), kRecords);
}

TEST(LayeredChunk, RefusesItemsThatAreNotThoseOfTheLayout) {
    const Bytes chunk = from_hex(vector_chunk(3));
    const auto expect_unsupported = [&](const ChunkFormat& format) {
        const auto points = decode(format, chunk, kPoints, ColumnSet::all(), 1000);
        ASSERT_FALSE(points);
        EXPECT_EQ(points.error().code, Code::unsupported);
        EXPECT_EQ(points.error().at, 1000u);
    };
    const ChunkFormat good = test::layered_format(kLayout, 3);
    for (std::size_t item = 0; item < good.items.size(); ++item) {
        SCOPED_TRACE(item);
        ChunkFormat format = good;
        format.items[item].version = 5;
        expect_unsupported(format);
        format = good;
        ++format.items[item].size;
        expect_unsupported(format);
        format = good;
        format.items.erase(format.items.begin() + static_cast<std::ptrdiff_t>(item));
        expect_unsupported(format);
        format = good;
        format.items.push_back(format.items[item]);
        expect_unsupported(format);
    }
    ChunkFormat format = good;
    format.compressor = Compressor::point_wise_chunked;
    expect_unsupported(format);
}

TEST(LayeredChunk, OfOnePointHoldsTwoEmptyCodedLayers) {
    const ChunkFormat format = test::layered_format(kLayout, 3);
    las::Points all = test::points_from_records(kLayout, from_hex(kRecords));
    Bytes chunk;
    ASSERT_TRUE(encode_layered_chunk(format, all, 5, 6, chunk));
    const std::string record = std::string{kRecords}.substr(78 * 5);
    EXPECT_EQ(to_hex(chunk), record + "01000000" + "0400000004000000" + std::string(80, '0') + "0100000001000000");
    const auto points = decode(format, chunk, 1);
    ASSERT_TRUE(points);
    EXPECT_EQ(to_hex(test::records_of(*points)), record);
}

TEST(LayeredChunk, MayHaveAnEmptyFirstLayerIfItHasOnePoint) {
    const ChunkFormat format = test::layered_format(kLayout, 3);
    const std::string record = std::string{kRecords}.substr(0, 78);
    const auto one = decode(format, from_hex(record + "01000000" + std::string(96, '0')), 1);
    ASSERT_TRUE(one);
    EXPECT_EQ(to_hex(test::records_of(*one)), record);

    const auto two = decode(format, from_hex(record + "02000000" + std::string(96, '0')), 2, ColumnSet::all(), 1000);
    ASSERT_FALSE(two);
    EXPECT_EQ(two.error().code, Code::bad_value);
    EXPECT_EQ(two.error().at, 1043u);
}

TEST(LayeredChunk, TakesAnEmptyLayerForAConstantColumn) {
    // Three points that differ in nothing; even Z may be left out, which no writer does.
    las::Points points =
        test::points_from_records(kLayout, from_hex(kRecords)).gather(std::vector<std::uint32_t>{0, 0, 0});
    const ChunkFormat format = test::layered_format(kLayout, 3);
    Bytes chunk = encode(format, points);
    // Written: XY, Z, and RGB because its colour is not grey.
    for (std::size_t layer = 0; layer < 12; ++layer)
        EXPECT_EQ(chunk[43 + 4 * layer] != std::byte{0}, layer < 2 || layer == 9) << layer;
    for (const std::size_t layer : {std::size_t{1}, std::size_t{9}}) {
        std::size_t at = 43 + 48;
        for (std::size_t k = 0; k < layer; ++k) at += std::to_integer<std::size_t>(chunk[43 + 4 * k]);
        const auto size = std::to_integer<std::ptrdiff_t>(chunk[43 + 4 * layer]);
        chunk.erase(chunk.begin() + static_cast<std::ptrdiff_t>(at),
                    chunk.begin() + static_cast<std::ptrdiff_t>(at) + size);
        chunk[43 + 4 * layer] = std::byte{0};
    }
    const auto decoded = decode(format, chunk, 3);
    ASSERT_TRUE(decoded) << decoded.error().what;
    EXPECT_EQ(test::records_of(*decoded), test::records_of(points));
}

TEST(LayeredChunk, LeavesOutAConstantColourOnlyIfItIsGrey) {
    las::Points points =
        test::points_from_records(kLayout, from_hex(kRecords)).gather(std::vector<std::uint32_t>{0, 0, 0});
    const ChunkFormat format = test::layered_format(kLayout, 3);
    const auto rgb_size = [&] { return wire::load_le<std::uint32_t>(encode(format, points).data() + 43 + 4 * 9); };
    EXPECT_NE(rgb_size(), 0u);
    points.green = points.blue = points.red;
    EXPECT_EQ(rgb_size(), 0u);
    points.blue[2] = 1;
    EXPECT_NE(rgb_size(), 0u);
}

TEST(LayeredChunk, TakesMemoryForTheRowsDecodedNotForThoseClaimed) {
    // A chunk of some 90 bytes that claims four thousand million points.
    Bytes chunk =
        from_hex(std::string{kRecords}.substr(0, 60) + "ffffffff" + "04000000" + std::string(64, '0') + "01000000");
    const ChunkFormat format = test::layered_format({6, 30}, 3);
    const auto decoder =
        make_layered_reference_decoder(format, chunk, 0, 0xffffffff, ColumnSet::all(), Consumption::exact);
    ASSERT_TRUE(decoder);
    las::Points points{{6, 30}, ColumnSet::all()};
    const Status status = (*decoder)->decode(~std::size_t{0}, points);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::truncated);
    EXPECT_LT(points.x.capacity() * 30, 100u << 20);
}

TEST(LayeredChunk, RefusesALayerOfLessThanFourBytesAtItsEnd) {
    const std::string record = std::string{kRecords}.substr(0, 60);
    const Bytes chunk = from_hex(record + "01000000" + "0400000003000000" + std::string(56, '0') + "01000000010000");
    const auto points = decode(test::layered_format({6, 30}, 3), chunk, 1, ColumnSet::all(), 1000);
    ASSERT_FALSE(points);
    EXPECT_EQ(points.error().code, Code::truncated);
    EXPECT_EQ(points.error().at, 1000 + chunk.size());
}

}  // namespace
}  // namespace copse::laz
