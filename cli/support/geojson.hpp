// Areas out of GeoJSON (RFC 7946).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "copse/filter.hpp"

namespace copse::cli {

struct GeoJson {
    std::vector<filter::Polygon::Part> parts;
    /// Name in the member "crs", which older programs write ("urn:ogc:def:crs:EPSG::25832"); empty if there is none.
    std::string crs;
};

/// All polygons of a geometry, a feature, or a collection of either; heights are left out. Throws Stop with a sentence
/// that begins with `option` and says where in the document it is wrong.
GeoJson parse_geojson(const std::string& option, std::string_view text);

}  // namespace copse::cli
