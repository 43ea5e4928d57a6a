#include "filter/raster.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace copse::filter {
namespace {

using Position = Polygon::Position;

/// Several times as many cells along an axis as a compact area has edges; more than a million no longer fit into
/// caches.
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
    // Where an edge enters a row is computed with a few roundings, each of at most 2^-46 of the largest coordinate;
    // marks are a whole cell wider on both sides.
    if (!(extent < 0x1p900 && cell > largest * 0x1p-36 && cell > 0x1p-900)) return std::nullopt;
    return Axis{min, static_cast<double>(count) / extent, count};
}

std::optional<Raster> Raster::make(Position min, Position max, std::span<const Edge> edges,
                                   std::span<const RingKind> rings,
                                   const std::function<Rings(Position)>& rings_around) {
    const auto side = side_for(edges.size());
    const auto x = axis_of(min.x, max.x, side);
    const auto y = axis_of(min.y, max.y, side);
    if (!x || !y) return std::nullopt;

    Raster raster{*x, *y, edges, rings};
    raster.cells_.assign(side * side, kOutside);
    bool reaches_out = false;  // holes may, in areas that are not valid
    for (const auto& edge : edges) {
        reaches_out =
            reaches_out || edge.min_x < min.x || edge.max_x > max.x || edge.low.y < min.y || edge.high.y > max.y;
        const bool beside = edge.max_x < min.x || edge.min_x > max.x || edge.high.y < min.y || edge.low.y > max.y;
        if (!beside) raster.mark(edge);
    }
    raster.sum_up();
    for (std::size_t row = 0; row < side; ++row) raster.colour_row(row, rings_around);
    // Behind the raster's end there must be nothing.
    if (!reaches_out) raster.list_edges();
    return raster;
}

/// Whether an edge reaches so far out of the raster that a rounding error of its own coordinates may be a cell.
bool Raster::is_far(const Edge& edge) const {
    const auto far = [](const Axis& axis, double low, double high) {
        const double extent = static_cast<double>(axis.count) / axis.cells_per_unit;
        return !(low > axis.origin - 8 * extent && high < axis.origin + 8 * extent);
    };
    return far(x_, edge.min_x, edge.max_x) || far(y_, edge.low.y, edge.high.y);
}

/// Calls `use(row, first, last)` with the cells of each row that the edge may touch.
template <class Use>
void Raster::for_each_row(const Edge& edge, Use&& use) const {
    // What is computed is off by less than 2^-8 of a cell.
    const double x_margin = 0x1p-6 / x_.cells_per_unit, y_margin = 0x1p-6 / y_.cells_per_unit;
    const auto use_row = [&](std::size_t row, double a, double b) {
        use(row, x_.cell(std::min(a, b) - x_margin), x_.cell(std::max(a, b) + x_margin));
    };
    const auto first = y_.cell(edge.low.y), last = y_.cell(edge.high.y);
    if (first == last || is_far(edge)) {
        for (auto row = first; row <= last; ++row) use_row(row, edge.min_x, edge.max_x);
        return;
    }
    const double slope = (edge.high.x - edge.low.x) / (edge.high.y - edge.low.y);
    const auto x_at = [&](double y) {
        // A slope that overflows may give NaN, which `clamp` would let through.
        const double x = edge.low.x + (y - edge.low.y) * slope;
        return std::clamp(std::isnan(x) ? edge.low.x : x, edge.min_x, edge.max_x);
    };
    // Where a row begins is known up to rounding errors, which a flat edge makes large: rows are taken a bit higher.
    for (auto row = first; row <= last; ++row) {
        const double enters = row == first ? edge.low.x : x_at(y_.start(row) - y_margin);
        const double leaves = row == last ? edge.high.x : x_at(y_.start(row + 1) + y_margin);
        use_row(row, enters, leaves);
    }
}

void Raster::mark(const Edge& edge) {
    for_each_row(edge, [this](std::size_t row, std::size_t first, std::size_t last) {
        const auto begin = cells_.begin() + static_cast<std::ptrdiff_t>(row * x_.count);
        std::fill(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last) + 1, kEdge);
    });
}

void Raster::sum_up() {
    const auto width = x_.count + 1;
    below_.assign(width * (y_.count + 1), 0);
    for (std::size_t row = 0; row < y_.count; ++row) {
        std::uint32_t in_row = 0;
        for (std::size_t column = 0; column < x_.count; ++column) {
            in_row += cells_[row * x_.count + column] == kEdge ? 1 : 0;
            below_[(row + 1) * width + column + 1] = below_[row * width + column + 1] + in_row;
        }
    }
}

/// From right to left, as runs are told by what is behind them.
void Raster::colour_row(std::size_t row, const std::function<Rings(Position)>& rings_around) {
    Run next;
    next.end = std::numeric_limits<double>::infinity();
    next.rings_begin = next.rings_end = static_cast<std::uint32_t>(ring_lists_.size());
    std::uint32_t colour = kOutside;
    bool after_clear = false, after_edge = false;
    for (auto column = x_.count; column-- > 0;) {
        auto& cell = cells_[row * x_.count + column];
        if (cell == kEdge) {
            if (!after_edge) runs_.push_back(next);
            cell = kEdge + static_cast<std::uint32_t>(runs_.size() - 1);
        } else {
            // No ring passes between neighbours without edges.
            if (!after_clear) {
                const auto rings = rings_around({x_.middle(column), y_.middle(row)});
                PartSearch search{rings_};
                for (const auto ring : rings) search.take(ring, Side::inside);
                colour = search.found() ? kInside : kOutside;
                next.rings_begin = static_cast<std::uint32_t>(ring_lists_.size());
                ring_lists_.insert(ring_lists_.end(), rings.begin(), rings.end());
                next.rings_end = static_cast<std::uint32_t>(ring_lists_.size());
            }
            next.end = x_.middle(column);
            cell = colour;
        }
        after_edge = cell >= kEdge;
        after_clear = !after_edge;
    }
}

void Raster::list_edges() {
    // What an edge marks in a row lies in one run.
    const auto for_each_run = [this](const Edge& edge, auto&& use) {
        for_each_row(edge, [&](std::size_t row, std::size_t first, std::size_t) {
            use(runs_[cells_[row * x_.count + first] - kEdge]);
        });
    };
    const auto most = 32 * edges_.size() + 65536;
    std::size_t total = 0;
    for (const auto& edge : edges_) {
        for_each_run(edge, [&](Run& run) {
            ++run.edges_end;
            ++total;
        });
        if (total > most) return;
    }
    std::uint32_t begin = 0;
    for (auto& run : runs_) {
        const auto count = run.edges_end;
        run.edges_begin = run.edges_end = begin;
        begin += count;
    }
    edge_lists_.resize(total);
    for (std::uint32_t i = 0; i < edges_.size(); ++i)
        for_each_run(edges_[i], [&](Run& run) { edge_lists_[run.edges_end++] = i; });
}

Raster::Answer Raster::ask_run(std::uint32_t index, Position position) const {
    // Bands of y have shorter lists where many edges stand side by side.
    constexpr std::uint32_t kMany = 256;
    const auto& run = runs_[index];
    if (edge_lists_.empty() || run.edges_end - run.edges_begin > kMany) return Answer::unknown;

    PartSearch search{rings_};
    auto edge = run.edges_begin;
    auto around = run.rings_begin;
    // Rings with edges in the run and rings around its end, merged in ascending order.
    while (edge < run.edges_end || around < run.rings_end) {
        const bool has_edges = edge < run.edges_end;
        const bool has_around = around < run.rings_end;
        const auto by_edge = has_edges ? edges_[edge_lists_[edge]].ring : 0;
        const auto by_around = has_around ? ring_lists_[around] : 0;
        const auto ring = !has_around || (has_edges && by_edge < by_around) ? by_edge : by_around;
        const bool parity = has_around && by_around == ring;
        Crossings crossings{position, parity};
        if (parity) ++around;
        for (; edge < run.edges_end && edges_[edge_lists_[edge]].ring == ring; ++edge)
            crossings.add(edges_[edge_lists_[edge]], run.end);
        search.take(ring, crossings.side());
    }
    return search.found() ? Answer::inside : Answer::outside;
}

bool Raster::is_clear(Position min, Position max) const {
    const auto width = x_.count + 1;
    const auto left = x_.cell(min.x), right = x_.cell(max.x) + 1;
    const auto bottom = y_.cell(min.y) * width, top = (y_.cell(max.y) + 1) * width;
    return below_[top + right] - below_[top + left] == below_[bottom + right] - below_[bottom + left];
}

}  // namespace copse::filter
