// What the fuzz targets of layered chunks share: two bytes that choose items, version and extra bytes.
#pragma once

#include "copse/laz.hpp"

namespace copse::fuzz {

/// First byte: point format 6 to 10, and bit 7 item version 4. Second byte: number of extra bytes, 0 to 7.
inline laz::ChunkFormat layered_format(std::uint8_t first, std::uint8_t second) {
    const auto format = static_cast<std::uint8_t>(6 + (first & 0x0f) % 5);
    const las::PointLayout layout{format, static_cast<std::uint16_t>(las::base_record_length(format) + second % 8)};
    auto chunk = laz::ChunkFormat::for_layout(layout);
    for (auto& item : chunk.items) item.version = (first & 0x80u) != 0 ? 4 : 3;
    return chunk;
}

inline las::Points points_of(const las::PointLayout& layout, ByteView records) {
    las::Points points{layout, las::ColumnSet::all()};
    points.resize(records.size() / layout.record_length);
    las::unpack_records(records, points, 0);
    return points;
}

}  // namespace copse::fuzz
