// Whatever the points: what is encoded is decoded again, in any slices and subsets; whatever the bytes: no crash.
#include <gtest/gtest.h>

#include <array>

#include "laz/layered_support.hpp"
#include "laz/random_points.hpp"

namespace copse::laz {
namespace {

using las::ColumnSet;
using test::decode;
using test::encode;
using test::Random;
using test::RandomPoints;
using test::records_of;

/// Calls `use(format, points)` for random surveys of every point format, number of extra bytes and item version.
template <class Use>
void for_random_surveys(unsigned rounds, std::uint32_t max_points, Use&& use) {
    Random random{6};
    for (unsigned round = 0; round < rounds; ++round)
        for (std::uint8_t point_format = 6; point_format <= 10; ++point_format)
            for (const std::uint16_t version : {std::uint16_t{3}, std::uint16_t{4}}) {
                SCOPED_TRACE(testing::Message()
                             << "round " << round << ", format " << int{point_format} << ", version " << version);
                const auto layout = test::layout_of(point_format, static_cast<std::uint16_t>(random.below(6)));
                const las::Points points = RandomPoints{layout, random()}.make(1 + random.below(max_points));
                use(test::layered_format(layout, version), points);
            }
}

TEST(LayeredCodec, DecodesWhatItEncoded) {
    for_random_surveys(40, 3000, [](const ChunkFormat& format, const las::Points& points) {
        const Bytes chunk = encode(format, points);
        const auto decoded = decode(format, chunk, points.size());
        ASSERT_TRUE(decoded) << decoded.error().at << ": " << decoded.error().what;
        ASSERT_EQ(records_of(*decoded), records_of(points));
    });
}

/// FNV-1a of the chunks of eight surveys: 3 extra bytes, all channels, up to 2000 points each.
std::uint64_t hash_of_surveys(std::uint8_t point_format, std::uint16_t version) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (std::uint32_t seed = 1; seed <= 8; ++seed) {
        const auto layout = test::layout_of(point_format, 3);
        las::Points points = RandomPoints{layout, seed}.make(250 * seed);
        // -0.0 and NaN are the two cases in which LASzip itself writes other bytes.
        for (double& time : points.gps_time)
            if (!(time < 0 || time > 0)) time = 0;
        for (const std::byte byte : encode(test::layered_format(layout, version), points))
            hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3u;
    }
    return hash;
}

TEST(LayeredCodec, WritesTheSameBytesAsEver) {
    // A change that encoder and decoder make together passes every other test but breaks all files there are. These are
    // hashes of what was compared with LASzip: version 3 encoded to the same bytes, version 4 decoded to the same
    // points.
    const std::array<std::array<std::uint64_t, 2>, 5> expected{{{0x73f004f383cd334c, 0xc19fd7e3f1896517},
                                                                {0x0651158c25599dbd, 0x5d7ed6f5b8f35b73},
                                                                {0x6b50521b42dd5f4f, 0x93e31f4ed62f69e1},
                                                                {0x5efed01bc3889b62, 0xab996e13a2b33373},
                                                                {0x435f431dfcea0e1f, 0xc4efc48058a5f519}}};
    for (std::uint8_t point_format = 6; point_format <= 10; ++point_format)
        for (const std::uint16_t version : {std::uint16_t{3}, std::uint16_t{4}})
            EXPECT_EQ(hash_of_surveys(point_format, version), expected[point_format - 6u][version - 3u])
                << "format " << int{point_format} << ", version " << version;
}

TEST(LayeredCodec, DecodesAnySubsetInAnySlicesToTheSameColumns) {
    Random random{7};
    for_random_surveys(20, 3000, [&](const ChunkFormat& format, const las::Points& points) {
        const Bytes chunk = encode(format, points);
        las::Points decoded{format.layout, test::random_columns(random)};
        auto decoder =
            make_layered_reference_decoder(format, chunk, 0, points.size(), decoded.columns, Consumption::exact);
        ASSERT_TRUE(decoder);
        while ((*decoder)->remaining() != 0) ASSERT_TRUE((*decoder)->decode(1 + random.below(700), decoded));
        las::Points expected{format.layout, decoded.columns};
        expected.append(points, 0, points.size());
        ASSERT_EQ(records_of(decoded), records_of(expected));
    });
}

TEST(LayeredCodec, StopsAfterAnyNumberOfRows) {
    Random random{8};
    for_random_surveys(4, 300, [&](const ChunkFormat& format, const las::Points& points) {
        const Bytes chunk = encode(format, points);
        auto decoder =
            make_layered_reference_decoder(format, chunk, 0, points.size(), ColumnSet::all(), Consumption::exact);
        ASSERT_TRUE(decoder);
        const std::size_t rows = random.below(points.size() + 1);
        las::Points decoded{format.layout, ColumnSet::all()};
        ASSERT_TRUE((*decoder)->decode(rows, decoded));
        EXPECT_EQ((*decoder)->remaining(), points.size() - rows);
        Bytes expected;
        las::pack_records(points, 0, rows, expected);
        ASSERT_EQ(records_of(decoded), expected);
    });
}

TEST(LayeredCodec, EncodesAPartLikeAWhole) {
    Random random{9};
    for_random_surveys(4, 500, [&](const ChunkFormat& format, const las::Points& points) {
        const std::size_t first = random.below(points.size());
        las::Points part{format.layout, ColumnSet::all()};
        part.append(points, first, points.size());
        Bytes chunk{std::byte{1}, std::byte{2}};  // what is there stays
        ASSERT_TRUE(encode_layered_chunk(format, points, first, points.size(), chunk));
        Bytes expected{std::byte{1}, std::byte{2}};
        const Bytes whole = encode(format, part);
        expected.insert(expected.end(), whole.begin(), whole.end());
        ASSERT_EQ(chunk, expected);
    });
}

TEST(LayeredCodec, GivesTheSameBytesInBothVersionsWhenThereIsOneChannel) {
    Random random{10};
    for (std::uint8_t channel = 0; channel < 4; ++channel)
        for (std::uint8_t point_format = 6; point_format <= 10; ++point_format) {
            const auto layout = test::layout_of(point_format, 3);
            las::Points points = RandomPoints{layout, random()}.make(500);
            std::fill(points.channel.begin(), points.channel.end(), channel);
            EXPECT_EQ(encode(test::layered_format(layout, 3), points), encode(test::layered_format(layout, 4), points));
        }
}

TEST(LayeredCodec, RejectsEveryShorterPrefix) {
    for_random_surveys(1, 40, [](const ChunkFormat& format, const las::Points& points) {
        const Bytes chunk = encode(format, points);
        for (std::size_t size = 0; size < chunk.size(); ++size) {
            // An exact-size heap copy lets AddressSanitizer catch a one-byte overread.
            const Bytes cut{chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(size)};
            const auto decoded = decode(format, cut, points.size());
            ASSERT_FALSE(decoded) << size;
            ASSERT_EQ(decoded.error().code, Code::truncated) << size;
        }
    });
}

TEST(LayeredCodec, SurvivesRandomDamage) {
    Random random{11};
    for_random_surveys(6, 200, [&](const ChunkFormat& format, const las::Points& points) {
        const Bytes chunk = encode(format, points);
        for (unsigned copy = 0; copy < 40; ++copy) {
            Bytes damaged = chunk;
            const unsigned changes = random.once_in(2) ? 1 : 20;
            // The record and the sizes are left alone: what is behind them is to be reached.
            const std::size_t from = format.layout.record_length + 4u + 4u * (9 + format.layout.extra_bytes());
            for (unsigned i = 0; i < changes; ++i)
                damaged[from + random.below(damaged.size() - from)] = static_cast<std::byte>(random());
            const auto decoded = decode(format, damaged, points.size());
            if (decoded) {
                ASSERT_EQ(decoded->size(), points.size());
            }
        }
    });
}

TEST(LayeredCodec, RefusesASecondSwitchOfTheGpsSequenceAtItsByte) {
    // A layer of random bytes switches soon enough; which byte it is, is told.
    const auto layout = test::layout_of(6, 0);
    Random random{12};
    const std::string rule = "the GPS time sequence is switched more than once for a point";
    unsigned found = 0;
    for (unsigned round = 0; round < 200; ++round) {
        las::Points points = RandomPoints{layout, 1}.make(200);
        for (std::size_t row = 0; row < points.size(); ++row)
            points.gps_time[row] = std::bit_cast<double>(random.bits64());
        const ChunkFormat format = test::layered_format(layout, 3);
        Bytes chunk = encode(format, points);
        const auto size = wire::load_le<std::uint32_t>(chunk.data() + 34 + 4 * 8);
        const std::size_t layer = chunk.size() - size;
        for (std::size_t i = layer; i < chunk.size(); ++i) chunk[i] = static_cast<std::byte>(random());
        const auto decoded = decode(format, chunk, points.size(), ColumnSet{ColumnSet::gps_time, 0});
        ASSERT_FALSE(decoded);
        if (rule != decoded.error().what) continue;
        ++found;
        EXPECT_EQ(decoded.error().code, Code::bad_value);
        EXPECT_GE(decoded.error().at, layer);
        EXPECT_LT(decoded.error().at, chunk.size());
    }
    EXPECT_GT(found, 20u);
}

}  // namespace
}  // namespace copse::laz
