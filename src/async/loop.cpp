#include <utility>

#include "copse/async.hpp"

namespace copse::async {

void Loop::post(std::function<void()> work) {
    {
        const std::lock_guard lock{mutex_};
        work_.push_back(std::move(work));
    }
    posted_.notify_one();
}

void Loop::run_one() {
    std::unique_lock lock{mutex_};
    posted_.wait(lock, [this] { return !work_.empty(); });
    const auto work = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    work();
}

std::size_t Loop::run_ready() {
    std::size_t count = 0;
    for (;; ++count) {
        {
            const std::lock_guard lock{mutex_};
            if (work_.empty()) return count;
        }
        run_one();
    }
}

std::unique_ptr<Transfer> BlockingByteSource::start(ByteRange range, Completion done) {
    done(source_->read(range));
    return nullptr;
}

}  // namespace copse::async
