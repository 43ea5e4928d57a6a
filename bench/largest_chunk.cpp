// Writes a LAZ file of nothing but the largest chunk of another, byte for byte, so that everybody reads the same one.
//
// usage: largest_chunk IN.laz OUT.laz
#include <algorithm>
#include <iostream>

#include "worker.hpp"

namespace {

using namespace copse;

las::Vlr laszip_vlr(const bench::File& file) {
    auto vlr = *las::find_vlr(file.info.vlrs, laz::kVlrUserId, laz::kVlrRecordId);
    auto record = laz::parse_laszip_record(vlr.payload, file.info.layout, vlr.payload_at()).value();
    record.chunk_size = laz::kVariableChunks;
    vlr.payload.clear();
    laz::encode_laszip_record(record, vlr.payload);
    return vlr;
}

las::Header header_of(const bench::File& file, const laz::ChunkEntry& chunk, std::size_t vlr_bytes) {
    auto header = file.info.header;
    header.vlr_count = 1;
    header.offset_to_point_data = static_cast<std::uint32_t>(header.header_size + vlr_bytes);
    header.evlr_offset = header.evlr_count = 0;
    header.legacy_point_count = las::is_extended(header.format()) ? 0 : static_cast<std::uint32_t>(chunk.point_count);
    header.point_count_14 = chunk.point_count;
    header.legacy_points_by_return = {header.legacy_point_count};  // readers do not look at them; their sum is right
    header.points_by_return_14 = {chunk.point_count};
    return header;
}

Bytes file_of(const bench::File& file, laz::ChunkEntry chunk) {
    Bytes vlr;
    las::encode_vlr(laszip_vlr(file), vlr);
    Bytes out;
    las::encode_header(header_of(file, chunk, vlr.size()), out);
    wire::ByteWriter to{out};
    to.bytes(vlr);
    to.i64(static_cast<std::int64_t>(out.size() + 8 + chunk.size));  // position of the chunk table
    to.bytes(file.chunk(chunk));
    laz::encode_chunk_table({&chunk, 1}, laz::kVariableChunks, out);
    return out;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::cerr << "usage: largest_chunk IN.laz OUT.laz\n";
        return 2;
    }
    const auto file = bench::load(arguments[1]);
    const auto largest =
        std::ranges::max_element(file.chunks, {}, [](const laz::ChunkEntry& chunk) { return chunk.point_count; });
    auto out = io::OutputFile::create(arguments[2], io::Overwrite::allow).value();
    out->append(file_of(file, *largest)).value();
    out->commit().value();
}
