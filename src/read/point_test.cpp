#include "read/point_test.hpp"

#include <algorithm>
#include <cmath>

namespace copse::read {
namespace {

constexpr std::int64_t kRawMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kRawMax = std::numeric_limits<std::int32_t>::max();

double coordinate(std::int64_t raw, double scale, double offset) { return static_cast<double>(raw) * scale + offset; }

bool has_finite_sides(const copc::Box& cube) {
    return std::isfinite(cube.min[0]) && std::isfinite(cube.min[1]) && std::isfinite(cube.max[0]) &&
           std::isfinite(cube.max[1]);
}

/// The first raw value for which `holds` is true, or one past the last raw value. @pre `holds` changes from false to
/// true at most once
template <class Predicate>
std::int64_t first_raw(Predicate&& holds) {
    std::int64_t first = kRawMin, last = kRawMax + 1;
    while (first < last) {
        const auto middle = first + (last - first) / 2;
        if (holds(middle))
            last = middle;
        else
            first = middle + 1;
    }
    return first;
}

}  // namespace

RawInterval find_raw_interval(double min, double max, double scale, double offset) {
    if (!(min <= max)) return {0, -1};
    const auto at = [&](std::int64_t raw) { return coordinate(raw, scale, offset); };
    if (scale > 0)
        return {first_raw([&](std::int64_t raw) { return at(raw) >= min; }),
                first_raw([&](std::int64_t raw) { return at(raw) > max; }) - 1};
    return {first_raw([&](std::int64_t raw) { return at(raw) <= max; }),
            first_raw([&](std::int64_t raw) { return at(raw) < min; }) - 1};
}

RawBox::RawBox(const copc::Box& box, const las::Header& header) {
    for (std::size_t axis = 0; axis < 3; ++axis)
        axes_[axis] = find_raw_interval(box.min[axis], box.max[axis], header.scale[axis], header.offset[axis]);
}

AreaTest::AreaTest(const filter::Polygon* polygon, const las::Header& header, const copc::Box& cube)
    : polygon_{polygon},
      scale_x_{header.scale[0]},
      scale_y_{header.scale[1]},
      offset_x_{header.offset[0]},
      offset_y_{header.offset[1]} {
    if (polygon == nullptr || !has_finite_sides(cube)) return;
    if (polygon->relation({cube.min[0], cube.min[1]}, {cube.max[0], cube.max[1]}) == filter::Relation::inside)
        inside_.emplace(cube, header);
}

bool AreaTest::looks_inside(std::int32_t x, std::int32_t y) const {
    return polygon_->contains(coordinate(x, scale_x_, offset_x_), coordinate(y, scale_y_, offset_y_));
}

bool is_outside(const filter::Polygon& polygon, const copc::Box& cube) {
    return has_finite_sides(cube) &&
           polygon.relation({cube.min[0], cube.min[1]}, {cube.max[0], cube.max[1]}) == filter::Relation::outside;
}

SampleCheck::SampleCheck(std::span<const double> samples, std::uint32_t stride, std::uint64_t row_count)
    : samples_{samples}, stride_{stride}, row_count_{row_count} {}

double SampleCheck::expected(double time) const {
    if (!std::isnan(time)) return temporal::clamp_to_finite(time);
    // NaN matches no window; the rows before it must not be cut off.
    return std::isfinite(last_) ? last_ : samples_.front();
}

bool SampleCheck::agrees(double time) {
    const auto sample = samples_[sample_];
    const bool same = sample == expected(time);
    ++sample_;
    if (sample_ < samples_.size()) sample_row_ = temporal::sample_row(sample_, stride_, row_count_);
    return same;
}

bool SampleCheck::follow(std::span<const double> times) {
    while (!times.empty()) {
        const auto until = sample_ < samples_.size() ? sample_row_ - row_ : times.size();
        const auto unsampled = times.first(static_cast<std::size_t>(std::min<std::uint64_t>(until, times.size())));
        if (!pass_over(unsampled) &&
            !std::all_of(unsampled.begin(), unsampled.end(), [&](double time) { return follow(time); }))
            return false;
        times = times.subspan(unsampled.size());
        if (times.empty()) return true;
        if (!follow(times.front())) return false;
        times = times.subspan(1);
    }
    return true;
}

/// Takes rows that no sample speaks of at once, if they are finite and do not fall, as nearly all are; else none.
bool SampleCheck::pass_over(std::span<const double> times) {
    if (times.empty()) return true;
    if (only_nan_follows_ || !(times.front() >= last_)) return false;
    constexpr double kLargest = std::numeric_limits<double>::max();
    bool good = std::abs(times.front()) <= kLargest;
    for (std::size_t i = 1; i < times.size(); ++i)  // without a branch: several at a time
        good &= static_cast<bool>(static_cast<int>(times[i] >= times[i - 1]) & static_cast<int>(times[i] <= kLargest));
    if (!good) return false;
    last_ = times.back();
    row_ += times.size();
    return true;
}

bool SampleCheck::follow(double time) {
    if (std::isnan(time)) {
        only_nan_follows_ = true;
    } else {
        const auto clamped = temporal::clamp_to_finite(time);
        if (only_nan_follows_ || clamped < last_) return false;
        last_ = clamped;
    }
    const bool sampled = sample_ < samples_.size() && row_ == sample_row_;
    ++row_;
    return !sampled || agrees(time);
}

}  // namespace copse::read
