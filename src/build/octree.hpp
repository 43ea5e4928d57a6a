// The whole tree over points in memory: cut into partitions, each decided by itself, in parallel.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "build/cube.hpp"
#include "build/selection.hpp"
#include "copse/copc.hpp"
#include "copse/las.hpp"
#include "copse/wire.hpp"

namespace copse::build {

/// A node and the rows of its points, in no particular order.
struct TreeNode {
    copc::VoxelKey key;
    std::span<const std::uint32_t> rows;
};

/// All nodes with points, in file order (`file_order_less`). Owns the rows.
struct Octree {
    std::vector<TreeNode> nodes;
    std::vector<std::uint32_t> rows;
    std::vector<std::vector<std::uint32_t>> coarse_rows;
};

/// The order of chunks in the file: nodes of levels 0 to 3 breadth-first, so that an overview is one range; then
/// depth-first, so that a subtree is one.
[[nodiscard]] bool file_order_less(const copc::VoxelKey& a, const copc::VoxelKey& b);

/// Partitions with more points than this are cut further where the grid allows. The tree does not depend on it.
inline constexpr std::uint64_t kPartitionPoints = 1u << 20;

/// Builds the tree. The result depends on the points' records, the cube and the shape only. Empty if `progress` (points
/// done so far; may be empty) said stop.
/// @param partition_points at least shape.max_node_points is used
/// @pre fewer than 2^32 points, all in the cube
/// Memory besides the points: 4 bytes a point, another 4 while partitions are formed, and a `Selector` for each thread.
std::optional<Octree> build_octree(const las::Points& points, const Cube& cube, const TreeShape& shape,
                                   wire::Executor& executor, const std::function<bool(std::uint64_t)>& progress = {},
                                   std::uint64_t partition_points = kPartitionPoints);

/// A part of the tree that decides alone: all points of a node's cube.
struct Partition {
    copc::VoxelKey root;
    std::uint64_t first_code = 0;  ///< of the cells of the counting level that it holds
    std::uint64_t last_code = 0;   ///< one past the last
    std::uint64_t points = 0;
};

/// Cuts the tree, from counts per cell of `level` in Morton order, into the coarsest subtrees of at most `most_points`
/// points, or cells where these hold more. Subtrees without points are left out. In Morton order.
std::vector<Partition> plan_partitions(std::span<const std::uint32_t> counts, int level, std::uint64_t most_points);

}  // namespace copse::build
