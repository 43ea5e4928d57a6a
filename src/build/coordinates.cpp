#include "build/coordinates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace copse::build {
namespace {

constexpr double kLowest = std::numeric_limits<std::int32_t>::min();
constexpr double kHighest = std::numeric_limits<std::int32_t>::max();

/// A quotient of numbers read from decimal text is taken as whole if it is this close to an integer.
bool is_whole(double value) { return std::abs(value - std::round(value)) <= 1e-5 + std::abs(value) * 1e-14; }

/// Of a factor even less: 2^31 times its error must not be seen in a coordinate.
bool is_whole_factor(double value) { return std::abs(value - std::round(value)) <= std::abs(value) * 1e-12; }

double power_of_ten(int exponent) {
    double power = 1;
    for (int i = 0; i < exponent; ++i) power *= 10;  // exact up to 10^22
    return power;
}

AxisMap map_axis(double scale_in, double offset_in, double scale_out, double offset_out) {
    constexpr double kMostFactor = 0x1p31, kMostShift = 0x1p61;
    AxisMap map;
    if (scale_in == scale_out && offset_in == offset_out) return map;
    map.factor = scale_in / scale_out;
    map.shift = (offset_in - offset_out) / scale_out;
    map.whole = is_whole_factor(map.factor) && std::abs(map.factor) <= kMostFactor && std::abs(map.shift) <= kMostShift;
    map.rounds = !map.whole || !is_whole(map.shift);
    if (map.whole) {
        map.factor = std::round(map.factor);
        map.shift = std::round(map.shift);
    }
    return map;
}

std::set<double> scales_of(std::span<const OpenInput> inputs, std::size_t axis) {
    std::set<double> scales;
    for (const auto& input : inputs) scales.insert(input.info().header.scale[axis]);
    return scales;
}

bool fits(double low, double high, double scale, double offset) {
    // Half a quantum of rounding at either end.
    return (low - offset) / scale >= kLowest - 0.5 && (high - offset) / scale <= kHighest + 0.5;
}

/// An offset near the middle that is a whole number of units where the scale divides the unit, else of quanta.
double centred_offset(double low, double high, double scale) {
    const double middle = low / 2 + high / 2;
    const double step = is_whole(1 / scale) ? 1 : scale;
    return std::round(middle / step) * step;
}

double choose_offset(std::span<const OpenInput> inputs, std::size_t axis, double low, double high, double scale,
                     bool boxes_are_true) {
    std::set<double> offsets;
    for (const auto& input : inputs) offsets.insert(input.info().header.offset[axis]);
    // Headers that lie must not move an offset that suits all points.
    if (offsets.size() == 1 && !boxes_are_true) return *offsets.begin();
    const auto suitable =
        std::find_if(offsets.begin(), offsets.end(), [&](double offset) { return fits(low, high, scale, offset); });
    return suitable != offsets.end() ? *suitable : centred_offset(low, high, scale);
}

std::string with_scale(const OpenInput& input, std::size_t axis) {
    return fmt::format("{} ({})", input.name, input.info().header.scale[axis]);
}

MaybeFailure choose_scale(std::span<const OpenInput> inputs, std::size_t axis, const Options& options, double& scale) {
    if (options.scale) {
        scale = (*options.scale)[axis];
        if (!(scale > 0) || !std::isfinite(scale)) return request_failure("--scale must be positive and finite");
        return std::nullopt;
    }
    std::set<double> magnitudes;
    for (const double value : scales_of(inputs, axis)) magnitudes.insert(std::abs(value));
    if (magnitudes.size() == 1) {
        scale = *magnitudes.begin();
        return std::nullopt;
    }
    const std::vector<double> values{magnitudes.begin(), magnitudes.end()};
    if (const auto divisor = common_decimal_divisor(values)) {
        scale = *divisor;
        return std::nullopt;
    }
    const auto other = std::find_if(inputs.begin(), inputs.end(), [&](const OpenInput& input) {
        return input.info().header.scale[axis] != inputs.front().info().header.scale[axis];
    });
    return request_failure(fmt::format("the scales of {} and {} have no common divisor: give one with --scale",
                                       with_scale(inputs.front(), axis), with_scale(*other, axis)));
}

/// The inputs at either end, for a sentence.
MaybeFailure too_wide(std::span<const OpenInput> inputs, std::span<const std::optional<WorldBox>> boxes,
                      std::size_t axis, double scale) {
    std::size_t low = 0, high = 0;
    bool found = false;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!boxes[i]) continue;
        if (!found || boxes[i]->min[axis] < boxes[low]->min[axis]) low = i;
        if (!found || boxes[i]->max[axis] > boxes[high]->max[axis]) high = i;
        found = true;
    }
    return request_failure(fmt::format(
        "the points of {} and {} lie {} apart on the {} axis, which at scale {} does not fit "
        "into 32 bits: give a larger one with --scale",
        inputs[low].name, inputs[high].name, boxes[high]->max[axis] - boxes[low]->min[axis], "XYZ"[axis], scale));
}

}  // namespace

std::int64_t AxisMap::map(std::int32_t raw) const {
    if (whole) return raw * static_cast<std::int64_t>(factor) + static_cast<std::int64_t>(shift);
    const double value = std::floor(raw * factor + shift + 0.5);
    return static_cast<std::int64_t>(std::clamp(value, -0x1p60, 0x1p60));
}

std::optional<double> common_decimal_divisor(std::span<const double> values) {
    constexpr int kMostPlaces = 15;
    constexpr double kMostExact = 0x1p53;
    int places = 0;
    for (const double value : values) {
        int needed = 0;
        const auto is_decimal = [&] {
            const double scaled = std::round(value * power_of_ten(needed));
            return scaled <= kMostExact && scaled / power_of_ten(needed) == value;
        };
        while (needed < kMostPlaces && !is_decimal()) ++needed;
        if (!is_decimal()) return std::nullopt;
        places = std::max(places, needed);
    }
    std::uint64_t divisor = 0;
    for (const double value : values) {
        const double scaled = std::round(value * power_of_ten(places));
        if (!(scaled <= kMostExact)) return std::nullopt;
        divisor = std::gcd(divisor, static_cast<std::uint64_t>(scaled));
    }
    return static_cast<double>(divisor) / power_of_ten(places);
}

std::optional<WorldBox> header_box(const las::Header& header) {
    if (header.point_count() == 0) return std::nullopt;
    for (std::size_t a = 0; a < 3; ++a)
        if (!std::isfinite(header.min[a]) || !std::isfinite(header.max[a]) || header.min[a] > header.max[a])
            return std::nullopt;
    return WorldBox{header.min, header.max};
}

std::optional<RawBox> to_raw(const WorldBox& box, const las::Vec3& scale, const las::Vec3& offset) {
    RawBox raw;
    for (std::size_t a = 0; a < 3; ++a) {
        const double low = std::round((box.min[a] - offset[a]) / scale[a]);
        const double high = std::round((box.max[a] - offset[a]) / scale[a]);
        if (!(std::abs(low) <= 0x1p52) || !(std::abs(high) <= 0x1p52)) return std::nullopt;
        raw.min[a] = static_cast<std::int64_t>(low);
        raw.max[a] = static_cast<std::int64_t>(high);
    }
    return raw;
}

MaybeFailure plan_coordinates(std::span<const OpenInput> inputs, std::span<const std::optional<WorldBox>> boxes,
                              bool boxes_are_true, const Options& options, CoordinatePlan& out) {
    if (inputs.empty()) return std::nullopt;
    for (std::size_t a = 0; a < 3; ++a) {
        if (auto failure = choose_scale(inputs, a, options, out.scale[a])) return failure;
        double low = std::numeric_limits<double>::infinity(), high = -low;
        for (const auto& box : boxes) {
            if (!box) continue;
            low = std::min(low, box->min[a]);
            high = std::max(high, box->max[a]);
        }
        const double first = inputs.front().info().header.offset[a];
        out.offset[a] = low <= high ? choose_offset(inputs, a, low, high, out.scale[a], boxes_are_true) : first;
        if (low <= high && boxes_are_true && !fits(low, high, out.scale[a], out.offset[a]))
            return too_wide(inputs, boxes, a, out.scale[a]);
    }
    out.maps.clear();
    for (const auto& input : inputs) {
        const auto& header = input.info().header;
        auto& maps = out.maps.emplace_back();
        for (std::size_t a = 0; a < 3; ++a)
            maps[a] = map_axis(header.scale[a], header.offset[a], out.scale[a], out.offset[a]);
    }
    return std::nullopt;
}

}  // namespace copse::build
