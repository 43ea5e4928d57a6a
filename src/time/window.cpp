#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "copse/time.hpp"
#include "time/gps_week.hpp"
#include "time/iso.hpp"

namespace copse::time {

namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A number that is all of the text, in the one notation that no locale changes.
std::optional<double> find_number(std::string_view text) {
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);  // from_chars takes no plus sign
    double value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// What one side of the slash, or a text without a slash, names. A number is an interval of one instant.
Result<IsoInterval> parse_side(std::string_view text, std::size_t position, const Encoding& encoding,
                               std::span<const LeapSecond> leaps) {
    if (const auto number = find_number(text)) {
        if (std::isnan(*number)) return Error{Code::bad_value, position, "NaN is not a time"};
        return IsoInterval{*number, *number, false};
    }
    const bool is_gps_week = looks_like_gps_week(text);
    const auto interval = is_gps_week ? parse_gps_week(text, position) : parse_iso(text, position, leaps);
    if (!interval) return interval.error();
    if (encoding.kind == las::GpsTimeKind::week_seconds && is_gps_week)
        return Error{Code::bad_value, position, "of week seconds it is not known which week"};
    if (encoding.kind == las::GpsTimeKind::week_seconds)
        return Error{Code::bad_value, position, "week seconds have no date"};
    return *interval;
}

bool is_open(std::string_view text) { return text.empty() || text == ".."; }
}  // namespace

Encoding guess_encoding(const las::Header& header, double time_min, double time_max) {
    const Encoding declared{las::declared_gps_time_kind(header), false};
    // An infinite time says nothing about the encoding, NaN is a time that is not known.
    const auto is_beyond_a_week = [](double time) { return std::isfinite(time) && std::abs(time) > kWeekSeconds; };
    if (declared.kind == las::GpsTimeKind::week_seconds && (is_beyond_a_week(time_min) || is_beyond_a_week(time_max)))
        return {las::GpsTimeKind::adjusted_standard, true};
    return declared;
}

Result<temporal::TimeWindow> parse_window(std::string_view text, const Encoding& encoding,
                                          std::span<const LeapSecond> leaps) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        const auto instants = parse_side(text, 0, encoding, leaps);
        if (!instants) return instants.error();
        return temporal::TimeWindow{instants->start, instants->last()};
    }

    const auto left = text.substr(0, slash);
    const auto right = text.substr(slash + 1);
    temporal::TimeWindow window{-kInfinity, kInfinity};
    if (!is_open(left)) {
        const auto from = parse_side(left, 0, encoding, leaps);
        if (!from) return from.error();
        window.from = from->start;
    }
    if (!is_open(right)) {
        const auto to = parse_side(right, slash + 1, encoding, leaps);
        if (!to) return to.error();
        window.to = to->is_date ? to->last() : to->start;
    }
    if (!(window.from <= window.to)) return Error{Code::bad_value, slash + 1, "time window ends before it begins"};
    return window;
}

}  // namespace copse::time
