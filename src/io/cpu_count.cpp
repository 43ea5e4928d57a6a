#include "io/cpu_count.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <vector>

namespace copse::io {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return {};
    return value;
}

std::optional<unsigned> processors(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
    if (!quota || !period || *quota <= 0 || *period <= 0) return {};  // version 1 writes -1 for "no limit"
    const auto whole = *quota / *period + (*quota % *period != 0 ? 1 : 0);
    return static_cast<unsigned>(std::clamp<std::int64_t>(whole, 1, std::numeric_limits<int>::max()));
}

/// Processors of the affinity mask. The mask of a large machine needs more than the fixed-size type holds.
unsigned affinity() {
    for (std::size_t count = 1024; count <= (1u << 20); count *= 2) {
        std::vector<cpu_set_t> mask(count / CPU_SETSIZE);
        const auto bytes = mask.size() * sizeof(cpu_set_t);
        if (::sched_getaffinity(0, bytes, mask.data()) == 0)
            return static_cast<unsigned>(std::max(1, CPU_COUNT_S(bytes, mask.data())));
    }
    return 1;
}

}  // namespace

std::optional<unsigned> parse_cpu_max(std::string_view cpu_max) {
    const auto space = cpu_max.find(' ');
    if (space == std::string_view::npos) return {};
    return processors(number(cpu_max.substr(0, space)), number(cpu_max.substr(space + 1)));
}

std::string cgroup_path(std::string_view proc_self_cgroup) {
    constexpr std::string_view kVersion2 = "0::";
    while (!proc_self_cgroup.empty()) {
        const auto line = proc_self_cgroup.substr(0, proc_self_cgroup.find('\n'));
        if (line.starts_with(kVersion2)) return std::string{line.substr(kVersion2.size())};
        proc_self_cgroup.remove_prefix(std::min(line.size() + 1, proc_self_cgroup.size()));
    }
    return {};
}

unsigned usable_processors(const std::string& proc, const std::string& cgroup) {
    unsigned least = affinity();
    // Within a container the path may be one of the host's and not be there: the mount's own root is looked at last.
    auto path = cgroup_path(text_of(proc + "/self/cgroup"));
    for (;;) {
        if (const auto limit = parse_cpu_max(text_of(cgroup + path + "/cpu.max"))) least = std::min(least, *limit);
        if (path.empty()) break;
        path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
    }
    const auto version_1 = processors(number(text_of(cgroup + "/cpu/cpu.cfs_quota_us")),
                                      number(text_of(cgroup + "/cpu/cpu.cfs_period_us")));
    return version_1 ? std::min(least, *version_1) : least;
}

}  // namespace copse::io
