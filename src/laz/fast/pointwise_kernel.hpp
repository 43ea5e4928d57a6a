// The door between the fast decoder of point-wise chunks and its forms. Plain data only, as in kernel.hpp.
#pragma once

#include "laz/fast/kernel.hpp"

namespace copse::laz::fast {

/// Chunks of point-wise items that go through the decoder in lockstep.
inline constexpr std::size_t kMaxPointwiseLanes = 3;

/// A chunk of PDRF 0 to 5 with items of version 2 (wave packets have one coding under two version numbers).
struct PointwiseInput {
    Memory memory;
    const std::uint8_t* first = nullptr;  ///< the record of the first point
    Range coded;                          ///< all behind it, with kPadding readable bytes after the end
    bool gps_time = false, rgb = false, wave = false;
    std::size_t extra_count = 0;
};

/// What a form has for point-wise chunks. States are opaque, trivially destructible, aligned to 64.
struct PointwiseKernel {
    std::size_t state_size;
    /// Makes a state for a chunk, before its second point. Damaged: no coded string.
    Health (*start)(void* state, const PointwiseInput& input);
    /// Decodes rows, at most kBlockRows, of each of 1 to kMaxPointwiseLanes chunks, all of the same items. Every column
    /// of the items is written to; `health` receives a judgement of each chunk.
    void (*decode)(void* const* states, const ColumnPointers* outs, std::size_t lanes, std::uint32_t rows,
                   Health* health);
    /// The first byte that has not been used. @pre not damaged
    const std::uint8_t* (*position)(const void* state);
};

}  // namespace copse::laz::fast
