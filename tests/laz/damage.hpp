// Small verbs that damage bytes.
#pragma once

#include <algorithm>
#include <cstddef>

#include "copse/wire.hpp"

namespace copse::laz::test {

/// An exact-size heap copy of the first `size` bytes lets AddressSanitizer catch a one-byte overread.
inline Bytes cut_to(ByteView bytes, std::size_t size) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

inline Bytes grow_by(ByteView bytes, std::size_t more) {
    Bytes grown(bytes.size() + more);
    std::copy(bytes.begin(), bytes.end(), grown.begin());
    return grown;
}

/// A copy with another number at one place.
template <class T>
Bytes with(ByteView bytes, std::size_t at, T value) {
    Bytes changed{bytes.begin(), bytes.end()};
    wire::store_le(changed.data() + at, value);
    return changed;
}

/// A copy that begins at an odd address.
class Unaligned {
public:
    explicit Unaligned(ByteView bytes) : shifted_(1) { shifted_.insert(shifted_.end(), bytes.begin(), bytes.end()); }
    [[nodiscard]] ByteView view() const { return ByteView{shifted_}.subspan(1); }

private:
    Bytes shifted_;
};

}  // namespace copse::laz::test
