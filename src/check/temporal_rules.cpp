// Rules of the COPC Temporal Index Extension 1.0 draft 2. A file without the index has nothing to obey.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "check/facts.hpp"
#include "check/rule.hpp"

namespace copse::check {

namespace {

constexpr const char* kHeaderSection = "COPC Temporal Index Extension 1.0 draft 2, \"Header\"";
constexpr const char* kPageSection = "COPC Temporal Index Extension 1.0 draft 2, \"Page Organization\"";
constexpr const char* kPointerSection = "COPC Temporal Index Extension 1.0 draft 2, \"Page Pointer Entry\"";
constexpr const char* kSamplingSection = "COPC Temporal Index Extension 1.0 draft 2, \"Sampling Rules\"";

constexpr FileOffset kVersionField = 0;
constexpr FileOffset kStrideField = 4;
constexpr FileOffset kNodeCountField = 8;
constexpr FileOffset kPageCountField = 12;
constexpr FileOffset kReservedField = 28;
constexpr FileOffset kSampleCountField = 16;
constexpr FileOffset kSamplesField = 20;
constexpr FileOffset kTimeMinField = 32;
constexpr FileOffset kTimeMaxField = 40;

const TemporalFacts& index_of(const Facts& facts) { return *facts.temporal; }
FileOffset payload_at(const Facts& facts) { return index_of(facts).record->payload().offset; }

void judge_record(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!index.header_whole)
        judgement.fail(index.record->at + 20, Code::truncated,
                       [&] { return fmt::format("{} bytes cannot hold the header", index.record->payload_size); });
    if (!index.record->extended)
        judgement.fail(index.record->at, Code::bad_value, [] { return "the temporal index is a VLR"; });
    for (const auto& record : facts.evlrs)
        if (record.is(temporal::kUserId, temporal::kRecordId) && record.at != index.record->at)
            judgement.fail(record.at, Code::bad_value, [] { return "there is more than one temporal index"; });
}

void judge_version(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!index.header_whole) return judgement.not_applicable();
    if (index.header.version != 1)
        judgement.fail(payload_at(facts) + kVersionField, Code::unsupported,
                       [&] { return fmt::format("version {}", index.header.version); });
}

void judge_stride(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!index.header_whole) return judgement.not_applicable();
    if (index.header.stride == 0)
        judgement.fail(payload_at(facts) + kStrideField, Code::bad_value, [] { return "stride 0"; });
}

void judge_reserved(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!index.header_whole) return judgement.not_applicable();
    if (index.header.reserved != 0)
        judgement.fail(payload_at(facts) + kReservedField, Code::bad_value,
                       [&] { return fmt::format("reserved is {}", index.header.reserved); });
}

void judge_pages(const Facts& facts, Judgement& judgement) {
    for (const auto& page : index_of(facts).pages)
        if (page.problem)
            judgement.fail(page.problem->at, page.problem->code,
                           [&] { return fmt::format("page {}: {}", copc::to_string(page.key), page.problem->what); });
}

void judge_page_count(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!index.complete()) return judgement.not_applicable();
    if (index.header.page_count != index.pages.size())
        judgement.fail(payload_at(facts) + kPageCountField, Code::bad_value, [&] {
            return fmt::format("{} pages, the header counts {}", index.pages.size(), index.header.page_count);
        });
}

void judge_node_count(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!index.complete()) return judgement.not_applicable();
    if (index.header.node_count != index.nodes.size())
        judgement.fail(payload_at(facts) + kNodeCountField, Code::bad_value, [&] {
            return fmt::format("{} node entries, the header counts {}", index.nodes.size(), index.header.node_count);
        });
}

void judge_cover(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!index.complete()) return judgement.not_applicable();
    std::uint64_t paged = temporal::kHeaderSize;
    for (const auto& page : index.pages) paged += page.range.size;
    if (paged < index.record->payload_size)
        judgement.warn(payload_at(facts), [&] {
            return fmt::format("{} bytes of the index belong to no page", index.record->payload_size - paged);
        });
}

void judge_key(const TemporalFacts& index, std::uint32_t page, const copc::VoxelKey& key, FileOffset at,
               Judgement& judgement) {
    const auto& root = index.pages[page].key;
    if (!key.valid())
        judgement.fail(at, Code::bad_value, [&] { return fmt::format("key {}", copc::to_string(key)); });
    else if (root.valid() && !root.is_ancestor_of(key))
        judgement.fail(at, Code::bad_value, [&] {
            return fmt::format("{} is not of the subtree {} of its page", copc::to_string(key), copc::to_string(root));
        });
}

void judge_keys(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    for (const auto& node : index.nodes) judge_key(index, node.page, node.key, node.at, judgement);
    for (const auto& pointer : index.pointers) judge_key(index, pointer.page, pointer.key, pointer.at, judgement);
}

void judge_nodes(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!index.complete() || !facts.hierarchy.complete()) return judgement.not_applicable();
    for (std::size_t i = 0; i < index.nodes.size(); ++i) {
        const auto& node = index.nodes[i];
        const auto* owner = facts.hierarchy.find(node.key);
        if (i > 0 && index.nodes[i - 1].key == node.key)
            judgement.fail(node.at, Code::bad_value,
                           [&] { return fmt::format("node {} has two entries", copc::to_string(node.key)); });
        if (owner == nullptr || !owner->entry.has_points())
            judgement.fail(node.at, Code::bad_value, [&] {
                return fmt::format("node {} has no points in the hierarchy", copc::to_string(node.key));
            });
    }
    for (const auto& node : facts.hierarchy.nodes)
        if (node.entry.has_points() && index.find(node.entry.key) == nullptr)
            judgement.fail(payload_at(facts), Code::bad_value,
                           [&] { return fmt::format("node {} has no entry", copc::to_string(node.entry.key)); });
}

void judge_sample_count(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!index.header_whole || index.header.stride == 0) return judgement.not_applicable();
    for (const auto& node : index.nodes) {
        const auto* owner = facts.hierarchy.find(node.key);
        if (owner == nullptr || !owner->entry.has_points()) continue;
        const auto rows = static_cast<std::uint64_t>(owner->entry.point_count);
        const auto wanted = temporal::sample_count(rows, index.header.stride);
        if (node.sample_count != wanted)
            judgement.fail(node.at + kSampleCountField, Code::bad_value, [&] {
                return fmt::format("node {}: {} samples, {} points and stride {} make {}", copc::to_string(node.key),
                                   node.sample_count, rows, index.header.stride, wanted);
            });
    }
}

void judge_samples(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    for (const auto& node : index.nodes) {
        const auto samples = index.samples_of(node);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const auto at = node.at + kSamplesField + 8 * i;
            if (!std::isfinite(samples[i]))
                judgement.fail(at, Code::bad_value, [&] {
                    return fmt::format("node {}: sample {} is {}", copc::to_string(node.key), i, samples[i]);
                });
            else if (i > 0 && samples[i] < samples[i - 1])
                judgement.fail(at, Code::bad_value, [&] {
                    return fmt::format("node {}: sample {} is {}, after {}", copc::to_string(node.key), i, samples[i],
                                       samples[i - 1]);
                });
        }
    }
}

// ---- time ranges --------------------------------------------------------------------------------------------------

struct TimeRange {
    double min = std::numeric_limits<double>::infinity();
    double max = -std::numeric_limits<double>::infinity();
    void add(double low, double high) {
        min = std::min(min, low);
        max = std::max(max, high);
    }
    [[nodiscard]] bool empty() const { return !(min <= max); }
};

/// Range of a page with all pages below it.
struct SubtreeRange {
    TimeRange all;
    TimeRange timed;  // without nodes that may have no finite time: they store the file's least one throughout
};

bool may_be_untimed(std::span<const double> samples, const Facts& facts) {
    const auto fallback = facts.info ? facts.info->gps_time_min : 0;
    return samples.front() == fallback && samples.back() == fallback;
}

std::vector<SubtreeRange> subtree_ranges(const Facts& facts) {
    const auto& index = index_of(facts);
    std::vector<SubtreeRange> ranges(index.pages.size());
    for (const auto& node : index.nodes) {
        const auto samples = index.samples_of(node);
        ranges[node.page].all.add(samples.front(), samples.back());
        if (!may_be_untimed(samples, facts)) ranges[node.page].timed.add(samples.front(), samples.back());
    }
    for (auto i = ranges.size(); i-- > 1;) {  // parents stand before children
        auto& parent = ranges[index.pages[i].parent];
        parent.all.add(ranges[i].all.min, ranges[i].all.max);
        parent.timed.add(ranges[i].timed.min, ranges[i].timed.max);
    }
    return ranges;
}

void judge_subtree_ranges(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!index.complete() || index.pointers.empty()) return judgement.not_applicable();
    const auto ranges = subtree_ranges(facts);
    for (const auto& pointer : index.pointers) {
        const auto& range = ranges[pointer.child];
        const auto exact = [&](const TimeRange& wanted) {
            return pointer.time_min == wanted.min && pointer.time_max == wanted.max;
        };
        if (exact(range.all) || exact(range.timed)) continue;
        const auto at = pointer.at + (pointer.time_min == range.all.min ? kTimeMaxField : kTimeMinField);
        judgement.fail(at, Code::bad_value, [&] {
            return fmt::format("subtree {}: {} to {}, its nodes have {} to {}", copc::to_string(pointer.key),
                               pointer.time_min, pointer.time_max, range.all.min, range.all.max);
        });
    }
}

void judge_range(const Facts& facts, Judgement& judgement) {
    const auto& index = index_of(facts);
    if (!facts.info || (facts.info->gps_time_min == 0 && facts.info->gps_time_max == 0))
        return judgement.not_applicable();
    // Infinite times are sampled as the largest finite one and belong to no range.
    const auto outside = [&](double sample) {
        return std::abs(sample) < std::numeric_limits<double>::max() &&
               !(facts.info->gps_time_min <= sample && sample <= facts.info->gps_time_max);
    };
    for (const auto& node : index.nodes) {
        const auto samples = index.samples_of(node);
        for (std::size_t i = 0; i < samples.size(); ++i)
            if (outside(samples[i]))
                judgement.fail(node.at + kSamplesField + 8 * i, Code::bad_value, [&] {
                    return fmt::format("node {}: sample {} is {}, the info VLR says {} to {}",
                                       copc::to_string(node.key), i, samples[i], facts.info->gps_time_min,
                                       facts.info->gps_time_max);
                });
    }
}

constexpr JudgedRule kTemporalRules[] = {
    {{"temporalIndex", "There is one temporal index, an EVLR with a whole header", kHeaderSection}, judge_record},
    {{"temporalVersion", "The version is 1", kHeaderSection}, judge_version},
    {{"temporalStride", "The stride is at least 1", kHeaderSection}, judge_stride},
    {{"temporalReserved", "The reserved field is 0", kHeaderSection}, judge_reserved},
    {{"temporalPages", "Pages hold whole entries, lie in the index and do not overlap", kPageSection}, judge_pages},
    {{"temporalPageCount", "There are as many pages as the header counts", kHeaderSection}, judge_page_count},
    {{"temporalNodeCount", "There are as many node entries as the header counts", kHeaderSection}, judge_node_count},
    {{"temporalCover", "All bytes of the index belong to its header and pages", kPageSection}, judge_cover},
    {{"temporalKeys", "Keys are valid and of the subtree of their page", kPageSection}, judge_keys},
    {{"temporalNodes", "Every node with points has one entry, and no other node has", kPageSection}, judge_nodes},
    {{"temporalSampleCount", "A node has a sample for row 0, each multiple of the stride, and the last row",
      kSamplingSection},
     judge_sample_count},
    {{"temporalSamples", "Samples are finite and non-decreasing", kSamplingSection}, judge_samples},
    {{"temporalSubtreeRange", "The time range of a page pointer is that of its subtree", kPointerSection},
     judge_subtree_ranges},
    {{"temporalRange", "Samples lie in the GPS time range of the info VLR", kSamplingSection}, judge_range},
};

}  // namespace

std::span<const JudgedRule> temporal_rules() { return kTemporalRules; }

}  // namespace copse::check
