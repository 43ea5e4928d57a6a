#include "build/routing.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "build/conform.hpp"

namespace copse::build {
namespace {

constexpr FileOffset kLegacyCountAt = 107;
constexpr FileOffset kCountAt = 247;

/// Blocks decoded together: three keep each other busy (`laz::decode_chunks`).
constexpr std::size_t kBlocksAtOnce = 3;
constexpr std::uint64_t kPointsAtOnce = 200'000;
/// Larger blocks, and files in sequence, are read in slices of so many points.
constexpr std::size_t kSlicePoints = 1u << 16;
/// A thread's 32-bit counters are emptied before they can overflow.
constexpr std::uint64_t kMostCounted = 1u << 31;
/// A decoder's tables, and what it sets aside.
constexpr std::uint64_t kDecoderBytes = 3u << 20;
constexpr std::uint64_t kCounterBytes = sizeof(std::uint32_t) << 3 * kMostCountingLevels;

Failure count_failure(const OpenInput& input) {
    const bool extended = input.info().header.version_minor >= 4;
    return input_failure(input.name, {Code::bad_value, extended ? kCountAt : kLegacyCountAt,
                                      "the points of the file are not as many as its header declares"});
}

std::uint64_t columns_bytes(const las::PointLayout& layout) {
    return std::uint64_t{layout.record_length} + 4;  // scan angles, returns and channels take more than in a record
}

/// One run of `read_all`.
class Read {
public:
    Read(const Reading& reading, SkippedParts& skipped, const std::function<bool(std::size_t, las::Points&)>& use)
        : reading_{reading}, skipped_{skipped}, use_{use} {
        skipped_.points_of_input.resize(reading.inputs.size());
        done_.store(reading.done_before, std::memory_order_relaxed);
        total_ = reading.total;
        if (total_ != 0) return;
        for (const auto& task : reading.tasks) total_ += task.points;
    }

    MaybeFailure run() {
        if (auto failure = tell()) return failure;
        reading_.executor->for_each(reading_.tasks.size(), [&](std::size_t t) {
            if (stopped()) return;
            const auto& task = reading_.tasks[t];
            if (task.first_block == task.last_block)
                read_sequence(task);
            else if (task.last_block - task.first_block == 1 && task.points > kPointsAtOnce)
                read_slices(task);
            else
                read_blocks(task);
        });
        if (auto failure = failure_.take()) return failure;
        return stopped() ? std::nullopt : tell();
    }

private:
    using Buffers = std::array<las::Points, kBlocksAtOnce>;

    [[nodiscard]] bool stopped() const { return failure_.raised() || refused_.load(std::memory_order_relaxed); }

    MaybeFailure tell() const {
        if (*reading_.progress && !(*reading_.progress)(reading_.stage, done_.load(std::memory_order_relaxed), total_))
            return stopped_failure();
        return std::nullopt;
    }

    /// Says how far the work is, if nobody else is just saying it.
    void advance(std::uint64_t points) {
        if (stopped()) return;
        done_.fetch_add(points, std::memory_order_relaxed);
        const std::unique_lock lock{telling_, std::try_to_lock};
        if (!lock.owns_lock()) return;
        if (auto failure = tell()) failure_.raise(*std::move(failure));
    }

    [[nodiscard]] const OpenInput& input_of(const ReadTask& task) const { return reading_.inputs[task.input]; }

    /// Damage ends the conversion, or is noted.
    void fail(const ReadTask& task, const Error& error, std::uint64_t points_lost) {
        const bool damage = error.code != Code::io_failed;
        if (!reading_.skip_damaged || !damage) return failure_.raise(input_failure(input_of(task).name, error));
        constexpr std::size_t kMostParts = 100'000;
        const std::lock_guard lock{skipped_.mutex};
        skipped_.points_of_input[task.input] += points_lost;
        if (skipped_.parts.size() >= kMostParts) return;
        skipped_.parts.push_back({file_of(error, input_of(task).name), error, points_lost});
        skipped_.inputs.push_back(task.input);
    }

    void hand_over(const ReadTask& task, las::Points& points) {
        if (points.size() != 0 && !use_(task.input, points)) refused_.store(true, std::memory_order_relaxed);
    }

    /// Makes `points` empty, for points of the task's input. What was there before may have been brought into another
    /// form; mostly it has not, and its memory is used again.
    void clear(las::Points& points, const ReadTask& task) const {
        const las::Points none{input_of(task).info().layout, reading_.columns};
        if (points.layout != none.layout || points.columns != none.columns) points = none;
        points.resize(0);
    }

    void read_blocks(const ReadTask& task) {
        buffers_.with([] { return std::make_unique<Buffers>(); },
                      [&](Buffers& buffers) { read_blocks_into(buffers, task); });
    }

    void read_blocks_into(Buffers& buffers, const ReadTask& task) {
        const auto& reader = *input_of(task).reader;
        std::vector<las::BlockJob> jobs;
        for (auto block = task.first_block; block < task.last_block; ++block) {
            auto& points = buffers[jobs.size()];
            clear(points, task);
            jobs.push_back({block, &points});
        }
        reader.read_blocks(jobs);
        for (auto& job : jobs) {
            if (stopped()) return;
            const auto declared = reader.blocks()[job.index].point_count;
            if (!job.status)
                fail(task, job.status.error(), declared);
            else if (job.out->size() != declared && !reading_.skip_damaged)
                failure_.raise(count_failure(input_of(task)));
            else
                hand_over(task, *job.out);
        }
        advance(task.points);
    }

    void read_slices(const ReadTask& task) {
        const auto stream = input_of(task).reader->open_block(task.first_block, reading_.columns);
        if (!stream) return end_early(task, 0, stream.error());
        pass_on(task, [&](las::Points& points) { return (*stream)->next(kSlicePoints, points); });
    }

    void read_sequence(const ReadTask& task) {
        auto& reader = *input_of(task).reader;
        pass_on(task, [&](las::Points& points) { return reader.read_next(kSlicePoints, points); });
    }

    template <class Next>
    void pass_on(const ReadTask& task, const Next& next) {
        std::uint64_t read = 0;
        las::Points points;
        for (;;) {
            clear(points, task);
            const Status status = next(points);
            const auto some = points.size();
            hand_over(task, points);  // what came before damage too
            // No more than the task has in all: a file may hold more than it declares.
            advance(std::min<std::uint64_t>(some, task.points - std::min(read, task.points)));
            if (stopped()) return;
            read += some;
            if (!status) return end_early(task, read, status.error());
            if (some == 0) break;
        }
        if (read != task.points) miscount(task, read);
    }

    void end_early(const ReadTask& task, std::uint64_t read, const Error& error) {
        const auto left = task.points - std::min(read, task.points);
        fail(task, error, left);
        advance(left);
    }

    /// More or fewer points than declared: what is there has been read.
    void miscount(const ReadTask& task, std::uint64_t read) {
        auto failure = count_failure(input_of(task));
        if (!reading_.skip_damaged) return failure_.raise(std::move(failure));
        end_early(task, read, failure.error);
    }

    const Reading& reading_;
    SkippedParts& skipped_;
    const std::function<bool(std::size_t, las::Points&)>& use_;
    std::uint64_t total_ = 0;
    std::atomic<std::uint64_t> done_{0};
    std::atomic<bool> refused_{false};
    std::mutex telling_;
    Pool<Buffers> buffers_;
    SharedFailure failure_;
};

}  // namespace

MaybeFailure plan_reading(std::span<const OpenInput> inputs, bool skip_damaged, std::vector<ReadTask>& out) {
    out.clear();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto declared = inputs[i].point_count();
        const auto blocks = inputs[i].reader->blocks();
        if (blocks.empty()) {
            if (declared != 0) out.push_back({i, 0, 0, declared});
            continue;
        }
        std::uint64_t sum = 0;
        ReadTask task{i, 0, 0, 0};
        for (std::size_t b = 0; b < blocks.size(); ++b) {
            const auto points = blocks[b].point_count;
            if (points > declared - std::min(sum, declared) && !skip_damaged) return count_failure(inputs[i]);
            sum += points;
            const bool full = task.last_block - task.first_block == kBlocksAtOnce || points > kPointsAtOnce ||
                              task.points + points > kPointsAtOnce;
            if (full && task.last_block > task.first_block) {
                out.push_back(task);
                task = {i, b, b, 0};
            }
            task.last_block = b + 1;
            task.points += points;
        }
        out.push_back(task);
        if (sum != declared && !skip_damaged) return count_failure(inputs[i]);
    }
    return std::nullopt;
}

std::uint64_t reading_bytes(std::span<const OpenInput> inputs, std::span<const ReadTask> tasks,
                            const las::PointLayout& layout) {
    std::uint64_t most = 0;
    for (const auto& task : tasks) {
        const auto& input = inputs[task.input];
        std::uint64_t bytes = kBlocksAtOnce * kDecoderBytes + kCounterBytes;
        for (auto b = task.first_block; b < task.last_block; ++b) bytes += input.reader->blocks()[b].bytes.size;
        const auto points = std::min<std::uint64_t>(task.points, kPointsAtOnce);
        bytes += points * (columns_bytes(input.info().layout) + columns_bytes(layout) + 8);
        most = std::max(most, bytes);
    }
    return most;
}

MaybeFailure read_all(const Reading& reading, SkippedParts& skipped,
                      const std::function<bool(std::size_t, las::Points&)>& use) {
    return Read{reading, skipped, use}.run();
}

Failure pile_failure(const PileStatus& status) {
    if (*status.failure == PileFailure::memory)
        return {FailureKind::io,
                {},
                {Code::limit_exceeded, 0, "the memory limit is too small for the work"},
                "the memory limit is too small for the work"};
    auto failure = output_failure(status.error);
    failure.message = "temporary space: " + failure.message;
    return failure;
}

Router::Router(const Form& form, const Cube& cube, unsigned level, std::vector<CellRange> ranges, PileStore& store,
               std::size_t inputs)
    : form_{form},
      grid_{cube, level},
      cells_{std::size_t{1} << 3 * level},
      ranges_{std::move(ranges)},
      bin_of_cell_(cells_),
      counts_(cells_),
      store_{store},
      facts_(inputs) {
    for (std::size_t a = 0; a < 3; ++a) {
        inside_.min[a] = cube.min_raw[a];
        inside_.max[a] = cube.min_raw[a] + static_cast<std::int64_t>(cube.size_raw[a]) - 1;
    }
    for (std::size_t bin = 0; bin < ranges_.size(); ++bin) {
        std::fill(bin_of_cell_.begin() + ranges_[bin].first, bin_of_cell_.begin() + ranges_[bin].last,
                  static_cast<std::uint32_t>(bin));
        piles_.push_back(&store_.make());
    }
    closed_.resize(ranges_.size());
}

bool Router::route(std::size_t input, las::Points& points) {
    auto facts = look_at(points);
    const auto box = mapped_box(form_.coordinates->maps[input], facts.box);
    if (!box || !inside_.contains(*box)) {
        misfit_.store(true, std::memory_order_relaxed);
        return false;
    }
    las::convert_points(points, form_.layout.format);
    move_extra_bytes(form_.extra_maps[input], points);
    facts.rounded = map_coordinates(form_.coordinates->maps[input], points);
    {
        const std::lock_guard lock{mutex_};
        facts_[input].include(facts);
    }
    return gather(points);
}

bool Router::gather(const las::Points& points) {
    Worker* worker = nullptr;
    {
        const std::lock_guard lock{mutex_};
        if (free_workers_.empty()) {
            free_workers_.push_back(workers_.emplace_back(std::make_unique<Worker>()).get());
            free_workers_.back()->counts.resize(cells_);
            free_workers_.back()->in_bin.resize(ranges_.size());
            free_workers_.back()->first.resize(ranges_.size());
        }
        worker = free_workers_.back();
        free_workers_.pop_back();
    }
    if (worker->counted > kMostCounted) add_up(*worker);
    sort_rows(points, *worker);
    const bool good = distribute(points, *worker);
    const std::lock_guard lock{mutex_};
    free_workers_.push_back(worker);
    return good;
}

/// Counts the points of each cell and lists the rows bin by bin, in their order.
void Router::sort_rows(const las::Points& points, Worker& worker) {
    const auto rows = points.size();
    worker.counted += rows;
    worker.bins.resize(rows);
    worker.order.resize(rows);
    worker.touched.clear();
    const auto* x = points.x.data();
    const auto* y = points.y.data();
    const auto* z = points.z.data();
    for (std::size_t row = 0; row < rows; ++row) {
        const auto cell = grid_.cell(x[row], y[row], z[row]);
        ++worker.counts[cell];
        const auto bin = bin_of_cell_[cell];
        worker.bins[row] = bin;
        if (worker.in_bin[bin]++ == 0) worker.touched.push_back(bin);
    }
    std::uint32_t next = 0;
    for (const auto bin : worker.touched) {
        worker.first[bin] = next;
        next += worker.in_bin[bin];
    }
    for (std::size_t row = 0; row < rows; ++row)
        worker.order[worker.first[worker.bins[row]]++] = static_cast<std::uint32_t>(row);
}

bool Router::distribute(const las::Points& points, Worker& worker) {
    bool good = true;
    for (const auto bin : worker.touched) {
        const auto count = worker.in_bin[bin];
        worker.in_bin[bin] = 0;
        if (!good) continue;
        if (closed_[bin] != 0) {
            late_.store(true, std::memory_order_relaxed);
            good = false;
            continue;
        }
        const std::span rows{worker.order.data() + (worker.first[bin] - count), count};
        if (const auto status = store_.add(*piles_[bin], points, rows); !status) {
            failure_.raise(pile_failure(status));
            good = false;
        }
    }
    return good;
}

void Router::add_up(Worker& worker) {
    const std::lock_guard lock{mutex_};
    for (std::size_t cell = 0; cell < cells_; ++cell) counts_[cell] += std::exchange(worker.counts[cell], 0u);
    worker.counted = 0;
}

const std::vector<std::uint64_t>& Router::counts() {
    for (const auto& worker : workers_) add_up(*worker);
    return counts_;
}

}  // namespace copse::build
