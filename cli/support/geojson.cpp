#include "support/geojson.hpp"

#include <fmt/format.h>

#include "support/output.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

using filter::Polygon;

constexpr int kMostNested = 16;

class Reader {
public:
    explicit Reader(std::string option) : option_{std::move(option)} {}

    GeoJson take() { return std::move(result_); }

    void read_object(const Json& object, const std::string& place, int depth) {
        if (!object.is_object()) fail(place, "is no GeoJSON object");
        if (depth > kMostNested) fail(place, "is nested too deep");
        const auto& type = member(object, "type", place);
        if (!type.is_string()) fail(place, "has a type that is no text");
        const auto name = type.get<std::string>();
        if (name == "Polygon") return read_polygon(member(object, "coordinates", place), within(place, "coordinates"));
        if (name == "MultiPolygon")
            return each(object, "coordinates", place,
                        [&](const Json& part, const std::string& at) { read_polygon(part, at); });
        if (name == "GeometryCollection")
            return each(object, "geometries", place,
                        [&](const Json& part, const std::string& at) { read_object(part, at, depth + 1); });
        if (name == "FeatureCollection")
            return each(object, "features", place,
                        [&](const Json& part, const std::string& at) { read_object(part, at, depth + 1); });
        if (name != "Feature") fail(place, fmt::format("is a {}, which is no area", shown(name)));
        // RFC 7946, "Feature Object": the geometry of an unlocated feature is null.
        const auto& geometry = member(object, "geometry", place);
        if (!geometry.is_null()) read_object(geometry, within(place, "geometry"), depth + 1);
    }

    void read_crs(const Json& document) {
        if (!document.contains("crs") || document["crs"].is_null()) return;
        const Json::json_pointer name{"/crs/properties/name"};
        if (!document.contains(name) || !document[name].is_string()) fail("crs", "names no coordinate system");
        result_.crs = document[name].get<std::string>();
    }

private:
    [[noreturn]] void fail(const std::string& place, const std::string& fault) const {
        throw wrong_usage(fmt::format("{}: {} {}", option_, place.empty() ? "the document" : place, fault));
    }

    static std::string within(const std::string& place, const char* name) {
        return place.empty() ? name : fmt::format("{}.{}", place, name);
    }

    const Json& member(const Json& object, const char* name, const std::string& place) const {
        const auto found = object.find(name);
        if (found == object.end()) fail(place, fmt::format("has no \"{}\"", name));
        return *found;
    }

    template <class Use>
    void each(const Json& object, const char* name, const std::string& place, Use&& use) const {
        each_of(member(object, name, place), within(place, name), use);
    }

    template <class Use>
    void each_of(const Json& list, const std::string& place, Use&& use) const {
        if (!list.is_array()) fail(place, "is no list");
        for (std::size_t i = 0; i < list.size(); ++i) use(list[i], fmt::format("{}[{}]", place, i));
    }

    void read_polygon(const Json& rings, const std::string& place) {
        Polygon::Part part;
        each_of(rings, place, [&](const Json& list, const std::string& at) {
            Polygon::Ring ring;
            each_of(list, at, [&](const Json& position, const std::string& where) {
                ring.push_back(read_position(position, where));
            });
            // RFC 7946, "Linear Ring": the first and last positions are equivalent.
            if (ring.size() < 4 || ring.front() != ring.back()) fail(at, "is no closed ring of four or more positions");
            if (part.outer.empty())
                part.outer = std::move(ring);
            else
                part.holes.push_back(std::move(ring));
        });
        if (!part.outer.empty()) result_.parts.push_back(std::move(part));  // an empty list is an empty geometry
    }

    Polygon::Position read_position(const Json& position, const std::string& place) const {
        if (!position.is_array() || position.size() < 2 || !position[0].is_number() || !position[1].is_number())
            fail(place, "is no position");
        return {position[0].get<double>(), position[1].get<double>()};
    }

    std::string option_;
    GeoJson result_;
};

}  // namespace

GeoJson parse_geojson(const std::string& option, std::string_view text) {
    Json document;
    try {
        document = Json::parse(text);
    } catch (const Json::parse_error& error) {
        throw wrong_usage(fmt::format("{}: character {}: not JSON", option, error.byte));
    } catch (const Json::out_of_range&) {
        throw wrong_usage(option + ": a number in it is too large");
    }
    Reader reader{option};
    reader.read_object(document, "", 0);
    reader.read_crs(document);
    auto result = reader.take();
    if (result.parts.empty()) throw wrong_usage(option + ": there is no polygon in it");
    return result;
}

}  // namespace copse::cli
