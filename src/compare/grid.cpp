#include "compare/grid.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <vector>

namespace copse::compare {
namespace {

constexpr double kMostFactor = 0x1p31, kMostShift = 0x1p60, kMostSteps = 0x1p60;
constexpr int kMostParts = 1000;  // of the smallest scale, in search of a step that divides all

/// What computing in double precision may add to a number of steps, when both the number and the coordinates come from
/// decimal text.
double margin(double steps) { return 1e-5 + std::abs(steps) * 1e-14; }

bool is_whole(double value) { return std::abs(value - std::round(value)) <= margin(value); }

/// Multiplied with any raw integer, what is neglected stays far below a step.
bool is_multiple(double scale, double step) {
    const double factor = std::abs(scale / step);
    return factor >= 0.5 && factor <= kMostFactor && std::abs(factor - std::round(factor)) <= factor * 1e-12;
}

bool all_alike(std::span<const Scaling> scalings) {
    return std::all_of(scalings.begin(), scalings.end(), [&](const auto& other) { return other == scalings.front(); });
}

std::optional<double> common_step(std::span<const Scaling> all) {
    double smallest = std::abs(all.front().scale);
    for (const auto& scaling : all) smallest = std::min(smallest, std::abs(scaling.scale));
    for (int parts = 1; parts <= kMostParts; ++parts) {
        const double step = smallest / parts;
        if (std::all_of(all.begin(), all.end(), [&](const auto& other) { return is_multiple(other.scale, step); }))
            return step;
    }
    return std::nullopt;
}

/// A grid that holds all coordinates as they are.
std::optional<Scaling> common_grid(std::span<const Scaling> all) {
    if (all.empty()) return std::nullopt;
    if (all_alike(all)) return all.front();
    const auto step = common_step(all);
    if (!step) return std::nullopt;
    const Scaling grid{*step, all.front().offset};
    if (std::any_of(all.begin(), all.end(), [&](const auto& from) { return AxisMap{from, grid}.moves(); }))
        return std::nullopt;
    return grid;
}

bool coarser(const Scaling& a, const Scaling& b) { return std::abs(a.scale) < std::abs(b.scale); }

/// Of a value's distance from the step it is rounded to.
Tie tie_of(double distance, double steps) {
    if (std::abs(distance) < 0.5 - margin(steps)) return Tie::none;
    return distance > 0 ? Tie::above : Tie::below;
}

}  // namespace

AxisMap::AxisMap(const Scaling& from, const Scaling& grid) : from_{from} {
    if (from == grid) return;
    factor_ = from.scale / grid.scale;
    shift_ = (from.offset - grid.offset) / grid.scale;
    whole_ = is_multiple(from.scale, grid.scale) && std::abs(shift_) <= kMostShift;
    if (!whole_) return;
    const double exact = shift_;
    factor_ = std::round(factor_);
    shift_ = std::round(shift_);
    if (is_whole(exact)) return;
    moved_ = std::abs(exact - shift_);
    shift_tie_ = tie_of(exact - shift_, exact);
}

std::int64_t AxisMap::map(std::int32_t raw) const {
    if (whole_) return raw * static_cast<std::int64_t>(factor_) + static_cast<std::int64_t>(shift_);
    const double steps = std::floor(raw * factor_ + shift_ + 0.5);
    if (std::abs(steps) <= kMostSteps) return static_cast<std::int64_t>(steps);
    return std::bit_cast<std::int64_t>(raw * from_.scale + from_.offset);
}

void AxisMap::map(std::span<const std::int32_t> raw, std::uint64_t* out) const {
    if (whole_) {
        const auto factor = static_cast<std::int64_t>(factor_), shift = static_cast<std::int64_t>(shift_);
        for (std::size_t i = 0; i < raw.size(); ++i) out[i] = static_cast<std::uint64_t>(raw[i] * factor + shift);
    } else {
        for (std::size_t i = 0; i < raw.size(); ++i) out[i] = static_cast<std::uint64_t>(map(raw[i]));
    }
}

double AxisMap::moved(std::int32_t raw) const {
    if (whole_) return moved_;
    const double steps = raw * factor_ + shift_;
    if (!(std::abs(steps) <= kMostSteps) || is_whole(steps)) return 0;
    return std::abs(steps - std::floor(steps + 0.5));
}

double AxisMap::most_moved(std::span<const std::int32_t> raw) const {
    if (whole_) return raw.empty() ? 0 : moved_;
    double most = 0;
    for (const auto value : raw) most = std::max(most, moved(value));
    return most;
}

Tie AxisMap::tie(std::int32_t raw) const {
    if (whole_) return shift_tie_;
    const double steps = raw * factor_ + shift_;
    if (!(std::abs(steps) <= kMostSteps)) return Tie::none;
    return tie_of(steps - std::floor(steps + 0.5), steps);
}

Grid choose_grid(std::span<const Scaling> a, std::span<const Scaling> b) {
    std::vector<Scaling> all{a.begin(), a.end()};
    all.insert(all.end(), b.begin(), b.end());
    if (all.empty()) return {};
    const auto of_a = common_grid(a), of_b = common_grid(b), of_all = common_grid(all);
    Scaling grid;
    if (of_a && of_b)
        grid = coarser(*of_b, *of_a) ? *of_a : *of_b;
    else if (of_a || of_b)
        grid = of_a ? *of_a : *of_b;
    else
        grid = of_all ? *of_all : *std::max_element(all.begin(), all.end(), coarser);
    return {grid, std::none_of(all.begin(), all.end(), [&](const auto& from) { return AxisMap{from, grid}.moves(); })};
}

double coordinate(const Scaling& grid, std::int64_t steps) {
    const auto number = static_cast<double>(steps);
    if (std::abs(number) > kMostSteps * 6) return std::bit_cast<double>(steps);
    return number * grid.scale + grid.offset;
}

}  // namespace copse::compare
