// Tables of the point-wise items, for the plain codec and the fast one. `laz/pointwise.md` section 3.3.
#pragma once

#include <cstdint>

namespace copse::laz {

/// Class of a return, 0 to 15: [number of returns][return number].
inline constexpr std::uint8_t kReturnClasses[8][8] = {
    {15, 14, 13, 12, 11, 10, 9, 8},  {14, 0, 1, 3, 6, 10, 10, 9},    {13, 1, 2, 4, 7, 11, 11, 10},
    {12, 3, 4, 5, 8, 12, 12, 11},    {11, 6, 7, 8, 9, 13, 13, 12},   {10, 10, 11, 12, 13, 14, 14, 13},
    {9, 10, 11, 12, 13, 14, 15, 14}, {8, 9, 10, 11, 12, 13, 14, 15},
};

}  // namespace copse::laz
