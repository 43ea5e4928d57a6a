// A node's rows as a chunk, with what the indexes say of it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "build/parallel.hpp"
#include "build/record_order.hpp"
#include "copse/laz.hpp"
#include "copse/temporal.hpp"

namespace copse::build {

struct EncodedNode {
    Bytes chunk;
    std::vector<double> samples;  ///< empty if no index is wanted
    bool has_times = false;       ///< a time that is not NaN: counts for the ranges of subtrees
    std::array<std::uint64_t, 15> points_by_return{};
};

/// Sorts and encodes nodes. Several calls may run at a time.
class NodeEncoder {
public:
    /// @param stride  0: no samples
    NodeEncoder(const las::Points& points, std::uint32_t stride, double fallback_time)
        : points_{points},
          format_{laz::ChunkFormat::for_layout(points.layout)},
          stride_{stride},
          fallback_time_{fallback_time} {}

    Result<EncodedNode> encode(std::span<const std::uint32_t> rows);

private:
    const las::Points& points_;
    laz::ChunkFormat format_;
    std::uint32_t stride_;
    double fallback_time_;
    Pool<NodeSorter> sorters_;
};

}  // namespace copse::build
