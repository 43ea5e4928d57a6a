// Passes of a survey, found from gaps between the samples of the temporal index alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "copse/read.hpp"

namespace copse::cli {

/// A time without samples for longer than this parts two passes.
inline constexpr double kEpochGapSeconds = 3600;

struct Epoch {
    double first_sample = 0, last_sample = 0;
    /// A window for queries that takes in what lies between the samples: widened by half the gap, ending at the file's
    /// own range. Windows of different passes do not touch.
    double start = 0, end = 0;
    std::uint64_t points_about = 0;  ///< as many as the samples stand for
};

/// @param time_min, time_max the file's range; NaN if not known
std::vector<Epoch> find_epochs(std::span<const read::Node> nodes, std::uint32_t stride, double time_min,
                               double time_max);

}  // namespace copse::cli
