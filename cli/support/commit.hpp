// The commit that the program was made of.
#pragma once

namespace copse::cli {

/// As of when the build folder was configured; "unknown" without git.
extern const char* const kCommit;

}  // namespace copse::cli
