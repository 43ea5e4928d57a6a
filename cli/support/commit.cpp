#include "support/commit.hpp"

const char* const copse::cli::kCommit = COPSE_COMMIT;
