// The fast decoder of point-wise chunks: what fast/ decodes, with the errors of the plain decoder, which goes over a
// chunk again when the kernel says that something is wrong with it.
#include <algorithm>
#include <array>
#include <cassert>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "laz/codecs.hpp"
#include "laz/fast/dispatch.hpp"
#include "laz/fast/pointwise_kernel.hpp"
#include "laz/layered_fast_chunk.hpp"

namespace copse::laz {
namespace {

using fast::Health;
using fast::kBlockRows;
using las::ColumnSet;
using las::Points;

/// Columns are grown by the rows of a chunk of usual size, unless they are long ones, or by as many rows as there are:
/// a short chunk that claims many points must not take memory for them.
constexpr std::size_t kGrowthRows = 65536;
constexpr std::size_t kGrowthBytes = std::size_t{16} << 20;

std::size_t growth(const Points& out, std::size_t rows_so_far) {
    const std::size_t rows = std::min(kGrowthRows, kGrowthBytes / out.layout.record_length);
    return std::max({rows_so_far, rows, std::size_t{kBlockRows}});
}

std::uint32_t block_rows(std::uint64_t rows) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(rows, kBlockRows));
}

/// Whether the kernels know the items: those of the format, in version 2.
bool is_for_kernels(const ChunkFormat& format) {
    if (format.layout.format > 5 || format.layout.record_length < las::base_record_length(format.layout.format))
        return false;
    return std::ranges::equal(
        format.items, ChunkFormat::for_layout(format.layout).items, [](const Item& item, const Item& known) {
            const bool version = item.version == 2 || (item.type == ItemType::wave_packet13 && item.version == 1);
            return item.type == known.type && item.size == known.size && version;
        });
}

/// Everything that a chunk is decoded with, for whoever needs it again.
struct Source {
    ChunkFormat format;
    ByteView bytes;
    FileOffset at = 0;
    std::uint64_t point_count = 0;
};

/// What the plain decoder makes of a chunk's first `rows` points, from the point of view of its errors.
Status judge(const Source& source, std::uint64_t rows) {
    auto decoder = make_pointwise_reference_decoder(source.format, source.bytes, source.at, source.point_count,
                                                    Consumption::exact);
    if (!decoder) return decoder.error();
    Points scratch{source.format.layout, ColumnSet::xy()};
    while (rows != 0) {
        scratch.resize(0);
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(rows, growth(scratch, 0)));
        if (const Status status = (*decoder)->decode(part, scratch); !status) return status;
        rows -= part;
    }
    return Error{Code::bad_value, source.at, "point-wise chunk: the fast decoder and the plain one disagree"};
}

/// One chunk on its way through the kernel: its string in padded memory, its models, and where its points go. What it
/// has learnt to hold it keeps for the next chunk.
class PointwiseFastChunk {
public:
    explicit PointwiseFastChunk(const fast::PointwiseKernel& kernel)
        : kernel_{&kernel}, state_{::operator new(kernel.state_size, kAlignment)} {}

    /// Begins with a chunk, before its second point.
    [[nodiscard]] Health start(const las::PointLayout& layout, ByteView chunk) {
        if (chunk.size() < layout.record_length) return Health::damaged;
        record_length_ = layout.record_length;
        size_ = chunk.size();
        bytes_.resize(size_ + fast::kPadding);
        std::copy(chunk.begin(), chunk.end(), bytes_.begin());
        extra_columns_.resize(record_length_ - las::base_record_length(layout.format));

        models_.reset();
        fast::PointwiseInput input;
        input.memory = models_.door();
        input.first = begin();
        input.coded = {begin() + record_length_, begin() + size_};
        input.gps_time = las::has_gps_time(layout.format);
        input.rgb = las::has_rgb(layout.format);
        input.wave = las::has_waveform(layout.format);
        input.extra_count = extra_columns_.size();
        return kernel_->start(state_.get(), input);
    }

    /// Where rows from `row` on go, after the columns that are not coded are filled. Those that nobody wants go to
    /// a place of their own: the items of a point follow each other, so none can be left out.
    [[nodiscard]] fast::ColumnPointers prepare(Points& out, std::size_t row, std::uint32_t rows) {
        fast::ColumnPointers to;
        to.x = out.x.data() + row;
        to.y = out.y.data() + row;
        to.returns = out.returns.data() + row;
        std::fill_n(out.channel.data() + row, rows, std::uint8_t{0});
        const auto place = [&](std::uint32_t column, auto& values, auto*& pointer) {
            using Value = std::remove_reference_t<decltype(*pointer)>;
            pointer = out.columns.has(column) ? values.data() + row : reinterpret_cast<Value*>(unwanted_.data());
        };
        place(ColumnSet::z, out.z, to.z);
        place(ColumnSet::intensity, out.intensity, to.intensity);
        place(ColumnSet::classification, out.classification, to.classification);
        place(ColumnSet::flags, out.flags, to.flags);
        place(ColumnSet::scan_angle, out.scan_angle, to.scan_angle);
        place(ColumnSet::user_data, out.user_data, to.user_data);
        place(ColumnSet::point_source_id, out.point_source_id, to.point_source);
        place(ColumnSet::gps_time, out.gps_time, to.gps_time);
        if (!las::has_gps_time(out.layout.format)) std::fill_n(to.gps_time, rows, 0.0);
        place(ColumnSet::rgb, out.red, to.red);
        place(ColumnSet::rgb, out.green, to.green);
        place(ColumnSet::rgb, out.blue, to.blue);
        static_assert(sizeof(las::WavePacket) == sizeof *to.wave);
        to.wave = reinterpret_cast<std::uint8_t(*)[29]>(unwanted_.data());
        if (out.columns.has(ColumnSet::wave)) to.wave = reinterpret_cast<std::uint8_t(*)[29]>(out.wave.data() + row);
        for (std::size_t k = 0; k < extra_columns_.size(); ++k)
            extra_columns_[k] = out.columns.has_extra(static_cast<unsigned>(k))
                                    ? out.extra[k].data() + row
                                    : reinterpret_cast<std::uint8_t*>(unwanted_.data());
        to.extra = extra_columns_.data();
        return to;
    }

    [[nodiscard]] Health decode(Points& out, std::size_t row, std::uint32_t rows) {
        const fast::ColumnPointers to = prepare(out, row, rows);
        void* const state = state_.get();
        Health health = Health::good;
        kernel_->decode(&state, &to, 1, rows, &health);
        return health;
    }

    [[nodiscard]] void* state() { return state_.get(); }
    /// The record of the first point.
    [[nodiscard]] ByteView first_record() const { return ByteView{bytes_}.first(record_length_); }
    /// Bytes of the chunk that have been used.
    [[nodiscard]] std::uint64_t consumed() const {
        return static_cast<std::uint64_t>(kernel_->position(state_.get()) - begin());
    }
    [[nodiscard]] bool at_end() const { return consumed() == size_; }

private:
    static constexpr std::align_val_t kAlignment{64};
    struct Free {
        void operator()(void* state) const { ::operator delete(state, kAlignment); }
    };
    [[nodiscard]] const std::uint8_t* begin() const { return reinterpret_cast<const std::uint8_t*>(bytes_.data()); }

    const fast::PointwiseKernel* kernel_;
    std::unique_ptr<void, Free> state_;
    ModelMemory models_;
    std::size_t record_length_ = 0;
    std::size_t size_ = 0;
    Bytes bytes_;  // the chunk, and kPadding
    std::vector<std::uint8_t*> extra_columns_;
    alignas(64) std::array<std::byte, sizeof(las::WavePacket) * kBlockRows> unwanted_;
};

class PointwiseFastDecoder final : public ChunkDecoder {
public:
    explicit PointwiseFastDecoder(Source source)
        : source_{std::move(source)}, remaining_{source_.point_count}, chunk_{*fast::kernel().pointwise} {
        if (chunk_.start(source_.format.layout, source_.bytes) != Health::good) failed_ = judge(source_, 0);
    }

    [[nodiscard]] Status status() const { return failed_; }
    [[nodiscard]] std::uint64_t remaining() const override { return remaining_; }
    [[nodiscard]] std::uint64_t consumed() const override { return chunk_.consumed(); }

    Status decode(std::size_t rows, Points& out) override {
        assert(out.layout == source_.format.layout);
        const std::size_t from = out.size();
        const std::size_t end = from + static_cast<std::size_t>(std::min<std::uint64_t>(rows, remaining_));
        for (std::size_t row = from; failed_ && row < end;) {
            if (row == out.size()) out.resize(row + std::min(end - row, growth(out, row - from)));
            const std::uint32_t count = decoded() == 0 ? 1 : block_rows(out.size() - row);
            bool good = true;
            if (decoded() == 0)
                las::unpack_records(chunk_.first_record(), out, row);
            else
                good = chunk_.decode(out, row, count) == Health::good;
            row += count;
            remaining_ -= count;
            if (!good || (remaining_ == 0 && !chunk_.at_end())) failed_ = judge(source_, decoded());
        }
        if (!failed_) remaining_ = 0;
        return failed_;
    }

private:
    [[nodiscard]] std::uint64_t decoded() const { return source_.point_count - remaining_; }

    Source source_;
    Status failed_{Ok{}};
    std::uint64_t remaining_;
    PointwiseFastChunk chunk_;
};

// ---- several chunks -----------------------------------------------------------------------------------------------

/// Chunks of a queue that go through the decoder together.
class PointwiseLanes {
public:
    PointwiseLanes(const ChunkFormat& format, const wire::Limits& limits, std::span<ChunkJob> jobs)
        : format_{format}, limits_{limits}, jobs_{jobs}, kernel_{*fast::kernel().pointwise} {
        for (std::size_t i = 0; i < jobs.size(); ++i)
            if (!jobs[i].take) order_.push_back(i);
        // Largest first, so that no long chunk is left over at the end, alone.
        std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
            return std::pair{rows_of(jobs_[b]), a} < std::pair{rows_of(jobs_[a]), b};
        });
    }

    void run() {
        for (auto& lane : lanes_) refill(lane);
        for (;;) {
            gather();
            if (busy_ == 0) return;
            step();
        }
    }

private:
    struct Lane {
        ChunkJob* job = nullptr;
        std::unique_ptr<PointwiseFastChunk> chunk;
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
        if (job.point_count == 0) return Error{Code::bad_value, job.at, "a chunk holds at least one point"};
        const std::uint64_t rows = rows_of(job);
        if (rows > limits_.max_chunk_points)
            return Error{Code::limit_exceeded, job.at, "chunk has more points than may be decoded as a whole"};
        if (!lane.chunk) lane.chunk = std::make_unique<PointwiseFastChunk>(kernel_);
        if (lane.chunk->start(format_.layout, job.bytes) != Health::good) return blame(job, 0);
        lane.rows = static_cast<std::size_t>(rows);
        lane.row = std::min<std::size_t>(1, lane.rows);
        out.resize(lane.row);
        if (rows != 0) las::unpack_records(lane.chunk->first_record(), out, 0);
        return Ok{};
    }

    Status end(const Lane& lane, const ChunkJob& job) {
        if (lane.rows == job.point_count && !lane.chunk->at_end()) return blame(job, lane.rows);
        return Ok{};
    }

    [[nodiscard]] Status blame(const ChunkJob& job, std::uint64_t rows) const {
        return judge(Source{format_, job.bytes, job.at, job.point_count}, rows);
    }

    void gather() {
        busy_ = 0;
        for (auto& lane : lanes_)
            if (lane.job != nullptr) at_work_[busy_++] = &lane;
    }

    /// A block of every lane that has work.
    void step() {
        std::uint32_t rows = kBlockRows;
        for (std::size_t i = 0; i < busy_; ++i)
            rows = std::min(rows, make_room(*at_work_[i], block_rows(at_work_[i]->rows - at_work_[i]->row)));
        std::array<void*, fast::kMaxPointwiseLanes> states;
        std::array<fast::ColumnPointers, fast::kMaxPointwiseLanes> outs;
        std::array<Health, fast::kMaxPointwiseLanes> health;
        for (std::size_t i = 0; i < busy_; ++i) {
            states[i] = at_work_[i]->chunk->state();
            outs[i] = at_work_[i]->chunk->prepare(*at_work_[i]->job->out, at_work_[i]->row, rows);
        }
        kernel_.decode(states.data(), outs.data(), busy_, rows, health.data());
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
    const fast::PointwiseKernel& kernel_;
    std::array<Lane, fast::kMaxPointwiseLanes> lanes_;
    std::array<Lane*, fast::kMaxPointwiseLanes> at_work_{};
    std::size_t busy_ = 0;
};

/// A chunk whose rows are not kept.
Status hand_on(const ChunkFormat& format, ChunkJob& job) {
    auto decoder = open_chunk(format, job.bytes, job.at, job.point_count, job.out->columns);
    if (!decoder) return decoder.error();
    for (auto left = std::min(job.rows, job.point_count); left != 0; left -= job.out->size()) {
        job.out->resize(0);
        if (const Status status = (*decoder)->decode(block_rows(left), *job.out); !status) return status;
        if (!job.take(*job.out)) return Ok{};
    }
    return Ok{};
}

}  // namespace

Result<std::unique_ptr<ChunkDecoder>> make_pointwise_decoder(const ChunkFormat& format, ByteView bytes, FileOffset at,
                                                             std::uint64_t point_count, Consumption consumption) {
    if (consumption == Consumption::open || !is_for_kernels(format))
        return make_pointwise_reference_decoder(format, bytes, at, point_count, consumption);
    auto decoder = std::make_unique<PointwiseFastDecoder>(Source{format, bytes, at, point_count});
    if (const Status status = decoder->status(); !status) return status.error();
    return std::unique_ptr<ChunkDecoder>{std::move(decoder)};
}

void decode_pointwise_chunks(const ChunkFormat& format, std::span<ChunkJob> jobs, const wire::Limits& limits) {
    const bool together = is_for_kernels(format);
    if (together) PointwiseLanes{format, limits, jobs}.run();
    for (ChunkJob& job : jobs) {
        if (job.take)
            job.status = hand_on(format, job);
        else if (!together)
            job.status = decode_chunk(format, job.bytes, job.at, job.point_count, *job.out, job.rows, limits);
    }
}

}  // namespace copse::laz
