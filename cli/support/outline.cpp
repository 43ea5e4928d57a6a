#include "support/outline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "copse/io.hpp"
#include "support/answer.hpp"
#include "support/console.hpp"
#include "support/crs.hpp"
#include "support/geojson.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

using filter::Polygon;
using Position = Polygon::Position;

constexpr const char* kOption = "query: --polygon";
constexpr std::uint64_t kMaxOutlineBytes = 256u << 20;

std::string trimmed(std::string text) {
    constexpr const char* kBlank = " \t\r\n";
    if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);  // a byte order mark
    text.erase(0, std::min(text.find_first_not_of(kBlank), text.size()));
    text.erase(text.find_last_not_of(kBlank) + 1);
    return text;
}

bool is_json(const std::string& text) { return text.starts_with('{'); }

bool is_wkt(const std::string& text) {
    const auto start = lower_case(std::string_view{text}.substr(0, 16));
    return start.starts_with("polygon") || start.starts_with("multipolygon") || start.starts_with("srid=");
}

/// Not a name of a file, such as polygon.geojson.
bool is_written_out(const std::string& argument, const std::string& text) {
    const bool has_content =
        is_json(text) || text.find('(') != std::string::npos || lower_case(text).ends_with(" empty");
    return has_content && !io::FileSource::open(argument);
}

std::string file_text(const std::string& path) {
    const auto source = checked(io::FileSource::open(path), path);
    if (source->size() > kMaxOutlineBytes) throw wrong_usage("the file is too long for a polygon", path);
    const auto bytes = checked(source->read({0, source->size()}), path);
    return trimmed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Polygon polygon_of(std::vector<Polygon::Part> parts, const std::string& option) {
    auto polygon = Polygon::from_parts(std::move(parts));
    if (!polygon) throw wrong_usage(fmt::format("{}: {}", option, polygon.error().what));
    return *std::move(polygon);
}

// ---- into the file's coordinate system ------------------------------------------------------------------------------

/// Turns positions, and puts further ones into edges whose images are bent.
class Bend {
public:
    Bend(const PositionTransform& transform, double tolerance) : transform_{transform}, tolerance_{tolerance} {}

    Polygon::Ring ring(const Polygon::Ring& from) {
        out_.clear();
        for (std::size_t i = 0; i < from.size(); ++i) {
            const auto& next = from[(i + 1) % from.size()];
            const auto a = transform_(from[i]);
            out_.push_back(a);
            if (next != from[i]) edge(from[i], next, a, transform_(next), kMostHalvings);
        }
        return std::move(out_);
    }

private:
    static constexpr int kMostHalvings = 12;

    static Position between(Position a, Position b, double share) {
        return {a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
    }
    [[nodiscard]] bool near(Position a, Position b) const { return std::hypot(a.x - b.x, a.y - b.y) <= tolerance_; }

    /// What lies between the ends of an edge; `to_a` and `to_b` are their images.
    void edge(Position a, Position b, Position to_a, Position to_b, int halvings) {
        const auto middle = between(a, b, 0.5);
        const auto to_middle = transform_(middle);
        // A quarter too: a bend to both sides passes through the middle of the chord.
        const bool straight = near(to_middle, between(to_a, to_b, 0.5)) &&
                              near(transform_(between(a, b, 0.25)), between(to_a, to_b, 0.25));
        if (straight || halvings == 0) return;
        edge(a, middle, to_a, to_middle, halvings - 1);
        out_.push_back(to_middle);
        edge(middle, b, to_middle, to_b, halvings - 1);
    }

    const PositionTransform& transform_;
    double tolerance_;
    Polygon::Ring out_;
};

std::vector<Polygon::Part> transformed_parts(const std::vector<Polygon::Part>& parts, const std::string& crs,
                                             const read::File& file) {
    const auto transform = position_transform(kOption, crs, file_wkt(file));
    Bend bend{transform, std::max(file.header.scale[0], file.header.scale[1]) / 2};
    std::vector<Polygon::Part> turned;
    for (const auto& part : parts) {
        auto& made = turned.emplace_back();
        made.outer = bend.ring(part.outer);
        for (const auto& hole : part.holes) made.holes.push_back(bend.ring(hole));
    }
    return turned;
}

}  // namespace

void warn_of_degrees(const char* what, const Rectangle& rectangle, const read::File& file) {
    const auto like_degrees = [](const Rectangle& one) {
        return one.x0 >= -180 && one.x1 <= 180 && one.y0 >= -90 && one.y1 <= 90;
    };
    const auto bounds = file.bounds();
    const Rectangle points{bounds.min[0], bounds.min[1], bounds.max[0], bounds.max[1]};
    const bool apart =
        rectangle.x1 < points.x0 || rectangle.x0 > points.x1 || rectangle.y1 < points.y0 || rectangle.y0 > points.y1;
    // A file of degrees, or without points, is none of metres.
    if (like_degrees(rectangle) && apart && !like_degrees(points))
        console().warn(
            fmt::format("the {} looks like longitudes and latitudes, and lies outside the file: see --bounds-crs "
                        "EPSG:4326",
                        what));
}

filter::Polygon polygon_from_argument(const std::string& argument, const std::string& crs, const read::File& file) {
    auto text = trimmed(argument);
    const bool inside = is_written_out(argument, text);
    if (inside && !is_wkt(text) && !is_json(text))
        throw wrong_usage(fmt::format("{}: '{}' is neither a polygon of WKT nor a file", kOption, shown(text)));
    if (!inside) text = file_text(argument);
    const auto option = inside ? std::string{kOption} : fmt::format("{}: {}", kOption, shown(argument));

    std::vector<Polygon::Part> parts;
    auto from = crs;
    if (is_json(text)) {
        auto read = parse_geojson(option, text);
        parts = std::move(read.parts);
        if (from.empty()) from = read.crs;
    } else if (is_wkt(text)) {
        auto read = Polygon::parts_from_wkt(text);
        if (!read)
            throw wrong_usage(fmt::format("{}: character {}: {}", option, read.error().at + 1, read.error().what));
        parts = *std::move(read);
    } else {
        throw wrong_usage(option + ": neither WKT of a polygon nor GeoJSON");
    }
    if (!from.empty()) return polygon_of(transformed_parts(parts, from, file), option);
    auto polygon = polygon_of(std::move(parts), option);
    const auto low = polygon.min(), high = polygon.max();
    warn_of_degrees("polygon", {low.x, low.y, high.x, high.y}, file);
    return polygon;
}

}  // namespace copse::cli
