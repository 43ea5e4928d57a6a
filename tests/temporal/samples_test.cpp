#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "copse/temporal.hpp"

namespace copse {
namespace {

using temporal::RowRange;
using temporal::TimeWindow;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kMost = std::numeric_limits<double>::max();

RowRange rows_of(const std::vector<double>& times, std::uint32_t stride, double from, double to) {
    const auto samples = temporal::make_samples(times, stride, 0);
    return temporal::candidate_rows(samples, stride, times.size(), from, to);
}

// Row r has time r: 0, 1, 2, ...
std::vector<double> counting(std::size_t rows) {
    std::vector<double> times(rows);
    for (std::size_t i = 0; i < rows; ++i) times[i] = static_cast<double>(i);
    return times;
}

TEST(Samples, AreCountedAsTheDraftSays) {
    for (std::uint64_t rows = 0; rows < 300; ++rows) {
        for (const std::uint32_t stride : {1u, 2u, 3u, 7u, 99u, 100u, 298u, 299u, 300u, 0xffffffffu}) {
            std::vector<std::uint64_t> sampled;
            for (std::uint64_t row = 0; row < rows; ++row)
                if (row % stride == 0 || row == rows - 1) sampled.push_back(row);
            ASSERT_EQ(temporal::sample_count(rows, stride), sampled.size());
            for (std::size_t i = 0; i < sampled.size(); ++i)
                ASSERT_EQ(temporal::sample_row(i, stride, rows), sampled[i]) << rows << " rows, stride " << stride;
        }
    }
}

TEST(Samples, AreCountedWithoutWrapping) {
    constexpr auto kMany = ~std::uint64_t{0};
    EXPECT_EQ(temporal::sample_count(kMany, 1), kMany);
    const auto count = temporal::sample_count(kMany, 0xffffffff);
    EXPECT_EQ(temporal::sample_row(count - 1, 0xffffffff, kMany), kMany - 1);
    EXPECT_EQ(temporal::sample_row(0, 0xffffffff, kMany), 0u);
}

TEST(Samples, OfFiniteTimesAreTheTimes) {
    EXPECT_EQ(temporal::make_samples(counting(8), 3, 99), (std::vector<double>{0, 3, 6, 7}));
    EXPECT_EQ(temporal::make_samples(counting(7), 3, 99), (std::vector<double>{0, 3, 6}));
    EXPECT_EQ(temporal::make_samples(counting(1), 3, 99), (std::vector<double>{0}));
    EXPECT_TRUE(temporal::make_samples({}, 3, 99).empty());
}

TEST(Samples, AreFiniteWhateverTheTimes) {
    EXPECT_EQ(temporal::make_samples(std::vector{-kInf, -kInf, 5.0, 6.0, kInf, kNan, kNan}, 2, 99),
              (std::vector<double>{-kMost, 5, kMost, kMost}));
    EXPECT_EQ(temporal::make_samples(std::vector{kNan, kNan, kNan}, 2, 99), (std::vector<double>{99, 99}));
}

TEST(Samples, AtARowWithoutATimeRepeatTheLastTimeOfTheNode) {
    // Row 3 lies between the samples of rows 2 and 4: had row 4 the time of row 2, a window around 8 would miss it.
    const std::vector times{1.0, 2.0, 3.0, 8.0, kNan, kNan};
    EXPECT_EQ(temporal::make_samples(times, 2, 99), (std::vector<double>{1, 3, 8, 8}));
    EXPECT_EQ(rows_of(times, 2, 7, 9), (RowRange{3, 6}));
}

TEST(Samples, AreUsableIfFiniteAscendingAndOfTheRightNumber) {
    EXPECT_TRUE(temporal::samples_are_usable(std::vector<double>{1, 1, 2}, 5, 2));
    EXPECT_TRUE(temporal::samples_are_usable({}, 0, 2));
    EXPECT_FALSE(temporal::samples_are_usable({}, 1, 2));
    EXPECT_FALSE(temporal::samples_are_usable(std::vector<double>{1, 1, 2}, 6, 2));
    EXPECT_FALSE(temporal::samples_are_usable(std::vector<double>{1, 1, 2}, 5, 0));
    EXPECT_FALSE(temporal::samples_are_usable(std::vector<double>{1, 3, 2}, 5, 2));
    EXPECT_FALSE(temporal::samples_are_usable(std::vector<double>{1, kNan, 2}, 5, 2));
    EXPECT_FALSE(temporal::samples_are_usable(std::vector<double>{kNan, 1, 2}, 5, 2));
    EXPECT_FALSE(temporal::samples_are_usable(std::vector<double>{-kInf, 1, 2}, 5, 2));
    EXPECT_FALSE(temporal::samples_are_usable(std::vector<double>{1, 1, kInf}, 5, 2));
}

TEST(TimeWindow, IsClosedAndHoldsNoNaN) {
    const TimeWindow window{1, 2};
    EXPECT_TRUE(window.contains(1));
    EXPECT_TRUE(window.contains(2));
    EXPECT_FALSE(window.contains(std::nextafter(2.0, 3.0)));
    EXPECT_FALSE(window.contains(kNan));
    EXPECT_FALSE(TimeWindow{}.contains(kNan));
    EXPECT_TRUE(TimeWindow{}.contains(-kInf));
    EXPECT_TRUE((TimeWindow{2, 1}.empty()));
    EXPECT_TRUE((TimeWindow{kNan, 1}.empty()));
    EXPECT_TRUE((TimeWindow{1, kNan}.empty()));
    EXPECT_FALSE((TimeWindow{1, 1}.empty()));
}

TEST(CandidateRows, OfTheDraftsOwnCounterexampleAreFound) {
    // The draft's "Intra-Node Point Estimation" takes the last sample for row j * S: 150 rows, stride 100, time 149
    // gave none.
    EXPECT_EQ(rows_of(counting(150), 100, 149, 149), (RowRange{101, 150}));
    EXPECT_EQ(rows_of(counting(150), 100, 120, 130), (RowRange{101, 149}));
    EXPECT_EQ(rows_of(counting(150), 100, 100, 100), (RowRange{1, 149}));
    EXPECT_EQ(rows_of(counting(150), 100, 0, 0), (RowRange{0, 100}));
}

TEST(CandidateRows, AreNoneOutsideTheNode) {
    EXPECT_TRUE(rows_of(counting(150), 100, -5, std::nextafter(0.0, -1.0)).empty());
    EXPECT_TRUE(rows_of(counting(150), 100, std::nextafter(149.0, 150.0), 1e9).empty());
    EXPECT_TRUE(temporal::candidate_rows({}, 1, 0, -kInf, kInf).empty());
}

TEST(CandidateRows, AreNoneForAnEmptyWindow) {
    EXPECT_TRUE(rows_of(counting(150), 100, 20, 10).empty());
    EXPECT_TRUE(rows_of(counting(150), 100, kNan, 10).empty());
    EXPECT_TRUE(rows_of(counting(150), 100, 10, kNan).empty());
    EXPECT_TRUE(rows_of(counting(150), 100, kNan, kNan).empty());
}

TEST(CandidateRows, AreNoneBetweenTwoNeighbouringRows) {
    EXPECT_TRUE(rows_of(counting(9), 1, 3.25, 3.75).empty());
    EXPECT_TRUE(rows_of({1, 1, 1, 5, 5, 5}, 1, 2, 4).empty());
}

TEST(CandidateRows, AreAllForAnOpenWindow) {
    EXPECT_EQ(rows_of(counting(150), 100, -kInf, kInf), (RowRange{0, 150}));
    EXPECT_EQ(rows_of({-kInf, -kInf, 4, kInf, kNan}, 2, -kInf, kInf), (RowRange{0, 5}));
}

TEST(CandidateRows, FindInfiniteTimes) {
    const std::vector times{-kInf, -kInf, 4.0, 5.0, kInf, kInf, kNan};
    for (const std::uint32_t stride : {1u, 2u, 3u, 5u, 100u}) {
        SCOPED_TRACE(stride);
        const auto low = rows_of(times, stride, -kInf, -kInf);
        EXPECT_EQ(low.first, 0u);
        EXPECT_GE(low.last, 2u);
        const auto high = rows_of(times, stride, kInf, kInf);
        EXPECT_LE(high.first, 4u);
        EXPECT_GE(high.last, 6u);
        const auto late = rows_of(times, stride, 1e9, kInf);
        EXPECT_LE(late.first, 4u);
        EXPECT_GE(late.last, 6u);
    }
}

// ---- the property
// -------------------------------------------------------------------------------------------------------

enum class Times { plain, with_infinities, with_all };

// Times with ties (pulses with several returns, rounded clocks), in the order of a node of ours.
std::vector<double> random_times(std::mt19937_64& random, Times kind) {
    const auto rows = 1 + random() % (random() % 4 == 0 ? 400 : 30);
    const auto distinct = 1 + random() % (2 * rows);
    std::vector<double> times(rows);
    for (auto& time : times) time = static_cast<double>(random() % distinct) * 0.25 - 3;
    std::sort(times.begin(), times.end());
    if (kind == Times::plain) return times;
    const auto low = random() % (rows + 1);
    const auto high = random() % (rows + 1);
    if (random() % 2 == 0) std::fill_n(times.begin(), low / 2, -kInf);
    if (random() % 2 == 0) std::fill_n(times.rbegin(), high / 2, kInf);
    if (kind == Times::with_all) std::fill_n(times.rbegin(), random() % (rows + 1) / (1 + random() % 5), kNan);
    return times;
}

double random_end(std::mt19937_64& random, const std::vector<double>& times) {
    // Not next to an infinite time: it is sampled as the largest double, from which it cannot be told.
    const double time = times[random() % times.size()];
    switch (random() % 8) {
        case 0:
            return -kInf;
        case 1:
            return kInf;
        case 2:
            return std::isfinite(time) ? std::nextafter(time, -kInf) : time;
        case 3:
            return std::isfinite(time) ? std::nextafter(time, kInf) : time;
        case 4:
            return static_cast<double>(random() % 1000) * 0.13 - 10;
        case 5:
            return random() % 50 == 0 ? kNan : time;
        default:
            return time;
    }
}

void check_window(const std::vector<double>& times, std::uint32_t stride, const TimeWindow& window, Times kind) {
    SCOPED_TRACE(testing::Message() << times.size() << " rows, stride " << stride << ", window " << window.from
                                    << " to " << window.to);
    const auto samples = temporal::make_samples(times, stride, 0);
    ASSERT_TRUE(temporal::samples_are_usable(samples, times.size(), stride));
    const auto rows = temporal::candidate_rows(samples, stride, times.size(), window.from, window.to);
    ASSERT_LE(rows.last, times.size());
    std::uint64_t first = times.size(), last = 0;  // of the rows that match
    for (std::uint64_t row = 0; row < times.size(); ++row) {
        if (!window.contains(times[row])) continue;
        ASSERT_TRUE(rows.first <= row && row < rows.last) << "row " << row << " matches and is left out";
        first = std::min(first, row);
        last = row + 1;
    }
    if (window.empty()) {
        EXPECT_TRUE(rows.empty());
    }
    // Rows without a time stand behind all others and cannot be told from the last time.
    if (kind == Times::with_all || rows.empty()) return;
    if (first < last) {
        EXPECT_LE(first - rows.first, stride - 1);
        EXPECT_LE(rows.last - last, stride - 1);
    } else {
        EXPECT_LE(rows.last - rows.first, stride - 1);
    }
}

TEST(CandidateRows, NeverLeaveOutAMatchingRowAndHoldFewOthers) {
    std::mt19937_64 random{8};
    for (int round = 0; round < 20'000; ++round) {
        const auto kind = static_cast<Times>(random() % 3);
        const auto times = random_times(random, kind);
        const auto stride = static_cast<std::uint32_t>(1 + random() % (random() % 3 == 0 ? 500 : 12));
        for (int i = 0; i < 12; ++i) {
            check_window(times, stride, {random_end(random, times), random_end(random, times)}, kind);
            if (HasFailure()) return;
        }
    }
}

TEST(CandidateRows, HoldForEveryWindowOfSmallNodes) {
    // All nodes of up to 6 rows with times 0 to 3, all strides to 7, all windows with ends on, between and beside
    // times.
    for (std::size_t rows = 1; rows <= 6; ++rows) {
        std::vector<double> times(rows, 0);
        for (bool more = true; more;) {
            for (std::uint32_t stride = 1; stride <= 7; ++stride)
                for (double from = -0.5; from <= 3.5; from += 0.5)
                    for (double to = -0.5; to <= 3.5; to += 0.5) check_window(times, stride, {from, to}, Times::plain);
            // The next non-decreasing row of digits.
            auto digit = rows;
            while (digit > 0 && times[digit - 1] == 3) --digit;
            more = digit > 0;
            if (more)
                std::fill(times.begin() + static_cast<std::ptrdiff_t>(digit) - 1, times.end(), times[digit - 1] + 1);
        }
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace copse
