#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "copse/crs.hpp"
#include "crs/geotiff_bytes.hpp"

namespace copse::crs {
namespace {

using test::Keys;

std::string wkt(const Keys& keys) { return wkt1_from_geotiff(keys.vlrs()); }
std::string named(const Keys& keys) { return describe(wkt(keys)); }

TEST(GeoTiff, CodesAreThoseOfTheRegister) {
    EXPECT_EQ(named(Keys{}.code(1024, 1).code(3072, 26915)), "NAD83 / UTM zone 15N (EPSG:26915)");
    EXPECT_EQ(named(Keys{}.code(3072, 2154)), "RGF93 v1 / Lambert-93 (EPSG:2154)");
    EXPECT_EQ(named(Keys{}.code(1024, 2).code(2048, 4326)), "WGS 84 (EPSG:4326)");
    EXPECT_EQ(named(Keys{}.code(2048, 4269)), "NAD83 (EPSG:4269)");
    EXPECT_EQ(named(Keys{}.code(1024, 3).code(2048, 4326)), "WGS 84 (EPSG:4978)");
    EXPECT_EQ(wkt(Keys{}.code(1024, 3).code(2048, 4326)).rfind("GEOCCS[", 0), 0u);
    EXPECT_EQ(wkt(Keys{}.code(1024, 1).code(3072, 26915)), to_wkt1("EPSG:26915"));
}

TEST(GeoTiff, AVerticalCodeMakesACompoundCrs) {
    const auto both = wkt(Keys{}.code(1024, 1).code(3072, 25832).code(4096, 5941).code(4099, 9001));
    EXPECT_EQ(both.rfind("COMPD_CS[", 0), 0u);
    EXPECT_EQ(describe(both), "ETRS89 / UTM zone 32N + NN2000 height (EPSG:5972)");
    // GeoTIFF's own number for NAVD88, and heights in feet.
    const auto feet = wkt(Keys{}.code(3072, 2271).code(3076, 9003).code(4096, 5103).code(4099, 9003));
    EXPECT_NE(feet.find("NAVD88 height (ftUS)"), std::string::npos) << feet;
    // Heights above the ellipsoid are no vertical CRS of WKT1.
    EXPECT_EQ(wkt(Keys{}.code(3072, 32632).code(4096, 5030)), to_wkt1("EPSG:32632"));
    const auto own = wkt(Keys{}.code(3072, 26915).code(4096, 32767).text(4097, "NAVD88 - Geoid12B").code(4099, 9002));
    EXPECT_NE(own.find("VERT_CS[\"NAVD88 - Geoid12B\""), std::string::npos) << own;
}

TEST(GeoTiff, AnotherUnitOfLengthChangesTheCrsAndNotThePlace) {
    const auto feet = wkt(Keys{}.code(1024, 1).code(3072, 32128).code(3076, 9003));
    EXPECT_EQ(describe(feet), "NAD83 / Pennsylvania North (ftUS) (EPSG:2271)");
    const auto box = transform({1968500, 0, 1968500, 0}, feet, "EPSG:32128");
    ASSERT_TRUE(box);
    EXPECT_NEAR(box->x0, 600000, 1e-6);
}

TEST(GeoTiff, UserDefinedProjectionsAreBuiltFromTheirKeys) {
    const auto oregon = Keys{}
                            .code(1024, 1)
                            .code(2048, 32767)
                            .code(2050, 6152)
                            .code(3072, 32767)
                            .code(3075, 8)
                            .code(3076, 9002)
                            .number(3078, 43)
                            .number(3079, 45.5)
                            .number(3084, -120.5)
                            .number(3085, 41.75)
                            .number(3086, 1312335.958005249);
    EXPECT_EQ(named(oregon), "NAD83(HARN) / Oregon GIC Lambert (ft) (EPSG:2994)");

    const auto transverse = wkt(Keys{}
                                    .code(1024, 1)
                                    .code(2056, 7019)
                                    .code(3072, 32767)
                                    .text(3073, "PCS Name = mine|GCS Name = yours")
                                    .code(3075, 1)
                                    .number(3077, 0.5)
                                    .code(3076, 32767)
                                    .number(3080, -81)
                                    .number(3082, 200000)
                                    .number(3092, 0.999941));
    EXPECT_EQ(transverse.rfind("PROJCS[\"mine\"", 0), 0u) << transverse;
    for (const char* part :
         {"SPHEROID[\"GRS 1980\"", "PARAMETER[\"central_meridian\",-81]", "PARAMETER[\"scale_factor\",0.999941]",
          "PARAMETER[\"false_easting\",200000]", "UNIT[\"unknown\",0.5"})
        EXPECT_NE(transverse.find(part), std::string::npos) << part << " in " << transverse;
}

TEST(GeoTiff, EveryProjectionOfTheTableIsOneThatProjTakes) {
    for (const unsigned code : {1u,  3u,  7u,  8u,  9u,  10u, 11u, 12u, 13u, 14u, 15u, 16u,
                                17u, 18u, 19u, 20u, 21u, 22u, 23u, 24u, 25u, 26u, 27u, 28u}) {
        SCOPED_TRACE(code);
        // PROJ 9.1 computes the south-orientated one only without false easting and northing.
        const double easting = code == 27 ? 0 : 1000;
        const auto text = wkt(Keys{}
                                  .code(1024, 1)
                                  .code(2048, 4326)
                                  .code(3072, 32767)
                                  .code(3075, static_cast<std::uint16_t>(code))
                                  .code(3076, 9001)
                                  .number(3078, 40)
                                  .number(3079, 50)
                                  .number(3080, 10)
                                  .number(3081, 45)
                                  .number(3082, easting)
                                  .number(3083, 2 * easting)
                                  .number(3094, 30)
                                  .number(3092, 1));
        EXPECT_EQ(text.rfind("PROJCS[", 0), 0u) << text;
        EXPECT_EQ(text.find("1000") != std::string::npos, code != 27) << text;
        const auto box = transform({9, 44, 11, 46}, "EPSG:4326", text);
        EXPECT_TRUE(box) << text;
    }
}

TEST(GeoTiff, ARegisteredConversionStandsOverAnyGeographicCrs) {
    EXPECT_EQ(named(Keys{}.code(1024, 1).code(2048, 4269).code(3072, 32767).code(3074, 16015)),
              "NAD83 / UTM zone 15N (EPSG:26915)");
}

TEST(GeoTiff, AnglesInGradsReachProjInUnitsOfTheGeographicCrs) {
    const auto text =
        wkt(Keys{}.code(1024, 1).code(2048, 4326).code(2054, 9105).code(3072, 32767).code(3075, 1).number(3080, 10));
    EXPECT_NE(text.find("PARAMETER[\"central_meridian\",9]"), std::string::npos) << text;
}

TEST(GeoTiff, UserDefinedEllipsoidsAndMeridiansAreKept) {
    const auto text = wkt(Keys{}
                              .code(1024, 2)
                              .code(2048, 32767)
                              .text(2049, "old \"survey\"")
                              .number(2057, 6377563.396)
                              .number(2058, 6356256.909)
                              .number(2061, 2.5));
    EXPECT_NE(text.find("GEOGCS[\"old 'survey'\""), std::string::npos) << text;
    EXPECT_NE(text.find("6377563.396,299.32"), std::string::npos) << text;
    EXPECT_NE(text.find("PRIMEM[\"unknown\",2.5]"), std::string::npos) << text;
}

TEST(GeoTiff, ADefinitionInACitationIsTaken) {
    const auto text = "ESRI PE String = " + to_wkt1("EPSG:26915");
    EXPECT_EQ(named(Keys{}.code(1024, 1).code(3072, 32767).text(3073, text)), "NAD83 / UTM zone 15N (EPSG:26915)");
}

TEST(GeoTiff, ACodeInPlaceOfTheUnitIsTakenOnlyWhereThereIsNoOther) {
    EXPECT_EQ(named(Keys{}.code(1024, 1).code(3076, 32632)), "WGS 84 / UTM zone 32N (EPSG:32632)");
    EXPECT_EQ(named(Keys{}.code(1024, 1).code(3072, 26915).code(3076, 32632)), "NAD83 / UTM zone 15N (EPSG:26915)");
    EXPECT_EQ(named(Keys{}.code(1024, 1).code(3076, 9001)), "");
}

TEST(GeoTiff, UnitsAloneMakeALocalSystem) {
    EXPECT_EQ(wkt(Keys{}.code(1025, 2).code(3076, 9001)).rfind("LOCAL_CS[\"unknown\",UNIT[\"metre\",1", 0), 0u);
}

TEST(GeoTiff, WhatIsNotUnderstoodIsEmpty) {
    EXPECT_EQ(wkt1_from_geotiff({}), "");
    EXPECT_EQ(wkt(Keys{}), "");
    EXPECT_EQ(wkt(Keys{}.code(1024, 1).code(3072, 1)), "");
    EXPECT_EQ(wkt(Keys{}.code(1024, 1).code(2048, 4326).code(3072, 32767)), "");  // not its geographic base
    EXPECT_EQ(wkt(Keys{}.code(1024, 1).code(2048, 4326).code(3072, 32767).code(3075, 2)), "");
    EXPECT_EQ(wkt(Keys{}.code(1024, 3)), "");
    EXPECT_EQ(wkt(Keys{}.code(1024, 2).number(2057, -1)), "");
    EXPECT_EQ(wkt(Keys{}.code(1024, 2).number(2057, 6378137).number(2059, 0.5)), "");
}

TEST(GeoTiff, OfEveryRealFileGivesAWkt) {
    if (!std::filesystem::is_directory(COPSE_SHARED_DATA)) GTEST_SKIP() << "no shared data folder";
    const std::map<std::string, std::string> expected{
        {"1.2-empty-geotiff-vlrs.las", "unknown"},  // its keys name nothing but units
        {"32-1-472-150-76.laz", "ETRS89 / UTM zone 32N + NN2000 height (EPSG:5972)"},
        {"append-bug.laz", "RGF93 v1 / Lambert-93 (EPSG:2154)"},
        {"autzen_trim.laz", "NAD83(HARN) / Oregon GIC Lambert (ft) (EPSG:2994)"},
        {"ellipsoid.laz", "WGS 84 / Pseudo-Mercator (EPSG:3857)"},
        {"epsg_4326.las", "WGS 84 (EPSG:4326)"},
        {"0-0-0-0.laz", "NAD83 / UTM zone 12N (EPSG:26912)"},
        {"point-version-1-point-wise.laz", "NAD83 / Pennsylvania North (ftUS) (EPSG:2271)"},
        {"lone-star.laz", "WGS 84 (EPSG:4978)"},
        {"split-1.laz", "WGS 84 (EPSG:4978)"},
        {"lots_of_vlr.las", "unknown"},  // a transverse Mercator of its own
        {"simple1_3.las", "WGS 84 / UTM zone 32N (EPSG:32632)"},
    };
    std::size_t with_keys_only = 0, named_here = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{COPSE_SHARED_DATA}) {
        const auto extension = entry.path().extension();
        if (extension != ".las" && extension != ".laz") continue;
        SCOPED_TRACE(entry.path());
        std::ifstream file{entry.path(), std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        const auto bytes = std::as_bytes(std::span{text});
        const auto header = las::parse_header(bytes);
        ASSERT_TRUE(header);
        if (header->offset_to_point_data < header->header_size) continue;
        const auto between = bytes.subspan(header->header_size, header->offset_to_point_data - header->header_size);
        const auto vlrs = las::parse_vlrs(between, header->vlr_count, header->header_size);
        if (!vlrs || las::find_vlr(*vlrs, "LASF_Projection", 34735) == nullptr) continue;
        const auto result = wkt1_from_geotiff(*vlrs);
        EXPECT_NE(result, "");
        with_keys_only += las::find_vlr(*vlrs, "LASF_Projection", 2112) == nullptr;
        if (const auto found = expected.find(entry.path().filename()); found != expected.end()) {
            EXPECT_EQ(describe(result), found->second);
            ++named_here;
        }
    }
    EXPECT_EQ(with_keys_only, 26u);
    EXPECT_EQ(named_here, expected.size());
}

/// Keys of random ids and values, most of them of those that are looked at, and some bytes changed afterwards.
std::vector<las::Vlr> hostile_keys(std::mt19937& random) {
    constexpr std::uint16_t kCodes[] = {0,    1,    2,    3,    8,     9001,  9003,  9102, 9105,
                                        4326, 4269, 6152, 7019, 16015, 26915, 32767, 65535};
    constexpr double kNumbers[] = {0, -0.0, 1, -1, 45, -91, 1e-300, 1e300, 6378137, 298.25, 0.3048, 1e18};
    constexpr const char* kTexts[] = {"",
                                      "ESRI PE String = ",
                                      "ESRI PE String = GEOGCS[",
                                      "PCS Name = \"",
                                      "|||",
                                      "a]],\"b",
                                      "ESRI PE String = PROJCS[\"x\",GEOGCS[\"y\",DATUM[\"d\",SPHEROID[\"s\",0,0]]]]"};
    constexpr std::uint16_t kBases[] = {1024, 2048, 3072, 3080, 4096};
    const auto pick = [&](const auto& list) { return list[random() % std::size(list)]; };
    Keys keys;
    for (auto i = random() % 20; i > 0; --i) {
        const auto key = static_cast<std::uint16_t>(pick(kBases) + random() % 17);
        switch (random() % 3) {
            case 0:
                keys.code(key, random() % 4 == 0 ? static_cast<std::uint16_t>(random()) : pick(kCodes));
                break;
            case 1:
                keys.number(key, pick(kNumbers));
                break;
            default:
                keys.text(key, pick(kTexts));
                break;
        }
    }
    auto vlrs = keys.vlrs();
    for (auto i = random() % 3; i > 0; --i) {
        auto& payload = vlrs[random() % 3].payload;
        if (!payload.empty()) payload[random() % payload.size()] = static_cast<std::byte>(random());
    }
    return vlrs;
}

TEST(GeoTiff, HostileKeysGiveAWktThatProjReadsOrNone) {
    std::mt19937 random{20240229};
    std::size_t understood = 0;
    for (int i = 0; i < 1500; ++i) {
        SCOPED_TRACE(i);
        const auto text = wkt1_from_geotiff(hostile_keys(random));
        if (text.empty()) continue;
        ++understood;
        EXPECT_NE(to_wkt1(text), "") << text;
    }
    EXPECT_GT(understood, 100u);
}

}  // namespace
}  // namespace copse::crs
