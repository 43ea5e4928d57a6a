#include <gtest/gtest.h>

#include <cmath>

#include "las/las_bytes.hpp"

namespace copse::las {
namespace {

using namespace test;

Points random_points(std::uint8_t format, std::size_t rows = 300, ColumnSet columns = ColumnSet::all()) {
    const PointLayout layout{format, static_cast<std::uint16_t>(base_record_length(format) + 3)};
    Points points{layout, columns};
    points.resize(rows);
    unpack_records(random_bytes(rows * layout.record_length, format), points, 0);
    return points;
}

TEST(ScanAngle, OfARankIsItRoundedInUnitsOfSixThousandths) {
    for (int rank = -128; rank <= 127; ++rank) {
        const auto angle = scan_angle_from_rank(static_cast<std::int8_t>(rank));
        EXPECT_EQ(angle, std::lround(rank / 0.006)) << rank;
        EXPECT_EQ(std::lround(angle * 0.006), rank);  // the rank can be had back
    }
    EXPECT_EQ(scan_angle_from_rank(1), 167);
    EXPECT_EQ(scan_angle_from_rank(-90), -15000);
}

TEST(ConvertPoints, KeepsEveryFieldThatTheTargetHas) {
    for (std::uint8_t format = 0; format <= 10; ++format) {
        SCOPED_TRACE(int{format});
        const auto before = random_points(format);
        auto after = before;
        const auto target = copc_format_for(format);
        convert_points(after, target);

        EXPECT_EQ(after.layout, (PointLayout{target, static_cast<std::uint16_t>(base_record_length(target) + 3)}));
        EXPECT_EQ(after.columns, (Points{after.layout, ColumnSet::all()}.columns));
        EXPECT_EQ(after.x, before.x);
        EXPECT_EQ(after.y, before.y);
        EXPECT_EQ(after.z, before.z);
        EXPECT_EQ(after.returns, before.returns);
        EXPECT_EQ(after.channel, before.channel);
        EXPECT_EQ(after.intensity, before.intensity);
        EXPECT_EQ(after.user_data, before.user_data);
        EXPECT_EQ(after.point_source_id, before.point_source_id);
        EXPECT_EQ(std::memcmp(after.gps_time.data(), before.gps_time.data(), 8 * before.size()), 0);
        EXPECT_EQ(after.red, before.red);
        EXPECT_EQ(after.nir, before.nir);
        EXPECT_EQ(after.extra, before.extra);
        EXPECT_TRUE(after.wave.empty());
        for (std::size_t row = 0; row < before.size(); ++row) {
            const bool overlap = !is_extended(format) && before.classification[row] == 12;
            EXPECT_EQ(after.classification[row], overlap ? 0 : before.classification[row]);
            EXPECT_EQ(after.flags[row], overlap ? before.flags[row] | 8 : before.flags[row]);
            EXPECT_EQ(after.scan_angle[row],
                      is_extended(format) ? before.scan_angle[row]
                                          : scan_angle_from_rank(static_cast<std::int8_t>(before.scan_angle[row])));
        }
        Bytes records;  // every column of the target is there
        pack_records(after, 0, after.size(), records);
        EXPECT_EQ(records.size(), after.size() * after.layout.record_length);
    }
}

TEST(ConvertPoints, GivesBlackToPointsWithoutColour) {
    auto points = random_points(1);
    convert_points(points, 8);
    EXPECT_EQ(points.red, (Column<std::uint16_t>(points.size(), 0)));
    EXPECT_EQ(points.blue, (Column<std::uint16_t>(points.size(), 0)));
    EXPECT_EQ(points.nir, (Column<std::uint16_t>(points.size(), 0)));
    EXPECT_TRUE(points.columns.has(ColumnSet::rgb | ColumnSet::nir));
}

TEST(ConvertPoints, WorksOnPointsWithFewColumns) {
    auto points = random_points(3, 10, ColumnSet{ColumnSet::classification, 2});
    convert_points(points, 7);
    EXPECT_FALSE(points.columns.has(ColumnSet::rgb));  // had, but not wanted
    EXPECT_TRUE(points.flags.empty());
    EXPECT_TRUE(points.scan_angle.empty());
    EXPECT_EQ(points.extra[1].size(), 10u);
}

}  // namespace
}  // namespace copse::las
