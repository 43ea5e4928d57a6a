// GeoTIFF keys as a CRS. Codes come from PROJ's database; what is user-defined is written as WKT1, whose terms GeoTIFF
// shares, and handed to PROJ, which judges it.
#include <proj_experimental.h>  // building CRS from parts; GDAL relies on it too

#include <algorithm>
#include <cmath>

#include "copse/crs.hpp"
#include "crs/geotiff_keys.hpp"
#include "crs/geotiff_projection.hpp"
#include "crs/proj.hpp"

namespace copse::crs {
namespace {

// @spec GeoTIFF 1.0, "Geocoding Raster Data": the keys' names without "GeoKey"
enum Key : std::uint16_t {
    kModelType = 1024,
    kCitation = 1026,
    kGeographicType = 2048,
    kGeogCitation = 2049,
    kGeodeticDatum = 2050,
    kPrimeMeridian = 2051,
    kGeogLinearUnits = 2052,
    kGeogAngularUnits = 2054,
    kGeogAngularUnitSize = 2055,
    kEllipsoid = 2056,
    kSemiMajorAxis = 2057,
    kSemiMinorAxis = 2058,
    kInvFlattening = 2059,
    kPrimeMeridianLong = 2061,
    kProjectedType = 3072,
    kProjectedCitation = 3073,
    kProjection = 3074,
    kCoordTrans = 3075,
    kProjLinearUnits = 3076,
    kProjLinearUnitSize = 3077,
    kVerticalType = 4096,
    kVerticalCitation = 4097,
    kVerticalDatum = 4098,
    kVerticalUnits = 4099,
};

enum Model : std::uint16_t { kProjectedModel = 1, kGeographicModel = 2, kGeocentricModel = 3 };

constexpr double kDegree = 0.017453292519943295;

// ---- units --------------------------------------------------------------------------------------------------------

struct Unit {
    std::string name;
    double factor;  // metres or radians
    std::string code;
};

std::optional<Unit> unit_from_database(std::uint16_t code, std::string_view wanted) {
    const char* name = nullptr;
    const char* category = nullptr;
    double factor = 0;
    const auto digits = std::to_string(code);
    if (proj_uom_get_info_from_database(context(), "EPSG", digits.c_str(), &name, &factor, &category) == 0)
        return std::nullopt;
    if (category == nullptr || category != wanted || !(factor > 0)) return std::nullopt;
    return Unit{name, factor, digits};
}

/// The unit that one key names by code, or another by its size.
std::optional<Unit> unit_of(const GeoKeys& keys, std::uint16_t code_key, std::uint16_t size_key,
                            std::string_view category) {
    if (const auto code = keys.registered(code_key)) return unit_from_database(*code, category);
    const auto size = size_key == 0 ? std::nullopt : keys.number(size_key);
    if (!size || !(*size > 0)) return std::nullopt;
    return Unit{"unknown", *size, ""};
}

std::optional<Unit> linear_unit(const GeoKeys& keys) {
    return unit_of(keys, kProjLinearUnits, kProjLinearUnitSize, "linear");
}

bool differ(double a, double b) { return !(std::fabs(a - b) <= 1e-9 * std::fabs(b)); }

/// How the register's names end for the two feet; other units are named in full.
std::string name_suffix(const Unit& unit) {
    if (unit.code == "9002") return " (ft)";
    return unit.code == "9003" ? " (ftUS)" : " (" + unit.name + ")";
}

/// The CRS in another unit of length: false easting and northing keep their meaning, not their number.
Object with_linear_unit(Object crs, const std::optional<Unit>& unit) {
    if (!crs || !unit || !differ(unit->factor, axis_unit(crs.get()))) return crs;
    const char* const authority = unit->code.empty() ? nullptr : "EPSG";
    const char* const code = unit->code.empty() ? nullptr : unit->code.c_str();
    const auto name = proj_get_name(crs.get()) + name_suffix(*unit);
    crs.reset(proj_crs_alter_cs_linear_unit(context(), crs.get(), unit->name.c_str(), unit->factor, authority, code));
    if (crs && proj_get_type(crs.get()) == PJ_TYPE_PROJECTED_CRS)
        crs.reset(proj_crs_alter_parameters_linear_unit(context(), crs.get(), unit->name.c_str(), unit->factor,
                                                        authority, code, 1));
    if (crs) crs.reset(proj_alter_name(context(), crs.get(), name.c_str()));
    return crs;
}

// ---- names --------------------------------------------------------------------------------------------------------

/// The name in a citation, which may be a list: "PCS Name = NAD83 / Nebraska (ft)|GCS Name = ...".
std::string name_in(const std::string& citation, std::string_view label) {
    auto text = citation;
    if (const auto at = text.find(label); at != std::string::npos) text = text.substr(at + label.size());
    text = text.substr(0, text.find('|'));
    for (auto& letter : text)
        if (letter == '"') letter = '\'';
    return text;
}

std::string name_of(const GeoKeys& keys, std::uint16_t citation, std::string_view label) {
    for (const auto key : {citation, std::uint16_t{kCitation}})
        if (auto name = name_in(keys.text(key), label); !name.empty()) return name;
    return "unknown";
}

/// A whole definition that ESRI's programs put into a citation.
Object from_esri_citation(const GeoKeys& keys) {
    constexpr std::string_view kLabel = "ESRI PE String = ";
    for (const auto key : {std::uint16_t{kProjectedCitation}, std::uint16_t{kCitation}, std::uint16_t{kGeogCitation}}) {
        const auto text = keys.text(key);
        const auto at = text.find(kLabel);
        if (at == std::string::npos) continue;
        if (auto crs = parse(text.substr(at + kLabel.size()))) return crs;
    }
    return nullptr;
}

bool has_type(const Object& crs, std::initializer_list<PJ_TYPE> types) {
    if (!crs) return false;
    const auto type = proj_get_type(crs.get());
    return std::find(types.begin(), types.end(), type) != types.end();
}

// ---- geographic ---------------------------------------------------------------------------------------------------

struct Figure {
    std::string name = "WGS 84";  // what a file is taken for that names no ellipsoid
    double semi_major = 6378137;
    double inv_flattening = 298.257223563;
};

std::optional<Figure> registered_ellipsoid(std::uint16_t code) {
    const Object ellipsoid{
        proj_create_from_database(context(), "EPSG", std::to_string(code).c_str(), PJ_CATEGORY_ELLIPSOID, 0, nullptr)};
    Figure figure;
    if (!ellipsoid || proj_ellipsoid_get_parameters(context(), ellipsoid.get(), &figure.semi_major, nullptr, nullptr,
                                                    &figure.inv_flattening) == 0)
        return std::nullopt;
    figure.name = proj_get_name(ellipsoid.get());
    return figure;
}

/// The ellipsoid of the keys; nothing if its axes make none.
std::optional<Figure> ellipsoid_of(const GeoKeys& keys) {
    if (const auto code = keys.registered(kEllipsoid))
        if (auto figure = registered_ellipsoid(*code)) return figure;
    const auto major = keys.number(kSemiMajorAxis);
    if (!major) return Figure{};
    Figure figure{"unknown", *major, 0};
    if (!(figure.semi_major > 0)) return std::nullopt;
    if (const auto inverse = keys.number(kInvFlattening)) {
        figure.inv_flattening = *inverse;
    } else if (const auto minor = keys.number(kSemiMinorAxis); minor && *minor < *major) {
        if (!(*minor > 0)) return std::nullopt;
        figure.inv_flattening = *major / (*major - *minor);
    }
    // 0 stands for a sphere.
    if (!(figure.inv_flattening == 0 || figure.inv_flattening > 1)) return std::nullopt;
    return figure;
}

Unit angular_unit(const GeoKeys& keys) {
    return unit_of(keys, kGeogAngularUnits, kGeogAngularUnitSize, "angular").value_or(Unit{"degree", kDegree, "9102"});
}

/// The geographic CRS that the register made for a datum: its code is 2000 below the datum's in all cases that
/// GeoTIFF's time knew.
Object geographic_of_datum(std::uint16_t datum) {
    constexpr std::uint16_t kShift = 2000;
    if (datum < 6001 || datum > 6999) return nullptr;
    auto crs = crs_from_database("EPSG", datum - kShift);
    if (!has_type(crs, {PJ_TYPE_GEOGRAPHIC_2D_CRS})) return nullptr;
    const Object own{proj_crs_get_datum_forced(context(), crs.get())};
    const char* code = own ? proj_get_id_code(own.get(), 0) : nullptr;
    return code != nullptr && code == std::to_string(datum) ? std::move(crs) : nullptr;
}

Object user_defined_geographic(const GeoKeys& keys) {
    const auto figure = ellipsoid_of(keys);
    if (!figure) return nullptr;
    // Only Greenwich is common enough to have a name; others are given by their longitude.
    const double meridian = keys.number(kPrimeMeridianLong).value_or(0);
    const auto unit = angular_unit(keys);
    const Object system{
        proj_create_ellipsoidal_2D_cs(context(), PJ_ELLPS2D_LONGITUDE_LATITUDE, unit.name.c_str(), unit.factor)};
    if (!system) return nullptr;
    const auto name = name_of(keys, kGeogCitation, "GCS Name = ");
    return Object{proj_create_geographic_crs(
        context(), name.c_str(), "unknown", figure->name.c_str(), figure->semi_major, figure->inv_flattening,
        meridian == 0 ? "Greenwich" : "unknown", meridian, unit.name.c_str(), unit.factor, system.get())};
}

Object geographic_crs(const GeoKeys& keys) {
    if (const auto code = keys.registered(kGeographicType))
        if (auto crs = crs_from_database("EPSG", *code);
            has_type(crs, {PJ_TYPE_GEOGRAPHIC_2D_CRS, PJ_TYPE_GEOGRAPHIC_3D_CRS}))
            return crs;
    if (const auto datum = keys.registered(kGeodeticDatum))
        if (auto crs = geographic_of_datum(*datum)) return crs;
    return user_defined_geographic(keys);
}

bool names_geographic(const GeoKeys& keys) {
    return keys.code(kGeographicType) || keys.registered(kGeodeticDatum) || keys.registered(kEllipsoid) ||
           keys.number(kSemiMajorAxis);
}

Object geocentric_crs(const GeoKeys& keys) {
    if (!names_geographic(keys)) return nullptr;
    const auto geographic = geographic_crs(keys);
    if (!geographic) return nullptr;
    const Object datum{proj_crs_get_datum_forced(context(), geographic.get())};
    if (!datum) return nullptr;
    const auto unit = unit_of(keys, kGeogLinearUnits, 0, "linear").value_or(Unit{"metre", 1, "9001"});
    return Object{proj_create_geocentric_crs_from_datum(context(), proj_get_name(geographic.get()), datum.get(),
                                                        unit.name.c_str(), unit.factor)};
}

// ---- projected ----------------------------------------------------------------------------------------------------

Object registered_projected(std::uint16_t code) {
    for (const char* authority : {"EPSG", "ESRI"})
        if (auto crs = crs_from_database(authority, code); has_type(crs, {PJ_TYPE_PROJECTED_CRS, PJ_TYPE_COMPOUND_CRS}))
            return crs;
    return nullptr;
}

/// ProjectionGeoKey names a conversion of the register, such as "UTM zone 15N", over the keys' geographic CRS.
Object from_registered_conversion(const GeoKeys& keys, const PJ* geographic) {
    const auto code = keys.registered(kProjection);
    if (!code) return nullptr;
    const Object conversion{proj_create_from_database(context(), "EPSG", std::to_string(*code).c_str(),
                                                      PJ_CATEGORY_COORDINATE_OPERATION, 0, nullptr)};
    if (!conversion || proj_get_type(conversion.get()) != PJ_TYPE_CONVERSION) return nullptr;
    const Object system{proj_create_cartesian_2D_cs(context(), PJ_CART2D_EASTING_NORTHING, nullptr, 0)};
    if (!system) return nullptr;
    return with_linear_unit(
        Object{proj_create_projected_crs(context(), name_of(keys, kProjectedCitation, "PCS Name = ").c_str(),
                                         geographic, conversion.get(), system.get())},
        linear_unit(keys));
}

Object from_parameters(const GeoKeys& keys, const PJ* geographic) {
    const double own_angle = axis_unit(geographic);
    if (!(own_angle > 0)) return nullptr;
    const double angle = angular_unit(keys).factor;
    const auto projection = projection_wkt1(keys, differ(angle, own_angle) ? angle / own_angle : 1.0);
    const auto base = as_wkt1(geographic);
    if (!projection || base.empty()) return nullptr;
    const auto unit = linear_unit(keys).value_or(Unit{"metre", 1, "9001"});
    const auto authority = unit.code.empty() ? "" : ",AUTHORITY[\"EPSG\",\"" + unit.code + "\"]";
    return parse("PROJCS[\"" + name_of(keys, kProjectedCitation, "PCS Name = ") + "\"," + base + "," + *projection +
                 ",UNIT[\"" + unit.name + "\"," + as_text(unit.factor) + authority + "]]");
}

/// The code of a projected CRS under the key of its unit: some laser systems write it there. No unit has such a code.
Object from_code_in_place_of_unit(const GeoKeys& keys) {
    const auto code = keys.registered(kProjLinearUnits);
    if (!code || keys.code(kProjectedType) || unit_from_database(*code, "linear")) return nullptr;
    return registered_projected(*code);
}

Object projected_crs(const GeoKeys& keys) {
    if (const auto code = keys.registered(kProjectedType))
        if (auto crs = registered_projected(*code)) return with_linear_unit(std::move(crs), linear_unit(keys));
    if (auto crs = from_esri_citation(keys)) return crs;
    if (keys.registered(kProjection) || keys.registered(kCoordTrans)) {
        const auto geographic = geographic_crs(keys);
        if (!geographic) return nullptr;
        if (auto crs = from_registered_conversion(keys, geographic.get())) return crs;
        return from_parameters(keys, geographic.get());
    }
    return from_code_in_place_of_unit(keys);
}

/// Nothing but units: a plane somewhere, which is all the file says.
Object local_crs(const GeoKeys& keys) {
    const auto linear = linear_unit(keys);
    const auto unit = linear ? linear : unit_of(keys, kGeogLinearUnits, 0, "linear");
    if (!unit) return nullptr;
    return parse("LOCAL_CS[\"" + name_of(keys, kCitation, "PCS Name = ") + "\",UNIT[\"" + unit->name + "\"," +
                 as_text(unit->factor) + "]]");
}

Object horizontal_crs(const GeoKeys& keys) {
    const auto model = keys.code(kModelType);
    if (model == kGeocentricModel) return geocentric_crs(keys);
    if (model == kGeographicModel && !keys.registered(kProjectedType))
        return names_geographic(keys) ? geographic_crs(keys) : nullptr;
    if (auto crs = projected_crs(keys)) return crs;
    // A projected model that is not understood must not pass for its geographic base.
    if (model == kProjectedModel || keys.code(kProjectedType)) return nullptr;
    return names_geographic(keys) ? geographic_crs(keys) : local_crs(keys);
}

// ---- vertical -----------------------------------------------------------------------------------------------------

/// GeoTIFF numbered six vertical systems by their datums: 5101 Newlyn to 5106 Caspian Sea.
std::uint16_t modern_vertical_code(std::uint16_t code) {
    constexpr std::uint16_t kShift = 600;
    return code >= 5101 && code <= 5106 ? static_cast<std::uint16_t>(code + kShift) : code;
}

/// Codes 5001 to 5033 mean heights above the ellipsoid, for which WKT1 has no vertical CRS: nothing.
Object vertical_crs(const GeoKeys& keys) {
    const auto unit = unit_of(keys, kVerticalUnits, 0, "linear");
    for (const auto key : {std::uint16_t{kVerticalType}, std::uint16_t{kVerticalDatum}})
        if (const auto code = keys.registered(key))
            if (auto crs = crs_from_database("EPSG", modern_vertical_code(*code));
                has_type(crs, {PJ_TYPE_VERTICAL_CRS}))
                return with_linear_unit(std::move(crs), unit);
    const auto name = name_in(keys.text(kVerticalCitation), "VCS Name = ");
    if (keys.code(kVerticalType) != kUserDefined || name.empty()) return nullptr;
    return Object{proj_create_vertical_crs(context(), name.c_str(), name.c_str(), unit ? unit->name.c_str() : nullptr,
                                           unit ? unit->factor : 0)};
}

Object with_vertical(Object horizontal, const GeoKeys& keys) {
    if (!has_type(horizontal, {PJ_TYPE_PROJECTED_CRS, PJ_TYPE_GEOGRAPHIC_2D_CRS})) return horizontal;
    const auto vertical = with_code_if_known(vertical_crs(keys));
    if (!vertical) return horizontal;
    const auto name = std::string{proj_get_name(horizontal.get())} + " + " + proj_get_name(vertical.get());
    Object compound{proj_create_compound_crs(context(), name.c_str(), horizontal.get(), vertical.get())};
    return compound ? std::move(compound) : std::move(horizontal);
}

/// The three records in one string.
std::string fingerprint(std::span<const las::Vlr> vlrs) {
    std::string text;
    for (std::uint16_t record = 34735; record <= 34737; ++record) {
        const auto* vlr = las::find_vlr(vlrs, las::kProjectionUser, record);
        if (vlr == nullptr) continue;
        text += std::to_string(record) + ":" + std::to_string(vlr->payload.size()) + ":";
        text.append(reinterpret_cast<const char*>(vlr->payload.data()), vlr->payload.size());
    }
    return text;
}

}  // namespace

std::string wkt1_from_geotiff(std::span<const las::Vlr> vlrs) {
    // The tiles of a survey have the same keys, and finding the code of a user-defined CRS takes a tenth of a second.
    thread_local std::string last_keys, last_wkt;
    if (auto own = fingerprint(vlrs); own != last_keys) {
        const GeoKeys keys{vlrs};
        const auto crs = with_vertical(with_code_if_known(horizontal_crs(keys)), keys);
        last_wkt = crs ? as_wkt1(crs.get()) : std::string{};
        last_keys = std::move(own);
    }
    return last_wkt;
}

}  // namespace copse::crs
