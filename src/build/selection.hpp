// Which points of a part of the octree go into which node.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "build/cube.hpp"
#include "build/record_order.hpp"
#include "copse/copc.hpp"
#include "copse/las.hpp"

namespace copse::build {

/// What shapes the tree.
struct TreeShape {
    unsigned grid_bits =
        7;  ///< a node above the leaves takes one point per cell of a grid of 2^grid_bits cells an axis
    std::uint64_t max_node_points = 100000;
};

/// Whether a grid cell of a node of `level` is larger than a quantum, and large enough for `Position` to tell.
[[nodiscard]] bool has_grid(const Cube& cube, const TreeShape& shape, unsigned level);

/// Points of one node, as a piece of the rows that were handed in.
struct NodePiece {
    copc::VoxelKey key;
    std::size_t first = 0;
    std::size_t count = 0;
};

/// What a partition came to.
struct PartitionNodes {
    /// coarse[n]: the partition's points that the node of level n above it takes, for all levels above the partition
    std::vector<std::vector<std::uint32_t>> coarse;
    /// The partition's own nodes in depth-first order. All have points.
    std::vector<NodePiece> nodes;
};

/// Decides for all points of one node's cube (a partition) which node takes them:
///  - a node whose cube holds at most max_node_points points of the input is a leaf: it takes all that is left to it;
///  - otherwise it takes, of the points that no coarser node took, the one nearest to the centre of each cell of its
///  grid
///    (`distance_to_centre`, ties by `TieBreaker`), and the rest goes down;
///  - where a grid cell is no larger than a quantum (`has_grid`), taking one per cell would be one per distinct point:
///  such a node takes
///    the first max_node_points points in node order (`NodeSorter`) instead, and the rest goes down; level 30 takes
///    all.
/// All nodes above the partition must be of the second kind, and its cube made of whole grid cells of all of them, that
/// is, its level at most `grid_bits`. Then no partition needs to know of another.
///
/// Words of sorted Morton codes are scanned level by level; each level costs one pass over the points below it.
/// Keeps its memory (about 44 bytes a point of the largest partition) from call to call.
class Selector {
public:
    Selector(const las::Points& points, const Cube& cube, const TreeShape& shape);
    ~Selector();
    Selector(const Selector&) = delete;
    Selector& operator=(const Selector&) = delete;

    /// @param root  the partition's node
    /// @param rows  all points in its cube; rearranged so that the nodes' pieces refer to it. Behind the last piece lie
    ///              as many rows of no meaning as `coarse` has points
    PartitionNodes select(const copc::VoxelKey& root, std::span<std::uint32_t> rows);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace copse::build
