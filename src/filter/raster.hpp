// A coarse picture of an area: where no edge is near, one look tells.
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
    enum class Cell : std::uint8_t { outside, inside, edge };

    /// @param contains the exact answer, asked once for each run of cells without edges
    /// @return empty if cells would be so small that rounding decides where an edge passes
    static std::optional<Raster> make(Polygon::Position min, Polygon::Position max, std::span<const Edge> edges,
                                      const std::function<bool(Polygon::Position)>& contains);

    /// @pre the position lies in the rectangle
    [[nodiscard]] Cell at(Polygon::Position position) const {
        return cells_[y_.cell(position.y) * x_.count + x_.cell(position.x)];
    }
    /// Whether no edge touches the cells of a rectangle, and so the rectangle. @pre it lies in the raster's
    [[nodiscard]] bool is_clear(Polygon::Position min, Polygon::Position max) const;

private:
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
    };
    static std::optional<Axis> axis_of(double min, double max, std::size_t count);
    [[nodiscard]] bool is_far(const Edge& edge) const;
    void mark(const Edge& edge);
    void mark_row(std::size_t row, double from_x, double to_x);
    void colour(const std::function<bool(Polygon::Position)>& contains);
    void sum_up();

    Axis x_, y_;
    std::vector<Cell> cells_;           ///< row by row
    std::vector<std::uint32_t> below_;  ///< cells with edges left of and below each corner, (x count + 1) a row
};

}  // namespace copse::filter
