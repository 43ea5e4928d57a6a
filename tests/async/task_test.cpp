#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <thread>

#include "copse/async.hpp"

namespace copse::async {
namespace {

/// Suspends until the test resumes it.
struct Gate {
    std::coroutine_handle<> waiting;
    struct Awaiter {
        Gate* gate;
        [[nodiscard]] bool await_ready() const { return false; }
        void await_suspend(std::coroutine_handle<> handle) const { gate->waiting = handle; }
        void await_resume() const {}
    };
    Awaiter pass() { return {this}; }
    void open() { std::exchange(waiting, {}).resume(); }
};

Task<int> note(std::shared_ptr<int> runs, int value) {
    ++*runs;
    co_return value;
}

Task<int> wait_at(Gate& gate, std::shared_ptr<int> held) {
    co_await gate.pass();
    co_return *held;
}

TEST(TaskTest, BeginsWhenItIsAwaited) {
    const auto runs = std::make_shared<int>(0);
    auto task = note(runs, 7);
    EXPECT_EQ(*runs, 0);
    Loop loop;
    EXPECT_EQ(loop.run(std::move(task)), 7);
    EXPECT_EQ(*runs, 1);
}

TEST(TaskTest, ThatNeverBeginsFreesWhatItOwns) {
    const auto runs = std::make_shared<int>(0);
    {
        const auto task = note(runs, 7);
        EXPECT_EQ(runs.use_count(), 2);
    }
    EXPECT_EQ(runs.use_count(), 1);
    EXPECT_EQ(*runs, 0);
}

Task<int> outer(Gate& gate, std::shared_ptr<int> held) {
    auto inner = wait_at(gate, held);
    const auto value = co_await std::move(inner);
    co_return value + *held;
}

TEST(TaskTest, GoesOnInTheAwaiterWhenItEnds) {
    Gate gate;
    auto task = outer(gate, std::make_shared<int>(4));
    task.resume();
    EXPECT_FALSE(task.done());
    gate.open();
    ASSERT_TRUE(task.done());
    EXPECT_EQ(task.take(), 8);
}

TEST(TaskTest, DestroyedWhileItWaitsFreesTheWholeChain) {
    Gate gate;
    const auto held = std::make_shared<int>(4);
    {
        auto task = outer(gate, held);
        task.resume();
        EXPECT_GT(held.use_count(), 2);
    }
    EXPECT_EQ(held.use_count(), 1);
}

Task<std::int64_t> add_up(std::int64_t count) {
    const auto runs = std::make_shared<int>(0);
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        auto one = note(runs, 1);
        sum += co_await std::move(one);
    }
    co_return sum;
}

TEST(TaskTest, LoopsOverAMillionTasksThatEndAtOnceWithoutStack) {
    Loop loop;
    EXPECT_EQ(loop.run(add_up(1'000'000)), 1'000'000);
}

/// Goes on in a function posted to the loop.
struct Turn {
    Loop* loop;
    [[nodiscard]] bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) const {
        loop->post([handle] { handle.resume(); });
    }
    void await_resume() const {}
};

Task<void> take_a_turn(Loop& loop) { co_await Turn{&loop}; }

Task<std::int64_t> count_turns(Loop& loop, std::int64_t count) {
    std::int64_t turns = 0;
    for (; turns < count; ++turns) {
        auto turn = take_a_turn(loop);
        co_await std::move(turn);
    }
    co_return turns;
}

TEST(TaskTest, LoopsOverTasksThatWaitWithoutStack) {
    Loop loop;
    EXPECT_EQ(loop.run(count_turns(loop, 300'000)), 300'000);
}

Task<int> fail() {
    throw std::runtime_error{"no"};
    co_return 1;
}
Task<int> pass_on() {
    auto inner = fail();
    co_return co_await std::move(inner);
}

TEST(TaskTest, HandsExceptionsToItsAwaiter) {
    Loop loop;
    EXPECT_THROW((void)loop.run(pass_on()), std::runtime_error);
}

Task<std::unique_ptr<int>> movable() { co_return std::make_unique<int>(3); }

TEST(TaskTest, RunsByItselfAndHandsOverItsResult) {
    Loop loop;
    int result = 0;
    Running running = start(loop, movable(), [&](std::unique_ptr<int> value) {
        result = *value;
        running = {};  // may be destroyed from here
    });
    EXPECT_FALSE(running.done());
    EXPECT_EQ(loop.run_ready(), 2u);
    EXPECT_EQ(result, 3);
    EXPECT_TRUE(running.done());
}

TEST(TaskTest, ThatRunsByItselfIsStoppedByDestroyingIt) {
    Loop loop;
    Gate gate;
    const auto held = std::make_shared<int>(4);
    const auto never = [](int) { ADD_FAILURE() << "handed over"; };
    {
        const auto unbegun = start(loop, outer(gate, held), never);
    }
    loop.run_ready();
    EXPECT_EQ(held.use_count(), 1);
    {
        const auto waiting = start(loop, outer(gate, held), never);
        loop.run_ready();
        EXPECT_TRUE(gate.waiting);
    }
    EXPECT_EQ(held.use_count(), 1);
    // At its end, with the result on its way.
    int result = 0;
    auto finished = start(loop, note(held, 1), [&](int value) { result = value; });
    loop.post([&] { finished = {}; });  // behind the task's beginning, before its result
    loop.run_ready();
    EXPECT_EQ(*held, 5);
    EXPECT_EQ(result, 0);
}

TEST(LoopTest, TakesFunctionsFromOtherThreads) {
    Loop loop;
    Gate gate;
    std::thread other;
    {
        auto task = outer(gate, std::make_shared<int>(1));
        other = std::thread{[&] { loop.post([&] { gate.open(); }); }};
        EXPECT_EQ(loop.run(std::move(task)), 2);
    }
    other.join();
}

}  // namespace
}  // namespace copse::async
