// ISO-8601 text as an interval: what is written last says how long it is.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "copse/time.hpp"

namespace copse::time {

/// The instants that a date or time names, in adjusted standard GPS seconds.
struct IsoInterval {
    double start = 0;
    double next = 0;  ///< first instant behind: of the next day, hour, minute, second or decimal
    bool is_date = false;

    /// The last double before `next`, at least `start`.
    [[nodiscard]] double last() const;
};

/// @param position of the text in a longer one, for errors
Result<IsoInterval> parse_iso(std::string_view text, std::size_t position, std::span<const LeapSecond> leaps);

/// A time that has no other text: the shortest number, "nan", "inf" or "-inf".
[[nodiscard]] std::string number_text(double value);
/// ".5" of 500,000; nothing of 0.
[[nodiscard]] std::string decimals_text(int microseconds);

}  // namespace copse::time
