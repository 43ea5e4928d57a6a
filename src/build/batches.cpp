#include "build/batches.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace copse::build {
namespace {

/// The cell that the middle of a box is in.
copc::VoxelKey place(const RawBox& box, const Cube& cube) {
    constexpr int kLevel = 10;
    copc::VoxelKey key{kLevel, 0, 0, 0};
    const std::array axes{&key.x, &key.y, &key.z};
    for (std::size_t a = 0; a < 3; ++a) {
        const double middle = static_cast<double>(box.min[a] - cube.min_raw[a]) / 2 +
                              static_cast<double>(box.max[a] - cube.min_raw[a]) / 2;
        const double cell = middle / static_cast<double>(cube.size_raw[a]) * (1 << kLevel);
        *axes[a] = static_cast<std::int32_t>(std::clamp(cell, 0.0, (1 << kLevel) - 1.0));
    }
    return key;
}

}  // namespace

std::vector<RawBox> input_boxes(std::span<const OpenInput> inputs, const CoordinatePlan& coordinates) {
    std::vector<RawBox> boxes;
    for (const auto& input : inputs) {
        const auto box = header_box(input.info().header);
        const auto raw = box ? to_raw(*box, coordinates.scale, coordinates.offset) : std::nullopt;
        if (!raw && input.point_count() != 0) return {};
        boxes.push_back(raw.value_or(RawBox{}));
    }
    return boxes;
}

std::deque<Batch> plan_batches(std::span<const OpenInput> inputs, std::span<const ReadTask> tasks,
                               std::span<const RawBox> boxes, const Cube& cube, std::uint64_t bytes_per_row,
                               std::uint64_t memory) {
    std::deque<Batch> batches(1);
    if (boxes.size() < 2 || point_count(inputs) * bytes_per_row <= memory) {
        batches.front().tasks.assign(tasks.begin(), tasks.end());
        return batches;
    }
    std::vector<std::size_t> order(inputs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const auto one = place(boxes[a], cube), other = place(boxes[b], cube);
        return one == other ? a < b : copc::depth_first_less(one, other);
    });
    std::vector<std::vector<ReadTask>> of_input(inputs.size());
    for (const auto& task : tasks) of_input[task.input].push_back(task);
    constexpr std::uint64_t kBatches = 4;  // that the memory holds
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto& more = of_input[order[i]];
        auto& batch = batches.back();
        batch.tasks.insert(batch.tasks.end(), more.begin(), more.end());
        bytes += inputs[order[i]].point_count() * bytes_per_row;
        if (bytes < memory / kBatches || i + 1 == order.size()) continue;
        for (auto later = i + 1; later < order.size(); ++later) batch.still_to_come.push_back(boxes[order[later]]);
        batches.emplace_back();
        bytes = 0;
    }
    return batches;
}

}  // namespace copse::build
