// What the conversion may hold, counted by those who hold it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

namespace copse::build {

/// Bytes that may be held together. Whoever makes a large buffer takes its bytes first and gives them back after it.
class MemoryBudget {
public:
    explicit MemoryBudget(std::uint64_t limit) : limit_{limit} {}
    MemoryBudget(const MemoryBudget&) = delete;
    MemoryBudget& operator=(const MemoryBudget&) = delete;

    /// False, and nothing taken, if that would pass the limit.
    [[nodiscard]] bool try_take(std::uint64_t bytes) {
        auto held = held_.load(std::memory_order_relaxed);
        do {
            if (held > limit() || bytes > limit() - held) return false;
        } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
        return true;
    }
    /// Raises the limit, by what others have given up for good.
    void extend(std::uint64_t bytes) { limit_.fetch_add(bytes, std::memory_order_relaxed); }
    void set_limit(std::uint64_t bytes) { limit_.store(bytes, std::memory_order_relaxed); }
    void give_back(std::uint64_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
    /// More is held than `set_limit` allows since.
    [[nodiscard]] bool is_passed() const { return held_.load(std::memory_order_relaxed) > limit(); }
    [[nodiscard]] std::uint64_t available() const {
        return limit() - std::min(limit(), held_.load(std::memory_order_relaxed));
    }

private:
    std::atomic<std::uint64_t> limit_;
    std::atomic<std::uint64_t> held_{0};
};

/// Bytes taken from a budget, given back at the end of life.
class Tokens {
public:
    Tokens() = default;
    /// Takes over bytes that `try_take` has granted.
    Tokens(MemoryBudget& budget, std::uint64_t bytes) : budget_{&budget}, bytes_{bytes} {}
    Tokens(Tokens&& other) noexcept
        : budget_{std::exchange(other.budget_, nullptr)}, bytes_{std::exchange(other.bytes_, 0)} {}
    Tokens& operator=(Tokens&& other) noexcept {
        if (this != &other) {
            release();
            budget_ = std::exchange(other.budget_, nullptr);
            bytes_ = std::exchange(other.bytes_, 0);
        }
        return *this;
    }
    ~Tokens() { release(); }

private:
    void release() {
        if (budget_ != nullptr) budget_->give_back(bytes_);
        budget_ = nullptr;
    }
    MemoryBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
};

}  // namespace copse::build
