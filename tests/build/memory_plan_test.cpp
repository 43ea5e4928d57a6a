// How the memory limit is shared out, and who may hold how much of it.
#include "build/memory_plan.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "build/converting.hpp"
#include "build/memory.hpp"

namespace copse::build {
namespace {

MemoryNeeds needs_of(std::uint64_t limit, unsigned threads) {
    MemoryNeeds needs;
    needs.limit = limit;
    needs.threads = threads;
    needs.points = 1'000'000'000;
    needs.most_leaf_total = 100'000;
    needs.fixed = 4u << 20;
    needs.reading = 30u << 20;
    needs.building_per_row = 200;
    return needs;
}

/// What threads work with, and what waits, together.
std::uint64_t sum_of(const MemoryNeeds& needs, const MemoryPlan& plan) {
    const auto rows = std::min(plan.size.most, std::max<std::uint64_t>(needs.points, 1));
    return needs.fixed + plan.points + plan.threads * (needs.reading + rows * needs.building_per_row);
}

TEST(MemoryPlan, NeverSharesOutMoreThanTheLimit) {
    for (const unsigned threads : {1u, 2u, 7u, 64u, 512u})
        for (const std::uint64_t points : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{70'000},
                                           std::uint64_t{60'000'000}, std::uint64_t{1} << 40})
            for (const std::uint64_t most_in_node : {1u, 1000u, 100'000u, 50'000'000u})
                for (const std::uint64_t per_row : {150u, 3000u, 200'000u})
                    for (std::uint64_t limit = 1u << 20; limit < std::uint64_t{1} << 42; limit = limit * 3 / 2) {
                        auto needs = needs_of(limit, threads);
                        needs.points = points;
                        needs.most_leaf_total = most_in_node;
                        needs.building_per_row = per_row;
                        MemoryPlan plan;
                        if (choose_memory(needs, plan)) continue;
                        ASSERT_LE(sum_of(needs, plan), limit) << threads << " " << points << " " << most_in_node;
                        ASSERT_GE(plan.threads, 1u);
                        ASSERT_LE(plan.threads, threads);
                        ASSERT_GE(plan.size.wanted, most_in_node);
                        ASSERT_GE(plan.size.most, plan.size.wanted);
                        ASSERT_GE(plan.points, (limit - needs.fixed) / 2);
                    }
}

TEST(MemoryPlan, UsesFewerThreadsWhereMemoryIsShortAndAllWhereItIsNot) {
    unsigned before = 0;
    for (std::uint64_t limit = 120u << 20; limit < std::uint64_t{4} << 30; limit += 10u << 20) {
        MemoryPlan plan;
        ASSERT_FALSE(choose_memory(needs_of(limit, 16), plan)) << limit;
        EXPECT_GE(plan.threads, before) << "more memory, fewer threads";
        before = plan.threads;
    }
    EXPECT_EQ(before, 16u);
    MemoryPlan plan;
    ASSERT_FALSE(choose_memory(needs_of(120u << 20, 16), plan));
    EXPECT_EQ(plan.threads, 1u);
}

TEST(MemoryPlan, SaysHowManyMoreBytesWouldDo) {
    for (const std::uint64_t limit : {0u, 1u, 1000u, 59u << 20}) {
        MemoryPlan plan;
        const auto failure = choose_memory(needs_of(limit, 4), plan);
        ASSERT_TRUE(failure) << limit;
        EXPECT_EQ(failure->kind, FailureKind::io);
        EXPECT_EQ(failure->error.code, Code::limit_exceeded);
        const auto digits = failure->message.find_first_of("0123456789");
        ASSERT_NE(digits, std::string::npos) << failure->message;
        const auto more = std::stoull(failure->message.substr(digits));
        EXPECT_FALSE(choose_memory(needs_of(limit + more, 4), plan)) << failure->message;
        EXPECT_TRUE(choose_memory(needs_of(limit + more - 2, 4), plan)) << failure->message;
    }
}

TEST(MemoryPlan, DoesNotAskSmallCloudsForTheMemoryOfLargeOnes) {
    auto needs = needs_of(120u << 20, 2);
    needs.most_leaf_total = 1'000'000'000;
    MemoryPlan plan;
    EXPECT_TRUE(choose_memory(needs, plan));
    needs.points = 1000;
    EXPECT_FALSE(choose_memory(needs, plan));
}

TEST(MemoryBudget, IsNeverPassedByManyThreadsAndEmptyAtTheEnd) {
    MemoryBudget budget{1000};
    std::atomic<std::uint64_t> held{0};
    std::atomic<bool> passed{false};
    testing::ThreadExecutor executor{8};
    executor.for_each(8, [&](std::size_t t) {
        std::vector<Tokens> tokens;
        for (std::uint64_t i = 0; i < 20'000; ++i) {
            const std::uint64_t bytes = 1 + (i * 7 + t * 13) % 400;
            if (budget.try_take(bytes)) {
                if (held.fetch_add(bytes) + bytes > 1000) passed = true;
                held.fetch_sub(bytes);
                tokens.emplace_back(budget, bytes);
            } else {
                tokens.clear();
            }
        }
    });
    EXPECT_FALSE(passed);
    EXPECT_EQ(budget.available(), 1000u);
}

TEST(MemoryBudget, RefusesWhatWouldWrap) {
    MemoryBudget budget{1000};
    EXPECT_TRUE(budget.try_take(1000));
    EXPECT_FALSE(budget.try_take(1));
    EXPECT_FALSE(budget.try_take(~std::uint64_t{0}));
    budget.give_back(1000);
    EXPECT_FALSE(budget.try_take(1001));
    MemoryBudget all{~std::uint64_t{0}};
    EXPECT_TRUE(all.try_take(~std::uint64_t{0} - 1));
    EXPECT_FALSE(all.try_take(2));
}

TEST(Tokens, AreGivenBackOnceHoweverOftenTheyAreMoved) {
    MemoryBudget budget{100};
    ASSERT_TRUE(budget.try_take(60));
    Tokens first{budget, 60};
    Tokens second = std::move(first);
    first = Tokens{};
    EXPECT_EQ(budget.available(), 40u);
    ASSERT_TRUE(budget.try_take(40));
    second = Tokens{budget, 40};
    EXPECT_EQ(budget.available(), 60u);
    second = Tokens{};
    EXPECT_EQ(budget.available(), 100u);
}

TEST(LimitedExecutor, RunsEverythingOnceOnNoMoreThreadsThanAllowed) {
    testing::ThreadExecutor threads{8};
    for (const unsigned allowed : {1u, 3u, 8u}) {
        LimitedExecutor limited{threads, allowed};
        EXPECT_EQ(limited.concurrency(), allowed);
        std::vector<std::atomic<int>> calls(1000);
        std::atomic<unsigned> running{0}, most{0};
        limited.for_each(calls.size(), [&](std::size_t i) {
            const auto now = running.fetch_add(1) + 1;
            for (auto seen = most.load(); seen < now && !most.compare_exchange_weak(seen, now);) {
            }
            ++calls[i];
            std::this_thread::yield();
            running.fetch_sub(1);
        });
        for (const auto& count : calls) ASSERT_EQ(count, 1);
        EXPECT_LE(most, allowed);
        limited.for_each(0, [](std::size_t) { FAIL(); });
    }
}

}  // namespace
}  // namespace copse::build
