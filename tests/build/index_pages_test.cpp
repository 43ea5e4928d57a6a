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

TEST(IndexPages, AddNothingToAWholeTree) {
    const IndexPages index{{node_with_points({0, 0, 0, 0}), node_with_points({1, 0, 0, 0})}, true};
    EXPECT_EQ(index.nodes.size(), 2u);
}

}  // namespace
}  // namespace copse::build
