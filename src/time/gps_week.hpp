// Text of GPS weeks and their seconds.
#pragma once

#include <string_view>

#include "time/iso.hpp"

namespace copse::time {

/// Begins like a GPS week: with W.
[[nodiscard]] bool looks_like_gps_week(std::string_view text);

/// "W2306" or "W2306:123456.5". @param position of the text in a longer one, for errors
Result<IsoInterval> parse_gps_week(std::string_view text, std::size_t position);

}  // namespace copse::time
