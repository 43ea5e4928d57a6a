// Helpers for work that is done in parallel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "copse/wire.hpp"

namespace copse::build {

/// Calls `body(i)` once for each i below `count`, those with the largest `size_of(i)` first: what is left for the end
/// is small, so that no thread waits long for another.
template <class SizeOf, class Body>
void for_each_largest_first(wire::Executor& executor, std::size_t count, const SizeOf& size_of, const Body& body) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return size_of(a) > size_of(b); });
    executor.for_each(count, [&](std::size_t i) { body(order[i]); });
}

/// Working memory that parallel calls hand on to one another: as many objects as calls run at a time; each is used by
/// one call and then kept for the next.
template <class T>
class Pool {
public:
    /// Calls `use(object)` with a free object, made by `make()` (a unique_ptr) if there is none.
    template <class Make, class Use>
    decltype(auto) with(const Make& make, const Use& use) {
        struct Lease {
            Pool* pool;
            std::unique_ptr<T> object;
            ~Lease() {
                const std::lock_guard lock{pool->mutex_};
                pool->free_.push_back(std::move(object));
            }
        };
        Lease lease{this, take()};
        if (!lease.object) lease.object = make();
        return use(*lease.object);
    }

    /// Destroys the objects that no call is using.
    void clear() {
        const std::lock_guard lock{mutex_};
        free_.clear();
    }

private:
    std::unique_ptr<T> take() {
        const std::lock_guard lock{mutex_};
        if (free_.empty()) return nullptr;
        auto object = std::move(free_.back());
        free_.pop_back();
        return object;
    }
    std::mutex mutex_;
    std::vector<std::unique_ptr<T>> free_;
};

}  // namespace copse::build
