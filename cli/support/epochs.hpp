// Passes of a survey, found from gaps between the samples of the temporal index alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "copse/read.hpp"
#include "support/source.hpp"

namespace copse::cli {

/// A time without samples for longer than this parts two passes.
inline constexpr double kEpochGapSeconds = 3600;

struct Epoch {
    double first_sample = 0, last_sample = 0;
    /// Closed, up to the middle of the gaps before and after it, or to the ends of the file's range: what lies between
    /// two samples belongs to one epoch, and to one only.
    double start = 0, end = 0;
    std::uint64_t points_about = 0;  ///< as many as the samples stand for
};

/// @param time_min, time_max the file's range; NaN if not known
std::vector<Epoch> find_epochs(std::span<const read::Node> nodes, std::uint32_t stride, double time_min,
                               double time_max);

/// Those of a file, by reading its whole index. Throws Stop where there is none.
std::vector<Epoch> load_epochs(CopcFile& copc, const TimeFacts& times);

/// For a query: from `start` to `end`, with the first epoch open at its beginning and the last at its end, so that each
/// point with a time belongs to one epoch.
temporal::TimeWindow window_of(std::span<const Epoch> epochs, std::size_t index);

}  // namespace copse::cli
