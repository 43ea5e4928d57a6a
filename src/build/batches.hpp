// In which order inputs are read where not all points fit into memory.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "build/coordinates.hpp"
#include "build/cube.hpp"
#include "build/inputs.hpp"
#include "build/routing.hpp"

namespace copse::build {

/// Tasks that are done together, and where the points of those after them are.
struct Batch {
    std::vector<ReadTask> tasks;
    std::vector<RawBox> still_to_come;
};

/// The inputs' boxes as their headers have them, in the output's integers; empty if one is none.
[[nodiscard]] std::vector<RawBox> input_boxes(std::span<const OpenInput> inputs, const CoordinatePlan& coordinates);

/// Where not all points fit into memory, inputs are read in the order of their places, and what the others do not
/// reach is built in between: tiles come and go without being put aside.
/// @param boxes   of the inputs; empty if they are not to be trusted: one batch of all
/// @param memory  bytes for points that wait
[[nodiscard]] std::deque<Batch> plan_batches(std::span<const OpenInput> inputs, std::span<const ReadTask> tasks,
                                             std::span<const RawBox> boxes, const Cube& cube,
                                             std::uint64_t bytes_per_row, std::uint64_t memory);

}  // namespace copse::build
