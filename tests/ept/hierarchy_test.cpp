#include "ept/hierarchy.hpp"

#include "made_ept.hpp"

namespace copse::ept {
namespace {

using namespace testing;

Error page_error(std::string_view json, const wire::Limits& limits = {}) {
    const auto page = parse_page(bytes_of_text(json), limits);
    if (page) {
        ADD_FAILURE() << "was read: " << json;
        return {};
    }
    return page.error();
}

TEST(EptPage, ListsNodesAndPages) {
    const auto page = parse_page(bytes_of_text(R"( {"0-0-0-0": 12, "1-0-1-0": -1, "1-1-1-1": 0} )"), {});
    ASSERT_TRUE(page);
    EXPECT_EQ(*page, (std::vector<PageEntry>{{{}, 12}, {{1, 0, 1, 0}, kSubtree}, {{1, 1, 1, 1}, 0}}));
    EXPECT_TRUE(parse_page(bytes_of_text("{}"), {})->empty());
}

TEST(EptPage, IsOneFlatObjectOfWholeNumbers) {
    for (const char* json :
         {"5", "null", "[]", "\"0-0-0-0\"", "{\"0-0-0-0\": 1.5}", "{\"0-0-0-0\": \"1\"}", "{\"0-0-0-0\": null}",
          "{\"0-0-0-0\": true}", "{\"0-0-0-0\": [1]}", "{\"0-0-0-0\": {}}", "{\"0-0-0-0\": -2}", "{\"\": 1}",
          "{\"1-2-0-0\": 1}", "{\"0-0-0-0\": 2147483648}", "{\"0-0-0-0\": 99999999999999999999}",
          "{\"0-0-0-0\": 1e999}", "{\"0-0-0-0\": -9223372036854775808}"})
        EXPECT_EQ(page_error(json).code, Code::bad_value) << json;
}

TEST(EptPage, SaysWhereItStopsBeingJson) {
    EXPECT_EQ(page_error("{\"0-0-0-0\": 1,}").at, 15u);
    EXPECT_EQ(page_error("{} {}").at, 4u);
    const std::string whole = R"({"0-0-0-0": 12, "1-0-1-0": -1})";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto error = page_error(whole.substr(0, size));
        EXPECT_EQ(error.code, Code::bad_value);
        EXPECT_LE(error.at, size + 1);
    }
}

TEST(EptPage, MayBeNestedAsDeeplyAsItLikesWithoutBeingRead) {
    EXPECT_EQ(page_error(std::string(1000000, '[')).code, Code::bad_value);
    std::string objects;
    for (int i = 0; i < 100000; ++i) objects += "{\"0-0-0-0\":";
    EXPECT_EQ(page_error(objects).code, Code::bad_value);
}

TEST(EptPage, HasAtMostSoManyNodes) {
    wire::Limits limits;
    limits.max_chunks = 2;
    EXPECT_TRUE(parse_page(bytes_of_text(R"({"0-0-0-0": 1, "1-0-0-0": 1})"), limits));
    EXPECT_EQ(page_error(R"({"0-0-0-0": 1, "1-0-0-0": 1, "1-0-0-1": 1})", limits).code, Code::limit_exceeded);
}

class EptHierarchy : public ::testing::Test {
protected:
    void page(const std::string& key, std::string_view json) { folder_.put("ept-hierarchy/" + key + ".json", json); }
    Error error(const wire::Limits& limits = {}) {
        const auto nodes = load_hierarchy(folder_, limits);
        EXPECT_FALSE(nodes);
        return nodes ? Error{} : nodes.error();
    }
    MemoryFolder folder_;
};

TEST_F(EptHierarchy, IsTheNodesWithPointsOfAllPagesInOrder) {
    page("0-0-0-0", R"({"1-1-0-0": -1, "0-0-0-0": 5, "1-0-0-0": 0, "1-0-1-1": 7})");
    page("1-1-0-0", R"({"2-3-0-1": 9, "1-1-0-0": 3, "2-2-0-0": -1})");
    page("2-2-0-0", R"({"2-2-0-0": 1})");
    const auto nodes = load_hierarchy(folder_, {});
    ASSERT_TRUE(nodes);
    std::vector<std::pair<Key, std::uint64_t>> found;
    for (const auto& node : *nodes) found.emplace_back(node.key, node.points);
    EXPECT_EQ(found,
              (std::vector<std::pair<Key, std::uint64_t>>{
                  {{0, 0, 0, 0}, 5}, {{1, 0, 1, 1}, 7}, {{1, 1, 0, 0}, 3}, {{2, 2, 0, 0}, 1}, {{2, 3, 0, 1}, 9}}));
}

TEST_F(EptHierarchy, NamesThePageThatIsMissingOrDamaged) {
    EXPECT_STREQ(error().part.data(), "ept-hierarchy/0-0-0-0.json");
    page("0-0-0-0", R"({"0-0-0-0": 5, "1-1-0-0": -1})");
    EXPECT_STREQ(error().part.data(), "ept-hierarchy/1-1-0-0.json");
    EXPECT_EQ(error().code, Code::io_failed);
    page("1-1-0-0", "{");
    EXPECT_STREQ(error().part.data(), "ept-hierarchy/1-1-0-0.json");
    EXPECT_EQ(error().code, Code::bad_value);
}

TEST_F(EptHierarchy, RefusesPagesThatLeadBack) {
    page("0-0-0-0", R"({"0-0-0-0": -1})");
    EXPECT_EQ(error().code, Code::bad_value);
    page("0-0-0-0", R"({"0-0-0-0": 1, "1-0-0-0": -1})");
    page("1-0-0-0", R"({"2-0-0-0": -1})");
    page("2-0-0-0", R"({"1-0-0-0": -1})");
    EXPECT_EQ(error().code, Code::bad_value);
    EXPECT_STREQ(error().part.data(), "ept-hierarchy/2-0-0-0.json");
}

TEST_F(EptHierarchy, RefusesANodeListedTwiceWhosePointsWouldBeReadTwice) {
    page("0-0-0-0", R"({"0-0-0-0": 1, "1-0-0-0": -1})");
    page("1-0-0-0", R"({"1-0-0-0": 1, "0-0-0-0": 1})");
    EXPECT_EQ(error().code, Code::bad_value);
    page("1-0-0-0", R"({"1-0-0-0": 1, "1-0-0-0": 1})");
    EXPECT_EQ(error().code, Code::bad_value);
}

TEST_F(EptHierarchy, StaysWithinTheLimits) {
    page("0-0-0-0", R"({"0-0-0-0": 1, "1-0-0-0": -1})");
    page("1-0-0-0", R"({"1-0-0-0": 1})");
    wire::Limits nodes, bytes, all_bytes;
    nodes.max_chunks = 1;
    EXPECT_EQ(error(nodes).code, Code::limit_exceeded);
    bytes.max_page_bytes = 20;
    EXPECT_EQ(error(bytes).code, Code::limit_exceeded);
    all_bytes.max_pages_bytes = 40;
    EXPECT_EQ(error(all_bytes).code, Code::limit_exceeded);
    EXPECT_STREQ(error(all_bytes).part.data(), "ept-hierarchy/1-0-0-0.json");
}

}  // namespace
}  // namespace copse::ept
