// Polygons as people hand them in: WKT and GeoJSON, in a coordinate system of their own.
#pragma once

#include <string>

#include "copse/filter.hpp"
#include "copse/read.hpp"
#include "support/crs.hpp"

namespace copse::cli {

/// The polygon of `--polygon`, in the file's coordinate system. Throws Stop.
///
/// @param argument WKT, GeoJSON, or the name of a file that holds one of them
/// @param crs      of the polygon, as of `--bounds-crs`; empty: what a GeoJSON's "crs" member says, else the file's
///
/// Vertices are turned into the file's system. Edges are straight in the polygon's own system: where the image of one
/// is bent, vertices are put in until it keeps within half a step of the file's coordinates.
filter::Polygon polygon_from_argument(const std::string& argument, const std::string& crs, const read::File& file);

/// Degrees in a file of metres find nothing, and nobody would know why: says so.
/// @param what the box or polygon that lies in the rectangle, for the message
void warn_of_degrees(const char* what, const Rectangle& rectangle, const read::File& file);

}  // namespace copse::cli
