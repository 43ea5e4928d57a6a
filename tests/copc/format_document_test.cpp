// docs/format/copc.md against the code.
#include <gtest/gtest.h>

#include <map>

#include "copse/copc.hpp"
#include "support/format_table.hpp"

namespace {

using namespace copse;

copc::Info example_info() {
    copc::Info info;
    info.center = {500.5, -20.25, 8};
    info.half_size = 64;
    info.root_spacing = 1;
    info.root_page = {70000, 96};
    info.gps_time_min = 300000000;
    info.gps_time_max = 300000600;
    return info;
}

TEST(CopcDocument, InfoTableHasTheOffsetsOfTheCode) {
    const auto rows = test::read_table(test::read_document("copc.md"), "Info VLR");
    const auto info = example_info();
    const std::map<std::string, double> values{{"center_x", info.center[0]},
                                               {"center_y", info.center[1]},
                                               {"center_z", info.center[2]},
                                               {"half_size", info.half_size},
                                               {"root_spacing", info.root_spacing},
                                               {"root_page_offset", static_cast<double>(info.root_page.offset)},
                                               {"root_page_size", static_cast<double>(info.root_page.size)},
                                               {"gps_time_min", info.gps_time_min},
                                               {"gps_time_max", info.gps_time_max}};
    Bytes bytes;
    copc::encode_info(info, bytes);
    ASSERT_EQ(rows.size(), values.size() + 1);
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        if (row.name == "reserved") {
            EXPECT_EQ(row.offset + 88, copc::kInfoSize);
            continue;
        }
        ASSERT_TRUE(values.contains(row.name));
        EXPECT_EQ(test::number_at(bytes, row), values.at(row.name));
    }
}

TEST(CopcDocument, EntryTableHasTheOffsetsOfTheCode) {
    const auto rows = test::read_table(test::read_document("copc.md"), "Hierarchy page");
    const copc::Entry entry{{3, 5, 6, 7}, 123456789012, 4321, 987};
    const std::map<std::string, double> values{
        {"level", 3},        {"x", 5}, {"y", 6}, {"z", 7}, {"offset", 123456789012.0}, {"byte_size", 4321},
        {"point_count", 987}};
    Bytes bytes;
    copc::encode_page(std::span{&entry, 1}, bytes);
    ASSERT_EQ(bytes.size(), copc::kEntrySize);
    ASSERT_EQ(rows.size(), values.size());
    for (const auto& row : rows) {
        ASSERT_TRUE(values.contains(row.name)) << row.name;
        EXPECT_EQ(test::number_at(bytes, row), values.at(row.name)) << row.name;
    }
}

TEST(CopcDocument, WorkedExamplesAreWhatTheEncoderWrites) {
    const auto document = test::read_document("copc.md");
    Bytes info;
    copc::encode_info(example_info(), info);
    EXPECT_EQ(test::read_example(document, "info"), info);

    const std::vector<copc::Entry> entries{
        {{0, 0, 0, 0}, 1000, 4321, 100000}, {{1, 0, 1, 0}, 70096, 64, -1}, {{1, 1, 1, 0}, 0, 0, 0}};
    Bytes page;
    copc::encode_page(entries, page);
    EXPECT_EQ(test::read_example(document, "page"), page);
}

}  // namespace
