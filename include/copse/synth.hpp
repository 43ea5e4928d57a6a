// A made mobile-mapping survey: streets driven several times, to try things on. Same options, same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "copse/las.hpp"
#include "copse/wire.hpp"

namespace copse::synth {

enum class FileKind : std::uint8_t { las, laz };

struct Options {
    std::uint64_t points = 1'000'000;  ///< in all passes together
    std::uint32_t passes = 5;
    std::uint8_t pdrf = 6;  ///< 6, 7, 8, 1 or 3
    FileKind kind = FileKind::laz;
    std::uint64_t seed = 1;
};

/// Plan of one pass: its file's name and share of the points. A pass is one drive through the street net, a week apart
/// from the next.
struct Pass {
    std::string file_name;  ///< "pass_01.laz", ...
    std::uint64_t points = 0;
    double gps_start = 0;  ///< adjusted standard GPS seconds
};
std::vector<Pass> plan(const Options& options);

/// Writes pass `index` of the plan. Streaming: memory does not grow with the points. Streets run at angles to the axes,
/// on slopes, between façades and trees; a rotating scanner with several returns in vegetation; points in time order.
Status write_pass(const Options& options, std::size_t index, wire::Sink& sink);

}  // namespace copse::synth
