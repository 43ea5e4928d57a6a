#include "laz/file_info.hpp"

#include <algorithm>

#include "laz/chunk_table.hpp"

namespace copse::laz {
namespace {

constexpr FileOffset kFormatAt = 104;  // in the public header block
constexpr std::uint64_t kPositionSize = sizeof(std::int64_t);

/// Compatibility mode stores format 6 as 1, 7 and 8 as 3, 9 as 4, 10 as 5.
std::uint8_t compatible_format(std::uint8_t restored) {
    if (las::has_waveform(restored)) return las::has_rgb(restored) ? 5 : 4;
    return las::has_rgb(restored) ? 3 : 1;
}

/// The record length that the items add up to, or 0.
std::uint16_t length_of_items(ByteView payload) {
    wire::ByteReader in{payload};
    in.skip(32);
    std::uint32_t sum = 0;
    for (std::uint32_t count = in.u16(); count != 0 && in.ok(); --count) {
        in.skip(2);
        sum += in.u16();
        in.skip(2);
    }
    return sum <= 0xffff ? static_cast<std::uint16_t>(sum) : std::uint16_t{0};
}

las::PointLayout stored_layout(const las::FileInfo& info, ByteView payload) {
    if (!info.restored) return info.layout;
    const std::uint8_t format = compatible_format(info.layout.format);
    return {format, std::max(length_of_items(payload), las::base_record_length(format))};
}

Result<std::int64_t> read_position(wire::Source& source, FileOffset at) {
    const auto bytes = source.read({at, kPositionSize});
    if (!bytes) return bytes.error();
    return wire::load_le<std::int64_t>(bytes->data());
}

/// Position of the chunk table, or 0 where there is none: the writer was interrupted before it wrote the position, or
/// the file was cut before the table.
Result<FileOffset> find_chunk_table(wire::Source& source, const las::FileInfo& info) {
    const std::uint64_t size = source.size();
    const FileOffset begin = info.header.offset_to_point_data;
    if (size < begin || size - begin < kPositionSize) {
        if (info.header.point_count() == 0) return FileOffset{0};
        return Error{Code::truncated, size, "the file ends before the position of the chunk table"};
    }
    auto position = read_position(source, begin);
    if (!position) return position.error();
    // The writer could not go back: then the position is the last thing in the file.
    if (*position == -1) position = read_position(source, size - kPositionSize);
    if (!position) return position.error();

    if (*position <= static_cast<std::int64_t>(begin)) return FileOffset{0};
    const auto at = static_cast<FileOffset>(*position);
    if (at > size - kPositionSize) return FileOffset{0};
    if (at - begin < kPositionSize)
        return Error{Code::bad_value, begin, "the position of the chunk table lies inside its own field"};
    return at;
}

}  // namespace

Result<StoredPoints> find_stored_points(const las::FileInfo& info) {
    const auto* vlr = las::find_vlr(info.vlrs, kVlrUserId, kVlrRecordId);
    if (vlr == nullptr) {
        if (info.header.marked_compressed())
            return Error{Code::unsupported, kFormatAt,
                         "the points are marked as compressed, but there is no LASzip record to say how"};
        StoredPoints plain{LaszipRecord{}, info.layout};
        plain.record.compressor = Compressor::none;
        return plain;
    }
    const auto layout = stored_layout(info, vlr->payload);
    auto record = parse_laszip_record(vlr->payload, layout, vlr->payload_at());
    if (!record) return record.error();
    return StoredPoints{*std::move(record), layout};
}

Result<ChunkTable> read_chunk_table(wire::Source& source, const las::FileInfo& info, const wire::Limits& limits) {
    const auto stored = find_stored_points(info);
    if (!stored) return stored.error();
    ChunkTable table;
    table.record = stored->record;
    if (table.record.compressor == Compressor::none || table.record.compressor == Compressor::point_wise) return table;

    const auto at = find_chunk_table(source, info);
    if (!at) return at.error();
    if (*at == 0) return table;
    ChunkTableContext context;
    context.first_chunk = info.header.offset_to_point_data + kPositionSize;
    context.table = *at;
    context.file_size = source.size();
    context.point_count = info.header.point_count();
    context.chunk_size = table.record.chunk_size;
    context.record_length = stored->layout.record_length;

    const std::uint64_t available = context.file_size - context.table;
    const auto head = source.read({context.table, kChunkTableHeadSize});
    if (!head) return head.error();
    const auto count = wire::load_le<std::uint32_t>(head->data() + 4);
    if (const auto good = check_chunk_count(count, context, limits); !good) return good.error();
    const auto bytes = source.read({context.table, std::min(available, max_chunk_table_size(count))});
    if (!bytes) return bytes.error();
    auto parsed = parse_sized_chunk_table(*bytes, context, limits);
    if (!parsed) return parsed.error();
    table.table_at = context.table;
    table.table_size = parsed->size;
    table.chunks = std::move(parsed->chunks);
    return table;
}

}  // namespace copse::laz
