// Rules of LASzip: the record that says how points are compressed, and the chunk table.
#include <fmt/format.h>

#include <algorithm>

#include "check/facts.hpp"
#include "check/rule.hpp"

namespace copse::check {

namespace {

constexpr const char* kRecordSection = "LASzip, \"laszip encoded\" VLR";
constexpr const char* kTableSection = "LASzip, chunk table";
constexpr FileOffset kCompressorField = 0;
constexpr FileOffset kChunkSizeField = 12;

bool chunked(const Facts& facts) {
    return facts.laz.laszip && (facts.laz.laszip->compressor == laz::Compressor::point_wise_chunked ||
                                facts.laz.laszip->compressor == laz::Compressor::layered_chunked);
}

void judge_laszip(const Facts& facts, Judgement& judgement) {
    const auto& laz = facts.laz;
    if (laz.record == nullptr)
        return judgement.fail(field::kPointFormat, Code::bad_value,
                              [] { return "there is no laszip encoded/22204 VLR"; });
    if (laz.laszip_problem) judgement.fail(*laz.laszip_problem);
    const auto more = [&](const auto& records) {
        return std::count_if(records.begin(), records.end(),
                             [](const Record& r) { return r.is(laz::kVlrUserId, laz::kVlrRecordId); });
    };
    if (more(facts.vlrs) + more(facts.evlrs) > 1)
        judgement.fail(laz.record->at, Code::bad_value, [] { return "there is more than one LASzip record"; });
    if (laz.record->extended)
        judgement.fail(laz.record->at, Code::bad_value, [] { return "the LASzip record is an EVLR"; });
}

void judge_compressed_bit(const Facts& facts, Judgement& judgement) {
    if (!facts.header.marked_compressed())
        judgement.fail(field::kPointFormat, Code::bad_value,
                       [&] { return fmt::format("format byte {}: bit 7 is clear", facts.header.point_format_byte); });
}

void judge_compressor(const Facts& facts, Judgement& judgement) {
    if (!facts.claims_copc || !facts.laz.laszip) return judgement.not_applicable();
    const auto compressor = facts.laz.laszip->compressor;
    if (compressor != laz::Compressor::layered_chunked)
        judgement.fail(facts.laz.record->payload().offset + kCompressorField, Code::bad_value,
                       [&] { return fmt::format("compressor {}", static_cast<unsigned>(compressor)); });
}

void judge_chunk_size(const Facts& facts, Judgement& judgement) {
    if (!facts.claims_copc || !facts.laz.laszip) return judgement.not_applicable();
    const auto size = facts.laz.laszip->chunk_size;
    const auto at = facts.laz.record->payload().offset + kChunkSizeField;
    if (size == 0)  // LAStools wrote it, LASzip reads it as variable
        judgement.warn(at, [] { return "chunk size 0 in place of 0xffffffff"; });
    else if (size != laz::kVariableChunks)
        judgement.fail(at, Code::bad_value, [&] { return fmt::format("chunks of {} points", size); });
}

void judge_table_pointer(const Facts& facts, Judgement& judgement) {
    const auto& laz = facts.laz;
    if (!chunked(facts)) return judgement.not_applicable();
    const FileOffset at = facts.header.offset_to_point_data;
    if (!laz.pointer)
        return judgement.fail(facts.size, Code::truncated,
                              [] { return "the file ends before the chunk table's position"; });
    if (!laz.table_at) {
        const auto beyond = *laz.pointer > 0 && static_cast<FileOffset>(*laz.pointer) >= facts.size;
        return judgement.fail(beyond ? facts.size : at, beyond ? Code::truncated : Code::bad_value,
                              [&] { return fmt::format("there is no chunk table at {}", *laz.pointer); });
    }
    if (*laz.pointer == -1)
        judgement.warn(at, [] { return "the position of the chunk table is in the last 8 bytes of the file"; });
}

void judge_table(const Facts& facts, Judgement& judgement) {
    if (!facts.laz.table_at) return judgement.not_applicable();
    if (facts.laz.table_problem) judgement.fail(*facts.laz.table_problem);
}

void judge_table_end(const Facts& facts, Judgement& judgement) {
    const auto& laz = facts.laz;
    if (!laz.chunks) return judgement.not_applicable();
    const auto streamed = laz.pointer == -1;
    const auto end = streamed ? facts.size - 8 : facts.point_data_end();
    const auto at = *laz.table_at;
    if (!laz.table_canonical)
        judgement.warn(at, [] { return "the table is coded in an unusual way; where it ends is not known"; });
    else if (end < at || end - at < laz.table_size)
        judgement.fail(end, Code::truncated,
                       [&] { return fmt::format("the table takes {} bytes from {}", laz.table_size, at); });
    else if (end - at > laz.table_size)
        judgement.fail(at + laz.table_size, Code::trailing_bytes,
                       [&] { return fmt::format("{} bytes follow the chunk table", end - at - laz.table_size); });
}

void judge_contiguity(const Facts& facts, Judgement& judgement) {
    const auto& laz = facts.laz;
    if (!laz.chunks) return judgement.not_applicable();
    const auto first = FileOffset{facts.header.offset_to_point_data} + 8;
    const auto end = laz.chunks->empty() ? first : laz.chunks->back().offset + laz.chunks->back().size;
    if (end < *laz.table_at)
        judgement.fail(end, Code::trailing_bytes, [&] {
            return fmt::format("{} bytes between the last chunk and the chunk table", *laz.table_at - end);
        });
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

constexpr JudgedRule kLazRules[] = {
    {{"laszip-encoded", "One LASzip VLR says how the points are compressed, in agreement with the header",
      kRecordSection},
     judge_laszip},
    {{"compressedBit", "Bit 7 of the point data record format is set", kRecordSection}, judge_compressed_bit},
    {{"laszipCompressor", "The compressor is 3, layered and chunked", kRecordSection}, judge_compressor},
    {{"laszipChunkSize", "The chunk size is 0xffffffff, variable", kRecordSection}, judge_chunk_size},
    {{"chunkTablePosition", "The 8 bytes before the first chunk lead to the chunk table", kTableSection},
     judge_table_pointer},
    {{"chunkTable", "The chunk table is whole, its chunks fit before it and hold the points of the header",
      kTableSection},
     judge_table},
    {{"chunkTableEnd", "The chunk table ends where the EVLRs begin, or with the file", kTableSection}, judge_table_end},
    {{"chunksContiguous", "Chunks follow one another up to the chunk table", kTableSection}, judge_contiguity},
    {{"chunkTableHierarchy", "Chunk table and hierarchy name the same chunks", "COPC 1.0, \"Introduction\""},
     judge_hierarchy_match},
};

}  // namespace

std::span<const JudgedRule> laz_rules() { return kLazRules; }

}  // namespace copse::check
