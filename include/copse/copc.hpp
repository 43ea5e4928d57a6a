// COPC 1.0: the info record, voxel keys, hierarchy pages, and which nodes a box needs.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "copse/las.hpp"
#include "copse/wire.hpp"

namespace copse::copc {

using las::Vec3;

inline constexpr std::string_view kUserId = "copc";
inline constexpr std::uint16_t kInfoRecordId = 1;
inline constexpr std::uint16_t kHierarchyRecordId = 1000;
inline constexpr std::size_t kInfoSize = 160;
inline constexpr std::size_t kEntrySize = 32;
inline constexpr FileOffset kInfoVlrAt = 375;
inline constexpr int kMaxLevel = 30;  ///< deepest level whose keys fit int32

/// The COPC info VLR. @spec COPC 1.0, "info VLR"
struct Info {
    Vec3 center{};
    double half_size = 0;     ///< from the centre to each face of the root cube, CRS units
    double root_spacing = 0;  ///< CRS units; halves with each level
    ByteRange root_page;
    double gps_time_min = 0;
    double gps_time_max = 0;
    bool reserved_is_zero = true;
};

/// Parses the info payload.
/// Errors: other than 160 bytes; half_size not positive and finite; spacing not positive and finite; centre not finite;
/// a cube that passes the range of doubles.
Result<Info> parse_info(ByteView payload, FileOffset at);
void encode_info(const Info& info, Bytes& out);

/// A node of the octree. Ordered breadth-first: level, then x, y, z.
struct VoxelKey {
    std::int32_t level = 0;
    std::int32_t x = 0;
    std::int32_t y = 0;
    std::int32_t z = 0;

    /// Level 0 to 30, x, y, z in [0, 2^level).
    [[nodiscard]] bool valid() const;
    /// @pre level > 0
    [[nodiscard]] VoxelKey parent() const { return {level - 1, x >> 1, y >> 1, z >> 1}; }
    /// Child `octant`: bit 0 x, bit 1 y, bit 2 z. @pre level < 30
    [[nodiscard]] VoxelKey child(unsigned octant) const {
        return {level + 1, x * 2 + static_cast<std::int32_t>(octant & 1u),
                y * 2 + static_cast<std::int32_t>(octant >> 1 & 1u),
                z * 2 + static_cast<std::int32_t>(octant >> 2 & 1u)};
    }
    /// The ancestor at `at_level` (itself if that is its level). @pre 0 <= at_level <= level
    [[nodiscard]] VoxelKey ancestor(std::int32_t at_level) const {
        const auto up = level - at_level;
        return {at_level, x >> up, y >> up, z >> up};
    }
    [[nodiscard]] bool is_ancestor_of(const VoxelKey& other) const {
        return other.level >= level && other.ancestor(level) == *this;
    }
    friend bool operator==(const VoxelKey&, const VoxelKey&) = default;
    friend auto operator<=>(const VoxelKey&, const VoxelKey&) = default;
};

/// "level-x-y-z".
[[nodiscard]] std::string to_string(const VoxelKey& key);

/// For unordered containers.
struct VoxelKeyHash {
    [[nodiscard]] std::size_t operator()(const VoxelKey& key) const;
};

/// Depth-first (Morton) order: a node before its descendants, subtrees contiguous.
[[nodiscard]] bool depth_first_less(const VoxelKey& a, const VoxelKey& b);

/// An axis-parallel box with closed faces. Default: everything.
struct Box {
    Vec3 min{-kInfinity, -kInfinity, -kInfinity};
    Vec3 max{kInfinity, kInfinity, kInfinity};
    static constexpr double kInfinity = std::numeric_limits<double>::infinity();

    [[nodiscard]] bool contains(double x, double y, double z) const;
    [[nodiscard]] bool overlaps(const Box& other) const;  ///< touching counts
    /// No point can be inside: min above max, or NaN.
    [[nodiscard]] bool empty() const;
};

/// The cube of a node, closed, widened by a scale step and rounding slack so that every point that a writer put into
/// the node is inside, whether it rounds or truncates, before or after choosing the node.
[[nodiscard]] Box node_box(const Info& info, const VoxelKey& key, const Vec3& scale);

/// Coarsest level whose spacing is at most `resolution`: max(0, ceil(log2(root_spacing / resolution))), at most 30.
/// @pre resolution > 0
[[nodiscard]] int level_for_resolution(const Info& info, double resolution);

/// One hierarchy entry, as stored. @spec COPC 1.0, "hierarchy VLR"
struct Entry {
    VoxelKey key;
    FileOffset offset = 0;
    std::int32_t byte_size = 0;
    std::int32_t point_count = 0;  ///< > 0 a chunk, 0 an empty node, -1 a child page

    [[nodiscard]] bool is_page() const { return point_count == -1; }
    [[nodiscard]] bool has_points() const { return point_count > 0; }
    [[nodiscard]] ByteRange range() const { return {offset, static_cast<std::uint64_t>(byte_size)}; }
    friend bool operator==(const Entry&, const Entry&) = default;
};

/// Parses one hierarchy page.
/// Errors: size not a multiple of 32; invalid key; point count below -1; size not positive where there are points or a
/// page; offset + size wrapping; a key twice with data, or twice as page. Offsets are not compared with the file's
/// size.
Result<std::vector<Entry>> parse_page(ByteView bytes, FileOffset at);
void encode_page(std::span<const Entry> entries, Bytes& out);

// ---- pages that are cut by bytes ------------------------------------------------------------------------------------

/// A node as the page planner sees it: how many bytes its own entry takes in a page of each kind.
struct PageNode {
    VoxelKey key;
    std::uint32_t hierarchy_bytes = kEntrySize;
    std::uint32_t temporal_bytes = 0;  ///< 0: no entry in the temporal index
};

struct PageLimits {
    std::uint32_t root_bytes = 16u << 10;
    std::uint32_t child_bytes = 64u << 10;
    std::uint32_t hierarchy_pointer_bytes = kEntrySize;
    std::uint32_t temporal_pointer_bytes = 48;
};

/// A page of the plan: all nodes of `root`'s subtree that are in no deeper page.
struct PlannedPage {
    VoxelKey root;
    std::vector<std::size_t> nodes;     ///< indices into the planner's input, breadth-first
    std::vector<std::size_t> children;  ///< indices into the plan of the pages below, breadth-first by root key
};

/// Cuts a tree into pages at the same subtree keys for both kinds of page: as few levels of pages as the limits allow,
/// page 0 is the root's. A page may pass the limit only where one node with its pointers alone does.
/// A page pointer stands in the parent page at the child page's root key; that node's own entry is in the child page.
/// Of the plans with the fewest levels it prefers those whose upper pages hold the coarse nodes of large subtrees, and
/// whole small subtrees, as far as they fit. A subtree without temporal bytes has no temporal pointer.
/// The order of the pages is good for a file: level by level, siblings along the Morton curve.
/// Cost: O(n log n), about 100 bytes a node.
/// @param nodes all nodes incl. empty ancestors, sorted breadth-first (VoxelKey order), the root first
std::vector<PlannedPage> plan_pages(std::span<const PageNode> nodes, const PageLimits& limits = {});

}  // namespace copse::copc
