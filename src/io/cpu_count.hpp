// How many threads this process may keep busy.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace copse::io {

/// Processors' worth of time that a cgroup grants, rounded up; empty if it sets no limit.
/// @param cpu_max content of a version 2 `cpu.max`: "QUOTA PERIOD" or "max PERIOD"
std::optional<unsigned> parse_cpu_max(std::string_view cpu_max);

/// Smallest of: processors in the affinity mask, quotas of this process's cgroup and of those above it. At least 1.
/// @param proc, cgroup where those file systems are mounted
unsigned usable_processors(const std::string& proc = "/proc", const std::string& cgroup = "/sys/fs/cgroup");

}  // namespace copse::io
