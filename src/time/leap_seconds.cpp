#include "time/leap_seconds.hpp"

#include <array>
#include <chrono>

namespace copse::time {

namespace {
constexpr LeapSecond from(int year, unsigned month, int gps_minus_utc) {
    const std::chrono::sys_days day{std::chrono::year{year} / static_cast<int>(month) / 1};
    return {std::chrono::seconds{day.time_since_epoch()}.count(), gps_minus_utc};
}

// IERS Bulletin C: the day after each leap second.
constexpr std::array kLeapSeconds{
    from(1981, 7, 1),  from(1982, 7, 2),  from(1983, 7, 3),  from(1985, 7, 4),  from(1988, 1, 5),  from(1990, 1, 6),
    from(1991, 1, 7),  from(1992, 7, 8),  from(1993, 7, 9),  from(1994, 7, 10), from(1996, 1, 11), from(1997, 7, 12),
    from(1999, 1, 13), from(2006, 1, 14), from(2009, 1, 15), from(2012, 7, 16), from(2015, 7, 17), from(2017, 1, 18),
};

// A table handed in may one day hold a leap second that was taken out.
bool is_inserted(std::span<const LeapSecond> leaps, std::size_t index) {
    return leaps[index].gps_minus_utc > (index == 0 ? 0 : leaps[index - 1].gps_minus_utc);
}
}  // namespace

std::span<const LeapSecond> known_leap_seconds() { return kLeapSeconds; }

std::int64_t gps_from_utc(std::int64_t utc_seconds, std::span<const LeapSecond> leaps) {
    for (std::size_t i = leaps.size(); i-- > 0;)
        if (utc_seconds >= leaps[i].utc_seconds) return utc_seconds - kGpsEpoch + leaps[i].gps_minus_utc;
    return utc_seconds - kGpsEpoch;
}

UtcSecond utc_from_gps(std::int64_t gps_seconds, std::span<const LeapSecond> leaps) {
    for (std::size_t i = leaps.size(); i-- > 0;) {
        const auto start = leaps[i].utc_seconds - kGpsEpoch + leaps[i].gps_minus_utc;  // of the second after
        if (gps_seconds >= start) return {gps_seconds + kGpsEpoch - leaps[i].gps_minus_utc, false};
        if (is_inserted(leaps, i) && gps_seconds == start - 1) return {leaps[i].utc_seconds - 1, true};
    }
    return {gps_seconds + kGpsEpoch, false};
}

bool leap_second_follows(std::int64_t utc_seconds, std::span<const LeapSecond> leaps) {
    for (std::size_t i = 0; i < leaps.size(); ++i)
        if (leaps[i].utc_seconds == utc_seconds + 1) return is_inserted(leaps, i);
    return false;
}

}  // namespace copse::time
