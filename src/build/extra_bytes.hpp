// The extra bytes of an input brought to their places in the output.
#pragma once

#include <cstdint>
#include <vector>

#include "copse/las.hpp"

namespace copse::build {

/// Where each extra byte of the output comes from.
struct ExtraByteMap {
    static constexpr std::uint16_t kNone = 0xffff;  ///< from nowhere: the byte is zero
    /// For each extra byte of the output one of the input, none twice. Empty: the input has the output's.
    std::vector<std::uint16_t> from;

    [[nodiscard]] bool identity() const { return from.empty(); }
};

/// Rearranges the columns of extra bytes and changes the layout accordingly. Cost: nothing for the identity; else only
/// columns of zeros are written. @pre all columns are present, and the map is for points of this layout
void move_extra_bytes(const ExtraByteMap& map, las::Points& points);

}  // namespace copse::build
