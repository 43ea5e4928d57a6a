// The converter's story: open, look at some points, plan, bring all points to their places, build each place, write.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <new>
#include <numeric>

#include "build/batches.hpp"
#include "build/bins.hpp"
#include "build/conform.hpp"
#include "build/construction.hpp"
#include "build/cube_choice.hpp"
#include "build/inputs.hpp"
#include "build/layout.hpp"
#include "build/memory_plan.hpp"
#include "build/partition.hpp"
#include "build/pile.hpp"
#include "build/records.hpp"
#include "build/reference_system.hpp"
#include "build/routing.hpp"
#include "build/sample.hpp"
#include "build/time_rules.hpp"
#include "build/writer.hpp"
#include "copse/build.hpp"

namespace copse::build {
namespace {

constexpr std::uint64_t kSamplesPerNode = 31;
/// What the sample of the inputs is held to.
constexpr std::uint64_t kSampleBytes = 8u << 20;

MaybeFailure check_options(const Options& options) {
    if (!std::has_single_bit(options.grid) || options.grid < 32 || options.grid > 512)
        return request_failure("--grid must be a power of two from 32 to 512");
    if (options.max_node_points == 0 || options.max_node_points > 0x7fffffff)
        return request_failure("--max-node-points must be from 1 to 2,147,483,647, what a chunk can hold");
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
        if (auto failure = open_inputs(named_, options_, executor_, inputs_, report.skipped)) return failure;
        if (auto failure = plan()) return failure;
        if (auto failure = plan_memory()) return failure;
        if (auto failure = choose_cube()) return failure;
        return construct();
    }

    [[nodiscard]] std::uint64_t declared_points() const { return point_count(inputs_); }

    Report report;

private:
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
        tree_.shape = {static_cast<unsigned>(std::countr_zero(options_.grid)), options_.max_node_points};
        return plan_reading(inputs_, options_.skip_damaged, tasks_);
    }

    MaybeFailure plan_memory() {
        needs_.limit = options_.memory_limit;
        needs_.threads = executor_.concurrency();
        needs_.points = declared_points();
        needs_.most_leaf_total = tree_.shape.most_leaf_total();
        needs_.fixed = counting_bytes(useful_level(declared_points(), tree_.shape.most_leaf_total())) + kSampleBytes;
        needs_.reading = reading_bytes(inputs_, tasks_, output_.layout);
        needs_.building_per_row = PartitionBuilder::bytes_per_row(output_.layout);
        if (auto failure = choose_memory(needs_, memory_)) return failure;
        limited_.emplace(executor_, memory_.threads);
        if (memory_.threads < executor_.concurrency())
            report.warnings.push_back(fmt::format("{} of {} threads are used: the memory limit allows no more",
                                                  memory_.threads, executor_.concurrency()));
        budget_.emplace(memory_.points);
        if (!options_.check_space) return std::nullopt;
        std::uint64_t scratch = 0, output = 0;
        const auto points_bytes = declared_points() * row_bytes(column_widths(output_.layout));
        if (points_bytes > memory_.points) scratch = points_bytes / 3 * 2;
        for (const auto& input : inputs_)
            output +=
                input.info().header.marked_compressed() ? input.info().file_size / 10 * 13 : input.info().file_size / 2;
        if (const auto status = options_.check_space(scratch, output); !status) return output_failure(status.error());
        return std::nullopt;
    }

    /// For points that cannot be divided, besides what the threads work with.
    [[nodiscard]] Failure too_little_memory(std::uint64_t rows, std::uint64_t bytes,
                                            const std::function<bool(const MemoryPlan&)>& is_enough) const {
        auto failure = memory_failure(rows);
        failure.error = {Code::limit_exceeded, 0, "the memory limit is too small for the work"};
        failure.message = fmt::format(
            "the memory limit is too small for the work: {} points that cannot be divided take {} bytes, besides those "
            "of the threads",
            rows, bytes);
        // Without scratch all other points too must have a place; how much that takes is not known.
        if (options_.scratch != nullptr) failure.more_memory = enough_memory(needs_, is_enough) - needs_.limit;
        return failure;
    }

    /// Nodes above the partitions may be larger than these. Then they get what partitions were built in.
    MaybeFailure make_room_for_nodes() {
        const auto rows = writer_->largest_open_node();
        if (rows <= memory_.size.most) return std::nullopt;
        builder_->release_workspaces();
        budget_->extend(memory_.building);
        const auto bytes = builder_->node_bytes(rows);
        if (bytes > budget_->limit())
            return too_little_memory(rows, bytes, [&](const MemoryPlan& plan) {
                return rows <= plan.size.most || bytes <= plan.points + plan.building;
            });
        return writer_->make_room(bytes);
    }

    MaybeFailure choose_cube() {
        choice_.emplace(inputs_, options_, reading("scan"));
        if (auto failure = choice_->choose()) return failure;
        if (choice_->has_read()) ++report.rescans;
        return std::nullopt;
    }

    [[nodiscard]] Reading reading(const char* stage) {
        Reading reading;
        reading.inputs = inputs_;
        reading.tasks = tasks_;
        reading.stage = stage;
        reading.skip_damaged = options_.skip_damaged;
        reading.executor = &*limited_;
        reading.progress = &progress_;
        return reading;
    }

    /// Brings all points to the bins of their places and builds these; once more from the start if headers lied.
    MaybeFailure construct() {
        for (;;) {
            prepare_pass();
            bool again = false;
            if (auto failure = run_pass(again)) return failure;
            if (!again) return std::nullopt;
            if (auto failure = start_again()) return failure;
        }
    }

    void prepare_pass() {
        tree_.cube = choice_->cube();
        const auto& coordinates = choice_->coordinates();
        const auto level =
            std::min(counting_level(tree_.cube, tree_.shape), useful_level(declared_points(), memory_.size.wanted));
        auto bins =
            cut_cube(estimate_counts(choice_->sample(), coordinates, tree_.cube, level), level, memory_.size.wanted);
        construction_.reset();
        writer_.reset();
        builder_.reset();
        router_.reset();
        store_.emplace(output_.layout, *budget_, options_.scratch, bins.size());
        router_.emplace(Router::Form{output_.layout, extra_maps_, &coordinates}, tree_.cube, level, std::move(bins),
                        *store_, inputs_.size());
        skipped_.emplace();
        output_.cube = tree_.cube;
        output_.header.scale = coordinates.scale;
        output_.header.offset = coordinates.offset;
        // Whether there will be an index is known when all times have been seen; samples cost little.
        const bool samples = options_.temporal_index != TemporalIndex::never;
        // Others may hold up to half of it: chunks that wait for their turn.
        const auto too_little = [this](std::uint64_t rows, std::uint64_t bytes) {
            return too_little_memory(rows, bytes, [bytes](const MemoryPlan& plan) { return bytes <= plan.points / 2; });
        };
        builder_.emplace(tree_, output_.layout, samples ? output_.stride : 0, memory_.size.most, *store_, too_little);
        writer_.emplace(output_, sink_, *budget_, options_.scratch, *store_, *builder_, report);
        construction_.emplace(Construction::Parts{tree_, memory_.size, *router_, *store_, *builder_, *writer_,
                                                  *limited_, progress_, declared_points()});
    }

    /// @param again  set if the points did not lie where the headers said
    MaybeFailure run_pass(bool& again) {
        const auto boxes = trust_boxes_ ? input_boxes(inputs_, choice_->coordinates()) : std::vector<RawBox>{};
        auto batches = plan_batches(inputs_, tasks_, boxes, tree_.cube, store_->bytes_per_row(), budget_->limit());
        std::uint64_t done = 0;
        while (!batches.empty()) {
            const auto batch = std::move(batches.front());
            batches.pop_front();
            auto reading = this->reading("route");
            reading.tasks = batch.tasks;
            reading.done_before = done;
            reading.total = declared_points();
            auto failure = read_all(reading, *skipped_, [this](std::size_t input, las::Points& points) {
                return router_->route(input, points);
            });
            if (failure) return failure;
            if (auto failed = router_->failure().take()) return failed;
            again = router_->misfit() || router_->late();
            if (again) return std::nullopt;
            for (const auto& task : batch.tasks) done += task.points;
            if (batches.empty()) break;
            if (auto failed = begin_output()) return failed;
            if (auto failed = construction_->build_out_of_reach(batch.still_to_come)) return failed;
        }
        facts_ = router_->facts();
        if (auto failure = plan_times(inputs_, facts_, options_, output_.times)) return failure;
        tell();
        output_.points = report.points_in;
        output_.bounds = points_box();
        if (auto failure = begin_output()) return failure;
        if (report.points_in != 0)
            if (auto failure = construction_->build_rest()) return failure;
        if (auto failure = make_room_for_nodes()) return failure;
        return writer_->finish(*limited_);
    }

    MaybeFailure begin_output() {
        if (begun_) return std::nullopt;
        begun_ = true;
        return writer_->begin();
    }

    MaybeFailure start_again() {
        if (begun_) {
            if (const auto status = sink_.truncate(0); !status) return output_failure(status.error());
            begun_ = false;
            report.levels.clear();
            report.nodes = report.points_out = 0;
        }
        if (auto failure = reopen_sequences(inputs_)) return failure;
        if (router_->misfit()) {
            ++report.rescans;
            return choice_->choose_by_reading();
        }
        if (!trust_boxes_) return request_failure("an input changed while it was read");
        // One input's points lie outside its own header's box.
        trust_boxes_ = false;
        ++report.rescans;
        return std::nullopt;
    }

    [[nodiscard]] std::optional<RawBox> points_box() const {
        std::vector<std::optional<RawBox>> found(inputs_.size());
        for (std::size_t i = 0; i < inputs_.size(); ++i)
            if (facts_[i].points != 0) found[i] = facts_[i].box;
        return choice_->mapped_union(found);
    }

    /// What the points brought along and the report should say.
    void tell() {
        InputFacts all;
        for (const auto& found : facts_) all.include(found);
        report.points_in = all.points;
        report.rounded_coordinates = all.rounded;
        report.non_finite_times = all.non_finite_times;
        if (skipped_) tell_skipped();
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

    /// Damaged parts, in the order of the inputs and of the places in them.
    void tell_skipped() {
        constexpr std::size_t kMostTold = 1000;
        for (const auto& file : report.skipped) report.skipped_points += file.points;
        std::vector<std::size_t> order(skipped_->parts.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
            return std::pair{skipped_->inputs[a], skipped_->parts[a].error.at} <
                   std::pair{skipped_->inputs[b], skipped_->parts[b].error.at};
        });
        for (const auto part : order)
            if (report.skipped.size() < kMostTold) report.skipped.push_back(skipped_->parts[part]);
        for (const auto points : skipped_->points_of_input) report.skipped_points += points;
    }

    std::span<const Input> named_;
    const Options& options_;
    wire::Sink& sink_;
    wire::Executor& executor_;
    CrsService* crs_;
    const Progress& progress_;

    std::vector<OpenInput> inputs_;
    std::vector<ReadTask> tasks_;
    std::vector<ExtraByteMap> extra_maps_;
    OutputPlan output_;
    TreePlan tree_;
    MemoryNeeds needs_;
    MemoryPlan memory_;
    std::optional<LimitedExecutor> limited_;
    std::optional<CubeChoice> choice_;
    std::optional<MemoryBudget> budget_;
    std::optional<SkippedParts> skipped_;
    std::optional<PileStore> store_;
    std::optional<Router> router_;
    std::optional<PartitionBuilder> builder_;
    std::optional<Writer> writer_;
    std::optional<Construction> construction_;
    std::vector<InputFacts> facts_;
    bool begun_ = false;       ///< the output
    bool trust_boxes_ = true;  ///< of the inputs' headers, one by one
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
