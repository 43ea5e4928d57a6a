// Arithmetic that wraps around, as the LAZ formats define it; in signed types it would be undefined.
#pragma once

#include <cstdint>

namespace copse::laz {

inline std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}
inline std::int32_t wrapping_subtract(std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
}
inline std::int32_t wrapping_multiply(std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) * static_cast<std::uint32_t>(b));
}
/// A 64-bit pattern plus a sign-extended 32-bit difference.
inline std::uint64_t wrapping_add(std::uint64_t a, std::int32_t b) {
    return a + static_cast<std::uint64_t>(std::int64_t{b});
}
/// The difference a - b, wrapped to 64 bits.
inline std::int64_t wrapping_subtract(std::uint64_t a, std::uint64_t b) { return static_cast<std::int64_t>(a - b); }

inline bool fits_int32(std::int64_t number) { return number == static_cast<std::int32_t>(number); }

}  // namespace copse::laz
