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
          status_{begin()} {}

    Status add(const las::Points& points) override {
        assert(points.layout == frame_.layout());
        if (!status_) return status_;
        std::size_t first = 0;
        while (first < points.size() && status_) {
            // Whole chunks are coded where they are.
            if (pending_.size() == 0 && points.size() - first >= chunk_points_) {
                status_ = write_chunk(points, first, first + chunk_points_);
                first += chunk_points_;
                continue;
            }
            const auto last = first + std::min<std::size_t>(points.size() - first, chunk_points_ - pending_.size());
            pending_.append(points, first, last);
            first = last;
            if (pending_.size() == chunk_points_) write_pending();
        }
        if (status_) tally_.add(points);
        return status_;
    }

    Status finish() override {
        if (status_ && pending_.size() != 0) write_pending();
        if (status_) status_ = write_table();
        if (status_) status_ = frame_.finish(tally_);
        return status_;
    }

    [[nodiscard]] std::uint64_t point_count() const override { return tally_.count(); }

private:
    Status begin() {
        if (const auto status = frame_.begin(laszip_vlr(frame_.layout(), chunk_points_)); !status) return status;
        // -1 until the table is there: what LASzip leaves in a file that was cut off.
        Bytes table_position;
        wire::ByteWriter{table_position}.i64(-1);
        return sink_->append(table_position);
    }

    Status write_chunk(const las::Points& points, std::size_t first, std::size_t last) {
        bytes_.clear();
        if (const auto status = laz::encode_chunk(format_, points, first, last, bytes_); !status) return status;
        chunks_.push_back({sink_->position(), bytes_.size(), last - first});
        return sink_->append(bytes_);
    }

    void write_pending() {
        status_ = write_chunk(pending_, 0, pending_.size());
        pending_.resize(0);
    }

    Status write_table() {
        const auto table_at = sink_->position();
        bytes_.clear();
        laz::encode_chunk_table(chunks_, chunk_points_, bytes_);
        if (const auto status = sink_->append(bytes_); !status) return status;
        bytes_.clear();
        wire::ByteWriter{bytes_}.u64(table_at);
        return sink_->patch(frame_.offset_to_point_data(), bytes_);
    }

    wire::Sink* sink_;
    laz::ChunkFormat format_;
    std::uint32_t chunk_points_;
    las::Points pending_;
    FileFrame frame_;
    Tally tally_;
    std::vector<laz::ChunkEntry> chunks_;
    Bytes bytes_;
    Status status_;
};

}  // namespace

std::unique_ptr<PointWriter> make_laz_writer(wire::Sink& sink, FileTemplate file, std::uint32_t chunk_points) {
    assert(chunk_points != 0 && chunk_points != laz::kVariableChunks);
    return std::make_unique<LazWriter>(sink, std::move(file), chunk_points);
}

}  // namespace copse::write
