// User-defined projections of GeoTIFF as WKT1.
#pragma once

#include <optional>
#include <string>

#include "crs/geotiff_keys.hpp"

namespace copse::crs {

/// PROJECTION and PARAMETER elements of the projection that ProjCoordTransGeoKey names, or nothing if it is none of the
/// common ones.
/// @param angle_factor what one unit of the keys' angles is in angular units of the geographic CRS
std::optional<std::string> projection_wkt1(const GeoKeys& keys, double angle_factor);

/// A number as WKT holds it: the shortest decimal form that reads back the same, whatever the locale.
std::string as_text(double number);

}  // namespace copse::crs
