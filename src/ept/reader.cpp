// An EPT folder as one cloud.
#include <algorithm>

#include "copse/ept.hpp"
#include "ept/files.hpp"
#include "ept/hierarchy.hpp"
#include "ept/metadata.hpp"
#include "ept/record_format.hpp"
#include "ept/tile.hpp"

namespace copse::ept {
namespace {

constexpr std::uint64_t kMostMetadataBytes = 16u << 20;
constexpr std::size_t kSliceRows = 1u << 16;

bool is_reference(const las::Vlr& vlr) { return vlr.user_id == las::kProjectionUser; }

/// What all tiles together would have as one file.
las::FileInfo info_of(const Metadata& metadata, const TileSet& set) {
    las::FileInfo info;
    if (set.first) {
        info = *set.first;
        // Records of one tile are not those of all; what tells where the points are, and what they hold, is.
        std::erase_if(info.vlrs, [](const auto& vlr) { return !is_reference(vlr); });
        std::erase_if(info.evlrs, [](const auto& vlr) { return !is_reference(vlr); });
    } else {
        info.layout = set.records->layout;
        info.extra = set.records->extra;
        info.header.scale = set.records->scale;
        info.header.offset = set.records->offset;
        info.warnings = set.records->warnings;
    }
    if (!metadata.wkt.empty()) {
        std::erase_if(info.vlrs, is_reference);
        std::erase_if(info.evlrs, is_reference);
        info.vlrs.push_back(las::make_wkt_vlr(metadata.wkt));
        info.header.global_encoding |= las::kGlobalEncodingWkt;
    }
    if (!info.extra.dimensions.empty()) info.vlrs.push_back(las::make_extra_bytes_vlr(info.extra));
    const bool has_reference = std::any_of(info.vlrs.begin(), info.vlrs.end(), is_reference) ||
                               std::any_of(info.evlrs.begin(), info.evlrs.end(), is_reference);
    if (!has_reference && !metadata.srs_code.empty())
        info.warnings.push_back("ept.json names the CRS by its code alone, " + metadata.srs_code +
                                ", which is not taken over");

    auto& header = info.header;
    header.version_major = 1;
    header.version_minor = 4;
    header.header_size = las::kHeaderSize14;
    header.offset_to_point_data = 0;
    header.vlr_count = static_cast<std::uint32_t>(info.vlrs.size());
    header.point_format_byte = info.layout.format;
    header.record_length = info.layout.record_length;
    header.legacy_point_count = 0;
    header.legacy_points_by_return = {};
    header.point_count_14 = metadata.points;
    header.points_by_return_14 = {};
    header.waveform_offset = 0;
    header.evlr_offset = 0;
    header.evlr_count = static_cast<std::uint32_t>(info.evlrs.size());
    header.min = metadata.bounds.min;
    header.max = metadata.bounds.max;
    return info;
}

class EptReader final : public las::PointReader {
public:
    EptReader(TileSet set, std::vector<Node> nodes) : set_{std::move(set)}, nodes_{std::move(nodes)} {}

    /// Asks for the sizes of all tiles. Before it nothing can be read.
    Status start(const Metadata& metadata) {
        info_ = info_of(metadata, set_);
        info_.file_size = 0;
        std::uint64_t first = 0;
        for (const auto& node : nodes_) {
            const auto name = tile_name(node.key, set_.data_type);
            const auto source = set_.folder->open(name);
            if (!source) return source.error().in_part(name);
            const auto size = (*source)->size();
            blocks_.push_back({first, node.points, {info_.file_size, size}});
            info_.file_size += size;
            first += node.points;
        }
        return Ok{};
    }

    [[nodiscard]] const las::FileInfo& info() const override { return info_; }
    [[nodiscard]] std::span<const las::PointBlock> blocks() const override { return blocks_; }

    Status read_next(std::size_t max_rows, las::Points& out) override {
        while (status_ && max_rows != 0) {
            if (!tile_) {
                if (next_ == nodes_.size()) return Ok{};
                auto tile = open_tile(set_, nodes_[next_++], out.columns);
                if (!tile) return status_ = tile.error();
                tile_ = *std::move(tile);
            }
            const auto before = out.size();
            status_ = tile_->next(max_rows, out);
            const auto rows = out.size() - before;
            if (rows == 0) tile_ = nullptr;
            max_rows -= std::min(rows, max_rows);
        }
        return status_;
    }

    Status read_block(std::size_t index, las::Points& out) const override {
        assert(index < nodes_.size() && out.layout == info_.layout);
        const auto& node = nodes_[index];
        if (node.points > set_.options.limits.max_chunk_points)
            return Error{Code::limit_exceeded, 0, "the tile has more points than may be held at a time"}.in_part(
                tile_name(node.key, set_.data_type));
        out.resize(0);
        const auto tile = open_tile(set_, node, out.columns);
        if (!tile) return tile.error();
        for (;;) {
            const auto before = out.size();
            if (const auto status = (*tile)->next(kSliceRows, out); !status) return status;
            if (out.size() == before) return Ok{};
        }
    }

    Result<std::unique_ptr<las::BlockStream>> open_block(std::size_t index, las::ColumnSet columns) const override {
        assert(index < nodes_.size());
        return open_tile(set_, nodes_[index], las::Points{info_.layout, columns}.columns);
    }

private:
    TileSet set_;
    std::vector<Node> nodes_;
    las::FileInfo info_;
    std::vector<las::PointBlock> blocks_;
    std::unique_ptr<las::BlockStream> tile_;  ///< that `read_next` is in
    std::size_t next_ = 0;
    Status status_ = Ok{};
};

/// How the tiles are to be read. @pre laszip tiles are looked at where there are any
Result<TileSet> plan_tiles(std::shared_ptr<wire::Folder> folder, const Metadata& metadata, std::span<const Node> nodes,
                           const las::OpenOptions& options) {
    TileSet set{std::move(folder), metadata.data_type, options, {}, {}};
    if (set.data_type == DataType::laszip && !nodes.empty()) {
        auto first = read_tile_info(set, nodes.front());
        if (!first) return first.error();
        set.first = *std::move(first);
        return set;
    }
    auto records = plan_records(metadata.schema);
    if (!records) return records.error().in_part(kMetadataName);
    set.records = *std::move(records);
    return set;
}

}  // namespace

Result<std::unique_ptr<las::PointReader>> open(std::shared_ptr<wire::Folder> folder, const las::OpenOptions& options) {
    const auto json = read_file(*folder, kMetadataName, kMostMetadataBytes);
    if (!json) return json.error();
    const auto metadata = parse_metadata(*json);
    if (!metadata) return metadata.error().in_part(kMetadataName);
    auto nodes = load_hierarchy(*folder, options.limits);
    if (!nodes) return nodes.error();
    std::uint64_t points = 0;
    for (const auto& node : *nodes) points += node.points;
    if (points != metadata->points)
        return Error{Code::bad_value, 0, "the number of points is not the sum over the hierarchy"}.in_part(
            kMetadataName);

    auto set = plan_tiles(std::move(folder), *metadata, *nodes, options);
    if (!set) return set.error();
    auto reader = std::make_unique<EptReader>(*std::move(set), *std::move(nodes));
    if (const auto good = reader->start(*metadata); !good) return good.error();
    return std::unique_ptr<las::PointReader>{std::move(reader)};
}

}  // namespace copse::ept
