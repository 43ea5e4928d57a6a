// Memory and disk space that a conversion may take.
#pragma once

#include <cstdint>
#include <string>

#include "support/stop.hpp"

namespace copse::cli {

/// Where temporary data go: `asked` if it is not empty, else $TMPDIR, else the folder of the output.
[[nodiscard]] std::string temp_folder(const std::string& asked, const std::string& output);

/// The folder that a file lies in.
[[nodiscard]] std::string folder_of(const std::string& path);

/// Is there so much free space in both folders? If they are on one file system the sum must fit. Throws a Stop that
/// names the folder, what is needed and what is free. A file system that does not say passes.
void check_space(const std::string& temp_folder, std::uint64_t temp_bytes, const std::string& output,
                 std::uint64_t output_bytes);

/// Three quarters of what the machine or its cgroup allows.
[[nodiscard]] std::uint64_t default_memory_limit();

/// What the program takes of a memory limit for itself: what it holds now, and what comes to it with the work.
[[nodiscard]] std::uint64_t own_memory(unsigned threads);
/// What is left of a limit for the work. Throws `memory_too_small` if that is hardly anything.
[[nodiscard]] std::uint64_t memory_for_work(std::uint64_t limit, unsigned threads);
/// Names the next larger limit that a person would type. @param smallest bytes that would do
[[nodiscard]] Stop memory_too_small(std::uint64_t limit, std::uint64_t smallest);

}  // namespace copse::cli
