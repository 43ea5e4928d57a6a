// Reads the inputs and brings every point to the bin of its place: in parallel over blocks, in the output's form.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "build/bins.hpp"
#include "build/coordinates.hpp"
#include "build/extra_bytes.hpp"
#include "build/input_facts.hpp"
#include "build/inputs.hpp"
#include "build/parallel.hpp"
#include "build/pile.hpp"
#include "build/shared_failure.hpp"

namespace copse::build {

/// A piece of reading: blocks that are decoded together, or all points of a file that has none.
struct ReadTask {
    std::size_t input = 0;
    std::size_t first_block = 0;
    std::size_t last_block = 0;  ///< one past; equal to first_block: the file in sequence
    std::uint64_t points = 0;
};

/// Tasks for everything, input by input. Fails where blocks do not add up to what the header declares, unless damage
/// is to be skipped.
MaybeFailure plan_reading(std::span<const OpenInput> inputs, bool skip_damaged, std::vector<ReadTask>& out);

/// Memory that one thread takes at most while it reads: the largest task's bytes, points and decoder.
[[nodiscard]] std::uint64_t reading_bytes(std::span<const OpenInput> inputs, std::span<const ReadTask> tasks,
                                          const las::PointLayout& layout);

/// What reading has in common, whatever is done with the points.
struct Reading {
    std::span<const OpenInput> inputs;
    std::span<const ReadTask> tasks;
    las::ColumnSet columns = las::ColumnSet::all();
    const char* stage = "route";
    std::uint64_t done_before = 0;  ///< points, for progress
    std::uint64_t total = 0;        ///< points of all; 0: those of the tasks
    bool skip_damaged = false;
    wire::Executor* executor = nullptr;
    const Progress* progress = nullptr;
};

/// Parts that could not be read.
struct SkippedParts {
    std::mutex mutex;
    std::vector<Skipped> parts;
    std::vector<std::size_t> inputs;  ///< of each part
    std::vector<std::uint64_t> points_of_input;
};

/// Calls `use(input, points)` for all points of all tasks, from several threads at once, some ten thousand at a time.
/// `use` may change the points; it returns false to stop everything.
MaybeFailure read_all(const Reading& reading, SkippedParts& skipped,
                      const std::function<bool(std::size_t input, las::Points& points)>& use);

/// How many points there are in each cell, and where they lie.
class Router {
public:
    struct Form {
        las::PointLayout layout;
        std::span<const ExtraByteMap> extra_maps;  ///< one for each input
        const CoordinatePlan* coordinates = nullptr;
    };
    Router(const Form& form, const Cube& cube, unsigned level, std::vector<CellRange> ranges, PileStore& store,
           std::size_t inputs);

    /// Points of one input: counted, brought into the output's form, put into their bins.
    /// False: they do not fit into the cube or into 32 bits (`misfit`), or gathering failed (`failure`).
    bool route(std::size_t input, las::Points& points);

    /// No more points are expected in a bin: one that comes all the same is `late`, and routing ends.
    void close(std::size_t bin) { closed_[bin] = true; }
    [[nodiscard]] bool late() const { return late_.load(std::memory_order_relaxed); }
    [[nodiscard]] bool misfit() const { return misfit_.load(std::memory_order_relaxed); }
    [[nodiscard]] SharedFailure& failure() { return failure_; }
    [[nodiscard]] const std::vector<CellRange>& ranges() const { return ranges_; }
    [[nodiscard]] Pile& pile(std::size_t bin) const { return *piles_[bin]; }
    /// Adds up what the threads counted. @pre reading has ended
    [[nodiscard]] const std::vector<std::uint64_t>& counts();
    [[nodiscard]] std::vector<InputFacts> facts() const { return facts_; }

private:
    struct Worker {
        std::vector<std::uint32_t> counts;  ///< per cell, since they were last added up
        std::uint64_t counted = 0;
        std::vector<std::uint32_t> bins, order;    ///< per row
        std::vector<std::uint32_t> in_bin, first;  ///< per bin
        std::vector<std::uint32_t> touched;
    };
    void add_up(Worker& worker);
    void sort_rows(const las::Points& points, Worker& worker);
    bool distribute(const las::Points& points, Worker& worker);
    bool gather(const las::Points& points);

    Form form_;
    CellGrid grid_;
    RawBox inside_;
    std::size_t cells_;
    std::vector<CellRange> ranges_;
    std::vector<std::uint32_t> bin_of_cell_;
    std::vector<std::uint64_t> counts_;  ///< per cell
    PileStore& store_;
    std::vector<Pile*> piles_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<Worker*> free_workers_;
    std::mutex mutex_;
    std::vector<InputFacts> facts_;
    std::vector<char> closed_;  ///< per bin
    std::atomic<bool> misfit_{false}, late_{false};
    SharedFailure failure_;
};

/// What a pile's failure means to the user.
[[nodiscard]] Failure pile_failure(const PileStatus& status);

}  // namespace copse::build
