// The dimensions of a point under PDAL's names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "copse/las.hpp"

namespace copse::write {

/// In PDAL's order.
enum class Dimension : std::uint8_t {
    x,
    y,
    z,
    intensity,
    return_number,
    number_of_returns,
    scan_direction_flag,
    edge_of_flight_line,
    classification,
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
};

/// The standard dimension of that name, whether or not a format has it.
std::optional<Dimension> find_dimension(std::string_view name);

/// Elements of an extra dimension's value: 1 of a scalar, 2 or 3 of an array, all bytes of an undocumented one.
[[nodiscard]] unsigned element_count(const las::ExtraDimension& dimension);
/// Type of its elements, 1 to 10. @spec LAS 1.4 R15, "Extra Bytes"
[[nodiscard]] unsigned element_type(const las::ExtraDimension& dimension);
/// Bytes of an element of type 1 to 10.
[[nodiscard]] unsigned element_size(unsigned type);

}  // namespace copse::write
