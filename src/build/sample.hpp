// A first look at some of the points: where they are, roughly.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "build/coordinates.hpp"
#include "build/inputs.hpp"
#include "copse/wire.hpp"

namespace copse::build {

/// Raw coordinates of some points of an input, in its own integers.
struct InputSample {
    las::Points points;        ///< X, Y, Z only
    std::uint64_t weight = 0;  ///< how many points of the inputs each stands for
};

/// Decodes the first points of every k-th block of the inputs. What cannot be read is left out: reading everything will
/// tell. One for each input.
[[nodiscard]] std::vector<InputSample> take_sample(std::span<const OpenInput> inputs, wire::Executor& executor);

/// Box of the sampled points in the output's raw integers, as far as they fit into 32 bits; empty if there are none.
[[nodiscard]] std::optional<RawBox> sample_box(std::span<const InputSample> sample, const CoordinatePlan& coordinates);

/// Estimated points per cell of the counting level, in Morton order. Points outside the cube are left out.
[[nodiscard]] std::vector<std::uint64_t> estimate_counts(std::span<const InputSample> sample,
                                                         const CoordinatePlan& coordinates, const Cube& cube,
                                                         unsigned level);

}  // namespace copse::build
