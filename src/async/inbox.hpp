// Bytes that have come, on whatever thread, until the coroutine that waits for them takes them.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "copse/async.hpp"

namespace copse::async::detail {

/// Outlives its reader as long as completions hold it; once closed it touches nothing of the reader's or the host's.
class Inbox : public std::enable_shared_from_this<Inbox> {
public:
    struct Letter {
        std::uint64_t id = 0;
        Result<Bytes> bytes;
    };

    explicit Inbox(Executor& executor) : executor_{&executor} {}

    /// From any thread.
    void put(std::uint64_t id, Result<Bytes> bytes);
    /// From any thread. Letters are dropped, now and from now on; whoever waits is woken for the last time.
    void close();
    [[nodiscard]] bool closed() const;
    /// What has come so far.
    [[nodiscard]] std::vector<Letter> take();

    /// Awaited: until there may be letters, or the inbox is closed. Destroyed while it waits, nothing wakes it.
    class Wait {
    public:
        explicit Wait(std::shared_ptr<Inbox> inbox) : inbox_{std::move(inbox)} {}
        Wait(const Wait&) = delete;
        Wait& operator=(const Wait&) = delete;
        ~Wait() { inbox_->forget(waiting_); }
        [[nodiscard]] bool await_ready() const { return false; }
        bool await_suspend(std::coroutine_handle<> waiting) {
            waiting_ = waiting;
            return inbox_->sleep(waiting);
        }
        void await_resume() const {}

    private:
        std::shared_ptr<Inbox> inbox_;
        std::coroutine_handle<> waiting_;
    };

private:
    /// False if there is no reason to.
    bool sleep(std::coroutine_handle<> waiting);
    void forget(std::coroutine_handle<> waiting);
    void call();  // with the lock
    void wake();

    mutable std::mutex mutex_;
    Executor* executor_;
    std::vector<Letter> letters_;
    std::coroutine_handle<> waiting_;
    bool called_ = false;  // a function that wakes is posted and has not run
    bool closed_ = false;
};

}  // namespace copse::async::detail
