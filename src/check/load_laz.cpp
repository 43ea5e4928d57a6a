// The LASzip record, the chunk table pointer and the chunk table.
#include <algorithm>

#include "check/facts.hpp"

namespace copse::check {

namespace {

// An entry takes two values of at most 7 bytes in the coder's least favourable state (two symbols of 15 bits, 24 raw
// bits).
constexpr std::uint64_t kMaxTableBytesPerChunk = 16;
constexpr std::uint64_t kTablePointerSize = 8;
constexpr std::uint64_t kTableHeaderSize = 8;

std::optional<std::int64_t> read_i64(wire::Source& source, Facts& facts, FileOffset at) {
    Bytes bytes;
    if (!inside({at, 8}, facts.size) || !fetch(source, facts, {at, 8}, bytes)) return std::nullopt;
    return wire::load_le<std::int64_t>(bytes.data());
}

void load_laszip_record(wire::Source& source, Facts& facts) {
    auto& laz = facts.laz;
    for (const auto* records : {&facts.vlrs, &facts.evlrs})
        for (const auto& record : *records)
            if (laz.record == nullptr && record.is(laz::kVlrUserId, laz::kVlrRecordId)) laz.record = &record;
    if (laz.record == nullptr || !facts.layout_known()) return;
    const auto range = laz.record->payload();
    Bytes payload;
    if (range.size > 65535) {
        laz.laszip_problem =
            Error{Code::trailing_bytes, laz.record->at + 20, "the LASzip record is longer than a VLR can be"};
        return;
    }
    if (!fetch(source, facts, range, payload)) return;
    auto record = laz::parse_laszip_record(payload, facts.layout(), range.offset);
    if (record)
        laz.laszip = *std::move(record);
    else
        laz.laszip_problem = record.error();
}

/// "LASzip, chunk table": -1 says that the true position is in the file's last 8 bytes.
void find_table(wire::Source& source, Facts& facts) {
    auto& laz = facts.laz;
    const FileOffset data = facts.header.offset_to_point_data;
    laz.pointer = read_i64(source, facts, data);
    if (!laz.pointer) return;
    auto target = laz.pointer;
    if (*target == -1 && facts.size >= 8) target = read_i64(source, facts, facts.size - 8);
    if (!target || *target <= 0) return;
    const auto at = static_cast<FileOffset>(*target);
    if (at >= data + kTablePointerSize && inside({at, kTableHeaderSize}, facts.size)) laz.table_at = at;
}

/// The table has no length of its own. The coder is deterministic, so writing the values again shows where it ends.
void measure_table(ByteView bytes, Facts& facts) {
    auto& laz = facts.laz;
    Bytes again;
    laz::encode_chunk_table(*laz.chunks, laz.laszip->chunk_size == 0 ? laz::kVariableChunks : laz.laszip->chunk_size,
                            again);
    laz.table_size = again.size();
    laz.table_canonical = again.size() <= bytes.size() && std::equal(again.begin(), again.end(), bytes.begin());
}

void load_table(wire::Source& source, Facts& facts) {
    auto& laz = facts.laz;
    const auto at = *laz.table_at;
    Bytes bytes;
    if (!fetch(source, facts, {at, kTableHeaderSize}, bytes)) return;
    const std::uint64_t count = wire::load_le<std::uint32_t>(bytes.data() + 4);
    if (count > facts.limits.max_chunks) {
        laz.table_problem = Error{Code::limit_exceeded, at + 4, "more chunks than can be held"};
        return;
    }
    const auto most = kTableHeaderSize + 64 + count * kMaxTableBytesPerChunk;
    if (!fetch(source, facts, {at, std::min(most, facts.size - at)}, bytes)) return;

    laz::ChunkTableContext context;
    context.first_chunk = facts.header.offset_to_point_data + kTablePointerSize;
    context.table = at;
    context.file_size = facts.size;
    context.point_count = facts.header.point_count();
    context.chunk_size = laz.laszip->chunk_size;
    context.record_length = facts.header.record_length;
    auto chunks = laz::parse_chunk_table(bytes, context, facts.limits);
    if (!chunks) {
        laz.table_problem = chunks.error();
        return;
    }
    laz.chunks = *std::move(chunks);
    measure_table(bytes, facts);
}

}  // namespace

void load_laz(wire::Source& source, Facts& facts) {
    if (facts.io_error || !facts.header_whole) return;
    load_laszip_record(source, facts);
    auto& laz = facts.laz;
    if (facts.io_error || !laz.laszip) return;
    if (laz.laszip->compressor != laz::Compressor::point_wise_chunked &&
        laz.laszip->compressor != laz::Compressor::layered_chunked)
        return;
    find_table(source, facts);
    if (!facts.io_error && laz.table_at) load_table(source, facts);
}

}  // namespace copse::check
