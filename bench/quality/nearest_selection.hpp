// The points that a converter should choose, found without the converter: of each grid cell the one nearest to its
// centre.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "quality/spacing.hpp"

namespace copse::bench {

struct Cube {
    Place min{};
    double edge = 1;
};

/// Points of all nodes of a level that have children.
struct SelectedLevel {
    std::uint64_t nodes = 0;
    std::vector<Place> places;
};

/// Brute force in floating-point numbers: a node with more than `max_node_points` of all points in its cube has
/// children, and takes of each cell of its grid the point nearest to the cell's centre among those that no coarser node
/// took. Element i is level i. Rearranges `places`; another 8 bytes a point of memory and 1 for whether it is taken.
/// Ends at level 14, below which cells are smaller than 2^-21 of the cube.
std::vector<SelectedLevel> select_nearest(std::vector<Place> places, const Cube& cube, unsigned grid_bits,
                                          std::uint64_t max_node_points);

}  // namespace copse::bench
