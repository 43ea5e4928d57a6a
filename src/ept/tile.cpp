#include "ept/tile.hpp"

#include <algorithm>

#include "copse/laz.hpp"
#include "ept/record_stream.hpp"

namespace copse::ept {
namespace {

constexpr FileOffset kFormatAt = 104, kCountAt = 107, kScaleAt = 131;
constexpr std::uint64_t kSliceBytes = 1u << 18;

Error of_tile(const Error& error, const std::string& name) { return error.in_part(name); }

// ---- laszip -------------------------------------------------------------------------------------------------------

bool mean_the_same(const las::ExtraSchema& a, const las::ExtraSchema& b) {
    return std::equal(a.dimensions.begin(), a.dimensions.end(), b.dimensions.begin(), b.dimensions.end(),
                      [](const las::ExtraDimension& one, const las::ExtraDimension& other) {
                          return one.name == other.name && one.type == other.type && one.size == other.size &&
                                 one.scale == other.scale && one.offset == other.offset;
                      });
}

Status agree(const las::FileInfo& first, const las::FileInfo& tile) {
    if (tile.layout != first.layout || !mean_the_same(tile.extra, first.extra))
        return Error{Code::unsupported, kFormatAt,
                     "the tile's points have another format than those of the first tile"};
    if (tile.header.scale != first.header.scale || tile.header.offset != first.header.offset)
        return Error{Code::unsupported, kScaleAt, "the tile's scale and offset are not those of the first tile"};
    return Ok{};
}

class LaszipTile final : public las::BlockStream {
public:
    LaszipTile(std::string name, std::unique_ptr<wire::Source> source, std::unique_ptr<las::PointReader> reader)
        : name_{std::move(name)}, source_{std::move(source)}, reader_{std::move(reader)} {}

    Status next(std::size_t max_rows, las::Points& out) override {
        const auto status = reader_->read_next(max_rows, out);
        return status ? status : of_tile(status.error(), name_);
    }

private:
    std::string name_;
    std::unique_ptr<wire::Source> source_;  // the reader refers to it
    std::unique_ptr<las::PointReader> reader_;
};

Result<std::unique_ptr<las::BlockStream>> open_laszip(const TileSet& set, const Node& node, std::string name,
                                                      std::unique_ptr<wire::Source> source) {
    auto reader = laz::open(*source, set.options);
    if (!reader) return reader.error();
    const auto& info = (*reader)->info();
    if (info.header.point_count() != node.points)
        return Error{Code::bad_value, kCountAt, "the tile's number of points is not the one of the hierarchy"};
    if (set.first)
        if (const auto good = agree(*set.first, info); !good) return good.error();
    return std::unique_ptr<las::BlockStream>{
        std::make_unique<LaszipTile>(std::move(name), std::move(source), *std::move(reader))};
}

// ---- binary and zstandard -----------------------------------------------------------------------------------------

class RecordTile final : public las::BlockStream {
public:
    RecordTile(std::string name, const RecordFormat& format, std::unique_ptr<RecordStream> stream, std::uint64_t points,
               las::ColumnSet columns)
        : name_{std::move(name)}, format_{format}, stream_{std::move(stream)}, left_{points}, columns_{columns} {}

    Status next(std::size_t max_rows, las::Points& out) override {
        const auto status = append(max_rows, out);
        return status ? status : of_tile(status.error(), name_);
    }

private:
    /// In slices: what is allocated follows the bytes that are there, not the hierarchy.
    Status append(std::size_t max_rows, las::Points& out) {
        auto wanted = std::min<std::uint64_t>(max_rows, left_);
        const auto slice_rows = std::max<std::uint64_t>(1, kSliceBytes / format_.record_size);
        Bytes records;
        while (wanted != 0) {
            const auto rows = std::min(wanted, slice_rows);
            records.resize(static_cast<std::size_t>(rows * format_.record_size));
            if (const auto status = stream_->read(records); !status) return status;
            if (const auto status = take_apart(records, out); !status) return status;
            at_ += records.size();
            wanted -= rows;
            left_ -= rows;
            if (left_ == 0) return stream_->expect_end();
        }
        return Ok{};
    }

    Status take_apart(ByteView records, las::Points& out) {
        const bool all = columns_ == las::Points{format_.layout, las::ColumnSet::all()}.columns;
        if (all) return append_records(format_, records, at_, out);
        las::Points whole{format_.layout, las::ColumnSet::all()};
        if (const auto status = append_records(format_, records, at_, whole); !status) return status;
        out.append(whole, 0, whole.size());
        return Ok{};
    }

    std::string name_;
    const RecordFormat& format_;
    std::unique_ptr<RecordStream> stream_;
    std::uint64_t left_;
    FileOffset at_ = 0;
    las::ColumnSet columns_;
};

Result<std::unique_ptr<las::BlockStream>> open_records(const TileSet& set, const Node& node, std::string name,
                                                       std::unique_ptr<wire::Source> source, las::ColumnSet columns) {
    const auto& format = *set.records;
    std::unique_ptr<RecordStream> stream;
    if (set.data_type == DataType::zstandard) {
        auto made = make_zstandard_stream(std::move(source));
        if (!made) return made.error();
        stream = *std::move(made);
    } else {
        if (source->size() != node.points * format.record_size)
            return Error{Code::bad_value, std::min(source->size(), node.points * format.record_size),
                         "the tile's size is not that of the points which the hierarchy says"};
        stream = make_binary_stream(std::move(source));
    }
    return std::unique_ptr<las::BlockStream>{
        std::make_unique<RecordTile>(std::move(name), format, std::move(stream), node.points, columns)};
}

}  // namespace

std::string tile_name(const Key& key, DataType data_type) {
    const char* ending = data_type == DataType::laszip ? ".laz" : data_type == DataType::binary ? ".bin" : ".zst";
    return "ept-data/" + to_text(key) + ending;
}

Result<std::unique_ptr<las::BlockStream>> open_tile(const TileSet& set, const Node& node, las::ColumnSet columns) {
    auto name = tile_name(node.key, set.data_type);
    auto source = set.folder->open(name);
    if (!source) return of_tile(source.error(), name);
    auto tile = set.data_type == DataType::laszip ? open_laszip(set, node, name, *std::move(source))
                                                  : open_records(set, node, name, *std::move(source), columns);
    if (!tile) return of_tile(tile.error(), name);
    return tile;
}

Result<las::FileInfo> read_tile_info(const TileSet& set, const Node& node) {
    const auto name = tile_name(node.key, set.data_type);
    const auto source = set.folder->open(name);
    if (!source) return of_tile(source.error(), name);
    const auto reader = laz::open(**source, set.options);
    if (!reader) return of_tile(reader.error(), name);
    return (*reader)->info();
}

}  // namespace copse::ept
