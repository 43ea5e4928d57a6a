#include "support/crs.hpp"

#include "copse/io.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"

#ifdef COPSE_HAVE_CRS
#include "copse/crs.hpp"
#endif

namespace copse::cli {
namespace {

constexpr std::uint64_t kMaxDefinitionBytes = 1u << 20;

/// The argument itself, or the content of the file of that name.
std::string definition_of(const std::string& argument) {
    const auto source = io::FileSource::open(argument);
    if (!source) return argument;
    if ((*source)->size() > kMaxDefinitionBytes) throw wrong_usage("the file is too long for a CRS", argument);
    const auto bytes = checked((*source)->read({0, (*source)->size()}), argument);
    std::string text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == '\0')) text.pop_back();
    return text;
}

/// The first quoted text of a WKT: PROJCS["NAD83 / Oregon ...".
[[maybe_unused]] std::string quoted_name(const std::string& wkt) {
    const auto first = wkt.find('"');
    if (first == std::string::npos) return {};
    return wkt.substr(first + 1, wkt.find('"', first + 1) - first - 1);
}

[[maybe_unused]] bool has_geotiff(std::span<const las::Vlr> vlrs) {
    constexpr std::uint16_t kGeoKeyDirectory = 34735;
    return las::find_vlr(vlrs, "LASF_Projection", kGeoKeyDirectory) != nullptr;
}

}  // namespace

#ifdef COPSE_HAVE_CRS

build::CrsService* crs_service() {
    class Service final : public build::CrsService {
    public:
        std::string wkt1_from_geotiff(std::span<const las::Vlr> vlrs) override { return crs::wkt1_from_geotiff(vlrs); }
        std::string wkt1_from_wkt(const std::string& wkt) override { return crs::to_wkt1(wkt); }
        bool same(const std::string& a, const std::string& b) override { return crs::same(a, b); }
        bool geographic(const std::string& wkt) override { return crs::geographic(wkt); }
    };
    static Service service;
    return &service;
}

std::string crs_from_argument(const std::string& argument) {
    auto wkt = crs::to_wkt1(definition_of(argument));
    if (wkt.empty()) throw wrong_usage("'" + shown(argument) + "' is not a coordinate system that PROJ understands");
    return wkt;
}

std::string crs_name(const std::string& wkt, std::span<const las::Vlr> vlrs) {
    const bool from_keys = wkt.empty();
    const auto definition = from_keys ? crs::wkt1_from_geotiff(vlrs) : wkt;
    if (definition.empty()) return has_geotiff(vlrs) ? "GeoTIFF keys that are not understood" : "";
    auto name = crs::describe(definition);
    if (name.empty()) name = quoted_name(definition);
    if (name.empty()) return "a WKT that is not understood";
    return from_keys ? name + ", from GeoTIFF keys" : name;
}

Rectangle transformed(const Rectangle& box, const std::string& from, const std::string& to) {
    if (to.empty()) throw wrong_usage("the file has no coordinate system to turn the bounds into");
    const auto wkt = crs_from_argument(from);
    const auto result = crs::transform({box.x0, box.y0, box.x1, box.y1}, wkt, to);
    if (!result) throw wrong_usage("the bounds cannot be turned into the file's coordinate system");
    return {result->x0, result->y0, result->x1, result->y1};
}

#else

build::CrsService* crs_service() { return nullptr; }

std::string crs_from_argument(const std::string& argument) {
    auto wkt = definition_of(argument);
    const bool is_wkt1 = wkt.starts_with("PROJCS[") || wkt.starts_with("GEOGCS[") || wkt.starts_with("COMPD_CS[");
    if (!is_wkt1) throw wrong_usage("this build has no PROJ: a coordinate system can be given as a file of WKT1 only");
    return wkt;
}

std::string crs_name(const std::string& wkt, std::span<const las::Vlr> vlrs) {
    if (wkt.empty()) return has_geotiff(vlrs) ? "GeoTIFF keys (this build has no PROJ)" : "";
    return quoted_name(wkt);
}

Rectangle transformed(const Rectangle&, const std::string&, const std::string&) {
    throw wrong_usage("this build has no PROJ: bounds must be in the file's own coordinate system");
}

#endif

}  // namespace copse::cli
