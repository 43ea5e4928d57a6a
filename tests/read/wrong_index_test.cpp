// A temporal index written wrongly never costs a point, as far as what is read can tell that it is wrong.
#include <gtest/gtest.h>

#include "read/reading.hpp"

namespace copse::read {
namespace {

using namespace test;

constexpr auto kNan = std::numeric_limits<double>::quiet_NaN();
constexpr auto kInfinity = std::numeric_limits<double>::infinity();

constexpr double kAfterAll = 5000;  // no point is that late

/// The info record promises more than there is, so that no sample is outside.
void widen(copc::Info& info) {
    info.gps_time_min = 0;
    info.gps_time_max = kAfterAll;
}

MadeFile file_with(const std::function<void(Recipe&)>& change) {
    Recipe recipe;
    recipe.depth = 4;
    change(recipe);
    return make_copc(scattered_points({6, 30}, 2500, 7), recipe);
}

/// Asks many questions, all of which must be answered exactly. Returns in how many the index was used to the end.
int expect_exact(const MadeFile& made, int questions = 40, const std::function<void(Request&)>& change = {}) {
    const auto file = open_file(made.bytes);
    if (!file) return -1;
    RandomRequests requests{made, 21};
    int used = 0;
    for (int i = 0; i < questions; ++i) {
        SCOPED_TRACE(i);
        auto request = requests.next();
        if (change) change(request);
        const auto answer = ask(file, made.bytes, request);
        EXPECT_FALSE(answer.error) << answer.error->what;
        EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
        // A polygon beside the box: nothing is looked at.
        if (answer.statistics.nodes == 0) continue;
        EXPECT_EQ(answer.statistics.index_used, request.time && file->temporal && answer.warnings.empty());
        used += answer.statistics.index_used ? 1 : 0;
    }
    return used;
}

Request window(double from, double to) {
    Request request;
    request.time = temporal::TimeWindow{from, to};
    return request;
}

// ---- nodes whose entry cannot be believed are decoded whole -------------------------------------------------------

TEST(WrongIndex, MayLackNodes) {
    const auto made = file_with([](Recipe& r) {
        r.edit_samples = [](auto& samples) {
            int i = 0;
            std::erase_if(samples, [&](const auto&) { return ++i % 3 == 0; });
        };
        // The ranges of the page pointers are those of all nodes.
        r.edit_index_pages = [](auto& pages) {
            for (auto& page : pages)
                for (auto& pointer : page.pages) pointer.time_min = 0, pointer.time_max = kAfterAll;
        };
        r.edit_info = widen;
    });
    EXPECT_GT(expect_exact(made), 0);
}

TEST(WrongIndex, MayHaveSamplesThatAreNoNumbers) {
    const auto made = file_with([](Recipe& r) {
        r.edit_index_pages = [](auto& pages) {
            int i = 0;
            for (auto& page : pages)
                for (auto& node : page.nodes) {
                    if (++i % 3 == 0) node.samples.back() = kNan;
                    if (i % 5 == 0) node.samples.front() = -kInfinity;
                }
        };
    });
    EXPECT_GT(expect_exact(made), 0);
}

TEST(WrongIndex, MayHaveSamplesOutOfOrder) {
    const auto made = file_with([](Recipe& r) {
        r.edit_index_pages = [](auto& pages) {
            for (auto& page : pages)
                for (auto& node : page.nodes) std::reverse(node.samples.begin(), node.samples.end());
        };
    });
    EXPECT_GT(expect_exact(made), 0);
}

TEST(WrongIndex, MayHaveTheWrongNumberOfSamples) {
    const auto made = file_with([](Recipe& r) {
        r.edit_samples = [](auto& samples) {
            int i = 0;
            for (auto& [key, values] : samples) {
                if (++i % 3 == 0) values.push_back(values.back());
                if (i % 3 == 1 && values.size() > 2) values.erase(values.begin() + 1);
            }
        };
    });
    EXPECT_GT(expect_exact(made), 0);
}

TEST(WrongIndex, MayHavePagePointersWithoutARange) {
    for (const auto& range : {std::pair{kNan, kNan}, {kNan, 0.0}, {0.0, kNan}, {5.0, -5.0}}) {
        const auto made = file_with([range](Recipe& r) {
            r.edit_index_pages = [=](auto& pages) {
                for (auto& page : pages)
                    for (auto& pointer : page.pages) pointer.time_min = range.first, pointer.time_max = range.second;
            };
        });
        EXPECT_GT(expect_exact(made, 30), 0);
    }
}

TEST(WrongIndex, IsNotBelievedOfSamplesOutsideThePromisedRange) {
    // All samples below the root page say a time that no point has, outside what the pointers promise.
    const auto made = file_with([](Recipe& r) {
        r.edit_index_pages = [](auto& pages) {
            for (auto& page : pages) {
                for (auto& pointer : page.pages) pointer.time_min = 1000, pointer.time_max = 1500;
                if (&page == &pages.front()) continue;
                for (auto& node : page.nodes) std::fill(node.samples.begin(), node.samples.end(), 1600.0);
            }
        };
    });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    const auto request = window(1000, 1500);
    const auto answer = ask(file, made.bytes, request);
    EXPECT_TRUE(answer.statistics.index_used);
    EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
}

TEST(WrongIndex, IsNotBelievedOfANodeWithTwoEntries) {
    // With one level a page and a root that has points: the second entry of the root says that nothing is there before
    // 4000.
    const auto made = file_with([](Recipe& r) {
        r.depth = 0;
        r.edit_samples = [](auto& samples) { samples[{1, 0, 0, 0}] = {4000, kAfterAll}; };
        r.edit_info = widen;
        r.edit_index_pages = [](auto& pages) {
            for (auto& page : pages)
                for (auto& node : page.nodes)
                    if (node.key.level == 1) node.key = {0, 0, 0, 0};
            for (auto& pointer : pages[0].pages) pointer.key = {0, 0, 0, 0};
        };
        r.index_levels_per_page = 1;
    });
    EXPECT_GT(expect_exact(made), 0);
}

// ---- an index that contradicts the data, or itself, is dropped ----------------------------------------------------

TEST(WrongIndex, IsDroppedWhenASampledRowHasAnotherTime) {
    const auto made = file_with([](Recipe& r) {
        r.edit_index_pages = [](auto& pages) {
            // The root's samples are a little off, and all others say that nothing is there before the very end.
            for (auto& page : pages) {
                for (auto& pointer : page.pages) pointer.time_min = pointer.time_max = kAfterAll;
                for (auto& node : page.nodes) {
                    if (node.key == copc::VoxelKey{})
                        node.samples[3] = std::nextafter(node.samples[3], 0);
                    else
                        std::fill(node.samples.begin(), node.samples.end(), kAfterAll);
                }
            }
        };
        r.edit_info = widen;
    });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    const auto request = window(900, 2050);
    const auto answer = ask(file, made.bytes, request);
    ASSERT_EQ(answer.warnings.size(), 1u);
    EXPECT_FALSE(answer.statistics.index_used);
    EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
}

/// The last larger node in the file contradicts its samples at once; all others cut their rows short.
MadeFile file_that_lies_until_the_end() {
    copc::VoxelKey last;
    const auto honest = file_with([](Recipe&) {});
    for (const auto& node : honest.nodes)
        if (node.points.size() > 40 && copc::depth_first_less(last, node.key)) last = node.key;
    const auto times = std::pair{honest.info.gps_time_min, honest.info.gps_time_max};
    return file_with([=](Recipe& r) {
        r.edit_samples = [=](auto& samples) {
            for (auto& [key, values] : samples) {
                if (key == last)
                    values.front() = times.first;
                else
                    std::fill(values.begin() + static_cast<std::ptrdiff_t>((values.size() + 1) / 2), values.end(),
                              times.second);
            }
        };
        r.edit_node = [=](las::Points& points) {
            // No node begins with the file's first time, so that the last one's first sample is wrong.
            for (auto& time : points.gps_time) time = std::max(time, times.first + 0.125);
        };
        r.edit_info = [=](copc::Info& info) { info.gps_time_min = times.first, info.gps_time_max = times.second; };
    });
}

TEST(WrongIndex, DroppedAfterChunksWereHandedOutGivesEveryPointOnce) {
    const auto made = file_that_lies_until_the_end();
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->temporal);
    for (const std::uint64_t window_bytes : {0u, 3000u, 16u << 20}) {
        const auto request = window(1000, 3050);
        Query query{file, request};
        query.set_read_ahead(window_bytes);
        const auto answer = answer_of(query, [&](Query& reader) { return feed(reader, made.bytes); });
        ASSERT_FALSE(answer.error) << answer.error->what;
        ASSERT_EQ(answer.warnings.size(), 1u);
        std::map<copc::VoxelKey, int> times_handed_out;
        for (const auto& chunk : answer.chunks) ++times_handed_out[chunk.key];
        EXPECT_TRUE(std::any_of(times_handed_out.begin(), times_handed_out.end(), [](const auto& n) {
            return n.second == 2;
        })) << "the test is to catch nodes that were handed out in part";
        EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
        EXPECT_EQ(answer.matched(), answer.statistics.points);
    }
}

TEST(WrongIndex, DroppedInTheMiddleNeverPassesMaxPoints) {
    const auto made = file_that_lies_until_the_end();
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    for (std::uint64_t limit = 1; limit < 2000; limit += 97) {
        auto request = window(1000, 3050);
        request.max_points = limit;
        const auto answer = ask(file, made.bytes, request);
        EXPECT_LE(answer.matched(), limit);
        (void)records_of(answer.chunks);  // no point twice
    }
}

TEST(WrongIndex, IsDroppedWhenTimesFallBetweenSamples) {
    const auto made = file_with([](Recipe& r) {
        r.edit_node = [](las::Points& points) {
            if (points.size() > 12) std::swap(points.gps_time[3], points.gps_time[11]);
        };
    });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    for (const double from : {1000.0, 2000.0, 3000.0}) {
        const auto request = window(from, kInfinity);
        const auto answer = ask(file, made.bytes, request);
        EXPECT_EQ(answer.warnings.size(), 1u);
        EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
    }
}

TEST(WrongIndex, DroppedLaterGivesAlsoWhatLiesBehindTheWindowsEnd) {
    // Decoding stops behind the window, before the next sample. What the index hid there comes when it is dropped: the
    // last node of the file contradicts it.
    Recipe recipe;
    recipe.depth = 1;
    recipe.stride = 2000;
    copc::VoxelKey last;
    for (const auto& node : make_copc(scattered_points({6, 30}, 20000, 7), recipe).nodes)
        if (copc::depth_first_less(last, node.key)) last = node.key;
    recipe.edit_node = [](las::Points& points) {
        for (std::size_t row = 0; row < points.size(); ++row)
            points.gps_time[row] = row < 1000 || row >= 1500 ? 1000 + 0.01 * static_cast<double>(row) : 1003;
    };
    recipe.edit_samples = [=](auto& samples) { samples.at(last).front() = 999; };
    recipe.edit_info = widen;
    const auto made = make_copc(scattered_points({6, 30}, 20000, 7), recipe);
    const auto answer = ask(open_file(made.bytes), made.bytes, window(1000, 1005));
    ASSERT_EQ(answer.warnings.size(), 1u);
    std::map<copc::VoxelKey, int> times_handed_out;
    for (const auto& chunk : answer.chunks) ++times_handed_out[chunk.key];
    EXPECT_TRUE(std::any_of(times_handed_out.begin(), times_handed_out.end(), [](const auto& n) {
        return n.second == 2;
    })) << "the test is to catch nodes that were handed out in part";
    EXPECT_EQ(records_of(answer.chunks), brute_force(made, window(1000, 1005)));
}

TEST(WrongIndex, IsDroppedWhenNumbersFollowNan) {
    const auto made = file_with([](Recipe& r) {
        r.edit_node = [](las::Points& points) {
            if (points.size() > 12) points.gps_time[5] = kNan;
        };
    });
    const auto request = window(1000, kInfinity);
    const auto answer = ask(open_file(made.bytes), made.bytes, request);
    EXPECT_EQ(answer.warnings.size(), 1u);
    EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
}

using EditPages = std::function<void(std::vector<temporal::Page>&)>;

class WrongPages : public testing::TestWithParam<std::pair<const char*, EditPages>> {};

TEST_P(WrongPages, CostNoPoint) {
    const auto made = file_with([](Recipe& r) { r.edit_index_pages = GetParam().second; });
    expect_exact(made);
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    const auto answer = ask(file, made.bytes, window(-kInfinity, kInfinity));
    EXPECT_EQ(file->warnings.size() + answer.warnings.size(), 1u) << "somebody says what is wrong";
}

/// Where the root page is: in front of its first child.
FileOffset root_at(const std::vector<temporal::Page>& pages) {
    Bytes root;
    temporal::encode_page(pages[0], root);
    FileOffset first = ~FileOffset{0};
    for (const auto& page : pages)
        for (const auto& pointer : page.pages) first = std::min(first, pointer.page.offset);
    return first - root.size();
}

temporal::PagePointer& first_pointer(temporal::Page& page) { return page.pages.at(0); }

/// A page below the root that has pages below it.
temporal::Page& middle_page(std::vector<temporal::Page>& pages) {
    return *std::find_if(pages.begin() + 1, pages.end(), [](const auto& page) { return !page.pages.empty(); });
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongPages,
    testing::Values(
        std::pair{"root_points_at_itself",
                  EditPages{[](auto& pages) { first_pointer(pages[0]).page.offset = root_at(pages); }}},
        std::pair{"two_pointers_to_one_page",
                  EditPages{[](auto& pages) { pages[0].pages.at(1).page = first_pointer(pages[0]).page; }}},
        std::pair{"child_points_at_its_sibling",
                  EditPages{[](auto& pages) { first_pointer(middle_page(pages)).page = pages[0].pages.back().page; }}},
        std::pair{"pages_point_at_each_other", EditPages{[](auto& pages) {
                      auto& middle = middle_page(pages);
                      first_pointer(middle).page = first_pointer(pages[0]).page;
                      first_pointer(middle).key = first_pointer(pages[0]).key;
                  }}},
        std::pair{"page_larger_than_the_record",
                  EditPages{[](auto& pages) { first_pointer(middle_page(pages)).page.size = 0xfffffff0; }}},
        std::pair{"page_outside_the_record",
                  EditPages{[](auto& pages) { first_pointer(middle_page(pages)).page.offset = 0; }}},
        std::pair{"page_cut_short", EditPages{[](auto& pages) { first_pointer(pages[0]).page.size -= 1; }}},
        std::pair{"page_at_the_wrong_place", EditPages{[](auto& pages) { first_pointer(pages[0]).page.offset += 4; }}},
        std::pair{"subtree_twice",
                  EditPages{[](auto& pages) { pages[0].pages.at(1).key = first_pointer(pages[0]).key; }}},
        std::pair{"page_of_another_subtree",
                  EditPages{[](auto& pages) { std::swap(pages[0].pages.at(0).page, pages[0].pages.at(1).page); }}}),
    [](const auto& shape) { return std::string{shape.param.first}; });

// ---- what the draft leaves open ------------------------------------------------------------------------------------

TEST(PagePointer, BesideANodesOwnEntrySpeaksOfTheNodesBelow) {
    const auto made = file_with([](Recipe&) {});
    const auto opened = open_file(made.bytes);
    ASSERT_TRUE(opened);
    int tried = 0;
    for (std::size_t i = 0; i < opened->temporal_root->pages.size(); ++i) {
        auto file = std::make_shared<File>(*opened);
        auto& pointer = file->temporal_root->pages[i];
        const auto node = std::find_if(made.nodes.begin(), made.nodes.end(),
                                       [&](const MadeNode& one) { return one.key == pointer.key; });
        if (node == made.nodes.end()) continue;
        ++tried;
        // The topmost node of the page moves up; its times are not among those that the pointer promises.
        const auto time = node->points.gps_time.front();
        file->temporal_root->nodes.push_back(
            {pointer.key, temporal::make_samples(node->points.gps_time, file->temporal->stride, 0), 0});
        pointer.time_min = pointer.time_max = time - 1;
        const auto request = window(time, time);
        const auto found = records_of(ask(file, made.bytes, request).chunks);
        EXPECT_EQ(found.at(pointer.key), brute_force(made, request).at(pointer.key));
    }
    EXPECT_GT(tried, 0);
}

}  // namespace
}  // namespace copse::read
