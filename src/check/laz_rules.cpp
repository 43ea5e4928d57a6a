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
    const auto slack = [&] { return fmt::format("{} bytes follow the chunk table", end - at - laz.table_size); };
    // Some writers put an empty chunk into a file without points: another table of the same meaning.
    if (facts.header.point_count() == 0 && !laz.table_canonical) return judgement.not_applicable();
    if (end < at || end - at < laz.table_size)
        judgement.fail(end, Code::truncated,
                       [&] { return fmt::format("the table takes {} bytes from {}", laz.table_size, at); });
    else if (end - at > laz.table_size && facts.claims_copc)
        judgement.fail(at + laz.table_size, Code::trailing_bytes, slack);
    else if (end - at > laz.table_size)  // libLAS left some
        judgement.warn(at + laz.table_size, slack);
    else if (!laz.table_canonical)
        judgement.warn(at, [] { return "the table is not coded as LASzip codes it"; });
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
};

}  // namespace

std::span<const JudgedRule> laz_rules() { return kLazRules; }

}  // namespace copse::check
