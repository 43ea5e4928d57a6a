#include "filter/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace copse::filter {
namespace {

// ---- ranges of values -----------------------------------------------------------------------------------------------

/// Closed. Every comparison with a number is one such range, or the opposite of one.
template <class T>
struct Range {
    T from, to;
};

template <class T>
using Ranges = std::vector<Range<T>>;

/// Integers for which `value comparison number` holds.
template <class T>
Ranges<T> range_of(Comparison comparison, const Floor<T>& number) {
    constexpr T kMin = std::numeric_limits<T>::min(), kMax = std::numeric_limits<T>::max();
    using Where = typename Floor<T>::Where;
    // With the number's floor f, v <= number is v <= f. The integers below the number end at f, or at f - 1 if the
    // number is an integer itself.
    const bool upwards = comparison == Comparison::greater || comparison == Comparison::greater_equal;
    const bool exact = number.where == Where::within && !number.has_fraction;
    if (comparison == Comparison::equal || comparison == Comparison::unequal)
        return exact ? Ranges<T>{{number.value, number.value}} : Ranges<T>{};
    if (number.where == Where::below) return upwards ? Ranges<T>{{kMin, kMax}} : Ranges<T>{};
    if (number.where == Where::above) return upwards ? Ranges<T>{} : Ranges<T>{{kMin, kMax}};

    const bool floor_is_less = !exact || comparison == Comparison::less_equal || comparison == Comparison::greater;
    if (upwards) {
        if (!floor_is_less) return {{number.value, kMax}};
        return number.value == kMax ? Ranges<T>{} : Ranges<T>{{static_cast<T>(number.value + 1), kMax}};
    }
    if (floor_is_less) return {{kMin, number.value}};
    return number.value == kMin ? Ranges<T>{} : Ranges<T>{{kMin, static_cast<T>(number.value - 1)}};
}

/// Doubles for which `value comparison number` holds, but NaN.
Ranges<double> range_of(Comparison comparison, const Decimal& decimal, bool as_float) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto number = decimal.to_double();
    // Beyond the range of doubles: between the last double and infinity.
    const double limit = decimal.is_negative() ? -kInfinity : kInfinity;
    double value = number.value_or(0);
    if (as_float && std::abs(value) <= double{std::numeric_limits<float>::max()}) value = static_cast<float>(value);
    const double below =
        number ? std::nextafter(value, -kInfinity) : std::min(limit, std::nextafter(limit, -kInfinity));
    const double above = number ? std::nextafter(value, kInfinity) : std::max(limit, std::nextafter(limit, kInfinity));
    switch (comparison) {
        case Comparison::equal:
        case Comparison::unequal:
            return number ? Ranges<double>{{value, value}} : Ranges<double>{};
        case Comparison::less:
            return {{-kInfinity, below}};
        case Comparison::less_equal:
            return {{-kInfinity, number ? value : below}};
        case Comparison::greater:
            return {{above, kInfinity}};
        case Comparison::greater_equal:
            return {{number ? value : above, kInfinity}};
    }
    return {};
}

/// Ascending, and those that overlap or are neighbours made one.
template <class T>
Ranges<T> united(Ranges<T> ranges) {
    std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
    Ranges<T> result;
    for (const auto& range : ranges) {
        bool joins = !result.empty() && range.from <= result.back().to;
        if constexpr (std::is_integral_v<T>) joins = joins || (!result.empty() && range.from - 1 == result.back().to);
        if (joins)
            result.back().to = std::max(result.back().to, range.to);
        else
            result.push_back(range);
    }
    return result;
}

template <class T>
const T* values_of(const Values& values) {
    if constexpr (std::is_same_v<T, std::int32_t>)
        return values.i32.data();
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return values.i64.data();
    else if constexpr (std::is_same_v<T, std::uint64_t>)
        return values.u64.data();
    else
        return values.f64.data();
}

template <class T>
class RangeTest final : public Test {
public:
    RangeTest(const FieldValues& field, Ranges<T> ranges, bool negated)
        : field_{field}, ranges_{united(std::move(ranges))}, negated_{negated} {}

    void run(const Block& block, std::uint8_t* mask) const override {
        Values values;
        field_.load(block, values);
        const auto* from = values_of<T>(values);
        const auto count = block.rows.size();
        if (ranges_.size() > kFew)
            search(from, count, mask);
        else
            compare(from, count, mask);
    }

private:
    static constexpr std::size_t kFew = 8;  // up to which a pass for each range costs less than a search for each value

    void compare(const T* values, std::size_t count, std::uint8_t* mask) const {
        std::fill_n(mask, count, std::uint8_t{negated_});
        for (const auto range : ranges_)
            for (std::size_t i = 0; i < count; ++i)
                mask[i] ^= static_cast<std::uint8_t>(static_cast<unsigned>(values[i] >= range.from) &
                                                     static_cast<unsigned>(values[i] <= range.to));
    }
    void search(const T* values, std::size_t count, std::uint8_t* mask) const {
        for (std::size_t i = 0; i < count; ++i) {
            // NaN is less than no start: the last range is looked at, and does not have it.
            const auto next = std::upper_bound(ranges_.begin(), ranges_.end(), values[i],
                                               [](T value, const Range<T>& range) { return value < range.from; });
            const bool found = next != ranges_.begin() && values[i] <= std::prev(next)->to;
            mask[i] = static_cast<std::uint8_t>(found != negated_);
        }
    }

    FieldValues field_;
    Ranges<T> ranges_;  ///< none overlaps another, so at most one has a value
    bool negated_;
};

template <class T>
Ranges<T> integers(Comparison comparison, std::span<const Decimal> numbers) {
    Ranges<T> ranges;
    for (const auto& number : numbers)
        for (const auto range : range_of(comparison, number.floor<T>())) ranges.push_back(range);
    return ranges;
}

std::unique_ptr<const Test> make_range_test(const FieldValues& field, Comparison comparison,
                                            std::span<const Decimal> numbers) {
    const bool negated = comparison == Comparison::unequal;
    switch (field.kind()) {
        case Kind::i32:
            return std::make_unique<RangeTest<std::int32_t>>(field, integers<std::int32_t>(comparison, numbers),
                                                             negated);
        case Kind::i64:
            return std::make_unique<RangeTest<std::int64_t>>(field, integers<std::int64_t>(comparison, numbers),
                                                             negated);
        case Kind::u64:
            return std::make_unique<RangeTest<std::uint64_t>>(field, integers<std::uint64_t>(comparison, numbers),
                                                              negated);
        case Kind::f64:
            break;
    }
    Ranges<double> ranges;
    for (const auto& number : numbers)
        for (const auto range : range_of(comparison, number, field.is_float())) ranges.push_back(range);
    return std::make_unique<RangeTest<double>>(field, std::move(ranges), negated);
}

// ---- two fields -----------------------------------------------------------------------------------------------------

/// As bits, so that a comparison is the set of orders for which it holds.
enum Order : unsigned { kLess = 1, kEqual = 2, kGreater = 4, kUnordered = 8 };

template <class T>
unsigned order_of(T a, T b) {
    if (a < b) return kLess;
    if (a > b) return kGreater;
    return a == b ? kEqual : kUnordered;
}
unsigned order_of(std::int64_t a, std::uint64_t b) {
    return a < 0 ? unsigned{kLess} : order_of(static_cast<std::uint64_t>(a), b);
}
/// By real numbers: not every integer of 64 bits is a double.
template <class T>
    requires std::is_integral_v<T>
unsigned order_of(T a, double b) {
    constexpr double kEnd = std::is_signed_v<T> ? 0x1p63 : 0x1p64;
    constexpr double kStart = std::is_signed_v<T> ? -0x1p63 : 0;
    if (std::isnan(b)) return kUnordered;
    if (b >= kEnd) return kLess;
    if (b < kStart) return kGreater;
    const double whole = std::floor(b);
    const auto order = order_of(a, static_cast<T>(whole));
    return order == kEqual && b > whole ? unsigned{kLess} : order;
}

unsigned orders_of(Comparison comparison) {
    switch (comparison) {
        case Comparison::equal:
            return kEqual;
        case Comparison::unequal:
            return kLess | kGreater | kUnordered;
        case Comparison::less:
            return kLess;
        case Comparison::less_equal:
            return kLess | kEqual;
        case Comparison::greater:
            return kGreater;
        case Comparison::greater_equal:
            return kGreater | kEqual;
    }
    return 0;
}

/// @pre left.kind() <= right.kind(), so that `order_of` needs one direction only
class PairTest final : public Test {
public:
    PairTest(const FieldValues& left, const FieldValues& right, unsigned orders)
        : left_{left}, right_{right}, orders_{orders} {}

    void run(const Block& block, std::uint8_t* mask) const override {
        Values left, right;
        left_.load(block, left);
        right_.load(block, right);
        const auto count = block.rows.size();
        with_values(left_.kind(), left, count, [&](const auto* a) {
            with_values(right_.kind(), right, count, [&](const auto* b) { compare(a, b, count, mask); });
        });
    }

private:
    template <class Use>
    static void with_values(Kind kind, Values& values, std::size_t count, Use&& use) {
        switch (kind) {
            case Kind::i32:
                std::copy_n(values.i32.begin(), count, values.i64.begin());
                return use(values.i64.data());
            case Kind::i64:
                return use(values.i64.data());
            case Kind::u64:
                return use(values.u64.data());
            case Kind::f64:
                return use(values.f64.data());
        }
    }
    template <class A, class B>
    void compare(const A* a, const B* b, std::size_t count, std::uint8_t* mask) const {
        // `compare_fields` has put the wider kind to the right.
        if constexpr (std::is_same_v<A, B> || std::is_same_v<B, double> || std::is_same_v<A, std::int64_t>)
            for (std::size_t i = 0; i < count; ++i)
                mask[i] = static_cast<std::uint8_t>((order_of(a[i], b[i]) & orders_) != 0);
    }

    FieldValues left_, right_;
    unsigned orders_;
};

}  // namespace

Comparison mirrored(Comparison comparison) {
    switch (comparison) {
        case Comparison::less:
            return Comparison::greater;
        case Comparison::less_equal:
            return Comparison::greater_equal;
        case Comparison::greater:
            return Comparison::less;
        case Comparison::greater_equal:
            return Comparison::less_equal;
        case Comparison::equal:
        case Comparison::unequal:
            break;
    }
    return comparison;
}

std::unique_ptr<const Test> compare_with_number(const FieldValues& field, Comparison comparison,
                                                const Decimal& number) {
    return make_range_test(field, comparison, {&number, 1});
}

std::unique_ptr<const Test> find_in_list(const FieldValues& field, std::span<const Decimal> numbers) {
    return make_range_test(field, Comparison::equal, numbers);
}

std::unique_ptr<const Test> compare_fields(const FieldValues& left, Comparison comparison, const FieldValues& right) {
    if (left.kind() > right.kind()) return std::make_unique<PairTest>(right, left, orders_of(mirrored(comparison)));
    return std::make_unique<PairTest>(left, right, orders_of(comparison));
}

}  // namespace copse::filter
