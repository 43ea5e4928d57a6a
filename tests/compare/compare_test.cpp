#include "copse/compare.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "compare/grid.hpp"
#include "copse/io.hpp"
#include "support/made_input.hpp"

namespace copse::compare {
namespace {

using test::bytes_of;
using test::MadeInput;
using test::survey;

using Cloud = std::vector<MadeInput>;

MadeInput file_of(las::Points points, las::Vec3 scale = {0.01, 0.01, 0.01}, las::Vec3 offset = {}) {
    MadeInput made;
    made.header.scale = scale;
    made.header.offset = offset;
    made.points = std::move(points);
    return made;
}

constexpr las::Vec3 kCentimetres{0.01, 0.01, 0.01}, kMillimetres{0.001, 0.001, 0.001};

las::Points shuffled(const las::Points& points, std::uint32_t seed = 1) {
    std::vector<std::uint32_t> rows(points.size());
    std::iota(rows.begin(), rows.end(), 0u);
    std::shuffle(rows.begin(), rows.end(), std::mt19937{seed});
    return points.gather(rows);
}

struct OpenCloud {
    std::vector<std::unique_ptr<io::MemorySource>> sources;
    std::vector<Input> inputs;

    explicit OpenCloud(const Cloud& cloud) {
        for (const auto& made : cloud) {
            sources.push_back(std::make_unique<io::MemorySource>(bytes_of(made)));
            inputs.push_back({"file " + std::to_string(inputs.size()), sources.back().get()});
        }
    }
};

Outcome run(const Cloud& a, const Cloud& b, const Options& options = {}, unsigned threads = 1) {
    const OpenCloud left{a}, right{b};
    return diff(left.inputs, right.inputs, options, *io::make_executor(threads));
}

Report report_of(const Cloud& a, const Cloud& b, const Options& options = {}, unsigned threads = 1) {
    auto outcome = run(a, b, options, threads);
    EXPECT_FALSE(outcome.failure) << (outcome.failure ? outcome.failure->error.what : "");
    return outcome.report.value_or(Report{});
}

std::string counts(const Report& report) {
    std::string text = std::to_string(report.equal) + " " + std::to_string(report.only_in_a) + " " +
                       std::to_string(report.only_in_b) + " " + std::to_string(report.changed);
    for (const auto& dimension : report.dimensions)
        text += " " + dimension.dimension + ":" + std::to_string(dimension.points);
    return text;
}

std::string told(const Report& report) {
    std::string text;
    for (const auto& difference : report.first) {
        text += std::to_string(static_cast<int>(difference.kind)) + "x" + std::to_string(difference.count);
        for (const auto& value : difference.place) text += " " + value.a + "|" + value.b;
        for (const auto& value : difference.changes) text += " " + value.dimension + " " + value.a + "|" + value.b;
        text += "\n";
    }
    return text;
}

/// A single point at (1, 2, 3).
las::Points point_with(const std::function<void(las::Points&)>& edit = {}, std::uint8_t format = 7,
                       std::uint16_t extra = 0) {
    auto points = survey(format, 1, 1, extra);
    points.x[0] = 100;
    points.y[0] = 200;
    points.z[0] = 300;
    points.gps_time[0] = 5;
    if (edit) edit(points);
    return points;
}

las::Vlr extra_vlr(const std::vector<std::pair<std::string, std::uint8_t>>& dimensions) {
    las::ExtraSchema schema;
    for (const auto& [name, type] : dimensions) {
        las::ExtraDimension dimension;
        dimension.name = name;
        dimension.type = type;
        schema.dimensions.push_back(dimension);
    }
    las::Vlr vlr;
    vlr.user_id = "LASF_Spec";
    vlr.record_id = 4;
    vlr.payload = las::encode_extra_schema(schema);
    return vlr;
}

// ---- the same ------------------------------------------------------------------------------------------------------

TEST(Compare, PointsInAnotherOrderAndOtherFilesAreTheSame) {
    const auto points = survey(7, 5000, 1);
    const auto other = shuffled(points);
    las::Points front{points.layout, las::ColumnSet::all()}, back = front;
    front.append(other, 0, 1700);
    back.append(other, 1700, other.size());
    auto compressed = file_of(back);
    compressed.compressed = true;
    const auto report = report_of({file_of(points)}, {file_of(front), compressed});
    EXPECT_TRUE(report.same);
    EXPECT_EQ(report.points_a, 5000u);
    EXPECT_EQ(report.points_b, 5000u);
    EXPECT_EQ(report.passes, 1u);
    EXPECT_TRUE(report.warnings.empty());
}

TEST(Compare, NoPointsAreTheSameAsNoPoints) {
    EXPECT_TRUE(report_of({file_of(survey(6, 0, 1))}, {file_of(survey(7, 0, 1))}).same);
    EXPECT_FALSE(report_of({file_of(survey(6, 0, 1))}, {file_of(survey(6, 1, 1))}).same);
}

TEST(Compare, PointsOfEveryFormatAreTheSameAsTheirConversion) {
    for (std::uint8_t format = 0; format <= 10; ++format) {
        SCOPED_TRACE(int{format});
        const auto points = survey(format, 2000, format);
        auto converted = points;
        las::convert_points(converted, 8);
        const auto report = report_of({file_of(points)}, {file_of(shuffled(converted))});
        EXPECT_TRUE(report.same);
        EXPECT_EQ(report.warnings.size(), las::has_waveform(format) ? 1u : 0u);
    }
}

TEST(Compare, WavePacketsCountWhereAllFilesHaveThem) {
    const auto a = point_with({}, 9);
    auto b = a;
    b.wave[0][7] ^= 1;
    EXPECT_TRUE(report_of({file_of(a)}, {file_of(a)}).same);
    EXPECT_EQ(counts(report_of({file_of(a)}, {file_of(b)})), "0 0 0 1 WavePacket:1");
}

TEST(Compare, ACoordinateMayBeStoredInAnotherScaleAndOffset) {
    const auto points = survey(6, 1000, 3);
    auto finer = points;
    for (auto* column : {&finer.x, &finer.y, &finer.z})
        for (auto& raw : *column) raw = (raw % 100000) * 10 - 50000;
    auto coarser = points;
    for (auto* column : {&coarser.x, &coarser.y, &coarser.z})
        for (auto& raw : *column) raw %= 100000;
    const auto report = report_of({file_of(coarser)}, {file_of(finer, kMillimetres, {50, 50, 50})});
    EXPECT_TRUE(report.same);
    EXPECT_TRUE(report.warnings.empty());
    EXPECT_EQ(report.moved, las::Vec3{});
}

TEST(Compare, CoordinatesAreEqualWithinHalfTheCoarserStep) {
    const auto coarse = point_with();
    for (const int moved : {-6, -5, -4, 0, 4, 5, 6}) {
        SCOPED_TRACE(moved);
        const auto fine = point_with([=](auto& p) {
            p.x[0] = 1000 + moved;
            p.y[0] = 2000;
            p.z[0] = 3000;
        });
        for (const auto& offset : {las::Vec3{}, las::Vec3{7, 7, 7}}) {
            auto shifted = fine;
            for (auto* column : {&shifted.x, &shifted.y, &shifted.z})
                (*column)[0] -= static_cast<int>(offset[0]) * 1000;
            const auto there = report_of({file_of(shifted, kMillimetres, offset)}, {file_of(coarse)});
            const auto back = report_of({file_of(coarse)}, {file_of(shifted, kMillimetres, offset)});
            EXPECT_EQ(there.same, std::abs(moved) <= 5);
            EXPECT_EQ(back.same, there.same);
            const double distance = std::abs(moved) == 6 ? 4 : std::abs(moved);
            EXPECT_NEAR(there.moved[0], distance / 1000, 1e-9);
            EXPECT_EQ(there.warnings.size(), moved == 0 ? 0u : 1u);
        }
    }
}

TEST(Compare, SaysHowFarCoordinatesWereMoved) {
    const auto fine = point_with([](auto& p) {
        p.x[0] = 1004;
        p.y[0] = 2000;
        p.z[0] = 2995;
    });
    const auto report = report_of({file_of(fine, kMillimetres)}, {file_of(point_with())});
    EXPECT_TRUE(report.same);
    ASSERT_EQ(report.warnings.size(), 1u);
    EXPECT_EQ(
        report.warnings[0],
        "coordinates of different scales or offsets are compared rounded: X to 0.01 (moved by at most 0.004), Z to "
        "0.01 (moved by at most 0.005)");
}

TEST(Compare, OffsetsThatAreNotCongruentAreRounded) {
    for (const double offset : {0.003, 0.005, 0.0071}) {
        SCOPED_TRACE(offset);
        const auto points = survey(6, 500, 3);
        const las::Vec3 shifted{offset, 0, 0};
        // As a converter does that keeps the other offset.
        auto converted = points;
        for (auto& raw : converted.x) raw += static_cast<std::int32_t>(std::round(offset / 0.01));
        const auto a = file_of(points, kCentimetres, shifted), b = file_of(shuffled(converted));
        EXPECT_TRUE(report_of({a}, {b}).same);
        EXPECT_TRUE(report_of({b}, {a}).same);
        EXPECT_EQ(report_of({a}, {b}).warnings.size(), 1u);
        auto other = converted;
        other.x[7] += offset == 0.005 ? 2 : 1;
        EXPECT_FALSE(report_of({a}, {file_of(other)}).same);
    }
}

/// Points in millimetres, one in ten of them in the middle between two centimetres on an axis.
las::Points fine_survey(std::size_t count) {
    auto points = survey(7, count, 21);
    for (auto* column : {&points.x, &points.y, &points.z})
        for (auto& raw : *column) raw = raw % 50'000'000;
    return points;
}

las::Points coarsened(las::Points points, const std::function<double(double)>& round) {
    for (auto* column : {&points.x, &points.y, &points.z})
        for (auto& raw : *column) raw = static_cast<std::int32_t>(round(raw * 0.001 / 0.01));
    return points;
}

TEST(Compare, PointsAreTheSameAsThoseRoundedToACoarserScaleByAnyRule) {
    const auto fine = fine_survey(20000);
    std::mt19937 random{1};
    const std::pair<const char*, std::function<double(double)>> rules[] = {
        {"up", [](double value) { return std::floor(value + 0.5); }},
        {"down", [](double value) { return std::ceil(value - 0.5); }},
        {"away from zero", [](double value) { return std::round(value); }},
        {"to even", [](double value) { return std::nearbyint(value); }},
        {"by chance", [&](double value) { return std::round(value + (random() % 2 == 0 ? 1e-6 : -1e-6)); }},
    };
    for (const auto& [name, rule] : rules) {
        SCOPED_TRACE(name);
        const auto coarse = shuffled(coarsened(fine, rule));
        for (const bool details : {true, false}) {
            Options options;
            options.details = details;
            EXPECT_TRUE(report_of({file_of(fine, kMillimetres)}, {file_of(coarse)}, options).same);
            EXPECT_TRUE(report_of({file_of(coarse)}, {file_of(fine, kMillimetres)}, options).same);
        }
        auto other = coarse;
        other.user_data[5] ^= 1;
        other.x[6] += 2;
        const auto report = report_of({file_of(fine, kMillimetres)}, {file_of(other)});
        EXPECT_EQ(report.equal, fine.size() - 2);
        EXPECT_EQ(report.only_in_a + report.changed, 2u);
        EXPECT_FALSE(report.pairs_missed);
    }
}

TEST(Compare, RoundingThatIsNotToTheNearestIsADifference) {
    const auto fine = fine_survey(1000);
    const auto cut = coarsened(fine, [](double value) { return std::trunc(value); });
    EXPECT_FALSE(report_of({file_of(fine, kMillimetres)}, {file_of(cut)}).same);
}

/// Points that have all but X in common.
las::Points row_of(const std::vector<std::int32_t>& xs) {
    las::Points points{point_with().layout, las::ColumnSet::all()};
    for (const auto x : xs) points.append(point_with([=](auto& p) { p.x[0] = x; }), 0, 1);
    return points;
}

TEST(Compare, TiesAreResolvedTogether) {
    const auto same = [](const std::vector<std::int32_t>& fine, const std::vector<std::int32_t>& coarse) {
        const auto a = file_of(row_of(fine), {0.001, 0.01, 0.01}), b = file_of(row_of(coarse));
        const auto there = report_of({a}, {b}), back = report_of({b}, {a});
        EXPECT_EQ(there.same, back.same);
        EXPECT_EQ(there.equal, back.equal);
        return there.same;
    };
    EXPECT_TRUE(same({5, 15}, {0, 1}));
    EXPECT_TRUE(same({5, 15}, {1, 1}));
    EXPECT_TRUE(same({5, 15}, {2, 0}));
    EXPECT_FALSE(same({5, 15}, {0, 0}));
    EXPECT_FALSE(same({5, 15}, {0, 3}));
    EXPECT_TRUE(same({5, 5, 5, 15, 15, 24}, {0, 0, 1, 1, 2, 2}));
    EXPECT_FALSE(same({5, 5, 5, 15, 15, 25}, {0, 0, 1, 1, 2, 4}));
    // Each has to give way to the next: 0 is free only if all choose their upper neighbour, and the other way about.
    std::vector<std::int32_t> fine, low, high;
    for (std::int32_t i = 0; i < 300; ++i) {
        fine.push_back(i * 10 + 5);
        low.push_back(i);
        high.push_back(i + 1);
    }
    EXPECT_TRUE(same(fine, low));
    EXPECT_TRUE(same(fine, high));
    low[150] = 300;
    EXPECT_TRUE(same(fine, low));
    low[151] = 300;
    EXPECT_FALSE(same(fine, low));
}

TEST(Compare, TiesThatDoNotFitIntoMemoryAreSaid) {
    const auto fine = fine_survey(20000);
    const auto coarse = coarsened(fine, [](double value) { return std::ceil(value - 0.5); });
    Options options;
    options.memory_limit = 3 << 20;
    auto a = file_of(fine, kMillimetres), b = file_of(coarse);
    a.compressed = b.compressed = true;
    const auto report = report_of({a}, {b}, options);
    EXPECT_TRUE(report.same);
    EXPECT_GE(report.passes, 3u);
    b.points.user_data[1] ^= 1;
    const auto other = report_of({a}, {b}, options);
    EXPECT_EQ(other.equal, 19999u);
    EXPECT_TRUE(other.pairs_missed);
}

TEST(Compare, ExtraBytesAreComparedByName) {
    auto a = file_of(point_with([](auto& points) { points.extra = {{1}, {2}, {3}}; }, 6, 3));
    auto b = file_of(point_with([](auto& points) { points.extra = {{3}, {1}, {2}}; }, 6, 3));
    a.vlrs = {extra_vlr({{"wide", 3}, {"narrow", 1}})};
    b.vlrs = {extra_vlr({{"narrow", 1}, {"wide", 3}})};
    EXPECT_TRUE(report_of({a}, {b}).same);
    b.points.extra[0][0] = 4;
    const auto report = report_of({a}, {b});
    EXPECT_EQ(counts(report), "0 0 0 1 narrow:1");
    EXPECT_EQ(told(report), "2x1 1.00|1.00 2.00|2.00 3.00|3.00 5|5 narrow 3|4\n");
}

TEST(Compare, ExtraBytesThatAFileDoesNotHaveAreZero) {
    auto a = file_of(point_with([](auto& points) { points.extra = {{0}}; }, 6, 1));
    a.vlrs = {extra_vlr({{"quality", 1}})};
    const auto b = file_of(point_with({}, 6));
    const auto report = report_of({a}, {b});
    EXPECT_TRUE(report.same);
    EXPECT_EQ(report.warnings.size(), 1u);
    a.points.extra[0][0] = 1;
    EXPECT_EQ(counts(report_of({a}, {b})), "0 0 0 1 quality:1");
}

TEST(Compare, ExtraBytesOfOneNameAndTwoTypesAreTwoDimensions) {
    auto a = file_of(point_with([](auto& points) { points.extra = {{7}}; }, 6, 1));
    auto b = a;
    a.vlrs = {extra_vlr({{"q", 1}})};
    b.vlrs = {extra_vlr({{"q", 2}})};
    EXPECT_EQ(counts(report_of({a}, {b})), "0 0 0 1 q (uint8, * 1 + 0):1 q (int8, * 1 + 0):1");
}

// ---- different -----------------------------------------------------------------------------------------------------

TEST(Compare, APointMoreIsFound) {
    const auto points = survey(6, 3000, 5);
    auto more = shuffled(points);
    more.append(survey(6, 1, 99), 0, 1);
    EXPECT_EQ(counts(report_of({file_of(points)}, {file_of(more)})), "3000 0 1 0");
    EXPECT_EQ(counts(report_of({file_of(more)}, {file_of(points)})), "3000 1 0 0");
}

TEST(Compare, CopiesAreCounted) {
    const std::uint32_t three[] = {0, 0, 0, 1}, two[] = {0, 1, 1, 0};
    const auto points = survey(6, 2, 5);
    const auto report = report_of({file_of(points.gather(three))}, {file_of(points.gather(two))});
    EXPECT_EQ(counts(report), "3 1 1 0");
    EXPECT_EQ(report.points_a, report.points_b);
}

TEST(Compare, EachDimensionThatChangesIsNamed) {
    using las::Points;
    const std::pair<const char*, std::function<void(Points&)>> edits[] = {
        {"Intensity", [](Points& p) { p.intensity[0] ^= 256; }},
        {"ReturnNumber", [](Points& p) { p.returns[0] ^= 8; }},
        {"NumberOfReturns", [](Points& p) { p.returns[0] ^= 128; }},
        {"ScanDirectionFlag", [](Points& p) { p.flags[0] ^= 16; }},
        {"EdgeOfFlightLine", [](Points& p) { p.flags[0] ^= 32; }},
        {"Classification", [](Points& p) { p.classification[0] ^= 1; }},
        {"Synthetic", [](Points& p) { p.flags[0] ^= 1; }},
        {"KeyPoint", [](Points& p) { p.flags[0] ^= 2; }},
        {"Withheld", [](Points& p) { p.flags[0] ^= 4; }},
        {"Overlap", [](Points& p) { p.flags[0] ^= 8; }},
        {"ScannerChannel", [](Points& p) { p.channel[0] ^= 1; }},
        {"ScanAngle", [](Points& p) { p.scan_angle[0] ^= 1; }},
        {"UserData", [](Points& p) { p.user_data[0] ^= 1; }},
        {"PointSourceId", [](Points& p) { p.point_source_id[0] ^= 1; }},
        {"GpsTime", [](Points& p) { p.gps_time[0] = std::nextafter(5.0, 6.0); }},
        {"Red", [](Points& p) { p.red[0] ^= 1; }},
        {"Green", [](Points& p) { p.green[0] ^= 1; }},
        {"Blue", [](Points& p) { p.blue[0] ^= 1; }},
        {"Infrared", [](Points& p) { p.nir[0] ^= 1; }},
    };
    for (const auto& [name, edit] : edits) {
        const auto report = report_of({file_of(point_with({}, 8))}, {file_of(point_with(edit, 8))});
        EXPECT_EQ(counts(report), std::string{"0 0 0 1 "} + name + ":1");
    }
}

TEST(Compare, TimesAreComparedBitByBit) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double other_nan = std::bit_cast<double>(std::bit_cast<std::uint64_t>(nan) | 1u);
    const auto with_time = [](double time) { return file_of(point_with([=](auto& p) { p.gps_time[0] = time; })); };
    EXPECT_TRUE(report_of({with_time(nan)}, {with_time(nan)}).same);
    EXPECT_EQ(told(report_of({with_time(nan)}, {with_time(other_nan)})),
              "2x1 1.00|1.00 2.00|2.00 3.00|3.00 nan (0x7ff8000000000000)|nan (0x7ff8000000000001) "
              "GpsTime nan (0x7ff8000000000000)|nan (0x7ff8000000000001)\n");
    EXPECT_EQ(told(report_of({with_time(0.0)}, {with_time(-0.0)})),
              "2x1 1.00|1.00 2.00|2.00 3.00|3.00 0|-0 GpsTime 0|-0\n");
}

TEST(Compare, PairsAreSoughtWithTheSameTimeFirst) {
    auto a = point_with(), b = point_with();
    a.append(point_with([](auto& p) { p.gps_time[0] = 6; }), 0, 1);
    b.append(a, 1, 2);
    // Both of B change their user data: at time 5 and 6; a third one of A has no partner.
    for (auto& data : b.user_data) data ^= 1;
    a.append(point_with([](auto& p) { p.gps_time[0] = 7; }), 0, 1);
    const auto report = report_of({file_of(a)}, {file_of(b)});
    EXPECT_EQ(counts(report), "0 1 0 2 UserData:2");
}

TEST(Compare, TellsTheFirstDifferencesInOrderOfPlace) {
    const auto points = survey(6, 4000, 8);
    auto other = points;
    for (auto& data : other.user_data) data ^= 1;
    Options options;
    options.shown = 3;
    const auto report = report_of({file_of(points)}, {file_of(shuffled(other))}, options);
    EXPECT_EQ(counts(report), "0 0 0 4000 UserData:4000");
    EXPECT_EQ(report.first.size(), 3u);
    EXPECT_EQ(told(report), told(report_of({file_of(shuffled(points))}, {file_of(other)}, options)));
    options.shown = 0;
    EXPECT_TRUE(report_of({file_of(points)}, {file_of(other)}, options).first.empty());
    options.details = false;
    EXPECT_EQ(report_of({file_of(points)}, {file_of(other)}, options).passes, 1u);
}

// ---- memory --------------------------------------------------------------------------------------------------------

TEST(Compare, GivesTheSameReportInLittleMemory) {
    const auto points = survey(7, 20000, 11);
    auto other = points;
    for (std::size_t row = 0; row < other.size(); row += 2) other.intensity[row] ^= 1;
    for (std::size_t row = 0; row < other.size(); row += 5) ++other.z[row];
    auto a = file_of(points), b = file_of(shuffled(other));
    a.compressed = b.compressed = true;
    const auto want = report_of({a}, {b});
    EXPECT_EQ(counts(want), "8000 4000 4000 8000 Intensity:8000");
    EXPECT_EQ(want.passes, 2u);
    Options options;
    options.memory_limit = 3 << 20;
    const auto got = report_of({a}, {b}, options);
    EXPECT_GE(got.passes, 3u);
    EXPECT_FALSE(got.pairs_missed);
    EXPECT_EQ(counts(got), counts(want));
    EXPECT_EQ(told(got), told(want));
}

TEST(Compare, ThreadsDoNotShow) {
    auto a = file_of(survey(6, 20000, 13)), b = file_of(survey(6, 10000, 13));
    a.compressed = b.compressed = true;
    const auto one = report_of({a, b, b}, {b, a, a}), many = report_of({a, b, b}, {b, a, a}, {}, 5);
    EXPECT_FALSE(one.same);
    EXPECT_EQ(counts(many), counts(one));
    EXPECT_EQ(told(many), told(one));
}

TEST(Compare, CountsPointsOfOnePlaceThatDoNotFitTogether) {
    auto points = survey(6, 20000, 12);
    for (auto* column : {&points.x, &points.y, &points.z}) std::fill(column->begin(), column->end(), 1);
    for (std::size_t row = 0; row < points.size(); ++row) points.gps_time[row] = static_cast<double>(row);
    auto a = file_of(points);
    a.compressed = true;
    auto b = a;
    b.points = shuffled(points);
    b.points.user_data[7] ^= 1;
    Options options;
    options.memory_limit = 3 << 20;
    const auto report = report_of({a}, {b}, options);
    EXPECT_TRUE(report.pairs_missed);
    EXPECT_EQ(report.equal, 19999u);
    EXPECT_EQ(report.only_in_a + report.changed, 1u);
}

TEST(Compare, SaysWhenTheMemoryLimitIsTooSmall) {
    Options options;
    options.memory_limit = 1000;
    const auto outcome = run({file_of(survey(6, 10, 1))}, {file_of(survey(6, 10, 1))}, options);
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(outcome.failure->error.code, Code::limit_exceeded);
    EXPECT_EQ(outcome.failure->file, "");
}

TEST(Compare, NamesTheFileThatIsDamaged) {
    OpenCloud a{{file_of(survey(6, 100, 1))}};
    auto bytes = bytes_of(file_of(survey(6, 100, 1)));
    bytes.resize(bytes.size() - 31);
    io::MemorySource cut{std::move(bytes)};
    const Input input{"cut.las", &cut};
    wire::SerialExecutor executor;
    const auto outcome = diff(a.inputs, {&input, 1}, {}, executor);
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(outcome.failure->file, "cut.las");
    EXPECT_EQ(outcome.failure->error.code, Code::truncated);
}

// ---- grids ---------------------------------------------------------------------------------------------------------

TEST(CompareGrid, IsTheCoarserOfTwo) {
    const Scaling a[] = {{0.01, 0}, {0.025, 1000}}, b[] = {{0.005, 20}}, c[] = {{0.02, 3}};
    const auto grid = choose_grid(a, b);
    EXPECT_TRUE(grid.exact);
    EXPECT_DOUBLE_EQ(grid.scaling.scale, 0.005);
    EXPECT_EQ(AxisMap(a[0], {0.005, 0}).map(7), 14);
    EXPECT_EQ(AxisMap(a[1], {0.005, 0}).map(-3), 199985);
    EXPECT_EQ(choose_grid(a, c).scaling, c[0]);
    EXPECT_EQ(choose_grid(c, a).scaling, c[0]);
    EXPECT_FALSE(choose_grid(c, a).exact);
}

TEST(CompareGrid, IsThatOfTheSideThatHasOne) {
    const Scaling a[] = {{0.01, 0}, {0.01, 0.003}}, b[] = {{0.01, 0}}, c[] = {{0.01, 0.0001}, {0.01, 0.003}};
    EXPECT_EQ(choose_grid(a, b).scaling, b[0]);
    EXPECT_EQ(choose_grid(b, a).scaling, b[0]);
    EXPECT_FALSE(choose_grid(a, b).exact);
    EXPECT_DOUBLE_EQ(choose_grid(a, a).scaling.scale, 0.01);
    EXPECT_FALSE(choose_grid(a, c).exact);
}

TEST(CompareGrid, KnowsTheMiddleBetweenTwoSteps) {
    const AxisMap map{{0.001, 0}, {0.01, 0}};
    EXPECT_EQ(map.tie(1234567894), Tie::none);
    EXPECT_EQ(map.tie(1234567896), Tie::none);
    for (const std::int32_t raw : {5, -5, 15, 35, 1234567895, -1234567895}) {
        SCOPED_TRACE(raw);
        const auto other = map.map(raw) + (map.tie(raw) == Tie::above ? 1 : -1);
        EXPECT_NE(map.tie(raw), Tie::none);
        EXPECT_EQ(std::min(map.map(raw), other), (raw - (raw < 0 ? 10 : 0) + (raw < 0 ? 5 : -5)) / 10);
        EXPECT_NEAR(map.moved(raw), 0.5, 1e-6);
    }
}

TEST(CompareGrid, KeepsACommonScalingAsItIs) {
    const Scaling all[] = {{-0.013, 0.0007}};
    const auto grid = choose_grid(all, all);
    EXPECT_TRUE(grid.exact);
    EXPECT_EQ(grid.scaling, all[0]);
    EXPECT_FALSE((AxisMap{all[0], grid.scaling}.moves()));
}

TEST(CompareGrid, RoundsAlikeInBothDirections) {
    // Half a step apart: what the converter rounded away from zero is rounded back.
    const Scaling from{0.01, 0.005}, to{0.01, 0};
    for (const std::int32_t raw : {-1000, -1, 0, 1, 1000})
        EXPECT_EQ((AxisMap{to, from}.map(static_cast<std::int32_t>(AxisMap{from, to}.map(raw)))), raw);
}

TEST(CompareGrid, NumbersOutOfReachStayDifferent) {
    const Scaling huge{1e300, 0}, fine{1e-300, 0};
    const AxisMap map{huge, fine};
    EXPECT_NE(map.map(1), map.map(2));
    EXPECT_NE(map.map(0), map.map(1));
}

}  // namespace
}  // namespace copse::compare
