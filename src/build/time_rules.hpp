// One GPS time type for the output, and whether it gets a temporal index.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "build/input_facts.hpp"
#include "build/inputs.hpp"

namespace copse::build {

struct TimePlan {
    bool adjusted_bit = false;  ///< global encoding, bit 0
    bool index = false;
    double min = 0;  ///< of all finite times; 0 and 0 if there are none
    double max = 0;
    std::uint64_t non_finite = 0;
    std::vector<std::string> warnings;
};

/// Compares the inputs' time types as they are meant (bit clear and a time beyond a week's seconds: adjusted standard
/// time all the same) and refuses those that contradict each other, unless the options say which it is.
MaybeFailure plan_times(std::span<const OpenInput> inputs, std::span<const InputFacts> facts, const Options& options,
                        TimePlan& out);

}  // namespace copse::build
