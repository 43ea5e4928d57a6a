// What stands in the streets: ground, houses and trees, all functions of place and seed. Nothing is stored.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "synth/route.hpp"

namespace copse::synth {

enum class Surface : std::uint8_t { road, pavement, grass, wall, window, leaves, trunk, bird };

/// A ray in a street's frame: along the street, lateral, up. The direction has length 1.
struct Ray {
    double along, lateral, up;
    double d_along, d_lateral, d_up;
    double sensor_height;  ///< of the origin above the ground
};

struct Hit {
    double distance = 0;
    Surface surface = Surface::road;
    std::uint64_t object = 0;  ///< hash of the house or tree
};

/// Where a ray enters and leaves a crown.
struct Crown {
    double enter, leave;
    std::uint64_t object;
};

class Scene {
public:
    explicit Scene(std::uint64_t seed);

    /// Height of the ground, without kerbs and grass.
    [[nodiscard]] double terrain(double u, double v) const;
    /// Height of road, pavement or lawn above the terrain.
    [[nodiscard]] static double step_at(double lateral);

    /// First thing that is not a crown of leaves, if any within reach.
    [[nodiscard]] std::optional<Hit> cast(const Street& street, const Ray& ray) const;
    /// The crown that the ray passes through, if any.
    [[nodiscard]] std::optional<Crown> find_crown(const Street& street, const Ray& ray) const;

private:
    struct Tree;
    [[nodiscard]] std::uint64_t hash(std::uint64_t kind, const Street& street, bool left, std::int64_t index) const;
    [[nodiscard]] std::optional<Hit> cast_wall(const Street& street, const Ray& ray) const;
    [[nodiscard]] static std::optional<Hit> cast_ground(const Ray& ray);
    [[nodiscard]] std::optional<Tree> find_tree(const Street& street, const Ray& ray) const;

    std::uint64_t seed_;
    double phase_u_, phase_v_;
};

}  // namespace copse::synth
