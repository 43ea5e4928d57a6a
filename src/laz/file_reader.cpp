// Whole files: LAS or LAZ, whichever it is.
#include <algorithm>
#include <optional>
#include <utility>

#include "copse/laz.hpp"
#include "laz/file_info.hpp"
#include "laz/point_stream.hpp"

namespace copse::laz {
namespace {

std::vector<las::PointBlock> blocks_of(const ChunkTable& table) {
    std::vector<las::PointBlock> blocks;
    blocks.reserve(table.chunks.size());
    std::uint64_t first = 0;
    for (const ChunkEntry& chunk : table.chunks) {
        blocks.push_back({first, chunk.point_count, {chunk.offset, chunk.size}});
        first += chunk.point_count;
    }
    return blocks;
}

/// A block that is decoded slice by slice; undoes compatibility mode on the way.
class ChunkSlices final : public las::BlockStream {
public:
    ChunkSlices(Bytes bytes, std::unique_ptr<ChunkDecoder> decoder, const las::CompatibilityPlan* plan)
        : bytes_{std::move(bytes)}, decoder_{std::move(decoder)}, plan_{plan} {}

    Status next(std::size_t max_rows, las::Points& out) override {
        const auto rows = static_cast<std::size_t>(std::min<std::uint64_t>(max_rows, decoder_->remaining()));
        if (rows == 0) return Ok{};
        if (plan_ == nullptr) {
            const auto before = out.size();
            auto good = decoder_->decode(rows, out);
            if (!good) out.resize(before);
            return good;
        }
        las::Points stored{plan_->stored, las::ColumnSet::all()};
        if (const auto good = decoder_->decode(rows, stored); !good) return good;
        las::restore_points(*plan_, stored);
        out.append(stored, 0, stored.size());
        return Ok{};
    }

private:
    Bytes bytes_;  // the decoder refers to them
    std::unique_ptr<ChunkDecoder> decoder_;
    const las::CompatibilityPlan* plan_;
};

class LazReader final : public las::PointReader {
public:
    LazReader(wire::Source& source, las::FileInfo info, const StoredPoints& stored, const las::OpenOptions& options)
        : source_{&source},
          info_{std::move(info)},
          format_{ChunkFormat::from(stored.record, stored.layout)},
          limits_{options.limits} {
        if (options.compatibility == las::Compatibility::restore) plan_ = las::find_compatibility(info_);
    }

    /// Chooses how the points are found. Before it nothing can be read.
    Status start() {
        auto table = read_chunk_table(*source_, info_, limits_);
        if (!table) return table.error();
        blocks_ = blocks_of(*table);
        StreamContext context{
            source_, format_, info_.header.offset_to_point_data, info_.header.point_count(), table->record.chunk_size,
            limits_};
        const auto stream = choose_stream(*table, std::move(context));
        if (plan_) las::restore_info(*plan_, info_);
        return stream;
    }

    [[nodiscard]] const las::FileInfo& info() const override { return info_; }
    [[nodiscard]] std::span<const las::PointBlock> blocks() const override { return blocks_; }

    Status read_next(std::size_t max_rows, las::Points& out) override {
        assert(out.layout == info_.layout);
        if (status_) status_ = plan_ ? read_restored(max_rows, out) : stream_->next(max_rows, out);
        return status_;
    }

    Status read_block(std::size_t index, las::Points& out) const override {
        assert(index < blocks_.size() && out.layout == info_.layout);
        const auto& block = blocks_[index];
        const auto bytes = read_chunk(*source_, block.bytes, limits_);
        if (!bytes) return bytes.error();
        if (!plan_) return decode(*bytes, block, out);

        las::Points stored{plan_->stored, las::ColumnSet::all()};
        if (const auto good = decode(*bytes, block, stored); !good) return good;
        las::restore_points(*plan_, stored);
        out.resize(0);
        out.append(stored, 0, stored.size());
        return Ok{};
    }

    void read_blocks(std::span<las::BlockJob> jobs) const override {
        if (plan_) return PointReader::read_blocks(jobs);
        std::vector<Bytes> bytes(jobs.size());
        std::vector<ChunkJob> chunks;
        std::vector<std::size_t> job_of;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            assert(jobs[i].index < blocks_.size() && jobs[i].out->layout == info_.layout);
            const auto& block = blocks_[jobs[i].index];
            auto read = read_chunk(*source_, block.bytes, limits_);
            if (!read) {
                jobs[i].status = read.error();
                continue;
            }
            bytes[i] = *std::move(read);
            chunks.push_back({bytes[i], block.bytes.offset, block.point_count, jobs[i].out, block.point_count});
            job_of.push_back(i);
        }
        decode_chunks(format_, chunks, limits_);
        for (std::size_t c = 0; c < chunks.size(); ++c) jobs[job_of[c]].status = chunks[c].status;
    }

    Result<std::unique_ptr<las::BlockStream>> open_block(std::size_t index, las::ColumnSet columns) const override {
        assert(index < blocks_.size());
        const auto& block = blocks_[index];
        auto bytes = read_chunk(*source_, block.bytes, limits_);
        if (!bytes) return bytes.error();
        auto decoder =
            open_chunk(format_, *bytes, block.bytes.offset, block.point_count, plan_ ? las::ColumnSet::all() : columns);
        if (!decoder) return decoder.error();
        // Moving a vector does not move its bytes.
        return std::unique_ptr<las::BlockStream>{
            std::make_unique<ChunkSlices>(*std::move(bytes), *std::move(decoder), plan_ ? &*plan_ : nullptr)};
    }

private:
    Status choose_stream(const ChunkTable& table, StreamContext context) {
        const Compressor compressor = table.record.compressor;
        if (compressor == Compressor::none) {
            stream_ = make_stored_stream(std::move(context));
            return Ok{};
        }
        if (compressor == Compressor::point_wise) {
            context.chunk_size = kVariableChunks;  // there is one chunk, whatever the record says
            stream_ = make_pointwise_stream(std::move(context));
            return Ok{};
        }
        context.begin += sizeof(std::int64_t);  // behind the position of the table
        if (table.table_at != 0 || context.point_count == 0) {
            stream_ = make_table_stream(std::move(context), blocks_);
            return Ok{};
        }
        if (compressor == Compressor::layered_chunked) {
            stream_ = make_layered_stream(std::move(context));
        } else if (!table.record.variable_chunks()) {
            stream_ = make_pointwise_stream(std::move(context));
        } else {
            return Error{Code::bad_value, info_.header.offset_to_point_data,
                         "the chunk table is missing, and nothing else tells how many points the chunks have"};
        }
        info_.warnings.emplace_back("the chunk table is missing; the chunks are read one after the other");
        return Ok{};
    }

    Status decode(ByteView bytes, const las::PointBlock& block, las::Points& out) const {
        return decode_chunk(format_, bytes, block.bytes.offset, block.point_count, out, block.point_count, limits_);
    }

    Status read_restored(std::size_t rows, las::Points& out) {
        constexpr std::size_t kRowsAtOnce = 32768;
        while (rows != 0) {
            las::Points stored{plan_->stored, las::ColumnSet::all()};
            if (const auto good = stream_->next(std::min(rows, kRowsAtOnce), stored); !good) return good;
            if (stored.size() == 0) return Ok{};
            rows -= stored.size();
            las::restore_points(*plan_, stored);
            out.append(stored, 0, stored.size());
        }
        return Ok{};
    }

    wire::Source* source_;
    las::FileInfo info_;
    ChunkFormat format_;
    wire::Limits limits_;
    std::optional<las::CompatibilityPlan> plan_;
    std::vector<las::PointBlock> blocks_;
    std::unique_ptr<PointStream> stream_;
    Status status_ = Ok{};  // of the sequence: after an error it does not go on
};

}  // namespace

Result<std::unique_ptr<las::PointReader>> open(wire::Source& source, const las::OpenOptions& options) {
    auto info = las::read_file_info(source, options);
    if (!info) return info.error();
    const bool compressed =
        info->header.marked_compressed() || las::find_vlr(info->vlrs, kVlrUserId, kVlrRecordId) != nullptr;
    if (!compressed) return las::open_las(source, options);

    const auto stored = find_stored_points(*info);
    if (!stored) return stored.error();
    auto reader = std::make_unique<LazReader>(source, *std::move(info), *stored, options);
    if (const auto good = reader->start(); !good) return good.error();
    return std::unique_ptr<las::PointReader>{std::move(reader)};
}

}  // namespace copse::laz
