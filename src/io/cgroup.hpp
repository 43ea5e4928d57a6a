// Where the kernel says what this process may use: small text files of /proc and of the cgroup file systems.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace copse::io {

/// All of a small file; empty if it cannot be read.
std::string text_of(const std::string& path);

/// The decimal number that a text begins with.
std::optional<std::int64_t> leading_number(std::string_view text);

/// Path of this process's cgroup in /proc/self/cgroup; empty if there is none.
/// @param controller empty: of version 2 ("0::/path"); else of the version 1 tree that has this controller
///                   ("4:cpu,cpuacct:/path")
std::string cgroup_path(std::string_view proc_self_cgroup, std::string_view controller = {});

/// A cgroup and those above it: "/a/b", "/a", "". Within a container the path may be one of the host's and not be
/// there: the mount's own root is the last.
std::vector<std::string> with_parents(std::string path);

}  // namespace copse::io
