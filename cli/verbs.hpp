// The verbs of the program, one file each.
#pragma once

#include <memory>
#include <vector>

#include "support/verb.hpp"

namespace copse::cli {

std::unique_ptr<Verb> make_convert();
std::unique_ptr<Verb> make_info();
std::unique_ptr<Verb> make_query();
std::unique_ptr<Verb> make_validate();
std::unique_ptr<Verb> make_diff();
std::unique_ptr<Verb> make_synth();

}  // namespace copse::cli
