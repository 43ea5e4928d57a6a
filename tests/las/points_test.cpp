#include <gtest/gtest.h>

#include "las/las_bytes.hpp"

namespace copse::las {
namespace {

using namespace test;

Points random_points(PointLayout layout, std::size_t rows, std::uint64_t seed, ColumnSet columns = ColumnSet::all()) {
    Points points{layout, columns};
    points.resize(rows);
    unpack_records(random_bytes(rows * layout.record_length, seed), points, 0);
    return points;
}

Bytes packed(const Points& points) {
    Bytes bytes;
    pack_records(points, 0, points.size(), bytes);
    return bytes;
}

TEST(PointFormats, HaveTheLengthsAndFieldsOfTheSpecification) {
    const std::uint16_t lengths[] = {20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67};
    for (std::uint8_t format = 0; format <= 10; ++format) {
        SCOPED_TRACE(int{format});
        EXPECT_EQ(base_record_length(format), lengths[format]);
        // The length is that of the core fields and of each optional group.
        const int core = is_extended(format) ? 30 : 20 + (has_gps_time(format) ? 8 : 0);
        EXPECT_EQ(core + 6 * has_rgb(format) + 2 * has_nir(format) + 29 * has_waveform(format), lengths[format]);
    }
    EXPECT_FALSE(has_gps_time(0));
    EXPECT_FALSE(has_gps_time(2));
}

TEST(PointFormats, ForCopcKeepColourAndInfrared) {
    const std::uint8_t targets[] = {6, 6, 7, 7, 6, 7, 6, 7, 8, 6, 8};
    for (std::uint8_t format = 0; format <= 10; ++format) EXPECT_EQ(copc_format_for(format), targets[format]);
}

TEST(Points, DropColumnsThatTheFormatDoesNotHave) {
    const Points plain{{0, 22}, ColumnSet::all()};
    EXPECT_FALSE(plain.columns.has(ColumnSet::rgb));
    EXPECT_FALSE(plain.columns.has(ColumnSet::nir));
    EXPECT_FALSE(plain.columns.has(ColumnSet::wave));
    EXPECT_TRUE(plain.columns.has(ColumnSet::gps_time));
    EXPECT_EQ(plain.columns.extra, 3u);
    EXPECT_EQ(plain.extra.size(), 2u);
    const Points full{{10, 67 + 70}, ColumnSet::all()};
    EXPECT_EQ(full.columns, ColumnSet::all());
    EXPECT_EQ(full.extra.size(), 70u);
}

TEST(Points, ResizeOnlyTheColumnsThatArePresent) {
    Points points{{7, 40}, ColumnSet{ColumnSet::gps_time, 4}};
    points.resize(5);
    EXPECT_EQ(points.size(), 5u);
    EXPECT_EQ(points.gps_time.size(), 5u);
    EXPECT_EQ(points.channel.size(), 5u);
    EXPECT_EQ(points.extra[2].size(), 5u);
    EXPECT_TRUE(points.z.empty());
    EXPECT_TRUE(points.red.empty());
    EXPECT_TRUE(points.extra[0].empty());
}

TEST(Points, AppendedInPiecesAreTheWhole) {
    for (std::uint8_t format = 0; format <= 10; ++format) {
        SCOPED_TRACE(int{format});
        const PointLayout layout{format, static_cast<std::uint16_t>(base_record_length(format) + 3)};
        const auto whole = random_points(layout, 100, format);
        Points again{layout, ColumnSet::all()};
        again.append(whole, 0, 0);
        again.append(whole, 0, 33);
        again.append(whole, 33, 34);
        again.append(whole, 34, 100);
        EXPECT_EQ(packed(again), packed(whole));
    }
}

TEST(Points, AppendTakesOnlyTheirOwnColumns) {
    const auto whole = random_points({7, 38}, 10, 1);
    Points times{{7, 38}, ColumnSet{ColumnSet::gps_time, 2}};
    times.append(whole, 2, 4);
    EXPECT_EQ(times.size(), 2u);
    EXPECT_EQ(times.x[1], whole.x[3]);
    EXPECT_EQ(times.extra[1][0], whole.extra[1][2]);
    EXPECT_TRUE(times.z.empty());
}

TEST(Points, GatherCopiesRowsInTheGivenOrder) {
    const auto points = random_points({10, 70}, 50, 2);
    const std::uint32_t rows[] = {49, 0, 7, 7};
    const auto gathered = points.gather(rows);
    Bytes expected;
    for (const auto row : rows) pack_records(points, row, row + 1, expected);
    EXPECT_EQ(packed(gathered), expected);
    EXPECT_EQ(points.gather({}).size(), 0u);
}

}  // namespace
}  // namespace copse::las
