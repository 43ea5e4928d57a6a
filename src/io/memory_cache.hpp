// Ranges of remote objects, kept in memory within a limit; the one not used for longest goes first.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <utility>

#include "copse/wire.hpp"

namespace copse::io {

/// Exact ranges, not blocks: nothing but what was asked for is ever fetched, and any part of it can be had again.
/// Safe for several threads.
class MemoryCache {
public:
    using Object = std::uint64_t;
    explicit MemoryCache(std::uint64_t limit) : limit_{limit} {}

    Object add_object();
    void drop_object(Object object);
    /// Copies what is here of the front and the back of `wanted` into `out`, the bytes of the range `whole`, which is
    /// made large enough when there is something to copy. @pre `wanted` lies in `whole`
    /// @return what is missing between front and back; its size is 0 if nothing is
    ByteRange fill(Object object, ByteRange wanted, ByteRange whole, Bytes& out);
    void put(Object object, FileOffset at, ByteView bytes);
    [[nodiscard]] std::uint64_t held_bytes() const;

private:
    using Key = std::pair<Object, FileOffset>;
    struct Extent {
        Bytes bytes;
        std::list<Key>::iterator use;
    };
    using Extents = std::map<Key, Extent>;
    Extents::iterator holding(Object object, FileOffset at);
    Extents::iterator erase(Extents::iterator extent);
    void mark_used(Extent& extent) { uses_.splice(uses_.end(), uses_, extent.use); }

    const std::uint64_t limit_;
    mutable std::mutex mutex_;
    Extents extents_;      // of one object never overlapping
    std::list<Key> uses_;  // not used for longest first
    std::uint64_t held_ = 0;
    Object next_object_ = 0;
};

}  // namespace copse::io
