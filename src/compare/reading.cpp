#include "compare/reading.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

namespace copse::compare {
namespace {

constexpr FileOffset kLegacyCountAt = 107;
constexpr FileOffset kCountAt = 247;

/// Blocks of more points are read in sequence instead, in slices.
constexpr std::uint64_t kMostBlockPoints = 1u << 18;
constexpr std::size_t kSliceRows = 1u << 16;
/// Of a point in columns, over the bytes of its record: fields that share bytes there, and colours that are added.
constexpr std::uint64_t kColumnOverhead = 24;
/// What a decoder keeps for a block.
constexpr std::uint64_t kDecoderBytes = 1u << 20;
/// More are not decoded faster.
constexpr std::size_t kMostBlocks = 6;
/// Between two looks at the progress callback, for each thread.
constexpr std::size_t kPiecesPerThread = 16;
constexpr std::uint64_t kPointsPerThread = 1u << 21;

Result<std::unique_ptr<las::PointReader>> open_reader(const Input& input, const wire::Limits& limits) {
    const las::OpenOptions options{las::Compatibility::restore, limits};
    return input.open ? input.open(options) : laz::open(*input.source, options);
}

Failure failure_of(const Input& input, const Error& error) { return {file_of(error, input.name), error}; }

bool by_blocks(const las::PointReader& reader) {
    const auto blocks = reader.blocks();
    return !blocks.empty() && std::all_of(blocks.begin(), blocks.end(),
                                          [](const auto& block) { return block.point_count <= kMostBlockPoints; });
}

/// What decoding the largest piece of a file takes: points in columns and the bytes they come from.
std::uint64_t piece_bytes(const las::PointReader& reader) {
    const auto point = reader.info().layout.record_length + kColumnOverhead;
    std::uint64_t most = by_blocks(reader) ? 0 : kSliceRows * point;
    for (const auto& block : reader.blocks())
        most = std::max(most, std::min<std::uint64_t>(block.point_count, kMostBlockPoints) * point + block.bytes.size);
    return most + kDecoderBytes;
}

FileFacts facts_of(const las::PointReader& reader) {
    const auto& info = reader.info();
    FileFacts facts;
    facts.points = info.header.point_count();
    facts.piece_bytes = piece_bytes(reader);
    facts.extended_header = info.header.version_minor >= 4;
    facts.layout = info.layout;
    facts.time_kind = las::declared_gps_time_kind(info.header);
    for (std::size_t axis = 0; axis < 3; ++axis)
        facts.scaling[axis] = {info.header.scale[axis], info.header.offset[axis]};
    facts.extra = las::normalised(info.extra).dimensions;
    return facts;
}

/// Something that one call reads: some neighbouring blocks, or a whole file.
struct Piece {
    std::size_t file = 0;
    std::shared_ptr<las::PointReader> reader;
    std::size_t first_block = 0, last_block = 0;
    std::uint64_t points = 0;
};

/// Columns for the points of calls: each has some for itself, which the next one takes on.
class PointsPool {
public:
    using Buffers = std::vector<las::Points>;
    Buffers take() {
        const std::lock_guard lock{mutex_};
        if (free_.empty()) return {};
        auto buffers = std::move(free_.back());
        free_.pop_back();
        return buffers;
    }
    void give_back(Buffers buffers) {
        const std::lock_guard lock{mutex_};
        free_.push_back(std::move(buffers));
    }

private:
    std::mutex mutex_;
    std::vector<Buffers> free_;
};

/// Makes columns ready for so many points of a layout. Columns that are too short are given up: they would grow to
/// twice what is needed.
void make_ready(las::Points& points, const las::PointLayout& layout, std::uint64_t count) {
    las::Points fresh{layout, las::ColumnSet::all()};
    const bool fits = points.x.capacity() >= count && points.wave.empty() && !las::has_waveform(layout.format) &&
                      points.layout.extra_bytes() == layout.extra_bytes() &&
                      points.layout.format == las::copc_format_for(layout.format);
    if (fits) {
        points.layout = layout;
        points.columns = fresh.columns;
    } else {
        points = std::move(fresh);
    }
}

class Reading {
public:
    Reading(const ReadContext& context, const ReadPlan& plan, const std::function<void(std::size_t, las::Points&)>& use)
        : context_{context}, plan_{plan}, use_{use}, rows_(context.inputs.size()) {
        const std::size_t threads = context.executor->concurrency();
        most_pieces_ = plan.calls < threads ? plan.calls : threads * kPiecesPerThread;
        most_points_ = kPointsPerThread * threads;
        for (const auto& facts : context.facts) total_ += facts.points;
    }

    std::optional<Failure> run() {
        report();
        for (std::size_t file = 0; file < context_.inputs.size(); ++file)
            if (auto failure = add_file(file)) return failure;
        if (auto failure = flush()) return failure;
        for (std::size_t file = 0; file < rows_.size(); ++file)
            if (rows_[file] != context_.facts[file].points)
                return Failure{context_.inputs[file].name,
                               {Code::bad_value, context_.facts[file].extended_header ? kCountAt : kLegacyCountAt,
                                "the points of the file are not as many as its header declares", 0}};
        return std::nullopt;
    }

private:
    void report() const {
        if (*context_.progress) (*context_.progress)(context_.stage, std::min(done_, total_), total_);
    }

    std::optional<Failure> add_file(std::size_t file) {
        auto opened = open_reader(context_.inputs[file], context_.limits);
        if (!opened) return failure_of(context_.inputs[file], opened.error());
        const std::shared_ptr<las::PointReader> reader = *std::move(opened);
        if (!by_blocks(*reader)) return add_piece({file, reader, 0, 0, context_.facts[file].points});
        const auto blocks = reader->blocks();
        for (std::size_t first = 0; first < blocks.size(); first += plan_.blocks) {
            Piece piece{file, reader, first, std::min(first + plan_.blocks, blocks.size()), 0};
            for (auto block = first; block < piece.last_block; ++block) piece.points += blocks[block].point_count;
            if (auto failure = add_piece(std::move(piece))) return failure;
        }
        return std::nullopt;
    }

    std::optional<Failure> add_piece(Piece piece) {
        pending_ += std::min(piece.points, most_points_);
        pieces_.push_back(std::move(piece));
        return pieces_.size() >= most_pieces_ || pending_ >= most_points_ ? flush() : std::nullopt;
    }

    Status read_blocks(const Piece& piece, PointsPool::Buffers& buffers, std::uint64_t& rows) const {
        const auto& reader = *piece.reader;
        const auto count = piece.last_block - piece.first_block;
        if (buffers.size() < count) buffers.resize(count);
        std::vector<las::BlockJob> jobs(count);
        for (std::size_t i = 0; i < count; ++i) {
            make_ready(buffers[i], reader.info().layout, reader.blocks()[piece.first_block + i].point_count);
            jobs[i] = {piece.first_block + i, &buffers[i]};
        }
        reader.read_blocks(jobs);
        for (auto& job : jobs) {
            if (!job.status) return job.status;
            rows += job.out->size();
            use_(piece.file, *job.out);
        }
        return Ok{};
    }

    Status read_in_sequence(const Piece& piece, PointsPool::Buffers& buffers, std::uint64_t& rows) const {
        if (buffers.empty()) buffers.resize(1);
        auto& points = buffers[0];
        for (;;) {
            make_ready(points, piece.reader->info().layout, kSliceRows);
            points.resize(0);
            if (const auto status = piece.reader->read_next(kSliceRows, points); !status) return status;
            if (points.size() == 0) return Ok{};
            rows += points.size();
            use_(piece.file, points);
        }
    }

    Status read(const Piece& piece, std::uint64_t& rows) {
        auto buffers = pool_.take();
        const auto status =
            piece.last_block != 0 ? read_blocks(piece, buffers, rows) : read_in_sequence(piece, buffers, rows);
        pool_.give_back(std::move(buffers));
        return status;
    }

    std::optional<Failure> flush() {
        struct Outcome {
            Status status = Ok{};
            std::uint64_t rows = 0;
        };
        std::vector<Outcome> outcomes(pieces_.size());
        context_.executor->for_each(pieces_.size(),
                                    [&](std::size_t i) { outcomes[i].status = read(pieces_[i], outcomes[i].rows); });
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            if (!outcomes[i].status) return failure_of(context_.inputs[pieces_[i].file], outcomes[i].status.error());
            rows_[pieces_[i].file] += outcomes[i].rows;
            done_ += outcomes[i].rows;
        }
        pieces_.clear();
        pending_ = 0;
        report();
        return std::nullopt;
    }

    const ReadContext& context_;
    const ReadPlan& plan_;
    const std::function<void(std::size_t, las::Points&)>& use_;
    PointsPool pool_;
    std::vector<std::uint64_t> rows_;
    std::vector<Piece> pieces_;
    std::size_t most_pieces_ = 1;
    std::uint64_t most_points_ = 1, pending_ = 0, done_ = 0, total_ = 0;
};

}  // namespace

std::optional<Failure> look_at(std::span<const Input> inputs, const wire::Limits& limits, wire::Executor& executor,
                               std::vector<FileFacts>& out) {
    out.clear();
    out.resize(inputs.size());
    std::vector<Status> statuses(inputs.size(), Ok{});
    executor.for_each(inputs.size(), [&](std::size_t i) {
        const auto reader = open_reader(inputs[i], limits);
        if (reader)
            out[i] = facts_of(**reader);
        else
            statuses[i] = reader.error();
    });
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (!statuses[i]) return failure_of(inputs[i], statuses[i].error());
    return std::nullopt;
}

ReadPlan plan_reading(std::uint64_t bytes, std::uint64_t block_bytes, std::uint64_t call_bytes, std::size_t threads) {
    ReadPlan plan;
    plan.calls = static_cast<std::size_t>(std::min<std::uint64_t>(bytes / (block_bytes + call_bytes), threads));
    if (plan.calls == 0) return plan;
    const auto each = bytes / plan.calls - call_bytes;
    plan.blocks = static_cast<std::size_t>(std::min<std::uint64_t>(each / block_bytes, kMostBlocks));
    plan.call_bytes = plan.blocks * block_bytes + call_bytes;
    return plan;
}

std::optional<Failure> for_each_block(const ReadContext& context, const ReadPlan& plan,
                                      const std::function<void(std::size_t file, las::Points&)>& use) {
    return Reading{context, plan, use}.run();
}

}  // namespace copse::compare
