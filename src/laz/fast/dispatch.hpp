// Which form of the fast decoder this processor runs.
#pragma once

#include <span>

#include "laz/fast/kernel.hpp"

namespace copse::laz::fast {

/// The forms that were compiled and that this processor can run, the slowest first.
std::span<const Kernel* const> available_kernels();

/// The one in use: the last of available_kernels().
const Kernel& kernel();

/// Puts another one in use, for tests and benchmarks. Decoders that were opened before keep theirs.
/// @pre one of available_kernels()
void use_kernel(const Kernel& chosen);

}  // namespace copse::laz::fast
