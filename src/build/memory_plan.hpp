// How the memory limit is shared out.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "build/failure.hpp"
#include "build/partition.hpp"
#include "copse/wire.hpp"

namespace copse::build {

struct MemoryNeeds {
    std::uint64_t limit = 0;
    unsigned threads = 1;                ///< at most
    std::uint64_t points = 0;            ///< in all
    std::uint64_t most_leaf_total = 0;   ///< TreeShape: no partition is smaller
    std::uint64_t fixed = 0;             ///< whatever the number of threads
    std::uint64_t reading = 0;           ///< of a thread that reads
    std::uint64_t building_per_row = 0;  ///< of a thread that builds, for each row of its partition
};

struct MemoryPlan {
    unsigned threads = 1;
    PartitionSize size;
    std::uint64_t points = 0;    ///< for points and chunks that wait, besides what the threads work with
    std::uint64_t building = 0;  ///< what threads build partitions in
};

/// Half of the limit at most is for the threads' work, the rest for points and chunks that wait. Where it is too little
/// for all threads, fewer are used; where it is too little for one, that is a failure that says how much would do.
MaybeFailure choose_memory(const MemoryNeeds& needs, MemoryPlan& out);

/// A limit, the smallest or hardly more, whose plan is enough. It must be for all large limits; half of them at least
/// is `MemoryPlan::points`.
std::uint64_t enough_memory(MemoryNeeds needs, const std::function<bool(const MemoryPlan&)>& is_enough);

/// Lets at most so many calls run at a time.
class LimitedExecutor final : public wire::Executor {
public:
    LimitedExecutor(wire::Executor& executor, unsigned threads) : executor_{executor}, threads_{threads} {}
    void for_each(std::size_t count, const std::function<void(std::size_t)>& body) override {
        if (threads_ >= executor_.concurrency()) return executor_.for_each(count, body);
        std::atomic<std::size_t> next{0};
        executor_.for_each(std::min<std::size_t>(threads_, count), [&](std::size_t) {
            for (auto i = next.fetch_add(1); i < count; i = next.fetch_add(1)) body(i);
        });
    }
    [[nodiscard]] unsigned concurrency() const override { return threads_; }

private:
    wire::Executor& executor_;
    unsigned threads_;
};

}  // namespace copse::build
