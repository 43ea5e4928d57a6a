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

/// What the plain decoder makes of a chunk's first `rows` points, from the point of view of its errors.
Status judge(const Source& source, ColumnSet columns, std::uint64_t rows) {
    auto decoder = source.open_reference(columns);
    if (!decoder) return decoder.error();
    Points scratch{source.format.layout, columns};
    while (rows != 0) {
        scratch.resize(0);
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(rows, growth(scratch, 0)));
        if (const Status status = (*decoder)->decode(part, scratch); !status) return status;
        rows -= part;
    }
    return Error{Code::bad_value, source.at, "layered chunk: the fast decoder and the plain one disagree"};
}

[[maybe_unused]] bool has_all(ColumnSet columns, ColumnSet wanted) { return (wanted - columns) == ColumnSet{}; }

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

/// What the decoders of a chunk's first and of its further columns share: rows in slices, the first point as it is, the
/// others in blocks, the layers' ends after the last.
class BlockDecoder : public ChunkDecoder {
public:
    BlockDecoder(std::shared_ptr<const OpenChunk> chunk, ColumnSet columns, std::uint64_t rows, bool xy)
        : chunk_{std::move(chunk)}, columns_{columns}, rows_{rows}, fast_{fast::kernel()} {
        if (fast_.start(chunk_->items, chunk_->chunk, chunk_->first_point(columns), columns, xy) != Health::good)
            failed_ = blame(1);
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
            failed_ = blame(done_ + rows);
        done_ += rows;
        if (failed_ && done_ == chunk_->source.point_count && !fast_.at_end()) failed_ = blame(done_);
        return rows;
    }

protected:
    /// Decodes a block of rows, of which the first is not the chunk's first.
    virtual Health decode_block(FastChunk& fast, Points& out, std::size_t row, std::uint32_t rows) = 0;

    [[nodiscard]] const std::shared_ptr<const OpenChunk>& chunk() const { return chunk_; }
    [[nodiscard]] std::uint64_t done() const { return done_; }
    void fail(const Status& status) { failed_ = status; }

private:
    [[nodiscard]] Status blame(std::uint64_t rows) const { return judge(chunk_->source, columns_, rows); }

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

class LayeredFastDecoder final : public BlockDecoder {
public:
    LayeredFastDecoder(std::shared_ptr<const OpenChunk> chunk, ColumnSet columns, Steps steps)
        : BlockDecoder{chunk, columns, chunk->source.point_count, true}, keeps_sides_{steps == Steps::several} {}

    Result<std::unique_ptr<ChunkDecoder>> open_further(ColumnSet further) override {
        assert(keeps_sides_ && done() != 0);
        auto decoder = std::make_unique<FurtherDecoder>(chunk(), further, sides_);
        if (const Status good = decoder->status(); !good) return good.error();
        return std::unique_ptr<ChunkDecoder>{std::move(decoder)};
    }

    Status decode_further(ColumnSet further, std::size_t rows, Points& out) override {
        assert(keeps_sides_ && rows <= done() && rows <= out.size());
        if (!status() || rows == 0) return status();
        FurtherDecoder decoder{chunk(), further, sides_};
        for (std::size_t row = 0; decoder.status() && row < rows;) row += decoder.fill(out, row, rows - row);
        fail(decoder.status());
        return status();
    }

private:
    Health decode_block(FastChunk& fast, Points& out, std::size_t row, std::uint32_t rows) override {
        std::array<std::uint16_t, kBlockRows> block;
        std::uint16_t* side = block.data();
        if (keeps_sides_) {
            sides_.resize(sides_.size() + rows);
            side = sides_.data() + sides_.size() - rows;
        }
        return fast.decode(out, row, side, rows);
    }

    bool keeps_sides_;
    std::vector<std::uint16_t> sides_;  // of all points but the first, if further columns may be asked for
};

// ---- several chunks -----------------------------------------------------------------------------------------------

/// Chunks of a queue that go through the decoder together.
class Lanes {
public:
    Lanes(const ChunkFormat& format, const wire::Limits& limits, std::span<ChunkJob> jobs)
        : format_{format}, limits_{limits}, jobs_{jobs}, order_(jobs.size()), kernel_{fast::kernel()} {
        for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
        // Largest first, so that no long chunk is left over at the end, alone.
        std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
            return std::pair{rows_of(jobs_[b]), a} < std::pair{rows_of(jobs_[a]), b};
        });
    }

    void run() {
        items_ = LayeredItems::find(format_, 0);
        for (auto& lane : lanes_) refill(lane);
        for (;;) {
            gather();
            if (busy_ == 0) return;
            if (busy_ == 1)
                step_alone(*at_work_[0]);
            else
                step_together();
        }
    }

private:
    struct Lane {
        ChunkJob* job = nullptr;
        std::unique_ptr<FastChunk> chunk;
        std::size_t row = 0;
        std::size_t rows = 0;
    };

    static std::uint64_t rows_of(const ChunkJob& job) { return std::min(job.rows, job.point_count); }

    /// Puts the next chunk into a lane that has none; chunks that cannot be begun are done at once.
    void refill(Lane& lane) {
        while (lane.job == nullptr && next_ < order_.size()) {
            ChunkJob& job = jobs_[order_[next_++]];
            job.status = begin(lane, job);
            if (job.status && lane.row < lane.rows)
                lane.job = &job;
            else if (job.status)
                job.status = end(lane, job);
        }
    }

    Status begin(Lane& lane, ChunkJob& job) {
        Points& out = *job.out;
        assert(out.layout == format_.layout);
        out.resize(0);
        if (!items_) return items_.error();
        if (job.point_count == 0) return Error{Code::bad_value, job.at, "a chunk holds at least one point"};
        const std::uint64_t rows = rows_of(job);
        if (rows > limits_.max_chunk_points)
            return Error{Code::limit_exceeded, job.at, "chunk has more points than may be decoded as a whole"};
        const auto parsed =
            LayeredChunk::parse(*items_, format_.layout, job.bytes, job.at, job.point_count, Consumption::exact);
        if (!parsed) return parsed.error();
        lane.row = lane.rows = static_cast<std::size_t>(rows);
        if (rows == 0) return Ok{};
        if (!lane.chunk) lane.chunk = std::make_unique<FastChunk>(kernel_);
        out.resize(1);
        las::unpack_records(parsed->first_record, out, 0);
        lane.row = 1;
        if (lane.chunk->start(*items_, *parsed, out, out.columns, true) != Health::good) return blame(job, 1);
        return Ok{};
    }

    Status end(Lane& lane, const ChunkJob& job) {
        if (lane.rows == job.point_count && lane.chunk && !lane.chunk->at_end()) return blame(job, lane.rows);
        return Ok{};
    }

    [[nodiscard]] Status blame(const ChunkJob& job, std::uint64_t rows) const {
        return judge(Source{format_, job.bytes, job.at, job.point_count, Consumption::exact}, job.out->columns, rows);
    }

    void gather() {
        busy_ = 0;
        for (auto& lane : lanes_)
            if (lane.job != nullptr) at_work_[busy_++] = &lane;
    }

    void step_alone(Lane& lane) {
        const std::uint32_t rows = make_room(lane, block_rows(lane.rows - lane.row));
        finish_block(lane, rows, lane.chunk->decode(*lane.job->out, lane.row, sides_.data(), rows));
    }

    void step_together() {
        std::uint32_t rows = kBlockRows;
        for (std::size_t i = 0; i < busy_; ++i)
            rows = std::min(rows, make_room(*at_work_[i], block_rows(at_work_[i]->rows - at_work_[i]->row)));
        std::array<void*, fast::kMaxLanes> states;
        std::array<fast::ColumnPointers, fast::kMaxLanes> outs;
        std::array<Health, fast::kMaxLanes> health;
        for (std::size_t i = 0; i < busy_; ++i) {
            states[i] = at_work_[i]->chunk->state();
            outs[i] = at_work_[i]->chunk->prepare(*at_work_[i]->job->out, at_work_[i]->row, rows);
        }
        kernel_.decode_lanes(states.data(), outs.data(), busy_, rows, health.data());
        for (std::size_t i = 0; i < busy_; ++i) finish_block(*at_work_[i], rows, health[i]);
    }

    /// Grows the columns if need be. Gives how many of `rows` there is room for.
    static std::uint32_t make_room(Lane& lane, std::uint32_t rows) {
        Points& out = *lane.job->out;
        if (lane.row == out.size()) out.resize(lane.row + std::min(lane.rows - lane.row, growth(out, lane.row)));
        return static_cast<std::uint32_t>(std::min<std::size_t>(rows, out.size() - lane.row));
    }

    void finish_block(Lane& lane, std::uint32_t rows, Health health) {
        lane.row += rows;
        if (health != Health::good)
            lane.job->status = blame(*lane.job, lane.row);
        else if (lane.row < lane.rows)
            return;
        else
            lane.job->status = end(lane, *lane.job);
        lane.job = nullptr;
        refill(lane);
    }

    const ChunkFormat& format_;
    const wire::Limits& limits_;
    std::span<ChunkJob> jobs_;
    std::vector<std::size_t> order_;
    std::size_t next_ = 0;
    const fast::Kernel& kernel_;
    Result<LayeredItems> items_{LayeredItems{}};
    std::array<Lane, fast::kMaxLanes> lanes_;
    std::array<Lane*, fast::kMaxLanes> at_work_{};
    std::size_t busy_ = 0;
    std::array<std::uint16_t, kBlockRows> sides_;
};

}  // namespace

Result<std::unique_ptr<ChunkDecoder>> make_layered_decoder(const ChunkFormat& format, ByteView bytes, FileOffset at,
                                                           std::uint64_t point_count, ColumnSet columns,
                                                           Consumption consumption, Steps steps) {
    const auto items = LayeredItems::find(format, at);
    if (!items) return items.error();
    auto parsed = LayeredChunk::parse(*items, format.layout, bytes, at, point_count, consumption);
    if (!parsed) return parsed.error();
    auto chunk = std::make_shared<const OpenChunk>(
        OpenChunk{{format, bytes, at, point_count, consumption}, *items, std::move(*parsed)});
    auto decoder = std::make_unique<LayeredFastDecoder>(std::move(chunk), columns, steps);
    if (const Status status = decoder->status(); !status) return status.error();
    return std::unique_ptr<ChunkDecoder>{std::move(decoder)};
}

void decode_layered_chunks(const ChunkFormat& format, std::span<ChunkJob> jobs, const wire::Limits& limits) {
    Lanes{format, limits, jobs}.run();
}

}  // namespace copse::laz
