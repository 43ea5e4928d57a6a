#include "io/memory_cache.hpp"

#include <algorithm>

namespace copse::io {

MemoryCache::Object MemoryCache::add_object() {
    const std::lock_guard lock{mutex_};
    return next_object_++;
}

void MemoryCache::drop_object(Object object) {
    const std::lock_guard lock{mutex_};
    for (auto extent = extents_.lower_bound({object, 0}); extent != extents_.end() && extent->first.first == object;)
        extent = erase(extent);
}

std::uint64_t MemoryCache::held_bytes() const {
    const std::lock_guard lock{mutex_};
    return held_;
}

MemoryCache::Extents::iterator MemoryCache::erase(Extents::iterator extent) {
    held_ -= extent->second.bytes.size();
    uses_.erase(extent->second.use);
    return extents_.erase(extent);
}

MemoryCache::Extents::iterator MemoryCache::holding(Object object, FileOffset at) {
    auto extent = extents_.upper_bound({object, at});
    if (extent == extents_.begin()) return extents_.end();
    --extent;
    const auto& [key, held] = *extent;
    return key.first == object && at - key.second < held.bytes.size() ? extent : extents_.end();
}

ByteRange MemoryCache::fill(Object object, ByteRange wanted, ByteRange whole, Bytes& out) {
    const std::lock_guard lock{mutex_};
    auto first = wanted.offset, end = wanted.end();
    const auto copy = [&](Extent& extent, FileOffset extent_at, FileOffset from, FileOffset to) {
        out.resize(static_cast<std::size_t>(whole.size));
        std::copy_n(extent.bytes.begin() + static_cast<std::ptrdiff_t>(from - extent_at), to - from,
                    out.begin() + static_cast<std::ptrdiff_t>(from - whole.offset));
        mark_used(extent);
    };
    while (first < end) {
        const auto extent = holding(object, first);
        if (extent == extents_.end()) break;
        const auto at = extent->first.second;
        const auto to = std::min(end, at + extent->second.bytes.size());
        copy(extent->second, at, first, to);
        first = to;
    }
    while (first < end) {
        const auto extent = holding(object, end - 1);
        if (extent == extents_.end()) break;
        const auto at = extent->first.second;
        copy(extent->second, at, std::max(first, at), end);
        end = std::max(first, at);
    }
    return {first, end - first};
}

void MemoryCache::put(Object object, FileOffset at, ByteView bytes) {
    // One range shall not drive out everything else.
    if (bytes.empty() || bytes.size() > limit_ / 2) return;
    const std::lock_guard lock{mutex_};
    if (const auto before = holding(object, at); before != extents_.end()) {
        const auto known =
            std::min<std::uint64_t>(before->first.second + before->second.bytes.size() - at, bytes.size());
        bytes = bytes.subspan(static_cast<std::size_t>(known));
        at += known;
    }
    if (bytes.empty()) return;
    auto next = extents_.lower_bound({object, at});
    while (next != extents_.end() && next->first.first == object && next->first.second < at + bytes.size()) {
        if (next->first.second + next->second.bytes.size() <= at + bytes.size()) {
            next = erase(next);
        } else {
            bytes = bytes.first(static_cast<std::size_t>(next->first.second - at));
        }
    }
    const Key key{object, at};
    extents_.emplace(key, Extent{Bytes{bytes.begin(), bytes.end()}, uses_.insert(uses_.end(), key)});
    held_ += bytes.size();
    while (held_ > limit_) erase(extents_.find(uses_.front()));
}

}  // namespace copse::io
