#include "quality/nearest_selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace copse::bench {
namespace {

constexpr unsigned kDepth = 21;  // levels of cells that a number tells apart

struct Item {
    std::uint64_t cell;  ///< three bits a level, from the root down
    Place place;
    bool is_taken;
};
using Node = std::span<Item>;

/// Where a place is in a grid of 2^level cells an axis.
Place in_grid(const Place& place, const Cube& cube, unsigned level) {
    const double cells = std::ldexp(1.0, static_cast<int>(level)) / cube.edge;
    return {(place[0] - cube.min[0]) * cells, (place[1] - cube.min[1]) * cells, (place[2] - cube.min[2]) * cells};
}

std::uint64_t cell_number(const Place& place, const Cube& cube) {
    const auto at = in_grid(place, cube, kDepth);
    std::uint64_t number = 0;
    for (unsigned bit = kDepth; bit-- > 0;)
        for (std::size_t a = 3; a-- > 0;) number = number << 1 | (static_cast<std::uint64_t>(at[a]) >> bit & 1);
    return number;
}

double squared_distance_to_centre(const Place& place, const Cube& cube, unsigned level) {
    double squared = 0;
    for (const double axis : in_grid(place, cube, level)) {
        const double off = axis - std::floor(axis) - 0.5;
        squared += off * off;
    }
    return squared;
}

/// Calls `use(run)` for each run of items in the same cell of `level`.
template <class Use>
void for_each_cell(Node items, unsigned level, const Use& use) {
    const unsigned shift = 3 * (kDepth - level);
    for (std::size_t first = 0; first < items.size();) {
        std::size_t last = first + 1;
        while (last < items.size() && items[last].cell >> shift == items[first].cell >> shift) ++last;
        use(items.subspan(first, last - first));
        first = last;
    }
}

/// Of a cell the nearest to its centre, if any is left.
void take_nearest(Node cell, const Cube& cube, unsigned level, std::vector<Place>& out) {
    Item* best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (auto& item : cell) {
        if (item.is_taken) continue;
        const double distance = squared_distance_to_centre(item.place, cube, level);
        if (distance >= least) continue;
        best = &item;
        least = distance;
    }
    if (!best) return;
    best->is_taken = true;
    out.push_back(best->place);
}

}  // namespace

std::vector<SelectedLevel> select_nearest(std::vector<Place> places, const Cube& cube, unsigned grid_bits,
                                          std::uint64_t max_node_points) {
    std::vector<Item> items;
    items.reserve(places.size());
    for (const auto& place : places) items.push_back({cell_number(place, cube), place, false});
    std::vector<Place>{}.swap(places);
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.cell < b.cell; });

    std::vector<SelectedLevel> levels;
    std::vector<Node> nodes{Node{items}};
    for (unsigned level = 0; level + grid_bits <= kDepth; ++level) {
        SelectedLevel selected;
        std::vector<Node> below;
        for (const auto node : nodes) {
            if (node.size() <= max_node_points) continue;
            ++selected.nodes;
            for_each_cell(node, level + grid_bits,
                          [&](Node cell) { take_nearest(cell, cube, level + grid_bits, selected.places); });
            for_each_cell(node, level + 1, [&](Node child) { below.push_back(child); });
        }
        if (selected.nodes == 0) break;
        levels.push_back(std::move(selected));
        nodes = std::move(below);
    }
    return levels;
}

}  // namespace copse::bench
