#include "io/memory.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "copse/io.hpp"
#include "io/cgroup.hpp"
#include "io/files.hpp"

namespace copse::io {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// A line like "MemTotal:  24684520 kB", in bytes.
std::optional<std::uint64_t> kilobytes_line(std::string_view text, std::string_view name) {
    const auto at = text.find(name);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + name.size());
    text.remove_prefix(std::min(text.find_first_not_of(": \t"), text.size()));
    const auto number = leading_number(text);
    if (!number || *number < 0) return {};
    return static_cast<std::uint64_t>(*number) * 1024;
}

/// The limit that a file holds. "max" and files that are not there are none.
std::uint64_t limit_in(const std::string& path) {
    const auto limit = leading_number(text_of(path));
    return limit && *limit > 0 ? static_cast<std::uint64_t>(*limit) : kUnlimited;
}

std::uint64_t page_bytes() { return static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_PAGESIZE))); }

}  // namespace

std::uint64_t allowed_memory(const std::string& proc, const std::string& cgroup) {
    std::uint64_t least = kilobytes_line(text_of(proc + "/meminfo"), "MemTotal").value_or(kUnlimited);
    const auto groups = text_of(proc + "/self/cgroup");
    // Where both versions are mounted, version 2 has a folder of its own.
    for (const auto& path : with_parents(cgroup_path(groups)))
        for (const char* tree : {"", "/unified"})
            for (const char* file : {"/memory.max", "/memory.high"})
                least = std::min(least, limit_in(cgroup + tree + path + file));
    for (const auto& path : with_parents(cgroup_path(groups, "memory")))
        least = std::min(least, limit_in(cgroup + "/memory" + path + "/memory.limit_in_bytes"));
    return least;
}

std::uint64_t machine_memory() {
    const auto allowed = allowed_memory();
    if (allowed != kUnlimited) return allowed;
    return static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_PHYS_PAGES))) * page_bytes();
}

std::uint64_t resident_now() {
    const auto pages = text_of("/proc/self/statm");  // size, resident, ...
    const auto number = leading_number(std::string_view{pages}.substr(std::min(pages.find(' ') + 1, pages.size())));
    return static_cast<std::uint64_t>(std::max<std::int64_t>(number.value_or(0), 0)) * page_bytes();
}

std::uint64_t peak_resident() {
    // Not getrusage: its peak is at least that of the process that started this one.
    if (const auto peak = kilobytes_line(text_of("/proc/self/status"), "VmHWM")) return *peak;
    rusage usage{};
    return ::getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::uint64_t>(usage.ru_maxrss) * 1024 : 0;
}

void prepare_allocator(std::uint64_t kept_bytes) {
#ifdef __GLIBC__
    // By default glibc raises the size from which blocks are mapped one by one as soon as one is freed; from then on
    // large buffers stay in the heap, between others, and what is freed does not go back.
    constexpr std::uint64_t kMapped = 256u << 10;
    constexpr std::uint64_t kTrimmed = 1u << 20;
    constexpr std::uint64_t kMost = 1u << 30;
    constexpr int kArenas = 4;
    const auto kept = std::min(kept_bytes, kMost);
    ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(std::clamp(kept / 4, kMapped, std::uint64_t{32} << 20)));
    ::mallopt(M_TRIM_THRESHOLD, static_cast<int>(std::max(kept, kTrimmed)));
    ::mallopt(M_ARENA_MAX, kArenas);
#else
    (void)kept_bytes;
#endif
}

Result<FreeSpace> free_space(const std::string& path) {
    struct statvfs space{};
    struct stat status{};
    if (retry([&] { return ::statvfs(path.c_str(), &space); }) != 0 || ::stat(path.c_str(), &status) != 0)
        return os_error("cannot ask for the free space");
    // Some network file systems answer with zeros.
    if (space.f_blocks == 0) return FreeSpace{kUnlimited, status.st_dev};
    return FreeSpace{static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize, status.st_dev};
}

}  // namespace copse::io
