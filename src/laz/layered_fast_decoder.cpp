// The fast decoder of layered chunks: what fast/ decodes, with the errors of the plain decoder. The kernel only says
// that something is wrong; the plain decoder then goes over the chunk again and says what and where. So both give the
// same points and the same errors, and the fast path pays for none of it.
#include <algorithm>
#include <array>
#include <cassert>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "laz/codecs.hpp"
#include "laz/fast/dispatch.hpp"
#include "laz/layered_fast_chunk.hpp"
#include "laz/layered_layout.hpp"

namespace copse::laz {
namespace {

using fast::Health;
using fast::kBlockRows;
using las::ColumnSet;
using las::Points;

/// Columns are grown by what this much memory holds, or by as many rows as there are: a short chunk that claims many
/// points must not take memory for them.
constexpr std::size_t kGrowthBytes = std::size_t{16} << 20;

std::size_t growth(const Points& out, std::size_t rows_so_far) {
    return std::max({rows_so_far, kGrowthBytes / out.layout.record_length, std::size_t{kBlockRows}});
}

std::uint32_t block_rows(std::uint64_t rows) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(rows, kBlockRows));
}

/// Everything that a chunk is decoded with, for whoever needs it again.
struct Source {
    ChunkFormat format;
    ByteView bytes;
    FileOffset at = 0;
    std::uint64_t point_count = 0;
    Consumption consumption = Consumption::exact;

    [[nodiscard]] Result<std::unique_ptr<ChunkDecoder>> open_reference(ColumnSet columns) const {
        return make_layered_reference_decoder(format, bytes, at, point_count, columns, consumption);
    }
};

/// What the plain decoder finds wrong with a chunk. It is given the whole chunk, as one that asks for it all at once:
/// so the error is the same whoever found it first.
Status judge(const Source& source, ColumnSet columns) {
    auto decoder = source.open_reference(columns);
    if (!decoder) return decoder.error();
    Points scratch{source.format.layout, columns};
    while ((*decoder)->remaining() != 0) {
        scratch.resize(0);
        if (const Status status = (*decoder)->decode(growth(scratch, 0), scratch); !status) return status;
    }
    return Error{Code::bad_value, source.at, "layered chunk: the fast decoder and the plain one disagree"};
}

[[maybe_unused]] bool has_all(ColumnSet columns, ColumnSet wanted) { return (wanted - columns) == ColumnSet{}; }

/// Those of `columns` that the format has.
ColumnSet present(const las::PointLayout& layout, ColumnSet columns) { return Points{layout, columns}.columns; }

/// A chunk that was taken apart.
struct OpenChunk {
    Source source;
    LayeredItems items;
    LayeredChunk chunk;

    [[nodiscard]] Points first_point(ColumnSet columns) const {
        Points first{source.format.layout, columns};
        first.resize(1);
        las::unpack_records(chunk.first_record, first, 0);
        return first;
    }
};

Result<std::shared_ptr<const OpenChunk>> open_layered(Source source) {
    const auto items = LayeredItems::find(source.format, source.at);
    if (!items) return items.error();
    auto chunk = LayeredChunk::parse(*items, source.format.layout, source.bytes, source.at, source.point_count,
                                     source.consumption);
    if (!chunk) return chunk.error();
    return std::make_shared<const OpenChunk>(OpenChunk{std::move(source), *items, std::move(*chunk)});
}

/// What the decoders of a chunk's first and of its further columns share: rows in slices, the first point as it is, the
/// others in blocks, the layers' ends after the last.
class BlockDecoder : public ChunkDecoder {
public:
    BlockDecoder(std::shared_ptr<const OpenChunk> chunk, ColumnSet columns, std::uint64_t rows, bool xy)
        : chunk_{std::move(chunk)},
          columns_{present(chunk_->source.format.layout, columns)},
          rows_{rows},
          fast_{fast::kernel()} {
        if (fast_.start(chunk_->items, chunk_->chunk, chunk_->first_point(columns_), columns_, xy) != Health::good)
            failed_ = blame();
    }

    [[nodiscard]] Status status() const { return failed_; }
    [[nodiscard]] std::uint64_t remaining() const override { return failed_ ? rows_ - done_ : 0; }
    [[nodiscard]] std::uint64_t consumed() const override { return chunk_->chunk.size; }

    Status decode(std::size_t rows, Points& out) override {
        const std::size_t from = out.size();
        const std::size_t end = from + static_cast<std::size_t>(std::min<std::uint64_t>(rows, remaining()));
        for (std::size_t row = from; failed_ && row < end;) {
            if (row == out.size()) out.resize(row + std::min(end - row, growth(out, row - from)));
            row += fill(out, row, out.size() - row);
        }
        return failed_;
    }

    /// Decodes the next rows, at most `most`, to `row` and after it. Gives how many.
    std::uint32_t fill(Points& out, std::size_t row, std::size_t most) {
        assert(out.layout == chunk_->source.format.layout && has_all(out.columns, columns_));
        const std::uint32_t rows = done_ == 0 ? 1 : block_rows(most);
        if (done_ == 0)
            las::unpack_records(chunk_->chunk.first_record, out, row);
        else if (decode_block(fast_, out, row, rows) != Health::good)
            failed_ = blame();
        done_ += rows;
        if (failed_ && done_ == chunk_->source.point_count && !fast_.at_end()) failed_ = blame();
        return rows;
    }

protected:
    /// Decodes a block of rows, of which the first is not the chunk's first.
    virtual Health decode_block(FastChunk& fast, Points& out, std::size_t row, std::uint32_t rows) = 0;

    [[nodiscard]] const std::shared_ptr<const OpenChunk>& chunk() const { return chunk_; }
    [[nodiscard]] std::uint64_t done() const { return done_; }
    void fail(const Status& status) { failed_ = status; }

private:
    [[nodiscard]] Status blame() const { return judge(chunk_->source, columns_); }

    std::shared_ptr<const OpenChunk> chunk_;
    ColumnSet columns_;
    std::uint64_t rows_;
    std::uint64_t done_ = 0;
    Status failed_{Ok{}};
    FastChunk fast_;
};

/// Further columns, by the side words that the first step left.
class FurtherDecoder final : public BlockDecoder {
public:
    FurtherDecoder(std::shared_ptr<const OpenChunk> chunk, ColumnSet columns, const std::vector<std::uint16_t>& sides)
        : BlockDecoder{std::move(chunk), columns, sides.size() + 1, false}, sides_{sides} {}

private:
    Health decode_block(FastChunk& fast, Points& out, std::size_t row, std::uint32_t rows) override {
        return fast.decode_others(out, row, sides_.data() + done() - 1, rows);
    }

    const std::vector<std::uint16_t>& sides_;
};

/// The first step of a chunk: what its further columns are decoded from.
struct FirstStep {
    std::shared_ptr<const OpenChunk> chunk;
    std::vector<std::uint16_t> sides;  // of all points but the first

    [[nodiscard]] Result<std::unique_ptr<ChunkDecoder>> open_further(ColumnSet columns) const {
        auto decoder = std::make_unique<FurtherDecoder>(chunk, columns, sides);
        if (const Status good = decoder->status(); !good) return good.error();
        return std::unique_ptr<ChunkDecoder>{std::move(decoder)};
    }

    Status decode_further(ColumnSet columns, std::size_t rows, Points& out) const {
        assert(rows <= sides.size() + 1 && rows <= out.size());
        if (rows == 0) return Ok{};
        FurtherDecoder decoder{chunk, columns, sides};
        for (std::size_t row = 0; decoder.status() && row < rows;) row += decoder.fill(out, row, rows - row);
        return decoder.status();
    }
};

/// A decoder whose rows can be given further columns.
class SteppedDecoder {
public:
    virtual ~SteppedDecoder() = default;
    [[nodiscard]] virtual const FirstStep& first_step() const = 0;
};

class LayeredFastDecoder final : public BlockDecoder, public SteppedDecoder {
public:
    LayeredFastDecoder(std::shared_ptr<const OpenChunk> chunk, ColumnSet columns, Steps steps)
        : BlockDecoder{chunk, columns, chunk->source.point_count, true}, keeps_sides_{steps == Steps::several} {
        step_.chunk = std::move(chunk);
    }

    Result<std::unique_ptr<ChunkDecoder>> open_further(ColumnSet further) override {
        assert(keeps_sides_ && done() != 0);
        return step_.open_further(further);
    }

    Status decode_further(ColumnSet further, std::size_t rows, Points& out) override {
        assert(keeps_sides_);
        if (status()) fail(step_.decode_further(further, rows, out));
        return status();
    }

    [[nodiscard]] const FirstStep& first_step() const override { return step_; }

private:
    Health decode_block(FastChunk& fast, Points& out, std::size_t row, std::uint32_t rows) override {
        std::array<std::uint16_t, kBlockRows> block;
        std::uint16_t* side = block.data();
        if (keeps_sides_) {
            step_.sides.resize(step_.sides.size() + rows);
            side = step_.sides.data() + step_.sides.size() - rows;
        }
        return fast.decode(out, row, side, rows);
    }

    bool keeps_sides_;
    FirstStep step_;
};

/// A chunk whose first step was done together with that of others.
class SteppedChunk final : public ChunkDecoder, public SteppedDecoder {
public:
    explicit SteppedChunk(FirstStep step) : step_{std::move(step)} {}

    [[nodiscard]] std::uint64_t remaining() const override { return 0; }
    [[nodiscard]] std::uint64_t consumed() const override { return step_.chunk->chunk.size; }
    Status decode(std::size_t, Points&) override { return Ok{}; }
    Result<std::unique_ptr<ChunkDecoder>> open_further(ColumnSet further) override {
        return step_.open_further(further);
    }
    Status decode_further(ColumnSet further, std::size_t rows, Points& out) override {
        return step_.decode_further(further, rows, out);
    }
    [[nodiscard]] const FirstStep& first_step() const override { return step_; }

private:
    FirstStep step_;
};

// ---- several chunks -----------------------------------------------------------------------------------------------

/// A chunk in a queue: all of its columns that are wanted, or further ones of its first rows.
class Task {
public:
    virtual ~Task() = default;
    [[nodiscard]] virtual std::uint64_t rows() const = 0;
    [[nodiscard]] virtual Points& out() const = 0;
    /// Where decoded rows go, empty if they stay in `out()`.
    [[nodiscard]] virtual const TakeRows& take() const = 0;
    /// What is decoded is that of `chunk()` afterwards. Called when the task's turn has come.
    virtual Status open() = 0;
    [[nodiscard]] virtual const OpenChunk& chunk() const = 0;
    [[nodiscard]] virtual ColumnSet columns() const = 0;
    /// The side words of points from the second on, if layer 1 is not decoded.
    [[nodiscard]] virtual const std::uint16_t* given_sides() const = 0;
    /// Where those of `rows` points more go, nullptr if nowhere.
    virtual std::uint16_t* keep_sides(std::uint32_t rows) = 0;
    virtual void finish(const Status& status) = 0;
};

/// Tasks that go through the decoder together.
class Lanes {
public:
    explicit Lanes(std::vector<std::unique_ptr<Task>> tasks) : tasks_{std::move(tasks)}, kernel_{fast::kernel()} {
        // Largest first, so that no long chunk is left over at the end, alone.
        std::sort(tasks_.begin(), tasks_.end(), [](const auto& a, const auto& b) { return a->rows() > b->rows(); });
    }

    void run() {
        for (auto& lane : lanes_) refill(lane);
        for (gather(); busy_ != 0; gather()) {
            if (busy_ == 1)
                step_alone(*at_work_[0]);
            else
                step_together();
        }
    }

private:
    struct Lane {
        Task* task = nullptr;
        std::unique_ptr<FastChunk> chunk;
        std::size_t row = 0;  // to be decoded next
        std::size_t rows = 0;
        std::size_t taken = 0;  // rows that are not in the task's columns any more

        [[nodiscard]] std::size_t place() const { return row - taken; }
    };

    /// Puts the next task into a lane that has none; those that have nothing to do are done at once.
    void refill(Lane& lane) {
        while (lane.task == nullptr && next_ < tasks_.size()) {
            Task& task = *tasks_[next_++];
            const Status status = begin(lane, task);
            if (!status)
                task.finish(status);
            else if (lane.row < lane.rows)
                lane.task = &task;
            else
                finish_rows(lane, task);
        }
    }

    Status begin(Lane& lane, Task& task) {
        lane.row = lane.rows = lane.taken = 0;
        if (const Status opened = task.open(); !opened || task.rows() == 0) return opened;
        lane.rows = static_cast<std::size_t>(task.rows());
        lane.row = 1;
        if (!lane.chunk) lane.chunk = std::make_unique<FastChunk>(kernel_);
        Points& out = task.out();
        if (out.size() == 0 || task.take()) out.resize(1);
        const OpenChunk& chunk = task.chunk();
        las::unpack_records(chunk.chunk.first_record, out, 0);
        const bool xy = task.given_sides() == nullptr;
        if (lane.chunk->start(chunk.items, chunk.chunk, out, task.columns(), xy) != Health::good)
            return judge(chunk.source, task.columns());
        return Ok{};
    }

    static Status end(const Lane& lane, const Task& task) {
        if (lane.row == 0 || lane.row != task.chunk().source.point_count || lane.chunk->at_end()) return Ok{};
        return judge(task.chunk().source, task.columns());
    }

    /// Lanes that have a task: all of them decode layer 1, or none does.
    void gather() {
        busy_ = 0;
        for (auto& lane : lanes_)
            if (lane.task != nullptr) at_work_[busy_++] = &lane;
    }

    void step_alone(Lane& lane) {
        const std::uint32_t rows = make_room(lane);
        const std::uint16_t* const given = given_sides(lane);
        Points& out = lane.task->out();
        const Health health = given != nullptr
                                  ? lane.chunk->decode_others(out, lane.place(), given, rows)
                                  : lane.chunk->decode(out, lane.place(), kept_or_scratch(lane, rows), rows);
        finish_block(lane, rows, health);
    }

    void step_together() {
        std::uint32_t rows = kBlockRows;
        for (std::size_t i = 0; i < busy_; ++i) rows = std::min(rows, make_room(*at_work_[i]));
        std::array<void*, fast::kMaxLanes> states;
        std::array<fast::ColumnPointers, fast::kMaxLanes> outs;
        std::array<const std::uint16_t*, fast::kMaxLanes> given;
        std::array<std::uint16_t*, fast::kMaxLanes> kept;
        std::array<Health, fast::kMaxLanes> health;
        for (std::size_t i = 0; i < busy_; ++i) {
            Lane& lane = *at_work_[i];
            states[i] = lane.chunk->state();
            outs[i] = lane.chunk->prepare(lane.task->out(), lane.place(), rows);
            given[i] = given_sides(lane);
            kept[i] = given[i] == nullptr ? lane.task->keep_sides(rows) : nullptr;
        }
        if (given[0] != nullptr)
            kernel_.decode_others_lanes(states.data(), outs.data(), given.data(), busy_, rows, health.data());
        else
            kernel_.decode_lanes(states.data(), outs.data(), kept.data(), busy_, rows, health.data());
        for (std::size_t i = 0; i < busy_; ++i) finish_block(*at_work_[i], rows, health[i]);
    }

    static const std::uint16_t* given_sides(const Lane& lane) {
        const std::uint16_t* const sides = lane.task->given_sides();
        return sides == nullptr ? nullptr : sides + lane.row - 1;
    }

    std::uint16_t* kept_or_scratch(Lane& lane, std::uint32_t rows) {
        std::uint16_t* const kept = lane.task->keep_sides(rows);
        return kept != nullptr ? kept : scratch_.data();
    }

    /// Grows the columns if need be. Gives how many rows of the next block there is room for.
    static std::uint32_t make_room(Lane& lane) {
        Points& out = lane.task->out();
        if (lane.task->take()) {
            const std::uint32_t rows = block_rows(lane.rows - lane.row);
            out.resize(lane.place() + rows);
            return rows;
        }
        if (lane.row == out.size()) out.resize(lane.row + std::min(lane.rows - lane.row, growth(out, lane.row)));
        return block_rows(std::min(lane.rows, out.size()) - lane.row);
    }

    void finish_block(Lane& lane, std::uint32_t rows, Health health) {
        lane.row += rows;
        Task& task = *lane.task;
        if (health != Health::good)
            task.finish(judge(task.chunk().source, task.columns()));
        else if (!finish_rows(lane, task))
            return;
        lane.task = nullptr;
        refill(lane);
    }

    /// Hands on the rows decoded so far, if they are to be. Whether the task is finished by them.
    static bool finish_rows(Lane& lane, Task& task) {
        bool goes_on = lane.row < lane.rows;
        if (task.take() && lane.row != 0) {
            task.out().resize(lane.place());
            goes_on = task.take()(task.out()) && goes_on;
            lane.taken = lane.row;
        }
        if (!goes_on) task.finish(end(lane, task));
        return !goes_on;
    }

    std::vector<std::unique_ptr<Task>> tasks_;
    std::size_t next_ = 0;
    const fast::Kernel& kernel_;
    std::array<Lane, fast::kMaxLanes> lanes_;
    std::array<Lane*, fast::kMaxLanes> at_work_{};
    std::size_t busy_ = 0;
    std::array<std::uint16_t, kBlockRows> scratch_;
};

/// A ChunkJob.
class ChunkTask final : public Task {
public:
    ChunkTask(const ChunkFormat& format, const wire::Limits& limits, ChunkJob& job)
        : format_{format}, limits_{limits}, job_{job} {}

    [[nodiscard]] std::uint64_t rows() const override { return std::min(job_.rows, job_.point_count); }
    [[nodiscard]] Points& out() const override { return *job_.out; }
    [[nodiscard]] const TakeRows& take() const override { return job_.take; }
    [[nodiscard]] const OpenChunk& chunk() const override { return *step_.chunk; }
    [[nodiscard]] ColumnSet columns() const override { return job_.out->columns; }
    [[nodiscard]] const std::uint16_t* given_sides() const override { return nullptr; }

    Status open() override {
        assert(job_.out->layout == format_.layout);
        job_.out->resize(0);
        job_.decoder.reset();
        if (job_.point_count == 0) return Error{Code::bad_value, job_.at, "a chunk holds at least one point"};
        if (!job_.take && rows() > limits_.max_chunk_points)
            return Error{Code::limit_exceeded, job_.at, "chunk has more points than may be decoded as a whole"};
        auto opened = open_layered({format_, job_.bytes, job_.at, job_.point_count, Consumption::exact});
        if (!opened) return opened.error();
        step_.chunk = std::move(*opened);
        if (rows() != 0) return Ok{};
        // Nothing to decode, but layers that cannot be some are found all the same.
        if (const auto decoder = chunk().source.open_reference(columns()); !decoder) return decoder.error();
        return Ok{};
    }

    std::uint16_t* keep_sides(std::uint32_t rows) override {
        if (job_.steps != Steps::several) return nullptr;
        step_.sides.resize(step_.sides.size() + rows);
        return step_.sides.data() + step_.sides.size() - rows;
    }

    void finish(const Status& status) override {
        job_.status = status;
        if (status && job_.steps == Steps::several && rows() != 0)
            job_.decoder = std::make_unique<SteppedChunk>(std::move(step_));
    }

private:
    const ChunkFormat& format_;
    const wire::Limits& limits_;
    ChunkJob& job_;
    FirstStep step_;
};

/// A FurtherJob.
class FurtherTask final : public Task {
public:
    FurtherTask(const FirstStep& step, FurtherJob& job) : step_{step}, job_{job} {}

    [[nodiscard]] std::uint64_t rows() const override { return job_.rows; }
    [[nodiscard]] Points& out() const override { return *job_.out; }
    [[nodiscard]] const TakeRows& take() const override { return job_.take; }
    [[nodiscard]] const OpenChunk& chunk() const override { return *step_.chunk; }
    [[nodiscard]] ColumnSet columns() const override { return present(chunk().source.format.layout, job_.columns); }
    [[nodiscard]] const std::uint16_t* given_sides() const override { return step_.sides.data(); }
    std::uint16_t* keep_sides(std::uint32_t) override { return nullptr; }
    Status open() override {
        assert(job_.rows <= step_.sides.size() + 1 && (job_.take || job_.rows <= job_.out->size()));
        return Ok{};
    }
    void finish(const Status& status) override { job_.status = status; }

private:
    const FirstStep& step_;
    FurtherJob& job_;
};

/// Further columns of a chunk that did not go through lanes, or has one point.
void decode_whole(FurtherJob& job) {
    if (job.take) job.out->resize(job.rows);
    job.status = job.decoder->decode_further(job.columns, job.rows, *job.out);
    if (job.status && job.take && job.rows != 0) job.take(*job.out);
}

}  // namespace

Result<std::unique_ptr<ChunkDecoder>> make_layered_decoder(const ChunkFormat& format, ByteView bytes, FileOffset at,
                                                           std::uint64_t point_count, ColumnSet columns,
                                                           Consumption consumption, Steps steps) {
    auto chunk = open_layered({format, bytes, at, point_count, consumption});
    if (!chunk) return chunk.error();
    auto decoder = std::make_unique<LayeredFastDecoder>(std::move(*chunk), columns, steps);
    if (const Status status = decoder->status(); !status) return status.error();
    return std::unique_ptr<ChunkDecoder>{std::move(decoder)};
}

void decode_layered_chunks(const ChunkFormat& format, std::span<ChunkJob> jobs, const wire::Limits& limits) {
    std::vector<std::unique_ptr<Task>> tasks;
    for (ChunkJob& job : jobs) tasks.push_back(std::make_unique<ChunkTask>(format, limits, job));
    Lanes{std::move(tasks)}.run();
}

void decode_further_of_layered_chunks(std::span<FurtherJob> jobs) {
    std::vector<std::unique_ptr<Task>> tasks;
    for (FurtherJob& job : jobs) {
        const auto* stepped = dynamic_cast<const SteppedDecoder*>(job.decoder);
        if (stepped != nullptr && stepped->first_step().sides.data() != nullptr)
            tasks.push_back(std::make_unique<FurtherTask>(stepped->first_step(), job));
        else
            decode_whole(job);
    }
    Lanes{std::move(tasks)}.run();
}

}  // namespace copse::laz
