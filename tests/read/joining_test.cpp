// Which ranges become one request.
#include "read/joining.hpp"

#include <gtest/gtest.h>

#include "read/query_plan.hpp"

#include <algorithm>
#include <random>

namespace copse::read {
namespace {

std::vector<ByteRange> ranges_of(const std::vector<Joined>& requests) {
    std::vector<ByteRange> ranges;
    for (const auto& request : requests) ranges.push_back(request.range);
    return ranges;
}

TEST(JoinRanges, JoinsWhatTouchesOrOverlaps) {
    const std::vector<ByteRange> ranges{{0, 10}, {10, 5}, {12, 8}, {21, 1}};
    const auto requests = join_ranges(ranges, {0, 0, 1000});
    EXPECT_EQ(ranges_of(requests), (std::vector<ByteRange>{{0, 20}, {21, 1}}));
    EXPECT_EQ(requests[0].first, 0u);
    EXPECT_EQ(requests[0].last, 3u);
    EXPECT_EQ(requests[0].bridged, 0u);
}

TEST(JoinRanges, BridgesTheSmallestGapsFirst) {
    // Gaps of 5, 3, 4.
    const std::vector<ByteRange> ranges{{0, 10}, {15, 10}, {28, 10}, {42, 10}};
    EXPECT_EQ(ranges_of(join_ranges(ranges, {100, 7, 1000})), (std::vector<ByteRange>{{0, 10}, {15, 37}}));
    EXPECT_EQ(ranges_of(join_ranges(ranges, {100, 6, 1000})), (std::vector<ByteRange>{{0, 10}, {15, 23}, {42, 10}}));
    EXPECT_EQ(ranges_of(join_ranges(ranges, {4, 100, 1000})), (std::vector<ByteRange>{{0, 10}, {15, 37}}));
    EXPECT_EQ(ranges_of(join_ranges(ranges, {100, 100, 1000})), (std::vector<ByteRange>{{0, 52}}));
}

TEST(JoinRanges, CutsRequestsBetweenRanges) {
    const std::vector<ByteRange> ranges{{0, 10}, {10, 10}, {20, 10}, {30, 50}, {80, 1}};
    EXPECT_EQ(ranges_of(join_ranges(ranges, {100, 100, 20})),
              (std::vector<ByteRange>{{0, 20}, {20, 10}, {30, 50}, {80, 1}}));
}

TEST(Bridges, CostWhatLiesBetweenRanges) {
    const std::vector<ByteRange> ranges{{0, 10}, {15, 10}, {20, 3}, {28, 10}, {42, 10}, {152, 1}};
    const auto bridges = bridges_of(ranges, 50);
    EXPECT_EQ(bridges.wanted, 41u) << "what lies in two ranges counts once";
    EXPECT_EQ(bridges.gaps, (std::vector<std::uint64_t>{3, 4, 5})) << "100 is too far";
    EXPECT_EQ(bridges.bytes_with, (std::vector<std::uint64_t>{3, 7, 12}));
    EXPECT_TRUE(bridges_of({}, 50).gaps.empty());
}

/// Tasks for chunks of 100,000 bytes with such gaps between them.
std::vector<NodeTask> tasks_with(const std::vector<std::uint64_t>& gaps) {
    std::vector<NodeTask> tasks(gaps.size() + 1);
    FileOffset at = 1000;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        tasks[i].entry.offset = at;
        tasks[i].entry.byte_size = 100'000;
        tasks[i].entry.point_count = 1;
        if (i < gaps.size()) at += 100'000 + gaps[i];
    }
    return tasks;
}

struct Planned {
    std::size_t requests;
    std::uint64_t bridged;
    friend bool operator==(const Planned&, const Planned&) = default;
};
Planned planned(const std::vector<std::uint64_t>& gaps, std::uint64_t max_gap = 256u << 10) {
    Planned sum{0, 0};
    for (const auto& request : plan_requests(tasks_with(gaps), max_gap, 32u << 20)) {
        ++sum.requests;
        sum.bridged += request.bridged;
    }
    return sum;
}

TEST(PlanRequests, BridgesOnlyWhatSavesARoundOfSixteenOrCostsNearlyNothing) {
    std::vector<std::uint64_t> gaps(19, 200'000);
    EXPECT_EQ(planned(gaps), (Planned{20, 0})) << "too dear";
    gaps[3] = gaps[7] = gaps[11] = 8000;
    EXPECT_EQ(planned(gaps), (Planned{20, 0})) << "three gaps leave 17 requests: two rounds as before";
    gaps[15] = 9000;
    EXPECT_EQ(planned(gaps), (Planned{16, 33'000}));
    gaps[18] = 8500;
    EXPECT_EQ(planned(gaps), (Planned{16, 32'500})) << "no more than it takes, the smallest";
    EXPECT_EQ(planned(gaps, 8200), (Planned{20, 0}));
    EXPECT_EQ(planned(gaps, 0), (Planned{20, 0}));
    gaps[0] = gaps[1] = 1000;
    EXPECT_EQ(planned(gaps), (Planned{16, 18'000}));
}

TEST(PlanRequests, BridgeNearlyNothingInAnyCase) {
    EXPECT_EQ(planned({500, 200'000, 78}), (Planned{2, 578}));
    EXPECT_EQ(planned({1025, 200'000, 1024}), (Planned{3, 1024}));
    EXPECT_EQ(planned({500}, 0), (Planned{2, 0}));
}

TEST(PlanRequests, StayWithinTwoPercent) {
    std::vector<std::uint64_t> gaps(16, 150'000);
    gaps[5] = 33'000;  // 1.7 million bytes are wanted
    EXPECT_EQ(planned(gaps), (Planned{16, 33'000}));
    gaps[5] = 35'000;
    EXPECT_EQ(planned(gaps), (Planned{17, 0}));
}

TEST(PlanRequests, SaveSeveralRoundsWhereTheyAreCheap) {
    std::vector<std::uint64_t> gaps(39, 200'000);
    for (std::size_t i = 0; i < 24; ++i) gaps[i] = 2000;
    EXPECT_EQ(planned(gaps), (Planned{16, 48'000}));
    for (std::size_t i = 0; i < 16; ++i) gaps[i] = 12'000;
    EXPECT_EQ(planned(gaps), (Planned{32, 16'000})) << "the second round is too dear";
}

TEST(JoinRanges, OfNothingIsNothing) { EXPECT_TRUE(join_ranges({}, {}).empty()); }

TEST(JoinRanges, CoversEachRangeOnceWithinItsLimits) {
    std::mt19937 random{3};
    for (int i = 0; i < 2000; ++i) {
        std::vector<ByteRange> ranges;
        const auto count = 1 + random() % 30;
        for (unsigned k = 0; k < count; ++k) ranges.push_back({random() % 2000, 1 + random() % 60});
        std::sort(ranges.begin(), ranges.end());
        const JoinLimits limits{random() % 100, random() % 500, 1 + random() % 400};
        const auto requests = join_ranges(ranges, limits);

        std::vector<int> wanted(2100);
        for (const auto range : ranges)
            for (auto at = range.offset; at < range.end(); ++at) wanted[at] = 1;
        std::size_t next = 0;
        FileOffset end = 0;
        std::uint64_t bridged = 0;
        for (const auto& request : requests) {
            ASSERT_EQ(request.first, next);
            ASSERT_LT(request.first, request.last);
            next = request.last;
            ASSERT_GE(request.range.offset, end) << "a byte is fetched twice";
            end = request.range.end();
            for (auto k = request.first; k < request.last; ++k) {
                ASSERT_GE(ranges[k].offset, request.range.offset);
                ASSERT_LE(ranges[k].end(), request.range.end());
            }
            const auto unwanted = std::count(wanted.begin() + static_cast<std::ptrdiff_t>(request.range.offset),
                                             wanted.begin() + static_cast<std::ptrdiff_t>(end), 0);
            ASSERT_EQ(static_cast<std::uint64_t>(unwanted), request.bridged);
            bridged += request.bridged;
        }
        ASSERT_EQ(next, ranges.size());
        ASSERT_LE(bridged, limits.max_bridged);
    }
}

}  // namespace
}  // namespace copse::read
