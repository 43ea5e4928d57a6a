// Leaving on SIGINT, SIGTERM and SIGHUP without half-made files.
#pragma once

namespace copse::cli {

/// From now on these signals remove unfinished outputs and end the process with 128 + signal, at once and whatever it
/// is doing. SIGPIPE and SIGXFSZ are ignored: writing to a closed pipe, or more than a file may hold, is an error like
/// others. Call it before any thread is started.
void handle_signals();

}  // namespace copse::cli
