#include "ept/record_format.hpp"

#include "made_ept.hpp"

namespace copse::ept {
namespace {

using namespace testing;
using Kind = NumberKind;

Dimension dimension(std::string name, Kind kind, std::uint8_t size) { return {std::move(name), kind, size, {}, {}}; }

std::vector<Dimension> xyz_and(std::vector<Dimension> more) {
    std::vector<Dimension> schema{dimension("X", Kind::signed_integer, 4), dimension("Y", Kind::signed_integer, 4),
                                  dimension("Z", Kind::signed_integer, 4)};
    for (auto& one : more) schema.push_back(std::move(one));
    return schema;
}

/// One record of X, Y, Z and a value of one more dimension, read as a point.
template <class T>
Result<las::Points> read_value(const Dimension& one, T value) {
    const auto format = plan_records(xyz_and({one})).value();
    Bytes record;
    wire::ByteWriter out{record};
    out.zeros(12 + sizeof value);
    wire::store_le(record.data() + 12, value);
    las::Points points{format.layout, las::ColumnSet::all()};
    if (const auto good = append_records(format, record, 1000, points); !good) return good.error();
    return points;
}

TEST(EptRecordFormat, IsTheSmallestPointFormatThatHoldsTheColours) {
    const auto format_with = [](std::vector<Dimension> more) {
        return plan_records(xyz_and(std::move(more))).value().layout.format;
    };
    EXPECT_EQ(format_with({}), 6);
    EXPECT_EQ(format_with({dimension("Green", Kind::unsigned_integer, 2)}), 7);
    EXPECT_EQ(format_with({dimension("Infrared", Kind::unsigned_integer, 2)}), 8);
}

TEST(EptRecordFormat, MakesExtraBytesOfWhatLasDoesNotKnow) {
    auto scaled = dimension("Height", Kind::signed_integer, 2);
    scaled.scale = 0.01;
    scaled.offset = 5;
    const auto format =
        plan_records(xyz_and({dimension("a", Kind::unsigned_integer, 1), scaled, dimension("b", Kind::floating, 8),
                              dimension("c", Kind::floating, 4), dimension("d", Kind::signed_integer, 8)}))
            .value();
    EXPECT_EQ(format.layout, (las::PointLayout{6, 30 + 23}));
    ASSERT_EQ(format.extra.dimensions.size(), 5u);
    const std::vector<int> types{1, 4, 10, 9, 8}, places{0, 1, 3, 11, 15};
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(format.extra.dimensions[i].type, types[i]);
        EXPECT_EQ(format.extra.dimensions[i].byte_offset, places[i]);
    }
    EXPECT_TRUE(format.extra.dimensions[1].has_scale());
    EXPECT_EQ(format.extra.dimensions[1].scale[0], 0.01);
    EXPECT_EQ(format.extra.dimensions[1].offset[0], 5);
    EXPECT_FALSE(format.extra.dimensions[0].has_scale());
}

TEST(EptRecordFormat, CutsNamesThatLasCannotHoldAndSaysSo) {
    const auto format = plan_records(xyz_and({dimension(std::string(40, 'n'), Kind::floating, 4)})).value();
    EXPECT_EQ(format.extra.dimensions[0].name, std::string(32, 'n'));
    EXPECT_EQ(format.warnings.size(), 1u);
}

TEST(EptRecordFormat, NeedsScaledIntegerCoordinates) {
    auto schema = xyz_and({});
    schema.pop_back();
    EXPECT_EQ(plan_records(schema).error().code, Code::bad_value);
    schema.push_back(dimension("Z", Kind::floating, 8));
    EXPECT_EQ(plan_records(schema).error().code, Code::unsupported);
}

TEST(EptRecordFormat, RefusesWhatNoLasPointCanBe) {
    auto scaled = dimension("Intensity", Kind::unsigned_integer, 2);
    scaled.scale = 0.5;
    EXPECT_EQ(plan_records(xyz_and({scaled})).error().code, Code::unsupported);
    EXPECT_EQ(plan_records(
                  xyz_and({dimension("ScanAngle", Kind::floating, 4), dimension("ScanAngleRank", Kind::floating, 4)}))
                  .error()
                  .code,
              Code::bad_value);
    std::vector<Dimension> many;
    for (int i = 0; i < 8200; ++i) many.push_back(dimension("d" + std::to_string(i), Kind::floating, 8));
    EXPECT_EQ(plan_records(xyz_and(many)).error().code, Code::limit_exceeded);
}

TEST(EptRecordFormat, TakesValuesOfAnyTypeThatFit) {
    EXPECT_EQ(read_value<std::uint64_t>(dimension("Intensity", Kind::unsigned_integer, 8), 65535)->intensity[0], 65535);
    EXPECT_EQ(read_value<float>(dimension("Intensity", Kind::floating, 4), 300)->intensity[0], 300);
    EXPECT_EQ(read_value<double>(dimension("Classification", Kind::floating, 8), 200)->classification[0], 200);
    EXPECT_EQ(read_value<std::int8_t>(dimension("ReturnNumber", Kind::signed_integer, 1), 15)->return_number(0), 15);
    EXPECT_EQ(read_value<float>(dimension("GpsTime", Kind::floating, 4), 1.5f)->gps_time[0], 1.5);
    EXPECT_EQ(read_value<std::int64_t>(dimension("GpsTime", Kind::signed_integer, 8), -5)->gps_time[0], -5);
    EXPECT_EQ(read_value<std::uint8_t>(dimension("Withheld", Kind::unsigned_integer, 1), 1)->flags[0], 4);
    EXPECT_EQ(read_value<std::uint16_t>(dimension("Infrared", Kind::unsigned_integer, 2), 9)->nir[0], 9);
}

TEST(EptRecordFormat, RefusesValuesThatTheirFieldCannotHoldAndSaysWhere) {
    const auto refused = [](const Result<las::Points>& points) {
        return !points && points.error().code == Code::bad_value && points.error().at == 1012;
    };
    EXPECT_TRUE(refused(read_value<std::uint32_t>(dimension("Intensity", Kind::unsigned_integer, 4), 65536)));
    EXPECT_TRUE(refused(read_value<std::uint64_t>(dimension("Intensity", Kind::unsigned_integer, 8), ~0ull)));
    EXPECT_TRUE(refused(read_value<std::int8_t>(dimension("Intensity", Kind::signed_integer, 1), -1)));
    EXPECT_TRUE(refused(read_value<std::uint8_t>(dimension("ReturnNumber", Kind::unsigned_integer, 1), 16)));
    EXPECT_TRUE(refused(read_value<std::uint8_t>(dimension("EdgeOfFlightLine", Kind::unsigned_integer, 1), 2)));
    EXPECT_TRUE(refused(read_value<std::uint8_t>(dimension("ScanChannel", Kind::unsigned_integer, 1), 4)));
    EXPECT_TRUE(refused(read_value<float>(dimension("UserData", Kind::floating, 4), 1.5f)));
    EXPECT_TRUE(refused(read_value<float>(dimension("Red", Kind::floating, 4), NAN)));
    EXPECT_TRUE(refused(read_value<float>(dimension("ScanAngleRank", Kind::floating, 4), 180.5f)));
    EXPECT_TRUE(refused(read_value<double>(dimension("ScanAngle", Kind::floating, 8), NAN)));
    EXPECT_TRUE(refused(read_value<std::uint64_t>(dimension("GpsTime", Kind::unsigned_integer, 8), (1ull << 53) + 1)));
}

TEST(EptRecordFormat, RefusesCoordinatesBeyond32Bits) {
    auto schema = xyz_and({});
    schema[2] = dimension("Z", Kind::floating, 8);
    schema[2] = dimension("Z", Kind::signed_integer, 8);
    const auto format = plan_records(schema).value();
    Bytes record(16);
    las::Points points{format.layout, las::ColumnSet::all()};
    wire::store_le<std::int64_t>(record.data() + 8, -2147483648ll);
    ASSERT_TRUE(append_records(format, record, 0, points));
    EXPECT_EQ(points.z[0], std::numeric_limits<std::int32_t>::min());
    wire::store_le<std::int64_t>(record.data() + 8, 2147483648ll);
    EXPECT_EQ(append_records(format, record, 0, points).error().at, 8u);
}

TEST(EptRecordFormat, TakesScanAnglesInDegrees) {
    // Whole ranks become what they become in LAS, units of 0.006 degrees stay what they were.
    for (int rank = -90; rank <= 90; ++rank)
        EXPECT_EQ(
            read_value<float>(dimension("ScanAngleRank", Kind::floating, 4), static_cast<float>(rank))->scan_angle[0],
            las::scan_angle_from_rank(static_cast<std::int8_t>(rank)));
    for (int angle = -30000; angle <= 30000; angle += 7)
        EXPECT_EQ(read_value<float>(dimension("ScanAngle", Kind::floating, 4), static_cast<float>(angle * 0.006))
                      ->scan_angle[0],
                  angle);
}

}  // namespace
}  // namespace copse::ept
