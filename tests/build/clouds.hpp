// Small clouds of known shape for the tests of this room.
#pragma once

#include <cstdint>
#include <limits>
#include <random>

#include "copse/las.hpp"

namespace copse::build::testing {

inline constexpr las::PointLayout kLayout{6, 30};

/// Points of PDRF 6 at the given raw coordinates; the other fields are drawn from `random`.
class Cloud {
public:
    explicit Cloud(std::uint64_t seed = 1) : random{seed}, points{kLayout, las::ColumnSet::all()} {}

    void add(std::int32_t x, std::int32_t y, std::int32_t z) {
        const auto row = points.size();
        points.resize(row + 1);
        points.x[row] = x;
        points.y[row] = y;
        points.z[row] = z;
        const auto bits = random();
        const auto number = static_cast<std::uint8_t>(1 + bits % 3);
        points.returns[row] = static_cast<std::uint8_t>(number | 3u << 4);
        points.channel[row] = static_cast<std::uint8_t>(bits >> 8 & 3);
        points.classification[row] = static_cast<std::uint8_t>(bits >> 16);
        points.flags[row] = static_cast<std::uint8_t>(bits >> 24 & 63);
        points.intensity[row] = static_cast<std::uint16_t>(bits >> 32);
        points.scan_angle[row] = static_cast<std::int16_t>(bits >> 48);
        points.user_data[row] = static_cast<std::uint8_t>(bits >> 40);
        points.point_source_id[row] = static_cast<std::uint16_t>(bits >> 12 & 7);
        points.gps_time[row] = static_cast<double>(bits >> 20 & 1023) / 8;
    }
    /// A copy of row `row`.
    void repeat(std::uint32_t row) {
        const auto copy = points.gather(std::span{&row, 1});
        points.append(copy, 0, 1);
    }
    std::int32_t below(std::int32_t bound) {
        return static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(bound));
    }

    std::mt19937_64 random;
    las::Points points;
};

inline las::Points box_cloud(std::size_t count, std::int32_t edge, std::uint64_t seed = 1) {
    Cloud cloud{seed};
    for (std::size_t i = 0; i < count; ++i)
        cloud.add(cloud.below(edge) - edge / 3, cloud.below(edge), cloud.below(edge));
    return std::move(cloud.points);
}

/// A tilted sheet with some height: what surveys look like.
inline las::Points sheet_cloud(std::size_t count, std::int32_t edge, std::uint64_t seed = 2) {
    Cloud cloud{seed};
    for (std::size_t i = 0; i < count; ++i) {
        const auto x = cloud.below(edge), y = cloud.below(edge);
        cloud.add(x, y, x / 3 + y / 7 + cloud.below(50));
    }
    return std::move(cloud.points);
}

inline las::Points line_cloud(std::size_t count, std::int32_t edge) {
    Cloud cloud{3};
    for (std::size_t i = 0; i < count; ++i) cloud.add(cloud.below(edge), 5, 5);
    return std::move(cloud.points);
}

/// All at one place, all fields drawn.
inline las::Points one_place_cloud(std::size_t count) {
    Cloud cloud{4};
    for (std::size_t i = 0; i < count; ++i) cloud.add(7, 7, 7);
    return std::move(cloud.points);
}

/// Copies of one record.
inline las::Points copies_cloud(std::size_t count) {
    Cloud cloud{5};
    cloud.add(7, 7, 7);
    while (cloud.points.size() < count) cloud.repeat(0);
    return std::move(cloud.points);
}

inline las::Points outlier_at(std::int32_t place) {
    Cloud cloud{8};
    cloud.add(place, place, place);
    return std::move(cloud.points);
}

/// A dense spot, and one point as far away as 32 bits allow.
inline las::Points outlier_cloud(std::size_t count) {
    Cloud cloud{6};
    cloud.add(std::numeric_limits<std::int32_t>::max(), std::numeric_limits<std::int32_t>::min(), 0);
    while (cloud.points.size() < count)
        cloud.add(cloud.below(2000) - 1'500'000'000, cloud.below(2000), cloud.below(30));
    return std::move(cloud.points);
}

/// Places on a coarse lattice, many points on each: ties everywhere.
inline las::Points lattice_cloud(std::size_t count, std::int32_t step) {
    Cloud cloud{7};
    for (std::size_t i = 0; i < count; ++i)
        cloud.add(cloud.below(40) * step, cloud.below(40) * step, cloud.below(3) * step);
    return std::move(cloud.points);
}

/// Rows in another order.
inline las::Points shuffled(const las::Points& points, std::uint64_t seed) {
    std::vector<std::uint32_t> rows(points.size());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>(i);
    std::mt19937_64 random{seed};
    std::shuffle(rows.begin(), rows.end(), random);
    return points.gather(rows);
}

}  // namespace copse::build::testing
