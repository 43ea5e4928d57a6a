#include "read/query_plan.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace copse::read {
namespace {

// For so many bytes that are wanted, one may be fetched besides.
constexpr std::uint64_t kWantedPerBridged = 50;
// No more bytes than the headers of a request and its answer, about.
constexpr std::uint64_t kSmallGap = 1024;
// So many requests are under way at a time, as hosts do; those that are left wait for a trip. Where chunks of a subtree
// lie together, as in files of ours, bridging pays if it saves such a round, and hardly ever otherwise.
constexpr std::size_t kRequestsAtATime = 16;

std::size_t rounds_of(std::size_t requests) { return (requests + kRequestsAtATime - 1) / kRequestsAtATime; }

std::uint64_t points_of(const copc::Entry& entry) { return static_cast<std::uint64_t>(entry.point_count); }

/// The node's task, or nothing if the index excludes it.
std::optional<NodeTask> plan_node(const File& file, const PageWalk& walk, const copc::Entry& entry,
                                  const temporal::TimeWindow* window) {
    NodeTask task;
    task.entry = entry;
    task.candidate_rows = task.last_row = points_of(entry);
    if (window == nullptr) return task;

    const auto* times = walk.find_times(entry.key);
    if (times == nullptr) {
        if (walk.excluded(entry.key)) return std::nullopt;
        return task;
    }
    const auto stride = file.temporal->stride;
    const bool sound = !times->repeated && times->within_promise &&
                       temporal::samples_are_usable(times->samples, points_of(entry), stride);
    if (!sound) return task;  // every time is decoded and compared
    const auto rows =
        temporal::candidate_rows(times->samples, stride, points_of(entry), temporal::clamp_to_finite(window->from),
                                 temporal::clamp_to_finite(window->to));
    if (rows.empty()) return std::nullopt;
    task.samples = times->samples;
    task.candidate_rows = rows.last - rows.first;
    task.last_row = rows.last;
    return task;
}

}  // namespace

void cut_plan(Tasks& plan, std::uint64_t max_points) {
    std::array<std::uint64_t, copc::kMaxLevel + 1> of_level{};
    for (const auto& task : plan.tasks)
        of_level[static_cast<std::size_t>(task.entry.key.level)] += points_of(task.entry);
    std::int32_t whole_levels = 0;
    std::uint64_t left = max_points;
    while (whole_levels <= copc::kMaxLevel && of_level[static_cast<std::size_t>(whole_levels)] <= left)
        left -= of_level[static_cast<std::size_t>(whole_levels++)];
    if (whole_levels > copc::kMaxLevel) return;

    plan.cut = true;
    std::erase_if(plan.tasks, [&](NodeTask& task) {
        if (task.entry.key.level < whole_levels) return false;
        if (task.entry.key.level > whole_levels || left == 0) return true;
        task.max_points = std::min(left, points_of(task.entry));
        left -= task.max_points;
        return false;
    });
}

Result<Tasks> plan_tasks(const File& file, const PageWalk& walk, const temporal::TimeWindow* window,
                         std::uint64_t max_points, const AnsweredRows& answered, const wire::Limits& limits) {
    Tasks plan;
    for (const auto& entry : walk.nodes()) {
        if (!entry.has_points()) continue;
        auto task = plan_node(file, walk, entry, window);
        if (!task) continue;
        if (points_of(entry) > limits.max_chunk_points || entry.range().size > limits.max_chunk_bytes)
            return Error{Code::limit_exceeded, entry.offset, "a node is larger than this reader allows"};
        plan.tasks.push_back(std::move(*task));
    }
    std::sort(plan.tasks.begin(), plan.tasks.end(), [](const NodeTask& a, const NodeTask& b) {
        if (a.entry.offset != b.entry.offset) return a.entry.offset < b.entry.offset;
        return a.entry.key < b.entry.key;
    });
    cut_plan(plan, max_points);

    std::erase_if(plan.tasks, [&](NodeTask& task) {
        const auto found = answered.find(task.entry.key);
        if (found == answered.end()) return false;
        task.first_row = found->second;
        return task.first_row >= points_of(task.entry);
    });
    return plan;
}

std::vector<Joined> plan_requests(std::span<const NodeTask> tasks, std::uint64_t max_gap, std::uint64_t read_ahead) {
    std::vector<ByteRange> ranges;
    for (const auto& task : tasks) ranges.push_back(task.entry.range());
    JoinLimits limits{max_gap};
    limits.max_request = std::min(limits.max_request, read_ahead);
    const auto bridges = bridges_of(ranges, max_gap);
    const auto join = [&](std::size_t bridged) {
        limits.max_bridged = bridged == 0 ? 0 : bridges.bytes_with[bridged - 1];
        return join_ranges(ranges, limits);
    };

    std::size_t bridged = 0;
    const auto most = bridges.wanted / kWantedPerBridged;
    const auto allowed = [&](std::size_t count) {
        return count <= bridges.gaps.size() && (count == 0 || bridges.bytes_with[count - 1] <= most);
    };
    while (allowed(bridged + 1) && bridges.gaps[bridged] <= kSmallGap) ++bridged;
    auto requests = join(bridged);
    while (rounds_of(requests.size()) > 1) {
        const auto of_last_round = (requests.size() - 1) % kRequestsAtATime + 1;
        if (!allowed(bridged + of_last_round)) break;
        auto fewer = join(bridged + of_last_round);
        if (rounds_of(fewer.size()) == rounds_of(requests.size())) break;
        bridged += of_last_round;
        requests = std::move(fewer);
    }
    return requests;
}

Plan summarise(const Tasks& plan, std::span<const Joined> requests) {
    Plan summary;
    summary.cut = plan.cut;
    summary.requests = requests.size();
    for (const auto& request : requests) summary.bridged_bytes += request.bridged;
    for (const auto& task : plan.tasks) {
        const auto level = static_cast<std::size_t>(task.entry.key.level);
        if (summary.levels.size() <= level) summary.levels.resize(level + 1);
        auto& of_level = summary.levels[level];
        ++of_level.nodes;
        of_level.points += points_of(task.entry);
        of_level.bytes += task.entry.range().size;
        summary.most_points += std::min(task.candidate_rows, task.max_points);
    }
    for (const auto& level : summary.levels) {
        summary.nodes += level.nodes;
        summary.points += level.points;
        summary.chunk_bytes += level.bytes;
    }
    return summary;
}

}  // namespace copse::read
