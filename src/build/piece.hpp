// Points put together in one block of memory, column after column, and how they are written out for a while.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "build/memory.hpp"
#include "copse/las.hpp"

namespace copse::build {

/// Columns of points as bytes: what is moved without being looked at.
struct ColumnBytes {
    std::byte* data = nullptr;
    unsigned width = 0;  ///< bytes of an element: 1, 2, 4 or 8
};

/// All columns, in the order of `las::for_each_column`. @pre no wave packets
[[nodiscard]] std::vector<ColumnBytes> columns_of(las::Points& points);

/// Widths of the columns that points of this layout have (PDRF 6, 7 or 8).
[[nodiscard]] std::vector<unsigned> column_widths(const las::PointLayout& layout);

/// Copies the given rows of `from` to the first rows of `to`.
void gather_columns(std::span<const ColumnBytes> from, std::span<const std::uint32_t> rows,
                    std::span<const ColumnBytes> to);

/// Rows of all columns in one block of memory.
class Piece {
public:
    Piece() = default;
    /// No rows yet.
    Piece(std::span<const unsigned> widths, std::uint32_t capacity, Tokens tokens);

    [[nodiscard]] std::uint32_t rows() const { return rows_; }
    [[nodiscard]] std::uint32_t room() const { return capacity_ - rows_; }
    /// Place among the pieces of a pile whose order is kept.
    std::uint32_t place = 0;

    /// Appends the given rows of `from`. @pre there is room
    void append(std::span<const ColumnBytes> from, std::span<const std::uint32_t> rows);
    /// Copies all rows to rows [first, first + rows()) of `to`.
    void copy_to(std::span<const ColumnBytes> to, std::size_t first) const;

    /// All rows as bytes that compress well: coordinates and times as differences, every value's bytes apart, all
    /// lowest bytes first.
    void pack(std::span<const unsigned> widths, Bytes& out) const;

private:
    std::unique_ptr<std::byte[]> data_;
    std::uint32_t rows_ = 0;
    std::uint32_t capacity_ = 0;
    Tokens tokens_;
};

/// Bytes of a row in memory.
[[nodiscard]] std::uint64_t row_bytes(std::span<const unsigned> widths);

/// Undoes `Piece::pack`: fills rows [first, first + rows) of `to`. @pre packed.size() == rows * row_bytes
void unpack_piece(ByteView packed, std::uint32_t rows, std::span<const ColumnBytes> to, std::size_t first);

}  // namespace copse::build
