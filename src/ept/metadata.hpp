// ept.json: what the tiles hold and how they are stored.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "copse/las.hpp"
#include "copse/wire.hpp"

namespace copse::ept {

enum class DataType : std::uint8_t { laszip, binary, zstandard };
enum class NumberKind : std::uint8_t { signed_integer, unsigned_integer, floating };

struct Dimension {
    std::string name;
    NumberKind kind = NumberKind::unsigned_integer;
    std::uint8_t size = 1;  ///< bytes: 1, 2, 4, 8; of floating point numbers 4, 8
    std::optional<double> scale, offset;
};

struct Box {
    las::Vec3 min{}, max{};
};

struct Metadata {
    DataType data_type = DataType::laszip;
    std::uint64_t points = 0;
    std::vector<Dimension> schema;
    Box bounds;            ///< of the points where ept.json says so, else of the cube
    std::string wkt;       ///< empty if there is none
    std::string srs_code;  ///< "EPSG:26912" where that is all that is known of it
};

/// Parses ept.json. Errors: no JSON; what is missing, of a wrong type or out of range; `unsupported` for versions
/// other than 1, and for other types of data, hierarchy and numbers.
Result<Metadata> parse_metadata(ByteView json);

}  // namespace copse::ept
