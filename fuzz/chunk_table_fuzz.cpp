// The chunk table: 20 bytes for what the file around it says, then the table.
#include <cstdlib>

#include "copse/laz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace copse;
    wire::ByteReader in{std::as_bytes(std::span{data, size})};
    laz::ChunkTableContext context;
    context.first_chunk = in.u16();
    context.table = context.first_chunk + in.u32();
    context.point_count = in.u64();
    context.chunk_size = in.u32();
    context.record_length = static_cast<std::uint16_t>(20 + in.u16() % 100);
    context.file_size = context.table + in.remaining();
    wire::Limits limits;
    limits.max_chunks = 1u << 16;  // so that an input takes milliseconds
    const auto bytes = in.bytes(in.remaining());
    if (!in.ok()) return 0;

    const auto chunks = laz::parse_chunk_table(bytes, context, limits);
    if (!chunks) {
        if (chunks.error().at > context.file_size) std::abort();
        return 0;
    }
    std::uint64_t points = 0;
    FileOffset next = context.first_chunk;
    for (const auto& chunk : *chunks) {
        if (chunk.offset != next || chunk.size == 0 || chunk.point_count == 0) std::abort();
        next += chunk.size;
        points += chunk.point_count;
    }
    if (next > context.table || points != context.point_count) std::abort();

    Bytes again;
    laz::encode_chunk_table(*chunks, context.chunk_size, again);
    context.file_size = context.table + again.size();
    const auto same = laz::parse_chunk_table(again, context, limits);
    if (!same || *same != *chunks) std::abort();
    return 0;
}
