// A coarse picture of an area: where no edge is near, one look tells; elsewhere, the few edges that are.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "copse/filter.hpp"
#include "filter/edges.hpp"

namespace copse::filter {

/// The rectangle of an area in cells. A cell is the set of positions that the same two rounded operations take to the
/// same number, so there is no doubt to which one a position belongs.
class Raster {
public:
    enum class Answer : std::uint8_t { outside, inside, unknown };
    using Rings = std::vector<std::uint32_t>;  ///< ascending

    /// @param edges, rings must outlive the raster
    /// @param rings_around the rings that have a position inside, which is on none of them; asked once for each run of
    ///                     cells without edges
    /// @return empty if cells would be so small that rounding decides where an edge passes
    static std::optional<Raster> make(Polygon::Position min, Polygon::Position max, std::span<const Edge> edges,
                                      std::span<const RingKind> rings,
                                      const std::function<Rings(Polygon::Position)>& rings_around);

    /// Exact where it knows; `unknown` where many edges are near. @pre the position lies in the rectangle
    [[nodiscard]] Answer ask(Polygon::Position position) const {
        const auto cell = cells_[y_.cell(position.y) * x_.count + x_.cell(position.x)];
        if (cell < kEdge) return cell == kInside ? Answer::inside : Answer::outside;
        return ask_run(cell - kEdge, position);
    }
    /// Whether no edge touches the cells of a rectangle, and so the rectangle. @pre it lies in the raster's
    [[nodiscard]] bool is_clear(Polygon::Position min, Polygon::Position max) const;

private:
    static constexpr std::uint32_t kOutside = 0, kInside = 1, kEdge = 2;

    /// Cells along one axis.
    struct Axis {
        double origin = 0;
        double cells_per_unit = 0;
        std::size_t count = 1;

        /// Never falls as `value` rises. What lies outside has the first or last cell.
        [[nodiscard]] std::size_t cell(double value) const {
            const double place = (value - origin) * cells_per_unit;
            if (!(place > 0)) return 0;
            return place < static_cast<double>(count) ? static_cast<std::size_t>(place) : count - 1;
        }
        [[nodiscard]] double start(std::size_t cell) const {
            return origin + static_cast<double>(cell) / cells_per_unit;
        }
        [[nodiscard]] double middle(std::size_t cell) const { return start(cell) + 0.5 / cells_per_unit; }
    };

    /// Cells with edges next to each other in a row. From a position in one of them, the way to the right leads past
    /// edges of the run only, until it comes to a cell without.
    struct Run {
        double end = 0;  ///< x in the middle of the cell behind the run; infinity at the raster's end
        std::uint32_t rings_begin = 0, rings_end = 0;  ///< in `ring_lists_`: those that have that cell inside
        std::uint32_t edges_begin = 0, edges_end = 0;  ///< in `edge_lists_`, ascending
    };

    Raster(Axis x, Axis y, std::span<const Edge> edges, std::span<const RingKind> rings)
        : x_{x}, y_{y}, edges_{edges}, rings_{rings} {}
    static std::optional<Axis> axis_of(double min, double max, std::size_t count);
    [[nodiscard]] bool is_far(const Edge& edge) const;
    template <class Use>
    void for_each_row(const Edge& edge, Use&& use) const;
    void mark(const Edge& edge);
    void sum_up();
    void colour_row(std::size_t row, const std::function<Rings(Polygon::Position)>& rings_around);
    void list_edges();
    [[nodiscard]] Answer ask_run(std::uint32_t index, Polygon::Position position) const;

    Axis x_, y_;
    std::span<const Edge> edges_;
    std::span<const RingKind> rings_;
    std::vector<std::uint32_t> cells_;  ///< row by row: kOutside, kInside, or kEdge + index of a run
    std::vector<std::uint32_t> below_;  ///< cells with edges left of and below each corner, (x count + 1) a row
    std::vector<Run> runs_;
    std::vector<std::uint32_t> ring_lists_;
    std::vector<std::uint32_t> edge_lists_;  ///< empty if they would be long
};

}  // namespace copse::filter
