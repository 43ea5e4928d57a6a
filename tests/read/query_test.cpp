// Questions are answered exactly: the same points as by looking at all of them.
#include <gtest/gtest.h>

#include "read/reading.hpp"

namespace copse::read {
namespace {

using namespace test;

struct Shape {
    const char* name;
    std::uint8_t format;
    std::uint16_t extra_bytes;
    Recipe recipe;
    bool spoiled_times;
};

Recipe recipe_with(const std::function<void(Recipe&)>& change) {
    Recipe recipe;
    change(recipe);
    return recipe;
}

class Queries : public testing::TestWithParam<Shape> {
protected:
    static MadeFile make() {
        const auto& shape = GetParam();
        auto points = scattered_points(copse::test::layout_of(shape.format, shape.extra_bytes), 2500, 7);
        if (shape.spoiled_times) copse::test::spoil_times(points, 3);
        return make_copc(std::move(points), shape.recipe);
    }
};

TEST_P(Queries, FindExactlyThePointsThatMatch) {
    const auto made = make();
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    RandomRequests requests{made, 11};
    for (int i = 0; i < 80; ++i) {
        SCOPED_TRACE(i);
        const auto request = requests.next();
        const auto answer = ask(file, made.bytes, request);
        ASSERT_FALSE(answer.error) << answer.error->what;
        EXPECT_TRUE(answer.warnings.empty()) << answer.warnings[0];
        expect_file_order(answer.chunks);
        EXPECT_EQ(answer.matched(), answer.statistics.points);
        ASSERT_EQ(records_of(answer.chunks), brute_force(made, request));
    }
}

TEST_P(Queries, FindTheSameWithoutTheIndex) {
    const auto made = make();
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    RandomRequests requests{made, 12};
    for (int i = 0; i < 25; ++i) {
        SCOPED_TRACE(i);
        auto request = requests.next();
        request.use_index = UseIndex::never;
        const auto answer = ask(file, made.bytes, request);
        EXPECT_FALSE(answer.statistics.index_used);
        ASSERT_EQ(records_of(answer.chunks), brute_force(made, request));
    }
}

TEST_P(Queries, CountWhatTheyFind) {
    const auto made = make();
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    RandomRequests requests{made, 13};
    for (int i = 0; i < 25; ++i) {
        SCOPED_TRACE(i);
        auto request = requests.next();
        const auto full = ask(file, made.bytes, request).matched();
        request.count_only = true;
        const auto answer = ask(file, made.bytes, request);
        EXPECT_EQ(answer.statistics.points, full);
        EXPECT_EQ(answer.matched(), full);
        for (const auto& chunk : answer.chunks) {
            EXPECT_EQ(chunk.points.size(), 0u);
            EXPECT_TRUE(chunk.rows.empty());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Queries,
    testing::Values(Shape{"plain", 6, 0, {}, false}, Shape{"spoiled_times", 6, 0, {}, true},
                    Shape{"colour_and_extra_bytes", 7, 3, {}, false}, Shape{"nir", 8, 0, {}, true},
                    Shape{"no_index", 6, 0, recipe_with([](Recipe& r) { r.with_index = false; }), true},
                    Shape{"every_row_sampled", 6, 0, recipe_with([](Recipe& r) { r.stride = 1; }), true},
                    Shape{"ends_sampled_only", 6, 0, recipe_with([](Recipe& r) { r.stride = 1000000; }), true},
                    Shape{"one_page", 6, 0,
                          recipe_with([](Recipe& r) { r.levels_per_page = r.index_levels_per_page = 9; }), false},
                    Shape{"one_level_a_page", 6, 0,
                          recipe_with([](Recipe& r) { r.levels_per_page = r.index_levels_per_page = 1; }), true},
                    Shape{"pages_cut_differently", 6, 0,
                          recipe_with([](Recipe& r) { r.levels_per_page = 3, r.index_levels_per_page = 1; }), true},
                    Shape{"index_pages_larger", 6, 0,
                          recipe_with([](Recipe& r) { r.levels_per_page = 1, r.index_levels_per_page = 3; }), false},
                    Shape{"index_last", 6, 0, recipe_with([](Recipe& r) { r.index_first = false; }), false},
                    Shape{"root_page_last", 6, 0, recipe_with([](Recipe& r) { r.root_page_last = true; }), false},
                    Shape{"shuffled_chunks", 6, 0, recipe_with([](Recipe& r) { r.shuffled_chunks = true; }), false},
                    Shape{"root_alone", 6, 0, recipe_with([](Recipe& r) { r.depth = 0; }), true},
                    Shape{"moved_index", 6, 0, recipe_with([](Recipe& r) { r.index_moved_by = 5000; }), true}),
    [](const auto& shape) { return std::string{shape.param.name}; });

// ---- columns ------------------------------------------------------------------------------------------------------

TEST(QueryColumns, AreThoseAskedForAndNoOthers) {
    const auto made = make_copc(scattered_points(copse::test::layout_of(7, 2), 2000, 5));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    using las::ColumnSet;
    const std::vector<ColumnSet> sets{ColumnSet::xy(),
                                      ColumnSet::xyz(),
                                      {ColumnSet::gps_time, 0},
                                      {ColumnSet::rgb | ColumnSet::intensity, 2},
                                      ColumnSet::all()};
    std::vector<Request> requests(4);
    requests[1].box.max = {1070, 2070, 80};
    requests[2].time = temporal::TimeWindow{1000, 2050};
    requests[3].box = requests[1].box;
    requests[3].time = requests[2].time;
    for (auto& request : requests)
        for (const auto& columns : sets) {
            request.columns = columns;
            const auto answer = ask(file, made.bytes, request);
            ASSERT_EQ(records_of(answer.chunks), brute_force(made, request));
            for (const auto& chunk : answer.chunks) {
                EXPECT_EQ(chunk.points.columns, (las::Points{file->layout, columns}.columns));
                EXPECT_EQ(chunk.points.z.empty(), !columns.has(ColumnSet::z));
                EXPECT_EQ(chunk.points.gps_time.empty(), !columns.has(ColumnSet::gps_time));
                EXPECT_EQ(chunk.points.red.empty(), !columns.has(ColumnSet::rgb));
            }
        }
}

// ---- nothing to do ------------------------------------------------------------------------------------------------

TEST(Query, WantsNothingWhenNothingCanMatch) {
    const auto made = make_copc(scattered_points({6, 30}, 500, 1));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    constexpr auto kNan = std::numeric_limits<double>::quiet_NaN();
    std::vector<Request> requests(6);
    requests[0].box.min[0] = 2, requests[0].box.max[0] = 1;
    requests[1].box.max[2] = kNan;
    requests[2].time = temporal::TimeWindow{2, 1};
    requests[3].time = temporal::TimeWindow{kNan, 1};
    requests[4].max_level = -1;
    requests[5].box.min[0] = 1e300;
    for (const auto& request : requests) {
        Query query{file, request};
        EXPECT_EQ(query.step(), wire::Step::done);
        EXPECT_TRUE(query.wanted().empty());
        EXPECT_EQ(query.statistics().chunk_bytes, 0u);
    }
}

TEST(Query, CountsAllPointsFromTheHierarchyAlone) {
    const auto made = make_copc(scattered_points({6, 30}, 500, 1));
    Request request;
    request.count_only = true;
    const auto answer = ask(open_file(made.bytes), made.bytes, request);
    EXPECT_EQ(answer.statistics.points, 500u);
    EXPECT_EQ(answer.statistics.chunk_bytes, 0u);
}

TEST(Query, OfAnEmptyFileFindsNothing) {
    const auto made = make_copc(scattered_points({6, 30}, 0, 1));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    const auto answer = ask(file, made.bytes, {});
    EXPECT_FALSE(answer.error);
    EXPECT_EQ(answer.matched(), 0u);
}

// ---- cost ---------------------------------------------------------------------------------------------------------

TEST(Query, NeverAsksForAChunkThatTheIndexExcludes) {
    const auto made = make_copc(scattered_points({6, 30}, 4000, 7));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    Request request;
    request.time = temporal::TimeWindow{1010, 1010.25};
    Trips trips;
    const auto answer = ask(file, made.bytes, request, &trips);
    EXPECT_TRUE(answer.statistics.index_used);
    std::uint64_t candidates = 0;
    for (const auto& node : made.nodes) {
        const auto samples = temporal::make_samples(node.points.gps_time, 16, 0);
        const bool candidate = !temporal::candidate_rows(samples, 16, node.points.size(), 1010, 1010.25).empty();
        candidates += candidate ? 1 : 0;
        const auto* chunk = answer.find(node.key);
        EXPECT_TRUE(candidate || chunk == nullptr);
    }
    EXPECT_EQ(answer.statistics.candidate_nodes, candidates);
    EXPECT_LT(candidates, made.nodes.size());
    EXPECT_LT(answer.statistics.points_decoded, 4000u);
}

TEST(Query, DecodesLittleBehindTheWindow) {
    Recipe recipe;
    recipe.depth = 1;
    recipe.stride = 2000;
    const auto made = make_copc(scattered_points({6, 30}, 20000, 7), recipe);
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    constexpr std::uint64_t kBlock = 257;
    for (const double to : {1001.0, 1010.0, 1025.0}) {
        Request request;
        request.time = temporal::TimeWindow{1000, to};
        const auto answer = ask(file, made.bytes, request);
        EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
        std::uint64_t needed = 0, nodes = 0;
        for (const auto& node : made.nodes) {
            const auto& times = node.points.gps_time;
            const auto behind = std::upper_bound(times.begin(), times.end(), to) - times.begin();
            needed += static_cast<std::uint64_t>(behind);
            nodes += behind != 0 ? 1 : 0;
        }
        EXPECT_LE(answer.statistics.points_decoded, needed + nodes * kBlock);
    }
}

TEST(Query, WantsPagesOfBothKindsInTheSameRound) {
    Recipe recipe;
    recipe.depth = 4;
    const auto made = make_copc(scattered_points({6, 30}, 6000, 7), recipe);
    const auto file = without_pieces(open_file(made.bytes));
    ASSERT_TRUE(file);
    Request request;
    request.box.max = {1020, 2020, 30};  // one child subtree
    request.time = temporal::TimeWindow{1000, 1050};
    Trips trips;
    const auto answer = ask(file, made.bytes, request, &trips);
    ASSERT_EQ(trips.rounds.size(), 3u) << "two levels of pages below the roots, then the chunks";
    for (std::size_t round = 0; round < 2; ++round) {
        const auto has = [&](const std::vector<ByteRange>& pages) {
            return std::any_of(pages.begin(), pages.end(), [&](ByteRange page) {
                return std::any_of(trips.rounds[round].begin(), trips.rounds[round].end(), [&](ByteRange range) {
                    return range.offset <= page.offset && page.end() <= range.end();
                });
            });
        };
        EXPECT_TRUE(has(made.index_pages));
        EXPECT_TRUE(has(made.hierarchy_pages));
    }
    const auto& statistics = answer.statistics;
    EXPECT_EQ(trips.bytes(), statistics.index_bytes + statistics.chunk_bytes + statistics.bridged_bytes);
    EXPECT_EQ(trips.requests(), statistics.requests);
}

TEST(Query, DoesNotAskForHierarchyPagesOfSubtreesThatTheIndexExcludes) {
    const auto made = make_copc(scattered_points({6, 30}, 4000, 7));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    Request request;
    request.time = temporal::TimeWindow{5000, 6000};  // after all of them
    Query query{file, request};
    EXPECT_EQ(query.step(), wire::Step::done);
}

TEST(Query, StopsAtTheLevelAskedFor) {
    const auto made = make_copc(scattered_points({6, 30}, 4000, 7));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    Request request;
    request.max_level = 1;
    Trips trips;
    const auto answer = ask(file, made.bytes, request, &trips);
    EXPECT_EQ(answer.statistics.index_bytes, 0u) << "levels 0 and 1 are in the root page";
    for (const auto& chunk : answer.chunks) EXPECT_LE(chunk.key.level, 1);
}

TEST(Query, KeepsWithinItsReadAhead) {
    const auto made = make_copc(scattered_points({6, 30}, 4000, 7));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    std::uint64_t largest = 0;
    for (const auto& node : made.nodes) largest = std::max(largest, node.range.size);
    for (const std::uint64_t window : {std::uint64_t{0}, largest * 2, largest * 10}) {
        Query query{file, {}};
        query.set_read_ahead(window);
        Records found;
        const auto answer = answer_of(query, [&](Query& reader) {
            for (;;) {
                const auto step = reader.step();
                std::uint64_t wanted = 0;
                const auto ranges = reader.wanted();
                const bool pages = step == wire::Step::need_bytes && reader.statistics().chunk_bytes == 0;
                for (const auto range : ranges) wanted += range.size;
                if (!pages) {
                    EXPECT_TRUE(wanted <= window || ranges.size() == 1);
                }
                if (step != wire::Step::need_bytes) return step;
                for (const auto range : ranges) reader.supply(range, part_of(made.bytes, range));
            }
        });
        EXPECT_EQ(records_of(answer.chunks), brute_force(made, {}));
    }
}

// ---- max_points ---------------------------------------------------------------------------------------------------

TEST(QueryMaxPoints, TakesWholeLevelsThenTheNextInFileOrder) {
    const auto made = make_copc(scattered_points({6, 30}, 4000, 7));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    std::map<int, std::uint64_t> of_level;
    for (const auto& node : made.nodes) of_level[node.key.level] += node.points.size();
    const auto two_levels = of_level[0] + of_level[1];
    for (const auto more : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{100}, of_level[2] - 1}) {
        SCOPED_TRACE(more);
        Request request;
        request.max_points = two_levels + more;
        const auto answer = ask(file, made.bytes, request);
        EXPECT_TRUE(answer.statistics.cut);
        EXPECT_EQ(answer.matched(), request.max_points);
        expect_file_order(answer.chunks);
        std::uint64_t coarse = 0;
        bool last_of_level_2_seen = false;
        for (const auto& chunk : answer.chunks) {
            EXPECT_LE(chunk.key.level, 2);
            if (chunk.key.level < 2) coarse += chunk.matched;
            if (chunk.key.level != 2) continue;
            EXPECT_FALSE(last_of_level_2_seen) << "only the last node of the level may be cut";
            last_of_level_2_seen = !chunk.rows.empty();
        }
        EXPECT_EQ(coarse, two_levels);
    }
}

TEST(QueryMaxPoints, CutsTheRootIfItAloneIsTooLarge) {
    const auto made = make_copc(scattered_points({6, 30}, 4000, 7));
    Request request;
    request.max_points = 10;
    for (const bool with_box : {false, true}) {
        if (with_box) request.box.max[0] = 1090;
        const auto answer = ask(open_file(made.bytes), made.bytes, request);
        ASSERT_EQ(answer.chunks.size(), 1u);
        EXPECT_EQ(answer.chunks[0].key, copc::VoxelKey{});
        EXPECT_EQ(answer.matched(), 10u);
        EXPECT_TRUE(answer.statistics.cut);
    }
}

TEST(QueryMaxPoints, OfNoneIsCutIfThereIsAnything) {
    const auto made = make_copc(scattered_points({6, 30}, 4000, 7));
    const auto file = open_file(made.bytes);
    Request request;
    request.max_points = 0;
    for (const bool count_only : {false, true}) {
        request.count_only = count_only;
        const auto answer = ask(file, made.bytes, request);
        EXPECT_EQ(answer.matched(), 0u);
        EXPECT_TRUE(answer.statistics.cut);
        EXPECT_EQ(answer.statistics.chunk_bytes, 0u);
    }
    request.box.min[0] = 3e6;  // beside all points
    EXPECT_FALSE(ask(file, made.bytes, request).statistics.cut);
}

TEST(QueryMaxPoints, CutsNothingIfAllFits) {
    const auto made = make_copc(scattered_points({6, 30}, 4000, 7));
    Request request;
    request.max_points = 4000;
    const auto answer = ask(open_file(made.bytes), made.bytes, request);
    EXPECT_FALSE(answer.statistics.cut);
    EXPECT_EQ(answer.matched(), 4000u);
}

TEST(QueryMaxPoints, IsNeverPassedAndSaysWhenItCut) {
    const auto made = make_copc(scattered_points({6, 30}, 4000, 7));
    const auto file = open_file(made.bytes);
    RandomRequests requests{made, 5};
    std::mt19937 random{1};
    for (int i = 0; i < 100; ++i) {
        auto request = requests.next();
        const auto all = brute_force(made, request);
        request.max_points = 1 + random() % 1500;
        const auto answer = ask(file, made.bytes, request);
        EXPECT_LE(answer.matched(), request.max_points);
        EXPECT_TRUE(answer.statistics.cut || answer.matched() == count_of(all));
        EXPECT_TRUE(is_part_of(records_of(answer.chunks), all));
    }
}

}  // namespace
}  // namespace copse::read
