#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <random>

#include "copse/time.hpp"

#if __has_include(<date/date.h>)
#include <date/date.h>
#endif

namespace copse {
namespace {

using time::DateEdge;
using time::from_iso;
using time::to_iso;

constexpr double kInf = std::numeric_limits<double>::infinity();

double start_of(std::string_view text) {
    const auto time = from_iso(text, DateEdge::start);
    EXPECT_TRUE(time) << text;
    return time ? *time : std::numeric_limits<double>::quiet_NaN();
}

// 86,400-second days from 1980-01-06 plus leap seconds, minus the offset: the arithmetic of a pocket calculator.
double adjusted(double days_since_epoch, double seconds_of_day, double leap_seconds) {
    return days_since_epoch * 86'400 + seconds_of_day + leap_seconds - 1e9;
}

TEST(Iso, HasTheZeroOfAdjustedTimeIn2011) {
    EXPECT_EQ(start_of("2011-09-14T01:46:25Z"), 0);
    EXPECT_EQ(to_iso(0), "2011-09-14T01:46:25Z");
    EXPECT_EQ(start_of("1980-01-06"), -1e9);
    EXPECT_EQ(to_iso(-1e9), "1980-01-06T00:00:00Z");
}

TEST(Iso, ReadsEveryForm) {
    // 2021-03-04 is 15,033 days after 1980-01-06.
    const double day = adjusted(15'033, 0, 18);
    EXPECT_EQ(start_of("2021-03-04"), day);
    EXPECT_EQ(start_of("20210304"), day);
    EXPECT_EQ(start_of("2021-03-04T05"), day + 18'000);
    EXPECT_EQ(start_of("2021-03-04T05:06"), day + 18'360);
    EXPECT_EQ(start_of("2021-03-04T05:06:07"), day + 18'367);
    EXPECT_EQ(start_of("2021-03-04T05:06:07Z"), day + 18'367);
    EXPECT_EQ(start_of("2021-03-04t05:06:07z"), day + 18'367);
    EXPECT_EQ(start_of("2021-03-04 05:06:07Z"), day + 18'367);
    EXPECT_EQ(start_of("2021-03-04T05:06:07.5Z"), day + 18'367.5);
    EXPECT_EQ(start_of("2021-03-04T05:06:07,5Z"), day + 18'367.5);
    EXPECT_EQ(start_of("20210304T050607Z"), day + 18'367);
    EXPECT_EQ(start_of("20210304T050607.25"), day + 18'367.25);
    EXPECT_EQ(start_of("20210304T0506"), day + 18'360);
    EXPECT_EQ(start_of("2021-03-04T06:06:07+01:00"), day + 18'367);
    EXPECT_EQ(start_of("2021-03-04T06:06:07+01"), day + 18'367);
    EXPECT_EQ(start_of("20210304T060607+0100"), day + 18'367);
    EXPECT_EQ(start_of("2021-03-03T23:36:07-05:30"), day + 18'367);
    EXPECT_EQ(start_of("2021-03-05T00:06:07+19:00"), day + 18'367);
}

TEST(Iso, TakesADateAsItsFirstOrLastInstant) {
    const auto last = from_iso("2021-03-04", DateEdge::end);
    ASSERT_TRUE(last);
    const double next_day = start_of("2021-03-05");
    EXPECT_LT(*last, next_day);
    EXPECT_EQ(std::nextafter(*last, kInf), next_day);
    // A day with a leap second is one longer.
    EXPECT_EQ(start_of("2017-01-01") - start_of("2016-12-31"), 86'401);
    // A time is that time at either edge.
    EXPECT_EQ(*from_iso("2021-03-04T05:06", DateEdge::end), start_of("2021-03-04T05:06"));
}

TEST(Iso, KnowsSecondSixtyWhereThereIsOne) {
    const double newyear = start_of("2017-01-01T00:00:00Z");
    EXPECT_EQ(start_of("2016-12-31T23:59:60Z"), newyear - 1);
    EXPECT_EQ(start_of("2016-12-31T23:59:60.5Z"), newyear - 0.5);
    EXPECT_EQ(start_of("2016-12-31T23:59:59Z"), newyear - 2);
    EXPECT_EQ(start_of("2017-01-01T00:59:60+01:00"), newyear - 1);
    EXPECT_EQ(to_iso(newyear - 1), "2016-12-31T23:59:60Z");
    EXPECT_EQ(to_iso(newyear - 0.25), "2016-12-31T23:59:60.75Z");
    EXPECT_EQ(to_iso(newyear - 1.25), "2016-12-31T23:59:59.75Z");
    EXPECT_EQ(to_iso(newyear), "2017-01-01T00:00:00Z");

    for (const auto* text : {"2016-12-30T23:59:60Z", "2016-12-31T22:59:60Z", "2016-12-31T23:59:60+01:00"}) {
        const auto time = from_iso(text, DateEdge::start);
        ASSERT_FALSE(time) << text;
        EXPECT_EQ(time.error().at, 17u) << text;
    }
}

TEST(Iso, UsesTheTableItIsGiven) {
    const time::LeapSecond none[] = {{0, 0}};
    EXPECT_EQ(*from_iso("2017-01-01", DateEdge::start, none), start_of("2017-01-01") - 18);
    EXPECT_EQ(to_iso(0, none), "2011-09-14T01:46:40Z");
    EXPECT_FALSE(from_iso("2016-12-31T23:59:60Z", DateEdge::start, none));
}

TEST(Iso, NamesTheFirstPlaceThatIsWrong) {
    const std::pair<const char*, std::size_t> cases[] = {
        {"", 0},
        {"x", 0},
        {"2021", 4},
        {"2021-3-04", 6},
        {"2021-03", 7},
        {"2021-0304", 7},
        {"202103-04", 6},
        {"2021-13-04", 0},
        {"2021-02-29", 0},
        {"2021-00-10", 0},
        {"2021-03-04x", 10},
        {"2021-03-04T", 11},
        {"2021-03-04T24:00", 11},
        {"2021-03-04T05:60", 14},
        {"2021-03-04T05:06:61", 17},
        {"2021-03-04T05:06:", 17},
        {"2021-03-04T05:0607", 16},
        {"2021-03-04T05:06:07.", 20},
        {"2021-03-04T05:06:07.Z", 20},
        {"2021-03-04T05:06:07ZZ", 20},
        {"2021-03-04T05:06:07+", 20},
        {"2021-03-04T05:06:07+24:00", 20},
        {"2021-03-04T05:06:07+01:60", 23},
        {"2021-03-04T05:06:07 UTC", 19},
        {" 2021-03-04", 0},
        {"+2021-03-04", 0},
    };
    for (const auto& [text, at] : cases) {
        const auto time = from_iso(text, DateEdge::start);
        ASSERT_FALSE(time) << text;
        EXPECT_EQ(time.error().code, Code::bad_value) << text;
        EXPECT_EQ(time.error().at, at) << text;
    }
}

TEST(Iso, WritesAsManyDecimalsAsNeeded) {
    const double time = start_of("2021-03-04T05:06:07Z");
    EXPECT_EQ(to_iso(time), "2021-03-04T05:06:07Z");
    EXPECT_EQ(to_iso(time + 0.5), "2021-03-04T05:06:07.5Z");
    EXPECT_EQ(to_iso(time + 0.123456), "2021-03-04T05:06:07.123456Z");
    EXPECT_EQ(to_iso(time + 0.9999999), "2021-03-04T05:06:08Z");
    EXPECT_EQ(to_iso(-0.0000001), "2011-09-14T01:46:25Z");
}

TEST(Iso, WritesWhatIsNoDateAsANumber) {
    EXPECT_EQ(to_iso(std::numeric_limits<double>::quiet_NaN()), "nan");
    EXPECT_EQ(to_iso(-std::numeric_limits<double>::quiet_NaN()), "nan");
    EXPECT_EQ(to_iso(kInf), "inf");
    EXPECT_EQ(to_iso(-kInf), "-inf");
    EXPECT_EQ(to_iso(1e300), "1e+300");
    EXPECT_EQ(to_iso(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
    EXPECT_EQ(to_iso(start_of("1980-01-01") - 0.5), "-1000432000.5");
    EXPECT_EQ(to_iso(start_of("1980-01-01")), "1980-01-01T00:00:00Z");
    const double last = start_of("9999-12-31T23:59:59Z");
    EXPECT_EQ(to_iso(last), "9999-12-31T23:59:59Z");
    EXPECT_EQ(to_iso(last + 1), std::to_string(static_cast<long long>(last + 1)));
}

TEST(Iso, ReadsWhatItWrites) {
    std::mt19937_64 random{9};
    for (int i = 0; i < 50'000; ++i) {
        const double time = -1e9 + static_cast<double>(random() % 3'000'000'000'000'000u) * 1e-6;
        const auto text = to_iso(time);
        const auto again = from_iso(text, DateEdge::start);
        ASSERT_TRUE(again) << text;
        ASSERT_LE(std::abs(*again - time), 0.6e-6) << text;
        ASSERT_EQ(to_iso(*again), text);
    }
}

TEST(Iso, DoesNotDependOnTheLocale) {
    const std::string before = std::setlocale(LC_ALL, nullptr);
    if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) (void)std::setlocale(LC_ALL, "C.UTF-8");
    EXPECT_EQ(to_iso(0.5), "2011-09-14T01:46:25.5Z");
    EXPECT_EQ(start_of("2011-09-14T01:46:25.5Z"), 0.5);
    EXPECT_EQ(to_iso(1e300), "1e+300");
    (void)std::setlocale(LC_ALL, before.c_str());
}

#if __has_include(<date/date.h>)
TEST(Iso, HasTheCalendarOfTheDateLibrary) {
    using namespace date::literals;
    const auto leaps = time::known_leap_seconds();
    std::size_t passed = 0;
    for (date::sys_days day{1980_y / 1 / 6}; day < date::sys_days{2120_y / 1 / 1}; day += date::days{1}) {
        const auto utc = std::chrono::seconds{day.time_since_epoch()}.count();
        while (passed < leaps.size() && leaps[passed].utc_seconds <= utc) ++passed;
        const auto days = static_cast<double>((day - date::sys_days{1980_y / 1 / 6}).count());
        const double expected = adjusted(days, 0, static_cast<double>(passed));
        const auto text = date::format("%F", day);
        ASSERT_EQ(start_of(text), expected) << text;
        ASSERT_EQ(to_iso(expected), text + "T00:00:00Z");
    }
}
#endif

}  // namespace
}  // namespace copse
