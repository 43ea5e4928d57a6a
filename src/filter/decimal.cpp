#include "filter/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace copse::filter {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t count_digits(std::string_view text) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

struct Exponent {
    std::size_t size = 0;
    std::int64_t value = 0;
};

/// Exponents are held to what no number of digits that fits into memory makes up for.
constexpr std::int64_t kMostExponent = std::int64_t{1} << 60;

Exponent read_exponent(std::string_view text) {
    if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return {};
    std::size_t at = 1;
    const bool negative = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const auto digits = count_digits(text.substr(at));
    if (digits == 0) return {};
    std::int64_t value = 0;
    for (const char c : text.substr(at, digits))
        if (value < kMostExponent / 16) value = value * 10 + (c - '0');
    return {at + digits, negative ? -value : value};
}

}  // namespace

std::optional<Decimal> Decimal::read(std::string_view text) {
    const auto whole = count_digits(text);
    auto end = whole;
    std::size_t decimals = 0;
    if (end < text.size() && text[end] == '.') {
        decimals = count_digits(text.substr(end + 1));
        end += 1 + decimals;
    }
    if (whole + decimals == 0) return std::nullopt;

    const auto exponent = read_exponent(text.substr(end));
    Decimal number;
    number.mantissa_ = text.substr(0, end);
    number.size_ = end + exponent.size;
    number.whole_digits_ = static_cast<std::int64_t>(whole) + exponent.value;
    return number;
}

std::optional<double> Decimal::to_double() const {
    const auto first = mantissa_.find_first_not_of("0.");
    if (first == std::string_view::npos) return negative_ ? -0.0 : 0.0;
    double value = 0;
    const std::string_view text{mantissa_.data(), size_};
    // A point in front of all digits is nothing that from_chars reads.
    const auto whole = text.front() == '.' ? "0" + std::string{text} : std::string{text};
    const auto status = std::from_chars(whole.data(), whole.data() + whole.size(), value);
    if (status.ec == std::errc::result_out_of_range) {
        // Which end of the range: the place of the first digit that is not 0, in front of the point or behind it.
        const auto zeros = static_cast<std::int64_t>(
            std::count_if(mantissa_.begin(), mantissa_.begin() + static_cast<std::ptrdiff_t>(first), is_digit));
        if (whole_digits_ > zeros) return std::nullopt;
        value = 0;
    }
    return negative_ ? -value : value;
}

Decimal::Magnitude Decimal::magnitude() const {
    constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
    Magnitude result;
    auto left = whole_digits_;  // digits of the integer part that are still to come
    for (const char c : mantissa_) {
        if (c == '.') continue;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (left-- <= 0) {
            result.has_fraction = result.has_fraction || digit != 0;
            continue;
        }
        result.fits = result.fits && result.value <= (kMax - digit) / 10;
        if (result.fits) result.value = result.value * 10 + digit;
    }
    for (; left > 0 && result.value != 0 && result.fits; --left) {
        result.fits = result.value <= kMax / 10;
        if (result.fits) result.value *= 10;
    }
    return result;
}

}  // namespace copse::filter
