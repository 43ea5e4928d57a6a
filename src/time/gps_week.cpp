#include "time/gps_week.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace copse::time {
namespace {

constexpr std::int64_t kSecondsPerWeek = 604'800;
static_assert(static_cast<double>(kSecondsPerWeek) == kWeekSeconds);
constexpr std::int64_t kAdjusted = 1'000'000'000;
constexpr std::int64_t kMostWeeks = 99'999;  // the year 3896

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

std::size_t count_digits(std::string_view text) {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    return count;
}

/// All of the digits, at most `most`.
std::optional<std::int64_t> parse_digits(std::string_view digits, std::int64_t most) {
    std::int64_t value = 0;
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (status != std::errc{} || end != digits.data() + digits.size() || value > most) return std::nullopt;
    return value;
}

}  // namespace

bool looks_like_gps_week(std::string_view text) { return text.starts_with('W') || text.starts_with('w'); }

Result<IsoInterval> parse_gps_week(std::string_view text, std::size_t position) {
    const auto fail = [&](std::size_t at, const char* rule) { return Error{Code::bad_value, position + at, rule}; };
    constexpr const char* kForm = "not a GPS week, such as W2306 or W2306:123456.5";
    std::size_t at = 1;  // behind the W
    const auto week_digits = count_digits(text.substr(at));
    if (week_digits == 0) return fail(at, kForm);
    const auto week = parse_digits(text.substr(at, week_digits), kMostWeeks);
    if (!week) return fail(at, "no such GPS week");
    at += week_digits;

    const auto week_start = *week * kSecondsPerWeek - kAdjusted;
    IsoInterval interval;
    if (at == text.size()) {
        interval.start = static_cast<double>(week_start);
        interval.next = static_cast<double>(week_start + kSecondsPerWeek);
        interval.is_date = true;
        return interval;
    }
    if (text[at] != ':') return fail(at, kForm);
    ++at;
    const auto second_digits = count_digits(text.substr(at));
    if (second_digits == 0) return fail(at, kForm);
    const auto second = parse_digits(text.substr(at, second_digits), kSecondsPerWeek - 1);
    if (!second) return fail(at, "a GPS week has the seconds 0 to 604799.999...");
    at += second_digits;

    const auto whole = static_cast<double>(week_start + *second);
    double fraction = 0, decimal = 1;
    if (at != text.size()) {
        if (text[at] != '.') return fail(at, kForm);
        const auto decimals = count_digits(text.substr(at + 1));
        if (decimals == 0 || at + 1 + decimals != text.size()) return fail(at + 1 + decimals, kForm);
        // As a whole, so that it is rounded once. Nothing but zeros for longer than doubles are leaves it 0.
        (void)std::from_chars(text.data() + at, text.data() + text.size(), fraction);
        decimal = std::pow(10.0, -static_cast<double>(decimals));
    }
    interval.start = whole + fraction;
    interval.next = whole + (fraction + decimal);
    return interval;
}

std::string to_gps_week(double adjusted_gps) {
    constexpr auto kBehind = static_cast<double>((kMostWeeks + 1) * kSecondsPerWeek - kAdjusted) - 1;
    if (!(adjusted_gps >= -static_cast<double>(kAdjusted) && adjusted_gps < kBehind)) return number_text(adjusted_gps);
    const double floor = std::floor(adjusted_gps);
    auto seconds = static_cast<std::int64_t>(floor) + kAdjusted;
    auto microseconds = static_cast<int>(std::lround((adjusted_gps - floor) * 1e6));
    if (microseconds == 1'000'000) {
        ++seconds;
        microseconds = 0;
    }
    char text[48];
    std::snprintf(text, sizeof text, "W%lld:%lld", static_cast<long long>(seconds / kSecondsPerWeek),
                  static_cast<long long>(seconds % kSecondsPerWeek));
    return text + decimals_text(microseconds);
}

}  // namespace copse::time
