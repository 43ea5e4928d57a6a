#include "io/cpu_count.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "io/cgroup.hpp"

namespace copse::io {
namespace {

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
    return processors(leading_number(cpu_max.substr(0, space)), leading_number(cpu_max.substr(space + 1)));
}

unsigned usable_processors(const std::string& proc, const std::string& cgroup) {
    unsigned least = affinity();
    for (const auto& path : with_parents(cgroup_path(text_of(proc + "/self/cgroup"))))
        if (const auto limit = parse_cpu_max(text_of(cgroup + path + "/cpu.max"))) least = std::min(least, *limit);
    const auto version_1 = processors(leading_number(text_of(cgroup + "/cpu/cpu.cfs_quota_us")),
                                      leading_number(text_of(cgroup + "/cpu/cpu.cfs_period_us")));
    return version_1 ? std::min(least, *version_1) : least;
}

}  // namespace copse::io
