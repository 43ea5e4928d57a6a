// The options of a verb as help, manual and completion show them.
#pragma once

#include <string>
#include <vector>

#include "support/verb.hpp"

namespace copse::cli {

struct OptionText {
    std::string group;               ///< empty for positional arguments
    std::vector<std::string> names;  ///< "-o", "--output"; one word for a positional argument
    std::string value;               ///< "FILE"; begins with "[" where it may be left out; empty for a flag
    std::string help;

    [[nodiscard]] bool positional() const { return group.empty(); }
    /// "-o, --output FILE".
    [[nodiscard]] std::string heading() const;
};

/// In the order in which they were added, groups together, "General" last.
std::vector<OptionText> options_of(const Verb& verb);

}  // namespace copse::cli
