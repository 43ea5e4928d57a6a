#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "copse/time.hpp"

namespace copse {
namespace {

using temporal::TimeWindow;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr time::Encoding kAdjusted{las::GpsTimeKind::adjusted_standard, false};
constexpr time::Encoding kWeek{las::GpsTimeKind::week_seconds, false};

double at(std::string_view text) { return time::from_iso(text, time::DateEdge::start).value(); }
double before(double time) { return std::nextafter(time, -kInf); }

void expect_window(std::string_view text, double from, double to, const time::Encoding& encoding = kAdjusted) {
    const auto window = time::parse_window(text, encoding);
    ASSERT_TRUE(window) << text << ": " << window.error().what;
    EXPECT_EQ(window->from, from) << text;
    EXPECT_EQ(window->to, to) << text;
}

void expect_error(std::string_view text, std::size_t position, const time::Encoding& encoding = kAdjusted) {
    const auto window = time::parse_window(text, encoding);
    ASSERT_FALSE(window) << text;
    EXPECT_EQ(window.error().code, Code::bad_value) << text;
    EXPECT_EQ(window.error().at, position) << text;
}

TEST(ParseWindow, TakesNumbersInTheFilesEncoding) {
    for (const auto& encoding : {kAdjusted, kWeek}) {
        expect_window("1/2", 1, 2, encoding);
        expect_window("-1.5/2e3", -1.5, 2000, encoding);
        expect_window("+1/+2", 1, 2, encoding);
        expect_window("374103204.25/374103204.25", 374103204.25, 374103204.25, encoding);
    }
}

TEST(ParseWindow, TakesOpenEnds) {
    expect_window("../2", -kInf, 2);
    expect_window("/2", -kInf, 2);
    expect_window("1/..", 1, kInf);
    expect_window("1/", 1, kInf);
    expect_window("../..", -kInf, kInf);
    expect_window("/", -kInf, kInf);
    expect_window("-inf/inf", -kInf, kInf);
    expect_window("../..", -kInf, kInf, kWeek);
}

TEST(ParseWindow, TakesTimesAsInstants) {
    expect_window("2021-03-04T05:06:07Z/2021-03-04T05:06:08.5Z", at("2021-03-04T05:06:07Z"),
                  at("2021-03-04T05:06:08.5Z"));
    expect_window("20210304T0506/20210304T0507", at("2021-03-04T05:06"), at("2021-03-04T05:07"));
    expect_window("2021-03-04T05:06Z/300000000000", at("2021-03-04T05:06"), 3e11);
}

TEST(ParseWindow, TakesDatesAsFirstAndLastInstant) {
    expect_window("2021-03-04/2021-03-05", at("2021-03-04"), before(at("2021-03-06")));
    expect_window("2021-03-04/2021-03-04", at("2021-03-04"), before(at("2021-03-05")));
    expect_window("2021-03-04/..", at("2021-03-04"), kInf);
    expect_window("../2016-12-31", -kInf, before(at("2017-01-01")));
}

TEST(ParseWindow, TakesASingleDateOrTimeAsAllItsInstants) {
    expect_window("2021-03-04", at("2021-03-04"), before(at("2021-03-05")));
    expect_window("2021-03-04T05Z", at("2021-03-04T05"), before(at("2021-03-04T06")));
    expect_window("2021-03-04T05:06", at("2021-03-04T05:06"), before(at("2021-03-04T05:07")));
    expect_window("2016-12-31T23:59Z", at("2016-12-31T23:59"), before(at("2017-01-01")));  // 61 seconds
    expect_window("2021-03-04T05:06:07", at("2021-03-04T05:06:07"), before(at("2021-03-04T05:06:08")));
    expect_window("2016-12-31T23:59:59Z", at("2016-12-31T23:59:59"), before(at("2016-12-31T23:59:60")));
    expect_window("2016-12-31T23:59:60Z", at("2016-12-31T23:59:60"), before(at("2017-01-01")));
    expect_window("2021-03-04T05:06:07.5", at("2021-03-04T05:06:07.5"), before(at("2021-03-04T05:06:07.6")));
    // Finer than a double: at least the instant itself.
    const auto fine = at("2021-03-04T05:06:07.50000000000000000001");
    expect_window("2021-03-04T05:06:07.50000000000000000001", fine, fine);
}

TEST(ParseWindow, TakesASingleNumberAsThatTime) {
    expect_window("5", 5, 5);
    expect_window("20210304", 20210304, 20210304);  // digits alone are seconds
    expect_window("5.25", 5.25, 5.25, kWeek);
}

TEST(ParseWindow, NamesTheFirstPlaceThatIsWrong) {
    expect_error("", 0);
    expect_error("..", 0);
    expect_error("x/2", 0);
    expect_error("1/x", 2);
    expect_error("1/2/3", 3);
    expect_error("1 / 2", 1);
    expect_error("1/2s", 3);
    expect_error("1e999/2", 1);
    expect_error("nan/2", 0);
    expect_error("1/nan", 2);
    expect_error("nan", 0);
    expect_error("2021-03-04/2021-02-30", 11);
    expect_error("2021-03-04T05:06:07Z/2021-03-04T05:06:0", 39);
}

TEST(ParseWindow, RefusesAnEndBeforeTheBeginning) {
    expect_error("2/1", 2);
    expect_error("2021-03-05/2021-03-04", 11);
    expect_error("2021-03-04T05:06:07Z/2021-03-04T05:06:06Z", 21);
    expect_error("inf/-inf", 4);
}

TEST(ParseWindow, RefusesDatesWhereTimesAreWeekSeconds) {
    expect_error("2021-03-04", 0, kWeek);
    expect_error("2021-03-04/..", 0, kWeek);
    expect_error("5/2021-03-04T05:06:07Z", 2, kWeek);
    EXPECT_STREQ(time::parse_window("2021-03-04", kWeek).error().what, "week seconds have no date");
    EXPECT_STRNE(time::parse_window("2021-03-34", kWeek).error().what, "week seconds have no date");
}

TEST(ParseWindow, TakesGpsWeeksAndTheirSeconds) {
    // 2024-03-17T00:00:00 GPS is 18 s before that of UTC: week 2306 begins then.
    const double week = 2306 * 604'800.0 - 1e9;
    EXPECT_EQ(week, at("2024-03-16T23:59:42Z"));
    expect_window("W2306", week, before(week + 604'800));
    expect_window("w2306/W2307", week, before(week + 2 * 604'800));
    expect_window("W2306:0/W2306:0.5", week, week + 0.5);
    expect_window("W2306:123456.5/..", week + 123456.5, kInf);
    expect_window("../W2306:604799.999", -kInf, week + 604'799.999);
    expect_window("W2306:7", week + 7, before(week + 8));
    expect_window("W2306:7.25", week + 7.25, before(week + 7.26));
    expect_window("W0/2024-03-18", -1e9, before(at("2024-03-19")));
    expect_window("W2306:100/2024-03-18", week + 100, before(at("2024-03-19")));
}

TEST(ParseWindow, RefusesWhatIsNoGpsWeek) {
    expect_error("W", 1);
    expect_error("Wx", 1);
    expect_error("W-1", 1);
    expect_error("W2306 ", 5);
    expect_error("W2306:", 6);
    expect_error("W2306:x", 6);
    expect_error("W2306:604800", 6);
    expect_error("W2306:99999999999999999999", 6);
    expect_error("W99999999999999999999", 1);
    expect_error("W2306:1.", 8);
    expect_error("W2306:1.5x", 9);
    expect_error("W2306:1,5", 7);
    expect_error("W2306/W2305", 6);
    expect_error("1/W", 3);
    expect_error("W2306", 0, kWeek);
    expect_error("5/W2306:7", 2, kWeek);
    EXPECT_STREQ(time::parse_window("W2306", kWeek).error().what, "of week seconds it is not known which week");
}

TEST(GpsWeek, IsWrittenAsItIsRead) {
    EXPECT_EQ(time::to_gps_week(-1e9), "W0:0");
    EXPECT_EQ(time::to_gps_week(0), "W1653:265600");
    EXPECT_EQ(time::to_gps_week(2306 * 604'800.0 - 1e9 + 123456.5), "W2306:123456.5");
    EXPECT_EQ(time::to_gps_week(2306 * 604'800.0 - 1e9 - 1e-7), "W2306:0");  // rounded to microseconds
    EXPECT_EQ(time::to_gps_week(-1e9 - 1), "-1000000001");
    EXPECT_EQ(time::to_gps_week(1e300), "1e+300");
    EXPECT_EQ(time::to_gps_week(kNan), "nan");
    EXPECT_EQ(time::to_gps_week(-kInf), "-inf");
    for (const double time : {-1e9, -5e8 + 0.25, 0.0, 1.5, 374103204.25, 5.9e10}) {
        const auto window = time::parse_window(time::to_gps_week(time) + "/..", kAdjusted);
        ASSERT_TRUE(window) << time;
        EXPECT_EQ(window->from, time);
    }
}

TEST(GuessEncoding, BelievesTheHeaderUnlessATimeIsBeyondAWeek) {
    las::Header header;
    EXPECT_EQ(time::guess_encoding(header, 0, 604'800).kind, las::GpsTimeKind::week_seconds);
    EXPECT_FALSE(time::guess_encoding(header, 0, 604'800).guessed);
    EXPECT_FALSE(time::guess_encoding(header, -604'800, 604'800).guessed);
    EXPECT_FALSE(time::guess_encoding(header, kNan, kNan).guessed);
    EXPECT_FALSE(time::guess_encoding(header, -kInf, kInf).guessed);
    for (const auto& guess : {time::guess_encoding(header, 0, 604'800.5), time::guess_encoding(header, -7e8, 5),
                              time::guess_encoding(header, kNan, 3.7e8), time::guess_encoding(header, 3.7e8, kNan)}) {
        EXPECT_EQ(guess.kind, las::GpsTimeKind::adjusted_standard);
        EXPECT_TRUE(guess.guessed);
    }
    header.global_encoding = las::kGlobalEncodingAdjustedGpsTime | las::kGlobalEncodingWkt;
    const auto declared = time::guess_encoding(header, 0, 3.7e8);
    EXPECT_EQ(declared.kind, las::GpsTimeKind::adjusted_standard);
    EXPECT_FALSE(declared.guessed);
}

}  // namespace
}  // namespace copse
