// Version of the library, and which of its forms runs.
#pragma once

#include <string_view>

namespace copse {

inline constexpr std::string_view kVersion = "0.1.0";

/// The form of the LAZ codec that this processor runs, e.g. "avx2". Static text.
[[nodiscard]] const char* simd_form();

}  // namespace copse
