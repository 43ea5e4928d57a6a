// Independent work on the threads of a oneTBB arena.
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>

#include "copse/io.hpp"
#include "io/cpu_count.hpp"

namespace copse::io {
namespace {

class ArenaExecutor final : public wire::Executor {
public:
    explicit ArenaExecutor(unsigned threads)
        : threads_{threads},
          // oneTBB keeps to the number of processors unless told otherwise; who asks for more threads gets them.
          allowed_{tbb::global_control::max_allowed_parallelism, threads},
          arena_{static_cast<int>(threads)} {}

    void for_each(std::size_t count, const std::function<void(std::size_t)>& body) override {
        if (count == 0) return;
        const auto workers = std::min<std::size_t>(threads_, count);
        std::atomic<std::size_t> next{0};
        std::atomic<bool> stop{false};
        const auto work = [&](std::size_t) {
            // Claimed one by one in ascending order: work items are large and uneven, and who writes results in order
            // then waits for few. An exception ends the others' claims; oneTBB carries it to the caller.
            for (std::size_t i = next++; i < count && !stop; i = next++) {
                StopOnThrow guard{stop};
                body(i);
                guard.finished = true;
            }
        };
        arena_.execute([&] {
            // Isolated: a thread that waits for inner work must not begin an unrelated piece of outer work, on top of
            // whatever its caller holds.
            tbb::this_task_arena::isolate(
                [&] { tbb::parallel_for(std::size_t{0}, workers, work, tbb::simple_partitioner{}); });
        });
    }
    [[nodiscard]] unsigned concurrency() const override { return threads_; }

private:
    struct StopOnThrow {
        std::atomic<bool>& stop;
        bool finished = false;
        ~StopOnThrow() {
            if (!finished) stop = true;
        }
    };

    unsigned threads_;
    tbb::global_control allowed_;
    tbb::task_arena arena_;
};

}  // namespace

std::unique_ptr<wire::Executor> make_executor(unsigned threads) {
    const auto wanted = threads != 0 ? threads : usable_processors();
    if (wanted == 1) return std::make_unique<wire::SerialExecutor>();
    return std::make_unique<ArenaExecutor>(wanted);
}

}  // namespace copse::io
