// Nodes that cannot be divided and hold more points than fit into a thread's memory: millions of copies of one point.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "build/partition.hpp"
#include "build/pile.hpp"

namespace copse::build {

/// Gives every point of such a partition to its node: what the nodes above take, as `Selector` would choose it, then
/// the chain's own nodes, each the next max_node_points points in record order, level 30 all that are left. The points
/// are passed over once for each level above that has whole grid cells here, and sorted in parts that fit into memory.
/// @param partition  its root is a chain (`has_grid`), its piles are pinned
/// @param most_rows  that may be in memory at a time
/// @param give       as of `PartitionBuilder::build`; receives the points of all nodes
PileStatus give_long_chain(const Partition& partition, const TreePlan& tree, std::uint64_t most_rows, PileStore& store,
                           const PartitionBuilder::Give& give);

}  // namespace copse::build
