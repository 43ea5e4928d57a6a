#include <algorithm>

#include "copse/las.hpp"

namespace copse::las {
namespace {

constexpr std::uint64_t kBlockPoints = 50'000;
constexpr std::uint64_t kBlockBytes = 16u << 20;  // fewer points where records are very long
constexpr FileOffset kFormatAt = 104;
constexpr const char* kEndsTooEarly = "the file ends before the points that its header declares";

class LasReader final : public PointReader {
public:
    LasReader(wire::Source& source, FileInfo info, Compatibility compatibility)
        : source_{&source},
          info_{std::move(info)},
          stored_{info_.layout},
          point_count_{info_.header.point_count()},
          block_points_{std::clamp<std::uint64_t>(kBlockBytes / stored_.record_length, 1, kBlockPoints)} {
        if (compatibility == Compatibility::restore) plan_ = find_compatibility(info_);
        if (plan_) restore_info(*plan_, info_);
        points_in_file_ =
            std::min(point_count_, (info_.file_size - info_.header.offset_to_point_data) / stored_.record_length);
        plan_blocks();
    }

    [[nodiscard]] const FileInfo& info() const override { return info_; }
    [[nodiscard]] std::span<const PointBlock> blocks() const override { return blocks_; }

    Status read_next(std::size_t max_rows, Points& out) override {
        std::uint64_t left = std::min<std::uint64_t>(max_rows, point_count_ - next_);
        // All that is there is handed out before its end is an error.
        if (left > 0 && next_ == points_in_file_) return Error{Code::truncated, info_.file_size, kEndsTooEarly};
        left = std::min(left, points_in_file_ - next_);
        while (left > 0) {
            const std::uint64_t count = std::min(left, block_points_);
            if (const auto good = append(next_, count, out); !good) return good;
            next_ += count;
            left -= count;
        }
        return Ok{};
    }

    Status read_block(std::size_t index, Points& out) const override {
        const auto& block = blocks_[index];
        out.resize(0);
        if (block.first_point >= points_in_file_ && block.point_count > 0)
            return Error{Code::truncated, info_.file_size, kEndsTooEarly};
        return append(block.first_point, block.point_count, out);
    }

    Result<std::unique_ptr<BlockStream>> open_block(std::size_t index, ColumnSet) const override {
        const auto& block = blocks_[index];
        if (block.first_point >= points_in_file_ && block.point_count > 0)
            return Error{Code::truncated, info_.file_size, kEndsTooEarly};
        return std::unique_ptr<BlockStream>{std::make_unique<Slices>(*this, block)};
    }

private:
    /// Reads no more of a block than is asked for.
    class Slices final : public BlockStream {
    public:
        Slices(const LasReader& reader, const PointBlock& block)
            : reader_{&reader}, next_{block.first_point}, left_{block.point_count} {}
        Status next(std::size_t max_rows, Points& out) override {
            const auto count = std::min<std::uint64_t>(max_rows, left_);
            if (count == 0) return Ok{};
            if (const auto good = reader_->append(next_, count, out); !good) return good;
            next_ += count;
            left_ -= count;
            return Ok{};
        }

    private:
        const LasReader* reader_;
        std::uint64_t next_, left_;
    };

    [[nodiscard]] FileOffset offset_of(std::uint64_t point) const {
        // Of points that lie in the file, so that nothing wraps.
        return info_.header.offset_to_point_data + point * stored_.record_length;
    }

    void plan_blocks() {
        for (std::uint64_t first = 0; first < points_in_file_; first += block_points_) {
            const std::uint64_t count = std::min(block_points_, points_in_file_ - first);
            blocks_.push_back({first, count, {offset_of(first), count * stored_.record_length}});
        }
        if (points_in_file_ == point_count_) return;
        // One block for all that is missing, however many the header claims.
        const FileOffset end = offset_of(points_in_file_);
        blocks_.push_back({points_in_file_, point_count_ - points_in_file_, {end, info_.file_size - end}});
    }

    /// @pre the points lie in the file; at most block_points_
    Status append(std::uint64_t first, std::uint64_t count, Points& out) const {
        const auto records = source_->read({offset_of(first), count * stored_.record_length});
        if (!records) return records.error();
        if (!plan_) {
            const std::size_t row = out.size();
            out.resize(row + static_cast<std::size_t>(count));
            unpack_records(*records, out, row);
            return Ok{};
        }
        Points points{stored_, ColumnSet::all()};
        points.resize(static_cast<std::size_t>(count));
        unpack_records(*records, points, 0);
        restore_points(*plan_, points);
        out.append(points, 0, points.size());
        return Ok{};
    }

    wire::Source* source_;
    FileInfo info_;
    PointLayout stored_;
    std::uint64_t point_count_ = 0;
    std::uint64_t block_points_ = kBlockPoints;
    std::uint64_t points_in_file_ = 0;  ///< whole records, at most point_count_
    std::optional<CompatibilityPlan> plan_;
    std::vector<PointBlock> blocks_;
    std::uint64_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<PointReader>> open_las(wire::Source& source, const OpenOptions& options) {
    auto info = read_file_info(source, options);
    if (!info) return info.error();
    if (info->header.marked_compressed())
        return Error{Code::unsupported, kFormatAt, "the points are compressed: this is a LAZ file"};
    return std::unique_ptr<PointReader>{std::make_unique<LasReader>(source, *std::move(info), options.compatibility)};
}

}  // namespace copse::las
