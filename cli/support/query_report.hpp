// What a query took, for people and for programs.
#pragma once

#include "copse/read.hpp"
#include "support/source.hpp"

namespace copse::cli {

/// To standard error. @param opened what opening the file took, of `all`
void print_statistics(const read::Statistics& seen, const io::Traffic& opened, const io::Traffic& all, bool as_json);

/// To standard output. @param so_far what opening and planning took
void print_plan(const read::Plan& plan, const read::Statistics& seen, const io::Traffic& so_far, bool as_json);

}  // namespace copse::cli
