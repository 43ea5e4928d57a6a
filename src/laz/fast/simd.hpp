// The instructions that differ between forms: how many entries of a sorted table lie below a number, and the running
// median. Included by form.hpp only.
#pragma once

#include <cstdint>
#include <cstring>

#include "laz/fast/inline.hpp"

#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

namespace copse::laz::fast::COPSE_LAZ_FORM {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using i16 = std::int16_t;
using u32 = std::uint32_t;
using i32 = std::int32_t;
using u64 = std::uint64_t;

// A quotient is what the symbols' shares are compared with, copied to all lanes of a register. It is cut to 32767,
// above every share. `count16` gives, times kCountScale, how many of 16 entries are below it: comparing bytes of a mask
// is cheaper without halving. Entries are signed 16-bit numbers, so that every instruction set has the comparison.
#if defined(__AVX2__)
inline constexpr u32 kCountScale = 2;
using Quotient = __m256i;
COPSE_INLINE Quotient spread(u32 q) {
    const __m128i cut = _mm_packs_epi32(_mm_cvtsi32_si128(static_cast<int>(q)), _mm_setzero_si128());
    return _mm256_broadcastw_epi16(cut);
}
COPSE_INLINE __m256i is_below(const i16* entries, Quotient q) {
    return _mm256_cmpgt_epi16(q, _mm256_load_si256(reinterpret_cast<const __m256i*>(entries)));
}
COPSE_INLINE u32 count16(const i16* entries, Quotient q) {
    return static_cast<u32>(__builtin_popcount(static_cast<u32>(_mm256_movemask_epi8(is_below(entries, q)))));
}
COPSE_INLINE u32 count32(const i16* entries, Quotient q) {
    const __m256i both = _mm256_packs_epi16(is_below(entries, q), is_below(entries + 16, q));
    return static_cast<u32>(__builtin_popcount(static_cast<u32>(_mm256_movemask_epi8(both))));
}
#elif defined(__SSE2__)
// Without a population count: the table is sorted, so the mask is ones from the right, and their end is searched for.
inline constexpr u32 kCountScale = 1;
using Quotient = __m128i;
COPSE_INLINE Quotient spread(u32 q) {
    __m128i cut = _mm_cvtsi32_si128(static_cast<int>(q));
    cut = _mm_shufflelo_epi16(_mm_packs_epi32(cut, cut), 0);
    return _mm_unpacklo_epi64(cut, cut);
}
COPSE_INLINE u32 mask16(const i16* entries, Quotient q) {
    const auto* e = reinterpret_cast<const __m128i*>(entries);
    const __m128i low = _mm_cmpgt_epi16(q, _mm_load_si128(e));
    const __m128i high = _mm_cmpgt_epi16(q, _mm_load_si128(e + 1));
    return static_cast<u32>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
}
COPSE_INLINE u32 count16(const i16* entries, Quotient q) {
    return static_cast<u32>(__builtin_ctz(~mask16(entries, q)));
}
COPSE_INLINE u32 count32(const i16* entries, Quotient q) {
    const u64 mask = u64{mask16(entries, q)} | u64{mask16(entries + 16, q)} << 16;
    return static_cast<u32>(__builtin_ctzll(~mask));
}
#elif defined(__wasm_simd128__)
inline constexpr u32 kCountScale = 1;
using Quotient = v128_t;
COPSE_INLINE Quotient spread(u32 q) { return wasm_i16x8_splat(static_cast<i16>(q < 32767 ? q : 32767)); }
COPSE_INLINE u32 mask16(const i16* entries, Quotient q) {
    const v128_t low = wasm_i16x8_gt(q, wasm_v128_load(entries));
    const v128_t high = wasm_i16x8_gt(q, wasm_v128_load(entries + 8));
    return wasm_i8x16_bitmask(wasm_i8x16_narrow_i16x8(low, high));
}
COPSE_INLINE u32 count16(const i16* entries, Quotient q) {
    return static_cast<u32>(__builtin_popcount(mask16(entries, q)));
}
COPSE_INLINE u32 count32(const i16* entries, Quotient q) {
    return static_cast<u32>(__builtin_popcount(mask16(entries, q) | mask16(entries + 16, q) << 16));
}
#else
// For the compiler to make vector instructions of: NEON has no masks, its sum of a comparison is what is wanted.
inline constexpr u32 kCountScale = 1;
using Quotient = i16;
COPSE_INLINE Quotient spread(u32 q) { return static_cast<i16>(q < 32767 ? q : 32767); }
template <unsigned Entries>
COPSE_INLINE u32 count_below(const i16* entries, Quotient q) {
    i16 count = 0;
    for (unsigned i = 0; i < Entries; ++i) count = static_cast<i16>(count + (entries[i] < q ? 1 : 0));
    return static_cast<u32>(count);
}
COPSE_INLINE u32 count16(const i16* entries, Quotient q) { return count_below<16>(entries, q); }
COPSE_INLINE u32 count32(const i16* entries, Quotient q) { return count_below<32>(entries, q); }
#endif

/// The running median of five of `laz/coder.md` section 4, without branches: which way a number goes is not
/// predictable.
struct alignas(32) Median {
    i32 sorted[5] = {};
    u32 drop_largest = 1;

    COPSE_INLINE i32 get() const { return sorted[2]; }

    COPSE_INLINE void add(i32 number) {
        typedef i32 Four __attribute__((vector_size(16)));
        Four kept;
        std::memcpy(&kept, sorted + 1 - drop_largest, sizeof kept);
        const i32 median = sorted[2];
        drop_largest = static_cast<u32>(number < median) | (static_cast<u32>(number == median) & (drop_largest ^ 1u));
        const Four all = {number, number, number, number};
        const Four smaller = kept < all ? kept : all;
        const Four larger = kept > all ? kept : all;
        // Position i receives the larger of kept[i - 1] and the smaller of kept[i] and the number.
        sorted[4] = larger[3];
        Four shifted = __builtin_shufflevector(kept, kept, 0, 0, 1, 2);
        shifted[0] = smaller[0];
        const Four inserted = shifted > smaller ? shifted : smaller;
        std::memcpy(sorted, &inserted, sizeof inserted);
    }
};

}  // namespace copse::laz::fast::COPSE_LAZ_FORM
