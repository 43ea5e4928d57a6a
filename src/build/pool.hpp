// Working memory that parallel calls hand on to one another.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace copse::build {

/// As many objects as calls run at a time; each is used by one call and then kept for the next.
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
