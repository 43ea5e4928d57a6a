// What neighbours within one grid cell give to the nodes above them.
#pragma once

#include "build/partition.hpp"

namespace copse::build {

/// A partition of level p > grid_bits lies inside one grid cell of each node of the levels 0 to p - grid_bits - 1, and
/// shares it with its neighbours: which of them has the point nearest to the cell's centre, no one knows alone. For
/// each of these p - grid_bits levels it nominates its best points, one more than can be lost to the other levels; the
/// nominees are then resolved from level 0 down, each point winning once, and every partition is told what it gives
/// (`Partition::settled`). Coarser nodes' points in such a cell, beside which it may take none (`limit_beside`), are
/// winners of levels resolved before. Each point is looked at once. The partitions' piles are pinned.
MaybeFailure settle_shared_cells(std::span<Partition> partitions, const TreePlan& tree, PileStore& store,
                                 wire::Executor& executor);

}  // namespace copse::build
