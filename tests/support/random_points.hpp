// Points of any format with values that use every bit of every field, the same for the same seed.
#pragma once

#include <cstdint>
#include <random>

#include "copse/las.hpp"

namespace copse::test {

inline las::PointLayout layout_of(std::uint8_t format, std::uint16_t extra_bytes = 0) {
    return {format, static_cast<std::uint16_t>(las::base_record_length(format) + extra_bytes)};
}

/// Every field takes any value; only the times are ordinary numbers, from 0 to 1000 seconds.
inline las::Points random_points(las::PointLayout layout, std::size_t count, std::uint32_t seed) {
    std::mt19937 random{seed};
    Bytes records(count * layout.record_length);
    for (auto& byte : records) byte = static_cast<std::byte>(random());
    las::Points points{layout, las::ColumnSet::all()};
    points.resize(count);
    las::unpack_records(records, points, 0);
    if (las::has_gps_time(layout.format))
        for (auto& time : points.gps_time) time = static_cast<double>(random() % 1'000'000) / 1000;
    return points;
}

inline Bytes records_of(const las::Points& points) {
    Bytes records;
    las::pack_records(points, 0, points.size(), records);
    return records;
}

}  // namespace copse::test
