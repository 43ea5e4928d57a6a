#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <sstream>

#include "time/leap_seconds.hpp"

namespace copse {
namespace {

namespace chrono = std::chrono;

std::int64_t utc(int year, unsigned month, unsigned day) {
    const chrono::sys_days date{chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
    return chrono::seconds{date.time_since_epoch()}.count();
}

TEST(LeapSeconds, AreThoseOfTheTimeZoneDatabase) {
    std::ifstream file{"/usr/share/zoneinfo/leapseconds"};
    if (!file) GTEST_SKIP() << "no time zone database here";
    const std::map<std::string, int> months{{"Jun", 6}, {"Dec", 12}};
    std::vector<time::LeapSecond> expected;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line};
        std::string word, month, clock, sign;
        int year = 0, day = 0;
        if (!(words >> word >> year >> month >> day >> clock >> sign) || word != "Leap" || year < 1980) continue;
        ASSERT_EQ(sign, "+");
        ASSERT_EQ(clock, "23:59:60");
        const auto last = utc(year, static_cast<unsigned>(months.at(month)), static_cast<unsigned>(day));
        expected.push_back({last + 86'400, static_cast<int>(expected.size()) + 1});
    }
    const auto known = time::known_leap_seconds();
    ASSERT_GE(expected.size(), known.size()) << "the database has fewer";
    for (std::size_t i = 0; i < known.size(); ++i) {
        EXPECT_EQ(known[i].utc_seconds, expected[i].utc_seconds);
        EXPECT_EQ(known[i].gps_minus_utc, expected[i].gps_minus_utc);
    }
    EXPECT_EQ(expected.size(), known.size()) << "a leap second has been announced: known_leap_seconds() lacks it";
}

TEST(LeapSeconds, AreEighteenSince2017) {
    EXPECT_EQ(time::known_leap_seconds().back().gps_minus_utc, 18);
    EXPECT_EQ(time::known_leap_seconds().back().utc_seconds, utc(2017, 1, 1));
}

TEST(LeapSeconds, SeparateGpsFromUtc) {
    const auto leaps = time::known_leap_seconds();
    EXPECT_EQ(time::gps_from_utc(utc(1980, 1, 6), leaps), 0);
    EXPECT_EQ(time::gps_from_utc(utc(1981, 7, 1) - 1, leaps), utc(1981, 7, 1) - 1 - time::kGpsEpoch);
    EXPECT_EQ(time::gps_from_utc(utc(1981, 7, 1), leaps), utc(1981, 7, 1) + 1 - time::kGpsEpoch);
    EXPECT_EQ(time::gps_from_utc(utc(2026, 1, 1), leaps), utc(2026, 1, 1) + 18 - time::kGpsEpoch);
}

TEST(LeapSeconds, TurnEverySecondAroundThemIntoUtcAndBack) {
    const auto leaps = time::known_leap_seconds();
    for (const auto& leap : leaps) {
        const auto middle = leap.utc_seconds - time::kGpsEpoch + leap.gps_minus_utc;
        int leap_seconds = 0;
        for (auto gps = middle - 100; gps < middle + 100; ++gps) {
            const auto second = time::utc_from_gps(gps, leaps);
            leap_seconds += second.leap ? 1 : 0;
            EXPECT_EQ(time::gps_from_utc(second.seconds, leaps) + (second.leap ? 1 : 0), gps);
            if (second.leap) {
                EXPECT_TRUE(time::leap_second_follows(second.seconds, leaps));
                EXPECT_EQ(gps, middle - 1);
            }
        }
        EXPECT_EQ(leap_seconds, 1);
    }
}

TEST(LeapSeconds, MayBeTakenOutByALaterTable) {
    const time::LeapSecond table[] = {{1000, 1}, {2000, 0}};
    EXPECT_TRUE(time::leap_second_follows(999, table));
    EXPECT_FALSE(time::leap_second_follows(1999, table));
    EXPECT_EQ(time::gps_from_utc(1998, table), 1999 - time::kGpsEpoch);
    EXPECT_EQ(time::gps_from_utc(2000, table), 2000 - time::kGpsEpoch);  // 1999 did not happen
    EXPECT_EQ(time::utc_from_gps(2000 - time::kGpsEpoch, table).seconds, 2000);
    EXPECT_EQ(time::utc_from_gps(1999 - time::kGpsEpoch, table).seconds, 1998);
}

}  // namespace
}  // namespace copse
