#include "build/input_facts.hpp"

#include <algorithm>
#include <cmath>

namespace copse::build {
namespace {

/// Two plain reductions, which compilers turn into vector instructions; std::minmax_element they do not.
void widen(std::int64_t& low, std::int64_t& high, const las::Column<std::int32_t>& column) {
    std::int32_t least = column[0], most = column[0];
    for (const auto value : column) {
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    low = least;
    high = most;
}

void look_at_returns(const las::Column<std::uint8_t>& returns, InputFacts& facts) {
    std::uint32_t zero = 0, excess = 0;  // of one call: fewer than 2^32 points
    for (const auto value : returns) {
        const auto number = static_cast<std::uint8_t>(value & 15u), count = static_cast<std::uint8_t>(value >> 4u);
        zero += number == 0 ? 1u : 0u;
        excess += number > count ? 1u : 0u;
    }
    facts.return_zero = zero;
    facts.return_excess = excess;
}

void look_at_times(const las::Column<double>& times, InputFacts& facts) {
    double low = facts.time_min, high = facts.time_max;
    std::uint32_t odd = 0;
    for (const double time : times) {
        const bool finite = std::abs(time) <= std::numeric_limits<double>::max();
        low = finite && time < low ? time : low;
        high = finite && time > high ? time : high;
        odd += finite ? 0u : 1u;
    }
    facts.time_min = low;
    facts.time_max = high;
    facts.non_finite_times = odd;
    if (odd == 0) return;
    for (const double time : times) facts.infinite_times += std::isinf(time) ? 1u : 0u;
}

}  // namespace

RawBox box_of(const las::Points& points) {
    RawBox box;
    widen(box.min[0], box.max[0], points.x);
    widen(box.min[1], box.max[1], points.y);
    widen(box.min[2], box.max[2], points.z);
    return box;
}

InputFacts look_at(const las::Points& points) {
    InputFacts facts;
    facts.points = points.size();
    if (points.size() == 0) return facts;
    facts.box = box_of(points);
    look_at_returns(points.returns, facts);
    look_at_times(points.gps_time, facts);
    return facts;
}

void InputFacts::include(const InputFacts& other) {
    if (other.points == 0) return;
    if (points == 0)
        box = other.box;
    else
        box.include(other.box);
    points += other.points;
    time_min = std::min(time_min, other.time_min);
    time_max = std::max(time_max, other.time_max);
    non_finite_times += other.non_finite_times;
    infinite_times += other.infinite_times;
    return_zero += other.return_zero;
    return_excess += other.return_excess;
    rounded += other.rounded;
}

}  // namespace copse::build
