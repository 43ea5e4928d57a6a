#include "filter/raster.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace copse::filter {
namespace {

using Position = Polygon::Position;

/// About one cell an edge along each axis would be fine; more than a million cells no longer fit into caches.
std::size_t side_for(std::size_t edges) {
    constexpr std::size_t kLeast = 32, kMost = 1024;
    const auto wanted = std::bit_ceil(static_cast<std::size_t>(std::sqrt(static_cast<double>(edges)) * 4));
    return std::clamp(wanted, kLeast, kMost);
}

}  // namespace

std::optional<Raster::Axis> Raster::axis_of(double min, double max, std::size_t count) {
    const double extent = max - min;
    const double cell = extent / static_cast<double>(count);
    const double largest = std::max(std::abs(min), std::abs(max));
    // Where an edge enters a row is computed with a few roundings, each of at most 2^-49 of the largest coordinate;
    // marks are a whole cell wider on both sides.
    if (!(extent < 0x1p900 && cell > largest * 0x1p-40 && cell > 0x1p-900)) return std::nullopt;
    return Axis{min, static_cast<double>(count) / extent, count};
}

std::optional<Raster> Raster::make(Position min, Position max, std::span<const Edge> edges,
                                   const std::function<bool(Position)>& contains) {
    const auto side = side_for(edges.size());
    const auto x = axis_of(min.x, max.x, side);
    const auto y = axis_of(min.y, max.y, side);
    if (!x || !y) return std::nullopt;

    Raster raster;
    raster.x_ = *x;
    raster.y_ = *y;
    raster.cells_.assign(side * side, Cell::outside);
    for (const auto& edge : edges) {
        // Holes may reach out of the area.
        const bool beside = edge.max_x < min.x || edge.min_x > max.x || edge.high.y < min.y || edge.low.y > max.y;
        if (!beside) raster.mark(edge);
    }
    raster.sum_up();
    raster.colour(contains);
    return raster;
}

/// Whether an edge reaches so far out of the raster that a rounding error of its own coordinates may be a cell. Only
/// edges of holes do, of areas that are not valid.
bool Raster::is_far(const Edge& edge) const {
    const auto far = [](const Axis& axis, double low, double high) {
        const double extent = static_cast<double>(axis.count) / axis.cells_per_unit;
        return !(low > axis.origin - 8 * extent && high < axis.origin + 8 * extent);
    };
    return far(x_, edge.min_x, edge.max_x) || far(y_, edge.low.y, edge.high.y);
}

void Raster::mark(const Edge& edge) {
    const auto first = y_.cell(edge.low.y), last = y_.cell(edge.high.y);
    if (first == last || is_far(edge)) {
        for (auto row = first; row <= last; ++row) mark_row(row, edge.min_x, edge.max_x);
        return;
    }
    const double slope = (edge.high.x - edge.low.x) / (edge.high.y - edge.low.y);
    const auto x_at = [&](double y) {
        // A slope that overflows may give NaN, which `clamp` would let through.
        const double x = edge.low.x + (y - edge.low.y) * slope;
        return std::clamp(std::isnan(x) ? edge.low.x : x, edge.min_x, edge.max_x);
    };
    // Where a row begins is known up to rounding errors, which a flat edge makes large: rows are taken a bit higher.
    const double margin = 0x1p-6 / y_.cells_per_unit;
    for (auto row = first; row <= last; ++row) {
        const double enters = row == first ? edge.low.x : x_at(y_.start(row) - margin);
        const double leaves = row == last ? edge.high.x : x_at(y_.start(row + 1) + margin);
        mark_row(row, std::min(enters, leaves), std::max(enters, leaves));
    }
}

void Raster::mark_row(std::size_t row, double from_x, double to_x) {
    const auto from = x_.cell(from_x), to = x_.cell(to_x);
    const auto first = from > 0 ? from - 1 : 0, last = std::min(to + 1, x_.count - 1);
    const auto begin = cells_.begin() + static_cast<std::ptrdiff_t>(row * x_.count);
    std::fill(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last) + 1, Cell::edge);
}

void Raster::colour(const std::function<bool(Position)>& contains) {
    for (std::size_t row = 0; row < y_.count; ++row) {
        const double y = y_.start(row) + 0.5 / y_.cells_per_unit;
        auto previous = Cell::edge;
        for (std::size_t column = 0; column < x_.count; ++column) {
            auto& cell = cells_[row * x_.count + column];
            if (cell != Cell::edge) {
                // No ring passes between neighbours without edges.
                const double x = x_.start(column) + 0.5 / x_.cells_per_unit;
                cell = previous != Cell::edge ? previous : contains({x, y}) ? Cell::inside : Cell::outside;
            }
            previous = cell;
        }
    }
}

void Raster::sum_up() {
    const auto width = x_.count + 1;
    below_.assign(width * (y_.count + 1), 0);
    for (std::size_t row = 0; row < y_.count; ++row) {
        std::uint32_t in_row = 0;
        for (std::size_t column = 0; column < x_.count; ++column) {
            in_row += cells_[row * x_.count + column] == Cell::edge ? 1 : 0;
            below_[(row + 1) * width + column + 1] = below_[row * width + column + 1] + in_row;
        }
    }
}

bool Raster::is_clear(Position min, Position max) const {
    const auto width = x_.count + 1;
    const auto left = x_.cell(min.x), right = x_.cell(max.x) + 1;
    const auto bottom = y_.cell(min.y) * width, top = (y_.cell(max.y) + 1) * width;
    return below_[top + right] - below_[top + left] == below_[bottom + right] - below_[bottom + left];
}

}  // namespace copse::filter
