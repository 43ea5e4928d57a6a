// Small LAZ files in memory, put together by hand: with and without what a file should have.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "copse/laz.hpp"

namespace copse::laz::test {

/// Where the chunk table and its position are.
enum class TablePlace {
    known,        ///< at the front, as it should be
    at_the_end,   ///< -1 at the front, the position in the last 8 bytes
    interrupted,  ///< the field points to itself: the writer did not finish
};

struct LazFile {
    Bytes bytes;
    std::size_t points_at = 0;  ///< offset to point data
    std::size_t table_at = 0;
    std::vector<ChunkEntry> chunks;
};

class LazFileMaker {
public:
    explicit LazFileMaker(las::PointLayout layout, std::uint32_t chunk_size = 100)
        : record{make_laszip_record(layout, chunk_size)}, layout_{layout} {
        const bool extended = las::is_extended(layout.format);
        header.version_minor = extended ? 4 : 2;
        header.header_size = extended ? las::kHeaderSize14 : las::kHeaderSize12;
        header.point_format_byte = static_cast<std::uint8_t>(layout.format | 0x80);
        header.record_length = layout.record_length;
    }

    las::Header header;
    LaszipRecord record;
    std::vector<las::Vlr> vlrs;  ///< besides the LASzip record
    TablePlace table = TablePlace::known;

    /// Chunks of the record's size, or of `sizes` one after the other where it is variable.
    [[nodiscard]] LazFile make(const las::Points& points, std::span<const std::size_t> sizes = {}) const {
        LazFile file;
        write_front(file, points.size());
        const bool one_chunk = record.compressor == Compressor::point_wise;
        const auto format = ChunkFormat::from(record, layout_);
        if (!one_chunk) file.bytes.resize(file.points_at + 8);
        for (std::size_t first = 0, i = 0; first < points.size(); ++i) {
            std::size_t size = one_chunk                  ? points.size()
                               : record.variable_chunks() ? sizes[i % sizes.size()]
                                                          : record.chunk_size;
            size = std::min(size, points.size() - first);
            const std::size_t at = file.bytes.size();
            (void)encode_chunk(format, points, first, first + size, file.bytes);
            file.chunks.push_back({at, file.bytes.size() - at, size});
            first += size;
        }
        if (!one_chunk) write_table(file);
        return file;
    }

private:
    void write_front(LazFile& file, std::size_t count) const {
        las::Vlr vlr;
        vlr.user_id = kVlrUserId;
        vlr.record_id = kVlrRecordId;
        encode_laszip_record(record, vlr.payload);
        Bytes all;
        las::encode_vlr(vlr, all);
        for (const auto& other : vlrs) las::encode_vlr(other, all);

        auto complete = header;
        complete.vlr_count = static_cast<std::uint32_t>(1 + vlrs.size());
        complete.offset_to_point_data = static_cast<std::uint32_t>(complete.header_size + all.size());
        if (las::is_extended(layout_.format))
            complete.point_count_14 = count;
        else
            complete.legacy_point_count = static_cast<std::uint32_t>(count);
        las::encode_header(complete, file.bytes);
        file.bytes.insert(file.bytes.end(), all.begin(), all.end());
        file.points_at = file.bytes.size();
    }

    void write_table(LazFile& file) const {
        const auto put = [&](std::uint64_t position) { wire::store_le(file.bytes.data() + file.points_at, position); };
        file.table_at = file.bytes.size();
        if (table == TablePlace::interrupted) return put(file.points_at);
        encode_chunk_table(file.chunks, record.chunk_size, file.bytes);
        put(file.table_at);
        if (table == TablePlace::known) return;
        put(~std::uint64_t{0});
        wire::ByteWriter{file.bytes}.u64(file.table_at);
    }

    las::PointLayout layout_;
};

}  // namespace copse::laz::test
