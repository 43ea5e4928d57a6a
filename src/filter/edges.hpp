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

/// The part that a ring belongs to. Outer rings are counted before their holes.
struct RingKind {
    std::uint32_t part = 0;
    bool is_outer = false;
};

/// Told a point's sides of rings in ascending order, says whether the point belongs to one of the parts. Rings that are
/// left out have the point outside.
class PartSearch {
public:
    explicit PartSearch(std::span<const RingKind> rings) : rings_{rings} {}
    void take(std::uint32_t ring, Side side) {
        const auto [part, is_outer] = rings_[ring];
        if (part != part_) {
            found_ = found_ || in_part_;
            in_part_ = false;
            part_ = part;
        }
        if (is_outer)
            in_part_ = side != Side::outside;
        else if (side == Side::inside)
            in_part_ = false;
    }
    [[nodiscard]] bool found() const { return found_ || in_part_; }

private:
    std::span<const RingKind> rings_;
    std::uint32_t part_ = 0;
    bool in_part_ = false;
    bool found_ = false;
};

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

/// Counts the edges of one ring between a point and another one to the right of it.
class Crossings {
public:
    /// @param parity whether the other point is inside
    Crossings(Polygon::Position point, bool parity) : point_{point}, odd_{parity} {}
    /// Takes an edge in. @param end the other point: at the same y, on no edge; infinity for one beyond all rings
    void add(const Edge& edge, double end);
    [[nodiscard]] Side side() const {
        if (on_edge_) return Side::boundary;
        return odd_ ? Side::inside : Side::outside;
    }

private:
    Polygon::Position point_;
    bool odd_;
    bool on_edge_ = false;
};

/// Whether an edge and a closed rectangle have a point in common.
[[nodiscard]] bool touches(const Edge& edge, Polygon::Position min, Polygon::Position max);

}  // namespace copse::filter
