#include "async/inbox.hpp"

#include <utility>

namespace copse::async::detail {

void Inbox::put(std::uint64_t id, Result<Bytes> bytes) {
    const std::lock_guard lock{mutex_};
    if (closed_) return;
    letters_.push_back({id, std::move(bytes)});
    call();
}

void Inbox::close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    letters_ = {};
    call();
}

bool Inbox::closed() const {
    const std::lock_guard lock{mutex_};
    return closed_;
}

std::vector<Inbox::Letter> Inbox::take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(letters_, {});
}

bool Inbox::sleep(std::coroutine_handle<> waiting) {
    const std::lock_guard lock{mutex_};
    if (closed_ || !letters_.empty()) return false;
    waiting_ = waiting;
    return true;
}

void Inbox::forget(std::coroutine_handle<> waiting) {
    const std::lock_guard lock{mutex_};
    if (waiting_ == waiting) waiting_ = {};
}

// The lock is held while posting: when the reader is gone, and nobody waits, no other thread is inside the executor on
// its behalf, so that the host may destroy it.
void Inbox::call() {
    if (!waiting_ || called_) return;
    called_ = true;
    executor_->post([self = shared_from_this()] { self->wake(); });
}

void Inbox::wake() {
    std::coroutine_handle<> waiting;
    {
        const std::lock_guard lock{mutex_};
        called_ = false;
        waiting = std::exchange(waiting_, {});
    }
    if (waiting) waiting.resume();
}

}  // namespace copse::async::detail
