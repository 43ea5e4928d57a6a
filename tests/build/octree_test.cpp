// The tree against its definition, carried out point by point without any sorting.
#include "build/octree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "build/clouds.hpp"
#include "build/converting.hpp"
#include "build/morton.hpp"

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
        const bool is_leaf = inside.size() <= shape_.max_node_points;
        const bool is_chain = cube_.largest_size_raw() >> key.level <= std::uint64_t{1} << shape_.grid_bits ||
                              static_cast<unsigned>(key.level) + shape_.grid_bits > 32;
        if (is_leaf || key.level == copc::kMaxLevel) {
            for (const auto row : left) take(key, row);
        } else if (is_chain) {
            NodeSorter{points_}.sort(left);
            for (std::size_t i = 0; i < std::min<std::size_t>(left.size(), shape_.max_node_points); ++i)
                take(key, left[i]);
        } else {
            take_nearest(key, left);
        }
        if (is_leaf || key.level == copc::kMaxLevel) return;
        for (unsigned octant = 0; octant < 8; ++octant) {
            const auto child = key.child(octant);
            std::vector<std::uint32_t> below;
            for (const auto row : inside)
                if (key_at(position(row), child.level) == child) below.push_back(row);
            visit(child, below);
        }
    }
    void take_nearest(const copc::VoxelKey& key, const std::vector<std::uint32_t>& left) {
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
        for (const auto row : left) {
            const auto [it, is_new] = best.try_emplace(cell_of(position(row)), row);
            if (!is_new && key_of(row) < key_of(it->second)) it->second = row;
        }
        for (const auto& [cell, row] : best) take(key, row);
    }

    const las::Points& points_;
    const Cube& cube_;
    TreeShape shape_;
    Locator locator_;
    std::vector<bool> taken_;
    Nodes nodes_;
};

Nodes nodes_of(const las::Points& points, const Octree& tree) {
    Nodes nodes;
    for (const auto& node : tree.nodes) {
        EXPECT_FALSE(nodes.contains(node.key));
        EXPECT_FALSE(node.rows.empty());
        for (const auto row : node.rows) nodes[node.key].push_back(record(points, row));
    }
    return nodes;
}

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

TEST(Octree, IsTheTreeOfTheDefinition) {
    for (const auto& test : cases()) {
        SCOPED_TRACE(test.name);
        const auto cube = cube_of(test.points);
        wire::SerialExecutor executor;
        const auto tree = *build_octree(test.points, cube, test.shape, executor);
        EXPECT_EQ(sorted(nodes_of(test.points, tree)), sorted(Definition{test.points, cube, test.shape}.build()));
    }
}

TEST(Octree, DoesNotDependOnPartitionsThreadsOrTheOrderOfPoints) {
    for (const auto& test : cases()) {
        SCOPED_TRACE(test.name);
        const auto cube = cube_of(test.points);
        wire::SerialExecutor serial;
        const auto expected = sorted(nodes_of(test.points, *build_octree(test.points, cube, test.shape, serial)));
        for (const unsigned threads : {1u, 3u, 8u})
            for (const std::uint64_t partition_points : {1u, 100u, 1000u}) {
                ThreadExecutor executor{threads};
                const auto points = testing::shuffled(test.points, threads * 7 + partition_points);
                const auto tree = *build_octree(points, cube, test.shape, executor, {}, partition_points);
                ASSERT_EQ(sorted(nodes_of(points, tree)), expected)
                    << threads << " threads, partitions of " << partition_points;
            }
    }
}

TEST(Octree, TakesEachPointOnceAndHasAllAncestors) {
    for (const auto& test : cases()) {
        SCOPED_TRACE(test.name);
        const auto cube = cube_of(test.points);
        ThreadExecutor executor{2};
        const auto tree = *build_octree(test.points, cube, test.shape, executor, {}, 500);
        std::vector<std::uint32_t> rows;
        std::map<copc::VoxelKey, std::size_t> keys;
        const Locator locator{cube};
        for (const auto& node : tree.nodes) {
            keys[node.key] = node.rows.size();
            for (const auto row : node.rows) {
                rows.push_back(row);
                ASSERT_EQ(
                    key_at(locator.locate(test.points.x[row], test.points.y[row], test.points.z[row]), node.key.level),
                    node.key);
            }
        }
        std::sort(rows.begin(), rows.end());
        for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i], i);
        EXPECT_EQ(rows.size(), test.points.size());
        for (const auto& [key, count] : keys)
            if (key.level > 0) EXPECT_TRUE(keys.contains(key.parent())) << copc::to_string(key);
    }
}

TEST(Octree, ListsCoarseNodesBreadthFirstAndTheRestDepthFirst) {
    const auto points = testing::box_cloud(60000, 1 << 20);
    ThreadExecutor executor{2};
    const auto tree = *build_octree(points, cube_of(points), {2, 8}, executor, {}, 1000);
    int deepest = 0;
    for (std::size_t i = 1; i < tree.nodes.size(); ++i) {
        const auto& a = tree.nodes[i - 1].key;
        const auto& b = tree.nodes[i].key;
        deepest = std::max(deepest, b.level);
        EXPECT_TRUE(file_order_less(a, b));
        if (b.level <= 3) EXPECT_LT(a, b);
        if (a.level > 3) EXPECT_TRUE(b.level > 3 && copc::depth_first_less(a, b));
    }
    EXPECT_GE(deepest, 5);
}

TEST(Octree, OfNoPointsHasNoNodes) {
    const las::Points none{testing::kLayout, las::ColumnSet::all()};
    wire::SerialExecutor executor;
    EXPECT_TRUE(build_octree(none, *plan_cube({}, {1, 1, 1}, {0, 0, 0}), {}, executor)->nodes.empty());
}

TEST(PlanPartitions, CutsUntilThePointsFitOrTheLevelEnds) {
    std::vector<std::uint32_t> counts(64);
    counts[0] = 10;
    counts[1] = 10;
    counts[9] = 100;
    counts[63] = 1;
    const auto partitions = plan_partitions(counts, 2, 20);
    ASSERT_EQ(partitions.size(), 3u);
    EXPECT_EQ(partitions[0].root, (copc::VoxelKey{1, 0, 0, 0}));
    EXPECT_EQ(partitions[0].points, 20u);
    EXPECT_EQ(partitions[1].root, (copc::VoxelKey{2, 3, 0, 0}));
    EXPECT_EQ(partitions[1].points, 100u);
    EXPECT_EQ(partitions[2].root, (copc::VoxelKey{1, 1, 1, 1}));
    EXPECT_EQ(partitions[2].last_code, 64u);
    EXPECT_EQ(plan_partitions(counts, 2, 1000).size(), 1u);
}

}  // namespace
}  // namespace copse::build
