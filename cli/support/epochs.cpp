#include "support/epochs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "support/stop.hpp"

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
    if (epochs.empty()) return epochs;
    // Comparisons that a NaN fails.
    auto& first = epochs.front();
    auto& last = epochs.back();
    first.start = time_min <= first.first_sample ? time_min : first.first_sample;
    last.end = time_max >= last.last_sample ? time_max : last.last_sample;
    for (std::size_t i = 0; i + 1 < epochs.size(); ++i) {
        epochs[i].end = std::midpoint(epochs[i].last_sample, epochs[i + 1].first_sample);
        epochs[i + 1].start = std::nextafter(epochs[i].end, std::numeric_limits<double>::infinity());
    }
    return epochs;
}

std::vector<Epoch> load_epochs(CopcFile& copc, const TimeFacts& times) {
    if (!copc.file->temporal) throw wrong_usage("there is no temporal index to find epochs in", copc.path);
    read::HierarchyLoad load{copc.file, true};
    advance(load, copc);
    return find_epochs(load.take_nodes(), copc.file->temporal->stride, times.partial ? std::nan("") : times.min,
                       times.partial ? std::nan("") : times.max);
}

temporal::TimeWindow window_of(std::span<const Epoch> epochs, std::size_t index) {
    constexpr double kOpen = std::numeric_limits<double>::infinity();
    return {index == 0 ? -kOpen : epochs[index].start, index + 1 == epochs.size() ? kOpen : epochs[index].end};
}

}  // namespace copse::cli
