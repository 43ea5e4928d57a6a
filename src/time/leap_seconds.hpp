// Between UTC and GPS time, in whole seconds.
#pragma once

#include <cstdint>
#include <span>

#include "copse/time.hpp"

namespace copse::time {

/// 1980-01-06T00:00:00 UTC, when GPS time is 0, in seconds since 1970 without leap seconds.
inline constexpr std::int64_t kGpsEpoch = 315'964'800;

/// A second of UTC: the label before a leap second serves for both, and `leap` tells them apart.
struct UtcSecond {
    std::int64_t seconds = 0;  ///< since 1970-01-01 without leap seconds
    bool leap = false;         ///< second 60 after the one named
};

/// GPS seconds at the start of a second of UTC.
std::int64_t gps_from_utc(std::int64_t utc_seconds, std::span<const LeapSecond> leaps);
/// The second of UTC in which a GPS second begins.
UtcSecond utc_from_gps(std::int64_t gps_seconds, std::span<const LeapSecond> leaps);
/// Whether a leap second follows this second of UTC.
bool leap_second_follows(std::int64_t utc_seconds, std::span<const LeapSecond> leaps);

}  // namespace copse::time
