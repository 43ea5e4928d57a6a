// Numbers and foreign text for people. Nothing here depends on a locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace copse::cli {

/// Bytes from a file or a file system as text for a terminal: what is not UTF-8 and control characters become \xNN.
[[nodiscard]] std::string shown(std::string_view bytes);
/// Likewise for JSON, which escapes control characters itself: only what is not UTF-8 becomes \xNN.
[[nodiscard]] std::string json_text(std::string_view bytes);

[[nodiscard]] std::string grouped(std::uint64_t number);   ///< 1,234,567
[[nodiscard]] std::string byte_text(std::uint64_t bytes);  ///< 12.3 MB; powers of 1000
[[nodiscard]] std::string short_count(double number);      ///< 12.3 M
[[nodiscard]] std::string duration_text(double seconds);   ///< 0.42 s, 12.3 s, 3:05 min, 1:02:03 h
[[nodiscard]] std::string shortest(double value);          ///< shortest text that reads back as the same number
[[nodiscard]] std::string fixed(double value, int decimals);
/// Decimals that show every step of a scale: 2 for 0.01, 3 for 0.025; at most 9.
[[nodiscard]] int decimals_of(double scale);
[[nodiscard]] std::string lower_case(std::string_view text);  ///< ASCII letters only
/// Columns that a text takes on a terminal, counting each UTF-8 character as one.
[[nodiscard]] std::size_t width_of(std::string_view text);
[[nodiscard]] std::string padded_left(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded_right(std::string_view text, std::size_t width);
/// Breaks words into lines of at most `width` columns.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// A number of decimal digits, sign, exponent, "inf" or "nan": all of the text or nothing.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
/// A whole number: digits, or with K, M, G (powers of 1000) or Ki, Mi, Gi (of 1024) behind it; "2.5M" and "1e6" as
/// well.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);
/// Numbers with commas between them.
[[nodiscard]] std::optional<std::vector<double>> parse_numbers(std::string_view list);

}  // namespace copse::cli
