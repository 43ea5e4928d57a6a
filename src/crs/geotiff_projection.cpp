#include "crs/geotiff_projection.hpp"

#include <array>
#include <charconv>
#include <initializer_list>

namespace copse::crs {
namespace {

// @spec GeoTIFF 1.0, "Projected CS Parameter Keys"
enum Key : std::uint16_t {
    kCoordTrans = 3075,
    kStdParallel1 = 3078,
    kStdParallel2 = 3079,
    kNatOriginLong = 3080,
    kNatOriginLat = 3081,
    kFalseEasting = 3082,
    kFalseNorthing = 3083,
    kFalseOriginLong = 3084,
    kFalseOriginLat = 3085,
    kFalseOriginEasting = 3086,
    kFalseOriginNorthing = 3087,
    kCenterLong = 3088,
    kCenterLat = 3089,
    kCenterEasting = 3090,
    kCenterNorthing = 3091,
    kScaleAtNatOrigin = 3092,
    kScaleAtCenter = 3093,
    kAzimuthAngle = 3094,
    kStraightVertPoleLong = 3095,
    kRectifiedGridAngle = 3096,
};

enum class Kind { angle, plain };

/// A WKT1 parameter and the keys that writers put it under, the right one first: many use the key of a sibling.
struct Parameter {
    const char* name;
    Kind kind;
    double otherwise;
    std::array<std::uint16_t, 4> keys;
};

constexpr Parameter kLatitude{
    "latitude_of_origin", Kind::angle, 0, {kNatOriginLat, kFalseOriginLat, kCenterLat, kStdParallel1}};
constexpr Parameter kMeridian{
    "central_meridian", Kind::angle, 0, {kNatOriginLong, kFalseOriginLong, kCenterLong, kStraightVertPoleLong}};
constexpr Parameter kLatitudeOfCenter{
    "latitude_of_center", Kind::angle, 0, {kCenterLat, kNatOriginLat, kFalseOriginLat, 0}};
constexpr Parameter kLongitudeOfCenter{
    "longitude_of_center", Kind::angle, 0, {kCenterLong, kNatOriginLong, kFalseOriginLong, 0}};
constexpr Parameter kScale{"scale_factor", Kind::plain, 1, {kScaleAtNatOrigin, kScaleAtCenter, 0, 0}};
constexpr Parameter kParallel1{"standard_parallel_1", Kind::angle, 0, {kStdParallel1, kNatOriginLat, 0, 0}};
constexpr Parameter kParallel2{"standard_parallel_2", Kind::angle, 0, {kStdParallel2, 0, 0, 0}};
constexpr Parameter kEasting{"false_easting", Kind::plain, 0, {kFalseEasting, kFalseOriginEasting, kCenterEasting, 0}};
constexpr Parameter kNorthing{
    "false_northing", Kind::plain, 0, {kFalseNorthing, kFalseOriginNorthing, kCenterNorthing, 0}};
constexpr Parameter kAzimuth{"azimuth", Kind::angle, 0, {kAzimuthAngle, 0, 0, 0}};
constexpr Parameter kGridAngle{"rectified_grid_angle", Kind::angle, 90, {kRectifiedGridAngle, kAzimuthAngle, 0, 0}};
constexpr Parameter kPoleLatitude{
    "latitude_of_origin", Kind::angle, 90, {kNatOriginLat, kStdParallel1, kFalseOriginLat, kCenterLat}};
constexpr Parameter kPoleMeridian{
    "central_meridian", Kind::angle, 0, {kStraightVertPoleLong, kNatOriginLong, kFalseOriginLong, kCenterLong}};

struct Projection {
    std::uint16_t code;  // of ProjCoordTransGeoKey
    const char* name;
    std::array<const Parameter*, 5> parameters;  // besides the false easting and northing that all have
};

constexpr Projection kProjections[] = {
    {1, "Transverse_Mercator", {&kLatitude, &kMeridian, &kScale}},
    {3, "Hotine_Oblique_Mercator", {&kLatitudeOfCenter, &kLongitudeOfCenter, &kAzimuth, &kGridAngle, &kScale}},
    {7, "Mercator_1SP", {&kLatitude, &kMeridian, &kScale}},
    {8, "Lambert_Conformal_Conic_2SP", {&kLatitude, &kMeridian, &kParallel1, &kParallel2}},
    {9, "Lambert_Conformal_Conic_1SP", {&kLatitude, &kMeridian, &kScale}},
    {10, "Lambert_Azimuthal_Equal_Area", {&kLatitudeOfCenter, &kLongitudeOfCenter}},
    {11, "Albers_Conic_Equal_Area", {&kLatitudeOfCenter, &kLongitudeOfCenter, &kParallel1, &kParallel2}},
    {12, "Azimuthal_Equidistant", {&kLatitudeOfCenter, &kLongitudeOfCenter}},
    {13, "Equidistant_Conic", {&kLatitudeOfCenter, &kLongitudeOfCenter, &kParallel1, &kParallel2}},
    {14, "Stereographic", {&kLatitude, &kMeridian, &kScale}},
    {15, "Polar_Stereographic", {&kPoleLatitude, &kPoleMeridian, &kScale}},
    {16, "Oblique_Stereographic", {&kLatitude, &kMeridian, &kScale}},
    {17, "Equirectangular", {&kLatitude, &kMeridian, &kParallel1}},
    {18, "Cassini_Soldner", {&kLatitude, &kMeridian}},
    {19, "Gnomonic", {&kLatitude, &kMeridian}},
    {20, "Miller_Cylindrical", {&kLatitudeOfCenter, &kLongitudeOfCenter}},
    {21, "Orthographic", {&kLatitude, &kMeridian}},
    {22, "Polyconic", {&kLatitude, &kMeridian}},
    {23, "Robinson", {&kLongitudeOfCenter}},
    {24, "Sinusoidal", {&kLongitudeOfCenter}},
    {25, "VanDerGrinten", {&kMeridian}},
    {26, "New_Zealand_Map_Grid", {&kLatitude, &kMeridian}},
    {27, "Transverse_Mercator_South_Orientated", {&kLatitude, &kMeridian, &kScale}},
    {28, "Cylindrical_Equal_Area", {&kMeridian, &kParallel1}},
};

void append_parameter(std::string& wkt, const Parameter& parameter, const GeoKeys& keys, double angle_factor) {
    double value = parameter.otherwise;
    for (const auto key : parameter.keys) {
        const auto number = keys.number(key);
        if (!number) continue;
        value = parameter.kind == Kind::angle ? *number * angle_factor : *number;
        break;
    }
    wkt += std::string{",PARAMETER[\""} + parameter.name + "\"," + as_text(value) + "]";
}

}  // namespace

std::string as_text(double number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    return {digits.data(), end.ptr};
}

std::optional<std::string> projection_wkt1(const GeoKeys& keys, double angle_factor) {
    const auto code = keys.registered(kCoordTrans);
    for (const auto& projection : kProjections) {
        if (projection.code != code) continue;
        auto wkt = std::string{"PROJECTION[\""} + projection.name + "\"]";
        for (const auto* parameter : projection.parameters)
            if (parameter != nullptr) append_parameter(wkt, *parameter, keys, angle_factor);
        append_parameter(wkt, kEasting, keys, angle_factor);
        append_parameter(wkt, kNorthing, keys, angle_factor);
        return wkt;
    }
    return std::nullopt;
}

}  // namespace copse::crs
