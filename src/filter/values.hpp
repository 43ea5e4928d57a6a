// Values of a field for many rows at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "copse/las.hpp"

namespace copse::filter {

inline constexpr std::size_t kBlockRows = 1024;

/// Some rows of some points. @pre at most kBlockRows, ascending
struct Block {
    const las::Points* points;
    std::span<const std::uint32_t> rows;

    /// Whether no row is left out between the first and the last: then columns are read straight through.
    [[nodiscard]] bool is_dense() const { return rows.back() - rows.front() + 1 == rows.size(); }
};

/// The type in which values are compared: the narrowest that holds all of a field.
enum class Kind : std::uint8_t { i32, i64, u64, f64 };

/// Room for the values of a block; one of the arrays is in use.
struct Values {
    std::array<std::int32_t, kBlockRows> i32;
    std::array<std::int64_t, kBlockRows> i64;
    std::array<std::uint64_t, kBlockRows> u64;
    std::array<double, kBlockRows> f64;
};

/// Where the values of a field come from.
class FieldValues {
public:
    FieldValues(const las::Field& field, const las::Header& header, const las::PointLayout& layout,
                const las::ExtraSchema& extra);

    [[nodiscard]] Kind kind() const { return kind_; }
    /// Values are floats, held as doubles.
    [[nodiscard]] bool is_float() const { return is_float_; }
    /// Fills the array of `kind()`.
    void load(const Block& block, Values& out) const;

private:
    void load_standard(const Block& block, Values& out) const;
    void load_extra(const Block& block, Values& out) const;

    std::optional<las::Dimension> dimension_;
    las::ExtraNumber extra_;
    double scale_ = 1, offset_ = 0;  ///< of a coordinate
    Kind kind_ = Kind::i32;
    bool is_float_ = false;
};

}  // namespace copse::filter
