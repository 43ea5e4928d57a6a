// Tests that meet a sanitizer, whose programs are ten to twenty times slower.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define COPSE_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COPSE_ADDRESS_SANITIZER
#endif
#endif

namespace copse::test {

#if defined(COPSE_ADDRESS_SANITIZER)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// The size of an input that takes long: `whole`, and `part` under a sanitizer. What is tested is the same.
template <typename T>
constexpr T sized(T whole, T part) {
    return kSanitized ? part : whole;
}

}  // namespace copse::test
