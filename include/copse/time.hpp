// Times for people: ISO-8601 UTC, adjusted standard GPS time, GPS week seconds, leap seconds. Reads no files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "copse/las.hpp"
#include "copse/temporal.hpp"
#include "copse/wire.hpp"

namespace copse::time {

/// Seconds between the GPS epoch (1980-01-06 UTC) count and LAS "adjusted standard GPS time": adjusted = gps - 1e9.
inline constexpr double kAdjustedOffset = 1e9;
inline constexpr double kWeekSeconds = 604800;

/// A leap second: from this UTC second on (seconds since 1970-01-01 without leap seconds), GPS is `gps_minus_utc`
/// ahead.
struct LeapSecond {
    std::int64_t utc_seconds;
    int gps_minus_utc;
};
/// Those known when this version was made (1980 to 2017-01-01: GPS - UTC = 18). A host may hand in a newer table.
std::span<const LeapSecond> known_leap_seconds();

/// How the times of a file are to be read, and how that was found out.
struct Encoding {
    las::GpsTimeKind kind = las::GpsTimeKind::week_seconds;
    bool guessed =
        false;  ///< the header's bit says week seconds, but a time is outside ±604,800: read as adjusted standard time
};
/// @param time_min, time_max of the file's points, as far as known (NaN: not known)
Encoding guess_encoding(const las::Header& header, double time_min, double time_max);

/// "2021-03-04T05:06:07.123456Z" of an adjusted standard GPS time, with as many decimals (0 to 6) as needed; a time
/// within a leap second is second 60. Non-finite times are "nan", "inf", "-inf"; years outside 1980 to 9999 are given
/// as seconds.
std::string to_iso(double adjusted_gps, std::span<const LeapSecond> leaps = known_leap_seconds());

/// "W2306:123456.5" of an adjusted standard GPS time: GPS week, counted on from 1980-01-06 without rollover, and second
/// of that week, with as many decimals (0 to 6) as needed. Times outside weeks 0 to 99999 are given as seconds.
std::string to_gps_week(double adjusted_gps);

/// Adjusted standard GPS time of an ISO-8601 date or time: "2021-03-04", "2021-03-04T05:06", "...:07.5Z", "...+01:00",
/// basic form without separators ("20210304T050607Z"), second 60 where there is a leap second. A time without zone is
/// UTC. A date alone is its first instant, or its last if `end` (the last double before the next day's first instant).
/// Missing minutes and seconds are 0. Before 1980-01-06 GPS and UTC are taken to run together. Errors (bad_value, `at`
/// is the position in the text): not a date or time; a day, hour, ... that does not exist.
enum class DateEdge : std::uint8_t { start, end };
Result<double> from_iso(std::string_view text, DateEdge edge, std::span<const LeapSecond> leaps = known_leap_seconds());

/// "A/B", closed; A and B are ISO-8601, a GPS week with or without a second in it ("W2306", "W2306:123456.5", as
/// `to_gps_week` writes it; the W keeps it apart from numbers and clocks, as in ISO's dates by week), or GPS seconds in
/// the file's encoding; ".." or nothing leaves an end open. A date or week alone is its first instant as A and its last
/// as B. A single date, time or week without "/" is the window from its first to its last instant (of the week, day,
/// hour, minute, second or decimal that is written last); a single number that very time. Digits alone are seconds,
/// never a date in basic form. Errors (bad_value, `at` is the position in the text): not a time; from > to; NaN; ISO
/// dates and GPS weeks where the encoding is week seconds ("week seconds have no date").
Result<temporal::TimeWindow> parse_window(std::string_view text, const Encoding& encoding,
                                          std::span<const LeapSecond> leaps = known_leap_seconds());

}  // namespace copse::time
