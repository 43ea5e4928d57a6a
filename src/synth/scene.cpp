#include "synth/scene.hpp"

#include <cmath>

#include "synth/numbers.hpp"

namespace copse::synth {

namespace {
constexpr double kReach = 70;  // metres; beyond there is no return
constexpr double kKerb = 4.5;  // metres from the middle of the street
constexpr double kLawn = 7.6;
constexpr double kHouseWidth = 12;
constexpr double kNearestWall = 8.2;  // metres from the middle of the street
constexpr double kTreeRow = 6.2;
constexpr double kTreeDistance = 14;

enum Kind : std::uint64_t { house_kind = 1, tree_kind = 2 };

// How deep a window lies in a wall, or 0 where there is none: one per storey and 3 metres of wall.
double recess(double along, double height) {
    const double column = along / 3 - std::floor(along / 3);
    const double storey = height / 3.2 - std::floor(height / 3.2);
    const bool is_window = column > 0.3 && column < 0.7 && storey > 0.3 && storey < 0.75;
    return is_window ? 0.15 : 0;
}
}  // namespace

struct Scene::Tree {
    std::uint64_t object;
    double along, lateral;  // of the trunk
    double trunk_distance;  // of the ray's origin to where it passes the trunk
    double crown_height, radius;
};

Scene::Scene(std::uint64_t seed)
    : seed_{mix(seed ^ 0x5ce4e5u)}, phase_u_{part(seed_, 0, 16)}, phase_v_{part(seed_, 16, 16)} {}

double Scene::terrain(double u, double v) const {
    return 21 + 0.034 * u + 0.021 * v + 1.6 * sine(u / 190 + phase_u_) + 1.1 * sine(v / 130 + phase_v_);
}

double Scene::step_at(double lateral) {
    return std::abs(lateral) < kKerb ? -0.02 * std::abs(lateral) / kKerb : 0.12;  // roads are arched
}

std::uint64_t Scene::hash(std::uint64_t kind, const Street& street, bool left, std::int64_t index) const {
    return mix(seed_ ^ mix(street.id << 2 | (left ? 2u : 0u) | (kind & 1u)) ^
               static_cast<std::uint64_t>(index) * 0x9e3779b97f4a7c15u);
}

std::optional<Hit> Scene::cast_ground(const Ray& ray) {
    if (ray.d_up > -0.02) return std::nullopt;
    const double distance = ray.sensor_height / -ray.d_up;
    if (distance > kReach) return std::nullopt;
    const double lateral = std::abs(ray.lateral + distance * ray.d_lateral);
    return Hit{distance, lateral < kKerb ? Surface::road : lateral < kLawn ? Surface::pavement : Surface::grass, 0};
}

std::optional<Hit> Scene::cast_wall(const Street& street, const Ray& ray) const {
    if (std::abs(ray.d_lateral) < 0.05) return std::nullopt;
    const bool left = ray.d_lateral > 0;
    const auto distance_to = [&](double wall) { return ((left ? wall : -wall) - ray.lateral) / ray.d_lateral; };
    // Which house: as if all stood in one line. Its own wall is up to 2 metres behind.
    const double along = ray.along + distance_to(kNearestWall) * ray.d_along;
    if (!(along >= street.first && along < street.last)) return std::nullopt;
    const auto object = hash(house_kind, street, left, static_cast<std::int64_t>(along / kHouseWidth));
    const double wall = kNearestWall + 2 * part(object, 0, 8);
    double distance = distance_to(wall);
    if (distance > kReach) return std::nullopt;

    const double height = ray.sensor_height + distance * ray.d_up;  // above the ground under the vehicle
    const double top = 6.5 + 3.2 * std::floor(4 * part(object, 8, 8));
    if (height > top) return std::nullopt;
    const double depth = recess(ray.along + distance * ray.d_along, height);
    if (depth > 0) distance = distance_to(wall + depth);
    return Hit{distance, depth > 0 ? Surface::window : Surface::wall, object};
}

std::optional<Scene::Tree> Scene::find_tree(const Street& street, const Ray& ray) const {
    if (std::abs(ray.d_lateral) < 0.05) return std::nullopt;
    const bool left = ray.d_lateral > 0;
    const double row = left ? kTreeRow : -kTreeRow;
    const double distance = (row - ray.lateral) / ray.d_lateral;
    const double along = ray.along + distance * ray.d_along;
    if (distance > kReach || !(along >= street.first && along < street.last)) return std::nullopt;
    const auto index = static_cast<std::int64_t>(along / kTreeDistance);
    const auto object = hash(tree_kind, street, left, index);
    if ((object & 7u) < 3) return std::nullopt;  // three of eight places are empty
    Tree tree;
    tree.object = object;
    tree.along = (static_cast<double>(index) + 0.35 + 0.3 * part(object, 3, 8)) * kTreeDistance;
    tree.lateral = row;
    tree.trunk_distance = distance;
    tree.crown_height = 4.6 + 1.6 * part(object, 11, 8);
    tree.radius = 1.7 + 0.9 * part(object, 19, 8);
    return tree;
}

std::optional<Hit> Scene::cast(const Street& street, const Ray& ray) const {
    auto nearest = cast_ground(ray);
    const auto wall = cast_wall(street, ray);
    if (wall && (!nearest || wall->distance < nearest->distance)) nearest = wall;

    const auto tree = find_tree(street, ray);
    if (!tree || (nearest && nearest->distance < tree->trunk_distance)) return nearest;
    const double height = ray.sensor_height + tree->trunk_distance * ray.d_up;
    const double beside = ray.along + tree->trunk_distance * ray.d_along - tree->along;
    constexpr double kTrunkRadius = 0.16;
    if (std::abs(beside) > kTrunkRadius || height < 0 || height > tree->crown_height) return nearest;
    // The front of a round trunk.
    const double depth = std::sqrt(kTrunkRadius * kTrunkRadius - beside * beside);
    return Hit{tree->trunk_distance - depth, Surface::trunk, tree->object};
}

std::optional<Crown> Scene::find_crown(const Street& street, const Ray& ray) const {
    const auto tree = find_tree(street, ray);
    if (!tree) return std::nullopt;
    const double along = ray.along - tree->along;
    const double lateral = ray.lateral - tree->lateral;
    const double up = ray.sensor_height - tree->crown_height;
    const double half = along * ray.d_along + lateral * ray.d_lateral + up * ray.d_up;
    const double rest = along * along + lateral * lateral + up * up - tree->radius * tree->radius;
    const double discriminant = half * half - rest;
    if (discriminant <= 0) return std::nullopt;
    const double root = std::sqrt(discriminant);
    if (-half - root <= 0) return std::nullopt;
    return Crown{-half - root, -half + root, tree->object};
}

}  // namespace copse::synth
