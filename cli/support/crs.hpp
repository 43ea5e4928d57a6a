// Coordinate systems, as far as this build knows them (COPSE_HAVE_CRS: through PROJ).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "copse/build.hpp"
#include "copse/filter.hpp"
#include "copse/las.hpp"

namespace copse::cli {

/// For the converter; null without PROJ.
build::CrsService* crs_service();

/// WKT1 of "EPSG:2154", of WKT, or of a file that holds WKT. Throws Stop if it is not understood or says nothing of x
/// and y.
/// @param option  for messages: "query: --bounds-crs"
std::string crs_from_argument(const std::string& option, const std::string& argument);

/// A short name of a file's CRS from its WKT or GeoTIFF records; empty if it has none.
std::string crs_name(const std::string& wkt, std::span<const las::Vlr> vlrs);

struct Rectangle {
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};
/// The smallest box in the CRS `to` that holds what of a box in `from` lies at a place in `to`; x0 > x1 if nothing
/// does. Both are WKT. Throws Stop where that cannot be.
Rectangle transformed(const std::string& option, const Rectangle& box, const std::string& from, const std::string& to,
                      const Rectangle& place);

/// Turns positions of `from`, as of `crs_from_argument`, into the CRS of the WKT `to`. Throws Stop where that cannot
/// be, and where a position has no image.
using PositionTransform = std::function<filter::Polygon::Position(filter::Polygon::Position)>;
PositionTransform position_transform(const std::string& option, const std::string& from, const std::string& to);

}  // namespace copse::cli
