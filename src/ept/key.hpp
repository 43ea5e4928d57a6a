// Names of nodes: "depth-x-y-z".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace copse::ept {

/// A node of the octree. Ordered by level, then by place.
struct Key {
    std::uint32_t level = 0, x = 0, y = 0, z = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
};

/// Levels beyond this have no use: a place is then divided into more cells than 32-bit coordinates tell apart.
inline constexpr std::uint32_t kMostLevels = 31;

/// Four decimal numbers without signs or leading zeros, the place within its level. Nothing for any other text.
std::optional<Key> parse_key(std::string_view text);
std::string to_text(const Key& key);

}  // namespace copse::ept
