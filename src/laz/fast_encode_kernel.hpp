// The arithmetic coder of the fast encoder. Included by fast_encode_form.hpp only.
#pragma once

#include <cstdint>
#include <cstring>

#include "laz/fast/inline.hpp"
#include "laz/fast_encode.hpp"

namespace copse::laz::fast_encode::COPSE_ENCODE_FORM {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using i16 = std::int16_t;
using u32 = std::uint32_t;
using i32 = std::int32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;

/// Adds 1 to the bytes written so far. It never runs off the front: base and length together stay below 1.
COPSE_SLOW inline void carry(u8* at) {
    while (*--at == 0xff) *at = 0;
    ++*at;
}

/// A stream in registers: made at the start of a block, stored back at its end.
struct Coder {
    u64 base;
    u32 length;
    u8* at;

    explicit Coder(const Stream& stream) : base{stream.base}, length{stream.length}, at{stream.at} {}
    void store(Stream& stream) const {
        stream.base = base;
        stream.length = length;
        stream.at = at;
    }

    /// Takes `width` of the 2^shift units of the interval, from `low` on. Width 0 takes all that remains, also what the
    /// division leaves over.
    COPSE_INLINE void take(u64 low, u32 width, u32 shift) {
        const u32 unit = length >> shift;
        low *= unit;
        if (width != 0) [[likely]]
            length = unit * width;
        else
            length -= static_cast<u32>(low);
        base += low;
        if (base < low) [[unlikely]]
            carry(at);
        // All eight bytes are stored, and as many kept as the interval has become shorter.
        const u64 bytes = __builtin_bswap64(base);
        std::memcpy(at, &bytes, sizeof bytes);
        const u32 bits = static_cast<u32>(__builtin_clz(length)) & 24u;
        base <<= bits;
        length <<= bits;
        at += bits / 8;
    }

    /// A number without a model, of at most 19 bits.
    COPSE_INLINE void raw(u32 bits, u64 number) { take(number, 1, bits); }
};

}  // namespace copse::laz::fast_encode::COPSE_ENCODE_FORM
