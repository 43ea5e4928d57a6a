// The tree against its definition, carried out point by point without any sorting.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "build/clouds.hpp"
#include "build/converting.hpp"
#include "build/file_order.hpp"
#include "build/morton.hpp"
#include "build/partition.hpp"
#include "build/record_order.hpp"
#include "support/memory_scratch.hpp"

namespace copse::build {
namespace {

using testing::ThreadExecutor;
using Nodes = std::map<copc::VoxelKey, std::vector<Bytes>>;  // records, sorted

RawBox box_of(const las::Points& points) {
    RawBox box;
    const auto axis = [&](std::size_t a, const las::Column<std::int32_t>& column) {
        box.min[a] = *std::min_element(column.begin(), column.end());
        box.max[a] = *std::max_element(column.begin(), column.end());
    };
    axis(0, points.x);
    axis(1, points.y);
    axis(2, points.z);
    return box;
}

Cube cube_of(const las::Points& points) { return *plan_cube(box_of(points), {0.01, 0.01, 0.01}, {0, 0, 0}); }

Bytes record(const las::Points& points, std::uint32_t row) {
    Bytes out;
    las::pack_records(points, row, std::size_t{row} + 1, out);
    return out;
}

/// The rules, one node at a time.
class Definition {
public:
    Definition(const las::Points& points, const Cube& cube, const TreeShape& shape)
        : points_{points}, cube_{cube}, shape_{shape}, locator_{cube} {}

    Nodes build() {
        std::vector<std::uint32_t> all(points_.size());
        std::iota(all.begin(), all.end(), 0u);
        taken_.assign(points_.size(), false);
        visit({}, all);
        return std::move(nodes_);
    }

    std::set<copc::VoxelKey> took_nothing;  ///< of the nodes that something was left to

private:
    Position position(std::uint32_t row) const {
        return locator_.locate(points_.x[row], points_.y[row], points_.z[row]);
    }
    void take(const copc::VoxelKey& key, std::uint32_t row) {
        EXPECT_FALSE(taken_[row]);
        taken_[row] = true;
        nodes_[key].push_back(record(points_, row));
    }
    void visit(const copc::VoxelKey& key, const std::vector<std::uint32_t>& inside) {
        if (inside.empty()) return;
        std::vector<std::uint32_t> left;
        for (const auto row : inside)
            if (!taken_[row]) left.push_back(row);
        const bool is_leaf = inside.size() <= shape_.max_node_points ||
                             (inside.size() <= shape_.max_node_points * 3 / 2 && left.size() <= shape_.max_node_points);
        const bool is_chain = cube_.largest_size_raw() >> key.level <= std::uint64_t{1} << shape_.grid_bits ||
                              static_cast<unsigned>(key.level) + shape_.grid_bits > 32;
        if (is_leaf || key.level == copc::kMaxLevel) {
            for (const auto row : left) take(key, row);
        } else if (is_chain) {
            NodeSorter{points_}.sort(left);
            for (std::size_t i = 0; i < std::min<std::size_t>(left.size(), shape_.max_node_points); ++i)
                take(key, left[i]);
        } else {
            take_nearest(key, inside);
        }
        if (!left.empty() && !nodes_.contains(key)) took_nothing.insert(key);
        if (is_leaf || key.level == copc::kMaxLevel) return;
        for (unsigned octant = 0; octant < 8; ++octant) {
            const auto child = key.child(octant);
            std::vector<std::uint32_t> below;
            for (const auto row : inside)
                if (key_at(position(row), child.level) == child) below.push_back(row);
            visit(child, below);
        }
    }
    /// A cell's nearest, if those that coarser nodes took in it are more than three times as far from its centre.
    void take_nearest(const copc::VoxelKey& key, const std::vector<std::uint32_t>& inside) {
        const auto level = static_cast<unsigned>(key.level) + shape_.grid_bits;
        const auto cell_of = [level](const Position& p) {
            const auto down = 32 - level;
            return std::array{std::uint64_t{p.x} >> down, std::uint64_t{p.y} >> down, std::uint64_t{p.z} >> down};
        };
        const auto key_of = [&](std::uint32_t row) {
            const auto bytes = record(points_, row);
            return std::tuple{distance_to_centre(position(row), level), record_hash(bytes), bytes};
        };
        std::map<std::array<std::uint64_t, 3>, std::uint32_t> best;
        std::map<std::array<std::uint64_t, 3>, std::vector<std::uint32_t>> coarser;
        for (const auto row : inside) {
            if (taken_[row]) {
                coarser[cell_of(position(row))].push_back(row);
                continue;
            }
            const auto [it, is_new] = best.try_emplace(cell_of(position(row)), row);
            if (!is_new && key_of(row) < key_of(it->second)) it->second = row;
        }
        for (const auto& [cell, row] : best) {
            const auto distance = distance_to_centre(position(row), level);
            if (std::all_of(coarser[cell].begin(), coarser[cell].end(),
                            [&](auto other) { return 9 * distance < distance_to_centre(position(other), level); }))
                take(key, row);
        }
    }

    const las::Points& points_;
    const Cube& cube_;
    TreeShape shape_;
    Locator locator_;
    std::vector<bool> taken_;
    Nodes nodes_;
};

/// How the tree is built. None of it may show.
struct Way {
    std::uint64_t wanted = 1u << 20;  ///< at least max_node_points is used
    std::uint64_t most = 1u << 20;
    std::uint64_t memory = 1u << 30;
    unsigned threads = 1;
    std::uint64_t estimate = 1u << 20;  ///< bins are planned for so many points each
};

/// Puts points into bins, divides these, and asks each partition for its nodes.
class Tree {
public:
    Tree(const las::Points& points, const Cube& cube, const TreeShape& shape, const Way& way)
        : tree_{cube, shape}, way_{way}, budget_{way.memory}, store_{points.layout, budget_, &scratch_} {
        fill_bins(points);
        const auto wanted = std::max(way.wanted, shape.most_leaf_total());
        for (std::size_t bin = 0; bin < bins_.size(); ++bin)
            if (bins_[bin].points != 0) partitions.push_back({bins_[bin].root, {piles_[bin]}, bins_[bin].points, {}});
        ThreadExecutor executor{way.threads};
        const auto failure = divide_large(partitions, tree_, {wanted, std::max(way.most, wanted)}, store_, executor);
        EXPECT_FALSE(failure);
        for (auto& partition : partitions) build(partition);
    }

    Nodes nodes;
    std::vector<Partition> partitions;
    [[nodiscard]] std::uint64_t scratch_bytes() const { return scratch_.peak_bytes(); }

private:
    void fill_bins(const las::Points& points) {
        const auto level = counting_level(tree_.cube, tree_.shape);
        const CellGrid grid{tree_.cube, level};
        std::vector<std::uint64_t> counts(std::size_t{1} << 3 * level);
        std::vector<std::uint32_t> cells;
        for (std::size_t row = 0; row < points.size(); ++row) {
            cells.push_back(grid.cell(points.x[row], points.y[row], points.z[row]));
            ++counts[cells.back()];
        }
        bins_ = cut_cube(counts, level, std::max(way_.estimate, tree_.shape.most_leaf_total()));
        for (const auto& bin : bins_) {
            piles_.push_back(&store_.make());
            std::vector<std::uint32_t> rows;
            for (std::uint32_t row = 0; row < cells.size(); ++row)
                if (cells[row] >= bin.first && cells[row] < bin.last) rows.push_back(row);
            EXPECT_EQ(rows.size(), bin.points);
            // In pieces, as they come from files.
            for (std::size_t first = 0; first < rows.size(); first += 1000)
                EXPECT_TRUE(
                    store_.add(*piles_.back(), points,
                               std::span{rows}.subspan(first, std::min<std::size_t>(1000, rows.size() - first))));
        }
    }

    void build(const Partition& partition) {
        las::Points points{store_.layout(), las::ColumnSet::all()};
        for (auto* pile : partition.piles) EXPECT_TRUE(store_.take(*pile, points));
        EXPECT_EQ(points.size(), partition.rows);
        std::vector<std::uint32_t> order(points.size());
        std::iota(order.begin(), order.end(), 0u);
        NodeSorter{points}.sort(order);
        Selector selector{tree_.cube, tree_.shape};
        const auto& selection = selector.select(partition.root, points, order, partition.settled);
        std::vector<std::size_t> counts(selection.nodes.size());
        for (std::uint32_t row = 0; row < points.size(); ++row) {
            ++counts[selection.node_of[row]];
            nodes[selection.nodes[selection.node_of[row]].key].push_back(record(points, row));
        }
        for (std::size_t n = 0; n < counts.size(); ++n) EXPECT_EQ(counts[n], selection.nodes[n].points);
    }

    TreePlan tree_;
    Way way_;
    MemoryBudget budget_;
    test::MemoryScratch scratch_;
    PileStore store_;
    std::vector<CellRange> bins_;
    std::vector<Pile*> piles_;
};

Nodes sorted(Nodes nodes) {
    for (auto& [key, records] : nodes) std::sort(records.begin(), records.end());
    return nodes;
}

struct Case {
    const char* name;
    las::Points points;
    TreeShape shape;
};

std::vector<Case> cases() {
    std::vector<Case> list;
    list.push_back({"box", testing::box_cloud(6000, 100000), {3, 50}});
    list.push_back({"sheet", testing::sheet_cloud(8000, 100000), {4, 100}});
    list.push_back({"sheet with the usual grid", testing::sheet_cloud(8000, 1000000), {7, 300}});
    list.push_back({"dense box, fewer quanta than cells", testing::box_cloud(5000, 20), {5, 40}});
    list.push_back({"line", testing::line_cloud(3000, 1 << 20), {5, 20}});
    list.push_back({"one place", testing::one_place_cloud(3000), {7, 70}});
    list.push_back({"copies of one point", testing::copies_cloud(2000), {5, 70}});
    list.push_back({"one far outlier", testing::outlier_cloud(4000), {7, 60}});
    list.push_back({"lattice full of ties", testing::lattice_cloud(6000, 4096), {3, 30}});
    list.push_back({"fine lattice", testing::lattice_cloud(6000, 3), {5, 30}});
    list.push_back({"one point", testing::box_cloud(1, 10), {7, 100}});
    list.push_back({"as many as a leaf holds", testing::box_cloud(100, 1000), {7, 100}});
    list.push_back({"one more than a leaf holds", testing::box_cloud(101, 1000), {7, 100}});
    list.push_back({"widest grid", testing::sheet_cloud(5000, 1 << 28), {9, 100}});
    return list;
}

TEST(Tree, IsThatOfTheDefinition) {
    for (const auto& test : cases()) {
        SCOPED_TRACE(test.name);
        const auto cube = cube_of(test.points);
        EXPECT_EQ(sorted(Tree{test.points, cube, test.shape, {}}.nodes),
                  sorted(Definition{test.points, cube, test.shape}.build()));
    }
}

TEST(Tree, DoesNotDependOnBinsDivisionMemoryOrTheOrderOfPoints) {
    for (const auto& test : cases()) {
        SCOPED_TRACE(test.name);
        const auto cube = cube_of(test.points);
        const auto expected = sorted(Definition{test.points, cube, test.shape}.build());
        for (const std::uint64_t wanted : {1u, 100u, 1000u})
            for (const std::uint64_t estimate : {1u, 500u, 1u << 20})
                for (const std::uint64_t memory : {300u << 10, 1u << 30}) {
                    const auto points = testing::shuffled(test.points, wanted + estimate + memory);
                    const Way way{wanted, wanted, memory, 3, estimate};
                    ASSERT_EQ(sorted(Tree(points, cube, test.shape, way).nodes), expected)
                        << "partitions of " << wanted << ", bins of " << estimate << ", memory " << memory;
                }
    }
}

/// A dense spot makes partitions deeper than the grid allows: they share cells of the nodes above them.
TEST(Tree, IsTheSameForEveryDepthOfPartitions) {
    for (const unsigned grid_bits : {2u, 3u, 5u}) {
        auto points = testing::box_cloud(4000, 1 << 12);
        points.append(testing::sheet_cloud(3000, 1 << 22), 0, 3000);
        points.append(testing::one_place_cloud(200), 0, 200);
        const auto cube = cube_of(points);
        const TreeShape shape{grid_bits, 16};
        const auto expected = sorted(Definition{points, cube, shape}.build());
        int deepest = 0;
        for (std::uint64_t most = 16; most < 8000; most *= 2) {
            const Tree tree{testing::shuffled(points, most), cube, shape, {most, most, 1u << 30, 2, 1u << 20}};
            ASSERT_EQ(sorted(tree.nodes), expected) << "grid of " << (1u << grid_bits) << ", partitions of " << most;
            for (const auto& partition : tree.partitions) deepest = std::max(deepest, partition.root.level);
        }
        EXPECT_GT(deepest, static_cast<int>(grid_bits) + 5);
    }
}

/// A cube in which positions and the edges of cells are whole numbers, so that distances can be equal.
constexpr std::int32_t kWholeEdge = 1 << 12;

Cube whole_cube() {
    Cube cube;
    cube.size_raw.fill(kWholeEdge);
    return cube;
}

/// Partitions of few points share cells of many levels: who leaves whom none, to the last bit, must not show.
void expect_the_same_for_every_depth(const las::Points& points, const Cube& cube = whole_cube()) {
    const TreeShape shape{2, 4};
    const auto expected = sorted(Definition{points, cube, shape}.build());
    for (const std::uint64_t most : {8u, 30u, 1000u})
        ASSERT_EQ(sorted(Tree{points, cube, shape, {most, most, 1u << 30, 1, 1u << 20}}.nodes), expected)
            << "partitions of " << most;
}

/// Odd multiples of many steps around one corner of cells of all levels.
TEST(Tree, IsTheSameForEveryDepthOfPartitionsAroundACorner) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        SCOPED_TRACE(seed);
        testing::Cloud cloud{seed};
        while (cloud.points.size() < 300) {
            const auto shift = cloud.below(8);
            const auto one = [&] { return kWholeEdge / 2 + ((2 * cloud.below(8) - 7) << shift); };
            cloud.add(one(), one(), one());
        }
        expect_the_same_for_every_depth(cloud.points);
    }
}

/// What the root takes lies exactly three times as far from the centre of its cell of level 1 as the nearest there.
TEST(Tree, IsTheSameForEveryDepthOfPartitionsWhereAPointIsExactlyThreeTimesAsFar) {
    // A raw step is a position's unit, which stands for its middle: half steps make the distances whole multiples.
    auto cube = whole_cube();
    cube.size_raw.fill(std::uint64_t{1} << 32);
    cube.min_raw.fill(std::numeric_limits<std::int32_t>::min());
    constexpr std::int64_t kMiddle = std::int64_t{1} << 28;  // of the cell [0, 2^29), next to the middle of the root's
    testing::Cloud cloud;
    const auto add = [&](std::int64_t position) {
        const auto raw = static_cast<std::int32_t>(position + std::numeric_limits<std::int32_t>::min());
        cloud.add(raw, raw, raw);
    };
    constexpr std::int64_t kStep = std::int64_t{1} << 26;
    add(kMiddle + kStep);
    add(kMiddle + 3 * kStep + 1);
    for (int i = 0; i < 40; ++i) add(kMiddle + kStep + kStep / 2 + i);
    expect_the_same_for_every_depth(cloud.points, cube);
}

/// The root's point is nearer to the centre of a cell of level 2 than that of level 1, and leaves the next one none.
TEST(Tree, IsTheSameForEveryDepthOfPartitionsWhereTwoPointsOfCoarserNodesAreInACell) {
    constexpr std::int32_t kCell = kWholeEdge / 16, kCorner = 2 * kCell;  // the centre of a cell of level 0
    testing::Cloud cloud;
    const auto add = [&](std::int32_t place) { cloud.add(kCorner + place, kCorner + place, kCorner + place); };
    add(kCell / 4);
    add(kCell - kCell / 20);
    add(kCell / 2 + kCell / 10);
    for (std::int32_t i = 0; i < 40; ++i) add(kCell / 2 + kCell / 6 + i / 2);
    expect_the_same_for_every_depth(cloud.points);
}

TEST(Tree, TakesEachPointOnceAndHasAllAncestorsButThoseThatTookNothing) {
    std::size_t not_there = 0;
    for (const auto& test : cases()) {
        SCOPED_TRACE(test.name);
        const auto cube = cube_of(test.points);
        const Tree tree{test.points, cube, test.shape, {500, 500, 1u << 30, 2, 500}};
        Definition definition{test.points, cube, test.shape};
        (void)definition.build();
        std::size_t points = 0;
        for (const auto& [key, records] : tree.nodes) {
            points += records.size();
            for (auto above = key; above.level > 0;) {
                above = above.parent();
                if (tree.nodes.contains(above)) continue;
                ++not_there;
                EXPECT_TRUE(definition.took_nothing.contains(above)) << copc::to_string(above);
            }
        }
        EXPECT_EQ(points, test.points.size());
    }
    EXPECT_GT(not_there, 0u);
}

TEST(Tree, PutsPointsAsideWhereMemoryIsShort) {
    const auto points = testing::sheet_cloud(60000, 1 << 20);
    const TreeShape shape{7, 500};
    const Tree small{points, cube_of(points), shape, {1000, 1000, 1u << 20, 2, 20000}};
    const Tree large{points, cube_of(points), shape, {1000, 1000, 1u << 30, 2, 20000}};
    EXPECT_GT(small.scratch_bytes(), 0u);
    EXPECT_EQ(large.scratch_bytes(), 0u);
    EXPECT_EQ(sorted(small.nodes), sorted(large.nodes));
}

void expect_conversion_as_defined(const las::Points& points, const TreeShape& shape) {
    Options options;
    options.grid = 1u << shape.grid_bits;
    options.max_node_points = shape.max_node_points;
    test::MemoryScratch scratch;
    options.scratch = &scratch;
    Nodes nodes;
    const auto output = testing::take_apart(testing::converted(testing::input_of(points), options));
    for (const auto& [key, node] : output.nodes)
        for (std::uint32_t row = 0; row < node.points.size(); ++row) nodes[key].push_back(record(node.points, row));
    EXPECT_TRUE(sorted(nodes) == sorted(Definition{points, cube_of(points), shape}.build()));
}

/// Partitions of a conversion hold an eighth of all points, or twice that: what cannot be divided is a long chain.
TEST(Tree, OfConversionsIsThatOfTheDefinitionForLongChainsToo) {
    auto spots = testing::sheet_cloud(500, 1 << 20);
    spots.append(testing::one_place_cloud(3000), 0, 3000);
    std::vector<Case> list;
    list.push_back({"one place", testing::one_place_cloud(4000), {7, 70}});
    list.push_back({"copies of one point", testing::copies_cloud(4000), {5, 70}});
    list.push_back({"few quanta", testing::box_cloud(5000, 20), {5, 40}});
    list.push_back({"fine lattice", testing::lattice_cloud(6000, 3), {5, 30}});
    // The far point makes cells of eight quanta: within them points of coarser nodes leave others none.
    auto few_and_far = testing::box_cloud(5000, 30);
    few_and_far.append(testing::outlier_at(240), 0, 1);
    list.push_back({"few quanta and one far away", few_and_far, {5, 40}});
    list.push_back({"one place in a wide sheet", spots, {7, 70}});
    list.push_back({"one place in a wide sheet, coarse grid", spots, {5, 70}});
    list.push_back({"sheet", testing::sheet_cloud(8000, 100000), {5, 100}});
    for (const auto& test : list) {
        SCOPED_TRACE(test.name);
        expect_conversion_as_defined(testing::shuffled(test.points, 3), test.shape);
    }
}

/// As above, in a long chain: whichever of the two points of coarser nodes comes first.
TEST(Tree, OfConversionsIsThatOfTheDefinitionForLongChainsWhereTwoPointsOfCoarserNodesAreInACell) {
    for (const bool nearer_first : {true, false}) {
        SCOPED_TRACE(nearer_first);
        testing::Cloud cloud;
        const auto add = [&](std::int32_t place) { cloud.add(place, place, place); };
        add(0);
        add(1022);  // the cube is 1024 steps wide and begins at -1: the chain's is [511, 543), a cell of level 0
        for (const std::int32_t place : {nearer_first ? 529 : 534, nearer_first ? 534 : 529}) add(place);
        cloud.add(532, 532, 531);  // the root leaves it none in the cell of level 2 around 531, level 1 would
        for (int i = 0; i < 4000; ++i) add(542);
        expect_conversion_as_defined(cloud.points, {5, 40});
    }
}

TEST(FileOrder, IsDepthFirstWithNodesBehindTheirDescendantsThenTheOverviewBreadthFirst) {
    std::vector<copc::VoxelKey> keys;
    const auto add = [&keys](const auto& self, const copc::VoxelKey& key) -> void {
        keys.push_back(key);
        if (key.level == 6) return;
        for (const unsigned octant : {5u, 0u, 2u}) self(self, key.child(octant));
    };
    add(add, {});
    std::sort(keys.begin(), keys.end(), file_order_less);
    for (std::size_t i = 0; i < keys.size(); ++i)
        for (std::size_t j = i + 1; j < keys.size(); ++j) {
            const auto &a = keys[i], &b = keys[j];
            ASSERT_FALSE(file_order_less(b, a));
            ASSERT_TRUE(file_order_less(a, b));
            if (a.level < kOverviewLevels) {
                ASSERT_TRUE(b.level < kOverviewLevels && a < b);
            } else if (b.level >= kOverviewLevels) {
                ASSERT_FALSE(a.is_ancestor_of(b));
                if (!b.is_ancestor_of(a)) {
                    ASSERT_TRUE(copc::depth_first_less(a, b));
                }
            }
        }
}

TEST(FileOrder, PassagesOfChildrenMakeUpThatOfTheirParent) {
    std::mt19937_64 random{4};
    for (int i = 0; i < 1000; ++i) {
        copc::VoxelKey key;
        while (key.level < copc::kMaxLevel) {
            auto place = passage_of(key).first;
            for (unsigned octant = 0; octant < 8; ++octant) {
                const auto child = passage_of(key.child(octant));
                ASSERT_EQ(child.first, place) << copc::to_string(key);
                ASSERT_LT(child.first, child.last);
                place = child.last;
            }
            ASSERT_EQ(place, passage_of(key).last) << copc::to_string(key);
            key = key.child(static_cast<unsigned>(i == 0 ? 7 : random() % 8));
        }
    }
}

TEST(CellGrid, AgreesWithTheLocator) {
    std::mt19937_64 random{5};
    for (const std::int64_t edge : std::initializer_list<std::int64_t>{200, 1000, 65'537, 999'999'937, 4'000'000'000}) {
        Cube cube;
        for (std::size_t a = 0; a < 3; ++a) {
            cube.min_raw[a] = -edge / 2 + static_cast<std::int64_t>(a);
            cube.size_raw[a] = static_cast<std::uint64_t>(edge);
        }
        const Locator locator{cube};
        for (const unsigned level : {0u, 1u, 5u, 7u}) {
            const CellGrid grid{cube, level};
            for (int i = 0; i < 20000; ++i) {
                std::array<std::int32_t, 3> at{};
                for (std::size_t a = 0; a < 3; ++a) {
                    // Near the border of a cell as often as elsewhere.
                    auto distance = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(edge));
                    if (i % 2 == 0) {
                        const auto cell = static_cast<std::int64_t>(random() % (1u << level));
                        distance = cell * edge / (1 << level) + static_cast<std::int64_t>(random() % 3) - 1;
                        distance = std::clamp<std::int64_t>(distance, 0, edge - 1);
                    }
                    at[a] = static_cast<std::int32_t>(cube.min_raw[a] + distance);
                }
                ASSERT_EQ(grid.cell(at[0], at[1], at[2]), morton_code(locator.locate(at[0], at[1], at[2]), 0, level));
            }
        }
    }
}

TEST(CutCube, CutsUntilThePointsFitOrTheLevelEndsAndCoversAll) {
    std::vector<std::uint64_t> counts(64);
    counts[0] = 10;
    counts[1] = 10;
    counts[9] = 100;
    counts[63] = 1;
    const auto bins = cut_cube(counts, 2, 20);
    ASSERT_EQ(bins.size(), 15u);  // the second octant is cut into eight
    EXPECT_EQ(bins[0].root, (copc::VoxelKey{1, 0, 0, 0}));
    EXPECT_EQ(bins[0].points, 20u);
    EXPECT_EQ(bins[2].root, (copc::VoxelKey{2, 3, 0, 0}));
    EXPECT_EQ(bins[2].points, 100u);
    EXPECT_EQ(bins.back().root, (copc::VoxelKey{1, 1, 1, 1}));
    std::uint32_t next = 0;
    for (const auto& bin : bins) EXPECT_EQ(std::exchange(next, bin.last), bin.first);
    EXPECT_EQ(next, 64u);
    EXPECT_EQ(cut_cube(counts, 2, 1000).size(), 1u);
}

}  // namespace
}  // namespace copse::build
