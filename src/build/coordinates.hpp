// Scale and offset of the output, and how an input's raw integers become the output's.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "build/cube.hpp"
#include "build/inputs.hpp"

namespace copse::build {

/// How one axis of one input maps to the output's raw integers: raw * factor + shift, rounded to the nearest integer.
struct AxisMap {
    double factor = 1;
    double shift = 0;
    bool whole = true;    ///< both are whole numbers and small enough for 64-bit arithmetic
    bool rounds = false;  ///< values move: the shift was rounded, or the products are

    [[nodiscard]] bool identity() const { return whole && !rounds && factor == 1 && shift == 0; }
    [[nodiscard]] std::int64_t map(std::int32_t raw) const;
};

/// A box in CRS units, per axis.
struct WorldBox {
    las::Vec3 min{};
    las::Vec3 max{};
};

struct CoordinatePlan {
    las::Vec3 scale{0.01, 0.01, 0.01};
    las::Vec3 offset{};
    std::vector<std::array<AxisMap, 3>> maps;  ///< one for each input
};

/// Chooses scale and offset: those of the inputs where all agree (raw integers are then copied bit for bit), otherwise
/// the greatest common decimal divisor of the scales and an offset that lets all boxes fit into 32 bits, on the scale's
/// grid.
/// @param boxes  where each input's points are (of its header, or found by reading); empty for those without points
/// @param boxes_are_true  whether boxes that do not fit are a failure, or may be a header's lie that reading will show
MaybeFailure plan_coordinates(std::span<const OpenInput> inputs, std::span<const std::optional<WorldBox>> boxes,
                              bool boxes_are_true, const Options& options, CoordinatePlan& out);

/// Box of the header in CRS units; empty if it holds no points or its numbers are not those of a box.
std::optional<WorldBox> header_box(const las::Header& header);

/// Raw integers of a box, each corner rounded to the nearest; empty if they pass 2^52.
std::optional<RawBox> to_raw(const WorldBox& box, const las::Vec3& scale, const las::Vec3& offset);

/// The greatest number of which all are whole multiples, all taken as decimal numbers: 0.01 and 0.025 give 0.005.
/// Empty if one of them is no decimal number of at most 15 places. @pre all positive and finite
std::optional<double> common_decimal_divisor(std::span<const double> values);

}  // namespace copse::build
