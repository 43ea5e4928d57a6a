#include "build/extra_bytes.hpp"

#include <gtest/gtest.h>

#include "build/converting.hpp"

namespace copse::build {
namespace {

using namespace testing;

constexpr std::uint8_t kUint8 = 1, kUint16 = 3, kDouble = 10;

las::ExtraDimension dimension_of(std::string name, std::uint8_t type) {
    las::ExtraDimension dimension;
    dimension.name = std::move(name);
    dimension.type = type;
    dimension.size = type == kUint8 ? 1 : type == kUint16 ? 2 : 8;
    return dimension;
}

/// Points with random values in extra bytes of these dimensions.
MadeInput described(const std::vector<las::ExtraDimension>& dimensions, std::uint32_t seed, std::uint8_t format = 6) {
    las::ExtraSchema schema;
    std::uint16_t bytes = 0;
    for (const auto& dimension : dimensions) {
        schema.dimensions.push_back(dimension);
        bytes = static_cast<std::uint16_t>(bytes + dimension.size);
    }
    auto input = input_of(survey(format, 40, seed, bytes));
    auto vlr = vlr_of("LASF_Spec", 4, 0);
    vlr.payload = las::encode_extra_schema(schema);
    if (!dimensions.empty()) input.vlrs.push_back(std::move(vlr));
    return input;
}

Options uniting() {
    Options options;
    options.extra_bytes = ExtraBytes::unite;
    return options;
}

std::vector<std::string> names_in(const Output& output) {
    std::vector<std::string> names;
    for (const auto& dimension : output.file.extra.dimensions) names.push_back(dimension.name);
    return names;
}

/// The records of `points` in format 6 with extra bytes taken from the given columns, or zero.
std::vector<Bytes> records_with(const las::Points& points, const std::vector<int>& columns) {
    auto expected = points;
    las::convert_points(expected, 6);
    expected.extra.clear();
    for (const int column : columns) {
        if (column >= 0)
            expected.extra.push_back(points.extra[static_cast<std::size_t>(column)]);
        else
            expected.extra.emplace_back(points.size(), std::uint8_t{0});
    }
    expected.layout.record_length = static_cast<std::uint16_t>(30 + columns.size());
    expected.columns = las::Points{expected.layout, las::ColumnSet::all()}.columns;
    return records_as(std::move(expected), 6);
}

TEST(MoveExtraBytes, PutsEachByteInItsPlaceAndZeroWhereThereIsNone) {
    auto points = survey(7, 5, 1, 3);
    const auto before = points;
    move_extra_bytes({{2, ExtraByteMap::kNone, 0, 1}}, points);
    EXPECT_EQ(points.layout, (las::PointLayout{7, 40}));
    EXPECT_EQ(points.columns, (las::Points{points.layout, las::ColumnSet::all()}.columns));
    ASSERT_EQ(points.extra.size(), 4u);
    EXPECT_EQ(points.extra[0], before.extra[2]);
    EXPECT_EQ(points.extra[1], las::Column<std::uint8_t>(5, 0));
    EXPECT_EQ(points.extra[2], before.extra[0]);
    EXPECT_EQ(points.extra[3], before.extra[1]);
}

TEST(MoveExtraBytes, LeavesPointsAloneWhereNothingChanges) {
    auto points = survey(6, 5, 1, 3);
    const auto before = points;
    move_extra_bytes({}, points);
    EXPECT_EQ(points.layout, before.layout);
    EXPECT_EQ(points.extra, before.extra);
}

TEST(UniteExtraBytes, TakesTheDimensionsOfAllByName) {
    const auto a = described({dimension_of("width", kUint16), dimension_of("again", kUint8)}, 1);
    const auto b = described({dimension_of("zone", kUint8), dimension_of("width", kUint16)}, 2, 1);
    const auto c = described({}, 3);
    const auto output =
        take_apart(converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}, {"c.las", bytes_of(c)}}, uniting()));
    EXPECT_EQ(names_in(output), (std::vector<std::string>{"again", "width", "zone"}));

    auto expected = records_with(a.points, {2, 0, 1, -1});
    for (const auto& more : {records_with(b.points, {-1, 1, 2, 0}), records_with(c.points, {-1, -1, -1, -1})})
        expected.insert(expected.end(), more.begin(), more.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(output.records(), expected);
}

TEST(UniteExtraBytes, GivesTheSameBytesForAnyOrderOfInputs) {
    const auto a = bytes_of(described({dimension_of("b", kUint16), dimension_of("a", kUint8)}, 1));
    const auto b = bytes_of(described({dimension_of("c", kDouble)}, 2));
    const auto c = bytes_of(input_of(survey(6, 30, 3, 2)));
    const auto one = converted({{"a.las", a}, {"b.las", b}, {"c.las", c}}, uniting());
    EXPECT_EQ(one, converted({{"x.las", c}, {"y.las", a}, {"z.las", b}}, uniting()));
    EXPECT_EQ(faults(one), "");
}

TEST(UniteExtraBytes, KeepsTheOrderWhereAllHaveTheSame) {
    const std::vector dimensions{dimension_of("width", kUint16), dimension_of("again", kUint8)};
    const auto a = described(dimensions, 1), b = described(dimensions, 2);
    const auto output = take_apart(converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}}, uniting()));
    EXPECT_EQ(names_in(output), (std::vector<std::string>{"width", "again"}));
}

TEST(UniteExtraBytes, SortsWhereOnlyTheOrderDiffers) {
    const auto width = dimension_of("width", kUint16), again = dimension_of("again", kUint8);
    const auto a = described({width, again}, 1), b = described({again, width}, 2);
    const auto output = take_apart(converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}}, uniting()));
    EXPECT_EQ(names_in(output), (std::vector<std::string>{"again", "width"}));
    auto expected = records_with(a.points, {2, 0, 1});
    const auto more = records_with(b.points, {0, 1, 2});
    expected.insert(expected.end(), more.begin(), more.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(output.records(), expected);
}

TEST(UniteExtraBytes, TakesUndescribedBytesByTheirNumberedNames) {
    const auto a = input_of(survey(6, 20, 1, 1)), b = input_of(survey(6, 20, 2, 3));
    const auto output = take_apart(converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}}, uniting()));
    EXPECT_EQ(names_in(output), (std::vector<std::string>{"ExtraBytes0", "ExtraBytes1", "ExtraBytes2"}));
    auto expected = records_with(a.points, {0, -1, -1});
    const auto more = records_with(b.points, {0, 1, 2});
    expected.insert(expected.end(), more.begin(), more.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(output.records(), expected);
}

TEST(UniteExtraBytes, MatchesNamesThatAFileHasTwiceInTheirOrder) {
    const auto a = described({dimension_of("n", kUint8), dimension_of("n", kUint8)}, 1);
    const auto b = described({dimension_of("n", kUint8)}, 2);
    const auto output = take_apart(converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}}, uniting()));
    EXPECT_EQ(names_in(output), (std::vector<std::string>{"n", "n"}));
    auto expected = records_with(a.points, {0, 1});
    const auto more = records_with(b.points, {0, -1});
    expected.insert(expected.end(), more.begin(), more.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(output.records(), expected);
}

TEST(UniteExtraBytes, RefusesOneNameOfDifferentMeaningAndNamesBothFiles) {
    const auto plain = dimension_of("width", kUint16);
    auto other_type = dimension_of("width", kDouble);
    auto scaled = plain, shifted = plain, without_data = plain;
    scaled.options = 8;
    scaled.scale[0] = 0.01;
    shifted.options = 16;
    shifted.offset[0] = 100;
    without_data.options = 1;
    without_data.no_data[0][0] = std::byte{9};
    const auto a = bytes_of(described({plain}, 1));
    for (const auto& other : {other_type, scaled, shifted, without_data}) {
        const auto failure = refused({{"a.las", a}, {"b.las", bytes_of(described({other}, 2))}}, uniting());
        EXPECT_TRUE(names_both(failure));
        EXPECT_NE(failure.message.find("\"width\""), std::string::npos) << failure.message;
    }
}

TEST(UniteExtraBytes, KeepsLimitsOnlyWhereAllInputsHaveThem) {
    auto limited = dimension_of("limited", kUint8);
    limited.options = 6;
    limited.min[0][0] = std::byte{3};
    limited.max[0][0] = std::byte{200};
    auto lower = limited;
    lower.min[0][0] = std::byte{1};
    const auto limits_with = [&](const std::vector<las::ExtraDimension>& other) {
        const auto a = described({limited}, 1), b = described(other, 2);
        const auto output = take_apart(converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}}, uniting()));
        const auto& dimension = output.file.extra.dimensions.at(0);
        return std::pair{dimension.has_min(), dimension.has_max()};
    };
    EXPECT_EQ(limits_with({limited}), (std::pair{true, true}));
    EXPECT_EQ(limits_with({lower}), (std::pair{false, true}));
    EXPECT_EQ(limits_with({}), (std::pair{false, false}));
}

TEST(UniteExtraBytes, RefusesWhatNoRecordCanHold) {
    const auto named = [](char letter, std::uint32_t seed) {
        std::vector<las::ExtraDimension> dimensions;
        for (int i = 0; i < 300; ++i) dimensions.push_back(dimension_of(letter + std::to_string(i), kDouble));
        auto input = described(dimensions, seed);
        input.points = input.points.gather(std::vector<std::uint32_t>{0});
        return input;
    };
    std::vector<NamedFile> files;
    for (char letter = 'a'; letter <= 'z'; ++letter)
        files.push_back({std::string{letter} + ".las", bytes_of(named(letter, static_cast<std::uint32_t>(letter)))});
    files.push_back({"A.las", bytes_of(named('A', 1))});
    files.push_back({"B.las", bytes_of(named('B', 2))});
    const auto failure = refused(files, uniting());
    EXPECT_EQ(failure.kind, FailureKind::bad_request);
    EXPECT_NE(failure.message.find("65,535"), std::string::npos) << failure.message;
}

}  // namespace
}  // namespace copse::build
