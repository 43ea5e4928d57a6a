#include "build/node_encoder.hpp"

#include <cmath>

namespace copse::build {

Result<EncodedNode> NodeEncoder::encode(const copc::VoxelKey& key, std::span<const ColumnBytes> points,
                                        std::span<const std::uint32_t> rows) {
    node_.resize(rows.size());
    gather_columns(points, rows, columns_of(node_));
    return encode(key, node_);
}

Result<EncodedNode> NodeEncoder::encode(const copc::VoxelKey& key, const las::Points& points) {
    chunk_.clear();
    if (const auto status = laz::encode_chunk(format_, points, 0, points.size(), chunk_); !status)
        return status.error();

    EncodedNode encoded;
    encoded.key = key;
    encoded.points = points.size();
    encoded.chunk.assign(chunk_.begin(), chunk_.end());
    std::array<std::uint64_t, 16> by_return{};
    for (const auto returns : points.returns) ++by_return[returns & 15u];
    std::copy(by_return.begin() + 1, by_return.end(), encoded.points_by_return.begin());
    if (stride_ != 0) {
        encoded.samples = temporal::make_samples(points.gps_time, stride_, 0);
        encoded.has_times = !std::isnan(points.gps_time[0]);  // NaN comes last
    }
    return encoded;
}

}  // namespace copse::build
