#include "build/selection.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "build/morton.hpp"
#include "build/radix_sort.hpp"
#include "build/record_order.hpp"

namespace copse::build {
namespace {

/// Node levels that one sort serves, besides those that the grid needs: deeper nodes are sorted again, by their own
/// bits.
constexpr unsigned kNodeLevelsPerSort = 4;

constexpr std::uint64_t kTaken = ~std::uint64_t{0};  // a distance that no point has
constexpr std::uint32_t kNobody = ~std::uint32_t{0};

using Range = std::pair<std::size_t, std::size_t>;

/// How a word is made up: Morton code of the cell of level `bottom` within its ancestor of level `top`, then the
/// point's row, then one bit that tells whether a node has taken the point.
struct Window {
    unsigned top = 0;
    unsigned bottom = 0;
    unsigned row_bits = 0;

    [[nodiscard]] unsigned code_at() const { return row_bits + 1; }
    [[nodiscard]] unsigned end() const { return code_at() + 3 * (bottom - top); }
    /// How far to shift a word to get the number of its cell of `level`. @pre top <= level <= bottom
    [[nodiscard]] unsigned shift(unsigned level) const { return code_at() + 3 * (bottom - level); }
};

}  // namespace

bool has_grid(const Cube& cube, const TreeShape& shape, unsigned level) {
    return level + shape.grid_bits <= kPositionBits && cube.largest_size_raw() > std::uint64_t{1}
                                                                                     << (level + shape.grid_bits);
}

struct Selector::State {
    Locator locator;
    Cube cube;
    TreeShape shape;
    const las::Points* points = nullptr;
    std::span<const std::uint32_t> record_order;

    std::vector<std::uint64_t> words, scratch;
    std::vector<Position> positions;      ///< by row
    std::vector<Position> sorted;         ///< in the words' order
    std::vector<std::uint32_t> nearest;   ///< of each cell that a pass met: place of its word, or nobody
    std::vector<std::uint32_t> order_of;  ///< by row: place in record_order; filled for chains only
    Selection out;

    State(const Cube& c, const TreeShape& s) : locator{c}, cube{c}, shape{s} {}

    [[nodiscard]] std::uint32_t row(std::size_t i, const Window& window) const {
        return static_cast<std::uint32_t>(words[i] >> 1 & ((std::uint64_t{1} << window.row_bits) - 1));
    }
    [[nodiscard]] bool taken(std::size_t i) const { return (words[i] & 1) != 0; }
    std::uint32_t add_node(const copc::VoxelKey& key) {
        out.nodes.push_back({key, 0});
        return static_cast<std::uint32_t>(out.nodes.size() - 1);
    }
    void give(std::uint32_t to_row, std::uint32_t node) {
        out.node_of[to_row] = node;
        ++out.nodes[node].points;
    }
    void load();
    Window sort_window(Range range, unsigned top, unsigned row_bits);
    void settle(std::span<const Settled> settled, const Window& window);
    std::size_t find_nearest(Range range, unsigned level, const Window& window);
    void choose(Range range, unsigned level, const Window& window, std::uint32_t node);
    [[nodiscard]] bool is_leaf(Range range) const;
    void build(const copc::VoxelKey& key, Range range, Window window);
    void build_leaf(Range range, const Window& window, std::uint32_t node);
    void build_chain(const copc::VoxelKey& key, Range range, const Window& window);
    void descend_chain(const copc::VoxelKey& key, std::vector<std::uint32_t> left);
};

void Selector::State::load() {
    const std::size_t count = points->size();
    positions.resize(count);
    words.resize(count);
    scratch.resize(count);
    sorted.resize(count);
    out.node_of.resize(count);
    order_of.clear();
    const auto* x = points->x.data();
    const auto* y = points->y.data();
    const auto* z = points->z.data();
    for (std::size_t i = 0; i < count; ++i) {
        positions[i] = locator.locate(x[i], y[i], z[i]);
        words[i] = static_cast<std::uint64_t>(i) << 1;
    }
}

/// Sorts a range of words by the cells below `top`, as deep as a word has room for and the next levels need.
Window Selector::State::sort_window(Range range, unsigned top, unsigned row_bits) {
    const unsigned room = (63 - row_bits) / 3;
    const unsigned levels = std::min({shape.grid_bits + kNodeLevelsPerSort, room, kPositionBits - top, 21u});
    const Window window{top, top + levels, row_bits};
    const std::uint64_t low_mask = (std::uint64_t{1} << window.code_at()) - 1;
    for (std::size_t i = range.first; i < range.second; ++i) {
        const auto code = morton_code(positions[row(i, window)], top, levels);
        words[i] = (words[i] & low_mask) | code << window.code_at();
    }
    radix_sort(std::span{words}.subspan(range.first, range.second - range.first), scratch, window.code_at(),
               window.end());
    for (std::size_t i = range.first; i < range.second; ++i) sorted[i] = positions[row(i, window)];
    return window;
}

/// Marks what was decided elsewhere. The nodes above are the first in `out.nodes`, by level.
void Selector::State::settle(std::span<const Settled> settled, const Window& window) {
    if (settled.empty()) return;
    std::vector<Settled> by_row{settled.begin(), settled.end()};
    std::sort(by_row.begin(), by_row.end(), [](const Settled& a, const Settled& b) { return a.row < b.row; });
    for (const auto& one : by_row) give(one.row, one.level);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto found = std::lower_bound(by_row.begin(), by_row.end(), row(i, window),
                                            [](const Settled& one, std::uint32_t wanted) { return one.row < wanted; });
        if (found != by_row.end() && found->row == row(i, window)) words[i] |= 1;
    }
}

/// One level's tournament: of the points not yet taken, the nearest to the centre of each cell of the node's grid,
/// unless one already taken is nearly as near. Fills `nearest` and says how many cells there were. Written without
/// branches: which point is nearest, and where a cell ends, cannot be foreseen.
std::size_t Selector::State::find_nearest(Range range, unsigned level, const Window& window) {
    const unsigned cell_level = level + shape.grid_bits;
    const unsigned shift = window.shift(cell_level);
    if (nearest.size() < range.second - range.first + 1) nearest.resize(range.second - range.first + 1);
    TieBreaker ties{*points};
    std::uint64_t cell = ~(words[range.first] >> shift);
    std::uint64_t best_distance = kTaken;
    std::uint64_t limit = kTaken;
    std::uint32_t best = kNobody;
    std::size_t cells = 0;
    for (std::size_t i = range.first; i < range.second; ++i) {
        const std::uint64_t word = words[i];
        const std::uint64_t here = word >> shift;
        const std::uint64_t is_taken = std::uint64_t{0} - (word & 1);  // all bits or none
        const std::uint64_t to_centre = distance_to_centre(sorted[i], cell_level);
        const std::uint64_t distance = to_centre | is_taken;
        const std::uint64_t limit_here = limit_beside(to_centre) | ~is_taken;
        const bool next_cell = here != cell;
        cell = here;
        cells += next_cell ? 1 : 0;
        best_distance = next_cell ? kTaken : best_distance;
        limit = next_cell ? kTaken : limit;
        limit = limit_here < limit ? limit_here : limit;
        best = next_cell ? kNobody : best;
        if (distance == best_distance && distance != kTaken) [[unlikely]] {
            if (ties.compare(row(best, window), row(i, window)) > 0) best = static_cast<std::uint32_t>(i);
        }
        const bool better = distance < best_distance;
        best = better ? static_cast<std::uint32_t>(i) : best;
        best_distance = better ? distance : best_distance;
        nearest[cells - 1] = best_distance < limit ? best : kNobody;
    }
    return cells;
}

void Selector::State::choose(Range range, unsigned level, const Window& window, std::uint32_t node) {
    const auto cells = find_nearest(range, level, window);
    for (std::size_t c = 0; c < cells; ++c) {
        const auto i = nearest[c];
        if (i == kNobody) continue;
        words[i] |= 1;
        give(row(i, window), node);
    }
}

void Selector::State::build_leaf(Range range, const Window& window, std::uint32_t node) {
    std::size_t count = 0;
    for (std::size_t i = range.first; i < range.second; ++i) {
        auto& owner = out.node_of[row(i, window)];
        owner = taken(i) ? owner : node;
        count += taken(i) ? 0 : 1;
    }
    out.nodes[node].points += count;
}

bool Selector::State::is_leaf(Range range) const {
    const std::size_t total = range.second - range.first;
    if (total <= shape.max_node_points) return true;
    if (total > shape.most_leaf_total()) return false;
    std::size_t left = total;
    for (std::size_t i = range.first; i < range.second; ++i) left -= words[i] & 1;
    return left <= shape.max_node_points;
}

void Selector::State::build(const copc::VoxelKey& key, Range range, Window window) {
    const auto level = static_cast<unsigned>(key.level);
    if (is_leaf(range)) return build_leaf(range, window, add_node(key));
    if (!has_grid(cube, shape, level)) return build_chain(key, range, window);
    if (level + shape.grid_bits > window.bottom) window = sort_window(range, level, window.row_bits);
    choose(range, level, window, add_node(key));

    const unsigned shift = window.shift(level + 1);
    for (std::size_t begin = range.first; begin < range.second;) {
        const std::uint64_t cell = words[begin] >> shift;
        const auto end = std::partition_point(words.begin() + static_cast<std::ptrdiff_t>(begin),
                                              words.begin() + static_cast<std::ptrdiff_t>(range.second),
                                              [=](std::uint64_t word) { return word >> shift == cell; });
        const auto last = static_cast<std::size_t>(end - words.begin());
        build(key.child(static_cast<unsigned>(cell & 7)), {begin, last}, window);
        begin = last;
    }
}

void Selector::State::build_chain(const copc::VoxelKey& key, Range range, const Window& window) {
    if (order_of.empty()) {
        order_of.resize(record_order.size());
        for (std::size_t i = 0; i < record_order.size(); ++i) order_of[record_order[i]] = static_cast<std::uint32_t>(i);
    }
    std::vector<std::uint32_t> left;  // places in record order
    for (std::size_t i = range.first; i < range.second; ++i)
        if (!taken(i)) left.push_back(order_of[row(i, window)]);
    std::sort(left.begin(), left.end());
    descend_chain(key, std::move(left));
}

/// Below the first node of a chain totals decide nothing: a leaf would take the same points, all that are left.
void Selector::State::descend_chain(const copc::VoxelKey& key, std::vector<std::uint32_t> left) {
    const auto node = add_node(key);
    const auto share = key.level == copc::kMaxLevel
                           ? left.size()
                           : static_cast<std::size_t>(std::min<std::uint64_t>(left.size(), shape.max_node_points));
    for (std::size_t i = 0; i < share; ++i) give(record_order[left[i]], node);
    if (share == left.size()) return;

    std::array<std::vector<std::uint32_t>, 8> children;
    for (std::size_t i = share; i < left.size(); ++i) {
        const auto below = key_at(positions[record_order[left[i]]], key.level + 1);
        const auto octant = static_cast<unsigned>((below.x & 1) | (below.y & 1) << 1 | (below.z & 1) << 2);
        children[octant].push_back(left[i]);
    }
    std::vector<std::uint32_t>{}.swap(left);
    for (unsigned octant = 0; octant < 8; ++octant)
        if (!children[octant].empty()) descend_chain(key.child(octant), std::move(children[octant]));
}

Selector::Selector(const Cube& cube, const TreeShape& shape) : state_{std::make_unique<State>(cube, shape)} {}

Selector::~Selector() = default;

const Selection& Selector::select(const copc::VoxelKey& root, const las::Points& points,
                                  std::span<const std::uint32_t> record_order, std::span<const Settled> settled) {
    assert(points.size() < kNobody && record_order.size() == points.size());
    auto& s = *state_;
    s.points = &points;
    s.record_order = record_order;
    s.out.nodes.clear();
    const auto level = static_cast<unsigned>(root.level);
    for (unsigned above = 0; above < level; ++above) s.add_node(root.ancestor(static_cast<std::int32_t>(above)));
    if (level == 0 && points.size() <= s.shape.max_node_points) {
        s.out.node_of.assign(points.size(), 0);
        s.out.nodes.push_back({root, points.size()});
        return s.out;
    }

    s.load();
    const Range all{0, points.size()};
    const auto row_bits = static_cast<unsigned>(std::bit_width(std::max<std::size_t>(points.size(), 2) - 1));
    const auto window = s.sort_window(all, level, row_bits);
    s.settle(settled, window);
    const unsigned alone_from = level > s.shape.grid_bits ? level - s.shape.grid_bits : 0;
    for (unsigned above = alone_from; above < level; ++above) s.choose(all, above, window, above);
    s.build(root, all, window);
    return s.out;
}

}  // namespace copse::build
