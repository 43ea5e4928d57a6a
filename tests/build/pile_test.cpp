// Pieces and piles: nothing gets lost or comes twice, whoever adds, however little memory there is.
#include "build/pile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <numeric>
#include <random>

#include "build/clouds.hpp"
#include "build/converting.hpp"
#include "build/piece.hpp"
#include "support/memory_scratch.hpp"
#include "support/random_points.hpp"

namespace copse::build {
namespace {

using testing::ThreadExecutor;

std::vector<std::uint32_t> all_rows(std::size_t count) {
    std::vector<std::uint32_t> rows(count);
    std::iota(rows.begin(), rows.end(), 0u);
    return rows;
}

std::vector<Bytes> records_of(const las::Points& points) {
    std::vector<Bytes> records(points.size());
    for (std::size_t row = 0; row < points.size(); ++row) las::pack_records(points, row, row + 1, records[row]);
    std::sort(records.begin(), records.end());
    return records;
}

// ---- pieces ---------------------------------------------------------------------------------------------------------

/// Columns of any widths, filled with any bytes.
struct Columns {
    Columns(std::vector<unsigned> of_widths, std::size_t rows, std::uint64_t seed) : widths{std::move(of_widths)} {
        std::mt19937_64 random{seed};
        for (const auto width : widths) {
            data.emplace_back(rows * width);
            for (auto& byte : data.back()) byte = static_cast<std::byte>(random());
        }
    }
    [[nodiscard]] std::vector<ColumnBytes> view() {
        std::vector<ColumnBytes> columns;
        for (std::size_t c = 0; c < widths.size(); ++c) columns.push_back({data[c].data(), widths[c]});
        return columns;
    }
    std::vector<unsigned> widths;
    std::vector<Bytes> data;
};

TEST(Piece, ComesBackFromItsPackedFormWhateverTheColumnsHold) {
    std::mt19937 random{1};
    for (int round = 0; round < 200; ++round) {
        std::vector<unsigned> widths(1 + random() % 9);
        for (auto& width : widths) width = 1u << random() % 4;
        const std::uint32_t rows =
            round < 5 ? static_cast<std::uint32_t>(round) : static_cast<std::uint32_t>(1 + random() % 700);
        const auto capacity = static_cast<std::uint32_t>(rows + random() % 50);
        Columns from{widths, rows + 10, static_cast<std::uint64_t>(round)};
        // Extremes: a difference of two of them does not fit into the type.
        for (auto& column : from.data)
            for (std::size_t i = 0; i + 8 <= column.size() && round % 3 == 0; i += 24)
                std::memset(column.data() + i, i % 48 == 0 ? 0xff : 0, 8);

        Piece piece{widths, capacity, {}};
        auto chosen = all_rows(rows);
        if (round % 2 == 0)
            for (auto& row : chosen) row = static_cast<std::uint32_t>(random() % (rows + 10));
        const std::span all{chosen};
        const auto half = rows / 2;
        piece.append(from.view(), all.first(half));
        piece.append(from.view(), all.subspan(half));
        ASSERT_EQ(piece.rows(), rows);
        ASSERT_EQ(piece.room(), capacity - rows);

        Bytes packed(3, std::byte{9});  // of another piece
        piece.pack(widths, packed);
        ASSERT_EQ(packed.size(), row_bytes(widths) * rows);
        constexpr std::size_t kBefore = 4;
        Columns to{widths, rows + kBefore, 99}, copied{widths, rows + kBefore, 99};
        unpack_piece(packed, rows, to.view(), kBefore);
        piece.copy_to(copied.view(), kBefore);
        for (std::size_t c = 0; c < widths.size(); ++c) {
            ASSERT_EQ(to.data[c], copied.data[c]);
            for (std::size_t i = 0; i < rows; ++i)
                ASSERT_EQ(std::memcmp(to.data[c].data() + (kBefore + i) * widths[c],
                                      from.data[c].data() + chosen[i] * widths[c], widths[c]),
                          0)
                    << "column " << c << ", row " << i;
        }
    }
}

TEST(GatherColumns, TellsRunsFromRowsThatOnlyBeginAndEndLikeOne) {
    Columns from{{1, 2, 4, 8}, 100, 1};
    for (const auto& rows : {std::vector<std::uint32_t>{5, 7, 6, 8}, std::vector<std::uint32_t>{5, 5, 8, 8},
                             std::vector<std::uint32_t>{5, 6, 7, 8}, std::vector<std::uint32_t>{8, 7, 6, 5},
                             std::vector<std::uint32_t>{99}, std::vector<std::uint32_t>{}}) {
        Columns to{{1, 2, 4, 8}, rows.size(), 2};
        gather_columns(from.view(), rows, to.view());
        for (std::size_t c = 0; c < 4; ++c)
            for (std::size_t i = 0; i < rows.size(); ++i)
                ASSERT_EQ(std::memcmp(to.data[c].data() + i * to.widths[c],
                                      from.data[c].data() + rows[i] * to.widths[c], to.widths[c]),
                          0);
    }
}

// ---- piles ----------------------------------------------------------------------------------------------------------

/// Points whose source id and user data tell where they belong, in a format with extra bytes.
las::Points points_with_extra_bytes(std::size_t count, std::uint16_t extra_bytes, std::uint32_t seed) {
    return test::random_points(test::layout_of(7, extra_bytes), count, seed);
}

TEST(PileStore, GivesBackWhatManyThreadsAddedHoweverLittleMemoryThereIs) {
    constexpr std::size_t kThreads = 6, kPiles = 5, kCalls = 60, kRows = 300;
    const auto points = points_with_extra_bytes(kRows, 90, 1);
    for (const std::uint64_t memory : {std::uint64_t{20} << 20, std::uint64_t{3} << 20, std::uint64_t{1} << 30}) {
        SCOPED_TRACE(memory);
        MemoryBudget budget{memory};
        test::MemoryScratch scratch;
        {
            PileStore store{points.layout, budget, &scratch};
            std::vector<Pile*> piles;
            for (std::size_t p = 0; p < kPiles; ++p) piles.push_back(&store.make());
            ThreadExecutor executor{kThreads};
            std::atomic<int> failures{0};
            executor.for_each(kThreads, [&](std::size_t t) {
                for (std::size_t call = 0; call < kCalls; ++call) {
                    std::vector<std::uint32_t> rows;
                    for (std::uint32_t row = 0; row < kRows; ++row)
                        if ((row + call + t) % 3 != 0) rows.push_back(row);
                    auto& pile = *piles[(call + t) % kPiles];
                    const bool alone = call % 7 == 0;
                    const auto status = alone ? store.add_alone(pile, points, rows) : store.add(pile, points, rows);
                    if (!status) ++failures;
                }
            });
            ASSERT_EQ(failures, 0);
            EXPECT_EQ(scratch.peak_bytes() != 0, memory < std::uint64_t{8} << 20);

            std::vector<las::Points> taken(kPiles, las::Points{points.layout, las::ColumnSet::all()});
            std::vector<std::uint64_t> promised(kPiles);
            executor.for_each(kPiles, [&](std::size_t p) {
                promised[p] = piles[p]->rows();
                if (!store.take(*piles[p], taken[p])) ++failures;
            });
            ASSERT_EQ(failures, 0);
            for (std::size_t p = 0; p < kPiles; ++p) {
                std::vector<std::uint32_t> rows;
                for (std::size_t t = 0; t < kThreads; ++t)
                    for (std::size_t call = 0; call < kCalls; ++call)
                        for (std::uint32_t row = 0; row < kRows && (call + t) % kPiles == p; ++row)
                            if ((row + call + t) % 3 != 0) rows.push_back(row);
                EXPECT_EQ(promised[p], rows.size());
                EXPECT_EQ(piles[p]->rows(), 0u);
                ASSERT_EQ(records_of(taken[p]), records_of(points.gather(rows)));
            }
            EXPECT_EQ(budget.available(), memory);
            EXPECT_EQ(scratch.held_bytes(), 0u);
        }
    }
}

TEST(PileStore, LosesNothingWhereOnePileIsTakenWhileOthersNeedItsMemory) {
    const auto points = points_with_extra_bytes(400, 90, 1);
    for (int round = 0; round < 20; ++round) {
        MemoryBudget budget{8u << 20};
        test::MemoryScratch scratch;
        PileStore store{points.layout, budget, &scratch};
        std::vector<Pile*> piles;
        for (int p = 0; p < 6; ++p) {
            piles.push_back(&store.make());
            for (int i = 0; i < 25; ++i) ASSERT_TRUE(store.add(*piles.back(), points, all_rows(400)));
        }
        ThreadExecutor executor{6};
        std::atomic<int> failures{0};
        std::atomic<std::uint64_t> rows{0};
        executor.for_each(piles.size(), [&](std::size_t p) {
            las::Points taken{points.layout, las::ColumnSet::all()};
            Tokens tokens;
            if (p % 2 == 0 && !store.reserve(1u << 20, tokens)) ++failures;
            if (!store.take(*piles[p], taken)) ++failures;
            rows += taken.size();
        });
        ASSERT_EQ(failures, 0);
        ASSERT_EQ(rows, 6u * 25u * 400u);
        ASSERT_EQ(scratch.held_bytes(), 0u);
    }
}

TEST(PileStore, FailsWithoutScratchWhereMemoryEndsAndKeepsToTheLimit) {
    const auto points = points_with_extra_bytes(1000, 90, 1);
    MemoryBudget budget{1u << 20};
    PileStore store{points.layout, budget, nullptr};
    auto& pile = store.make();
    PileStatus status;
    std::size_t added = 0;
    for (; status && added < 100'000; added += 1000) status = store.add(pile, points, all_rows(1000));
    ASSERT_FALSE(status);
    EXPECT_EQ(*status.failure, PileFailure::memory);
    EXPECT_LT(added, 12'000u);
    while (store.add_alone(pile, points, all_rows(10))) {
    }
    EXPECT_LT(budget.available(), 10 * store.bytes_per_row());
}

TEST(PileStore, LooksInTheOrderInWhichItGives) {
    const auto points = points_with_extra_bytes(700, 40, 5);
    for (const std::uint64_t memory : {std::uint64_t{300} << 10, std::uint64_t{1} << 30}) {
        MemoryBudget budget{memory};
        test::MemoryScratch scratch;
        PileStore store{points.layout, budget, &scratch};
        auto &pile = store.make(), &other = store.make();
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(store.add(pile, points, all_rows(700)));
            ASSERT_TRUE(store.add_alone(pile, points, all_rows(30)));
        }
        PileStore::pin(pile);
        for (int i = 0; i < 20; ++i) (void)store.add(other, points, all_rows(700));  // has no room if all is pinned
        las::Points seen{points.layout, las::ColumnSet::all()}, taken = seen;
        ASSERT_TRUE(store.look(pile, [&](const las::Points& some) {
            seen.append(some, 0, some.size());
            return PileStatus{};
        }));
        for (int i = 0; i < 5; ++i) (void)store.add_alone(other, points, all_rows(700));
        ASSERT_TRUE(store.take(pile, taken));
        EXPECT_EQ(seen.size(), 20u * 730u);
        EXPECT_EQ(test::records_of(seen), test::records_of(taken));
    }
}

TEST(PileStore, DrainsIntoOtherPilesWithHardlyAnyMemory) {
    const auto points = points_with_extra_bytes(500, 100, 6);
    MemoryBudget budget{3 * (130u << 10)};  // two pieces
    test::MemoryScratch scratch;
    PileStore store{points.layout, budget, &scratch};
    auto& pile = store.make();
    std::vector<Pile*> parts;
    for (int p = 0; p < 8; ++p) parts.push_back(&store.make());
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(store.add(pile, points, all_rows(500)));
    PileStore::pin(pile);
    ASSERT_TRUE(store.drain(pile, [&](const las::Points& some) {
        for (std::uint32_t row = 0; row < some.size(); ++row)
            if (const auto status = store.add(*parts[some.intensity[row] % 8], some, std::span{&row, 1}); !status)
                return status;
        return PileStatus{};
    }));
    EXPECT_EQ(pile.rows(), 0u);
    std::uint64_t rows = 0;
    for (std::size_t p = 0; p < parts.size(); ++p) {
        las::Points taken{points.layout, las::ColumnSet::all()};
        ASSERT_TRUE(store.take(*parts[p], taken));
        for (const auto intensity : taken.intensity) ASSERT_EQ(intensity % 8, p);
        rows += taken.size();
    }
    EXPECT_EQ(rows, 40u * 500u);
    EXPECT_EQ(scratch.held_bytes(), 0u);
    EXPECT_EQ(budget.available(), budget.limit());
}

/// Scratch that cannot be read any more.
class LostScratch final : public wire::Scratch {
public:
    Result<ByteRange> store(ByteView bytes) override { return under_.store(bytes); }
    Status load(ByteRange range, std::span<std::byte>) override {
        return Error{Code::io_failed, range.offset, "the disk is gone", 5};
    }
    void release(ByteRange range) override { under_.release(range); }
    [[nodiscard]] std::uint64_t peak_bytes() const override { return under_.peak_bytes(); }
    [[nodiscard]] std::uint64_t held_bytes() const { return under_.held_bytes(); }

private:
    test::MemoryScratch under_;
};

TEST(PileStore, ReleasesItsScratchWhateverHappened) {
    const auto points = points_with_extra_bytes(1000, 90, 1);
    MemoryBudget budget{1u << 20};
    LostScratch scratch;
    for (const bool drain : {false, true}) {
        PileStore store{points.layout, budget, &scratch};
        auto &pile = store.make(), &kept = store.make();
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(store.add(pile, points, all_rows(1000)));
            ASSERT_TRUE(store.add(kept, points, all_rows(1000)));
        }
        ASSERT_GT(scratch.held_bytes(), 0u);
        las::Points taken{points.layout, las::ColumnSet::all()};
        const auto nothing = [](const las::Points&) { return PileStatus{}; };
        const auto status = drain ? store.drain(pile, nothing) : store.take(pile, taken);
        ASSERT_FALSE(status);
        EXPECT_EQ(*status.failure, PileFailure::scratch);
        EXPECT_EQ(status.error.os_error, 5);
    }
    EXPECT_EQ(scratch.held_bytes(), 0u);
    EXPECT_EQ(budget.available(), budget.limit());
}

}  // namespace
}  // namespace copse::build
