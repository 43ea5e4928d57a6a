#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "copse/copc.hpp"

namespace copse {
namespace {

using copc::PageLimits;
using copc::PageNode;
using copc::PlannedPage;
using copc::VoxelKey;

using Nodes = std::vector<PageNode>;
using Plan = std::vector<PlannedPage>;

struct PageBytes {
    std::uint64_t hierarchy = 0;
    std::uint64_t temporal = 0;
    [[nodiscard]] bool fit(std::uint64_t limit) const { return hierarchy <= limit && temporal <= limit; }
};

std::uint64_t limit_of(std::size_t page, const PageLimits& limits) {
    return page == 0 ? limits.root_bytes : limits.child_bytes;
}

// Bytes of every page, counted from the plan alone.
std::vector<PageBytes> page_bytes(const Nodes& nodes, const Plan& plan, const PageLimits& limits) {
    std::vector<bool> has_times(plan.size());
    for (std::size_t page = plan.size(); page-- > 0;) {  // children come after their parents
        for (const auto node : plan[page].nodes) has_times[page] = has_times[page] || nodes[node].temporal_bytes > 0;
        for (const auto child : plan[page].children) has_times[page] = has_times[page] || has_times[child];
    }
    std::vector<PageBytes> bytes(plan.size());
    for (std::size_t page = 0; page < plan.size(); ++page) {
        for (const auto node : plan[page].nodes) {
            bytes[page].hierarchy += nodes[node].hierarchy_bytes;
            bytes[page].temporal += nodes[node].temporal_bytes;
        }
        for (const auto child : plan[page].children) {
            bytes[page].hierarchy += limits.hierarchy_pointer_bytes;
            bytes[page].temporal += has_times[child] ? limits.temporal_pointer_bytes : 0;
        }
    }
    return bytes;
}

int page_levels(const Plan& plan) {
    std::vector<int> depth(plan.size(), 1);
    for (std::size_t page = 0; page < plan.size(); ++page)
        for (const auto child : plan[page].children) depth[child] = depth[page] + 1;
    return *std::max_element(depth.begin(), depth.end());
}

// Everything that must hold of any plan.
void check_plan(const Nodes& nodes, const Plan& plan, const PageLimits& limits) {
    ASSERT_FALSE(plan.empty());
    EXPECT_EQ(plan[0].root, nodes[0].key);

    constexpr auto kNone = ~std::size_t{0};
    std::vector<std::size_t> page_of(nodes.size(), kNone);
    for (std::size_t page = 0; page < plan.size(); ++page) {
        ASSERT_FALSE(plan[page].nodes.empty());
        EXPECT_EQ(nodes[plan[page].nodes[0]].key, plan[page].root) << "a page holds the entry of its root";
        EXPECT_TRUE(std::is_sorted(plan[page].nodes.begin(), plan[page].nodes.end()));
        for (const auto node : plan[page].nodes) {
            ASSERT_LT(node, nodes.size());
            ASSERT_EQ(page_of[node], kNone) << "node in two pages";
            page_of[node] = page;
            ASSERT_TRUE(plan[page].root.is_ancestor_of(nodes[node].key));
        }
    }
    ASSERT_EQ(std::count(page_of.begin(), page_of.end(), kNone), 0) << "every node is in a page";

    // A node is in its parent's page, or it is the root of a page that hangs below that of its parent.
    std::map<VoxelKey, std::size_t> index;
    for (std::size_t node = 0; node < nodes.size(); ++node) index[nodes[node].key] = node;
    for (std::size_t node = 1; node < nodes.size(); ++node) {
        const auto above = page_of[index.at(nodes[node].key.parent())];
        if (page_of[node] == above) continue;
        ASSERT_EQ(plan[page_of[node]].root, nodes[node].key);
        ASSERT_EQ(std::count(plan[above].children.begin(), plan[above].children.end(), page_of[node]), 1);
    }

    std::size_t pointers = 0;
    for (std::size_t page = 0; page < plan.size(); ++page) {
        for (const auto child : plan[page].children) ASSERT_GT(child, page) << "parents come before children";
        EXPECT_TRUE(std::is_sorted(plan[page].children.begin(), plan[page].children.end(),
                                   [&](std::size_t a, std::size_t b) { return plan[a].root < plan[b].root; }));
        pointers += plan[page].children.size();
    }
    EXPECT_EQ(pointers, plan.size() - 1) << "every page but the first has one pointer";

    const auto bytes = page_bytes(nodes, plan, limits);
    for (std::size_t page = 0; page < plan.size(); ++page) {
        if (bytes[page].fit(limit_of(page, limits))) continue;
        // One node that is too large with its pointers, and nothing but leaves smaller than pointers beside it.
        for (std::size_t i = 1; i < plan[page].nodes.size(); ++i) {
            EXPECT_EQ(nodes[plan[page].nodes[i]].key.parent(), plan[page].root);
            EXPECT_LE(nodes[plan[page].nodes[i]].hierarchy_bytes, limits.hierarchy_pointer_bytes);
            EXPECT_LE(nodes[plan[page].nodes[i]].temporal_bytes, limits.temporal_pointer_bytes);
        }
    }
}

// All nodes below and incl. the root that `inside` accepts, breadth-first; `bytes` gives the temporal bytes of a node.
Nodes make_tree(const std::function<bool(const VoxelKey&)>& inside,
                const std::function<std::uint32_t(const VoxelKey&)>& bytes) {
    Nodes nodes{{{}, copc::kEntrySize, bytes({})}};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const auto key = nodes[i].key;
        if (key.level == copc::kMaxLevel) continue;
        for (unsigned octant = 0; octant < 8; ++octant)
            if (inside(key.child(octant)))
                nodes.push_back({key.child(octant), copc::kEntrySize, bytes(key.child(octant))});
    }
    std::sort(nodes.begin(), nodes.end(), [](const PageNode& a, const PageNode& b) { return a.key < b.key; });
    return nodes;
}

// A survey is a surface: four of the eight children exist.
Nodes make_surface(std::int32_t levels, std::uint32_t bytes) {
    return make_tree([&](const VoxelKey& key) { return key.level < levels && key.z == key.x; },
                     [&](const VoxelKey&) { return bytes; });
}

Nodes make_random(std::mt19937_64& random, std::size_t count, int max_level,
                  const std::function<std::uint32_t()>& bytes) {
    std::set<VoxelKey> keys{VoxelKey{}};
    std::vector<VoxelKey> list{VoxelKey{}};
    for (std::size_t tries = 0; keys.size() < count && tries < count * 50; ++tries) {
        const auto& above = list[random() % list.size()];
        if (above.level >= max_level) continue;
        const auto key = above.child(static_cast<unsigned>(random() & 7u));
        if (keys.insert(key).second) list.push_back(key);
    }
    Nodes nodes;
    for (const auto& key : keys) nodes.push_back({key, copc::kEntrySize, bytes()});
    return nodes;
}

// The least number of page levels over all ways to cut the tree.
int fewest_levels_by_force(const Nodes& nodes, const PageLimits& limits) {
    std::map<VoxelKey, std::size_t> index;
    for (std::size_t i = 0; i < nodes.size(); ++i) index[nodes[i].key] = i;
    int best = 1000;
    for (std::uint32_t cuts = 0; cuts < (1u << (nodes.size() - 1)); ++cuts) {
        std::vector<std::size_t> root(nodes.size(), 0);  // of the page of each node
        std::vector<int> depth(nodes.size(), 1);
        std::vector<PageBytes> bytes(nodes.size());
        std::vector<bool> has_times(nodes.size());
        for (std::size_t i = nodes.size(); i-- > 0;) {
            has_times[i] = has_times[i] || nodes[i].temporal_bytes > 0;
            if (i > 0 && has_times[i]) has_times[index.at(nodes[i].key.parent())] = true;
        }
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            const auto parent = i == 0 ? 0 : index.at(nodes[i].key.parent());
            const bool is_cut = i > 0 && (cuts >> (i - 1) & 1u) != 0;
            root[i] = i == 0 || is_cut ? i : root[parent];
            depth[i] = i == 0 ? 1 : depth[parent] + (is_cut ? 1 : 0);
            bytes[root[i]].hierarchy += nodes[i].hierarchy_bytes;
            bytes[root[i]].temporal += nodes[i].temporal_bytes;
            if (!is_cut) continue;
            bytes[root[parent]].hierarchy += limits.hierarchy_pointer_bytes;
            bytes[root[parent]].temporal += has_times[i] ? limits.temporal_pointer_bytes : 0;
        }
        bool fits = true;
        for (std::size_t i = 0; i < nodes.size(); ++i) fits = fits && bytes[i].fit(limit_of(i, limits));
        if (fits) best = std::min(best, *std::max_element(depth.begin(), depth.end()));
    }
    return best;
}

TEST(PlanPages, OfNoNodesIsNoPage) { EXPECT_TRUE(copc::plan_pages({}).empty()); }

TEST(PlanPages, PutsASmallTreeIntoOnePage) {
    const auto nodes = make_surface(3, 276);
    const auto plan = copc::plan_pages(nodes);
    check_plan(nodes, plan, {});
    ASSERT_EQ(plan.size(), 1u);
    EXPECT_EQ(plan[0].nodes.size(), nodes.size());
}

TEST(PlanPages, FillsTheRootPageToTheLastByte) {
    // 1 + 7 + 56 + 448 entries of 32 bytes are 16 KB.
    auto nodes = make_tree([](const VoxelKey& key) { return key.level < 4 && key.ancestor(1) != VoxelKey{1, 1, 1, 1}; },
                           [](const VoxelKey&) { return 0u; });
    ASSERT_EQ(nodes.size(), 512u);
    EXPECT_EQ(copc::plan_pages(nodes).size(), 1u);
    nodes.push_back({{4, 0, 0, 0}, copc::kEntrySize, 0});
    const auto plan = copc::plan_pages(nodes);
    check_plan(nodes, plan, {});
    EXPECT_EQ(page_levels(plan), 2);
}

TEST(PlanPages, HoldsForRandomTreesOfEveryShape) {
    std::mt19937_64 random{5};
    for (int round = 0; round < 300; ++round) {
        SCOPED_TRACE(round);
        const auto count = 1 + random() % 3000;
        const int max_level = static_cast<int>(random() % 31);
        const auto most = 1 + random() % 4000;
        const auto nodes = make_random(random, count, max_level, [&] {
            return static_cast<std::uint32_t>(random() % 9 == 0 ? 0 : 20 + 8 * (1 + random() % most));
        });
        const auto plan = copc::plan_pages(nodes);
        check_plan(nodes, plan, {});
        if (HasFatalFailure()) return;
    }
}

TEST(PlanPages, NeedsNoMoreLevelsThanTheBestCut) {
    std::mt19937_64 random{6};
    int deep = 0;
    for (int round = 0; round < 250; ++round) {
        SCOPED_TRACE(round);
        PageLimits limits;
        limits.root_bytes = static_cast<std::uint32_t>(300 + random() % 400);
        limits.child_bytes = static_cast<std::uint32_t>(limits.root_bytes + random() % 500);
        const auto nodes = make_random(random, 2 + random() % 10, static_cast<int>(1 + random() % 8), [&] {
            return static_cast<std::uint32_t>(random() % 5 == 0 ? 0 : 28 + 8 * (random() % 32));
        });
        const auto best = fewest_levels_by_force(nodes, limits);
        const auto plan = copc::plan_pages(nodes, limits);
        check_plan(nodes, plan, limits);
        if (best < 1000) {  // else one node alone is too large
            EXPECT_EQ(page_levels(plan), best);
        }
        deep = std::max(deep, page_levels(plan));
    }
    EXPECT_GT(deep, 2) << "the trees of this test have become too easy";
}

TEST(PlanPages, NeedsTwoLevelsForABillionPoints) {
    // 16,384 leaves of 61,000 points with 20 samples; inner nodes have one point in a cell of 128 by 128: 7 samples.
    auto nodes = make_surface(8, 180);
    ASSERT_EQ(nodes.size(), 21'845u);
    for (auto& node : nodes)
        if (node.key.level < 7) node.temporal_bytes = 76;
    const auto plan = copc::plan_pages(nodes);
    check_plan(nodes, plan, {});
    EXPECT_EQ(page_levels(plan), 2);
    EXPECT_LT(plan.size(), 300u);
}

TEST(PlanPages, NeedsThreeLevelsForAHundredBillionPoints) {
    const auto nodes = make_surface(11, 276);
    ASSERT_EQ(nodes.size(), 1'398'101u);
    const auto plan = copc::plan_pages(nodes);
    EXPECT_EQ(page_levels(plan), 3);
    const auto bytes = page_bytes(nodes, plan, {});
    for (std::size_t page = 0; page < plan.size(); ++page) EXPECT_TRUE(bytes[page].fit(limit_of(page, {}))) << page;
    std::size_t held = 0;
    for (const auto& page : plan) held += page.nodes.size();
    EXPECT_EQ(held, nodes.size());
}

TEST(PlanPages, HoldsTheCoarseNodesInTheRootPage) {
    const auto nodes = make_surface(8, 276);
    const auto plan = copc::plan_pages(nodes);
    std::array<std::size_t, 3> held{};
    for (const auto node : plan[0].nodes)
        if (nodes[node].key.level < 3) ++held[static_cast<std::size_t>(nodes[node].key.level)];
    EXPECT_EQ(held[0], 1u);
    EXPECT_EQ(held[1], 4u);
    EXPECT_EQ(held[2], 16u);
    const auto bytes = page_bytes(nodes, plan, {})[0];
    EXPECT_GT(bytes.temporal, 15u << 10) << "the root page is to be used";
}

TEST(PlanPages, HoldsForAChainDownToTheLastLevel) {
    struct Case {
        std::uint32_t temporal_bytes;
        int levels;
    };
    // Of 4,000 bytes: 4 nodes in the root page, 16 in the next, 11 in the last. From 60,000 on: one node a page.
    for (const auto& [temporal_bytes, levels] :
         {Case{0, 1}, Case{28, 1}, Case{276, 1}, Case{4000, 3}, Case{60'000, 31}, Case{1'000'000, 31}}) {
        SCOPED_TRACE(temporal_bytes);
        const auto size = temporal_bytes;
        const auto nodes = make_tree([](const VoxelKey& key) { return key.x == 0 && key.y == 0 && key.z == 0; },
                                     [&](const VoxelKey&) { return size; });
        ASSERT_EQ(nodes.size(), 31u);
        const auto plan = copc::plan_pages(nodes);
        check_plan(nodes, plan, {});
        EXPECT_EQ(page_levels(plan), levels);
        EXPECT_EQ(plan.size(), static_cast<std::size_t>(levels));
    }
}

TEST(PlanPages, CutsAHugeNodeOffAndPacksTheRestAroundIt) {
    auto nodes = make_surface(4, 276);
    nodes[30].temporal_bytes = 10'000'000;  // a leaf
    nodes[2].temporal_bytes = 500'000;      // and an inner node
    const auto plan = copc::plan_pages(nodes);
    check_plan(nodes, plan, {});
    const auto bytes = page_bytes(nodes, plan, {});
    std::size_t too_large = 0;
    for (std::size_t page = 0; page < plan.size(); ++page) too_large += bytes[page].fit(limit_of(page, {})) ? 0 : 1;
    EXPECT_EQ(too_large, 2u);
    EXPECT_LE(page_levels(plan), 4);
}

TEST(PlanPages, CountsNoTemporalPointerWhereThereAreNoTimes) {
    const auto nodes = make_surface(6, 0);  // 1,365 nodes, 43 KB
    PageLimits limits;
    limits.temporal_pointer_bytes = 1u << 20;
    const auto plan = copc::plan_pages(nodes, limits);
    check_plan(nodes, plan, limits);
    EXPECT_EQ(page_levels(plan), 2);
}

TEST(PlanPages, MakesFewPagesOfMiddlingFiles) {
    const auto nodes = make_surface(5, 276);  // 341 nodes, 94 KB of samples
    const auto plan = copc::plan_pages(nodes);
    check_plan(nodes, plan, {});
    EXPECT_EQ(page_levels(plan), 2);
    EXPECT_LE(plan.size(), 17u);
}

TEST(PlanPages, IsTheSameEveryTime) {
    std::mt19937_64 random{7};
    const auto nodes =
        make_random(random, 5000, 12, [&] { return static_cast<std::uint32_t>(28 + 8 * (random() % 40)); });
    const auto a = copc::plan_pages(nodes);
    const auto b = copc::plan_pages(nodes);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t page = 0; page < a.size(); ++page) {
        EXPECT_EQ(a[page].root, b[page].root);
        EXPECT_EQ(a[page].nodes, b[page].nodes);
        EXPECT_EQ(a[page].children, b[page].children);
    }
}

}  // namespace
}  // namespace copse
