// The edges of an area, found by y.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "copse/filter.hpp"

namespace copse::filter {

/// From one vertex of a ring to the next, turned so that it does not go down.
struct Edge {
    Polygon::Position low, high;
    double min_x = 0, max_x = 0;
    std::uint32_t ring = 0;  ///< rings are counted through all parts
};

/// How a point lies to a ring, by the even-odd rule.
enum class Side : std::uint8_t { outside, inside, boundary };

/// Edges in bands of y: half-open, the last one closed, with about as many vertices in each. An edge is listed in every
/// band that it touches. The number of bands is held down where edges are so tall that lists would be long.
class EdgeBands {
public:
    explicit EdgeBands(std::vector<Edge> edges);

    [[nodiscard]] std::span<const Edge> edges() const { return edges_; }
    /// Indices of the edges that touch the band of `y`, ascending (so by ring). Nothing below the first and above the
    /// last vertex.
    [[nodiscard]] std::span<const std::uint32_t> at(double y) const;
    /// The lists of all bands from that of `from` to that of `to`, in one run: an edge may stand there several times.
    [[nodiscard]] std::span<const std::uint32_t> between(double from, double to) const;

private:
    [[nodiscard]] std::size_t band_of(double y) const;
    bool fill(std::size_t stride, std::size_t most_entries);

    std::vector<Edge> edges_;
    std::vector<double> vertex_y_;        ///< ascending, different; only while it is made
    std::vector<double> starts_;          ///< of the bands
    double end_ = 0;                      ///< of the last one
    std::vector<std::uint32_t> first_;    ///< of each band in `entries_`, and the end
    std::vector<std::uint32_t> entries_;  ///< indices of edges
};

/// Takes in the edges of one ring that touch a point's band, and tells the point's side of the ring.
class Crossings {
public:
    explicit Crossings(Polygon::Position point) : point_{point} {}
    void add(const Edge& edge);
    [[nodiscard]] Side side() const {
        if (on_edge_) return Side::boundary;
        return odd_ ? Side::inside : Side::outside;
    }

private:
    Polygon::Position point_;
    bool odd_ = false;
    bool on_edge_ = false;
};

/// Whether an edge and a closed rectangle have a point in common.
[[nodiscard]] bool touches(const Edge& edge, Polygon::Position min, Polygon::Position max);

}  // namespace copse::filter
