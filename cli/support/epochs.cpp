#include "support/epochs.hpp"

#include <algorithm>

namespace copse::cli {
namespace {

struct Sample {
    double time;
    std::uint64_t points;  ///< rows from this sample to the next
};

std::vector<Sample> sorted_samples(std::span<const read::Node> nodes, std::uint32_t stride) {
    std::vector<Sample> samples;
    for (const auto& node : nodes) {
        const auto rows = node.entry.has_points() ? static_cast<std::uint64_t>(node.entry.point_count) : 0;
        for (std::size_t i = 0; i < node.samples.size(); ++i) {
            const auto first = std::uint64_t{i} * stride;
            samples.push_back({node.samples[i], first < rows ? std::min<std::uint64_t>(stride, rows - first) : 0});
        }
    }
    std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.time < b.time; });
    return samples;
}

}  // namespace

std::vector<Epoch> find_epochs(std::span<const read::Node> nodes, std::uint32_t stride, double time_min,
                               double time_max) {
    std::vector<Epoch> epochs;
    for (const auto& sample : sorted_samples(nodes, stride)) {
        if (epochs.empty() || sample.time - epochs.back().last_sample > kEpochGapSeconds)
            epochs.push_back({sample.time, sample.time, 0, 0, 0});
        epochs.back().last_sample = sample.time;
        epochs.back().points_about += sample.points;
    }
    for (auto& epoch : epochs) {
        epoch.start = epoch.first_sample - kEpochGapSeconds / 2;
        epoch.end = epoch.last_sample + kEpochGapSeconds / 2;
        // Comparisons that a NaN fails: then the windows stay wide.
        if (time_min > epoch.start && time_min <= epoch.first_sample) epoch.start = time_min;
        if (time_max < epoch.end && time_max >= epoch.last_sample) epoch.end = time_max;
    }
    return epochs;
}

}  // namespace copse::cli
