#include "build/index_pages.hpp"

#include <gtest/gtest.h>

namespace copse::build {
namespace {

IndexNode node_with_points(const copc::VoxelKey& key) {
    IndexNode node;
    node.entry = {key, 1000, 10, 5};
    node.samples = {1, 2};
    node.has_times = true;
    return node;
}

TEST(IndexPages, GiveNodesThatTookNothingAnEntryWithoutPoints) {
    const IndexPages index{{node_with_points({3, 4, 4, 4}), node_with_points({3, 5, 4, 4})}, true};
    Bytes bytes;
    index.encode_hierarchy(0, bytes);
    const auto entries = copc::parse_page(bytes, 0);
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 5u);
    const copc::VoxelKey keys[] = {{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 2, 2, 2}, {3, 4, 4, 4}, {3, 5, 4, 4}};
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ((*entries)[i].key, keys[i]);
        EXPECT_EQ((*entries)[i].point_count, i < 3 ? 0 : 5);
        EXPECT_EQ((*entries)[i].offset, i < 3 ? 0u : 1000u);
        EXPECT_EQ((*entries)[i].byte_size, i < 3 ? 0 : 10);
    }

    // They have no times, so the temporal index does not know them.
    Bytes payload;
    index.encode_temporal(0, 16, 0, payload);
    const auto header = temporal::parse_header(payload, 0);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->node_count, 2u);
}

TEST(IndexPages, MayBeginWithNodesThatTookNothing) {
    // The root's samples alone fill its page: what is below it makes a page of its own for each octant.
    std::vector<IndexNode> nodes{node_with_points({})};
    nodes.back().samples.assign(2500, 100.0);
    for (const std::int32_t half : {0, 1}) {
        nodes.push_back(node_with_points({2, 3 * half, 0, 0}));
        nodes.back().samples.assign(7000, 100.0 + half);
        nodes.back().samples.back() = 200.0 + half;
    }
    const IndexPages index{nodes, true};
    Bytes hierarchy, payload;
    index.encode_hierarchy(0, hierarchy);
    index.encode_temporal(0, 16, 0, payload);
    const auto root_range = temporal::parse_header(payload, 0).value().root_page;
    const auto root =
        temporal::parse_page(ByteView{payload}.subspan(root_range.offset, root_range.size), root_range.offset).value();
    ASSERT_EQ(root.pages.size(), 2u);
    const auto entries = copc::parse_page(ByteView{hierarchy}.first(index.root_hierarchy_bytes()), 0).value();
    for (const std::int32_t half : {0, 1}) {
        const copc::VoxelKey empty{1, half, 0, 0};
        const auto& pointer = root.pages[static_cast<std::size_t>(half)];
        EXPECT_EQ(pointer.key, empty);
        EXPECT_EQ(pointer.time_min, 100.0 + half);
        EXPECT_EQ(pointer.time_max, 200.0 + half);
        const auto page = temporal::parse_page(ByteView{payload}.subspan(pointer.page.offset, pointer.page.size),
                                               pointer.page.offset);
        ASSERT_TRUE(page);
        ASSERT_EQ(page->nodes.size(), 1u);
        EXPECT_EQ(page->nodes[0].key, (copc::VoxelKey{2, 3 * half, 0, 0}));

        // The hierarchy's pages are cut at the same nodes; the empty node's own entry is in its page.
        const auto found =
            std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.key == empty; });
        ASSERT_NE(found, entries.end());
        ASSERT_TRUE(found->is_page());
        const auto below = copc::parse_page(ByteView{hierarchy}.subspan(found->range().offset, found->range().size),
                                            found->range().offset);
        ASSERT_TRUE(below);
        ASSERT_EQ(below->size(), 2u);
        EXPECT_EQ((*below)[0].key, empty);
        EXPECT_EQ((*below)[0].point_count, 0);
    }
}

TEST(IndexPages, AddNothingToAWholeTree) {
    const IndexPages index{{node_with_points({0, 0, 0, 0}), node_with_points({1, 0, 0, 0})}, true};
    EXPECT_EQ(index.nodes.size(), 2u);
}

}  // namespace
}  // namespace copse::build
