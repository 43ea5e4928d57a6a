#include "build/selection.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "build/morton.hpp"
#include "build/radix_sort.hpp"

namespace copse::build {
namespace {

/// Node levels that one sort serves, besides those that the grid needs: deeper nodes are sorted again, by their own
/// bits.
constexpr unsigned kNodeLevelsPerSort = 4;

using Range = std::pair<std::size_t, std::size_t>;

/// How a word is made up: Morton code of the cell of level `bottom` within its ancestor of level `top`, then the
/// point's place in the partition, then one bit that tells whether a node has taken the point.
struct Window {
    unsigned top = 0;
    unsigned bottom = 0;
    unsigned place_bits = 0;

    [[nodiscard]] unsigned code_at() const { return place_bits + 1; }
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
    const las::Points& points;
    Locator locator;
    Cube cube;
    TreeShape shape;
    TieBreaker ties;
    NodeSorter sorter;

    std::vector<std::uint64_t> words, scratch;
    std::vector<Position> positions;  ///< by place in the partition
    std::vector<Position> sorted;     ///< in the words' order
    std::vector<std::uint32_t> place_rows;
    std::span<std::uint32_t> rows;
    std::size_t written = 0;
    PartitionNodes out;

    State(const las::Points& p, const Cube& c, const TreeShape& s)
        : points{p}, locator{c}, cube{c}, shape{s}, ties{p}, sorter{p} {}

    [[nodiscard]] std::size_t place(std::size_t i, const Window& window) const {
        return static_cast<std::size_t>(words[i] >> 1 & ((std::uint64_t{1} << window.place_bits) - 1));
    }
    [[nodiscard]] std::uint32_t row(std::size_t i, const Window& window) const { return place_rows[place(i, window)]; }
    [[nodiscard]] bool taken(std::size_t i) const { return (words[i] & 1) != 0; }
    void load();
    Window sort_window(Range range, unsigned top, unsigned place_bits);
    template <class Take>
    void choose(Range range, unsigned level, const Window& window, const Take& take);
    void emit(std::uint32_t chosen) { rows[written++] = chosen; }
    void close_node(const copc::VoxelKey& key, std::size_t first) {
        if (written > first) out.nodes.push_back({key, first, written - first});
    }
    void build(const copc::VoxelKey& key, Range range, Window window);
    void build_chain(const copc::VoxelKey& key, Range range, const Window& window);
    void descend_chain(const copc::VoxelKey& key, std::vector<std::uint32_t> left);
};

void Selector::State::load() {
    const std::size_t count = rows.size();
    place_rows.assign(rows.begin(), rows.end());
    positions.resize(count);
    words.resize(count);
    scratch.resize(count);
    sorted.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto r = place_rows[i];
        positions[i] = locator.locate(points.x[r], points.y[r], points.z[r]);
        words[i] = static_cast<std::uint64_t>(i) << 1;
    }
}

/// Sorts a range of words by the cells below `top`, as deep as a word has room for and the next levels need.
Window Selector::State::sort_window(Range range, unsigned top, unsigned place_bits) {
    const unsigned room = (63 - place_bits) / 3;
    const unsigned levels = std::min({shape.grid_bits + kNodeLevelsPerSort, room, kPositionBits - top, 21u});
    const Window window{top, top + levels, place_bits};
    const std::uint64_t low_mask = (std::uint64_t{1} << window.code_at()) - 1;
    for (std::size_t i = range.first; i < range.second; ++i) {
        const auto code = morton_code(positions[place(i, window)], top, levels);
        words[i] = (words[i] & low_mask) | code << window.code_at();
    }
    radix_sort(std::span{words}.subspan(range.first, range.second - range.first), scratch, window.code_at(),
               window.end());
    for (std::size_t i = range.first; i < range.second; ++i) sorted[i] = positions[place(i, window)];
    return window;
}

/// One level's tournament: of the points not yet taken, the nearest to the centre of each cell of the node's grid.
template <class Take>
void Selector::State::choose(Range range, unsigned level, const Window& window, const Take& take) {
    const unsigned cell_level = level + shape.grid_bits;
    const unsigned shift = window.shift(cell_level);
    constexpr std::size_t kNone = ~std::size_t{0};
    for (std::size_t i = range.first; i < range.second;) {
        const std::uint64_t cell = words[i] >> shift;
        std::size_t best = kNone;
        std::uint64_t best_distance = 0;
        for (; i < range.second && words[i] >> shift == cell; ++i) {
            if (taken(i)) continue;
            const auto distance = distance_to_centre(sorted[i], cell_level);
            if (best != kNone && distance > best_distance) continue;
            if (best != kNone && distance == best_distance && ties.compare(row(best, window), row(i, window)) <= 0)
                continue;
            best = i;
            best_distance = distance;
        }
        if (best == kNone) continue;
        words[best] |= 1;
        take(row(best, window));
    }
}

void Selector::State::build(const copc::VoxelKey& key, Range range, Window window) {
    const auto level = static_cast<unsigned>(key.level);
    const std::size_t first = written;
    if (range.second - range.first <= shape.max_node_points) {
        for (std::size_t i = range.first; i < range.second; ++i)
            if (!taken(i)) emit(row(i, window));
        return close_node(key, first);
    }
    if (!has_grid(cube, shape, level)) return build_chain(key, range, window);
    if (level + shape.grid_bits > window.bottom) window = sort_window(range, level, window.place_bits);

    choose(range, level, window, [this](std::uint32_t chosen) { emit(chosen); });
    close_node(key, first);

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
    std::vector<std::uint32_t> left;
    for (std::size_t i = range.first; i < range.second; ++i)
        if (!taken(i)) left.push_back(row(i, window));
    sorter.sort(left);
    descend_chain(key, std::move(left));
}

/// Below the first node of a chain totals decide nothing: a leaf would take the same points, all that are left.
void Selector::State::descend_chain(const copc::VoxelKey& key, std::vector<std::uint32_t> left) {
    const std::size_t first = written;
    const auto share = key.level == copc::kMaxLevel
                           ? left.size()
                           : static_cast<std::size_t>(std::min<std::uint64_t>(left.size(), shape.max_node_points));
    for (std::size_t i = 0; i < share; ++i) emit(left[i]);
    close_node(key, first);
    if (share == left.size()) return;

    std::array<std::vector<std::uint32_t>, 8> children;
    for (std::size_t i = share; i < left.size(); ++i) {
        const auto r = left[i];
        const auto below = key_at(locator.locate(points.x[r], points.y[r], points.z[r]), key.level + 1);
        const auto octant = static_cast<unsigned>((below.x & 1) | (below.y & 1) << 1 | (below.z & 1) << 2);
        children[octant].push_back(r);
    }
    std::vector<std::uint32_t>{}.swap(left);
    for (unsigned octant = 0; octant < 8; ++octant)
        if (!children[octant].empty()) descend_chain(key.child(octant), std::move(children[octant]));
}

Selector::Selector(const las::Points& points, const Cube& cube, const TreeShape& shape)
    : state_{std::make_unique<State>(points, cube, shape)} {}

Selector::~Selector() = default;

PartitionNodes Selector::select(const copc::VoxelKey& root, std::span<std::uint32_t> rows) {
    assert(root.level >= 0 && static_cast<unsigned>(root.level) <= state_->shape.grid_bits &&
           rows.size() <= 0xffffffffu);
    auto& s = *state_;
    s.rows = rows;
    s.written = 0;
    s.out = {};
    const auto level = static_cast<unsigned>(root.level);
    if (level == 0 && rows.size() <= s.shape.max_node_points) {
        if (!rows.empty()) s.out.nodes.push_back({root, 0, rows.size()});
        return std::move(s.out);
    }

    s.load();
    const Range all{0, rows.size()};
    const auto place_bits = static_cast<unsigned>(std::bit_width(std::max<std::size_t>(rows.size(), 2) - 1));
    const Window window = s.sort_window(all, level, place_bits);
    s.out.coarse.resize(level);
    for (unsigned above = 0; above < level; ++above)
        s.choose(all, above, window, [&](std::uint32_t chosen) { s.out.coarse[above].push_back(chosen); });
    s.build(root, all, window);
    return std::move(s.out);
}

}  // namespace copse::build
