// Which point format and extra bytes hold everything of all inputs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "build/inputs.hpp"

namespace copse::build {

struct LayoutPlan {
    las::PointLayout layout;
    las::ExtraSchema extra;  ///< normalised
    std::vector<std::string> warnings;
};

/// Fails where the options would drop colour, infrared or waveforms, and where lists of extra bytes differ.
MaybeFailure plan_layout(std::span<const OpenInput> inputs, const Options& options, LayoutPlan& out);

}  // namespace copse::build
