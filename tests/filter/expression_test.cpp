#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "copse/filter.hpp"
#include "support/random_points.hpp"

namespace copse::filter {
namespace {

using test::layout_of;
using test::random_points;
using Rows = std::vector<std::uint32_t>;

las::ExtraDimension dimension(std::string name, std::uint8_t type, std::uint16_t size, std::uint16_t byte_offset) {
    las::ExtraDimension made;
    made.name = std::move(name);
    made.type = type;
    made.options = type == 0 ? static_cast<std::uint8_t>(size) : std::uint8_t{0};
    made.size = size;
    made.byte_offset = byte_offset;
    return made;
}

/// A dimension of each type, one with scale and offset, one with a name that needs quotes, an array.
las::ExtraSchema every_type() {
    constexpr std::array kSizes{1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
    las::ExtraSchema schema;
    std::uint16_t at = 0;
    const auto add = [&](std::string name, std::uint8_t type, int size) -> las::ExtraDimension& {
        schema.dimensions.push_back(dimension(std::move(name), type, static_cast<std::uint16_t>(size), at));
        at = static_cast<std::uint16_t>(at + size);
        return schema.dimensions.back();
    };
    for (std::uint8_t type = 1; type <= 10; ++type) add("T" + std::to_string(type), type, kSizes[type - 1u]);
    auto& scaled = add("Scaled", 4, 2);
    scaled.options = 8 | 16;
    scaled.scale[0] = 0.01;
    scaled.offset[0] = 100;
    add("two \"words\"", 1, 1);
    add("Vector", 13, 4);  // two of type 3
    return schema;
}
constexpr std::uint16_t kExtraBytes = 1 + 1 + 2 + 2 + 4 + 4 + 8 + 8 + 4 + 8 + 2 + 1 + 4;

/// Points with the layout and schema they are asked about.
struct Cloud {
    las::Header header;
    las::ExtraSchema extra;
    las::Points points;

    [[nodiscard]] Result<Expression> parse(std::string_view text) const {
        return Expression::parse(text, header, points.layout, extra);
    }
    [[nodiscard]] Rows all() const {
        Rows rows(points.size());
        std::iota(rows.begin(), rows.end(), 0u);
        return rows;
    }
    [[nodiscard]] Rows matching(std::string_view text) const { return matching(text, all()); }
    [[nodiscard]] Rows matching(std::string_view text, Rows rows) const {
        const auto expression = parse(text);
        EXPECT_TRUE(expression) << text << ": " << (expression ? "" : expression.error().what);
        if (expression) expression->keep_matching(points, rows);
        return rows;
    }
    /// Rows for which `holds`, found one by one.
    [[nodiscard]] Rows rows_where(const std::function<bool(std::size_t)>& holds) const {
        Rows rows;
        for (std::uint32_t row = 0; row < points.size(); ++row)
            if (holds(row)) rows.push_back(row);
        return rows;
    }
};

Cloud random_cloud(std::uint8_t format = 8, std::size_t count = 3000, std::uint32_t seed = 1) {
    Cloud cloud{{}, every_type(), random_points(layout_of(format, kExtraBytes), count, seed)};
    cloud.header.scale = {0.001, 0.002, 0.01};
    cloud.header.offset = {500'000, 5'000'000, -3};
    return cloud;
}

template <class T>
T extra(const las::Points& points, unsigned at, std::size_t row) {
    std::array<std::uint8_t, sizeof(T)> bytes{};
    for (unsigned i = 0; i < sizeof(T); ++i) bytes[i] = points.extra[at + i][row];
    return std::bit_cast<T>(bytes);
}
template <class T>
void set_extra(las::Points& points, unsigned at, std::size_t row, T value) {
    const auto bytes = std::bit_cast<std::array<std::uint8_t, sizeof(T)>>(value);
    for (unsigned i = 0; i < sizeof(T); ++i) points.extra[at + i][row] = bytes[i];
}

// ---- dimensions -----------------------------------------------------------------------------------------------------

TEST(Expression, ReadsEveryStandardDimension) {
    const auto cloud = random_cloud();
    const auto& p = cloud.points;
    const auto same = [&](const std::string& text, const std::function<bool(std::size_t)>& holds) {
        const auto wanted = cloud.rows_where(holds);
        EXPECT_EQ(cloud.matching(text), wanted) << text;
        EXPECT_FALSE(wanted.empty()) << text;
        EXPECT_LT(wanted.size(), p.size()) << text;
    };
    same("X > 1000000", [&](auto r) { return p.x[r] * 0.001 + 500'000 > 1'000'000; });
    same("Y <= 4000000.5", [&](auto r) { return p.y[r] * 0.002 + 5'000'000 <= 4000000.5; });
    same("Z < -3", [&](auto r) { return p.z[r] * 0.01 + -3 < -3; });
    same("Intensity >= 40000", [&](auto r) { return p.intensity[r] >= 40000; });
    same("ReturnNumber == 3", [&](auto r) { return p.return_number(r) == 3; });
    same("NumberOfReturns != 15", [&](auto r) { return p.number_of_returns(r) != 15; });
    same("ScanDirectionFlag == 1", [&](auto r) { return (p.flags[r] >> 4 & 1) == 1; });
    same("EdgeOfFlightLine == 0", [&](auto r) { return (p.flags[r] >> 5 & 1) == 0; });
    same("Classification in (2, 9, 200)",
         [&](auto r) { return p.classification[r] == 2 || p.classification[r] == 9 || p.classification[r] == 200; });
    same("Synthetic", [&](auto r) { return (p.flags[r] & 1) != 0; });
    same("not KeyPoint", [&](auto r) { return (p.flags[r] & 2) == 0; });
    same("Withheld == 1", [&](auto r) { return (p.flags[r] & 4) != 0; });
    same("!Overlap", [&](auto r) { return (p.flags[r] & 8) == 0; });
    same("ScannerChannel > 1", [&](auto r) { return p.channel[r] > 1; });
    same("ScanAngle < -12.5", [&](auto r) { return p.scan_angle[r] * 6 / 1000.0 < -12.5; });
    same("UserData < 17", [&](auto r) { return p.user_data[r] < 17; });
    same("PointSourceId > 65000", [&](auto r) { return p.point_source_id[r] > 65000; });
    same("GpsTime > 500.25", [&](auto r) { return p.gps_time[r] > 500.25; });
    same("Red < 100", [&](auto r) { return p.red[r] < 100; });
    same("Green < 3000", [&](auto r) { return p.green[r] < 3000; });
    same("Blue > 64000", [&](auto r) { return p.blue[r] > 64000; });
    same("Infrared > Red", [&](auto r) { return p.nir[r] > p.red[r]; });
}

TEST(Expression, ReadsEveryTypeOfExtraDimension) {
    const auto cloud = random_cloud();
    const auto& p = cloud.points;
    const auto same = [&](const std::string& text, const std::function<bool(std::size_t)>& holds) {
        EXPECT_EQ(cloud.matching(text), cloud.rows_where(holds)) << text;
    };
    same("T1 < 77", [&](auto r) { return extra<std::uint8_t>(p, 0, r) < 77; });
    same("T2 < -7", [&](auto r) { return extra<std::int8_t>(p, 1, r) < -7; });
    same("T3 < 777", [&](auto r) { return extra<std::uint16_t>(p, 2, r) < 777; });
    same("T4 >= -777", [&](auto r) { return extra<std::int16_t>(p, 4, r) >= -777; });
    same("T5 > 3000000000", [&](auto r) { return extra<std::uint32_t>(p, 6, r) > 3'000'000'000; });
    same("T6 < -1e9", [&](auto r) { return extra<std::int32_t>(p, 10, r) < -1'000'000'000; });
    same("T7 > 9223372036854775808", [&](auto r) { return extra<std::uint64_t>(p, 14, r) > (1ull << 63); });
    same("T8 < -4e18", [&](auto r) { return extra<std::int64_t>(p, 22, r) < -4'000'000'000'000'000'000; });
    same("T9 < 0.5", [&](auto r) { return extra<float>(p, 30, r) < 0.5f; });
    same("T10 >= 0.5", [&](auto r) { return extra<double>(p, 34, r) >= 0.5; });
    same("Scaled < 99.25", [&](auto r) { return extra<std::int16_t>(p, 42, r) * 0.01 + 100 < 99.25; });
    same(R"("two ""words""" == 7)", [&](auto r) { return p.extra[44][r] == 7; });
    same("Vector0 < 1000", [&](auto r) { return extra<std::uint16_t>(p, 45, r) < 1000; });
    same("Vector1 < 1000", [&](auto r) { return extra<std::uint16_t>(p, 47, r) < 1000; });
}

TEST(Expression, ComparesRanksOfOldFormatsAsWholeDegrees) {
    const auto cloud = random_cloud(3);
    EXPECT_EQ(cloud.matching("ScanAngle > 10.5"),
              cloud.rows_where([&](auto r) { return cloud.points.scan_angle[r] >= 11; }));
}

TEST(Expression, FindsWhatACsvFileShows) {
    auto cloud = random_cloud(8, 100);
    cloud.points.scan_angle[7] = 1;
    cloud.points.x[7] = 137'012'345;
    set_extra(cloud.points, 30, 7, 0.1f);
    EXPECT_EQ(cloud.matching("ScanAngle == 0.006"), Rows{7});
    EXPECT_EQ(cloud.matching("X == 637012.345"), Rows{7});
    EXPECT_EQ(cloud.matching("T9 == 0.1"), Rows{7});
    EXPECT_EQ(cloud.matching("T9 in (0.1, 1e300)"), Rows{7});
}

/// Two rounded steps do not always end at the double next to the decimal that is shown. Boxes see it the same way.
TEST(Expression, TakesACoordinateForTheDoubleThatItIsNotForItsDecimals) {
    auto cloud = random_cloud(8, 100);
    cloud.header.scale[0] = 0.01;
    cloud.header.offset[0] = 0;
    cloud.points.x[7] = 265'454'053;
    ASSERT_NE(265'454'053 * 0.01, 2654540.53);
    EXPECT_EQ(cloud.matching("X == 2654540.53"), Rows{});
    EXPECT_EQ(cloud.matching("X > 2654540.525 && X < 2654540.535"), Rows{7});
    cloud.points.x[7] = 265'454'052;
    EXPECT_EQ(cloud.matching("X == 2654540.52"), Rows{7});
}

TEST(Expression, NeedsTheColumnsOfItsNamesAndNoOthers) {
    const auto cloud = random_cloud(8, 1);
    const auto columns = [&](std::string_view text) { return cloud.parse(text).value().columns(); };
    EXPECT_EQ(columns("X > 1 and ReturnNumber == NumberOfReturns or ScannerChannel == 2"), las::ColumnSet::xy());
    EXPECT_EQ(columns("Z > 1 or 5 < GpsTime"), (las::ColumnSet{las::ColumnSet::z | las::ColumnSet::gps_time, 0}));
    EXPECT_EQ(columns("not (Red in (1, 2))"), (las::ColumnSet{las::ColumnSet::rgb, 0}));
    EXPECT_EQ(columns("T3 == 1 and Withheld"), (las::ColumnSet{las::ColumnSet::flags, 0b1100}));
}

TEST(Expression, ReadsNothingButTheColumnsItNeeds) {
    const auto whole = random_cloud();
    for (const std::string text : {"Z > 0 and Intensity < 1000", "Withheld or T4 > 0", "X > Y"}) {
        auto cloud = whole;
        cloud.points = las::Points{whole.points.layout, whole.parse(text).value().columns()};
        cloud.points.append(whole.points, 0, whole.points.size());
        EXPECT_EQ(cloud.matching(text), whole.matching(text)) << text;
    }
}

// ---- numbers --------------------------------------------------------------------------------------------------------

TEST(Expression, ComparesIntegersOf64BitsExactly) {
    auto cloud = random_cloud(6, 6);
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    const std::int64_t values[]{(1ll << 53), (1ll << 53) + 1, kMax, kMax - 1, -kMax - 1, -1};
    for (std::size_t row = 0; row < 6; ++row) {
        set_extra(cloud.points, 22, row, values[row]);
        set_extra(cloud.points, 14, row, static_cast<std::uint64_t>(values[row]));
        set_extra(cloud.points, 34, row, static_cast<double>(values[row]));
    }
    EXPECT_EQ(cloud.matching("T8 == 9007199254740993"), Rows{1});
    EXPECT_EQ(cloud.matching("T8 == 9007199254740993.0"), Rows{1});
    EXPECT_EQ(cloud.matching("T8 == 9007199254740992.5"), Rows{});
    EXPECT_EQ(cloud.matching("T8 > 9007199254740992.5 and T8 < 9007199254740993.5"), Rows{1});
    EXPECT_EQ(cloud.matching("T8 > 9223372036854775806"), Rows{2});
    EXPECT_EQ(cloud.matching("T8 >= 9223372036854775807"), Rows{2});
    EXPECT_EQ(cloud.matching("T8 > 9223372036854775807"), Rows{});
    EXPECT_EQ(cloud.matching("T8 >= 9223372036854775808"), Rows{});
    EXPECT_EQ(cloud.matching("T8 <= -9223372036854775808"), Rows{4});
    EXPECT_EQ(cloud.matching("T8 < -9223372036854775808"), Rows{});
    EXPECT_EQ(cloud.matching("T8 < -9223372036854775807.5"), Rows{4});
    EXPECT_EQ(cloud.matching("T8 < -9223372036854775808.5"), Rows{});
    EXPECT_EQ(cloud.matching("T7 == 18446744073709551615"), Rows{5});
    EXPECT_EQ(cloud.matching("T7 > 18446744073709551614.999"), Rows{5});
    EXPECT_EQ(cloud.matching("T7 < 18446744073709551616"), cloud.all());
    EXPECT_EQ(cloud.matching("T7 >= -0.5"), cloud.all());
    EXPECT_EQ(cloud.matching("T7 < 0"), Rows{});
    // With each other and with doubles: by value, whatever the types.
    EXPECT_EQ(cloud.matching("T7 == T8"), (Rows{0, 1, 2, 3}));
    EXPECT_EQ(cloud.matching("T8 < T7"), (Rows{4, 5}));
    EXPECT_EQ(cloud.matching("T8 == T10"), (Rows{0, 4, 5})) << "2^53 + 1 and 2^63 - 1 are no doubles";
    EXPECT_EQ(cloud.matching("T10 > T8"), (Rows{2, 3}));
    EXPECT_EQ(cloud.matching("T10 < T8"), (Rows{1}));
}

TEST(Expression, TakesAnIntegerForWhatADecimalLeavesOpen) {
    const auto cloud = random_cloud();
    for (const auto& [text, same] : std::vector<std::pair<std::string, std::string>>{
             {"UserData > 2.5", "UserData >= 3"},
             {"UserData >= 2.5", "UserData >= 3"},
             {"UserData < 2.5", "UserData <= 2"},
             {"UserData <= 2.5", "UserData <= 2"},
             {"UserData == 2.5", "UserData < 0"},
             {"UserData != 2.5", "UserData >= 0"},
             {"2.5 < UserData", "UserData >= 3"},
             {"2.5 >= UserData", "UserData <= 2"},
             {"UserData < 1e1", "UserData < 10"},
             {"UserData < 0.1e+2", "UserData < 10"},
             {"UserData < 1000E-2", "UserData < 10"},
             {"UserData < 10.", "UserData < 10"},
             {"UserData < +10", "UserData < 10"},
             {"UserData > .5", "UserData > 0"},
             {"UserData < 1e-999999999999", "UserData == 0"},
             {"UserData < 1e999999999999", "UserData >= 0"},
             {"T2 > -2.5", "T2 >= -2"},
             {"T2 < -2.5", "T2 <= -3"},
             {"T2 > -1e400", "T2 >= -128"},
             {"UserData in (1.0, 20e-1, 7.5)", "UserData in (1, 2)"},
             {"UserData in (1,2,3,5,9,8,7,6,20,22,24,26,28,30,32)",
              "UserData >= 1 and UserData <= 9 and UserData != 4 or UserData in (20, 22, 24, 26, 28) or UserData == 30 "
              "or UserData == 32"},
             {"UserData in (40,0,2,4,6,8,10,12,14,16,18,20)",
              "UserData in (0,2,4,6,8,10) or UserData in (12,14,16,18,20,40)"}})
        EXPECT_EQ(cloud.matching(text), cloud.matching(same)) << text;
}

TEST(Expression, ComparesNanAndInfinityAsCppDoes) {
    auto cloud = random_cloud(6, 5);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double values[]{std::nan(""), kInfinity, -kInfinity, 0.0, std::numeric_limits<double>::max()};
    for (std::size_t row = 0; row < 5; ++row) cloud.points.gps_time[row] = values[row];
    EXPECT_EQ(cloud.matching("GpsTime == GpsTime"), (Rows{1, 2, 3, 4}));
    EXPECT_EQ(cloud.matching("GpsTime != GpsTime"), Rows{0});
    EXPECT_EQ(cloud.matching("GpsTime != 0"), (Rows{0, 1, 2, 4}));
    EXPECT_EQ(cloud.matching("GpsTime"), (Rows{0, 1, 2, 4}));
    EXPECT_EQ(cloud.matching("not GpsTime < 5"), (Rows{0, 1, 4}));
    EXPECT_EQ(cloud.matching("GpsTime >= 5"), (Rows{1, 4}));
    EXPECT_EQ(cloud.matching("GpsTime <= 0"), (Rows{2, 3}));
    EXPECT_EQ(cloud.matching("GpsTime == -0.0"), Rows{3});
    EXPECT_EQ(cloud.matching("GpsTime < 0 or GpsTime > 0"), (Rows{1, 2, 4}));
    EXPECT_EQ(cloud.matching("GpsTime > 1.7976931348623157e308"), Rows{1});
    EXPECT_EQ(cloud.matching("GpsTime > 1e400"), Rows{1});
    EXPECT_EQ(cloud.matching("GpsTime <= 1e400"), (Rows{2, 3, 4}));
    EXPECT_EQ(cloud.matching("GpsTime < -1e400"), Rows{2});
    EXPECT_EQ(cloud.matching("GpsTime == 1e400"), Rows{});
    EXPECT_EQ(cloud.matching("GpsTime != 1e400"), cloud.all());
    EXPECT_EQ(cloud.matching("GpsTime in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)"), Rows{3});
    EXPECT_EQ(cloud.matching("GpsTime not in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)"), (Rows{0, 1, 2, 4}));
}

// ---- words
// ------------------------------------------------------------------------------------------------------------

TEST(Expression, BindsNotTighterThanAndTighterThanOr) {
    const auto cloud = random_cloud();
    for (const auto& [text, same] : std::vector<std::pair<std::string, std::string>>{
             {"Red<9000 or Green<9000 and Blue<9000", "Red<9000 or (Green<9000 and Blue<9000)"},
             {"Red<9000 && Green<9000 || Blue<9000", "(Red<9000 and Green<9000) or Blue<9000"},
             {"not Red<9000 and Green<9000", "(not (Red<9000)) and Green<9000"},
             {"!Red<9000 || Green<9000", "(Red>=9000) or Green<9000"},
             {"NOT Red<9000 AND Green<9000 Or Blue<9000", "!(Red<9000) && (Green<9000) || (Blue<9000)"},
             {"not not ! Red<9000", "Red>=9000"},
             {"UserData not in (1,2)", "not UserData in (1,2)"},
             {"  Red\t<\n9000\r\n", "Red<9000"},
             {"((((Red<9000))))", "Red<9000"},
             {"9000>Red", "Red<9000"},
             {"\"Red\"<9000", "Red<9000"}})
        EXPECT_EQ(cloud.matching(text), cloud.matching(same)) << text;
}

TEST(Expression, KeepsSomeOfTheRowsItIsGiven) {
    const auto cloud = random_cloud(6, 10'000);
    const std::string text = "UserData < 100 and (Intensity < 30000 or Classification == 7) or not Z > 0 and Withheld";
    const auto right = cloud.matching(text);
    std::mt19937 random{3};
    for (const unsigned share : {1u, 2u, 50u, 1000u}) {
        Rows some, wanted;
        for (const auto row : cloud.all())
            if (random() % share == 0) some.push_back(row);
        std::set_intersection(some.begin(), some.end(), right.begin(), right.end(), std::back_inserter(wanted));
        EXPECT_EQ(cloud.matching(text, some), wanted);
    }
    EXPECT_EQ(cloud.matching(text, {}), Rows{});
    EXPECT_EQ(cloud.matching(text, {9999}), right.back() == 9999 ? Rows{9999} : Rows{});
}

/// A random condition as text, and what it means for a point, told by long doubles: exact for all numbers used here.
struct Made {
    std::string text;
    std::function<bool(std::size_t)> holds;
};

class Maker {
public:
    Maker(const Cloud& cloud, std::uint32_t seed) : points_{&cloud.points}, random_{seed} {}

    Made condition(int depth) {
        const auto kind = depth == 0 ? 0 : random_() % 4;
        if (kind == 0) return comparison();
        if (kind == 1) {
            auto inner = condition(depth - 1);
            return {pick({"not (", "!(", "NOT\t("}) + inner.text + ")",
                    [holds = inner.holds](std::size_t row) { return !holds(row); }};
        }
        auto left = condition(depth - 1), right = condition(depth - 1);
        const auto word = kind == 2 ? pick({") and (", ")&&("}) : pick({") or (", ")||("});
        return {"(" + left.text + word + right.text + ")", [=](std::size_t row) {
                    return kind == 2 ? left.holds(row) && right.holds(row) : left.holds(row) || right.holds(row);
                }};
    }

private:
    struct Value {
        std::string text;
        std::function<long double(std::size_t)> of;
    };

    Made comparison() {
        const auto a = field();
        const auto b = random_() % 3 == 0 ? field() : number();
        const auto op = random_() % 6;
        const char* kOps[]{"==", "!=", "<", "<=", ">", ">="};
        const auto holds = [=](std::size_t row) {
            const auto x = a.of(row), y = b.of(row);
            return op == 0 ? x == y : op == 1 ? x != y : op == 2 ? x < y : op == 3 ? x <= y : op == 4 ? x > y : x >= y;
        };
        return {a.text + pick({"", " "}) + kOps[op] + pick({"", " "}) + b.text, holds};
    }
    Value field() {
        const auto& p = *points_;
        switch (random_() % 8) {
            case 0:
                return {"Classification", [&p](auto r) { return p.classification[r]; }};
            case 1:
                return {"ReturnNumber", [&p](auto r) { return p.return_number(r); }};
            case 2:
                return {"NumberOfReturns", [&p](auto r) { return p.number_of_returns(r); }};
            case 3:
                return {"T2", [&p](auto r) { return extra<std::int8_t>(p, 1, r); }};
            case 4:
                return {"T7", [&p](auto r) { return extra<std::uint64_t>(p, 14, r); }};
            case 5:
                return {"T8", [&p](auto r) { return extra<std::int64_t>(p, 22, r); }};
            case 6:
                return {"T10", [&p](auto r) { return extra<double>(p, 34, r); }};
            default:
                return {"GpsTime", [&p](auto r) { return p.gps_time[r]; }};
        }
    }
    Value number() {
        const auto number = static_cast<int>(random_() % 40) - 10;
        if (random_() % 3 != 0) return {std::to_string(number), [=](auto) { return number; }};
        const long double half = number < 0 ? number - 0.5L : number + 0.5L;
        return {std::to_string(number) + ".50", [=](auto) { return number == 0 ? 0.5L : half; }};
    }
    std::string pick(std::vector<std::string> choices) { return choices[random_() % choices.size()]; }

    const las::Points* points_;
    std::mt19937 random_;
};

TEST(Expression, MeansWhatItsPartsMeanPointByPoint) {
    static_assert(std::numeric_limits<long double>::digits >= 64, "holds all integers of 64 bits");
    auto cloud = random_cloud(8, 2500);
    std::mt19937 random{5};
    // Few values, so that they are often equal.
    for (std::size_t row = 0; row < cloud.points.size(); ++row) {
        const auto small = static_cast<int>(random() % 30);
        cloud.points.classification[row] = static_cast<std::uint8_t>(random() % 30);
        cloud.points.gps_time[row] = small / 2.0;
        set_extra(cloud.points, 1, row, static_cast<std::int8_t>(static_cast<int>(random() % 40) - 10));
        const auto large = std::uint64_t{random() % 3} << 62;
        set_extra(cloud.points, 14, row, large + random() % 30);
        set_extra(cloud.points, 22, row, static_cast<std::int64_t>(large) + static_cast<int>(random() % 30));
        set_extra(cloud.points, 34, row, random() % 9 == 0 ? std::nan("") : static_cast<double>(large) + small);
    }
    Maker maker{cloud, 6};
    for (int i = 0; i < 400; ++i) {
        const auto made = maker.condition(i % 6);
        ASSERT_EQ(cloud.matching(made.text), cloud.rows_where(made.holds)) << made.text;
    }
}

// ---- errors
// -------------------------------------------------------------------------------------------------------------

TEST(Expression, SaysWhatIsWrongAndWhere) {
    const auto cloud = random_cloud(6, 1);
    struct Case {
        std::string text;
        std::size_t at;
        std::string what;
    };
    const std::vector<Case> cases{
        {"", 0, "the condition is empty"},
        {" \t\n", 3, "the condition is empty"},
        {"Red > 5", 0, las::kUnknownField},
        {"X > 5 and classification == 2", 10, las::kUnknownField},
        {"5 < Nothing", 4, las::kUnknownField},
        {"Z < Nothing", 4, las::kUnknownField},
        {"Nothing in (1)", 0, las::kUnknownField},
        {"Z and \"no such\"", 6, las::kUnknownField},
        {"Vector > 1", 0, las::kUnknownField},
        {"Z = 5", 2, "equality is written =="},
        {"Z <> 5", 2, "unequal is written !="},
        {"Z & X", 2, "and is written && or and"},
        {"Z | X", 2, "or is written || or or"},
        {"Z > 'a'", 4, "names with special characters stand in double quotes"},
        {"Z > 5 ; X", 6,
         "a character that is part of no condition; names with special characters stand in double quotes"},
        {"H\xc3\xb6he > 5", 1,
         "a character that is part of no condition; names with special characters stand in double quotes"},
        {"Z > \"abc", 4, "a quoted name has no closing quote"},
        {"Z > \"abc\"\"", 4, "a quoted name has no closing quote"},
        {"Z > 0x10", 4, "not a decimal number"},
        {"Z > 1.2.3", 4, "not a decimal number"},
        {"Z > 1e", 4, "not a decimal number"},
        {"Z > - 5", 4, "a sign or a point is not followed by a number"},
        {"Z > .", 4, "a sign or a point is not followed by a number"},
        {"Z >", 3, "a name or a number is expected behind a comparison"},
        {"Z > (5)", 4, "a name or a number is expected behind a comparison"},
        {"Z > > 5", 4, "a name or a number is expected behind a comparison"},
        {"1 < Z < 5", 6, "comparisons cannot be chained: join two of them with and"},
        {"1 < 2", 0, "a comparison of two numbers; one side must be a name"},
        {"Z and 5", 6, "a number alone is no condition"},
        {"Z 5", 2, "a comparison such as == is missing"},
        {"Z X", 2, "a comparison such as == is missing"},
        {"Z > 5 X > 3", 6, "and, or, or the end of the condition is expected here"},
        {"(Z > 5 X > 3)", 7, "and, or, or the end of the condition is expected here"},
        {"(Z) > 5", 4, "and, or, or the end of the condition is expected here"},
        {"Z > 5 and", 9, "the condition ends where a name or number is expected"},
        {"not", 3, "the condition ends where a name or number is expected"},
        {"or Z", 0, "a name or a number is expected here"},
        {"Z or or X", 5, "a name or a number is expected here"},
        {"()", 1, "a name or a number is expected here"},
        {"(Z > 5", 6, "a closing parenthesis is missing"},
        {"Z > 5)", 5, "a closing parenthesis without an opening one"},
        {"Z in 5", 5, "a list of numbers in parentheses is expected behind in"},
        {"Z in ()", 6, "a number is expected in a list"},
        {"Z in (1,)", 8, "a number is expected in a list"},
        {"Z in (X)", 6, "a number is expected in a list"},
        {"Z in (1 2)", 8, "a comma or a closing parenthesis is missing in a list"},
        {"Z in (1", 7, "a comma or a closing parenthesis is missing in a list"},
        {"5 in (1)", 0, "a name is expected in front of in"},
        {"Z not (5)", 2, "and, or, or the end of the condition is expected here"},
        {std::string(101, '(') + "Z" + std::string(101, ')'), 100, "a condition nested more than 100 deep"},
    };
    for (const auto& wrong : cases) {
        const auto expression = cloud.parse(wrong.text);
        ASSERT_FALSE(expression) << wrong.text;
        EXPECT_EQ(expression.error().code, Code::bad_value) << wrong.text;
        EXPECT_EQ(expression.error().at, wrong.at) << wrong.text;
        EXPECT_EQ(expression.error().what, wrong.what) << wrong.text;
    }
}

TEST(Expression, MayBeNested100DeepAndAsLongAsYouLike) {
    const auto cloud = random_cloud();
    EXPECT_EQ(cloud.matching(std::string(100, '(') + "Z > 0" + std::string(100, ')')), cloud.matching("Z > 0"));
    std::string nots;
    for (int i = 0; i < 100; ++i) nots += "not ";
    EXPECT_EQ(cloud.matching(nots + "Z > 0"), cloud.matching("Z > 0"));
    std::string nested = "Z > 0";
    for (int i = 0; i < 99; ++i) nested = "(" + nested + (i % 2 == 0 ? " or X < 0)" : " and Y > 0)");
    EXPECT_TRUE(cloud.parse(nested));
    std::string list = "Intensity == 0", in = "Intensity in (0";
    for (int i = 1; i < 2000; ++i) {
        list += " or Intensity == " + std::to_string(i * 3);
        in += "," + std::to_string(i * 3);
    }
    EXPECT_EQ(cloud.matching(list), cloud.matching(in + ")"));
}

TEST(Expression, EveryBeginningIsAConditionOrAnErrorWithinIt) {
    const auto cloud = random_cloud(6, 1);
    const std::string whole =
        R"(not (X > 637000.5 && "two ""words""" in (1, 2.5e3)) or -1<=ScanAngle and ReturnNumber==NumberOfReturns)";
    ASSERT_TRUE(cloud.parse(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<char> cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
        const auto expression = cloud.parse({cut.data(), cut.size()});
        if (!expression) EXPECT_LE(expression.error().at, size) << size;
    }
}

}  // namespace
}  // namespace copse::filter
