#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <stdexcept>

#include "copse/io.hpp"
#include "io/cpu_count.hpp"
#include "temporary_folder.hpp"

namespace copse::io {
namespace {

TEST(ExecutorTest, CallsTheBodyOnceForEveryItem) {
    for (const unsigned threads : {1u, 2u, 5u}) {
        const auto executor = make_executor(threads);
        EXPECT_EQ(executor->concurrency(), threads);
        std::vector<std::atomic<int>> calls(10'000);
        executor->for_each(calls.size(), [&](std::size_t i) { ++calls[i]; });
        for (const auto& count : calls) ASSERT_EQ(count, 1);
        executor->for_each(0, [](std::size_t) { FAIL(); });
    }
}

TEST(ExecutorTest, RunsTwoItemsAtOnceEvenOnOneProcessor) {
    const auto executor = make_executor(2);
    std::mutex mutex;
    std::condition_variable met;
    int inside = 0;
    bool together = true;
    executor->for_each(2, [&](std::size_t) {
        std::unique_lock lock{mutex};
        ++inside;
        met.notify_all();
        if (!met.wait_for(lock, std::chrono::seconds{20}, [&] { return inside == 2; })) together = false;
    });
    EXPECT_TRUE(together);
}

TEST(ExecutorTest, NestsWithoutStealingOuterWork) {
    const auto executor = make_executor(3);
    std::atomic<std::size_t> sum{0};
    std::atomic<bool> overlap{false};
    static thread_local int depth = 0;
    executor->for_each(20, [&](std::size_t outer) {
        if (++depth != 1) overlap = true;
        executor->for_each(50, [&](std::size_t inner) { sum += outer * 50 + inner; });
        --depth;
    });
    EXPECT_EQ(sum, 999u * 1000u / 2);
    EXPECT_FALSE(overlap);
}

TEST(ExecutorTest, ThrowsAnExceptionOfTheBodyInTheCallersThread) {
    for (const unsigned threads : {1u, 3u}) {
        const auto executor = make_executor(threads);
        std::atomic<std::size_t> calls{0};
        const auto body = [&](std::size_t i) {
            ++calls;
            if (i == 5) throw std::runtime_error{"five"};
        };
        EXPECT_THROW(executor->for_each(1'000'000, body), std::runtime_error);
        EXPECT_LT(calls, 1'000'000u) << "nothing new is begun after an exception";
        std::atomic<std::size_t> later{0};
        executor->for_each(100, [&](std::size_t) { ++later; });
        EXPECT_EQ(later, 100u) << "the executor still works";
    }
}

TEST(ExecutorTest, TakesNoMoreThreadsThanTheAffinityMaskAllows) {
    cpu_set_t old;
    ASSERT_EQ(::sched_getaffinity(0, sizeof old, &old), 0);
    int processor = 0;
    while (!CPU_ISSET(processor, &old)) ++processor;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    const auto concurrency = make_executor(0)->concurrency();
    ASSERT_EQ(::sched_setaffinity(0, sizeof old, &old), 0);
    EXPECT_EQ(concurrency, 1u);
}

TEST(CpuMaxTest, IsRoundedUpToWholeProcessors) {
    EXPECT_EQ(parse_cpu_max("200000 100000\n"), 2u);
    EXPECT_EQ(parse_cpu_max("150000 100000\n"), 2u);
    EXPECT_EQ(parse_cpu_max("1000 100000\n"), 1u);
    for (const char* none : {"max 100000\n", "", "200000", "x y", "0 100000", "-1 100000", "100000 0"})
        EXPECT_EQ(parse_cpu_max(none), std::nullopt) << none;
}

class UsableProcessorsTest : public testing::TemporaryFolder {
protected:
    void SetUp() override {
        TemporaryFolder::SetUp();
        std::filesystem::create_directories(folder_ / "proc/self");
        std::filesystem::create_directories(folder_ / "cgroup/outer/inner");
        std::filesystem::create_directories(folder_ / "cgroup/cpu");
    }
    [[nodiscard]] unsigned usable() const { return usable_processors(path("proc"), path("cgroup")); }
};

TEST_F(UsableProcessorsTest, FollowTheTightestQuotaAbove) {
    const auto unlimited = usable();
    EXPECT_GE(unlimited, 1u);
    write("proc/self/cgroup", "0::/outer/inner\n");
    write("cgroup/outer/inner/cpu.max", "max 100000\n");
    EXPECT_EQ(usable(), unlimited);
    write("cgroup/outer/cpu.max", "100000 100000\n");
    EXPECT_EQ(usable(), 1u);
}

TEST_F(UsableProcessorsTest, FollowAContainersOwnQuota) {
    write("proc/self/cgroup", "0::/of/the/host\n");
    write("cgroup/cpu.max", "50000 100000\n");
    EXPECT_EQ(usable(), 1u);
}

TEST_F(UsableProcessorsTest, FollowVersionOneQuotas) {
    const auto unlimited = usable();
    write("cgroup/cpu/cpu.cfs_period_us", "100000\n");
    write("cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    EXPECT_EQ(usable(), unlimited);
    write("cgroup/cpu/cpu.cfs_quota_us", "90000\n");
    EXPECT_EQ(usable(), 1u);
}

}  // namespace
}  // namespace copse::io
