// Version of the library.
#pragma once

#include <string_view>

namespace copse {
inline constexpr std::string_view kVersion = "0.1.0";
}
