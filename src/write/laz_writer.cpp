#include <algorithm>
#include <cassert>
#include <utility>

#include "copse/write.hpp"
#include "write/file_frame.hpp"

namespace copse::write {
namespace {

las::Vlr laszip_vlr(const las::PointLayout& layout, std::uint32_t chunk_points) {
    las::Vlr vlr;
    vlr.user_id = laz::kVlrUserId;
    vlr.record_id = laz::kVlrRecordId;
    laz::encode_laszip_record(laz::make_laszip_record(layout, chunk_points), vlr.payload);
    return vlr;
}

// Points gather until they fill a chunk; the position of the chunk table goes in front of the first one.
class LazWriter final : public PointWriter {
public:
    LazWriter(wire::Sink& sink, FileTemplate file, std::uint32_t chunk_points)
        : sink_{&sink},
          format_{laz::ChunkFormat::for_layout(file.layout)},
          chunk_points_{chunk_points},
          pending_{file.layout, las::ColumnSet::all()},
          frame_{sink, std::move(file)},
          status_{begin_file()} {}

    std::size_t begin(const las::Points& points) override {
        assert(points.layout == frame_.layout());
        points_ = &points;
        chunks_made_ = 0;
        taken_ = 0;
        if (pending_.size() != 0) {
            taken_ = std::min<std::size_t>(points.size(), chunk_points_ - pending_.size());
            pending_.append(points, 0, taken_);
            if (pending_.size() == chunk_points_) plan_chunk(pending_, 0);
        }
        // Whole chunks are coded where they are.
        for (; points.size() - taken_ >= chunk_points_; taken_ += chunk_points_) plan_chunk(points, taken_);
        return chunks_made_;
    }

    void work(std::size_t piece) override { code(pieces_[piece]); }

    Status end() override {
        for (std::size_t i = 0; i < chunks_made_; ++i) write(pieces_[i]);
        if (pending_.size() == chunk_points_) pending_.resize(0);
        pending_.append(*points_, taken_, points_->size());
        if (status_) tally_.add(*points_);
        return status_;
    }

    Status finish() override {
        if (pending_.size() != 0) {
            Piece last{&pending_, 0, pending_.size(), {}, Ok{}};
            code(last);
            write(last);
        }
        if (status_) status_ = write_table();
        if (status_) status_ = frame_.finish(tally_);
        return status_;
    }

    [[nodiscard]] std::uint64_t point_count() const override { return tally_.count(); }

private:
    /// A chunk that is made.
    struct Piece {
        const las::Points* points = nullptr;
        std::size_t first = 0, last = 0;
        Bytes bytes;
        Status status = Ok{};
    };

    Status begin_file() {
        if (const auto status = frame_.begin(laszip_vlr(frame_.layout(), chunk_points_)); !status) return status;
        // -1 until the table is there: what LASzip leaves in a file that was cut off.
        Bytes table_position;
        wire::ByteWriter{table_position}.i64(-1);
        return sink_->append(table_position);
    }

    void plan_chunk(const las::Points& points, std::size_t first) {
        if (chunks_made_ == pieces_.size()) pieces_.emplace_back();
        auto& piece = pieces_[chunks_made_++];
        piece.points = &points;
        piece.first = first;
        piece.last = first + chunk_points_;
    }

    void code(Piece& piece) const {
        piece.bytes.clear();
        piece.status = laz::encode_chunk(format_, *piece.points, piece.first, piece.last, piece.bytes);
    }

    void write(const Piece& piece) {
        if (status_ && !piece.status) status_ = piece.status;
        if (!status_) return;
        chunks_.push_back({sink_->position(), piece.bytes.size(), piece.last - piece.first});
        status_ = sink_->append(piece.bytes);
    }

    Status write_table() {
        const auto table_at = sink_->position();
        Bytes bytes;
        laz::encode_chunk_table(chunks_, chunk_points_, bytes);
        if (const auto status = sink_->append(bytes); !status) return status;
        bytes.clear();
        wire::ByteWriter{bytes}.u64(table_at);
        return sink_->patch(frame_.offset_to_point_data(), bytes);
    }

    wire::Sink* sink_;
    laz::ChunkFormat format_;
    std::uint32_t chunk_points_;
    las::Points pending_;
    FileFrame frame_;
    Tally tally_;
    std::vector<laz::ChunkEntry> chunks_;
    std::vector<Piece> pieces_;    // buffers are used again
    std::size_t chunks_made_ = 0;  // pieces of this call
    const las::Points* points_ = nullptr;
    std::size_t taken_ = 0;  // rows of them that are in pieces or in `pending_`
    Status status_;
};

}  // namespace

std::unique_ptr<PointWriter> make_laz_writer(wire::Sink& sink, FileTemplate file, std::uint32_t chunk_points) {
    assert(chunk_points != 0 && chunk_points != laz::kVariableChunks);
    return std::make_unique<LazWriter>(sink, std::move(file), chunk_points);
}

}  // namespace copse::write
