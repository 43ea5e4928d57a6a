// Coordinate systems, as far as this build knows them (COPSE_HAVE_CRS: through PROJ).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "copse/build.hpp"
#include "copse/las.hpp"

namespace copse::cli {

/// For the converter; null without PROJ.
build::CrsService* crs_service();

/// WKT1 of "EPSG:2154", of WKT, or of a file that holds WKT. Throws Stop if it is not understood.
std::string crs_from_argument(const std::string& argument);

/// A short name of a file's CRS from its WKT or GeoTIFF records; empty if it has none.
std::string crs_name(const std::string& wkt, std::span<const las::Vlr> vlrs);

struct Rectangle {
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};
/// The smallest box in `to` that holds the box in the CRS `from`. Throws Stop where that cannot be.
Rectangle transformed(const Rectangle& box, const std::string& from, const std::string& to);

}  // namespace copse::cli
