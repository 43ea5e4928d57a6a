// One door to all chunk codecs.
#include <algorithm>

#include "laz/codecs.hpp"

namespace copse::laz {

Result<std::unique_ptr<ChunkDecoder>> ChunkDecoder::open_further(las::ColumnSet) {
    return Error{Code::unsupported, 0, "point-wise chunks are decoded in one step"};
}

Result<std::unique_ptr<ChunkDecoder>> open_chunk(const ChunkFormat& format, ByteView bytes, FileOffset at,
                                                 std::uint64_t point_count, las::ColumnSet columns,
                                                 Consumption consumption, Steps steps) {
    if (point_count == 0) return Error{Code::bad_value, at, "a chunk holds at least one point"};
    if (format.compressor == Compressor::layered_chunked)
        return make_layered_decoder(format, bytes, at, point_count, columns, consumption, steps);
    return make_pointwise_decoder(format, bytes, at, point_count, consumption);
}

Status decode_chunk(const ChunkFormat& format, ByteView bytes, FileOffset at, std::uint64_t point_count,
                    las::Points& out, std::uint64_t rows, const wire::Limits& limits) {
    out.resize(0);
    const std::uint64_t wanted = std::min(rows, point_count);
    if (wanted > limits.max_chunk_points)
        return Error{Code::limit_exceeded, at, "chunk has more points than may be decoded as a whole"};
    auto decoder = open_chunk(format, bytes, at, point_count, out.columns);
    if (!decoder) return decoder.error();
    return (*decoder)->decode(static_cast<std::size_t>(wanted), out);
}

void decode_chunks(const ChunkFormat& format, std::span<ChunkJob> jobs, const wire::Limits& limits) {
    if (format.compressor == Compressor::layered_chunked) return decode_layered_chunks(format, jobs, limits);
    decode_pointwise_chunks(format, jobs, limits);
}

void decode_further(std::span<FurtherJob> jobs) { decode_further_of_layered_chunks(jobs); }

Status encode_chunk(const ChunkFormat& format, const las::Points& points, std::size_t first, std::size_t last,
                    Bytes& out) {
    if (format.compressor == Compressor::layered_chunked) return encode_layered_chunk(format, points, first, last, out);
    return encode_pointwise_chunk(format, points, first, last, out);
}

}  // namespace copse::laz
