// docs/format/temporal-index.md against the code.
#include <gtest/gtest.h>

#include <map>

#include "copse/temporal.hpp"
#include "support/format_table.hpp"

namespace {

using namespace copse;

using Values = std::map<std::string, double>;

void compare(const std::string& heading, ByteView bytes, const Values& values) {
    const auto rows = test::read_table(test::read_document("temporal-index.md"), heading);
    ASSERT_EQ(rows.size(), values.size());
    for (const auto& row : rows) {
        ASSERT_TRUE(values.contains(row.name)) << row.name;
        EXPECT_EQ(test::number_at(bytes, row), values.at(row.name)) << row.name;
    }
}

temporal::Header header_of(std::uint32_t stride, std::uint32_t nodes, std::uint32_t pages, ByteRange root) {
    temporal::Header header;
    header.stride = stride;
    header.node_count = nodes;
    header.page_count = pages;
    header.root_page = root;
    return header;
}

TEST(TemporalDocument, HeaderTableHasTheOffsetsOfTheCode) {
    Bytes bytes;
    temporal::encode_header(header_of(7, 8, 9, {123456789012, 84}), bytes);
    compare("Header", bytes,
            {{"version", 1},
             {"stride", 7},
             {"node_count", 8},
             {"page_count", 9},
             {"root_page_offset", 123456789012.0},
             {"root_page_size", 84},
             {"reserved", 0}});
}

TEST(TemporalDocument, NodeEntryTableHasTheOffsetsOfTheCode) {
    Bytes bytes;
    temporal::encode_page({.nodes = {{{3, 5, 6, 7}, {1.5, 2.5, 3.5}, 0}}, .pages = {}}, bytes);
    compare("Node entry", bytes, {{"level", 3}, {"x", 5}, {"y", 6}, {"z", 7}, {"sample_count", 3}, {"samples", 1.5}});
}

TEST(TemporalDocument, PagePointerTableHasTheOffsetsOfTheCode) {
    Bytes bytes;
    temporal::encode_page({.nodes = {}, .pages = {{{3, 5, 6, 7}, {123456789012, 4096}, 1.5, 2.5, 0}}}, bytes);
    ASSERT_EQ(bytes.size(), temporal::kPagePointerSize);
    compare("Page pointer", bytes,
            {{"level", 3},
             {"x", 5},
             {"y", 6},
             {"z", 7},
             {"sample_count", 0},
             {"child_page_offset", 123456789012.0},
             {"child_page_size", 4096},
             {"subtree_time_min", 1.5},
             {"subtree_time_max", 2.5}});
}

TEST(TemporalDocument, WorkedExamplesAreWhatTheEncoderWrites) {
    const auto document = test::read_document("temporal-index.md");
    Bytes header;
    temporal::encode_header(header_of(3226, 2, 1, {50092, 84}), header);
    EXPECT_EQ(test::read_example(document, "header"), header);

    Bytes page;
    temporal::encode_page({.nodes = {{{0, 0, 0, 0}, {300000000.0, 300000002.5}, 0}},
                           .pages = {{{1, 0, 1, 0}, {50176, 4096}, 300000000.25, 300000600.0, 0}}},
                          page);
    EXPECT_EQ(test::read_example(document, "page"), page);
}

}  // namespace
