// The chunk codecs behind laz::open_chunk and laz::encode_chunk. Arguments and errors are theirs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "copse/laz.hpp"

namespace copse::laz {

/// Layered chunks (PDRF 6 to 10), by the fastest form that this processor runs.
Result<std::unique_ptr<ChunkDecoder>> make_layered_decoder(const ChunkFormat& format, ByteView bytes, FileOffset at,
                                                           std::uint64_t point_count, las::ColumnSet columns,
                                                           Consumption consumption, Steps steps);
void decode_layered_chunks(const ChunkFormat& format, std::span<ChunkJob> jobs, const wire::Limits& limits);
void decode_further_of_layered_chunks(std::span<FurtherJob> jobs);
Status encode_layered_chunk(const ChunkFormat& format, const las::Points& points, std::size_t first, std::size_t last,
                            Bytes& out);

/// The same, one symbol after the other: plain code that every faster form is compared with. Knows no further columns.
Result<std::unique_ptr<ChunkDecoder>> make_layered_reference_decoder(const ChunkFormat& format, ByteView bytes,
                                                                     FileOffset at, std::uint64_t point_count,
                                                                     las::ColumnSet columns, Consumption consumption);
Status encode_layered_chunk_reference(const ChunkFormat& format, const las::Points& points, std::size_t first,
                                      std::size_t last, Bytes& out);

/// Point-wise chunks (PDRF 0 to 5). All columns of the format are decoded, whatever `out.columns` asks for is stored.
/// By the fastest form that this processor runs; chunks with items of version 1, or whose size is not known, by the
/// plain decoder.
Result<std::unique_ptr<ChunkDecoder>> make_pointwise_decoder(const ChunkFormat& format, ByteView bytes, FileOffset at,
                                                             std::uint64_t point_count, Consumption consumption);
void decode_pointwise_chunks(const ChunkFormat& format, std::span<ChunkJob> jobs, const wire::Limits& limits);
Status encode_pointwise_chunk(const ChunkFormat& format, const las::Points& points, std::size_t first, std::size_t last,
                              Bytes& out);

/// The same, one symbol after the other, with items of every version and chunks of any size.
Result<std::unique_ptr<ChunkDecoder>> make_pointwise_reference_decoder(const ChunkFormat& format, ByteView bytes,
                                                                       FileOffset at, std::uint64_t point_count,
                                                                       Consumption consumption);

}  // namespace copse::laz
