#include "copse/crs.hpp"

#include <cmath>

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

bool is_geographic(const PJ* crs) {
    const auto type = proj_get_type(crs);
    return type == PJ_TYPE_GEOGRAPHIC_2D_CRS || type == PJ_TYPE_GEOGRAPHIC_3D_CRS;
}

/// A box over the 180th meridian comes back with x0 > x1; the closed box that holds it goes all around.
Rectangle unwrapped(Rectangle box, const PJ* crs) {
    if (box.x0 <= box.x1) return box;
    const double half_turn = std::acos(-1.0) / axis_unit(crs);
    return {-half_turn, box.y0, half_turn, box.y1};
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

bool geographic(const std::string& definition) {
    const auto crs = parse(definition);
    const auto part = crs ? horizontal_part(crs.get()) : nullptr;
    return part && is_geographic(part.get());
}

std::string describe(const std::string& definition) {
    auto crs = parse(definition);
    if (!crs) return {};
    const std::string name = proj_get_name(crs.get());
    const auto code = authority_and_code(with_code_if_known(std::move(crs)).get());
    return code.empty() ? name : name + " (" + code + ")";
}

std::optional<Rectangle> transform(const Rectangle& box, const std::string& from, const std::string& to) {
    if (!(box.x0 <= box.x1) || !(box.y0 <= box.y1)) return std::nullopt;
    const auto source = parse(from), target = parse(to);
    if (!source || !target) return std::nullopt;
    const auto source_xy = horizontal_part(source.get()), target_xy = horizontal_part(target.get());
    if (!source_xy || !target_xy) return std::nullopt;

    const Object raw{proj_create_crs_to_crs_from_pj(context(), source_xy.get(), target_xy.get(), nullptr, nullptr)};
    const auto operation = raw ? with_x_first(raw.get()) : nullptr;
    if (!operation) return std::nullopt;
    Rectangle result{};
    if (proj_trans_bounds(context(), operation.get(), PJ_FWD, box.x0, box.y0, box.x1, box.y1, &result.x0, &result.y0,
                          &result.x1, &result.y1, kPointsPerEdge) == 0)
        return std::nullopt;
    for (const double edge : {result.x0, result.y0, result.x1, result.y1})
        if (!std::isfinite(edge)) return std::nullopt;
    return is_geographic(target_xy.get()) ? unwrapped(result, target_xy.get()) : result;
}

}  // namespace copse::crs
