// The chunk table with its own size, for those who read it out of a file.
#pragma once

#include <cstdint>
#include <vector>

#include "copse/laz.hpp"

namespace copse::laz {

struct SizedChunkTable {
    std::vector<ChunkEntry> chunks;
    std::uint64_t size = 0;  ///< bytes of the table
};

/// As `parse_chunk_table`, and says how many bytes it used.
Result<SizedChunkTable> parse_sized_chunk_table(ByteView bytes, const ChunkTableContext& context,
                                                const wire::Limits& limits);

/// Whether the number of chunks that a table declares is possible: to be asked before memory is taken for them.
Status check_chunk_count(std::uint32_t count, const ChunkTableContext& context, const wire::Limits& limits);

/// Version and number of chunks, in front of the coded part.
inline constexpr std::size_t kChunkTableHeadSize = 8;

/// Most bytes that a table of `chunks` entries can have: two numbers an entry, each of two symbols (at most 16 bits
/// each) and 23 raw bits, and the 4 bytes by which the coder finishes.
constexpr std::uint64_t max_chunk_table_size(std::uint32_t chunks) { return kChunkTableHeadSize + 14ull * chunks + 4; }

}  // namespace copse::laz
