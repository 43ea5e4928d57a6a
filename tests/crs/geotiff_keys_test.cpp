#include "crs/geotiff_keys.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "crs/geotiff_bytes.hpp"

namespace copse::crs {
namespace {

using test::Keys;

TEST(GeoKeys, AreReadFromAllThreeRecords) {
    const GeoKeys keys{Keys{}.code(1024, 1).number(2057, 6378137).text(1026, "a name").number(2059, 298.25).vlrs()};
    EXPECT_EQ(keys.code(1024), 1);
    EXPECT_EQ(keys.number(2057), 6378137);
    EXPECT_EQ(keys.number(2059), 298.25);
    EXPECT_EQ(keys.text(1026), "a name");
    EXPECT_FALSE(keys.code(2057));
    EXPECT_FALSE(keys.number(1024));
    EXPECT_EQ(keys.text(3073), "");
}

TEST(GeoKeys, TellUndefinedAndUserDefinedFromRegistered) {
    const GeoKeys keys{Keys{}.code(2048, 0).code(3072, 32767).code(3076, 9001).vlrs()};
    EXPECT_FALSE(keys.code(2048));
    EXPECT_EQ(keys.code(3072), 32767);
    EXPECT_FALSE(keys.registered(3072));
    EXPECT_EQ(keys.registered(3076), 9001);
}

TEST(GeoKeys, LeaveOutEntriesThatPointOutsideTheirRecord) {
    const GeoKeys keys{Keys{}
                           .number(2057, 1)
                           .text(1026, "ab")
                           .entry(1, 34736, 1, 1)
                           .entry(2, 34736, 0, 0)
                           .entry(3, 34737, 3, 1)
                           .entry(4, 34737, 1, 65535)
                           .entry(5, 34737, 65535, 0)
                           .entry(6, 12345, 1, 0)
                           .entry(7, 34737, 2, 1)
                           .vlrs()};
    for (std::uint16_t key = 1; key <= 6; ++key) {
        EXPECT_FALSE(keys.code(key) || keys.number(key)) << key;
        EXPECT_EQ(keys.text(key), "") << key;
    }
    EXPECT_EQ(keys.text(7), "b");
}

TEST(GeoKeys, TakeNumbersThatAreFiniteAndTextThatIsPrintable) {
    const GeoKeys keys{Keys{}
                           .number(1, std::numeric_limits<double>::quiet_NaN())
                           .number(2, std::numeric_limits<double>::infinity())
                           .text(3, "p\xe5 \"x\"\n")
                           .vlrs()};
    EXPECT_FALSE(keys.number(1));
    EXPECT_FALSE(keys.number(2));
    EXPECT_EQ(keys.text(3), "p? \"x\"?");
}

TEST(GeoKeys, AreReadFromEveryPrefixWithoutReadingBeyondIt) {
    auto vlrs = Keys{}.code(1024, 1).code(3072, 26915).number(2057, 6378137).vlrs();
    const auto whole = vlrs[0].payload;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        vlrs[0].payload = {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
        const GeoKeys keys{vlrs};
        EXPECT_EQ(keys.code(1024).has_value(), size >= 16);
        EXPECT_EQ(keys.code(3072).has_value(), size >= 24);
        EXPECT_FALSE(keys.number(2057));
    }
    EXPECT_FALSE(GeoKeys{{}}.code(1024));
}

}  // namespace
}  // namespace copse::crs
