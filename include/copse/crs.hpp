// Coordinate reference systems through PROJ. Optional: without PROJ this room is not built.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "copse/las.hpp"
#include "copse/wire.hpp"

namespace copse::crs {

/// WKT1 (GDAL dialect) of a definition PROJ understands: "EPSG:2154", WKT1, WKT2, PROJJSON. Empty if it does not.
std::string to_wkt1(const std::string& definition);
/// WKT1 of GeoTIFF key records (LASF_Projection 34735, 34736, 34737): projected or geographic codes, user-defined
/// projections as far as their keys are of the common kinds, and a vertical code (compound). Empty if they are not
/// understood.
std::string wkt1_from_geotiff(std::span<const las::Vlr> vlrs);
/// Equivalent, whatever the spelling and the axis order of names.
bool same(const std::string& a, const std::string& b);
bool geographic(const std::string& definition);
/// A short name for people: "NAD83 / UTM zone 15N (EPSG:26915)". Empty if not understood.
std::string describe(const std::string& definition);

/// Turns a closed box (x0, y0, x1, y1) of one CRS into the smallest closed box of another that holds it, edges
/// densified.
struct Rectangle {
    double x0, y0, x1, y1;
};
std::optional<Rectangle> transform(const Rectangle& box, const std::string& from, const std::string& to);

}  // namespace copse::crs
