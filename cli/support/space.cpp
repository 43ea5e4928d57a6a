#include "support/space.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>

#include "copse/io.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

constexpr std::uint64_t kMebibyte = 1u << 20;
/// What comes on top of the resident size before the work: stacks and windows of the threads, tables of the coordinate
/// systems' library, what the allocator keeps.
constexpr std::uint64_t kOwnGrowth = 16 * kMebibyte;
constexpr std::uint64_t kOwnGrowthPerThread = 2 * kMebibyte;
constexpr std::uint64_t kLeastWork = 64 * kMebibyte;

Stop no_space(const std::string& folder, const std::string& rule) {
    auto stop = stop_for(Error{Code::io_failed, 0, "", ENOSPC}, folder);
    stop.rule = rule;
    return stop;
}

void require_free(const std::string& folder, std::uint64_t needed, std::uint64_t free, const std::string& what) {
    if (needed <= free) return;
    throw no_space(folder, fmt::format("there is not enough space for {}: {} bytes may be needed, {} are free", what,
                                       grouped(needed), grouped(free)));
}

}  // namespace

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return path.substr(0, std::max<std::size_t>(slash, 1));
}

std::string temp_folder(const std::string& asked, const std::string& output) {
    if (!asked.empty()) return asked;
    const char* environment = std::getenv("TMPDIR");
    return environment != nullptr && *environment != '\0' ? environment : folder_of(output);
}

void check_space(const std::string& temp_folder, std::uint64_t temp_bytes, const std::string& output,
                 std::uint64_t output_bytes) {
    const auto temp = checked(io::free_space(temp_folder), temp_folder);
    const auto out = checked(io::free_space(folder_of(output)), folder_of(output));
    if (temp.device == out.device && temp_bytes != 0)
        return require_free(folder_of(output), temp_bytes + output_bytes, out.bytes, "temporary data and the output");
    require_free(temp_folder, temp_bytes, temp.bytes, "temporary data");
    require_free(folder_of(output), output_bytes, out.bytes, "the output");
}

std::uint64_t default_memory_limit() { return io::machine_memory() / 4 * 3; }

std::uint64_t own_memory(unsigned threads) { return io::resident_now() + kOwnGrowth + threads * kOwnGrowthPerThread; }

std::uint64_t memory_for_work(std::uint64_t limit, unsigned threads) {
    const auto own = own_memory(threads);
    if (limit < own + kLeastWork) throw memory_too_small(limit, own + kLeastWork);
    return limit - own;
}

namespace {

/// "280M", "1300M", "12G". With some room: what the program itself takes differs by a little from run to run.
std::string typed_size(std::uint64_t bytes) {
    constexpr std::uint64_t kMega = 1'000'000, kGiga = 1000 * kMega, kRoom = 2 * kMega;
    const auto steps = [bytes](std::uint64_t step) { return (bytes + kRoom + step - 1) / step; };
    if (bytes < kGiga) return fmt::format("{}M", steps(10 * kMega) * 10);
    if (bytes < 10 * kGiga) return fmt::format("{}M", steps(100 * kMega) * 100);
    return fmt::format("{}G", steps(kGiga));
}

}  // namespace

Stop memory_too_small(std::uint64_t limit, std::uint64_t smallest) {
    Stop stop;
    stop.exit = Exit::failed;
    stop.code = to_string(Code::limit_exceeded);
    stop.rule = fmt::format("the memory limit is too small: {} bytes; it takes at least {}", grouped(limit),
                            typed_size(smallest));
    return stop;
}

}  // namespace copse::cli
