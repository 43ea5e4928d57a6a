// Ownership of PROJ's objects, and the steps that several files of this room share.
#pragma once

#include <proj.h>

#include <memory>
#include <string>

namespace copse::crs {

struct DestroyObject {
    void operator()(PJ* object) const { proj_destroy(object); }
};
using Object = std::unique_ptr<PJ, DestroyObject>;

/// The calling thread's context: silent, without network. It keeps PROJ's database open between calls.
PJ_CONTEXT* context();

/// A CRS from a definition of any kind that PROJ knows, or nothing.
Object parse(const std::string& definition);

/// A CRS of a database, or nothing.
Object crs_from_database(const char* authority, unsigned code);

/// WKT1 in GDAL's dialect on one line; empty if the CRS has none.
std::string as_wkt1(const PJ* crs);

/// The part that says where x and y are: of a compound CRS its first, of a bound CRS its source.
Object horizontal_part(const PJ* crs);

/// What one unit of the CRS's first axis is in metres or radians; 0 if it cannot be told.
double axis_unit(const PJ* crs);

/// Equal but for names and the order of geographic axes.
bool equivalent(const PJ* a, const PJ* b);

/// The EPSG's own entry for a CRS that says the same in other words; otherwise the CRS itself. Entries carry codes,
/// by which other programs find names, areas and transformations.
Object with_code_if_known(Object crs);

}  // namespace copse::crs
