// Coordinate reference systems through PROJ. Optional: without PROJ this room is not built.
#pragma once

#include <array>
#include <cstdint>
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
/// What a coordinate system is made of. Of a compound one its horizontal part decides.
enum class Kind : std::uint8_t {
    not_understood,
    projected,
    geographic,
    geocentric,
    vertical,  ///< heights alone
    other,     ///< a building site's, for example
};
Kind kind(const std::string& definition);
/// Whether x and y are longitude and latitude.
bool geographic(const std::string& definition);
/// A short name for people: "NAD83 / UTM zone 15N (EPSG:26915)". Empty if not understood.
std::string describe(const std::string& definition);

/// Turns a closed box (x0, y0, x1, y1) of one CRS into the smallest closed box of another that holds it, edges
/// densified. Longitude is x in every geographic CRS. Nothing where that cannot be: between a geocentric CRS and any
/// other, x and y alone are no place.
struct Rectangle {
    double x0, y0, x1, y1;
};
std::optional<Rectangle> transform(const Rectangle& box, const std::string& from, const std::string& to);

/// Turns single positions of one CRS into another; longitude is x in every geographic CRS. By one thread at a time.
class PointTransform {
public:
    /// Nothing where that cannot be.
    static std::optional<PointTransform> find(const std::string& from, const std::string& to);
    /// Nothing where a position has no image.
    [[nodiscard]] std::optional<std::array<double, 2>> operator()(double x, double y) const;

private:
    struct Impl;
    std::shared_ptr<const Impl> impl_;
};

/// As `transform`, for what of the box lies at a place, a box of `to` such as a file's extent. A box of half the world
/// has no image in most projections, or a wrong one; but its part at a survey has. x0 > x1 where they do not meet.
std::optional<Rectangle> transform_near(const Rectangle& box, const std::string& from, const std::string& to,
                                        const Rectangle& place);

}  // namespace copse::crs
