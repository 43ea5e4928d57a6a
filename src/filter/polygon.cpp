#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "copse/filter.hpp"
#include "filter/edges.hpp"
#include "filter/raster.hpp"
#include "filter/rings.hpp"

namespace copse::filter {

struct Polygon::Data {
    Data(std::vector<Edge> edges, std::vector<RingKind> kinds, Position lower, Position upper)
        : bands{std::move(edges)}, rings{std::move(kinds)}, min{lower}, max{upper} {
        raster = Raster::make(min, max, bands.edges(), rings, [this](Position position) {
            Raster::Rings around;
            for_each_side(position, [&](std::uint32_t ring, Side side) {
                if (side != Side::outside) around.push_back(ring);
            });
            return around;
        });
    }

    template <class Use>
    void for_each_side(Position position, Use&& use) const;
    [[nodiscard]] bool has(Position position) const;
    [[nodiscard]] bool any_edge_touches(Position lower, Position upper) const;

    EdgeBands bands;
    std::vector<RingKind> rings;
    Position min, max;             ///< of the outer rings
    std::optional<Raster> raster;  ///< refers to `bands` and `rings`
};

/// Asks the edges of the position's band, ring by ring. Calls `use` with each ring of the band and the position's side.
template <class Use>
void Polygon::Data::for_each_side(Position position, Use&& use) const {
    constexpr double kEnd = std::numeric_limits<double>::infinity();
    const auto edges = bands.edges();
    const auto near = bands.at(position.y);
    for (std::size_t i = 0; i < near.size();) {
        const auto ring = edges[near[i]].ring;
        Crossings crossings{position, false};
        for (; i < near.size() && edges[near[i]].ring == ring; ++i) crossings.add(edges[near[i]], kEnd);
        use(ring, crossings.side());
    }
}

bool Polygon::Data::has(Position position) const {
    PartSearch search{rings};
    for_each_side(position, [&](std::uint32_t ring, Side side) { search.take(ring, side); });
    return search.found();
}

bool Polygon::Data::any_edge_touches(Position lower, Position upper) const {
    if (raster && raster->is_clear(lower, upper)) return false;
    // Only rectangles with little beside them are worth a closer look.
    constexpr std::size_t kMostEdges = 4096;
    const auto near = bands.between(lower.y, upper.y);
    if (near.size() > kMostEdges) return true;
    return std::any_of(near.begin(), near.end(),
                       [&](std::uint32_t edge) { return touches(bands.edges()[edge], lower, upper); });
}

namespace {

using Position = Polygon::Position;

bool is_finite(Position position) { return std::isfinite(position.x) && std::isfinite(position.y); }

void append_edges(const Polygon::Ring& ring, std::uint32_t index, std::vector<Edge>& edges) {
    for (std::size_t i = 0; i < ring.size(); ++i) {
        auto low = ring[i], high = ring[i + 1 == ring.size() ? 0 : i + 1];
        if (low == high) continue;
        if (low.y > high.y) std::swap(low, high);
        edges.push_back({low, high, std::min(low.x, high.x), std::max(low.x, high.x), index});
    }
}

Status check_ring(const Polygon::Ring& ring) {
    if (!std::all_of(ring.begin(), ring.end(), is_finite))
        return Error{Code::bad_value, 0, "a coordinate of a polygon is not a finite number"};
    if (!has_three_positions(ring)) return Error{Code::bad_value, 0, kRingTooSmall};
    return Ok{};
}

}  // namespace

bool has_three_positions(const Polygon::Ring& ring) {
    if (ring.empty()) return false;
    const auto differs_from = [](Position a) { return [a](Position b) { return !(a == b); }; };
    const auto second = std::find_if(ring.begin(), ring.end(), differs_from(ring.front()));
    if (second == ring.end()) return false;
    return std::any_of(second, ring.end(), [&](Position p) { return !(p == ring.front()) && !(p == *second); });
}

Result<Polygon> Polygon::from_parts(std::vector<Part> parts) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (parts.empty()) return Error{Code::bad_value, 0, "a polygon has at least one part"};

    std::vector<Edge> edges;
    std::vector<RingKind> rings;
    Position min{kInfinity, kInfinity}, max{-kInfinity, -kInfinity};
    const auto append_ring = [&](const Ring& ring, bool is_outer, std::uint32_t part) -> Status {
        if (const auto status = check_ring(ring); !status) return status;
        append_edges(ring, static_cast<std::uint32_t>(rings.size()), edges);
        rings.push_back({part, is_outer});
        if (edges.size() > std::numeric_limits<std::uint32_t>::max() / 8)
            return Error{Code::limit_exceeded, 0, "a polygon has more edges than can be indexed"};
        return Ok{};
    };

    for (std::uint32_t part = 0; part < parts.size(); ++part) {
        if (const auto status = append_ring(parts[part].outer, true, part); !status) return status.error();
        for (const auto position : parts[part].outer) {
            min = {std::min(min.x, position.x), std::min(min.y, position.y)};
            max = {std::max(max.x, position.x), std::max(max.y, position.y)};
        }
        for (const auto& hole : parts[part].holes)
            if (const auto status = append_ring(hole, false, part); !status) return status.error();
    }
    return Polygon{std::make_shared<const Data>(std::move(edges), std::move(rings), min, max)};
}

bool Polygon::contains(double x, double y) const {
    const auto& area = *data_;
    // Written so that NaN is outside.
    if (!(x >= area.min.x && x <= area.max.x && y >= area.min.y && y <= area.max.y)) return false;
    if (area.raster) {
        const auto answer = area.raster->ask({x, y});
        if (answer != Raster::Answer::unknown) return answer == Raster::Answer::inside;
    }
    return area.has({x, y});
}

Relation Polygon::relation(Position min, Position max) const {
    const auto& area = *data_;
    if (!(min.x <= max.x && min.y <= max.y)) return Relation::crossing;
    if (max.x < area.min.x || min.x > area.max.x || max.y < area.min.y || min.y > area.max.y) return Relation::outside;

    // What lies beyond the area's own rectangle is outside; if the rest is not inside, all of it is outside.
    const Position lower{std::max(min.x, area.min.x), std::max(min.y, area.min.y)};
    const Position upper{std::min(max.x, area.max.x), std::min(max.y, area.max.y)};
    if (area.any_edge_touches(lower, upper)) return Relation::crossing;
    // Without an edge in it, every position of the rectangle is on the same side of all rings.
    if (!contains(lower.x, lower.y)) return Relation::outside;
    return lower == min && upper == max ? Relation::inside : Relation::crossing;
}

Polygon::Position Polygon::min() const { return data_->min; }
Polygon::Position Polygon::max() const { return data_->max; }

}  // namespace copse::filter
