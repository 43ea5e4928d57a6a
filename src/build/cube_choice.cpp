#include "build/cube_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "build/conform.hpp"

namespace copse::build {
namespace {

/// A header's box this many times the true extent would waste levels of the tree.
constexpr double kMostExcess = 1000;

void include(std::optional<RawBox>& all, const RawBox& box) {
    if (all)
        all->include(box);
    else
        all = box;
}

/// Box of an input's points, in its own raw integers.
WorldBox world_box(const las::Header& header, const RawBox& raw) {
    WorldBox box;
    for (std::size_t a = 0; a < 3; ++a) {
        const double one = static_cast<double>(raw.min[a]) * header.scale[a] + header.offset[a];
        const double other = static_cast<double>(raw.max[a]) * header.scale[a] + header.offset[a];
        box.min[a] = std::min(one, other);  // a negative scale turns the axis round
        box.max[a] = std::max(one, other);
    }
    return box;
}

}  // namespace

CubeChoice::CubeChoice(std::span<OpenInput> inputs, const Options& options, const Reading& scanning)
    : inputs_{inputs}, options_{options}, scanning_{scanning} {
    scanning_.columns = las::ColumnSet::xyz();
}

MaybeFailure CubeChoice::choose() {
    if (auto failure = plan_coordinates(inputs_, header_boxes(), false, options_, coordinates_)) return failure;
    const auto points = point_count(inputs_);
    if (*scanning_.progress && !(*scanning_.progress)(scanning_.stage, 0, points)) return stopped_failure();
    sample_ = take_sample(inputs_, *scanning_.executor);
    const auto box = header_raw_box();
    const auto seen = sample_box(sample_, coordinates_);
    if (points == 0) return std::nullopt;  // the cube is one unit each way
    if (box && seen && largest_extent(*box) <= kMostExcess * largest_extent(*seen)) return set_cube(*box);
    return choose_by_reading();
}

MaybeFailure CubeChoice::set_cube(const RawBox& box) {
    const auto cube = plan_cube(box, coordinates_.scale, coordinates_.offset);
    if (!cube)
        return request_failure(
            fmt::format("the scales {}, {} and {} are too different for one cube: choose others with --scale",
                        coordinates_.scale[0], coordinates_.scale[1], coordinates_.scale[2]));
    cube_ = *cube;
    return std::nullopt;
}

MaybeFailure CubeChoice::choose_by_reading() {
    if (std::exchange(has_read_, true)) return request_failure("an input changed while it was read");
    std::vector<std::optional<RawBox>> found(inputs_.size());
    if (auto failure = find_boxes(found)) return failure;
    if (auto failure = reopen_sequences(inputs_)) return failure;

    auto all = mapped_union(found);
    if (!all) {
        // The output's scale and offset do not suit the points: choose them by the true boxes.
        std::vector<std::optional<WorldBox>> boxes(inputs_.size());
        for (std::size_t i = 0; i < inputs_.size(); ++i)
            if (found[i]) boxes[i] = world_box(inputs_[i].info().header, *found[i]);
        if (auto failure = plan_coordinates(inputs_, boxes, true, options_, coordinates_)) return failure;
        all = mapped_union(found);
    }
    if (!all) return std::nullopt;  // nothing could be read
    const auto box = believable_header_box(*all);
    if (box && !set_cube(*box)) return std::nullopt;
    return set_cube(*all);
}

/// The true box of every input's points.
MaybeFailure CubeChoice::find_boxes(std::vector<std::optional<RawBox>>& found) {
    std::mutex mutex;
    SkippedParts skipped;
    return read_all(scanning_, skipped, [&](std::size_t input, las::Points& points) {
        const auto box = box_of(points);
        const std::lock_guard lock{mutex};
        include(found[input], box);
        return true;
    });
}

std::optional<RawBox> CubeChoice::mapped_union(std::span<const std::optional<RawBox>> boxes) const {
    std::optional<RawBox> all;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        if (!boxes[i]) continue;
        const auto box = mapped_box(coordinates_.maps[i], *boxes[i]);
        if (!box) return std::nullopt;
        include(all, *box);
    }
    return all;
}

std::vector<std::optional<WorldBox>> CubeChoice::header_boxes() const {
    std::vector<std::optional<WorldBox>> boxes;
    for (const auto& input : inputs_) boxes.push_back(header_box(input.info().header));
    return boxes;
}

/// Box of all headers in the output's raw integers; empty if one of them is none.
std::optional<RawBox> CubeChoice::header_raw_box() const {
    std::optional<RawBox> all;
    for (const auto& input : inputs_) {
        if (input.point_count() == 0) continue;
        const auto box = header_box(input.info().header);
        if (!box) return std::nullopt;
        const auto raw = to_raw(*box, coordinates_.scale, coordinates_.offset);
        if (!raw) return std::nullopt;
        include(all, *raw);
    }
    return all;
}

/// The box of all headers, if it holds all points and is not absurdly large.
std::optional<RawBox> CubeChoice::believable_header_box(const RawBox& points) const {
    auto all = header_raw_box();
    if (!all) return std::nullopt;
    // Headers hold rounded numbers; the cube has a quantum to spare at either end.
    constexpr std::int64_t kSpare = 1;
    RawBox wider = *all;
    for (std::size_t a = 0; a < 3; ++a) {
        wider.min[a] -= kSpare;
        wider.max[a] += kSpare;
    }
    if (!wider.contains(points)) return std::nullopt;
    all->include(points);
    return largest_extent(*all) <= kMostExcess * largest_extent(points) ? all : std::nullopt;
}

double CubeChoice::largest_extent(const RawBox& box) const {
    const auto& scale = coordinates_.scale;
    double largest = 128 * std::max({scale[0], scale[1], scale[2]});  // no cube is smaller
    for (std::size_t a = 0; a < 3; ++a)
        largest = std::max(largest, static_cast<double>(box.max[a] - box.min[a]) * scale[a]);
    return largest;
}

}  // namespace copse::build
