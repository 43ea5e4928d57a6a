// Scale, offset and cube of the output: by what the inputs' headers say, unless the points belie them.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "build/coordinates.hpp"
#include "build/cube.hpp"
#include "build/inputs.hpp"
#include "build/routing.hpp"
#include "build/sample.hpp"

namespace copse::build {

class CubeChoice {
public:
    /// @param inputs, options  must outlive it
    /// @param scanning         how all points are read, if that must be
    CubeChoice(std::span<OpenInput> inputs, const Options& options, const Reading& scanning);

    /// By the headers, if a sample of the points does not belie them; else by reading all points. Keeps the sample.
    MaybeFailure choose();
    /// By reading all points, after some did not lie where the headers said. Once: a second time is a failure.
    MaybeFailure choose_by_reading();

    [[nodiscard]] const CoordinatePlan& coordinates() const { return coordinates_; }
    [[nodiscard]] const Cube& cube() const { return cube_; }
    [[nodiscard]] std::span<const InputSample> sample() const { return sample_; }
    [[nodiscard]] bool has_read() const { return has_read_; }

    /// Box of the inputs' points, in their own integers each, in the output's; empty if it does not fit, or there are
    /// none.
    [[nodiscard]] std::optional<RawBox> mapped_union(std::span<const std::optional<RawBox>> boxes) const;

private:
    MaybeFailure set_cube(const RawBox& box);
    MaybeFailure find_boxes(std::vector<std::optional<RawBox>>& found);
    [[nodiscard]] std::vector<std::optional<WorldBox>> header_boxes() const;
    [[nodiscard]] std::optional<RawBox> header_raw_box() const;
    [[nodiscard]] std::optional<RawBox> believable_header_box(const RawBox& points) const;
    [[nodiscard]] double largest_extent(const RawBox& box) const;

    std::span<OpenInput> inputs_;
    const Options& options_;
    Reading scanning_;
    CoordinatePlan coordinates_;
    Cube cube_;
    std::vector<InputSample> sample_;
    bool has_read_ = false;
};

}  // namespace copse::build
