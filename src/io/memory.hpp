// How much memory this process may use.
#pragma once

#include <cstdint>
#include <string>

namespace copse::io {

/// Smallest of: the machine's memory, `memory.max` and `memory.high` of this process's cgroup and of those above it
/// (version 2), `memory.limit_in_bytes` likewise (version 1).
/// @param proc, cgroup where those file systems are mounted
std::uint64_t allowed_memory(const std::string& proc = "/proc", const std::string& cgroup = "/sys/fs/cgroup");

}  // namespace copse::io
