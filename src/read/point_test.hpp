// Exact tests of single points: coordinates against a box, times against a window and against the index.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "copse/copc.hpp"
#include "copse/filter.hpp"
#include "copse/las.hpp"
#include "copse/temporal.hpp"

namespace copse::read {

/// Raw coordinates, closed.
struct RawInterval {
    std::int64_t first = std::numeric_limits<std::int32_t>::min();
    std::int64_t last = std::numeric_limits<std::int32_t>::max();

    [[nodiscard]] bool contains(std::int32_t raw) const { return first <= raw && raw <= last; }
    [[nodiscard]] bool empty() const { return first > last; }
    /// Every int32 is inside.
    [[nodiscard]] bool full() const {
        return first <= std::numeric_limits<std::int32_t>::min() && last >= std::numeric_limits<std::int32_t>::max();
    }
};

/// The raw values whose coordinate, raw * scale + offset in two rounded operations, lies in [min, max]. Exact: both
/// operations are monotone, so they are an interval, whose ends are searched for. @pre scale is finite and not 0,
/// offset finite
RawInterval find_raw_interval(double min, double max, double scale, double offset);

/// A box in raw coordinates.
class RawBox {
public:
    RawBox(const copc::Box& box, const las::Header& header);
    [[nodiscard]] bool contains_xy(std::int32_t x, std::int32_t y) const {
        return axes_[0].contains(x) && axes_[1].contains(y);
    }
    [[nodiscard]] bool contains_z(std::int32_t z) const { return axes_[2].contains(z); }
    [[nodiscard]] bool bounds_z() const { return !axes_[2].full(); }
    [[nodiscard]] bool empty() const { return axes_[0].empty() || axes_[1].empty() || axes_[2].empty(); }
    [[nodiscard]] bool full() const { return axes_[0].full() && axes_[1].full() && axes_[2].full(); }

private:
    std::array<RawInterval, 3> axes_;
};

/// A polygon for the points of one node. Where the node's cube lies inside of it, points in the cube, which should be
/// all of them, are taken without looking at its edges.
class AreaTest {
public:
    /// @param polygon which must outlive this, or nullptr: everything is inside
    AreaTest(const filter::Polygon* polygon, const las::Header& header, const copc::Box& cube);
    [[nodiscard]] bool contains(std::int32_t x, std::int32_t y) const {
        return polygon_ == nullptr || (inside_ && inside_->contains_xy(x, y)) || looks_inside(x, y);
    }

private:
    [[nodiscard]] bool looks_inside(std::int32_t x, std::int32_t y) const;

    const filter::Polygon* polygon_;
    double scale_x_ = 1, scale_y_ = 1, offset_x_ = 0, offset_y_ = 0;
    std::optional<RawBox> inside_;
};

/// Whether a polygon and a node's cube certainly have no point in common. A cube whose faces are not finite may.
[[nodiscard]] bool is_outside(const filter::Polygon& polygon, const copc::Box& cube);

/// Follows the times of a node's rows from the first one on and compares them with the node's samples in the index:
/// each sampled row has the time of its sample, and times do not fall. Only NaNs come after a NaN; its sample is the
/// last number before it, and one and the same value throughout a node of nothing but NaN (`temporal::make_samples`).
class SampleCheck {
public:
    SampleCheck(std::span<const double> samples, std::uint32_t stride, std::uint64_t row_count);
    /// Takes the next rows. False if one of them contradicts the index.
    [[nodiscard]] bool follow(std::span<const double> times);

private:
    [[nodiscard]] bool follow(double time);
    [[nodiscard]] bool pass_over(std::span<const double> times);
    [[nodiscard]] bool agrees(double time);
    [[nodiscard]] double expected(double time) const;

    std::span<const double> samples_;
    std::uint32_t stride_;
    std::uint64_t row_count_;
    std::uint64_t row_ = 0;
    std::size_t sample_ = 0;
    std::uint64_t sample_row_ = 0;
    double last_ = -std::numeric_limits<double>::infinity();
    bool only_nan_follows_ = false;
};

}  // namespace copse::read
