// All points of all inputs in one set of columns, in the output's format and coordinates.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "build/coordinates.hpp"
#include "build/cube.hpp"
#include "build/extra_bytes.hpp"
#include "build/inputs.hpp"

namespace copse::build {

/// What was found out about an input's points by reading them.
struct InputFacts {
    std::uint64_t points = 0;
    RawBox box;  ///< in the input's own raw integers; of no meaning without points
    double time_min = std::numeric_limits<double>::infinity();  ///< of finite times; above time_max if there are none
    double time_max = -std::numeric_limits<double>::infinity();
    std::uint64_t non_finite_times = 0;
    std::uint64_t infinite_times = 0;
    std::uint64_t return_zero = 0;    ///< points with return number 0
    std::uint64_t return_excess = 0;  ///< points whose return number is above their number of returns
    std::uint64_t rounded = 0;        ///< coordinate values that moved

    void include(const InputFacts& other);
};

struct Ingested {
    las::Points points;              ///< in rank order of the inputs, in file order
    std::vector<InputFacts> inputs;  ///< one for each input
    bool fits = true;                ///< false: a coordinate passed 32 bits; there are facts, but no points
};

/// Decodes everything. Blocks of LAZ and LAS files are decoded in parallel, a bounded number at a time; what a header
/// declares takes memory only as far as the size of its file makes it believable.
MaybeFailure ingest(std::span<const OpenInput> inputs, const las::PointLayout& layout,
                    std::span<const ExtraByteMap> extra_maps, const CoordinatePlan& coordinates, const Options& options,
                    wire::Executor& executor, const Progress& progress, Ingested& out);

}  // namespace copse::build
