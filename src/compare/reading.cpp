#include "compare/reading.hpp"

#include <algorithm>
#include <memory>
#include <numeric>

namespace copse::compare {
namespace {

constexpr FileOffset kLegacyCountAt = 107;
constexpr FileOffset kCountAt = 247;

/// Blocks of more points are read in sequence instead, in slices.
constexpr std::uint64_t kMostBlockPoints = 1u << 18;
constexpr std::size_t kSliceRows = 1u << 16;
/// Of a point in columns, over the bytes of its record: fields that share bytes there, and colours that are added.
constexpr std::uint64_t kColumnOverhead = 24;
/// Pieces between two looks at the progress callback, for each thread.
constexpr std::size_t kPiecesPerThread = 16;
constexpr std::uint64_t kPointsPerThread = 1u << 20;

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
    return most;
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

/// Something that one call reads: a block, or a whole file.
struct Piece {
    std::size_t file = 0;
    std::shared_ptr<las::PointReader> reader;
    std::optional<std::size_t> block;
};

class Reading {
public:
    Reading(const ReadContext& context, std::size_t at_once, const std::function<void(std::size_t, las::Points&)>& use)
        : context_{context}, use_{use}, rows_(context.inputs.size()) {
        const std::size_t threads = context.executor->concurrency();
        most_pieces_ = at_once < threads ? at_once : threads * kPiecesPerThread;
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
        if (!by_blocks(*reader)) return add_piece({file, reader, std::nullopt}, context_.facts[file].points);
        const auto blocks = reader->blocks();
        for (std::size_t block = 0; block < blocks.size(); ++block)
            if (auto failure = add_piece({file, reader, block}, blocks[block].point_count)) return failure;
        return std::nullopt;
    }

    std::optional<Failure> add_piece(Piece piece, std::uint64_t points) {
        pieces_.push_back(std::move(piece));
        pending_ += std::min(points, most_points_);
        return pieces_.size() >= most_pieces_ || pending_ >= most_points_ ? flush() : std::nullopt;
    }

    Status read(const Piece& piece, std::uint64_t& rows) const {
        auto& reader = *piece.reader;
        if (piece.block) {
            las::Points points{reader.info().layout, las::ColumnSet::all()};
            if (const auto status = reader.read_block(*piece.block, points); !status) return status;
            rows = points.size();
            use_(piece.file, points);
            return Ok{};
        }
        for (;;) {
            las::Points points{reader.info().layout, las::ColumnSet::all()};
            if (const auto status = reader.read_next(kSliceRows, points); !status) return status;
            if (points.size() == 0) return Ok{};
            rows += points.size();
            use_(piece.file, points);
        }
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
    const std::function<void(std::size_t, las::Points&)>& use_;
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

std::optional<Failure> for_each_block(const ReadContext& context, std::size_t at_once,
                                      const std::function<void(std::size_t, las::Points&)>& use) {
    return Reading{context, at_once, use}.run();
}

}  // namespace copse::compare
