#include "read/joining.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

namespace copse::read {
namespace {

/// Bytes between each range and what lies before it. Ranges may overlap: 0.
std::vector<std::uint64_t> gaps_before(std::span<const ByteRange> sorted) {
    std::vector<std::uint64_t> gaps(sorted.size());
    FileOffset end = sorted.empty() ? 0 : sorted.front().offset;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        gaps[i] = sorted[i].offset > end ? sorted[i].offset - end : 0;
        end = std::max(end, sorted[i].end());
    }
    return gaps;
}

/// The gaps that may be bridged: the smallest ones, of equal ones the first.
std::vector<bool> choose_bridges(const std::vector<std::uint64_t>& gaps, const JoinLimits& limits) {
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < gaps.size(); ++i)
        if (gaps[i] != 0 && gaps[i] <= limits.max_gap) candidates.push_back(i);
    std::sort(candidates.begin(), candidates.end(),
              [&](std::size_t a, std::size_t b) { return gaps[a] != gaps[b] ? gaps[a] < gaps[b] : a < b; });
    std::vector<bool> bridged(gaps.size());
    auto left = limits.max_bridged;
    for (const auto i : candidates) {
        if (gaps[i] > left) break;
        left -= gaps[i];
        bridged[i] = true;
    }
    return bridged;
}

}  // namespace

Bridges bridges_of(std::span<const ByteRange> sorted, std::uint64_t max_gap) {
    Bridges bridges;
    FileOffset end = 0;
    for (const auto range : sorted) {
        if (range.end() > end) bridges.wanted += range.end() - std::max(end, range.offset);
        end = std::max(end, range.end());
    }
    for (const auto gap : gaps_before(sorted))
        if (gap != 0 && gap <= max_gap) bridges.gaps.push_back(gap);
    std::sort(bridges.gaps.begin(), bridges.gaps.end());
    std::inclusive_scan(bridges.gaps.begin(), bridges.gaps.end(), std::back_inserter(bridges.bytes_with));
    return bridges;
}

std::vector<Joined> join_ranges(std::span<const ByteRange> sorted, const JoinLimits& limits) {
    const auto gaps = gaps_before(sorted);
    const auto bridged = choose_bridges(gaps, limits);
    std::vector<Joined> requests;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const auto range = sorted[i];
        if (!requests.empty() && (gaps[i] == 0 || bridged[i])) {
            auto& request = requests.back();
            const auto size = std::max(range.end(), request.range.end()) - request.range.offset;
            // Ranges that overlap stay together whatever their size: nothing is fetched twice.
            if (size <= limits.max_request || range.offset < request.range.end()) {
                request.range.size = size;
                request.last = i + 1;
                request.bridged += gaps[i];
                continue;
            }
        }
        requests.push_back({range, i, i + 1, 0});
    }
    return requests;
}

}  // namespace copse::read
