#include "support/crs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "copse/io.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"

#ifdef COPSE_HAVE_CRS
#include "copse/crs.hpp"
#endif

namespace copse::cli {
namespace {

constexpr std::uint64_t kMaxDefinitionBytes = 1u << 20;

/// The content of the file that the argument names, if there is one.
std::optional<std::string> file_content(const std::string& option, const std::string& argument) {
    const auto source = io::FileSource::open(argument);
    if (!source) return std::nullopt;
    if ((*source)->size() > kMaxDefinitionBytes)
        throw wrong_usage(fmt::format("{}: {} is too long for a coordinate system", option, shown(argument)));
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
    return las::find_vlr(vlrs, las::kProjectionUser, kGeoKeyDirectory) != nullptr;
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

namespace {

/// Why an argument is no coordinate system for points.
std::string refusal(const std::string& argument, bool is_file, crs::Kind kind) {
    const auto name = shown(argument);
    if (kind == crs::Kind::vertical)
        return fmt::format("'{}' is a coordinate system of heights: it says nothing of x and y", name);
    if (is_file) return fmt::format("the file {} holds no coordinate system that PROJ understands", name);
    const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
    if (std::all_of(argument.begin(), argument.end(), is_digit))
        return fmt::format("'{0}' names no register; the EPSG's is written EPSG:{0}", name);
    return fmt::format("'{}' is neither a coordinate system that PROJ understands nor a file", name);
}

/// Its name, or a word for it.
std::string name_of(const std::string& wkt) {
    const auto name = crs::describe(wkt);
    return name.empty() ? "a system that is not understood" : shown(name);
}

}  // namespace

std::string crs_from_argument(const std::string& option, const std::string& argument) {
    const auto content = file_content(option, argument);
    const auto& definition = content ? *content : argument;
    const auto kind = crs::kind(definition);
    auto wkt = crs::to_wkt1(definition);
    if (wkt.empty() || kind == crs::Kind::vertical)
        throw wrong_usage(option + ": " + refusal(argument, content.has_value(), kind));
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

Rectangle transformed(const std::string& option, const Rectangle& box, const std::string& from, const std::string& to,
                      const Rectangle& place) {
    if (to.empty()) throw wrong_usage(option + ": the file has no coordinate system to turn the bounds into");
    if (const auto result =
            crs::transform_near({box.x0, box.y0, box.x1, box.y1}, from, to, {place.x0, place.y0, place.x1, place.y1}))
        return {result->x0, result->y0, result->x1, result->y1};
    auto rule =
        fmt::format("{}: the bounds cannot be turned from {} into the file's {}", option, name_of(from), name_of(to));
    const auto is = [&](crs::Kind kind) { return crs::kind(from) == kind || crs::kind(to) == kind; };
    if (is(crs::Kind::geocentric))
        rule += ": in a geocentric system x and y alone are no place";
    else if (crs::geographic(from))
        rule += "; longitude comes before latitude";
    throw wrong_usage(std::move(rule));
}

PositionTransform position_transform(const std::string& option, const std::string& from, const std::string& to) {
    if (to.empty()) throw wrong_usage(option + ": the file has no coordinate system to turn the polygon into");
    const auto wkt = crs_from_argument(option, from);
    const auto transform = crs::PointTransform::find(wkt, to);
    if (!transform)
        throw wrong_usage(
            fmt::format("{}: there is no way from {} to the file's {}", option, name_of(wkt), name_of(to)));
    const auto hint = crs::geographic(wkt) ? "; longitude comes before latitude" : "";
    return [=, transform = *transform](filter::Polygon::Position position) -> filter::Polygon::Position {
        const auto image = transform(position.x, position.y);
        if (!image)
            throw wrong_usage(fmt::format("{}: the position {}, {} has no place in the file's {}{}", option,
                                          shortest(position.x), shortest(position.y), name_of(to), hint));
        return {(*image)[0], (*image)[1]};
    };
}

#else

build::CrsService* crs_service() { return nullptr; }

std::string crs_from_argument(const std::string& option, const std::string& argument) {
    auto wkt = file_content(option, argument).value_or(argument);
    const bool is_wkt1 = wkt.starts_with("PROJCS[") || wkt.starts_with("GEOGCS[") || wkt.starts_with("COMPD_CS[");
    if (!is_wkt1)
        throw wrong_usage(option + ": this build has no PROJ: a coordinate system can be given as a file of WKT1 only");
    return wkt;
}

std::string crs_name(const std::string& wkt, std::span<const las::Vlr> vlrs) {
    if (wkt.empty()) return has_geotiff(vlrs) ? "GeoTIFF keys (this build has no PROJ)" : "";
    return quoted_name(wkt);
}

PositionTransform position_transform(const std::string& option, const std::string&, const std::string&) {
    throw wrong_usage(option + ": this build has no PROJ: the polygon must be in the file's own coordinate system");
}

Rectangle transformed(const std::string& option, const Rectangle&, const std::string&, const std::string&,
                      const Rectangle&) {
    throw wrong_usage(option + ": this build has no PROJ: bounds must be in the file's own coordinate system");
}

#endif

}  // namespace copse::cli
