// Numbers as text, independent of locale.
#pragma once

#include <fmt/format.h>

#include <iterator>

namespace copse::write {

using TextBuffer = fmt::memory_buffer;

/// Decimals that a number needs in its shortest form without exponent: 2 of 0.01, 3 of 0.025, 0 of 10.
[[nodiscard]] int decimals_of(double number);

/// With a fixed number of decimals; never "-0.00".
void append_fixed(double value, int decimals, TextBuffer& out);

/// The shortest text that reads back as the same number.
template <class Number>
void append_shortest(Number value, TextBuffer& out) {
    fmt::format_to(std::back_inserter(out), "{}", value);
}

/// With 17 significant digits.
void append_gps_time(double value, TextBuffer& out);

}  // namespace copse::write
