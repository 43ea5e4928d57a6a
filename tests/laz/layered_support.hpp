// Small verbs for tests of layered chunks.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "copse/laz.hpp"
#include "laz/codecs.hpp"
#include "laz/random.hpp"

namespace copse::laz::test {

/// The items of a layout, all of one version.
inline ChunkFormat layered_format(las::PointLayout layout, std::uint16_t version) {
    ChunkFormat format;
    format.layout = layout;
    format.items = {{ItemType::point14, 30, version}};
    const auto add = [&](ItemType type, std::uint16_t size) { format.items.push_back({type, size, version}); };
    if (las::has_nir(layout.format))
        add(ItemType::rgb_nir14, 8);
    else if (las::has_rgb(layout.format))
        add(ItemType::rgb14, 6);
    if (las::has_waveform(layout.format)) add(ItemType::wave_packet14, 29);
    if (layout.extra_bytes() != 0) add(ItemType::byte14, layout.extra_bytes());
    return format;
}

inline las::PointLayout layout_of(std::uint8_t format, std::uint16_t extra_bytes) {
    return {format, static_cast<std::uint16_t>(las::base_record_length(format) + extra_bytes)};
}

inline las::Points points_from_records(las::PointLayout layout, ByteView records) {
    las::Points points{layout, las::ColumnSet::all()};
    points.resize(records.size() / layout.record_length);
    las::unpack_records(records, points, 0);
    return points;
}

inline Bytes records_of(const las::Points& points) {
    Bytes records;
    las::pack_records(points, 0, points.size(), records);
    return records;
}

inline Bytes encode(const ChunkFormat& format, const las::Points& points) {
    Bytes chunk;
    const Status status = encode_layered_chunk(format, points, 0, points.size(), chunk);
    EXPECT_TRUE(status) << (status ? "" : status.error().what);
    return chunk;
}

inline las::ColumnSet random_columns(Random& random) {
    return {random() & las::ColumnSet::all().fields, std::uint64_t{random()}};
}

/// Decodes a whole chunk, or says what is wrong with it.
inline Result<las::Points> decode(const ChunkFormat& format, ByteView chunk, std::uint64_t point_count,
                                  las::ColumnSet columns = las::ColumnSet::all(), FileOffset at = 0,
                                  Consumption consumption = Consumption::exact) {
    auto decoder = make_layered_reference_decoder(format, chunk, at, point_count, columns, consumption);
    if (!decoder) return decoder.error();
    las::Points points{format.layout, columns};
    const Status status = (*decoder)->decode(static_cast<std::size_t>(point_count), points);
    if (!status) return status.error();
    return points;
}

}  // namespace copse::laz::test
