// What a query will cost is known before, and what is read together or at opening is not read again.
#include <gtest/gtest.h>

#include "read/reading.hpp"

namespace copse::read {
namespace {

using namespace test;

TEST(Plan, IsWhatTheQueryThenTakes) {
    const auto made = make_copc(scattered_points({6, 30}, 6000, 7));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    RandomRequests requests{made, 11};
    for (int i = 0; i < 200; ++i) {
        SCOPED_TRACE(i);
        auto request = requests.next();
        request.plan_only = true;
        Trips planning;
        Query planner{file, request};
        ASSERT_EQ(feed(planner, made.bytes, &planning), wire::Step::done);
        EXPECT_EQ(planner.statistics().chunk_bytes, 0u);
        EXPECT_EQ(planning.bytes(), planner.statistics().index_bytes);
        ASSERT_TRUE(planner.plan());
        const auto plan = *planner.plan();

        request.plan_only = false;
        const auto answer = ask(file, made.bytes, request);
        EXPECT_EQ(plan.nodes, answer.statistics.candidate_nodes);
        EXPECT_EQ(plan.chunk_bytes, answer.statistics.chunk_bytes);
        EXPECT_EQ(plan.bridged_bytes, answer.statistics.bridged_bytes);
        EXPECT_EQ(plan.requests + planning.requests(), answer.statistics.requests);
        EXPECT_LE(answer.matched(), plan.most_points);
        EXPECT_LE(plan.most_points, plan.points);
        EXPECT_LE(plan.bridged_bytes * 50, plan.chunk_bytes);
        Plan::Level sum;
        for (const auto& level : plan.levels) {
            sum.nodes += level.nodes;
            sum.points += level.points;
            sum.bytes += level.bytes;
        }
        EXPECT_EQ(sum.nodes, plan.nodes);
        EXPECT_EQ(sum.points, plan.points);
        EXPECT_EQ(sum.bytes, plan.chunk_bytes);
    }
}

TEST(Plan, OfNothingIsEmpty) {
    const auto made = make_copc(scattered_points({6, 30}, 500, 1));
    Request request;
    request.plan_only = true;
    request.max_points = 0;
    Query query{open_file(made.bytes), request};
    EXPECT_EQ(query.step(), wire::Step::done);
    ASSERT_TRUE(query.plan());
    EXPECT_EQ(query.plan()->nodes, 0u);
}

TEST(Plan, FetchesAllChunksOfAFileWithFewRequests) {
    const auto made = make_copc(scattered_points({6, 30}, 6000, 7));
    const auto answer = ask(open_file(made.bytes), made.bytes, {});
    EXPECT_GT(answer.statistics.candidate_nodes, 20u);
    EXPECT_LE(answer.statistics.requests, 2u) << "the chunks touch, and so do the pages that did not come with opening";
    EXPECT_EQ(answer.statistics.bridged_bytes, 0u);
}

TEST(Plan, NeverFetchesAChunkThatIsExcludedUnlessItIsBridged) {
    const auto made = make_copc(scattered_points({6, 30}, 6000, 7));
    const auto file = open_file(made.bytes);
    Request request;
    request.time = temporal::TimeWindow{1010, 1010.25};
    request.max_gap = 0;
    Trips trips;
    const auto answer = ask(file, made.bytes, request, &trips);
    EXPECT_EQ(answer.statistics.bridged_bytes, 0u);
    std::uint64_t excluded = 0;
    for (const auto& node : made.nodes) {
        const auto samples = temporal::make_samples(node.points.gps_time, 16, 0);
        if (!temporal::candidate_rows(samples, 16, node.points.size(), 1010, 1010.25).empty()) continue;
        ++excluded;
        for (const auto& round : trips.rounds)
            for (const auto range : round)
                EXPECT_TRUE(range.end() <= node.range.offset || node.range.end() <= range.offset);
    }
    EXPECT_GT(excluded, 0u);
}

TEST(Pages, ThatCameWithOpeningAreNotFetchedAgain) {
    Recipe recipe;
    recipe.depth = 4;
    const auto made = make_copc(scattered_points({6, 30}, 6000, 7), recipe);
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    Request request;
    request.time = temporal::TimeWindow{1000, 1050};
    const auto here = ask(file, made.bytes, request);
    const auto fetched = ask(without_pieces(file), made.bytes, request);
    EXPECT_EQ(records_of(here.chunks), records_of(fetched.chunks));
    EXPECT_LT(here.statistics.index_bytes, fetched.statistics.index_bytes);
}

/// Opens for a purpose and answers; returns the rounds of both.
std::pair<std::size_t, std::size_t> rounds_of(const MadeFile& made, OpenFor purpose, const Request& request) {
    Trips opening_trips, trips;
    Opening opening{made.bytes.size(), {}, purpose};
    EXPECT_EQ(feed(opening, made.bytes, &opening_trips), wire::Step::chunk_ready);
    const auto answer = ask(opening.take_file(), made.bytes, request, &trips);
    EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
    for (const auto& round : opening_trips.rounds)
        for (std::size_t a = 0; a < round.size(); ++a)
            for (std::size_t b = 0; b < a; ++b)
                EXPECT_TRUE(round[a].end() <= round[b].offset || round[b].end() <= round[a].offset)
                    << "bytes are fetched twice";
    return {opening_trips.rounds.size(), trips.rounds.size()};
}

TEST(OpenFor, APurposeLeavesNoRoundForPages) {
    Recipe recipe;
    recipe.depth = 4;
    const auto made = make_copc(scattered_points({6, 30}, 12000, 7), recipe);
    Request with_time;
    with_time.time = temporal::TimeWindow{1000, 1050};
    EXPECT_EQ(rounds_of(made, OpenFor::time, with_time), (std::pair<std::size_t, std::size_t>{2, 1}));
    EXPECT_GT(rounds_of(made, OpenFor::anything, with_time).second, 1u);

    const auto smaller = make_copc(scattered_points({6, 30}, 2500, 7), recipe);
    EXPECT_EQ(rounds_of(smaller, OpenFor::place, {}), (std::pair<std::size_t, std::size_t>{2, 1}));
}

TEST(OpenFor, APlaceTakes128KilobytesAndTwoRoundsWhateverTheOrderOfTheRecords) {
    Recipe recipe;
    recipe.depth = 4;
    for (const bool index_first : {true, false}) {
        recipe.index_first = index_first;
        las::Vlr wkt;
        wkt.user_id = "LASF_Projection";
        wkt.record_id = 2112;
        wkt.payload.resize(500, std::byte{'P'});
        recipe.vlrs = {wkt};
        const auto made = make_copc(scattered_points({6, 30}, 12000, 7), recipe);
        ASSERT_GT(made.bytes.size(), 300'000u);
        Opening opening{made.bytes.size(), {}, OpenFor::place};
        Trips trips;
        ASSERT_EQ(feed(opening, made.bytes, &trips), wire::Step::chunk_ready);
        EXPECT_EQ(trips.rounds.size(), 2u);
        EXPECT_LE(trips.bytes(), 128u << 10);
        const auto file = opening.take_file();
        EXPECT_TRUE(file->warnings.empty());
        Request request;
        request.box.max = {1020, 2020, 30};
        EXPECT_EQ(records_of(ask(file, made.bytes, request).chunks), brute_force(made, request));
        request.time = temporal::TimeWindow{1000, 1050};
        EXPECT_EQ(records_of(ask(file, made.bytes, request).chunks), brute_force(made, request))
            << "also about a time, with the index or without";
    }
}

TEST(Pages, AreFetchedTogetherWhereTheyLieCloseTogether) {
    Recipe recipe;
    recipe.depth = 4;
    const auto made = make_copc(scattered_points({6, 30}, 6000, 7), recipe);
    const auto file = without_pieces(open_file(made.bytes));
    ASSERT_TRUE(file);
    HierarchyLoad load{file, true};
    Trips trips;
    ASSERT_EQ(feed(load, made.bytes, &trips), wire::Step::chunk_ready);
    const auto pages = made.index_pages.size() + made.hierarchy_pages.size();
    EXPECT_LT(trips.requests(), pages / 2);
    const auto nodes = load.take_nodes();
    const auto with_points =
        std::count_if(nodes.begin(), nodes.end(), [](const Node& node) { return node.entry.has_points(); });
    EXPECT_EQ(static_cast<std::size_t>(with_points), made.nodes.size());
}

TEST(ArrivalOrder, AnswersWhatIsThere) {
    const auto made = make_copc(scattered_points({6, 30}, 6000, 7));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    RandomRequests requests{made, 5};
    std::mt19937 random{9};
    bool out_of_order = false;
    for (int i = 0; i < 100; ++i) {
        SCOPED_TRACE(i);
        auto request = requests.next();
        request.order = Order::arrival;
        request.max_gap = 0;
        Query query{file, request};
        query.set_read_ahead(20'000);
        const auto answer = answer_of(query, [&](Query& reader) {
            for (;;) {
                const auto step = reader.step();
                if (step != wire::Step::need_bytes) return step;
                const auto ranges = reader.wanted();
                const auto range = ranges[random() % ranges.size()];
                reader.supply(range, part_of(made.bytes, range));
            }
        });
        EXPECT_FALSE(answer.error);
        EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
        for (std::size_t k = 1; k < answer.chunks.size(); ++k)
            out_of_order = out_of_order || answer.chunks[k].range.offset < answer.chunks[k - 1].range.offset;
    }
    EXPECT_TRUE(out_of_order);
}

}  // namespace
}  // namespace copse::read
