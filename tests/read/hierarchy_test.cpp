// Hierarchies that are wrong: reported, or answered all the same; never endless.
#include <gtest/gtest.h>

#include "read/reading.hpp"

namespace copse::read {
namespace {

using namespace test;

using Pages = std::vector<std::vector<copc::Entry>>;

MadeFile file_with(const std::function<void(Pages&)>& edit, const std::function<void(las::Header&)>& edit_header = {}) {
    Recipe recipe;
    recipe.depth = 4;
    recipe.edit_hierarchy = edit;
    recipe.edit_header = edit_header;
    return make_copc(scattered_points({6, 30}, 1500, 7), recipe);
}

copc::Entry& pointer_in(std::vector<copc::Entry>& page, std::size_t index = 0) {
    for (auto& entry : page)
        if (entry.is_page() && index-- == 0) return entry;
    throw std::logic_error{"the page has no such pointer"};
}

copc::Entry& node_in(std::vector<copc::Entry>& page) {
    return *std::find_if(page.begin(), page.end(), [](const auto& entry) { return entry.has_points(); });
}

std::vector<copc::Entry>& middle_page(Pages& pages) {
    return *std::find_if(pages.begin() + 1, pages.end(), [](const auto& page) {
        return std::any_of(page.begin(), page.end(), [](const auto& entry) { return entry.is_page(); });
    });
}

/// The error of reading everything, by a query and by loading the hierarchy.
Error error_of(const MadeFile& made) {
    const auto file = open_file(made.bytes);
    if (!file) return {};
    const auto answer = ask(file, made.bytes, {});
    HierarchyLoad load{file, false};
    const auto step = feed(load, made.bytes);
    EXPECT_TRUE(answer.error);
    if (step == wire::Step::failed && answer.error) {
        EXPECT_EQ(load.error().at, answer.error->at);
    }
    return answer.error.value_or(Error{});
}

TEST(Hierarchy, PageThatPointsAtItselfIsReported) {
    const auto made = file_with([](Pages& pages) {
        auto& middle = middle_page(pages);
        const auto root = middle[0].key;
        for (const auto& entry : pages[0])
            if (entry.is_page() && entry.key == root) pointer_in(middle).offset = entry.offset;
    });
    EXPECT_EQ(std::string{error_of(made).what}, "two entries point at the same hierarchy page");
}

TEST(Hierarchy, PagesThatPointAtEachOtherAreReported) {
    const auto made =
        file_with([](Pages& pages) { pointer_in(middle_page(pages)).offset = pointer_in(pages[0], 7).offset; });
    EXPECT_EQ(error_of(made).code, Code::bad_value);
}

TEST(Hierarchy, PagesThatOverlapEndSomewhere) {
    const auto made = file_with([](Pages& pages) {
        std::uint64_t shift = 0;
        for (auto& page : pages)
            for (auto& entry : page)
                if (entry.is_page()) entry.offset = pointer_in(pages[0]).offset + 32 * shift++;
    });
    EXPECT_EQ(error_of(made).code, Code::bad_value);
}

TEST(Hierarchy, NodeWithTwoEntriesIsReported) {
    const auto made = file_with([](Pages& pages) {
        auto& page = middle_page(pages);
        auto& second = node_in(page);
        auto& other = page.back();
        other = second;
        other.key = second.key;
    });
    EXPECT_EQ(error_of(made).code, Code::bad_value);
}

TEST(Hierarchy, EntryOutsideItsSubtreeIsReported) {
    const auto made = file_with([](Pages& pages) { node_in(middle_page(pages)).key = {9, 511, 511, 511}; });
    EXPECT_EQ(std::string{error_of(made).what},
              "an entry of a child page lies outside the subtree that the page is for");
}

TEST(Hierarchy, ChunkPastTheEndIsReportedBeforeItIsAskedFor) {
    const auto made = file_with([](Pages& pages) { node_in(pages[0]).offset = ~FileOffset{0} - 0x80000000u; });
    EXPECT_EQ(error_of(made).code, Code::truncated);
}

TEST(Hierarchy, PagePastTheEndIsReportedBeforeItIsAskedFor) {
    const auto made = file_with([](Pages& pages) { pointer_in(pages[0]).byte_size = 0x7fffffe0; });
    EXPECT_EQ(error_of(made).code, Code::truncated);
}

TEST(Hierarchy, WithMorePointsThanTheHeaderIsReported) {
    const auto made = file_with({}, [](las::Header& header) { header.point_count_14 -= 1; });
    EXPECT_EQ(std::string{error_of(made).what}, "the nodes hold more points than the header declares");
}

TEST(Hierarchy, WithFewerPointsThanTheHeaderIsReported) {
    const auto made = file_with([](Pages& pages) {
        auto& entry = node_in(pages[0]);
        entry = {entry.key, 0, 0, 0};
    });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    const auto answer = ask(file, made.bytes, {});
    ASSERT_TRUE(answer.error);
    EXPECT_EQ(answer.error->at, 247u);
}

TEST(Hierarchy, WithFewerPointsIsNotSuspectedWhenPagesWereLeftOut) {
    const auto made = file_with({});
    Request request;
    request.max_level = 0;
    EXPECT_FALSE(ask(open_file(made.bytes), made.bytes, request).error);
}

TEST(Hierarchy, NeedsNoEntriesOfAncestors) {
    const auto made = file_with([](Pages& pages) {
        // Empty ancestors that everybody else's files have become something else.
        for (auto& page : pages)
            for (auto& entry : page)
                if (!entry.is_page() && !entry.has_points()) entry.key = {30, 5, 5, 5};
    });
    // Those of child pages are outside their subtree then; the root's are not.
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    const auto answer = ask(file, made.bytes, {});
    if (!answer.error) {
        EXPECT_EQ(records_of(answer.chunks), brute_force(made, {}));
    }
}

TEST(Hierarchy, MayHaveAnEmptyEntryBesideTheNodeItself) {
    Recipe recipe;
    recipe.levels_per_page = 2;
    const auto made = make_copc(scattered_points({6, 30}, 1500, 7), recipe);
    const auto file = open_file(made.bytes);
    auto doubled = std::make_shared<File>(*file);
    for (const auto& node : made.nodes)
        if (node.key.level == 2) doubled->root_page.push_back({node.key, 0, 0, 0});
    const auto answer = ask(doubled, made.bytes, {});
    EXPECT_FALSE(answer.error);
    EXPECT_EQ(records_of(answer.chunks), brute_force(made, {}));
    HierarchyLoad load{doubled, false};
    ASSERT_EQ(feed(load, made.bytes), wire::Step::chunk_ready);
    for (const auto& node : load.take_nodes())
        EXPECT_EQ(node.entry.has_points(), std::any_of(made.nodes.begin(), made.nodes.end(),
                                                       [&](const auto& n) { return n.key == node.entry.key; }));
}

TEST(Hierarchy, ChunkThatLiesInTheHeaderIsAnErrorOfTheChunk) {
    const auto made = file_with([](Pages& pages) { node_in(pages[0]).offset = 0; });
    const auto answer = ask(open_file(made.bytes), made.bytes, {});
    EXPECT_TRUE(answer.error);
}

TEST(Hierarchy, WithARandomByteChangedGivesAnErrorOrAllPoints) {
    const auto made = file_with({});
    const auto all = sorted_records(brute_force(made, {}));
    std::mt19937 random{1};
    const auto first = made.hierarchy_pages.front().offset;
    for (int i = 0; i < 250; ++i) {
        auto bytes = made.bytes;
        const auto at = static_cast<std::size_t>(first + random() % (bytes.size() - first));
        bytes[at] ^= static_cast<std::byte>(1u << random() % 8);
        Opening opening{bytes.size()};
        if (feed(opening, bytes) != wire::Step::chunk_ready) continue;
        const auto answer = ask(opening.take_file(), bytes, {});
        if (answer.error) continue;
        ASSERT_EQ(sorted_records(records_of(answer.chunks)), all) << "byte " << at;
    }
}

// ---- HierarchyLoad ------------------------------------------------------------------------------------------------

TEST(HierarchyLoading, GivesAllNodesBreadthFirstWithTheirSamples) {
    for (const bool moved : {false, true}) {
        Recipe recipe;
        recipe.depth = 4;
        recipe.index_moved_by = moved ? 777 : 0;
        const auto made = make_copc(scattered_points({6, 30}, 1500, 7), recipe);
        for (const bool with_samples : {false, true}) {
            HierarchyLoad load{open_file(made.bytes), with_samples};
            ASSERT_EQ(feed(load, made.bytes), wire::Step::chunk_ready);
            const auto nodes = load.take_nodes();
            EXPECT_EQ(load.step(), wire::Step::done);
            EXPECT_TRUE(std::is_sorted(nodes.begin(), nodes.end(),
                                       [](const auto& a, const auto& b) { return a.entry.key < b.entry.key; }));
            std::size_t with_points = 0;
            for (const auto& node : nodes) {
                if (!node.entry.has_points()) continue;
                const auto& expected = made.nodes.at(with_points++);
                EXPECT_EQ(node.entry.key, expected.key);
                EXPECT_EQ(node.entry.range(), expected.range);
                const auto samples = temporal::make_samples(expected.points.gps_time, 16, 0);
                EXPECT_EQ(node.samples, with_samples ? samples : std::vector<double>{});
                if (with_samples) {
                    const auto stored =
                        wire::load_le<double>(made.bytes.data() + node.samples_at + temporal::kNodeEntrySize);
                    EXPECT_EQ(stored, samples.front());
                }
            }
            EXPECT_EQ(with_points, made.nodes.size());
        }
    }
}

TEST(HierarchyLoading, OfAnEmptyFileGivesTheRoot) {
    const auto made = make_copc(scattered_points({6, 30}, 0, 1));
    HierarchyLoad load{open_file(made.bytes), true};
    ASSERT_EQ(feed(load, made.bytes), wire::Step::chunk_ready);
    const auto nodes = load.take_nodes();
    ASSERT_EQ(nodes.size(), 1u);
    EXPECT_EQ(nodes[0].entry, copc::Entry{});
}

TEST(HierarchyLoading, ReportsABrokenIndexIfSamplesAreWanted) {
    Recipe recipe;
    recipe.edit_index_pages = [](auto& pages) { pages[0].pages.at(0).page.size -= 1; };
    const auto made = make_copc(scattered_points({6, 30}, 1500, 7), recipe);
    const auto file = open_file(made.bytes);
    HierarchyLoad with{file, true}, without{file, false};
    EXPECT_EQ(feed(with, made.bytes), wire::Step::failed);
    EXPECT_EQ(feed(without, made.bytes), wire::Step::chunk_ready);
}

}  // namespace
}  // namespace copse::read
