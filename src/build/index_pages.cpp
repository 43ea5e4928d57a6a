#include "build/index_pages.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace copse::build {
namespace {

/// Positions of pages that lie one after the other.
std::vector<ByteRange> place_pages(std::span<const std::uint64_t> sizes, FileOffset at) {
    std::vector<ByteRange> ranges;
    for (const auto size : sizes) {
        ranges.push_back({at, size});
        at += size;
    }
    return ranges;
}

std::uint64_t hierarchy_bytes(const copc::PlannedPage& page) {
    return copc::kEntrySize * (page.nodes.size() + page.children.size());
}

std::uint64_t temporal_bytes(const IndexNode& node) {
    return node.samples.empty() ? 0 : temporal::kNodeEntrySize + 8 * node.samples.size();
}

struct TimeRange {
    double min = 0;
    double max = 0;
};

/// Range of all samples of a page and those below it; empty if none stands for a time.
std::optional<TimeRange> range_of(const IndexPages& index, std::size_t page) {
    std::optional<TimeRange> range;
    const auto include = [&range](const TimeRange& other) {
        range = range ? TimeRange{std::min(range->min, other.min), std::max(range->max, other.max)} : other;
    };
    for (const auto n : index.pages[page].nodes)
        if (index.nodes[n].has_times) include({index.nodes[n].samples.front(), index.nodes[n].samples.back()});
    for (const auto child : index.pages[page].children)
        if (const auto below = range_of(index, child)) include(*below);
    return range;
}

/// Nodes that took no point, above others that did: readers come to these through an entry without points.
void add_missing_ancestors(std::vector<IndexNode>& nodes) {
    std::unordered_set<copc::VoxelKey, copc::VoxelKeyHash> known;
    for (const auto& node : nodes) known.insert(node.entry.key);
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        if (nodes[n].entry.key.level == 0) continue;
        const auto parent = nodes[n].entry.key.parent();
        if (!known.insert(parent).second) continue;
        IndexNode missing;
        missing.entry.key = parent;
        nodes.push_back(std::move(missing));
    }
}

}  // namespace

IndexPages::IndexPages(std::vector<IndexNode> all_nodes, bool with_temporal) : nodes{std::move(all_nodes)} {
    add_missing_ancestors(nodes);
    std::sort(nodes.begin(), nodes.end(),
              [](const IndexNode& a, const IndexNode& b) { return a.entry.key < b.entry.key; });
    std::vector<copc::PageNode> plan_nodes;
    for (const auto& node : nodes)
        plan_nodes.push_back(
            {node.entry.key, copc::kEntrySize, with_temporal ? static_cast<std::uint32_t>(temporal_bytes(node)) : 0});
    pages = copc::plan_pages(plan_nodes);
}

std::uint64_t IndexPages::root_hierarchy_bytes() const { return hierarchy_bytes(pages.front()); }

void IndexPages::encode_hierarchy(FileOffset at, Bytes& out) const {
    std::vector<std::uint64_t> sizes;
    for (const auto& page : pages) sizes.push_back(hierarchy_bytes(page));
    const auto ranges = place_pages(sizes, at);
    for (const auto& page : pages) {
        std::vector<copc::Entry> entries;
        for (const auto n : page.nodes) entries.push_back(nodes[n].entry);
        for (const auto child : page.children)
            entries.push_back(
                {pages[child].root, ranges[child].offset, static_cast<std::int32_t>(ranges[child].size), -1});
        std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
        copc::encode_page(entries, out);
    }
}

void IndexPages::encode_temporal(FileOffset at, std::uint32_t stride, double fallback_time, Bytes& out) const {
    temporal::Header header;
    header.stride = stride;
    header.page_count = static_cast<std::uint32_t>(pages.size());
    std::vector<std::uint64_t> sizes;
    for (const auto& page : pages) {
        std::uint64_t size = temporal::kPagePointerSize * page.children.size();
        for (const auto n : page.nodes) {
            size += temporal_bytes(nodes[n]);
            header.node_count += nodes[n].samples.empty() ? 0u : 1u;
        }
        sizes.push_back(size);
    }
    const auto ranges = place_pages(sizes, at + temporal::kHeaderSize);
    header.root_page = ranges.front();
    temporal::encode_header(header, out);
    for (const auto& page : pages) {
        temporal::Page content;
        for (const auto n : page.nodes)
            if (!nodes[n].samples.empty()) content.nodes.push_back({nodes[n].entry.key, nodes[n].samples, 0});
        for (const auto child : page.children) {
            const auto range = range_of(*this, child).value_or(TimeRange{fallback_time, fallback_time});
            content.pages.push_back({pages[child].root, ranges[child], range.min, range.max, 0});
        }
        temporal::encode_page(content, out);
    }
}

}  // namespace copse::build
