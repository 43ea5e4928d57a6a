// Which nodes there are, and how many points each has.
#pragma once

#include <vector>

#include "copse/wire.hpp"
#include "ept/key.hpp"

namespace copse::ept {

/// An entry of a page of the hierarchy.
struct PageEntry {
    Key key;
    std::int64_t count = 0;  ///< points, or kSubtree
    friend bool operator==(const PageEntry&, const PageEntry&) = default;
};
/// The node and all below it are in a page of their own, named after it.
inline constexpr std::int64_t kSubtree = -1;

/// Parses a page: one JSON object of counts by node.
/// Errors: no JSON; anything but an object of whole numbers from -1 on; keys that are no nodes; more than
/// limits.max_chunks entries.
Result<std::vector<PageEntry>> parse_page(ByteView json, const wire::Limits& limits);

struct Node {
    Key key;
    std::uint64_t points = 0;  ///< at least 1
};

/// Reads all pages. Nodes without points are left out, the others are in order of their keys.
/// Errors, with the page's name: those of `parse_page`; a node that is listed twice; pages that lead back to one that
/// was read; more pages or nodes than the limits allow.
Result<std::vector<Node>> load_hierarchy(wire::Folder& folder, const wire::Limits& limits);

}  // namespace copse::ept
