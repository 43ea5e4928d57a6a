#include "ept/key.hpp"

#include <array>
#include <charconv>

namespace copse::ept {
namespace {

/// Takes a number off the front of the text.
std::optional<std::uint32_t> take_number(std::string_view& text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || (digits > 1 && text.front() == '0')) return {};
    text.remove_prefix(digits);
    return number;
}

}  // namespace

std::optional<Key> parse_key(std::string_view text) {
    std::array<std::uint32_t, 4> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i != 0) {
            if (!text.starts_with('-')) return {};
            text.remove_prefix(1);
        }
        const auto number = take_number(text);
        if (!number) return {};
        numbers[i] = *number;
    }
    const auto [level, x, y, z] = numbers;
    if (!text.empty() || level > kMostLevels) return {};
    const auto cells = std::uint64_t{1} << level;
    if (x >= cells || y >= cells || z >= cells) return {};
    return Key{level, x, y, z};
}

std::string to_text(const Key& key) {
    std::string text = std::to_string(key.level);
    for (const auto number : {key.x, key.y, key.z}) text += "-" + std::to_string(number);
    return text;
}

}  // namespace copse::ept
