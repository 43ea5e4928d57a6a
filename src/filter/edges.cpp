#include "filter/edges.hpp"

#include <algorithm>
#include <cassert>

#include "filter/orientation.hpp"

namespace copse::filter {

EdgeBands::EdgeBands(std::vector<Edge> edges) : edges_{std::move(edges)} {
    assert(!edges_.empty());
    for (const auto& edge : edges_) vertex_y_.insert(vertex_y_.end(), {edge.low.y, edge.high.y});
    std::sort(vertex_y_.begin(), vertex_y_.end());
    vertex_y_.erase(std::unique(vertex_y_.begin(), vertex_y_.end()), vertex_y_.end());
    end_ = vertex_y_.back();

    // A band of all vertices lists every edge once, so this ends.
    const auto most_entries = 6 * edges_.size() + 64;
    for (std::size_t stride = 1; !fill(stride, most_entries); stride *= 2) {
    }
    vertex_y_ = {};
}

bool EdgeBands::fill(std::size_t stride, std::size_t most_entries) {
    starts_.clear();
    for (std::size_t i = 0; i < vertex_y_.size(); i += stride) starts_.push_back(vertex_y_[i]);

    first_.assign(starts_.size() + 1, 0);
    std::size_t entries = 0;
    for (const auto& edge : edges_) {
        const auto last = band_of(edge.high.y);
        for (auto band = band_of(edge.low.y); band <= last; ++band) ++first_[band + 1];
        entries += last - band_of(edge.low.y) + 1;
        if (entries > most_entries && starts_.size() > 1) return false;
    }
    for (std::size_t band = 0; band < starts_.size(); ++band) first_[band + 1] += first_[band];

    entries_.resize(entries);
    auto next = first_;
    for (std::uint32_t i = 0; i < edges_.size(); ++i) {
        const auto last = band_of(edges_[i].high.y);
        for (auto band = band_of(edges_[i].low.y); band <= last; ++band) entries_[next[band]++] = i;
    }
    return true;
}

std::size_t EdgeBands::band_of(double y) const {
    const auto above = std::upper_bound(starts_.begin(), starts_.end(), y);
    return above == starts_.begin() ? 0 : static_cast<std::size_t>(above - starts_.begin()) - 1;
}

std::span<const std::uint32_t> EdgeBands::at(double y) const {
    if (!(y >= starts_.front() && y <= end_)) return {};
    const auto band = band_of(y);
    return std::span{entries_}.subspan(first_[band], first_[band + 1] - first_[band]);
}

std::span<const std::uint32_t> EdgeBands::between(double from, double to) const {
    if (!(to >= starts_.front() && from <= end_)) return {};
    const auto first = first_[band_of(from)];
    return std::span{entries_}.subspan(first, first_[band_of(to) + 1] - first);
}

void Crossings::add(const Edge& edge, double end) {
    if (point_.y < edge.low.y || point_.y > edge.high.y || point_.x > edge.max_x) return;
    if (point_.x >= edge.min_x) {
        const auto side = orientation(edge.low, edge.high, point_);
        if (side == 0) on_edge_ = true;
        if (side <= 0) return;
    }
    // The edge is to the right of the point. Each edge has its lower end and not its upper one, so a vertex at this y
    // counts once where the ring goes through, and twice or not at all where it turns.
    if (point_.y == edge.high.y || end < edge.min_x) return;
    if (end > edge.max_x || orientation(edge.low, edge.high, {end, point_.y}) < 0) odd_ = !odd_;
}

bool touches(const Edge& edge, Polygon::Position min, Polygon::Position max) {
    if (edge.max_x < min.x || edge.min_x > max.x || edge.high.y < min.y || edge.low.y > max.y) return false;
    // Their boxes meet. They are apart only if the edge's line parts them: all corners on one side of it.
    const auto first = orientation(edge.low, edge.high, min);
    if (first == 0) return true;
    return orientation(edge.low, edge.high, max) != first ||
           orientation(edge.low, edge.high, {min.x, max.y}) != first ||
           orientation(edge.low, edge.high, {max.x, min.y}) != first;
}

}  // namespace copse::filter
