// The first failure among pieces of work that run side by side.
#pragma once

#include <atomic>
#include <mutex>
#include <utility>

#include "build/failure.hpp"

namespace copse::build {

class SharedFailure {
public:
    /// Whether the others should stop. Cheap.
    [[nodiscard]] bool raised() const { return raised_.load(std::memory_order_relaxed); }
    void raise(Failure failure) {
        const std::lock_guard lock{mutex_};
        if (!failure_) failure_ = std::move(failure);
        raised_.store(true, std::memory_order_relaxed);
    }
    /// @pre the work has ended
    [[nodiscard]] MaybeFailure take() { return std::exchange(failure_, std::nullopt); }

private:
    std::atomic<bool> raised_{false};
    std::mutex mutex_;
    MaybeFailure failure_;
};

}  // namespace copse::build
