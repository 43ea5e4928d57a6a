// Hierarchy and temporal index as EVLR payloads, their pages cut at the same keys.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "copse/copc.hpp"
#include "copse/temporal.hpp"

namespace copse::build {

/// A node as the indexes see it.
struct IndexNode {
    copc::Entry entry;
    std::vector<double> samples;  ///< empty without temporal index
    bool has_times = false;       ///< false: the samples stand for no point's time and count for no range
};

struct IndexPages {
    IndexPages(std::vector<IndexNode> all_nodes, bool with_temporal);

    /// Appends the hierarchy's payload, root page first, for a payload that begins at file offset `at`.
    void encode_hierarchy(FileOffset at, Bytes& out) const;
    /// Appends the temporal index' payload: header, root page, other pages.
    void encode_temporal(FileOffset at, std::uint32_t stride, double fallback_time, Bytes& out) const;
    [[nodiscard]] std::uint64_t root_hierarchy_bytes() const;

    std::vector<IndexNode> nodes;  ///< breadth-first
    std::vector<copc::PlannedPage> pages;
};

}  // namespace copse::build
