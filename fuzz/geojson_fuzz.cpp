// Areas as GeoJSON: what is accepted is made of closed rings of finite numbers and is the same within a collection;
// what is refused is told in a sentence that a terminal can show.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "support/geojson.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"

namespace {

using namespace copse;
using cli::GeoJson;
using filter::Polygon;

constexpr const char* kOption = "--polygon";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

void require(bool holds) {
    if (!holds) std::abort();
}

std::optional<GeoJson> parse(std::string_view text, std::string& refusal) {
    try {
        return cli::parse_geojson(kOption, text);
    } catch (const cli::Stop& stop) {
        require(stop.exit == cli::Exit::usage);
        refusal = stop.rule;
        return std::nullopt;
    }
}

void check_ring(const Polygon::Ring& ring) {
    require(ring.size() >= 4 && ring.front() == ring.back());
    for (const auto& position : ring) require(std::isfinite(position.x) && std::isfinite(position.y));
}

bool same(const Polygon::Part& a, const Polygon::Part& b) { return a.outer == b.outer && a.holes == b.holes; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text{reinterpret_cast<const char*>(data), size};
    std::string refusal;
    const auto area = parse(text, refusal);
    if (!area) {
        require(refusal.starts_with(kOption) && refusal == cli::shown(refusal));
        return 0;
    }
    require(!area->parts.empty());
    for (const auto& part : area->parts) {
        check_ring(part.outer);
        std::for_each(part.holes.begin(), part.holes.end(), check_ring);
    }
    (void)Polygon::from_parts(area->parts);

    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    const auto collection =
        R"({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": )" + std::string{text} + "}]}";
    const auto within = parse(collection, refusal);
    require(within
                ? std::equal(area->parts.begin(), area->parts.end(), within->parts.begin(), within->parts.end(), same)
                : refusal.ends_with("is nested too deep"));
    return 0;
}
