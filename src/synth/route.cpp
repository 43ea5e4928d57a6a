#include "synth/route.hpp"

#include <algorithm>
#include <cmath>

namespace copse::synth {

namespace {
constexpr double kBlock = 64;     // metres between rows
constexpr double kLot = 48;       // rows are multiples of it
constexpr double kCrossing = 14;  // metres around a corner without houses
constexpr double kTurn = 10;      // metres before and after a corner in which the vehicle turns
constexpr double kLane = 1.75;    // metres right of the middle

// A net about as high as wide: n rows of width w are n (w + block) metres of street, and n block metres high.
double row_width(double length) {
    const double lots = std::floor(std::sqrt(length * kBlock) / kLot + 0.5);
    return kLot * std::max(2.0, lots);
}

bool is_even(std::uint64_t number) { return number % 2 == 0; }
}  // namespace

Route::Route(double length) : length_{length}, width_{row_width(length)} {}

Street Route::row(std::uint64_t index) const {
    return {index * 2, true, static_cast<double>(index) * kBlock, kCrossing, width_ - kCrossing};
}

Street Route::connector(std::uint64_t index) const {
    const double start = static_cast<double>(index) * kBlock;
    return {index * 2 + 1, false, is_even(index) ? width_ : 0, start + kCrossing, start + kBlock - kCrossing};
}

// A turn: from a point before the corner to one behind it, along a parabola.
struct Route::Corner {
    double u, v;          // of the corner
    double in_u, in_v;    // direction in which it is approached
    double out_u, out_v;  // ... and left

    [[nodiscard]] Pose pose(double t) const {
        Pose pose;
        const double before = (1 - t) * (1 - t) * kTurn;
        const double behind = t * t * kTurn;
        pose.u = u - before * in_u + behind * out_u;
        pose.v = v - before * in_v + behind * out_v;
        const double tangent_u = (1 - t) * in_u + t * out_u;
        const double tangent_v = (1 - t) * in_v + t * out_v;
        const double size = std::sqrt(tangent_u * tangent_u + tangent_v * tangent_v);
        pose.heading_u = tangent_u / size;
        pose.heading_v = tangent_v / size;
        return pose;
    }
};

Pose Route::on_center_line(double distance) const {
    const double period = width_ + kBlock;
    const auto index = static_cast<std::uint64_t>(distance / period);
    const double within = distance - static_cast<double>(index) * period;
    const double v = static_cast<double>(index) * kBlock;
    const bool eastward = is_even(index);
    const double forward = eastward ? 1 : -1;
    const double start_u = eastward ? 0 : width_;
    const double end_u = eastward ? width_ : 0;

    Pose pose;
    if (within < kTurn && index > 0) {  // second half of the turn into this row
        pose = Corner{start_u, v, 0, 1, forward, 0}.pose(0.5 + within / (2 * kTurn));
        pose.street = row(index);
    } else if (within < width_ - kTurn) {
        pose = {start_u + forward * within, v, forward, 0, row(index)};
    } else if (within < width_ + kTurn) {
        pose = Corner{end_u, v, forward, 0, 0, 1}.pose((within - (width_ - kTurn)) / (2 * kTurn));
        pose.street = within < width_ ? row(index) : connector(index);
    } else if (within < period - kTurn) {
        pose = {end_u, v + (within - width_), 0, 1, connector(index)};
    } else {  // first half of the turn into the next row, which goes the other way
        pose = Corner{end_u, v + kBlock, 0, 1, -forward, 0}.pose((within - (period - kTurn)) / (2 * kTurn));
        pose.street = connector(index);
    }
    return pose;
}

Pose Route::pose(double driven, bool backwards) const {
    Pose pose = on_center_line(backwards ? std::max(0.0, length_ - driven) : driven);
    if (backwards) {
        pose.heading_u = -pose.heading_u;
        pose.heading_v = -pose.heading_v;
    }
    pose.u += kLane * pose.heading_v;  // the right-hand side of (u, v) is (v, -u)
    pose.v -= kLane * pose.heading_u;
    return pose;
}

}  // namespace copse::synth
