#include "filter/orientation.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

namespace copse::filter {
namespace {

using Position = Polygon::Position;

template <class T>
int sign_of(T value) {
    return (T{} < value) - (value < T{});
}

// ---- as doubles -----------------------------------------------------------------------------------------------------

/// The sign, if rounding cannot have changed it.
std::optional<int> rounded_sign(double left, double right) {
    // Each difference and each product is off by at most a factor of 1 ± 2^-53, so either product by less than 2^-51 of
    // itself, and their difference by 2^-53 of itself. A product that underflows is off by at most 2^-1075 besides. An
    // overflow makes the bound infinite or NaN: nothing is greater.
    const double determinant = left - right;
    const double bound = (std::abs(left) + std::abs(right)) * 0x1p-50 + 0x1p-1060;
    if (determinant > bound) return 1;
    if (-determinant > bound) return -1;
    return std::nullopt;
}

// ---- with the rounding errors ---------------------------------------------------------------------------------------

/// Whether a - b was rounded to `difference` without an error (Knuth's two-sum).
bool is_exact_difference(double a, double b, double difference) {
    const double b_part = a - difference;
    const double a_part = difference + b_part;
    return a - a_part == 0 && b_part - b == 0;
}

struct Product {
    double rounded;
    double error;  ///< rounded + error is the product
};

/// Dekker's product: each factor is cut into halves of 26 bits, whose products are exact.
/// @pre the factors are 0 or of a size in [2^-450, 2^450], so that nothing over- or underflows
Product multiply(double a, double b) {
    constexpr double kSplitter = 0x1p27 + 1;
    const double a_shifted = a * kSplitter;
    const double a_high = a_shifted - (a_shifted - a);
    const double a_low = a - a_high;
    const double b_shifted = b * kSplitter;
    const double b_high = b_shifted - (b_shifted - b);
    const double b_low = b - b_high;

    const double rounded = a * b;
    return {rounded, a_low * b_low - (((rounded - a_high * b_high) - a_low * b_high) - a_high * b_low)};
}

bool is_moderate(double value) {
    const double size = std::abs(value);
    return value == 0 || (size >= 0x1p-450 && size <= 0x1p450);
}

/// Sign of a * b - c * d. @pre as of `multiply`
int difference_sign(double a, double b, double c, double d) {
    const auto left = multiply(a, b);
    const auto right = multiply(c, d);
    // Rounding is monotone: unequal rounded products are in the order of the products.
    if (left.rounded != right.rounded) return left.rounded < right.rounded ? -1 : 1;
    return sign_of(left.error - right.error);
}

// ---- as one long integer --------------------------------------------------------------------------------------------

/// A double as mantissa * 2^exponent, the mantissa an integer of 53 bits.
struct Parts {
    bool negative;
    std::uint64_t mantissa;
    int exponent;
};

constexpr int kLeastExponent = -1074;

Parts parts_of(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto biased = static_cast<int>(bits >> 52 & 0x7ff);
    const auto fraction = bits & ((std::uint64_t{1} << 52) - 1);
    if (biased == 0) return {bits >> 63 != 0, fraction, kLeastExponent};
    return {bits >> 63 != 0, fraction | std::uint64_t{1} << 52, biased - 1 + kLeastExponent};
}

/// Sum of products of doubles, as an integer times 2^(2 * kLeastExponent). A product has its highest bit below
/// 2 * (971 + 53 + 1074) = 4196; six of them leave room in the last limb.
class LongSum {
public:
    void add_product(double a, double b, bool subtracted = false) {
        const auto x = parts_of(a);
        const auto y = parts_of(b);
        const bool negative = (x.negative != y.negative) != subtracted;
        const auto at = static_cast<unsigned>(x.exponent + y.exponent - 2 * kLeastExponent);
        constexpr unsigned kHalf = 27;
        constexpr std::uint64_t kMask = (std::uint64_t{1} << kHalf) - 1;
        add((x.mantissa & kMask) * (y.mantissa & kMask), at, negative);
        add((x.mantissa >> kHalf) * (y.mantissa & kMask), at + kHalf, negative);
        add((x.mantissa & kMask) * (y.mantissa >> kHalf), at + kHalf, negative);
        add((x.mantissa >> kHalf) * (y.mantissa >> kHalf), at + 2 * kHalf, negative);
    }

    [[nodiscard]] int sign() const {
        std::int64_t carry = 0;
        bool any = false;
        for (const auto limb : limbs_) {
            const auto value = limb + carry;
            any = any || (value & 0xffffffff) != 0;
            carry = value >> 32;
        }
        // All digits together are less than one unit of the carry.
        if (carry != 0) return sign_of(carry);
        return any ? 1 : 0;
    }

private:
    /// @pre value < 2^54, so that it covers at most three limbs
    void add(std::uint64_t value, unsigned at, bool negative) {
        const auto shift = at % 32;
        const auto low = (value & 0xffffffff) << shift;
        const auto high = (value >> 32) << shift;
        const auto limb = at / 32;
        add_limb(limb, low & 0xffffffff, negative);
        add_limb(limb + 1, (low >> 32) + (high & 0xffffffff), negative);
        add_limb(limb + 2, high >> 32, negative);
    }
    void add_limb(std::size_t limb, std::uint64_t value, bool negative) {
        const auto number = static_cast<std::int64_t>(value);
        limbs_[limb] += negative ? -number : number;
    }

    std::array<std::int64_t, 136> limbs_{};
};

}  // namespace

int summed_orientation(Position a, Position b, Position c) {
    // (b - a) x (c - a) = a x b + b x c + c x a
    LongSum sum;
    sum.add_product(a.x, b.y);
    sum.add_product(a.y, b.x, true);
    sum.add_product(b.x, c.y);
    sum.add_product(b.y, c.x, true);
    sum.add_product(c.x, a.y);
    sum.add_product(c.y, a.x, true);
    return sum.sign();
}

int orientation(Position a, Position b, Position c) {
    const double ax = a.x - c.x, bx = b.x - c.x;
    const double ay = a.y - c.y, by = b.y - c.y;
    if (const auto sign = rounded_sign(ax * by, ay * bx)) return *sign;

    // Coordinates of a survey lie on a grid and near each other: their differences are exact.
    const bool exact = is_exact_difference(a.x, c.x, ax) && is_exact_difference(b.x, c.x, bx) &&
                       is_exact_difference(a.y, c.y, ay) && is_exact_difference(b.y, c.y, by);
    if (exact && is_moderate(ax) && is_moderate(bx) && is_moderate(ay) && is_moderate(by))
        return difference_sign(ax, by, ay, bx);
    return summed_orientation(a, b, c);
}

}  // namespace copse::filter
