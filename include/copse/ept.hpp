// Entwine Point Tiles: a folder of tiles as one cloud. Optional: without nlohmann/json this room is not built.
#pragma once

#include <memory>

#include "copse/las.hpp"
#include "copse/wire.hpp"

namespace copse::ept {

/// File of the folder that says what the others hold.
inline constexpr const char* kMetadataName = "ept.json";

/// Opens an EPT folder: reads ept.json and all pages of the hierarchy, and asks for the size of every tile, so that
/// what is missing shows here. Each node with points is a block; blocks are ordered by level, then by x, y, z.
///
/// Tiles may be `laszip` (as of `laz::open`), `binary` or `zstandard`. What the header of the reader says:
///   - laszip: format, extra bytes, scale, offset, GPS time type and dates of the first tile. The tiles must agree;
///   - binary and zstandard: point format 6, 7 with a colour or 8 with `Infrared`; dimensions that LAS does not know
///     become extra bytes. Coordinates must be stored as scaled integers. Values that do not fit into their LAS field
///     are errors;
///   - counts of the hierarchy: a tile that holds more or fewer points is damaged;
///   - bounds of ept.json, which may be wrong as those of any LAS header; its WKT, if there is one.
///
/// Errors are about the file of the folder that `Error::part` names. `unsupported`: other versions, data types and
/// hierarchy types; zstandard in a build without it.
/// @spec Entwine Point Tile 1.0 and 1.1
Result<std::unique_ptr<las::PointReader>> open(std::shared_ptr<wire::Folder> folder,
                                               const las::OpenOptions& options = {});

}  // namespace copse::ept
