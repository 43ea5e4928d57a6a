#include "copse/crs.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

namespace copse::crs {
namespace {

TEST(Crs, IsTakenInEverySpellingThatProjKnows) {
    const auto wkt = to_wkt1("EPSG:26915");
    EXPECT_EQ(wkt.rfind("PROJCS[\"NAD83 / UTM zone 15N\"", 0), 0u);
    EXPECT_EQ(wkt.find('\n'), std::string::npos);
    EXPECT_EQ(to_wkt1(wkt), wkt);
    EXPECT_EQ(to_wkt1(" " + wkt + std::string(2, '\0') + "rubbish"), wkt);  // as stored in a VLR
    EXPECT_EQ(to_wkt1("urn:ogc:def:crs:EPSG::26915"), wkt);
    EXPECT_NE(to_wkt1("+proj=utm +zone=15 +datum=NAD83"), "");
    EXPECT_EQ(to_wkt1("EPSG:25832+5941").rfind("COMPD_CS[", 0), 0u);
    EXPECT_NE(to_wkt1("EPSG:4979"), "");  // three-dimensional
}

TEST(Crs, IsEmptyWhereTheDefinitionIsNone) {
    for (const char* text : {"", " ", "rubbish", "EPSG:1", "EPSG:", "PROJCS[", "+proj=", "EPSG:16015", "{}"})
        EXPECT_EQ(to_wkt1(text), "") << text;
    EXPECT_EQ(to_wkt1(std::string(100'000, '[')), "");
    EXPECT_EQ(to_wkt1(std::string("\0EPSG:4326", 10)), "");
}

TEST(Crs, IsTheSameWhateverItsSpelling) {
    EXPECT_TRUE(same("EPSG:2154", to_wkt1("EPSG:2154")));
    EXPECT_TRUE(same("EPSG:4326", "OGC:CRS84"));
    EXPECT_TRUE(same("EPSG:31467", to_wkt1("EPSG:31467")));  // whose register entry has northing first
    EXPECT_TRUE(same("not a CRS", "not a CRS"));
    EXPECT_FALSE(same("not a CRS", "neither"));
    EXPECT_FALSE(same("EPSG:26915", "EPSG:26916"));
    EXPECT_FALSE(same("EPSG:26915", "EPSG:32615"));
    EXPECT_FALSE(same("EPSG:32128", "EPSG:2271"));
    EXPECT_FALSE(same("EPSG:25832", "EPSG:5972"));
    EXPECT_FALSE(same("EPSG:25832", ""));
}

TEST(Crs, KnowsWhetherItIsGeographic) {
    EXPECT_TRUE(geographic("EPSG:4326"));
    EXPECT_TRUE(geographic(to_wkt1("EPSG:4979")));
    EXPECT_TRUE(geographic("EPSG:4326+5773"));
    EXPECT_FALSE(geographic("EPSG:26915"));
    EXPECT_FALSE(geographic("EPSG:4978"));
    EXPECT_FALSE(geographic("rubbish"));
}

TEST(Crs, IsOfTheKindOfItsHorizontalPart) {
    EXPECT_EQ(kind("EPSG:2154"), Kind::projected);
    EXPECT_EQ(kind("EPSG:5972"), Kind::projected);
    EXPECT_EQ(kind("EPSG:4326"), Kind::geographic);
    EXPECT_EQ(kind("EPSG:4979"), Kind::geographic);
    EXPECT_EQ(kind("EPSG:4978"), Kind::geocentric);
    EXPECT_EQ(kind("EPSG:5703"), Kind::vertical);
    EXPECT_EQ(kind("LOCAL_CS[\"a site\",UNIT[\"metre\",1]]"), Kind::other);
    EXPECT_EQ(kind("rubbish"), Kind::not_understood);
    EXPECT_EQ(kind(""), Kind::not_understood);
}

TEST(Crs, HasANameForPeople) {
    EXPECT_EQ(describe("EPSG:26915"), "NAD83 / UTM zone 15N (EPSG:26915)");
    EXPECT_EQ(describe("rubbish"), "");
    EXPECT_EQ(describe("LOCAL_CS[\"a site\",UNIT[\"metre\",1]]"), "a site");
}

TEST(Transform, PutsXBeforeYInEveryCrs) {
    const auto box = transform({9, 48, 9, 48}, "EPSG:4326", "EPSG:32632");
    ASSERT_TRUE(box);
    EXPECT_NEAR(box->x0, 500000, 1e-6);
    EXPECT_NEAR(box->y0, 5316300, 100);
    const auto gauss = transform({9, 48, 9, 48}, "EPSG:4258", "EPSG:31467");  // register entry: northing, easting
    ASSERT_TRUE(gauss);
    EXPECT_NEAR(gauss->x0, 3500000, 500);
}

TEST(Transform, HoldsThePointsBetweenTheCorners) {
    // The northern edge of a UTM box bows towards the pole: its middle lies north of both corners' latitude.
    const Rectangle from{200000, 6000000, 800000, 6500000};
    const auto box = transform(from, "EPSG:32632", "EPSG:4326");
    ASSERT_TRUE(box);
    for (int i = 0; i <= 97; ++i)
        for (int k = 0; k <= 97; ++k) {
            const double x = from.x0 + (from.x1 - from.x0) * i / 97, y = from.y0 + (from.y1 - from.y0) * k / 97;
            if (i % 97 != 0 && k % 97 != 0) continue;
            const auto point = transform({x, y, x, y}, "EPSG:32632", "EPSG:4326");
            ASSERT_TRUE(point);
            EXPECT_GE(point->x0, box->x0 - 1e-9);
            EXPECT_LE(point->x1, box->x1 + 1e-9);
            EXPECT_GE(point->y0, box->y0 - 1e-9);
            EXPECT_LE(point->y1, box->y1 + 1e-9);
        }
}

TEST(Transform, GoesAllAroundWhereABoxCrossesThe180thMeridian) {
    const auto box = transform({200000, 7000000, 900000, 7100000}, "EPSG:32601", "EPSG:4326");
    ASSERT_TRUE(box);
    EXPECT_LE(box->x0, box->x1);
    EXPECT_NEAR(box->x0, -180, 1e-9);
    EXPECT_NEAR(box->x1, 180, 1e-9);
}

TEST(Transform, TakesTheHorizontalPartOfACompoundCrs) {
    const auto flat = transform({5e5, 6e6, 6e5, 7e6}, "EPSG:25832", "EPSG:4258");
    const auto compound = transform({5e5, 6e6, 6e5, 7e6}, "EPSG:5972", "EPSG:4258");
    ASSERT_TRUE(flat && compound);
    EXPECT_EQ(flat->x0, compound->x0);
    EXPECT_EQ(flat->y1, compound->y1);
}

TEST(Transform, IsNothingForWhatHasNoAnswer) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_FALSE(transform({0, 0, 1, 1}, "rubbish", "EPSG:4326"));
    EXPECT_FALSE(transform({0, 0, 1, 1}, "EPSG:4326", "LOCAL_CS[\"a site\",UNIT[\"metre\",1]]"));
    EXPECT_FALSE(transform({1, 0, 0, 1}, "EPSG:4326", "EPSG:3857"));
    EXPECT_FALSE(transform({0, kNan, 1, 1}, "EPSG:4326", "EPSG:3857"));
    EXPECT_FALSE(transform({0, 0, 1, 1}, "EPSG:5703", "EPSG:3857"));
}

TEST(Transform, HasNoAnswerBetweenAGeocentricCrsAndAnother) {
    EXPECT_FALSE(transform({-100, 28, -98, 32}, "EPSG:4326", "EPSG:4978"));
    EXPECT_FALSE(transform({515368, -5524000, 515401, -5523000}, "EPSG:4978", "EPSG:4326"));
    const auto same = transform({515368.25, -5524000, 515401, -5523000}, "EPSG:4978", "EPSG:4978");
    ASSERT_TRUE(same);
    EXPECT_EQ(same->x0, 515368.25);
    EXPECT_EQ(same->y1, -5523000);
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Rectangle kPlaces[] = {
    {565282, 5934067, 565506, 5934278},      // EPSG:32632
    {698000, 6259242, 699000, 6260000},      // EPSG:2154
    {-8242746, 4966506, -8242446, 4966706},  // EPSG:3857
    {165000, 7100000, 167500, 7102500},      // EPSG:32601: over the 180th meridian
    {-500, -400, 600, 700},                  // EPSG:3031: around the pole
};
constexpr const char* kPlanes[] = {"EPSG:32632", "EPSG:2154", "EPSG:3857", "EPSG:32601", "EPSG:3031"};

void expect_holds(const std::optional<Rectangle>& outer, const Rectangle& inner) {
    ASSERT_TRUE(outer);
    EXPECT_LE(outer->x0, inner.x0);
    EXPECT_LE(outer->y0, inner.y0);
    EXPECT_GE(outer->x1, inner.x1);
    EXPECT_GE(outer->y1, inner.y1);
}

TEST(TransformNear, FindsAPlaceInABoxOfTheWorld) {
    for (std::size_t i = 0; i < std::size(kPlaces); ++i) {
        SCOPED_TRACE(kPlanes[i]);
        const Rectangle worlds[]{{-180, -90, 180, 90},
                                 {-180, -90, 180, 85},
                                 {0, -90, 360, 90},
                                 {-1000, -1000, 1000, 1000},
                                 {-kInfinity, -kInfinity, kInfinity, kInfinity}};
        for (const auto& world : worlds)
            expect_holds(transform_near(world, "EPSG:4326", kPlanes[i], kPlaces[i]), kPlaces[i]);
    }
}

TEST(TransformNear, LosesNoPointOfABoxHoweverLarge) {
    for (std::size_t i = 0; i < std::size(kPlaces); ++i) {
        SCOPED_TRACE(kPlanes[i]);
        const auto& place = kPlaces[i];
        for (int k = 1; k < 8; ++k) {
            const double x = place.x0 + (place.x1 - place.x0) * k / 8, y = place.y1 - (place.y1 - place.y0) * k / 8;
            const auto point = transform({x, y, x, y}, kPlanes[i], "EPSG:4326");
            ASSERT_TRUE(point);
            // Boxes with the point at the end of one edge.
            for (const auto& box : {Rectangle{-180, -90, point->x1, 90}, Rectangle{point->x0, -90, 180, 90},
                                    Rectangle{-180, -90, 180, point->y1}, Rectangle{-180, point->y0, 180, 90}}) {
                const auto image = transform_near(box, "EPSG:4326", kPlanes[i], place);
                ASSERT_TRUE(image);
                EXPECT_LE(image->x0, x + 1e-6);
                EXPECT_GE(image->x1, x - 1e-6);
                EXPECT_LE(image->y0, y + 1e-6);
                EXPECT_GE(image->y1, y - 1e-6);
            }
        }
    }
}

TEST(TransformNear, IsTheWholeImageOfASmallBox) {
    const Rectangle box{9.9866, 53.55212, 9.98736, 53.55257};
    const auto whole = transform(box, "EPSG:4326", "EPSG:32632");
    const auto near = transform_near(box, "EPSG:4326", "EPSG:32632", kPlaces[0]);
    ASSERT_TRUE(whole && near);
    EXPECT_EQ(near->x0, whole->x0);
    EXPECT_EQ(near->y0, whole->y0);
    EXPECT_EQ(near->x1, whole->x1);
    EXPECT_EQ(near->y1, whole->y1);
}

TEST(TransformNear, IsEmptyWhereBoxAndPlaceDoNotMeet) {
    for (const auto& box : {Rectangle{-80, 20, -70, 30}, Rectangle{-180, -90, 180, 0}, Rectangle{9.9, -90, 10, 53}}) {
        const auto image = transform_near(box, "EPSG:4326", "EPSG:32632", kPlaces[0]);
        ASSERT_TRUE(image);
        EXPECT_GT(image->x0, image->x1);
    }
}

TEST(TransformNear, IsNothingForLatitudesBeyondThePoles) {
    EXPECT_FALSE(transform_near({44.04, -123.08, 44.07, -123.05}, "EPSG:4326", "EPSG:32610", kPlaces[0]));
    EXPECT_FALSE(transform_near({0, 91, 1, 92}, "EPSG:4326", "EPSG:32632", kPlaces[0]));
}

TEST(PointTransform, TurnsPositionsAndComesBack) {
    const auto there = PointTransform::find("EPSG:4326", "EPSG:25832");
    const auto back = PointTransform::find("EPSG:25832", "EPSG:4326");
    ASSERT_TRUE(there && back);
    const auto image = (*there)(9, 53.5);
    ASSERT_TRUE(image);
    EXPECT_NEAR((*image)[0], 500'000, 1e-3);  // the zone's central meridian
    EXPECT_GT((*image)[1], 5'900'000);
    const auto again = (*back)((*image)[0], (*image)[1]);
    ASSERT_TRUE(again);
    EXPECT_NEAR((*again)[0], 9, 1e-9);
    EXPECT_NEAR((*again)[1], 53.5, 1e-9);
}

TEST(PointTransform, HasNoImageBeyondThePolesAndNoWayFromHeights) {
    const auto there = PointTransform::find("EPSG:4326", "EPSG:25832");
    ASSERT_TRUE(there);
    EXPECT_FALSE((*there)(53.5, 100));
    EXPECT_FALSE(PointTransform::find("EPSG:7837", "EPSG:25832"));
    EXPECT_FALSE(PointTransform::find("nonsense", "EPSG:25832"));
}

TEST(Crs, MayBeAskedFromSeveralThreads) {
    std::vector<std::thread> threads;
    std::vector<std::string> results(4);
    for (auto& result : results) threads.emplace_back([&result] { result = describe("EPSG:2154"); });
    for (auto& thread : threads) thread.join();
    for (const auto& result : results) EXPECT_EQ(result, "RGF93 v1 / Lambert-93 (EPSG:2154)");
}

}  // namespace
}  // namespace copse::crs
