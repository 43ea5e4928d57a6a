#include "check/facts.hpp"

#include <algorithm>
#include <iterator>

namespace copse::check {

namespace {

bool all_read(const std::vector<PageFact>& pages) {
    return std::none_of(pages.begin(), pages.end(), [](const auto& page) { return page.problem.has_value(); });
}

}  // namespace

bool HierarchyFacts::complete() const { return !pages.empty() && all_read(pages); }

bool TemporalFacts::complete() const { return header_whole && header.version == 1 && all_read(pages); }

std::size_t HierarchyFacts::find_index(const copc::VoxelKey& key) const {
    const auto at =
        std::lower_bound(nodes.begin(), nodes.end(), key,
                         [](const HierarchyNode& node, const auto& wanted) { return node.entry.key < wanted; });
    if (at == nodes.end() || at->entry.key != key || at->entry.is_page()) return nodes.size();
    return static_cast<std::size_t>(at - nodes.begin());
}

const HierarchyNode* HierarchyFacts::find(const copc::VoxelKey& key) const {
    const auto index = find_index(key);
    return index == nodes.size() ? nullptr : &nodes[index];
}

const TemporalNode* TemporalFacts::find(const copc::VoxelKey& key) const {
    const auto at = std::lower_bound(nodes.begin(), nodes.end(), key,
                                     [](const TemporalNode& node, const auto& wanted) { return node.key < wanted; });
    return at == nodes.end() || at->key != key ? nullptr : &*at;
}

void PointFacts::merge(const PointFacts& later) {
    chunks += later.chunks;
    if (!first_break) first_break = later.first_break;
    broken_chunks += later.broken_chunks;
    points += later.points;
    for (std::size_t i = 0; i < by_return.size(); ++i) by_return[i] += later.by_return[i];
    for (std::size_t axis = 0; axis < 3; ++axis) {
        raw_min[axis] = std::min(raw_min[axis], later.raw_min[axis]);
        raw_max[axis] = std::max(raw_max[axis], later.raw_max[axis]);
    }
    time_min = std::min(time_min, later.time_min);
    time_max = std::max(time_max, later.time_max);
    max_colour = std::max(max_colour, later.max_colour);
    outside_node.merge(later.outside_node);
    outside_bounds.merge(later.outside_bounds);
    unsorted.merge(later.unsorted);
    wrong_sample.merge(later.wrong_sample);
    return_above_count.merge(later.return_above_count);
    non_finite.merge(later.non_finite);
    crowded.merge(later.crowded);
    crowded_nodes += later.crowded_nodes;
    interior_nodes += later.interior_nodes;
}

bool Facts::layout_known() const {
    return format_known() && header.record_length >= las::base_record_length(header.format());
}

bool fetch(wire::Source& source, Facts& facts, ByteRange range, Bytes& into) {
    auto bytes = source.read(range);
    if (!bytes) {
        facts.io_error = bytes.error();
        return false;
    }
    into = *std::move(bytes);
    return true;
}

bool PageMap::add(const ByteRange& range) {
    const auto end = range.end();
    const auto next = ends_.lower_bound(range.offset);
    if (next != ends_.end() && next->first < end) return false;
    if (next != ends_.begin() && std::prev(next)->second > range.offset) return false;
    ends_.emplace(range.offset, end);
    return true;
}

std::optional<Error> page_problem(const PageFact& page, const Facts& facts, std::span<const ByteRange> payloads,
                                  PageMap& seen) {
    const auto& range = page.range;
    if (!inside(range, facts.size)) return Error{Code::truncated, page.pointer_at, "a page lies outside the file"};
    if (range.size == 0) return Error{Code::bad_value, page.pointer_at + 8, "a page is empty"};
    const auto after = std::upper_bound(payloads.begin(), payloads.end(), range.offset,
                                        [](FileOffset at, const ByteRange& payload) { return at < payload.offset; });
    if (after == payloads.begin() || !inside(range, *std::prev(after)))
        return Error{Code::bad_value, page.pointer_at, "a page lies outside the record that holds the pages"};
    if (range.size > facts.limits.max_page_bytes)
        return Error{Code::limit_exceeded, page.pointer_at + 8, "a page is too large to be held"};
    if (!seen.add(range)) return Error{Code::bad_value, page.pointer_at, "a page overlaps another one"};
    return std::nullopt;
}

FileOffset Facts::point_data_end() const { return evlrs.empty() ? size : evlrs.front().at; }

}  // namespace copse::check
