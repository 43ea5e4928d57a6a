// Every form of the fast encoder writes the very bytes of the reference encoder, whatever the points.
#include "laz/fast_encoder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <limits>

#include "laz/arithmetic_coder.hpp"
#include "laz/layered_support.hpp"
#include "laz/random_points.hpp"

#define COPSE_ENCODE_FORM here  // the coder itself, as this file is compiled
#include "laz/fast_encode_kernel.hpp"

namespace copse::laz {
namespace {

using las::Points;
using test::Random;
using test::RandomPoints;

Bytes reference_chunk(const ChunkFormat& format, const Points& points) {
    Bytes chunk;
    EXPECT_TRUE(encode_layered_chunk_reference(format, points, 0, points.size(), chunk));
    return chunk;
}

/// Compares all forms with the reference, for both item versions.
void expect_reference_bytes(const Points& points) {
    for (const std::uint16_t version : {std::uint16_t{3}, std::uint16_t{4}}) {
        const ChunkFormat format = test::layered_format(points.layout, version);
        const Bytes expected = reference_chunk(format, points);
        for (const auto* form : fast_encode::available_forms()) {
            Bytes chunk;
            ASSERT_TRUE(fast_encode::encode_layered_chunk_with(*form, format, points, 0, points.size(), chunk));
            ASSERT_EQ(chunk.size(), expected.size()) << form->name << ", version " << version;
            const auto difference = std::mismatch(chunk.begin(), chunk.end(), expected.begin()).first;
            ASSERT_TRUE(difference == chunk.end())
                << form->name << ", version " << version << ", byte " << difference - chunk.begin();
        }
    }
}

Points random_points(std::uint8_t point_format, std::uint16_t extra_bytes, std::uint32_t seed, std::size_t count) {
    return RandomPoints{test::layout_of(point_format, extra_bytes), seed}.make(count);
}

TEST(FastEncoder, WritesTheReferenceBytesForRandomSurveys) {
    Random random{41};
    for (unsigned round = 0; round < 40; ++round)
        for (std::uint8_t point_format = 6; point_format <= 10; ++point_format) {
            SCOPED_TRACE(testing::Message() << "round " << round << ", format " << int{point_format});
            const auto extra_bytes = static_cast<std::uint16_t>(random.below(21));
            const std::size_t count = 1 + random.below(3000);
            expect_reference_bytes(random_points(point_format, extra_bytes, random(), count));
            if (HasFatalFailure()) return;
        }
}

TEST(FastEncoder, WritesTheReferenceBytesForChunksOfFewPoints) {
    Random random{42};
    for (std::size_t count = 1; count <= 4; ++count)
        for (unsigned round = 0; round < 30; ++round)
            for (std::uint8_t point_format = 6; point_format <= 10; ++point_format)
                expect_reference_bytes(random_points(point_format, 2, random(), count));
}

TEST(FastEncoder, WritesTheReferenceBytesAroundItsBlocks) {
    Random random{43};
    constexpr std::size_t kBlock = fast_encode::kBlockRows;
    for (const std::size_t count : {kBlock - 1, kBlock, kBlock + 1, kBlock + 2, 2 * kBlock + 1, 2 * kBlock + 2})
        for (unsigned round = 0; round < 10; ++round) expect_reference_bytes(random_points(8, 3, random(), count));
}

TEST(FastEncoder, WritesTheReferenceBytesForEveryRateOfChannelSwitches) {
    // Rates of every character: never, rarely, often, at every point; in 1 to 4 channels that come up late or early.
    Random random{44};
    for (const unsigned channels : {1u, 2u, 3u, 4u})
        for (const std::uint32_t rate : {1u, 2u, 7u, 300u, 2000u})
            for (unsigned round = 0; round < 3; ++round) {
                SCOPED_TRACE(testing::Message() << channels << " channels, switched once in " << rate);
                Points points = random_points(8, 2, random(), 1500);
                const std::uint32_t shift = random.below(4);
                std::uint32_t channel = 0;
                for (auto& c : points.channel) {
                    if (random.once_in(rate)) channel = random.below(channels);
                    c = static_cast<std::uint8_t>((channel + shift) % 4);
                }
                expect_reference_bytes(points);
            }
}

TEST(FastEncoder, WritesTheReferenceBytesForAllReturnCombinations) {
    Random random{45};
    for (const bool in_turn : {true, false}) {
        Points points = random_points(6, 0, 3, 8000);
        for (std::size_t row = 0; row < points.size(); ++row) {
            points.returns[row] = static_cast<std::uint8_t>(in_turn ? row / 3 : random());
            points.channel[row] = static_cast<std::uint8_t>(random.once_in(50) ? random.below(4) : 0);
            points.gps_time[row] = random.once_in(2) ? points.gps_time[row] : points.gps_time[row == 0 ? 0 : row - 1];
        }
        expect_reference_bytes(points);
    }
}

TEST(FastEncoder, WritesTheReferenceBytesForDifferencesOfEveryClass) {
    // Steps of 2^k and its neighbours to both sides, k from 0 to 31, in all integer columns.
    Random random{46};
    Points points = random_points(8, 0, 4, 6000);
    const auto step = [&] {
        const std::uint32_t magnitude = (1u << random.below(32)) + random.below(3) - 1;
        return random.once_in(2) ? magnitude : 0u - magnitude;
    };
    const auto walk = [&](auto& column) {
        using Value = typename std::decay_t<decltype(column)>::value_type;
        for (std::size_t row = 1; row < column.size(); ++row)
            column[row] = static_cast<Value>(static_cast<std::uint32_t>(column[row - 1]) + step());
    };
    for (auto* column : {&points.x, &points.y, &points.z}) walk(*column);
    walk(points.intensity);
    walk(points.scan_angle);
    walk(points.point_source_id);
    expect_reference_bytes(points);
}

TEST(FastEncoder, WritesTheReferenceBytesForExtremeCoordinates) {
    using Limits = std::numeric_limits<std::int32_t>;
    const std::array<std::int32_t, 6> values{Limits::min(), Limits::min() + 1, -1, 0, 1, Limits::max()};
    Random random{47};
    Points points = random_points(6, 0, 5, 5000);
    for (auto* column : {&points.x, &points.y, &points.z})
        for (auto& value : *column) value = values[random.below(values.size())];
    expect_reference_bytes(points);
}

TEST(FastEncoder, WritesTheReferenceBytesForEveryKindOfGpsTime) {
    // Times that jump between five clocks (one more than can be followed), in all multiples of their step, backwards,
    // by steps that do not fit 32 bits, and numbers that are no times.
    Random random{48};
    const std::array<double, 6> odd{0.0,
                                    -0.0,
                                    std::numeric_limits<double>::quiet_NaN(),
                                    std::numeric_limits<double>::infinity(),
                                    -std::numeric_limits<double>::max(),
                                    std::numeric_limits<double>::denorm_min()};
    for (unsigned round = 0; round < 12; ++round) {
        Points points = random_points(6, 0, round, 4000);
        std::array<std::uint64_t, 5> clocks{};
        for (auto& clock : clocks) clock = 0x4190000000000000u + (std::uint64_t{random()} << 20);
        const std::uint64_t step = 1 + random.below(round < 6 ? 1000 : 20000000);
        std::size_t clock = 0;
        for (auto& time : points.gps_time) {
            if (random.once_in(30)) clock = random.below(clocks.size());
            const auto multiple =
                static_cast<std::int64_t>(random.below(random.once_in(4) ? 1200 : 4)) - (random.once_in(10) ? 30 : 0);
            clocks[clock] += static_cast<std::uint64_t>(multiple) * step + random.below(3);
            time = std::bit_cast<double>(clocks[clock]);
            if (random.once_in(100)) time = odd[random.below(odd.size())];
            if (random.once_in(200)) time = std::bit_cast<double>(random.bits64());
        }
        expect_reference_bytes(points);
    }
}

TEST(FastEncoder, LeavesOutTheSameConstantLayers) {
    // Each column in turn is the only one that varies, and the only one that does not; it varies at its end or
    // anywhere.
    Random random{49};
    const auto hold = [](auto& column) { std::fill(column.begin(), column.end(), column.front()); };
    for (const std::size_t count : {std::size_t{2}, std::size_t{65}, std::size_t{1000}})
        for (const bool hold_one : {true, false})
            for (unsigned chosen = 0; chosen < 19; ++chosen) {
                Points points = random_points(8, 2, random(), count);
                unsigned index = 0;
                las::for_each_column(points, [&](auto& column) {
                    if ((index++ == chosen) == hold_one) hold(column);
                });
                expect_reference_bytes(points);
            }
    for (const bool grey : {true, false}) {
        Points points = random_points(7, 0, 6, 300);
        for (auto* column : {&points.red, &points.green, &points.blue}) hold(*column);
        if (grey) points.green = points.blue = points.red;
        expect_reference_bytes(points);
    }
}

TEST(FastEncoder, FindsADifferenceInTheLastRow) {
    for (const std::size_t count : {std::size_t{2}, std::size_t{64}, std::size_t{65}, std::size_t{200}}) {
        Points points = random_points(6, 1, 7, count);
        las::for_each_column(points, [](auto& column) { std::fill(column.begin(), column.end(), column.front()); });
        expect_reference_bytes(points);
        points.user_data.back() ^= 1u;
        points.extra[0].back() ^= 1u;
        points.gps_time.back() = -points.gps_time.back();
        expect_reference_bytes(points);
    }
}

TEST(FastEncoder, CarriesThroughAnyNumberOfBytesThatAreAllOnes) {
    // A carry beyond the four bytes that the coder holds back comes once in 2^32 times: here it is brought about. Each
    // number is chosen such that its part of the interval lies on both sides of the next carry, the last one beyond it.
    for (unsigned ones = 1; ones <= 20; ++ones) {
        std::array<std::uint8_t, 64> bytes{};
        fast_encode::Stream stream;
        stream.at = bytes.data();
        fast_encode::here::Coder coder{stream};
        ArithmeticEncoder reference;
        const auto raw = [&](std::uint32_t number) {
            coder.raw(8, number);
            reference.encode_raw(8, number);
        };
        raw(100);
        const auto on_both_sides = [&] { return (0u - static_cast<std::uint32_t>(coder.base)) / (coder.length >> 8); };
        for (unsigned i = 0; i < ones; ++i) raw(on_both_sides());
        raw(on_both_sides() + 1);
        for (unsigned i = 0; i < 8; ++i) raw(0);  // so that the end of the string has nothing to carry

        const Bytes expected = reference.finish();
        const std::size_t size = ones + 2;
        ASSERT_LE(size, expected.size());
        EXPECT_EQ(bytes[4], 0x64) << "no carry through " << ones << " bytes";
        for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(std::byte{bytes[4 + i]}, expected[i]) << ones << ", " << i;
    }
}

TEST(FastEncoder, EncodesAPartLikeAWhole) {
    const Points points = random_points(8, 3, 8, 1200);
    const ChunkFormat format = test::layered_format(points.layout, 3);
    Points part{points.layout, las::ColumnSet::all()};
    part.append(points, 100, 1100);
    for (const auto* form : fast_encode::available_forms()) {
        Bytes chunk{std::byte{1}, std::byte{2}};  // what is there stays
        ASSERT_TRUE(fast_encode::encode_layered_chunk_with(*form, format, points, 100, 1100, chunk));
        Bytes expected{std::byte{1}, std::byte{2}};
        const Bytes whole = reference_chunk(format, part);
        expected.insert(expected.end(), whole.begin(), whole.end());
        EXPECT_EQ(chunk, expected) << form->name;
    }
}

}  // namespace
}  // namespace copse::laz
