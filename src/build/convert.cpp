// The converter's story: open, decide, read, cut into nodes, write.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <new>

#include "build/coordinates.hpp"
#include "build/ingest.hpp"
#include "build/inputs.hpp"
#include "build/layout.hpp"
#include "build/octree.hpp"
#include "build/records.hpp"
#include "build/reference_system.hpp"
#include "build/time_rules.hpp"
#include "build/writer.hpp"
#include "copse/build.hpp"

namespace copse::build {
namespace {

/// A header's box this many times the true extent would waste levels of the tree.
constexpr double kMostExcess = 1000;
constexpr std::uint64_t kSamplesPerNode = 31;

MaybeFailure check_options(const Options& options) {
    if (!std::has_single_bit(options.grid) || options.grid < 32 || options.grid > 512)
        return request_failure("--grid must be a power of two from 32 to 512");
    if (options.max_node_points == 0) return request_failure("--max-node-points must be at least 1");
    if (options.pdrf != 0 && (options.pdrf < 6 || options.pdrf > 8)) return request_failure("--pdrf must be 6, 7 or 8");
    return std::nullopt;
}

void add_all(std::vector<std::string>& to, const std::vector<std::string>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

class Conversion {
public:
    Conversion(std::span<const Input> inputs, const Options& options, wire::Sink& sink, wire::Executor& executor,
               CrsService* crs, const Progress& progress)
        : named_{inputs}, options_{options}, sink_{sink}, executor_{executor}, crs_{crs}, progress_{progress} {}

    MaybeFailure run() {
        if (auto failure = check_options(options_)) return failure;
        if (auto failure = open_inputs(named_, options_, executor_, inputs_)) return failure;
        if (auto failure = plan()) return failure;
        if (auto failure = read()) return failure;
        if (auto failure = plan_times(inputs_, facts(), options_, output_.times)) return failure;
        if (auto failure = choose_cube()) return failure;
        tell();
        const TreeShape shape{static_cast<unsigned>(std::countr_zero(options_.grid)), options_.max_node_points};
        const auto total = ingested_.points.size();
        const auto tree = build_octree(ingested_.points, output_.cube, shape, executor_, [&](std::uint64_t done) {
            return !progress_ || progress_("sort", done, total);
        });
        if (!tree) return stopped_failure();
        return write_output(ingested_.points, *tree, output_, sink_, executor_, progress_, report);
    }

    [[nodiscard]] std::uint64_t declared_points() const {
        std::uint64_t sum = 0;
        for (const auto& input : inputs_)
            if (input.reader) sum += input.point_count();
        return sum;
    }

    Report report;

private:
    [[nodiscard]] std::span<const InputFacts> facts() const { return ingested_.inputs; }

    MaybeFailure plan() {
        LayoutPlan layout;
        ReferencePlan reference;
        if (auto failure = plan_layout(inputs_, options_, layout)) return failure;
        if (auto failure = plan_reference(inputs_, options_, crs_, reference)) return failure;
        for (const auto& input : inputs_)
            for (const auto& warning : input.info().warnings)
                report.warnings.push_back(fmt::format("{}: {}", input.name, warning));
        add_all(report.warnings, layout.warnings);
        add_all(report.warnings, reference.warnings);

        output_.layout = layout.layout;
        extra_maps_ = std::move(layout.extra_maps);
        output_.records = plan_records(inputs_, layout, reference);
        add_all(report.warnings, output_.records.warnings);
        output_.header = plan_header(inputs_, options_);
        output_.grid = options_.grid;
        const auto stride = (options_.max_node_points + kSamplesPerNode - 1) / kSamplesPerNode;
        output_.stride = options_.stride != 0 ? options_.stride
                                              : static_cast<std::uint32_t>(std::min<std::uint64_t>(stride, 0xffffffff));
        return std::nullopt;
    }

    /// Reads with coordinates planned from the headers; once more with true ones where these do not fit.
    MaybeFailure read() {
        std::vector<std::optional<WorldBox>> boxes;
        for (const auto& input : inputs_) boxes.push_back(header_box(input.info().header));
        if (auto failure = plan_coordinates(inputs_, boxes, false, options_, coordinates_)) return failure;
        if (auto failure =
                ingest(inputs_, output_.layout, extra_maps_, coordinates_, options_, executor_, progress_, ingested_))
            return failure;
        if (ingested_.fits) return std::nullopt;

        for (std::size_t i = 0; i < inputs_.size(); ++i) boxes[i] = true_box(i);
        if (auto failure = plan_coordinates(inputs_, boxes, true, options_, coordinates_)) return failure;
        ++report.rescans;
        ingested_ = {};
        if (auto failure = open_inputs(named_, options_, executor_, inputs_)) return failure;  // to read from the start
        if (auto failure =
                ingest(inputs_, output_.layout, extra_maps_, coordinates_, options_, executor_, progress_, ingested_))
            return failure;
        if (!ingested_.fits) return request_failure("an input changed while it was read");
        return std::nullopt;
    }

    [[nodiscard]] std::optional<WorldBox> true_box(std::size_t input) const {
        const auto& found = facts()[input];
        if (found.points == 0) return std::nullopt;
        const auto& header = inputs_[input].info().header;
        WorldBox box;
        for (std::size_t a = 0; a < 3; ++a) {
            const double one = static_cast<double>(found.box.min[a]) * header.scale[a] + header.offset[a];
            const double other = static_cast<double>(found.box.max[a]) * header.scale[a] + header.offset[a];
            box.min[a] = std::min(one, other);  // a negative scale turns the axis round
            box.max[a] = std::max(one, other);
        }
        return box;
    }

    /// Box of all points in the output's raw integers.
    [[nodiscard]] std::optional<RawBox> output_box() const {
        std::optional<RawBox> all;
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            if (facts()[i].points == 0) continue;
            RawBox box;
            for (std::size_t a = 0; a < 3; ++a) {
                const auto& map = coordinates_.maps[i][a];
                const auto one = map.map(static_cast<std::int32_t>(facts()[i].box.min[a]));
                const auto other = map.map(static_cast<std::int32_t>(facts()[i].box.max[a]));
                box.min[a] = std::min(one, other);
                box.max[a] = std::max(one, other);
            }
            if (all)
                all->include(box);
            else
                all = box;
        }
        return all;
    }

    /// The box of all headers, if it holds all points and is not absurdly large.
    [[nodiscard]] std::optional<RawBox> believable_header_box(const RawBox& points) const {
        std::optional<RawBox> all;
        for (const auto& input : inputs_) {
            if (input.point_count() == 0) continue;
            const auto box = header_box(input.info().header);
            if (!box) return std::nullopt;
            const auto raw = to_raw(*box, coordinates_.scale, coordinates_.offset);
            if (!raw) return std::nullopt;
            if (all)
                all->include(*raw);
            else
                all = raw;
        }
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

    [[nodiscard]] double largest_extent(const RawBox& box) const {
        const auto& scale = coordinates_.scale;
        double largest = 128 * std::max({scale[0], scale[1], scale[2]});  // no cube is smaller
        for (std::size_t a = 0; a < 3; ++a)
            largest = std::max(largest, static_cast<double>(box.max[a] - box.min[a]) * scale[a]);
        return largest;
    }

    MaybeFailure choose_cube() {
        output_.header.scale = coordinates_.scale;
        output_.header.offset = coordinates_.offset;
        output_.bounds = output_box();
        if (!output_.bounds) return std::nullopt;  // no points: the cube is one unit each way
        auto box = believable_header_box(*output_.bounds);
        auto cube = box ? plan_cube(*box, coordinates_.scale, coordinates_.offset) : std::nullopt;
        if (!cube) {
            if (report.rescans == 0) ++report.rescans;
            cube = plan_cube(*output_.bounds, coordinates_.scale, coordinates_.offset);
        }
        if (!cube)
            return request_failure(
                fmt::format("the scales {}, {} and {} are too different for one cube: choose others with --scale",
                            coordinates_.scale[0], coordinates_.scale[1], coordinates_.scale[2]));
        output_.cube = *cube;
        return std::nullopt;
    }

    /// What the points brought along and the report should say.
    void tell() {
        InputFacts all;
        for (const auto& found : facts()) all.include(found);
        report.points_in = all.points;
        report.rounded_coordinates = all.rounded;
        report.non_finite_times = all.non_finite_times;
        report.temporal_index = output_.times.index;
        report.stride = output_.times.index ? output_.stride : 0;
        add_all(report.warnings, output_.times.warnings);
        if (all.return_zero != 0)
            report.warnings.push_back(fmt::format(
                "{} points have return number 0, which LAS 1.4 does not allow; it is kept", all.return_zero));
        if (all.return_excess != 0)
            report.warnings.push_back(fmt::format(
                "{} points have a return number above their number of returns; it is kept", all.return_excess));
        if (all.non_finite_times != 0)
            report.warnings.push_back(
                fmt::format("{} points have a GPS time that is no finite number; it is kept", all.non_finite_times));
        if (all.rounded != 0)
            report.warnings.push_back(
                fmt::format("{} coordinate values were rounded to the output's scale", all.rounded));
    }

    std::span<const Input> named_;
    const Options& options_;
    wire::Sink& sink_;
    wire::Executor& executor_;
    CrsService* crs_;
    const Progress& progress_;
    std::vector<OpenInput> inputs_;
    std::vector<ExtraByteMap> extra_maps_;
    CoordinatePlan coordinates_;
    Ingested ingested_;
    OutputPlan output_;
};

}  // namespace

Outcome convert(std::span<const Input> inputs, const Options& options, wire::Sink& sink, wire::Executor& executor,
                CrsService* crs, const Progress& progress) {
    Conversion conversion{inputs, options, sink, executor, crs, progress};
    try {
        if (auto failure = conversion.run()) return {std::nullopt, std::move(failure)};
    } catch (const std::bad_alloc&) {
        return {std::nullopt, memory_failure(conversion.declared_points())};
    } catch (const std::length_error&) {
        return {std::nullopt, memory_failure(conversion.declared_points())};
    }
    return {std::move(conversion.report), std::nullopt};
}

}  // namespace copse::build
