// Numbers as people write them, without a rounding error until somebody asks for a double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace copse::filter {

/// The greatest integer of type T that is not above a number.
template <class T>
struct Floor {
    enum class Where : std::uint8_t { below, within, above };  ///< the range of T
    Where where = Where::within;
    T value = 0;               ///< if within
    bool has_fraction = true;  ///< the number is not an integer
};

/// An unsigned decimal, and its sign. Refers to the text it was read from.
class Decimal {
public:
    /// Reads digits with an optional point and exponent from the front of a text, e.g. `2`, `2.5`, `.5`, `1e3`.
    /// Independent of the locale. Empty if the text does not begin with one.
    static std::optional<Decimal> read(std::string_view text);

    void negate() { negative_ = !negative_; }
    [[nodiscard]] bool is_negative() const { return negative_; }
    /// Characters of the text that were read.
    [[nodiscard]] std::size_t size() const { return size_; }
    /// The nearest double; empty if it is beyond the range of doubles. What is too small for one is 0.
    [[nodiscard]] std::optional<double> to_double() const;
    template <class T>
    [[nodiscard]] Floor<T> floor() const;

private:
    struct Magnitude {
        bool fits = true;  ///< the integer part is below 2^64
        std::uint64_t value = 0;
        bool has_fraction = false;
    };
    [[nodiscard]] Magnitude magnitude() const;

    std::string_view mantissa_;  ///< digits and point
    std::size_t size_ = 0;
    std::int64_t whole_digits_ = 0;  ///< digits before the point once the exponent is applied; may be negative
    bool negative_ = false;
};

template <class T>
Floor<T> Decimal::floor() const {
    using Limits = std::numeric_limits<T>;
    using Where = typename Floor<T>::Where;
    const auto size = magnitude();
    if (!negative_) {
        if (!size.fits || size.value > static_cast<std::uint64_t>(Limits::max())) return {Where::above};
        return {Where::within, static_cast<T>(size.value), size.has_fraction};
    }
    // Towards minus infinity: one more where there is a fraction.
    constexpr auto kMost = Limits::is_signed ? static_cast<std::uint64_t>(Limits::max()) + 1 : 0;
    if (!size.fits || size.value > kMost || (size.value == kMost && size.has_fraction)) return {Where::below};
    const auto distance = size.value + (size.has_fraction ? 1 : 0);
    // -2^63 cannot be had by negating: it has no positive counterpart.
    return {Where::within, static_cast<T>(std::uint64_t{0} - distance), size.has_fraction};
}

}  // namespace copse::filter
