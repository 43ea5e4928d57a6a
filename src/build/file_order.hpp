// The order of chunks in the file.
#pragma once

#include "copse/copc.hpp"

namespace copse::build {

/// Nodes of these levels lie together, at the end of the chunks.
inline constexpr int kOverviewLevels = 4;

/// First the nodes from level 4 on, depth-first, each behind all its descendants: a subtree is one range, and a node
/// can be written as soon as the last point below it has been seen. Then the nodes of levels 0 to 3 breadth-first, so
/// that an overview is one range too, next to the indexes, which follow. The order depends on the tree alone.
[[nodiscard]] inline bool file_order_less(const copc::VoxelKey& a, const copc::VoxelKey& b) {
    const bool overview_a = a.level < kOverviewLevels, overview_b = b.level < kOverviewLevels;
    if (overview_a != overview_b) return overview_b;
    if (overview_a) return a < b;
    if (a.is_ancestor_of(b)) return false;
    if (b.is_ancestor_of(a)) return true;
    return copc::depth_first_less(a, b);
}

struct FileOrder {
    bool operator()(const copc::VoxelKey& a, const copc::VoxelKey& b) const { return file_order_less(a, b); }
};

/// Places on the way through the tree: a node covers [first, last) of its descendants' numbers of level 21.
/// @pre level <= 21
struct Passage {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};
inline constexpr int kPassageLevel = 21;
[[nodiscard]] Passage passage_of(const copc::VoxelKey& key);

}  // namespace copse::build
