// The door to the codecs: what holds for every kind of chunk.
#include <gtest/gtest.h>

#include "copse/laz.hpp"
#include "laz/random.hpp"

namespace copse::laz {
namespace {

using las::ColumnSet;

class AnyChunk : public testing::TestWithParam<std::uint8_t> {
protected:
    void SetUp() override {
        const las::PointLayout layout{GetParam(), static_cast<std::uint16_t>(las::base_record_length(GetParam()) + 2)};
        points_ = las::Points{layout, ColumnSet::all()};
        points_.resize(kPoints);
        test::Random random{1};
        Bytes bytes(kPoints * layout.record_length);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random.below(4));
        las::unpack_records(bytes, points_, 0);
        format_ = ChunkFormat::for_layout(layout);
        ASSERT_TRUE(encode_chunk(format_, points_, 0, kPoints, chunk_));
    }

    [[nodiscard]] Bytes records(const las::Points& points, std::size_t rows) const {
        Bytes bytes;
        las::pack_records(points, 0, rows, bytes);
        return bytes;
    }

    static constexpr std::size_t kPoints = 50;
    las::Points points_;
    ChunkFormat format_;
    Bytes chunk_;
};

INSTANTIATE_TEST_SUITE_P(PointFormats, AnyChunk, testing::Range(std::uint8_t{0}, std::uint8_t{11}));

TEST_P(AnyChunk, IsDecodedToItsPoints) {
    las::Points decoded{format_.layout, ColumnSet::all()};
    decoded.resize(7);  // rows that are there are replaced
    ASSERT_TRUE(decode_chunk(format_, chunk_, 0, kPoints, decoded));
    EXPECT_EQ(decoded.size(), kPoints);
    EXPECT_EQ(records(decoded, kPoints), records(points_, kPoints));
}

TEST_P(AnyChunk, IsDecodedUpToARow) {
    las::Points decoded{format_.layout, ColumnSet::all()};
    ASSERT_TRUE(decode_chunk(format_, chunk_, 0, kPoints, decoded, 20));
    EXPECT_EQ(decoded.size(), 20u);
    EXPECT_EQ(records(decoded, 20), records(points_, 20));
}

TEST_P(AnyChunk, HasAtLeastOnePoint) {
    const auto decoder = open_chunk(format_, chunk_, 1000, 0, ColumnSet::all());
    ASSERT_FALSE(decoder);
    EXPECT_EQ(decoder.error().code, Code::bad_value);
    EXPECT_EQ(decoder.error().at, 1000u);
}

TEST_P(AnyChunk, IsNotDecodedBeyondTheLimitOfPoints) {
    las::Points decoded{format_.layout, ColumnSet::all()};
    wire::Limits limits;
    limits.max_chunk_points = kPoints - 1;
    const Status whole = decode_chunk(format_, chunk_, 1000, kPoints, decoded, ~std::uint64_t{0}, limits);
    ASSERT_FALSE(whole);
    EXPECT_EQ(whole.error().code, Code::limit_exceeded);
    EXPECT_EQ(whole.error().at, 1000u);
    // What is asked for counts, not what there is.
    EXPECT_TRUE(decode_chunk(format_, chunk_, 1000, kPoints, decoded, kPoints - 1, limits));
    limits.max_chunk_points = kPoints;
    EXPECT_TRUE(decode_chunk(format_, chunk_, 1000, kPoints, decoded, ~std::uint64_t{0}, limits));
}

}  // namespace
}  // namespace copse::laz
