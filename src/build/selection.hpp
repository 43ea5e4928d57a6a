// Which points of a part of the octree go into which node.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "build/cube.hpp"
#include "copse/copc.hpp"
#include "copse/las.hpp"

namespace copse::build {

/// What shapes the tree.
struct TreeShape {
    unsigned grid_bits =
        7;  ///< a node above the leaves takes at most one point per cell of a grid of 2^grid_bits cells an axis
    std::uint64_t max_node_points = 100000;

    /// A node may be a leaf if there are at most so many points of the input in its cube. A bound is needed: parts of
    /// the tree that are built by themselves are larger than this, so none of them needs to know whether a node above
    /// is one.
    [[nodiscard]] std::uint64_t most_leaf_total() const { return max_node_points + max_node_points / 2; }
};

/// Whether a grid cell of a node of `level` is larger than a quantum, and large enough for `Position` to tell.
[[nodiscard]] bool has_grid(const Cube& cube, const TreeShape& shape, unsigned level);

/// A cell that already has a point of a coarser node, so far from its centre, takes another only if that one is less
/// than a third as far: its distance must be less than this. (Distances are squared: `distance_to_centre`. Exact: the
/// same as 9 * distance < distance_of_taken.)
[[nodiscard]] inline std::uint64_t limit_beside(std::uint64_t distance_of_taken) { return (distance_of_taken + 8) / 9; }

/// A point of a partition that a node of `level` above it takes: decided among several partitions.
struct Settled {
    unsigned level = 0;
    std::uint32_t row = 0;
};

/// What a partition came to.
struct Selection {
    struct Node {
        copc::VoxelKey key;
        std::size_t points = 0;
    };
    /// First the nodes above the partition, from level 0 on, with what they take of it; then the partition's own,
    /// parents before children. Some may have no points.
    std::vector<Node> nodes;
    std::vector<std::uint32_t> node_of;  ///< by row: place in `nodes`
};

/// Decides for all points of one node's cube (a partition) which node takes them:
///  - a node is a leaf, and takes all that is left to it, if these are at most max_node_points, and the points of the
///    input in its cube are at most half as many more;
///  - otherwise it takes, of the points that no coarser node took, the one nearest to the centre of each cell of its
///    grid (`distance_to_centre`, ties by `TieBreaker`), and the rest goes down; but none of a cell in which a coarser
///    node's point is nearly as near to the centre (`limit_beside`);
///  - where a grid cell is no larger than a quantum (`has_grid`), taking one per cell would be one per distinct point:
///    such a node takes the first max_node_points points in node order (`NodeSorter`) instead, and the rest goes down;
///    level 30 takes all.
/// All nodes above the partition must be of the second kind. Where the partition's cube is made of whole grid cells of
/// such a node, that is, on the levels from `level - grid_bits` on, it needs not know of other partitions; on the
/// levels before, the partition lies inside one cell, and what it gives is told by `settled` (see nomination.hpp).
///
/// Words of sorted Morton codes are scanned level by level; each level costs one pass over the points below it.
/// Keeps its memory (`kBytesPerRow` of the largest partition) from call to call.
class Selector {
public:
    Selector(const Cube& cube, const TreeShape& shape);
    ~Selector();
    Selector(const Selector&) = delete;
    Selector& operator=(const Selector&) = delete;

    static constexpr std::uint64_t kBytesPerRow = 52;

    /// @param root          the partition's node
    /// @param points        all points in its cube
    /// @param record_order  its rows, sorted by `NodeSorter`
    /// @param settled       what levels before `root.level - grid_bits` take
    /// @returns the selection, good until the next call
    const Selection& select(const copc::VoxelKey& root, const las::Points& points,
                            std::span<const std::uint32_t> record_order, std::span<const Settled> settled = {});

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace copse::build
