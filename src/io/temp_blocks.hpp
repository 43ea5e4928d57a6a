// How a piece of temporary data is written: as blocks, each compressed where that makes it smaller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "copse/wire.hpp"

namespace copse::io {

inline constexpr std::size_t kBlockBytes = std::size_t{64} << 10;  ///< as far as LZ4 looks back
inline constexpr std::size_t kBlockHeader = sizeof(std::uint32_t);
/// No packed block is larger than this.
inline constexpr std::size_t kPackedBound = kBlockHeader + kBlockBytes;

/// Packs a block into `out`, which has kPackedBound bytes, and says how many it took.
/// @pre the block has 1 to kBlockBytes bytes
std::size_t pack_block(ByteView block, std::byte* out);

/// Bytes that the block, of which the first kBlockHeader bytes are given, takes behind these.
std::size_t packed_size(const std::byte* header);

/// Unpacks a block into `out`, which has exactly the size that it had. False if it is damaged.
/// @param packed header and all that belongs to the block
bool unpack_block(ByteView packed, std::span<std::byte> out);

}  // namespace copse::io
