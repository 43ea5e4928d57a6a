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

/// A quotient of numbers read from decimal text is taken as whole if it is this close to an integer.
bool is_whole(double value) { return std::abs(value - std::round(value)) <= 1e-5 + std::abs(value) * 1e-14; }

/// Multiplied with any raw integer, what is neglected stays far below a step.
bool is_multiple(double scale, double step) {
    const double factor = std::abs(scale / step);
    return factor <= kMostFactor && std::abs(factor - std::round(factor)) <= factor * 1e-12;
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

bool coarser(const Scaling& a, const Scaling& b) { return std::abs(a.scale) < std::abs(b.scale); }

Scaling coarsest(std::span<const Scaling> scalings) {
    return *std::max_element(scalings.begin(), scalings.end(), coarser);
}

}  // namespace

AxisMap::AxisMap(const Scaling& from, const Scaling& grid) : from_{from} {
    if (from == grid) return;
    factor_ = from.scale / grid.scale;
    shift_ = (from.offset - grid.offset) / grid.scale;
    whole_ = is_whole(factor_) && std::abs(factor_) <= kMostFactor && std::abs(shift_) <= kMostShift;
    if (!whole_) return;
    factor_ = std::round(factor_);
    shift_ = std::round(shift_);
}

std::int64_t AxisMap::map(std::int32_t raw) const {
    if (whole_) return raw * static_cast<std::int64_t>(factor_) + static_cast<std::int64_t>(shift_);
    const double steps = std::floor(raw * factor_ + shift_ + 0.5);
    if (std::abs(steps) <= kMostSteps) return static_cast<std::int64_t>(steps);
    return std::bit_cast<std::int64_t>(raw * from_.scale + from_.offset);
}

Grid choose_grid(std::span<const Scaling> a, std::span<const Scaling> b) {
    std::vector<Scaling> all{a.begin(), a.end()};
    all.insert(all.end(), b.begin(), b.end());
    if (all.empty()) return {};
    if (all_alike(all)) return {all.front(), true};

    if (const auto step = common_step(all)) {
        const Scaling grid{*step, all.front().offset};
        const auto fits = [&](const Scaling& from) {
            return is_whole((from.offset - grid.offset) / grid.scale) && AxisMap{from, grid}.whole();
        };
        if (std::all_of(all.begin(), all.end(), fits)) return {grid, true};
    }
    const bool one_in_a = !a.empty() && all_alike(a), one_in_b = !b.empty() && all_alike(b);
    if (one_in_a && one_in_b) return {coarser(b.front(), a.front()) ? a.front() : b.front(), false};
    if (one_in_a || one_in_b) return {one_in_a ? a.front() : b.front(), false};
    return {coarsest(all), false};
}

double coordinate(const Scaling& grid, std::int64_t steps) {
    const auto number = static_cast<double>(steps);
    if (std::abs(number) > kMostSteps * 6) return std::bit_cast<double>(steps);
    return number * grid.scale + grid.offset;
}

}  // namespace copse::compare
