#include "copse/crs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "crs/proj.hpp"

namespace copse::crs {
namespace {

constexpr int kPointsPerEdge = 1000;

/// Axes in the order x, y, as all LAS files have them whatever their CRS says.
Object with_x_first(const PJ* crs) { return Object{proj_normalize_for_visualization(context(), crs)}; }

/// Without a transformation to WGS 84, which is a property of the definition and not of the system.
Object without_bound(Object crs) {
    if (crs && proj_get_type(crs.get()) == PJ_TYPE_BOUND_CRS) crs.reset(proj_get_source_crs(context(), crs.get()));
    return crs;
}

std::string authority_and_code(const PJ* crs) {
    const char* authority = proj_get_id_auth_name(crs, 0);
    const char* code = proj_get_id_code(crs, 0);
    return authority == nullptr || code == nullptr ? std::string{} : std::string{authority} + ":" + code;
}

Kind kind_of(const PJ* horizontal) {
    switch (proj_get_type(horizontal)) {
        case PJ_TYPE_PROJECTED_CRS:
            return Kind::projected;
        case PJ_TYPE_GEOGRAPHIC_2D_CRS:
        case PJ_TYPE_GEOGRAPHIC_3D_CRS:
            return Kind::geographic;
        case PJ_TYPE_GEOCENTRIC_CRS:
            return Kind::geocentric;
        case PJ_TYPE_VERTICAL_CRS:
            return Kind::vertical;
        default:
            return Kind::other;
    }
}

double half_turn(const PJ* geographic) { return std::acos(-1.0) / axis_unit(geographic); }

/// A box over the 180th meridian comes back with x0 > x1; the closed box that holds it goes all around.
Rectangle unwrapped(Rectangle box, const PJ* geographic) {
    if (box.x0 <= box.x1) return box;
    return {-half_turn(geographic), box.y0, half_turn(geographic), box.y1};
}

/// Two systems of coordinates in a plane, and how to get from one to the other.
struct Way {
    Object source, target, operation;

    /// The box that holds the image of another. One over the 180th meridian has x0 > x1.
    [[nodiscard]] std::optional<Rectangle> image(const Rectangle& box, PJ_DIRECTION direction) const {
        Rectangle result{};
        if (proj_trans_bounds(context(), operation.get(), direction, box.x0, box.y0, box.x1, box.y1, &result.x0,
                              &result.y0, &result.x1, &result.y1, kPointsPerEdge) == 0)
            return std::nullopt;
        for (const double edge : {result.x0, result.y0, result.x1, result.y1})
            if (!std::isfinite(edge)) return std::nullopt;
        return result;
    }

    [[nodiscard]] std::optional<Rectangle> forward(const Rectangle& box) const {
        const auto result = image(box, PJ_FWD);
        return result && kind_of(target.get()) == Kind::geographic ? unwrapped(*result, target.get()) : result;
    }
};

std::optional<Way> find_way(const std::string& from, const std::string& to) {
    const auto source = parse(from), target = parse(to);
    if (!source || !target) return std::nullopt;
    Way way{horizontal_part(source.get()), horizontal_part(target.get()), nullptr};
    if (!way.source || !way.target) return std::nullopt;
    const auto is_vertical = [](const Object& crs) { return kind_of(crs.get()) == Kind::vertical; };
    if (is_vertical(way.source) || is_vertical(way.target)) return std::nullopt;
    const auto is_geocentric = [](const Object& crs) { return kind_of(crs.get()) == Kind::geocentric; };
    if ((is_geocentric(way.source) || is_geocentric(way.target)) && !equivalent(way.source.get(), way.target.get()))
        return std::nullopt;
    const Object raw{proj_create_crs_to_crs_from_pj(context(), way.source.get(), way.target.get(), nullptr, nullptr)};
    if (raw) way.operation = with_x_first(raw.get());
    if (!way.operation) return std::nullopt;
    return way;
}

bool is_box(const Rectangle& box) { return box.x0 <= box.x1 && box.y0 <= box.y1; }

/// Wider than the curves that lines become between two sampled points of an edge.
Rectangle widened(const Rectangle& box) {
    constexpr double kShare = 0.01;
    const double dx = kShare * (box.x1 - box.x0), dy = kShare * (box.y1 - box.y0);
    return {box.x0 - dx, box.y0 - dy, box.x1 + dx, box.y1 + dy};
}

Rectangle intersection(const Rectangle& a, const Rectangle& b) {
    return {std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)};
}

Rectangle united(const Rectangle& a, const Rectangle& b) {
    return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

/// The boxes that an image in a geographic CRS stands for: on both sides of the 180th meridian if it crosses that, and
/// for those who count longitudes from 0 to 360.
std::vector<Rectangle> ways_to_say(const Rectangle& image, const PJ* crs) {
    if (kind_of(crs) != Kind::geographic) return {image};
    const double half = half_turn(crs);
    std::vector<Rectangle> parts{image};
    if (image.x0 > image.x1) parts = {{image.x0, image.y0, half, image.y1}, {-half, image.y0, image.x1, image.y1}};
    for (std::size_t i = 0, count = parts.size(); i < count; ++i)
        for (const double turn : {-2 * half, 2 * half})
            parts.push_back({parts[i].x0 + turn, parts[i].y0, parts[i].x1 + turn, parts[i].y1});
    return parts;
}

/// Latitudes that are none, most often because somebody wrote them before the longitudes.
bool beyond_the_poles(const Rectangle& box, const PJ* crs) {
    if (kind_of(crs) != Kind::geographic) return false;
    const double pole = half_turn(crs) / 2;
    return box.y0 > pole || box.y1 < -pole;
}

}  // namespace

std::string to_wkt1(const std::string& definition) {
    const auto crs = parse(definition);
    return crs ? as_wkt1(crs.get()) : std::string{};
}

bool same(const std::string& a, const std::string& b) {
    if (a == b) return true;
    const auto first = without_bound(parse(a)), second = without_bound(parse(b));
    if (!first || !second) return false;
    if (equivalent(first.get(), second.get())) return true;
    const auto first_xy = with_x_first(first.get()), second_xy = with_x_first(second.get());
    return first_xy && second_xy && equivalent(first_xy.get(), second_xy.get());
}

Kind kind(const std::string& definition) {
    const auto crs = parse(definition);
    const auto part = crs ? horizontal_part(crs.get()) : nullptr;
    return part ? kind_of(part.get()) : Kind::not_understood;
}

bool geographic(const std::string& definition) { return kind(definition) == Kind::geographic; }

std::string describe(const std::string& definition) {
    auto crs = parse(definition);
    if (!crs) return {};
    const std::string name = proj_get_name(crs.get());
    const auto code = authority_and_code(with_code_if_known(std::move(crs)).get());
    return code.empty() ? name : name + " (" + code + ")";
}

std::optional<Rectangle> transform(const Rectangle& box, const std::string& from, const std::string& to) {
    if (!is_box(box)) return std::nullopt;
    const auto way = find_way(from, to);
    return way ? way->forward(box) : std::nullopt;
}

std::optional<Rectangle> transform_near(const Rectangle& box, const std::string& from, const std::string& to,
                                        const Rectangle& place) {
    if (!is_box(box) || !is_box(place)) return std::nullopt;
    const auto way = find_way(from, to);
    if (!way || beyond_the_poles(box, way->source.get())) return std::nullopt;
    // A geographic image is never far from what its edges become, and a place in degrees may pass the poles.
    if (kind_of(way->target.get()) == Kind::geographic) return way->forward(box);
    const auto seen = way->image(widened(place), PJ_INV);
    if (!seen) return std::nullopt;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    Rectangle result{kInfinity, kInfinity, -kInfinity, -kInfinity};
    for (const auto& part : ways_to_say(*seen, way->source.get())) {
        const auto common = intersection(box, part);
        if (!is_box(common)) continue;
        const auto image = way->forward(common);
        if (!image) return std::nullopt;
        result = united(result, *image);
    }
    return result;
}

struct PointTransform::Impl {
    Way way;
};

std::optional<PointTransform> PointTransform::find(const std::string& from, const std::string& to) {
    auto way = find_way(from, to);
    if (!way) return std::nullopt;
    PointTransform found;
    found.impl_ = std::make_shared<const Impl>(std::move(*way));
    return found;
}

std::optional<std::array<double, 2>> PointTransform::operator()(double x, double y) const {
    if (beyond_the_poles({x, y, x, y}, impl_->way.source.get())) return std::nullopt;
    auto* operation = impl_->way.operation.get();
    proj_errno_reset(operation);
    const auto image = proj_trans(operation, PJ_FWD, proj_coord(x, y, 0, 0));
    if (!std::isfinite(image.xy.x) || !std::isfinite(image.xy.y)) return std::nullopt;
    return std::array{image.xy.x, image.xy.y};
}

}  // namespace copse::crs
