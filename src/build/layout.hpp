// Which point format and extra bytes hold everything of all inputs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "build/extra_bytes.hpp"
#include "build/inputs.hpp"

namespace copse::build {

struct LayoutPlan {
    las::PointLayout layout;
    las::ExtraSchema extra;                ///< normalised
    std::vector<ExtraByteMap> extra_maps;  ///< one for each input
    std::vector<std::string> warnings;
};

/// Fails where the options would drop colour, infrared or waveforms, and where extra bytes cannot be those of all: by
/// default where they differ; united (ExtraBytes::unite), where dimensions of one name mean different things. United
/// dimensions stand in the order of their names, unless all inputs have the same ones.
MaybeFailure plan_layout(std::span<const OpenInput> inputs, const Options& options, LayoutPlan& out);

}  // namespace copse::build
