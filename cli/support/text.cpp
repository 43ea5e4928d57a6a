#include "support/text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace copse::cli {
namespace {

/// Bytes of the UTF-8 character that begins the text, or 0 if it is none (overlong, surrogate, beyond U+10FFFF, cut
/// short).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0u) != 0x80) return 0;
    if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf0 && byte(1) < 0x90) ||
        (lead == 0xf4 && byte(1) > 0x8f))
        return 0;
    return length;
}

bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    // U+0080 to U+009F: some terminals obey them.
    return character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

enum class Controls { keep, escape };

std::string escaped(std::string_view bytes, Controls controls) {
    std::string out;
    while (!bytes.empty()) {
        const auto length = utf8_length(bytes);
        const auto character = bytes.substr(0, std::max<std::size_t>(length, 1));
        if (length == 0 || (controls == Controls::escape && is_control(character))) {
            for (const char c : character) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            out += character;
        }
        bytes.remove_prefix(character.size());
    }
    return out;
}

}  // namespace

std::string shown(std::string_view bytes) { return escaped(bytes, Controls::escape); }
std::string json_text(std::string_view bytes) { return escaped(bytes, Controls::keep); }

std::string grouped(std::uint64_t number) {
    auto text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
    return text;
}

std::string byte_text(std::uint64_t bytes) {
    if (bytes < 1000) return fmt::format("{} bytes", bytes);
    constexpr std::array kUnits{"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    while (value >= 999.95 && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string short_count(double number) {
    if (!(number >= 1000)) return fmt::format("{:.0f}", number);
    if (number < 999'950) return fmt::format("{:.1f} k", number / 1e3);
    if (number < 999'950'000) return fmt::format("{:.1f} M", number / 1e6);
    return fmt::format("{:.1f} G", number / 1e9);
}

std::string duration_text(double seconds) {
    if (!(seconds >= 0) || seconds > 1e9) return "?";
    if (seconds < 10) return fmt::format("{:.2f} s", seconds);
    if (seconds < 60) return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
    if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
    return fmt::format("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string shortest(double value) { return fmt::format("{}", value); }

std::string fixed(double value, int decimals) {
    // A lying header may hold 1e300, whose digits help nobody.
    if (!std::isfinite(value) || std::fabs(value) >= 1e15) return shortest(value);
    return fmt::format("{:.{}f}", value, decimals);
}

int decimals_of(double scale) {
    constexpr int kMost = 9;
    double power = 1;
    for (int decimals = 0; decimals < kMost; ++decimals, power *= 10) {
        const double scaled = std::fabs(scale) * power;
        if (scaled > 0.5 && std::fabs(scaled - std::round(scaled)) < 1e-6 * scaled) return decimals;
    }
    return kMost;
}

std::string lower_case(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    for (const char c : text)
        if ((static_cast<unsigned char>(c) & 0xc0u) != 0x80) ++width;
    return width;
}

std::string padded_left(std::string_view text, std::size_t width) {
    const auto used = width_of(text);
    return std::string(used < width ? width - used : 0, ' ').append(text);
}

std::string padded_right(std::string_view text, std::size_t width) {
    const auto used = width_of(text);
    return std::string{text}.append(used < width ? width - used : 0, ' ');
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const auto word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty()) continue;
        if (!lines.back().empty() && width_of(lines.back()) + 1 + width_of(word) > width) lines.emplace_back();
        if (!lines.back().empty()) lines.back() += ' ';
        lines.back() += word;
    }
    return lines;
}

std::optional<double> parse_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
    return value;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
    std::uint64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (error == std::errc{} && end == text.data() + text.size()) return whole;  // exact to the last of 64 bits

    double factor = 1;
    const bool binary = text.ends_with('i');
    if (binary) text.remove_suffix(1);
    constexpr std::string_view kUnits = "KMGT";
    if (const auto unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
        unit != std::string_view::npos) {
        factor = std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(unit + 1));
        text.remove_suffix(1);
    } else if (binary) {
        return {};
    }
    const auto number = parse_number(text);
    if (!number) return {};
    const double value = *number * factor;
    if (!(value >= 0) || value >= 0x1p63 || value != std::floor(value)) return {};
    return static_cast<std::uint64_t>(value);
}

std::optional<std::vector<double>> parse_numbers(std::string_view list) {
    std::vector<double> numbers;
    for (;;) {
        const auto comma = list.find(',');
        auto item = list.substr(0, comma);
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        const auto number = parse_number(item);
        if (!number) return {};
        numbers.push_back(*number);
        if (comma == std::string_view::npos) return numbers;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace copse::cli
