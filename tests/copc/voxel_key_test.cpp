#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <unordered_set>

#include "copse/copc.hpp"

namespace copse {
namespace {

using copc::VoxelKey;

VoxelKey random_key(std::mt19937_64& random, int max_level) {
    const auto level = static_cast<std::int32_t>(random() % static_cast<unsigned>(max_level + 1));
    const auto mask = (std::uint64_t{1} << level) - 1;
    return {level, static_cast<std::int32_t>(random() & mask), static_cast<std::int32_t>(random() & mask),
            static_cast<std::int32_t>(random() & mask)};
}

// Octants from the root down: depth-first order is the order of these paths as words.
std::vector<unsigned> path(const VoxelKey& key) {
    std::vector<unsigned> octants;
    for (int up = key.level - 1; up >= 0; --up)
        octants.push_back(static_cast<unsigned>((key.x >> up & 1) | (key.y >> up & 1) << 1 | (key.z >> up & 1) << 2));
    return octants;
}

TEST(VoxelKey, IsValidWithinItsLevelOnly) {
    EXPECT_TRUE((VoxelKey{0, 0, 0, 0}.valid()));
    EXPECT_TRUE((VoxelKey{30, (1 << 30) - 1, 0, (1 << 30) - 1}.valid()));
    EXPECT_TRUE((VoxelKey{3, 7, 7, 7}.valid()));
    for (const VoxelKey& key :
         {VoxelKey{-1, 0, 0, 0}, VoxelKey{31, 0, 0, 0}, VoxelKey{0, 1, 0, 0}, VoxelKey{3, 8, 0, 0},
          VoxelKey{3, 0, 8, 0}, VoxelKey{3, 0, 0, 8}, VoxelKey{3, -1, 0, 0}, VoxelKey{3, 0, -1, 0},
          VoxelKey{3, 0, 0, -1}, VoxelKey{INT32_MIN, 0, 0, 0}, VoxelKey{INT32_MAX, 0, 0, 0}})
        EXPECT_FALSE(key.valid()) << copc::to_string(key);
}

TEST(VoxelKey, IsTheParentOfItsChildren) {
    std::mt19937_64 random{1};
    for (int i = 0; i < 1000; ++i) {
        const auto key = random_key(random, copc::kMaxLevel - 1);
        for (unsigned octant = 0; octant < 8; ++octant) {
            const auto child = key.child(octant);
            EXPECT_TRUE(child.valid());
            EXPECT_EQ(child.parent(), key);
            EXPECT_TRUE(key.is_ancestor_of(child));
            EXPECT_FALSE(child.is_ancestor_of(key));
            EXPECT_EQ(path(child).back(), octant);
        }
    }
}

TEST(VoxelKey, HasTextAsInEpt) { EXPECT_EQ(copc::to_string({3, 7, 0, 5}), "3-7-0-5"); }

TEST(VoxelKey, SortsBreadthFirst) {
    EXPECT_LT((VoxelKey{1, 1, 1, 1}), (VoxelKey{2, 0, 0, 0}));
    EXPECT_LT((VoxelKey{2, 0, 3, 3}), (VoxelKey{2, 1, 0, 0}));
    EXPECT_LT((VoxelKey{2, 1, 0, 3}), (VoxelKey{2, 1, 1, 0}));
}

TEST(VoxelKey, HasADepthFirstOrderEqualToThatOfOctantPaths) {
    std::mt19937_64 random{2};
    for (int i = 0; i < 200'000; ++i) {
        const auto max_level = static_cast<int>(random() % 31);
        const auto a = random_key(random, max_level);
        auto b = random_key(random, max_level);
        if (i % 3 == 0 && a.level < copc::kMaxLevel) b = a.child(static_cast<unsigned>(random() & 7u));
        if (i % 7 == 0) b = a;
        const auto left = path(a);
        const auto right = path(b);
        const bool expected = std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
        ASSERT_EQ(copc::depth_first_less(a, b), expected) << copc::to_string(a) << " " << copc::to_string(b);
    }
}

TEST(VoxelKey, HashesNeighboursApart) {
    std::unordered_set<std::size_t> hashes;
    std::size_t keys = 0;
    for (std::int32_t level = 4; level < 7; ++level)
        for (std::int32_t x = 0; x < 16; ++x)
            for (std::int32_t y = 0; y < 16; ++y)
                for (std::int32_t z = 0; z < 16; ++z, ++keys) hashes.insert(copc::VoxelKeyHash{}({level, x, y, z}));
    EXPECT_EQ(hashes.size(), keys);
}

}  // namespace
}  // namespace copse
