// Tiles, whatever they are stored as, as points in slices.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ept/hierarchy.hpp"
#include "ept/metadata.hpp"
#include "ept/record_format.hpp"

namespace copse::ept {

/// What opening a tile needs.
struct TileSet {
    std::shared_ptr<wire::Folder> folder;
    DataType data_type = DataType::laszip;
    las::OpenOptions options;
    std::optional<RecordFormat> records;  ///< unless laszip
    std::optional<las::FileInfo> first;   ///< of laszip: what all tiles must agree with
};

[[nodiscard]] std::string tile_name(const Key& key, DataType data_type);

/// Opens a tile. Errors, here and in the slices, name its file.
Result<std::unique_ptr<las::BlockStream>> open_tile(const TileSet& set, const Node& node, las::ColumnSet columns);

/// Header and records of a laszip tile.
Result<las::FileInfo> read_tile_info(const TileSet& set, const Node& node);

}  // namespace copse::ept
