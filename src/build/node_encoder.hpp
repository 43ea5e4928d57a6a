// A node's points as a chunk, with what the indexes say of it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "build/piece.hpp"
#include "copse/copc.hpp"
#include "copse/laz.hpp"
#include "copse/temporal.hpp"

namespace copse::build {

struct EncodedNode {
    copc::VoxelKey key;
    std::uint64_t points = 0;
    Bytes chunk;
    std::vector<double> samples;  ///< empty if no index is wanted; zeros if there is no time
    bool has_times = false;       ///< a time that is not NaN: counts for the ranges of subtrees
    std::array<std::uint64_t, 15> points_by_return{};
};

/// Encodes nodes one after the other. Keeps its memory from call to call.
class NodeEncoder {
public:
    /// @param stride  0: no samples
    NodeEncoder(const las::PointLayout& layout, std::uint32_t stride)
        : format_{laz::ChunkFormat::for_layout(layout)}, stride_{stride}, node_{layout, las::ColumnSet::all()} {}

    /// @param rows  of `points`, in the order of the node (`NodeSorter`); at least one
    Result<EncodedNode> encode(const copc::VoxelKey& key, std::span<const ColumnBytes> points,
                               std::span<const std::uint32_t> rows);

    /// Encodes all of `points`, which are in the order of the node.
    Result<EncodedNode> encode(const copc::VoxelKey& key, const las::Points& points);

private:
    laz::ChunkFormat format_;
    std::uint32_t stride_;
    las::Points node_;
    Bytes chunk_;
};

}  // namespace copse::build
