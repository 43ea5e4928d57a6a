// The points of a file in file order, for each way in which they can be stored.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "copse/laz.hpp"

namespace copse::laz {

class PointStream {
public:
    virtual ~PointStream() = default;
    /// Appends up to `rows` of the next points; none are appended when all have been. After an error the stream is of
    /// no use any more.
    virtual Status next(std::size_t rows, las::Points& out) = 0;
};

/// What all streams must know. The source outlives them.
struct StreamContext {
    wire::Source* source = nullptr;
    ChunkFormat format;
    FileOffset begin = 0;                        ///< of the first point or chunk
    std::uint64_t point_count = 0;               ///< of the header
    std::uint32_t chunk_size = kVariableChunks;  ///< of the LASzip record
    wire::Limits limits;
};

/// The bytes of one chunk, compared with the limit and the file before memory is taken.
Result<Bytes> read_chunk(wire::Source& source, ByteRange range, const wire::Limits& limits);

/// Chunks by the chunk table, one in memory at a time. `chunks` must outlive the stream.
std::unique_ptr<PointStream> make_table_stream(StreamContext context, std::span<const las::PointBlock> chunks);

/// Layered chunks without a table: the head of each says where the next one begins. One chunk in memory at a time.
std::unique_ptr<PointStream> make_layered_stream(StreamContext context);

/// Point-wise chunks without a table (of `chunk_size` points), or one single chunk of any size (kVariableChunks):
/// decoded through a window of about a megabyte, and each chunk begins where the decoder of the one before stopped.
std::unique_ptr<PointStream> make_pointwise_stream(StreamContext context);

/// Points that are not compressed, under a LASzip record that says so.
std::unique_ptr<PointStream> make_stored_stream(StreamContext context);

}  // namespace copse::laz
