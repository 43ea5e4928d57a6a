#include "time/iso.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "time/leap_seconds.hpp"

namespace copse::time {

namespace {

namespace chrono = std::chrono;

constexpr std::int64_t kAdjusted = 1'000'000'000;
static_assert(static_cast<double>(kAdjusted) == kAdjustedOffset);

// ---- reading --------------------------------------------------------------------------------------------------------

class Scanner {
public:
    Scanner(std::string_view text, std::size_t position) : text_{text}, position_{position} {}

    [[nodiscard]] bool at_end() const { return pos_ == text_.size(); }
    [[nodiscard]] bool at_digit() const { return !at_end() && text_[pos_] >= '0' && text_[pos_] <= '9'; }
    [[nodiscard]] std::size_t position() const { return position_ + pos_; }

    bool take(char wanted) {
        if (at_end() || text_[pos_] != wanted) return false;
        ++pos_;
        return true;
    }
    bool take_any(std::string_view wanted) {
        if (at_end() || wanted.find(text_[pos_]) == std::string_view::npos) return false;
        ++pos_;
        return true;
    }
    /// Exactly `count` digits, or an error at the first that is none.
    Result<int> digits(int count) {
        int value = 0;
        for (int i = 0; i < count; ++i) {
            if (!at_digit()) return fail("not a date or time of ISO 8601");
            value = value * 10 + (text_[pos_++] - '0');
        }
        return value;
    }
    /// `count` digits with a value of at most `most`.
    Result<int> number(int count, int most, const char* rule) {
        const auto start = pos_;
        const auto value = digits(count);
        if (value && *value > most) {
            pos_ = start;
            return fail(rule);
        }
        return value;
    }
    /// All digits that follow.
    std::string_view run_of_digits() {
        const auto start = pos_;
        while (at_digit()) ++pos_;
        return text_.substr(start, pos_ - start);
    }
    [[nodiscard]] Error fail(const char* rule) const { return {Code::bad_value, position(), rule}; }

private:
    std::string_view text_;
    std::size_t position_;
    std::size_t pos_ = 0;
};

// A date and time as written, without its zone.
struct Written {
    std::int64_t day_start = 0;  // seconds since 1970 without leap seconds
    int hour = 0, minute = 0, second = 0;
    double fraction = 0;  // of a second
    double decimal = 1;   // value of the last decimal written
    int unit = 86'400;    // seconds of what is written last; 1 if seconds or decimals are
    std::size_t second_at = 0;
};

Status parse_date(Scanner& in, Written& out) {
    const auto start = in;
    const auto year = in.digits(4);
    if (!year) return year.error();
    const bool extended = in.take('-');
    const auto month = in.digits(2);
    if (!month) return month.error();
    if (extended && !in.take('-')) return in.fail("not a date or time of ISO 8601");
    const auto day = in.digits(2);
    if (!day) return day.error();
    const auto date = chrono::year{*year} / *month / *day;
    if (!date.ok()) return start.fail("no such day in the calendar");
    out.day_start = chrono::seconds{chrono::sys_days{date}.time_since_epoch()}.count();
    return Ok{};
}

Status parse_decimals(Scanner& in, Written& out) {
    if (!in.at_digit()) return in.fail("not a date or time of ISO 8601");
    const auto decimals = in.run_of_digits();
    // As a whole, so that it is rounded once.
    const std::string text = "0." + std::string{decimals};
    const auto status = std::from_chars(text.data(), text.data() + text.size(), out.fraction);
    if (status.ec == std::errc::result_out_of_range) out.fraction = 0;  // nothing but zeros for longer than doubles are
    out.decimal = std::pow(10.0, -static_cast<double>(decimals.size()));
    return Ok{};
}

Status parse_clock(Scanner& in, Written& out) {
    const auto hour = in.number(2, 23, "no such hour");
    if (!hour) return hour.error();
    out.hour = *hour;
    out.unit = 3600;
    const bool extended = in.take(':');
    if (!extended && !in.at_digit()) return Ok{};

    const auto minute = in.number(2, 59, "no such minute");
    if (!minute) return minute.error();
    out.minute = *minute;
    out.unit = 60;
    if (extended ? !in.take(':') : !in.at_digit()) return Ok{};

    out.second_at = in.position();
    const auto second = in.number(2, 60, "no such second");
    if (!second) return second.error();
    out.second = *second;
    out.unit = 1;
    if (in.take_any(".,")) return parse_decimals(in, out);
    return Ok{};
}

// Seconds east of Greenwich.
Result<int> parse_zone(Scanner& in) {
    if (in.at_end() || in.take_any("Zz")) return 0;
    const bool west = in.take('-');
    if (!west && !in.take('+')) return in.fail("not a date or time of ISO 8601");
    const auto hours = in.number(2, 23, "no such time zone");
    if (!hours) return hours.error();
    const bool extended = in.take(':');
    int minutes = 0;
    if (extended || in.at_digit()) {
        const auto written = in.number(2, 59, "no such time zone");
        if (!written) return written.error();
        minutes = *written;
    }
    const int east = *hours * 3600 + minutes * 60;
    return west ? -east : east;
}

double adjusted(std::int64_t gps_seconds) { return static_cast<double>(gps_seconds - kAdjusted); }

Result<IsoInterval> locate(const Written& time, int east, std::span<const LeapSecond> leaps) {
    const bool is_leap = time.second == 60;
    // UTC of the second, or of the one before a leap second.
    const auto utc = time.day_start + time.hour * 3600 + time.minute * 60 + (is_leap ? 59 : time.second) - east;
    if (is_leap && !leap_second_follows(utc, leaps))
        return Error{Code::bad_value, time.second_at, "second 60 where there is no leap second"};
    const auto gps = gps_from_utc(utc, leaps) + (is_leap ? 1 : 0);
    IsoInterval result;
    result.start = adjusted(gps) + time.fraction;
    // Minutes, hours and days are as long as UTC makes them; a second is a second of GPS time, and a leap second may
    // follow.
    result.next =
        time.unit > 1 ? adjusted(gps_from_utc(utc + time.unit, leaps)) : adjusted(gps) + (time.fraction + time.decimal);
    return result;
}

// ---- writing --------------------------------------------------------------------------------------------------------

std::string write_utc(const UtcSecond& utc, int microseconds) {
    const chrono::sys_seconds instant{chrono::seconds{utc.seconds}};
    const auto day = chrono::floor<chrono::days>(instant);
    const chrono::year_month_day date{day};
    const auto second_of_day = static_cast<int>((instant - day).count());
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second_of_day / 3600,
                  second_of_day / 60 % 60, second_of_day % 60 + (utc.leap ? 1 : 0));
    return text + decimals_text(microseconds) + "Z";
}

}  // namespace

std::string number_text(double value) {
    if (std::isnan(value)) return "nan";  // without the sign that it may have
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}

std::string decimals_text(int microseconds) {
    if (microseconds == 0) return "";
    char text[16];
    std::snprintf(text, sizeof text, ".%06d", microseconds);
    std::string result{text};
    result.erase(result.find_last_not_of('0') + 1);
    return result;
}

double IsoInterval::last() const {
    return std::max(start, std::nextafter(next, -std::numeric_limits<double>::infinity()));
}

Result<IsoInterval> parse_iso(std::string_view text, std::size_t position, std::span<const LeapSecond> leaps) {
    Scanner in{text, position};
    Written written;
    auto status = parse_date(in, written);
    if (!status) return status.error();
    const bool is_date = in.at_end();
    int east = 0;
    if (!is_date) {
        if (!in.take_any("Tt ")) return in.fail("not a date or time of ISO 8601");
        status = parse_clock(in, written);
        if (!status) return status.error();
        const auto zone = parse_zone(in);
        if (!zone) return zone.error();
        if (!in.at_end()) return in.fail("not a date or time of ISO 8601");
        east = *zone;
    }
    auto interval = locate(written, east, leaps);
    if (interval) interval->is_date = is_date;
    return interval;
}

Result<double> from_iso(std::string_view text, DateEdge edge, std::span<const LeapSecond> leaps) {
    const auto interval = parse_iso(text, 0, leaps);
    if (!interval) return interval.error();
    return interval->is_date && edge == DateEdge::end ? interval->last() : interval->start;
}

std::string to_iso(double adjusted_gps, std::span<const LeapSecond> leaps) {
    // 1980-01-01 and 10000-01-01; NaN fails both comparisons. Leap seconds shift the later end by less than a day, and
    // a year 10000 that slips through is caught below.
    constexpr double kFirst = -1e9 - 5 * 86'400.0;
    constexpr double kBehind = 253'402'300'800.0 - 315'964'800.0 - 1e9 + 86'400;
    if (!(adjusted_gps >= kFirst && adjusted_gps < kBehind)) return number_text(adjusted_gps);

    const double whole = std::floor(adjusted_gps);
    auto seconds = static_cast<std::int64_t>(whole);
    auto microseconds = static_cast<int>(std::lround((adjusted_gps - whole) * 1e6));
    if (microseconds == 1'000'000) {
        ++seconds;
        microseconds = 0;
    }
    const auto utc = utc_from_gps(seconds + kAdjusted, leaps);
    constexpr std::int64_t kYear10000 = 253'402'300'800;
    if (utc.seconds >= kYear10000) return number_text(adjusted_gps);
    return write_utc(utc, microseconds);
}

}  // namespace copse::time
