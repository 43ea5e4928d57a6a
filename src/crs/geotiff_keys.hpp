// The key directory of GeoTIFF, as LAS stores it in three records.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "copse/las.hpp"

namespace copse::crs {

inline constexpr std::uint16_t kUserDefined = 32767;

/// Keys by their id. Entries that point outside their record are left out.
/// @spec GeoTIFF 1.0, "Requirements" and "GeoTIFF File Format"; LAS 1.4 R15, "GeoKeyDirectoryTag Record"
class GeoKeys {
public:
    explicit GeoKeys(std::span<const las::Vlr> vlrs);

    /// A code, or nothing where the key is missing or 0 ("undefined").
    [[nodiscard]] std::optional<std::uint16_t> code(std::uint16_t key) const;
    /// A code that a register defines: neither missing nor "user-defined".
    [[nodiscard]] std::optional<std::uint16_t> registered(std::uint16_t key) const;
    /// A finite number.
    [[nodiscard]] std::optional<double> number(std::uint16_t key) const;
    /// Text in printable ASCII without the closing '|'; empty if missing.
    [[nodiscard]] std::string text(std::uint16_t key) const;

private:
    std::map<std::uint16_t, std::uint16_t> codes_;
    std::map<std::uint16_t, double> numbers_;
    std::map<std::uint16_t, std::string> texts_;
};

}  // namespace copse::crs
