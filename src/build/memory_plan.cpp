#include "build/memory_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace copse::build {
namespace {

/// Partitions of about this size stay in the processor's cache, and there are enough of them for all threads.
constexpr std::uint64_t kWantedRows = 1u << 18;
/// A sample may be wrong by this factor before a partition must be divided.
constexpr std::uint64_t kSpare = 2;

std::uint64_t least_rows(const MemoryNeeds& needs) { return needs.most_leaf_total + needs.most_leaf_total / 8; }

std::uint64_t work_of_one(const MemoryNeeds& needs) {
    // Small clouds need no more than they have.
    const auto rows = std::min(least_rows(needs), std::max<std::uint64_t>(needs.points, 1));
    return needs.reading + rows * needs.building_per_row;
}

}  // namespace

MaybeFailure choose_memory(const MemoryNeeds& needs, MemoryPlan& out) {
    const auto limit = needs.limit - std::min(needs.limit, needs.fixed);
    const auto half = limit / 2;
    const auto least = work_of_one(needs);
    if (least > half) {
        auto failure = memory_failure(needs.points);
        failure.error = {Code::limit_exceeded, 0, "the memory limit is too small for the work"};
        failure.more_memory = needs.fixed + 2 * least - needs.limit;
        failure.message =
            fmt::format("the memory limit is too small for the work: {} more bytes would do", failure.more_memory);
        return failure;
    }
    out.threads = static_cast<unsigned>(std::min<std::uint64_t>(needs.threads, half / least));
    const auto share = (half / out.threads - needs.reading) / needs.building_per_row;  // rows
    // Small clouds are cut finely enough to keep all threads busy.
    const auto fair = std::max<std::uint64_t>(needs.points / (4 * std::uint64_t{needs.threads}), 1);
    out.size.wanted = std::max(needs.most_leaf_total, std::min({kWantedRows, share / kSpare, fair}));
    out.size.most = std::max(out.size.wanted, std::min(share, kSpare * out.size.wanted));
    // Reading and building take turns, but what one has used is not given back before the other begins.
    const auto largest = std::min(out.size.most, std::max<std::uint64_t>(needs.points, 1));
    out.building = out.threads * largest * needs.building_per_row;
    out.points = limit - out.threads * needs.reading - out.building;
    return std::nullopt;
}

std::uint64_t enough_memory(MemoryNeeds needs, const std::function<bool(const MemoryPlan&)>& is_enough) {
    for (MemoryPlan plan;; needs.limit += needs.limit / 128 + 1)
        if (!choose_memory(needs, plan) && is_enough(plan)) return needs.limit;
}

}  // namespace copse::build
