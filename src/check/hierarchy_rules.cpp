// Rules of COPC 1.0: hierarchy pages, their entries, and the chunks of nodes.
#include <fmt/format.h>

#include <algorithm>

#include "check/facts.hpp"
#include "check/rule.hpp"

namespace copse::check {

namespace {

constexpr const char* kHierarchySection = "COPC 1.0, \"hierarchy VLR\"";

// ---- hierarchy pages ----------------------------------------------------------------------------------------------

void judge_hierarchy_record(const Facts& facts, Judgement& judgement) {
    const Record* first = nullptr;
    for (const auto* records : {&facts.vlrs, &facts.evlrs}) {
        for (const auto& record : *records) {
            if (!record.is(copc::kUserId, copc::kHierarchyRecordId)) continue;
            // copc-lib writes one for each page. Readers that go by offset take it.
            if (first != nullptr) judgement.warn(record.at, [] { return "there is more than one copc/1000 record"; });
            if (first == nullptr) first = &record;
        }
    }
    if (first == nullptr)
        judgement.fail(facts.evlr_problem ? facts.evlr_problem->at : facts.size, Code::bad_value,
                       [] { return "there is no copc/1000 record"; });
}

void judge_pages(const Facts& facts, Judgement& judgement) {
    if (!facts.info) return judgement.not_applicable();
    for (const auto& page : facts.hierarchy.pages)
        if (page.problem)
            judgement.fail(page.problem->at, page.problem->code,
                           [&] { return fmt::format("page {}: {}", copc::to_string(page.key), page.problem->what); });
}

void judge_page_cover(const Facts& facts, Judgement& judgement) {
    if (!facts.hierarchy.complete()) return judgement.not_applicable();
    std::uint64_t paged = 0;
    std::uint64_t held = 0;
    for (const auto& page : facts.hierarchy.pages) paged += page.range.size;
    const Record* first = nullptr;
    for (const auto* records : {&facts.vlrs, &facts.evlrs}) {
        for (const auto& record : *records) {
            if (!record.is(copc::kUserId, copc::kHierarchyRecordId)) continue;
            held += record.payload_size;
            if (first == nullptr) first = &record;
        }
    }
    if (held > paged && first != nullptr)
        judgement.warn(first->payload().offset,
                       [&] { return fmt::format("{} bytes of the hierarchy belong to no page", held - paged); });
}

void judge_page_keys(const Facts& facts, Judgement& judgement) {
    if (!facts.hierarchy.complete()) return judgement.not_applicable();
    const auto& hierarchy = facts.hierarchy;
    std::vector<bool> repeats(hierarchy.pages.size());
    for (const auto& node : hierarchy.nodes) {
        const auto& page = hierarchy.pages[node.page];
        if (!node.entry.key.valid() || !page.key.valid()) continue;  // other rules
        if (!page.key.is_ancestor_of(node.entry.key))
            judgement.fail(node.at, Code::bad_value, [&] {
                return fmt::format("node {} is not of the subtree {} of its page", copc::to_string(node.entry.key),
                                   copc::to_string(page.key));
            });
        else if (page.key == node.entry.key && !node.entry.is_page())
            repeats[node.page] = true;
    }
    for (std::size_t i = 1; i < hierarchy.pages.size(); ++i)
        if (!repeats[i])
            judgement.fail(hierarchy.pages[i].range.offset, Code::bad_value, [&] {
                return fmt::format("the page of {} has no entry for it", copc::to_string(hierarchy.pages[i].key));
            });
}

// ---- hierarchy entries --------------------------------------------------------------------------------------------

void judge_keys(const Facts& facts, Judgement& judgement) {
    for (const auto& node : facts.hierarchy.nodes)
        if (!node.entry.key.valid())
            judgement.fail(node.at, Code::bad_value,
                           [&] { return fmt::format("key {}", copc::to_string(node.entry.key)); });
}

void judge_unique(const Facts& facts, Judgement& judgement) {
    const auto& nodes = facts.hierarchy.nodes;
    for (std::size_t i = 1; i < nodes.size(); ++i)
        if (nodes[i].entry.key == nodes[i - 1].entry.key && nodes[i].entry.is_page() == nodes[i - 1].entry.is_page())
            judgement.fail(std::max(nodes[i].at, nodes[i - 1].at), Code::bad_value,
                           [&] { return fmt::format("key {} stands twice", copc::to_string(nodes[i].entry.key)); });
}

void judge_counts(const Facts& facts, Judgement& judgement) {
    for (const auto& node : facts.hierarchy.nodes)
        if (node.entry.point_count < -1)
            judgement.fail(node.at + entry_field::kPointCount, Code::bad_value, [&] {
                return fmt::format("node {}: {} points", copc::to_string(node.entry.key), node.entry.point_count);
            });
}

void judge_root(const Facts& facts, Judgement& judgement) {
    if (!facts.hierarchy.complete()) return judgement.not_applicable();
    if (facts.hierarchy.find({}) == nullptr)
        judgement.fail(facts.hierarchy.pages.front().range.offset, Code::bad_value,
                       [] { return "there is no entry 0-0-0-0"; });
}

void judge_nodes_reachable(const Facts& facts, Judgement& judgement) {
    if (!facts.hierarchy.complete()) return judgement.not_applicable();
    for (const auto& node : facts.hierarchy.nodes) {
        const auto& key = node.entry.key;
        if (!key.valid() || key.level == 0 || facts.hierarchy.find(key.parent()) != nullptr) continue;
        judgement.fail(node.at, Code::bad_value, [&] {
            return fmt::format("node {} has no parent entry {}", copc::to_string(key), copc::to_string(key.parent()));
        });
    }
}

void judge_points_reachable(const Facts& facts, Judgement& judgement) {
    if (!facts.hierarchy.complete()) return judgement.not_applicable();
    std::uint64_t points = 0;
    for (const auto& node : facts.hierarchy.nodes)
        if (node.entry.has_points()) points += static_cast<std::uint64_t>(node.entry.point_count);
    if (points != facts.header.point_count())
        judgement.fail(field::kPointCount, Code::bad_value, [&] {
            return fmt::format("the nodes hold {} points, the header counts {}", points, facts.header.point_count());
        });
}

void judge_empty_entries(const Facts& facts, Judgement& judgement) {
    for (const auto& node : facts.hierarchy.nodes) {
        const auto& entry = node.entry;
        if (entry.point_count != 0) continue;
        if (entry.offset != 0)
            judgement.fail(node.at + entry_field::kOffset, Code::bad_value, [&] {
                return fmt::format("empty node {}: offset {}", copc::to_string(entry.key), entry.offset);
            });
        if (entry.byte_size != 0)
            judgement.fail(node.at + entry_field::kByteSize, Code::bad_value, [&] {
                return fmt::format("empty node {}: size {}", copc::to_string(entry.key), entry.byte_size);
            });
    }
}

/// An empty node is needed where a descendant has points, and as the root of an empty file.
void judge_zero_point(const Facts& facts, Judgement& judgement) {
    if (!facts.hierarchy.complete()) return judgement.not_applicable();
    const auto& nodes = facts.hierarchy.nodes;
    std::vector<bool> needed(nodes.size());
    for (auto i = nodes.size(); i-- > 0;) {  // deepest level first: nodes are sorted by level
        const auto& entry = nodes[i].entry;
        if ((!needed[i] && !entry.has_points()) || !entry.key.valid() || entry.key.level == 0) continue;
        const auto parent = facts.hierarchy.find_index(entry.key.parent());
        if (parent < nodes.size()) needed[parent] = true;
    }
    for (std::size_t i = 0; i < nodes.size(); ++i)
        if (nodes[i].entry.point_count == 0 && !needed[i] && nodes[i].entry.key != copc::VoxelKey{})
            judgement.warn(nodes[i].at, [&] {
                return fmt::format("node {} has no points, nor has any node below it",
                                   copc::to_string(nodes[i].entry.key));
            });
}

void judge_chunk_extents(const Facts& facts, Judgement& judgement) {
    if (facts.hierarchy.nodes.empty()) return judgement.not_applicable();
    const auto first = FileOffset{facts.header.offset_to_point_data} + 8;
    const auto end = facts.laz.table_at.value_or(facts.point_data_end());
    for (const auto& node : facts.hierarchy.nodes) {
        const auto& entry = node.entry;
        if (!entry.has_points()) continue;
        const auto name = [&] { return copc::to_string(entry.key); };
        if (entry.byte_size <= 0)
            judgement.fail(node.at + entry_field::kByteSize, Code::bad_value, [&] {
                return fmt::format("node {}: {} bytes for {} points", name(), entry.byte_size, entry.point_count);
            });
        else if (!inside(entry.range(), facts.size))
            judgement.fail(node.at + entry_field::kOffset, Code::truncated,
                           [&] { return fmt::format("node {}: its chunk lies outside the file", name()); });
        else if (entry.offset < first || entry.range().end() > end)
            judgement.fail(node.at + entry_field::kOffset, Code::bad_value, [&] {
                return fmt::format("node {}: its chunk at {} lies outside the point data", name(), entry.offset);
            });
    }
}

void judge_chunk_overlap(const Facts& facts, Judgement& judgement) {
    std::vector<const HierarchyNode*> nodes;
    for (const auto& node : facts.hierarchy.nodes)
        if (node.entry.has_points() && node.entry.byte_size > 0 && inside(node.entry.range(), facts.size))
            nodes.push_back(&node);
    if (nodes.empty()) return judgement.not_applicable();
    std::sort(nodes.begin(), nodes.end(), [](const auto* a, const auto* b) {
        return a->entry.range() != b->entry.range() ? a->entry.range() < b->entry.range() : a->at < b->at;
    });
    const auto* widest = nodes.front();  // of those before, the one that reaches furthest
    for (std::size_t i = 1; i < nodes.size(); ++i) {
        const auto* node = nodes[i];
        if (node->entry.offset < widest->entry.range().end())
            judgement.fail(node->at + entry_field::kOffset, Code::bad_value, [&] {
                return fmt::format("the chunks of {} and {} overlap", copc::to_string(widest->entry.key),
                                   copc::to_string(node->entry.key));
            });
        if (node->entry.range().end() > widest->entry.range().end()) widest = node;
    }
}

const HierarchyNode* entry_at(std::span<const HierarchyNode* const> nodes, FileOffset offset) {
    const auto at =
        std::lower_bound(nodes.begin(), nodes.end(), offset,
                         [](const HierarchyNode* node, FileOffset wanted) { return node->entry.offset < wanted; });
    return at == nodes.end() || (*at)->entry.offset != offset ? nullptr : *at;
}

void judge_hierarchy_match(const Facts& facts, Judgement& judgement) {
    if (!facts.laz.chunks || !facts.hierarchy.complete()) return judgement.not_applicable();
    std::vector<const HierarchyNode*> nodes;
    for (const auto& node : facts.hierarchy.nodes)
        if (node.entry.has_points()) nodes.push_back(&node);
    std::sort(nodes.begin(), nodes.end(),
              [](const auto* a, const auto* b) { return a->entry.offset < b->entry.offset; });
    std::uint64_t matched = 0;
    for (const auto& chunk : *facts.laz.chunks) {
        const auto* node = entry_at(nodes, chunk.offset);
        if (node == nullptr) {
            judgement.fail(chunk.offset, Code::bad_value,
                           [&] { return fmt::format("no node has the chunk at {}", chunk.offset); });
            continue;
        }
        ++matched;
        const auto& entry = node->entry;
        if (static_cast<std::uint64_t>(entry.byte_size) != chunk.size)
            judgement.fail(node->at + entry_field::kByteSize, Code::bad_value, [&] {
                return fmt::format("node {}: {} bytes, the chunk table says {}", copc::to_string(entry.key),
                                   entry.byte_size, chunk.size);
            });
        if (static_cast<std::uint64_t>(entry.point_count) != chunk.point_count)
            judgement.fail(node->at + entry_field::kPointCount, Code::bad_value, [&] {
                return fmt::format("node {}: {} points, the chunk table says {}", copc::to_string(entry.key),
                                   entry.point_count, chunk.point_count);
            });
    }
    if (matched == nodes.size()) return;
    for (const auto* node : nodes) {
        const auto& chunks = *facts.laz.chunks;
        const auto at =
            std::lower_bound(chunks.begin(), chunks.end(), node->entry.offset,
                             [](const laz::ChunkEntry& chunk, FileOffset wanted) { return chunk.offset < wanted; });
        if (at == chunks.end() || at->offset != node->entry.offset)
            judgement.fail(node->at + entry_field::kOffset, Code::bad_value, [&] {
                return fmt::format("node {}: the chunk table has no chunk at {}", copc::to_string(node->entry.key),
                                   node->entry.offset);
            });
    }
}

constexpr JudgedRule kHierarchyRules[] = {
    {{"copc-hierarchy", "There is one hierarchy record", kHierarchySection}, judge_hierarchy_record},
    {{"hierarchyPages", "Hierarchy pages are multiples of 32 bytes, lie in the hierarchy record and do not overlap",
      kHierarchySection},
     judge_pages},
    {{"hierarchyKeys", "Keys have a level of 0 to 30 and lie in the cube", kHierarchySection}, judge_keys},
    {{"hierarchyKeysUnique", "A key has one entry for its data, and one for its page", kHierarchySection},
     judge_unique},
    {{"hierarchyCounts", "Point counts are -1 or more", kHierarchySection}, judge_counts},
    {{"hierarchyPageKeys", "A child page repeats the key that leads to it and holds nodes of that subtree only",
      kHierarchySection},
     judge_page_keys},
    {{"hierarchyCover", "All bytes of the hierarchy record belong to pages", kHierarchySection, Verdict::warn},
     judge_page_cover},
    {{"rootNode", "There is an entry for the root node", kHierarchySection}, judge_root},
    {{"nodesReachable", "Every node is reachable: its parent has an entry", kHierarchySection}, judge_nodes_reachable},
    {{"emptyEntries", "Entries without points have offset and size 0", kHierarchySection}, judge_empty_entries},
    {{"zeroPoint", "Nodes without points are ancestors of nodes with points", kHierarchySection, Verdict::warn},
     judge_zero_point},
    {{"nodeChunks", "Chunks of nodes lie within the point data", kHierarchySection}, judge_chunk_extents},
    {{"nodeChunksApart", "Chunks of nodes do not overlap", kHierarchySection}, judge_chunk_overlap},
    {{"chunkTableHierarchy", "Chunk table and hierarchy name the same chunks", kHierarchySection},
     judge_hierarchy_match},
    {{"pointsReachable", "The nodes hold as many points as the header counts", kHierarchySection},
     judge_points_reachable},
};

}  // namespace

std::span<const JudgedRule> hierarchy_rules() { return kHierarchyRules; }

}  // namespace copse::check
