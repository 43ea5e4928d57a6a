// The order of chunks in the file.
#pragma once

#include <compare>
#include <cstdint>

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

/// A place on the way through the tree, depth-first: where a node of level 30 begins. The Morton code of such a node,
/// in two words.
struct Place {
    std::uint64_t upper = 0;  ///< 63 bits: of its ancestor of level 21
    std::uint32_t lower = 0;  ///< 27 bits: within that
    friend auto operator<=>(const Place&, const Place&) = default;
};

/// Where a node begins and where the next one does: [first, last).
struct Passage {
    Place first, last;
};
[[nodiscard]] Passage passage_of(const copc::VoxelKey& key);

}  // namespace copse::build
