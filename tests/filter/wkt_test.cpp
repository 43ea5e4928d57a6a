#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "copse/filter.hpp"

namespace copse::filter {
namespace {

using Position = Polygon::Position;

/// Whether a text is the triangle (0 0, 4 0, 0 4).
bool is_triangle(std::string_view text) {
    const auto area = Polygon::from_wkt(text);
    EXPECT_TRUE(area) << text << ": " << (area ? "" : area.error().what);
    return area && area->min() == Position{0, 0} && area->max() == Position{4, 4} && area->contains(2, 2) &&
           area->contains(1, 1) && !area->contains(2.5, 2.5);
}

TEST(Wkt, IsReadInAllItsSpellings) {
    for (const auto* text : {
             "POLYGON ((0 0, 4 0, 0 4, 0 0))",
             "polygon((0 0,4 0,0 4,0 0))",
             "  Polygon\n(\t( 0  0 ,4 0 , 0 4, 0 0 )\r\n) ",
             "POLYGON ((0 0, 4 0, 0 4))",
             "POLYGON Z ((0 0 7, 4 0 8, 0 4 9, 0 0 7))",
             "POLYGONZ((0 0 7, 4 0 8, 0 4 9, 0 0 7))",
             "POLYGON M ((0 0 7, 4 0 8, 0 4 9, 0 0 7))",
             "POLYGON zm ((0 0 7 1, 4 0 8 2, 0 4 9 3, 0 0 7 1))",
             "POLYGON ((0 0 7, 4 0 8, 0 4 9, 0 0 7))",
             "POLYGON ((0 0 7 1, 4 0 8 2, 0 4 9 3, 0 0 7 1))",
             "POLYGON ((-0 +0, 4. 0.0, .0 4e0, 0e5 0E-7))",
             "POLYGON ((0 1e-999, 40e-1 0, 0 0.4E+1, 0 0))",
             "MULTIPOLYGON (((0 0, 4 0, 0 4, 0 0)))",
             "MULTIPOLYGON Z (((0 0 1, 4 0 1, 0 4 1, 0 0 1)))",
             "MultiPolygonZM(((0 0 1 2, 4 0 1 2, 0 4 1 2, 0 0 1 2)))",
         })
        EXPECT_TRUE(is_triangle(text)) << text;
}

TEST(Wkt, HasHolesAndParts) {
    const auto area =
        Polygon::from_wkt(
            "MULTIPOLYGON (((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 6 4, 6 6, 4 6, 4 4), (1 1, 2 1, 2 2, 1 1)), "
            "((20 0, 30 0, 30 10, 20 0)))")
            .value();
    EXPECT_TRUE(area.contains(3, 3));
    EXPECT_TRUE(area.contains(4, 5));
    EXPECT_FALSE(area.contains(5, 5));
    EXPECT_FALSE(area.contains(1.75, 1.5));
    EXPECT_FALSE(area.contains(15, 5));
    EXPECT_TRUE(area.contains(29, 5));
    EXPECT_EQ(area.max(), (Position{30, 10}));
}

TEST(Wkt, KeepsEveryBitOfACoordinate) {
    const auto area =
        Polygon::from_wkt("POLYGON ((637012.2400000001 0.1, 5e-324 1.7976931348623157e308, -0.3 2))").value();
    EXPECT_EQ(area.max(), (Position{637012.2400000001, std::numeric_limits<double>::max()}));
    EXPECT_EQ(area.min(), (Position{-0.3, 0.1}));
}

TEST(Wkt, SaysWhatIsWrongAndWhere) {
    struct Case {
        std::string text;
        std::size_t at;
        std::string what;
    };
    const std::string not_polygon = "the text must begin with POLYGON or MULTIPOLYGON";
    const std::string small = "a ring has at least three different positions";
    const std::string missing = "a coordinate is missing: a position is x and y, with a space between them";
    const std::vector<Case> cases{
        {"", 0, not_polygon},
        {"POINT (1 2)", 0, not_polygon},
        {" MULTIPOINT (1 2)", 1, not_polygon},
        {"CURVEPOLYGON ((0 0, 4 0, 0 4, 0 0))", 0, not_polygon},
        {"POLYGONS ((0 0, 4 0, 0 4, 0 0))", 0, not_polygon},
        {"POLYGON X ((0 0, 4 0, 0 4, 0 0))", 0, not_polygon},
        {"{\"type\": \"Polygon\"}", 0, not_polygon},
        {"SRID=4326;POLYGON ((0 0, 4 0, 0 4, 0 0))", 0,
         "SRID=...; is not part of WKT: leave it out and name the reference system beside the polygon"},
        {"POLYGON EMPTY", 8, "an EMPTY polygon has no points"},
        {"POLYGON Z empty", 10, "an EMPTY polygon has no points"},
        {"POLYGON (EMPTY)", 9, "an EMPTY polygon has no points"},
        {"MULTIPOLYGON EMPTY", 13, "an EMPTY polygon has no points"},
        {"MULTIPOLYGON (((0 0, 4 0, 0 4, 0 0)), EMPTY)", 38, "an EMPTY polygon has no points"},
        {"POLYGON", 7, "an opening parenthesis is missing"},
        {"POLYGON (", 9, "an opening parenthesis is missing"},
        {"POLYGON (0 0, 4 0, 0 4, 0 0)", 9, "an opening parenthesis is missing"},
        {"MULTIPOLYGON ((0 0, 4 0, 0 4, 0 0))", 15, "an opening parenthesis is missing"},
        {"POLYGON ((", 10, missing},
        {"POLYGON (())", 10, missing},
        {"POLYGON ((0))", 11, missing},
        {"POLYGON ((0 0,))", 14, missing},
        {"POLYGON ((0,0 4,0 0,4))", 11, missing},
        {"POLYGON ((0 0, 4 nan, 0 4))", 17, missing},
        {"POLYGON ((0 0, 4 -inf, 0 4))", 17, "a sign or a point is not followed by a number"},
        {"POLYGON ((0 0, 4 1e309, 0 4))", 17, "a coordinate is beyond the range of doubles"},
        {"POLYGON ((0 0, 4 0x1, 0 4))", 18, "a number is followed by neither space, comma nor parenthesis"},
        {"POLYGON ((0 0, 4 1.5.5, 0 4))", 20, "a number is followed by neither space, comma nor parenthesis"},
        {"POLYGON ((0 0, 4-1, 0 4))", 16, "a number is followed by neither space, comma nor parenthesis"},
        {"POLYGON ((0 0, 4 0 1, 0 4))", 20, "not as many coordinates as the other positions have"},
        {"POLYGON Z ((0 0, 4 0, 0 4))", 15, "not as many coordinates as the other positions have"},
        {"POLYGON ((0 0 1 2 3, 4 0, 0 4))", 18, "a comma or a closing parenthesis is missing"},
        {"POLYGON ((0 0, 4 0, 0 4", 23, "a comma or a closing parenthesis is missing"},
        {"POLYGON ((0 0, 4 0, 0 4)", 24, "a comma or a closing parenthesis is missing"},
        {"POLYGON ((0 0, 4 0, 0 4))x", 25, "there is something after the end of the polygon"},
        {"POLYGON ((0 0, 4 0, 0 4)); ", 25, "there is something after the end of the polygon"},
        {"POLYGON ((0 0, 4 0, 0 0, 4 0))", 9, small},
        {"POLYGON ((0 0, 4 0, 0 4), (1 1, 1 1, 1 1))", 26, small},
    };
    for (const auto& wrong : cases) {
        const auto area = Polygon::from_wkt(wrong.text);
        ASSERT_FALSE(area) << wrong.text;
        EXPECT_EQ(area.error().code, Code::bad_value) << wrong.text;
        EXPECT_EQ(area.error().at, wrong.at) << wrong.text;
        EXPECT_EQ(area.error().what, wrong.what) << wrong.text;
    }
}

TEST(Wkt, EveryShorterPrefixIsAnErrorWithinIt) {
    const std::string whole = "MULTIPOLYGON Z (((0 0 1, 4 0 1, 0 4 1, 0 0 1)), ((1 1 1.5e2, -2 +1 1, 2 2 1)))";
    ASSERT_TRUE(Polygon::from_wkt(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<char> cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
        const auto area = Polygon::from_wkt({cut.data(), cut.size()});
        ASSERT_FALSE(area) << size;
        EXPECT_LE(area.error().at, size);
    }
}

}  // namespace
}  // namespace copse::filter
