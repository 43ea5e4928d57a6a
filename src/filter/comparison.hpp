// The leaves of a condition: what one field, or two, must be like.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "filter/decimal.hpp"
#include "filter/values.hpp"

namespace copse::filter {

enum class Comparison : std::uint8_t { equal, unequal, less, less_equal, greater, greater_equal };

/// `b op a` for `a op b`.
[[nodiscard]] Comparison mirrored(Comparison comparison);

/// Something that holds for a row or not.
class Test {
public:
    virtual ~Test() = default;
    /// mask[i] = 1 if it holds for the i-th row of the block, else 0.
    virtual void run(const Block& block, std::uint8_t* mask) const = 0;
};

/// A number beyond the range of the field's type is not like any of its values, but less or greater.
std::unique_ptr<const Test> compare_with_number(const FieldValues& field, Comparison comparison, const Decimal& number);
/// Whether the field equals one of the numbers.
std::unique_ptr<const Test> find_in_list(const FieldValues& field, std::span<const Decimal> numbers);
std::unique_ptr<const Test> compare_fields(const FieldValues& left, Comparison comparison, const FieldValues& right);

}  // namespace copse::filter
