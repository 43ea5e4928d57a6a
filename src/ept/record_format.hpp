// Records of binary and zstandard tiles, packed as the schema says, as LAS points.
#pragma once

#include <string>
#include <vector>

#include "copse/las.hpp"
#include "ept/metadata.hpp"

namespace copse::ept {

/// What a dimension becomes.
enum class Field : std::uint8_t {
    x,
    y,
    z,
    intensity,
    return_number,
    number_of_returns,
    scan_direction_flag,
    edge_of_flight_line,
    classification,
    class_flags,
    synthetic,
    key_point,
    withheld,
    overlap,
    scanner_channel,
    scan_angle,
    user_data,
    point_source_id,
    gps_time,
    red,
    green,
    blue,
    infrared,
    extra,
};

struct RecordField {
    Field field = Field::extra;
    Dimension dimension;
    std::size_t at = 0;            ///< within the record
    std::uint16_t extra_byte = 0;  ///< the first of those that it becomes, if `extra`
};

struct RecordFormat {
    std::vector<RecordField> fields;
    std::size_t record_size = 0;
    las::PointLayout layout;
    las::ExtraSchema extra;
    las::Vec3 scale{1, 1, 1}, offset{};
    std::vector<std::string> warnings;
};

/// Errors: no X, Y or Z; coordinates as floating point numbers, scaled standard dimensions (unsupported); more extra
/// bytes than a LAS record holds.
Result<RecordFormat> plan_records(std::span<const Dimension> schema);

/// Appends records as points of format.layout with all columns.
/// @param records a whole number of them
/// @param at      where they are in the (uncompressed) tile, for errors
/// Errors: a value that its LAS field cannot hold. The rows appended are then undefined.
Status append_records(const RecordFormat& format, ByteView records, FileOffset at, las::Points& out);

}  // namespace copse::ept
