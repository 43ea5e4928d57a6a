// Which ranges become one request.
#include "read/joining.hpp"

#include <gtest/gtest.h>

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
