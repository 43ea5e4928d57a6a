#include "build/node_encoder.hpp"

#include <cmath>

namespace copse::build {

Result<EncodedNode> NodeEncoder::encode(std::span<const std::uint32_t> rows) {
    std::vector<std::uint32_t> order{rows.begin(), rows.end()};
    sorters_.with([this] { return std::make_unique<NodeSorter>(points_); },
                  [&](NodeSorter& sorter) { sorter.sort(order); });
    const auto node = points_.gather(order);

    EncodedNode encoded;
    if (const auto status = laz::encode_chunk(format_, node, 0, node.size(), encoded.chunk); !status)
        return status.error();
    for (std::size_t row = 0; row < node.size(); ++row) {
        const auto number = node.return_number(row);
        if (number != 0) ++encoded.points_by_return[number - 1u];
    }
    if (stride_ != 0) {
        encoded.samples = temporal::make_samples(node.gps_time, stride_, fallback_time_);
        encoded.has_times = !std::isnan(node.gps_time[0]);  // NaN comes last
    }
    return encoded;
}

}  // namespace copse::build
