#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <locale>
#include <string>

#include "copse/write.hpp"
#include "support/memory_file.hpp"
#include "support/random_points.hpp"
#include "write/number_text.hpp"

namespace copse::write {
namespace {

using test::layout_of;
using test::MemoryFile;
using test::random_points;

las::Vlr descriptor_record(const std::vector<las::ExtraDimension>& dimensions) {
    las::Vlr vlr;
    vlr.user_id = "LASF_Spec";
    vlr.record_id = 4;
    vlr.payload = las::encode_extra_schema({dimensions, false, 0});
    return vlr;
}

las::ExtraDimension dimension(std::string name, std::uint8_t type, std::uint16_t size, std::uint8_t options = 0,
                              double scale = 1, double offset = 0) {
    las::ExtraDimension result;
    result.name = std::move(name);
    result.type = type;
    result.size = size;
    result.options = type == 0 ? static_cast<std::uint8_t>(size) : options;
    result.scale = {scale, scale * 2, scale * 4};
    result.offset = {offset, offset, offset};
    return result;
}

las::ExtraSchema schema_of(const std::vector<las::ExtraDimension>& dimensions, const las::PointLayout& layout) {
    const std::vector vlrs{descriptor_record(dimensions)};
    return las::parse_extra_schema(vlrs, layout).value();
}

/// Two points of format 6 with a value of its own in every field.
las::Points two_points(las::PointLayout layout = layout_of(6)) {
    las::Points points{layout, las::ColumnSet::all()};
    points.resize(2);
    points.x = {1234, -1};
    points.y = {0, 2147483647};
    points.z = {-5, 5};
    points.returns = {0x21, 0xff};
    points.channel = {0, 3};
    points.classification = {2, 255};
    points.flags = {0, 0x3f};
    points.intensity = {65535, 7};
    points.scan_angle = {-30000, 1};
    points.user_data = {0, 200};
    points.point_source_id = {40000, 1};
    points.gps_time = {0.1, 123456789.5};
    for (auto& column : points.extra) column = {0, 0};
    return points;
}

std::string csv(const las::Points& points, const std::string& fields, const las::ExtraSchema& extra = {},
                las::Header header = {}) {
    MemoryFile out;
    out.refuse_patches();
    auto chosen = fields.empty() ? Result<std::vector<las::Field>>{las::fields_of(points.layout, extra)}
                                 : las::parse_fields(fields, points.layout, extra);
    const auto writer = make_csv_writer(out, header, extra, chosen.value());
    EXPECT_TRUE(writer->add(points));
    EXPECT_TRUE(writer->finish());
    return {reinterpret_cast<const char*>(out.bytes().data()), out.bytes().size()};
}

TEST(Csv, HasOneLineWithNamesAndOneForEachPoint) {
    EXPECT_EQ(
        csv(two_points(), ""),
        "X,Y,Z,Intensity,ReturnNumber,NumberOfReturns,ScanDirectionFlag,EdgeOfFlightLine,Classification,Synthetic,"
        "KeyPoint,Withheld,Overlap,ScannerChannel,ScanAngle,UserData,PointSourceId,GpsTime\n"
        "12.34,0.00,-0.05,65535,1,2,0,0,2,0,0,0,0,0,-180,0,40000,0.10000000000000001\n"
        "-0.01,21474836.47,0.05,7,15,15,1,1,255,1,1,1,1,3,0.006,200,1,123456789.5\n");
}

TEST(Csv, ShowsTheFieldsOfEachFormatOnly) {
    const auto names = [](std::uint8_t format) {
        const auto text = csv(random_points(layout_of(format), 0, 1), "");
        return text.substr(0, text.size() - 1);
    };
    const std::string common =
        "X,Y,Z,Intensity,ReturnNumber,NumberOfReturns,ScanDirectionFlag,EdgeOfFlightLine,Classification,Synthetic,"
        "KeyPoint,Withheld,";
    EXPECT_EQ(names(0), common + "ScanAngle,UserData,PointSourceId");
    EXPECT_EQ(names(1), common + "ScanAngle,UserData,PointSourceId,GpsTime");
    EXPECT_EQ(names(2), common + "ScanAngle,UserData,PointSourceId,Red,Green,Blue");
    EXPECT_EQ(names(8),
              common + "Overlap,ScannerChannel,ScanAngle,UserData,PointSourceId,GpsTime,Red,Green,Blue,Infrared");
}

TEST(Csv, ShowsScanAnglesInDegrees) {
    auto points = two_points();
    points.scan_angle = {1234, -2500};
    EXPECT_EQ(csv(points, "ScanAngle"), "ScanAngle\n7.404\n-15\n");
    auto legacy = random_points(layout_of(1), 2, 1);
    legacy.scan_angle = {-90, 13};
    EXPECT_EQ(csv(legacy, "ScanAngle"), "ScanAngle\n-90\n13\n");
}

TEST(Csv, KeepsTheOrderAndRepetitionOfTheFieldsAskedFor) {
    EXPECT_EQ(csv(two_points(), "GpsTime, X,X"),
              "GpsTime,X,X\n0.10000000000000001,12.34,12.34\n123456789.5,-0.01,-0.01\n");
}

TEST(Csv, ShowsCoordinatesWithTheDecimalsOfTheScale) {
    las::Header header;
    header.scale = {0.025, 1e-7, 10};
    header.offset = {-30.85, 0, 5};
    EXPECT_EQ(csv(two_points(), "X,Y,Z", {}, header), "X,Y,Z\n0.000,0.0000000,-45\n-30.875,214.7483647,55\n");
}

TEST(Csv, NeverShowsMinusZero) {
    las::Header header;
    header.offset = {-12.34, 0, 0.05};
    const auto text = csv(two_points(), "X,Y,Z", {}, header);
    EXPECT_EQ(text.find("-0.00"), std::string::npos) << text;
}

TEST(Csv, ShowsTimesThatReadBackTheSame) {
    auto points = two_points();
    points.gps_time = {std::nextafter(3.1e8, 4e8), -0.0};
    const auto text = csv(points, "GpsTime");
    EXPECT_EQ(std::strtod(text.c_str() + 8, nullptr), points.gps_time[0]);
    points.gps_time = {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()};
    EXPECT_EQ(csv(points, "GpsTime"), "GpsTime\nnan\n-inf\n");
}

struct CommaAndGroups final : std::numpunct<char> {
    [[nodiscard]] char do_decimal_point() const override { return ','; }
    [[nodiscard]] char do_thousands_sep() const override { return '.'; }
    [[nodiscard]] std::string do_grouping() const override { return "\3"; }
};

TEST(Csv, DoesNotListenToTheLocale) {
    const auto before = std::locale::global(std::locale{std::locale::classic(), new CommaAndGroups});
    const auto text = csv(two_points(), "X,PointSourceId,GpsTime");
    std::locale::global(before);
    EXPECT_EQ(text, "X,PointSourceId,GpsTime\n12.34,40000,0.10000000000000001\n-0.01,1,123456789.5\n");
}

TEST(Csv, ShowsExtraDimensionsByTypeScaleAndOffset) {
    const auto layout = layout_of(6, 8 + 8 + 4 + 2 + 1);
    const auto schema = schema_of({dimension("big", 7, 8), dimension("signed", 8, 8), dimension("float", 9, 4),
                                   dimension("scaled", 4, 2, 24, 0.1, 5), dimension("byte", 2, 1)},
                                  layout);
    auto points = two_points(layout);
    const auto put = [&](std::size_t row, std::size_t at, auto value) {
        std::byte bytes[sizeof value];
        wire::store_le(bytes, value);
        for (std::size_t i = 0; i < sizeof value; ++i) points.extra[at + i][row] = static_cast<std::uint8_t>(bytes[i]);
    };
    put(0, 0, std::uint64_t{18446744073709551615u});
    put(0, 8, std::int64_t{-9007199254740993});
    put(0, 16, 0.1f);
    put(0, 20, std::int16_t{-3});
    put(0, 22, std::int8_t{-128});
    EXPECT_EQ(csv(points, "big,signed,float,scaled,byte", schema),
              "big,signed,float,scaled,byte\n18446744073709551615,-9007199254740993,0.1,4.7,-128\n0,0,0,5,0\n");
}

TEST(Csv, TakesArraysAndUndocumentedBytesApart) {
    const auto layout = layout_of(6, 6 + 2 + 2);
    const auto schema = schema_of({dimension("v", 23, 6, 8, 0.5), dimension("raw", 0, 2)}, layout);
    auto points = two_points(layout);
    for (std::size_t k = 0; k < points.extra.size(); ++k)
        points.extra[k][0] = static_cast<std::uint8_t>(k % 2 == 0 ? k + 1 : 0);
    const auto text = csv(points, "v0,v1,v2,raw0,raw1,ExtraBytes0,ExtraBytes1", schema);
    EXPECT_EQ(text, "v0,v1,v2,raw0,raw1,ExtraBytes0,ExtraBytes1\n0.5,3,10,7,0,9,0\n0,0,0,0,0,0,0\n");
}

TEST(Csv, QuotesNamesThatWouldBreakTheLine) {
    const auto layout = layout_of(6, 3);
    const auto schema =
        schema_of({dimension("a,b", 1, 1), dimension("say \"x\"", 1, 1), dimension(" c", 1, 1)}, layout);
    const auto text = csv(two_points(layout), "\"a,b\",\"say \"\"x\"\"\",\" c\"", schema);
    EXPECT_EQ(text.substr(0, text.find('\n')), "\"a,b\",\"say \"\"x\"\"\",\" c\"");
}

TEST(Csv, ReportsASinkThatFails) {
    MemoryFile out;
    out.fill_up_at(10);
    const auto writer = make_csv_writer(out, {}, {}, las::fields_of(layout_of(6), {}));
    const auto points = random_points(layout_of(6), 5000, 1);
    EXPECT_EQ(writer->add(points).error().os_error, 28);
    EXPECT_EQ(writer->finish().error().os_error, 28);
}

TEST(Csv, CountsItsPoints) {
    MemoryFile out;
    const auto writer = make_csv_writer(out, {}, {}, las::fields_of(layout_of(6), {}));
    ASSERT_TRUE(writer->add(two_points()));
    ASSERT_TRUE(writer->add(two_points()));
    EXPECT_EQ(writer->point_count(), 4u);
}

TEST(Fields, NameWhatMustBeDecoded) {
    const auto layout = layout_of(7, 70);
    const auto schema = schema_of({dimension("first", 10, 8), dimension("rest", 0, 62)}, layout);
    const auto columns = [&](const std::string& list) {
        return las::columns_of(las::parse_fields(list, layout, schema).value());
    };
    EXPECT_EQ(columns("X,Y,ReturnNumber"), las::ColumnSet::xy());
    EXPECT_EQ(columns("Z"), las::ColumnSet::xyz());
    EXPECT_EQ(columns("Green,GpsTime"), (las::ColumnSet{las::ColumnSet::rgb | las::ColumnSet::gps_time, 0}));
    EXPECT_EQ(columns("first"), (las::ColumnSet{0, 0xff}));
    EXPECT_EQ(columns("rest54"), (las::ColumnSet{0, std::uint64_t{1} << 62}));
    EXPECT_EQ(columns("rest55"), (las::ColumnSet{0, std::uint64_t{1} << 63}));
    EXPECT_EQ(columns("rest61"), (las::ColumnSet{0, std::uint64_t{1} << 63}));
}

TEST(Fields, SayWhereAnUnknownNameIs) {
    const auto error_at = [](const std::string& list) -> FileOffset {
        const auto fields = las::parse_fields(list, layout_of(6), {});
        if (fields) return ~FileOffset{0};
        EXPECT_EQ(fields.error().code, Code::bad_value);
        return fields.error().at;
    };
    EXPECT_EQ(error_at("X,Y,Q"), 4u);
    EXPECT_EQ(error_at("X, gpstime"), 3u);
    EXPECT_EQ(error_at("Red"), 0u);
    EXPECT_EQ(error_at(""), 0u);
    EXPECT_EQ(error_at("X,"), 2u);
    EXPECT_EQ(error_at("X,,Y"), 2u);
    EXPECT_EQ(error_at("X,\"Y"), 2u);
    EXPECT_EQ(error_at("\"X\"Y"), 3u);
    EXPECT_EQ(error_at("X , \"Y\" ,Z"), ~FileOffset{0});
}

TEST(NumberText, FindsTheDecimalsOfAScale) {
    EXPECT_EQ(decimals_of(0.01), 2);
    EXPECT_EQ(decimals_of(0.025), 3);
    EXPECT_EQ(decimals_of(1e-7), 7);
    EXPECT_EQ(decimals_of(2.5e-9), 10);
    EXPECT_EQ(decimals_of(1), 0);
    EXPECT_EQ(decimals_of(1000), 0);
    EXPECT_EQ(decimals_of(1e22), 0);
    EXPECT_EQ(decimals_of(-0.125), 3);
}

}  // namespace
}  // namespace copse::write
