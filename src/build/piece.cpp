#include "build/piece.hpp"

#include <cassert>
#include <cstring>

namespace copse::build {
namespace {

/// Calls `use(T{})` with the unsigned type of this width.
template <class Use>
void with_width(unsigned width, const Use& use) {
    switch (width) {
        case 1:
            return use(std::uint8_t{});
        case 2:
            return use(std::uint16_t{});
        case 4:
            return use(std::uint32_t{});
        default:
            return use(std::uint64_t{});
    }
}

/// Only wide values: coordinates and times are close to those of the row before.
constexpr bool as_differences(std::size_t width) { return width >= 4; }

/// A difference of either sign as a small number.
template <class T>
T folded(T difference) {
    return static_cast<T>(static_cast<T>(difference << 1) ^ static_cast<T>(T{0} - (difference >> (sizeof(T) * 8 - 1))));
}
template <class T>
T unfolded(T number) {
    return static_cast<T>((number >> 1) ^ static_cast<T>(T{0} - (number & 1)));
}

template <class T>
void pack_column(const std::byte* from, std::size_t rows, std::byte* to) {
    T before = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        T value;
        std::memcpy(&value, from + row * sizeof(T), sizeof(T));
        if constexpr (as_differences(sizeof(T))) {
            const T difference = static_cast<T>(value - before);
            before = value;
            value = folded(difference);
        }
        for (std::size_t b = 0; b < sizeof(T); ++b)
            to[b * rows + row] = static_cast<std::byte>(static_cast<std::uint8_t>(value >> (8 * b)));
    }
}

template <class T>
void unpack_column(const std::byte* from, std::size_t rows, std::byte* to) {
    T before = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        T value = 0;
        for (std::size_t b = 0; b < sizeof(T); ++b)
            value = static_cast<T>(value | static_cast<T>(static_cast<T>(from[b * rows + row]) << (8 * b)));
        if constexpr (as_differences(sizeof(T))) {
            value = static_cast<T>(before + unfolded(value));
            before = value;
        }
        std::memcpy(to + row * sizeof(T), &value, sizeof(T));
    }
}

template <class T>
void gather_column(const std::byte* from, std::span<const std::uint32_t> rows, std::byte* to) {
    for (std::size_t i = 0; i < rows.size(); ++i)
        std::memcpy(to + i * sizeof(T), from + std::size_t{rows[i]} * sizeof(T), sizeof(T));
}

/// Whether the rows are consecutive: of inputs that are sorted by place, many are.
bool is_run(std::span<const std::uint32_t> rows) {
    if (rows.back() - rows.front() != rows.size() - 1) return false;
    for (std::size_t i = 1; i < rows.size(); ++i)
        if (rows[i] != rows[i - 1] + 1) return false;
    return true;
}

}  // namespace

std::vector<ColumnBytes> columns_of(las::Points& points) {
    assert(!points.columns.has(las::ColumnSet::wave));
    std::vector<ColumnBytes> columns;
    las::for_each_column(points, [&](auto& column) {
        columns.push_back({reinterpret_cast<std::byte*>(column.data()), static_cast<unsigned>(sizeof(column[0]))});
    });
    return columns;
}

std::vector<unsigned> column_widths(const las::PointLayout& layout) {
    las::Points none{layout, las::ColumnSet::all()};
    std::vector<unsigned> widths;
    for (const auto& column : columns_of(none)) widths.push_back(column.width);
    return widths;
}

std::uint64_t row_bytes(std::span<const unsigned> widths) {
    std::uint64_t sum = 0;
    for (const auto width : widths) sum += width;
    return sum;
}

Piece::Piece(std::span<const unsigned> widths, std::uint32_t capacity, Tokens tokens)
    : data_{new std::byte[row_bytes(widths) * capacity]}, capacity_{capacity}, tokens_{std::move(tokens)} {}

void gather_columns(std::span<const ColumnBytes> from, std::span<const std::uint32_t> rows,
                    std::span<const ColumnBytes> to) {
    if (rows.empty()) return;
    const bool run = is_run(rows);
    for (std::size_t c = 0; c < from.size(); ++c) {
        const auto width = from[c].width;
        if (run)
            std::memcpy(to[c].data, from[c].data + std::size_t{rows.front()} * width, rows.size() * width);
        else
            with_width(width, [&](auto type) { gather_column<decltype(type)>(from[c].data, rows, to[c].data); });
    }
}

void Piece::append(std::span<const ColumnBytes> from, std::span<const std::uint32_t> rows) {
    assert(rows.size() <= room());
    std::vector<ColumnBytes> to;
    std::byte* column_start = data_.get();
    for (const auto& column : from) {
        to.push_back({column_start + std::size_t{rows_} * column.width, column.width});
        column_start += std::size_t{capacity_} * column.width;
    }
    gather_columns(from, rows, to);
    rows_ += static_cast<std::uint32_t>(rows.size());
}

void Piece::copy_to(std::span<const ColumnBytes> to, std::size_t first) const {
    const std::byte* from = data_.get();
    for (const auto& column : to) {
        std::memcpy(column.data + first * column.width, from, std::size_t{rows_} * column.width);
        from += std::size_t{capacity_} * column.width;
    }
}

void Piece::pack(std::span<const unsigned> widths, Bytes& out) const {
    out.resize(row_bytes(widths) * rows_);
    const std::byte* from = data_.get();
    std::byte* to = out.data();
    for (const auto width : widths) {
        with_width(width, [&](auto type) { pack_column<decltype(type)>(from, rows_, to); });
        from += std::size_t{capacity_} * width;
        to += std::size_t{rows_} * width;
    }
}

void unpack_piece(ByteView packed, std::uint32_t rows, std::span<const ColumnBytes> to, std::size_t first) {
    const std::byte* from = packed.data();
    for (const auto& column : to) {
        auto* target = column.data + first * column.width;
        with_width(column.width, [&](auto type) { unpack_column<decltype(type)>(from, rows, target); });
        from += std::size_t{rows} * column.width;
    }
}

}  // namespace copse::build
