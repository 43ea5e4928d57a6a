// What the fuzz targets of point-wise chunks share: two bytes that choose items and versions.
#pragma once

#include "copse/laz.hpp"

namespace copse::fuzz {

/// First byte: point format, and bit 7 whether each item has its own version by the bits of the second, whose low bits
/// are the number of extra bytes.
inline laz::ChunkFormat pointwise_format(std::uint8_t first, std::uint8_t second) {
    const auto format = static_cast<std::uint8_t>((first & 0x0f) % 6);
    const las::PointLayout layout{format, static_cast<std::uint16_t>(las::base_record_length(format) + second % 8)};
    auto chunk = laz::ChunkFormat::for_layout(layout);
    unsigned bits = second >> 3u;
    for (auto& item : chunk.items) {
        item.version = (bits & 1u) != 0 ? 1 : 2;
        if ((first & 0x80u) != 0) bits >>= 1u;
    }
    return chunk;
}

}  // namespace copse::fuzz
