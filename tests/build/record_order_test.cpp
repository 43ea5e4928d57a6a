#include "build/record_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "build/clouds.hpp"

namespace copse::build {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::uint32_t> all_rows(const las::Points& points) {
    std::vector<std::uint32_t> rows(points.size());
    std::iota(rows.begin(), rows.end(), 0u);
    return rows;
}

Bytes records(const las::Points& points, std::span<const std::uint32_t> rows) {
    Bytes out;
    for (const auto row : rows) las::pack_records(points, row, std::size_t{row} + 1, out);
    return out;
}

Bytes sorted_records(const las::Points& points) {
    auto rows = all_rows(points);
    NodeSorter sorter{points};
    sorter.sort(rows);
    return records(points, rows);
}

/// Morton code of a point's raw integers, highest bits first.
std::string place_of(const las::Points& points, std::uint32_t row) {
    std::string code;
    for (int bit = 31; bit >= 0; --bit)
        for (const std::int32_t raw : {points.z[row], points.y[row], points.x[row]})
            code += ((static_cast<std::uint32_t>(raw) ^ 0x80000000u) >> bit & 1u) != 0 ? '1' : '0';
    return code;
}

TEST(TimeOrder, IsMinusInfinityThenFiniteThenInfinityThenNan) {
    const double times[] = {-kInfinity, -1e300, -1, -0.0, 0.0, 5e-324, 1, 1e300, kInfinity};
    for (std::size_t i = 1; i < std::size(times); ++i) EXPECT_LT(time_order(times[i - 1]), time_order(times[i]));
    EXPECT_LT(time_order(kInfinity), time_order(kNan));
    EXPECT_EQ(time_order(-kNan), time_order(kNan));
}

void expect_node_order(las::Points points) {
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (i % 50 == 0) points.gps_time[i] = kNan;
        if (i % 50 == 1) points.gps_time[i] = kInfinity;
        if (i % 50 == 2) points.gps_time[i] = -kInfinity;
        if (i % 50 < 20 && i % 50 > 2) points.gps_time[i] = 77.25;  // a run long enough for the second sort
    }
    auto rows = all_rows(points);
    NodeSorter{points}.sort(rows);
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto key = [&](std::uint32_t row) {
            return std::tuple{time_order(points.gps_time[row]), points.point_source_id[row], points.channel[row],
                              points.return_number(row), place_of(points, row)};
        };
        ASSERT_LE(key(rows[i - 1]), key(rows[i])) << i;
    }
    EXPECT_TRUE(std::isnan(points.gps_time[rows.back()]));
    EXPECT_EQ(points.gps_time[rows.front()], -kInfinity);
    auto again = rows;
    std::sort(again.begin(), again.end());
    EXPECT_EQ(again, all_rows(points));
}

TEST(NodeSorter, OrdersByTimeThenSourceChannelReturnAndPlace) {
    for (const std::int32_t edge : {1, 4, 300, 100'000, 2'000'000'000})
        expect_node_order(testing::box_cloud(5000, edge));
}

TEST(NodeSorter, GivesTheSameRecordsWhateverTheOrderOfTheRows) {
    for (const auto& points : {testing::box_cloud(3000, 2), testing::copies_cloud(1000), testing::one_place_cloud(700),
                               testing::box_cloud(1, 10), testing::sheet_cloud(4000, 1000)}) {
        const auto expected = sorted_records(points);
        for (std::uint64_t seed = 0; seed < 3; ++seed)
            EXPECT_EQ(sorted_records(testing::shuffled(points, seed)), expected);
    }
}

TEST(NodeSorter, TellsTimesApartThatDifferInTheirLastBitsOnly) {
    testing::Cloud cloud;
    for (int i = 0; i < 3000; ++i) cloud.add(0, 0, 0);
    double time = 3e8;
    for (std::size_t i = 0; i < 3000; ++i) {
        cloud.points.gps_time[i] = i % 2 == 0 ? time : -1e-300 * static_cast<double>(i);
        time = std::nextafter(time, kInfinity);
    }
    const auto points = testing::shuffled(cloud.points, 9);
    auto rows = all_rows(points);
    NodeSorter{points}.sort(rows);
    for (std::size_t i = 1; i < rows.size(); ++i) ASSERT_LT(points.gps_time[rows[i - 1]], points.gps_time[rows[i]]);
}

TEST(TieBreaker, IsAStrictOrderOfRecordsAndZeroForEqualOnes) {
    auto points = testing::box_cloud(40, 3);
    points.append(testing::copies_cloud(3), 0, 3);
    TieBreaker ties{points};
    for (std::uint32_t a = 0; a < points.size(); ++a)
        for (std::uint32_t b = 0; b < points.size(); ++b) {
            const int one = ties.compare(a, b), other = ties.compare(b, a);
            EXPECT_EQ(one < 0, other > 0);
            Bytes left, right;
            las::pack_records(points, a, a + std::size_t{1}, left);
            las::pack_records(points, b, b + std::size_t{1}, right);
            EXPECT_EQ(one == 0, left == right);
            if (one < 0) EXPECT_LE(record_hash(left), record_hash(right));
        }
}

TEST(RecordHash, IsFrozen) {
    // Part of what decides which of two equally near points a coarse node takes: other values, other files.
    Bytes record(38);
    for (std::size_t i = 0; i < record.size(); ++i) record[i] = static_cast<std::byte>(i * 7 + 1);
    EXPECT_EQ(record_hash({}), 0u);
    EXPECT_EQ(record_hash(ByteView{record}.first(30)), 9238014171461408342u);
    EXPECT_EQ(record_hash(record), 14938734723666279473u);
}

}  // namespace
}  // namespace copse::build
