// The forms of the fast encoder that this processor runs, each on its own: for tests and benchmarks.
#pragma once

#include <cstddef>
#include <span>

#include "copse/laz.hpp"
#include "laz/fast_encode.hpp"

namespace copse::laz::fast_encode {

/// The forms that were compiled and that this processor can run, the slowest first. `encode_layered_chunk` uses the
/// last one.
std::span<const Form* const> available_forms();

/// As `encode_layered_chunk`, by a certain form.
Status encode_layered_chunk_with(const Form& form, const ChunkFormat& format, const las::Points& points,
                                 std::size_t first, std::size_t last, Bytes& out);

}  // namespace copse::laz::fast_encode
