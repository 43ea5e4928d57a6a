// Which nodes are read for a question, and which of their rows.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "read/chunk_answer.hpp"
#include "read/joining.hpp"
#include "read/page_walk.hpp"

namespace copse::read {

/// Rows of nodes that were answered before the plan was made.
using AnsweredRows = std::unordered_map<copc::VoxelKey, std::uint64_t, copc::VoxelKeyHash>;

struct Tasks {
    std::vector<NodeTask> tasks;  ///< in file order
    bool cut = false;             ///< max_points left something out
};

/// @param walk      with all its pages
/// @param window    the question's, if the index is used, else nullptr
Result<Tasks> plan_tasks(const File& file, const PageWalk& walk, const temporal::TimeWindow* window,
                         std::uint64_t max_points, const AnsweredRows& answered, const wire::Limits& limits);

/// Keeps whole levels from the root on while their points are at most `max_points`; of the next level, nodes in file
/// order until the number is reached, the last of them with as many points as are left. @param plan in file order
void cut_plan(Tasks& plan, std::uint64_t max_points);

/// The requests for the chunks of all tasks. @param read_ahead the most bytes to fetch at a time
std::vector<Joined> plan_requests(std::span<const NodeTask> tasks, std::uint64_t max_gap, std::uint64_t read_ahead);

/// What is told of a plan.
Plan summarise(const Tasks& plan, std::span<const Joined> requests);

}  // namespace copse::read
