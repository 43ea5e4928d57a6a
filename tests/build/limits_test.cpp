// Conversions that have too little of something: memory, scratch, output space, time.
#include <gtest/gtest.h>

#include <atomic>

#include "build/clouds.hpp"
#include "build/tight.hpp"
#include "support/memory_scratch.hpp"
#include "support/sanitized.hpp"

namespace copse::build {
namespace {

using namespace testing;

constexpr std::size_t kPoints = 40'000;

/// Dense spots, and one point far away: partitions deeper than the grid, which share cells of the nodes above.
las::Points spot_cloud(std::size_t count) {
    Cloud cloud{11};
    cloud.add(1 << 28, 0, 1 << 28);
    for (std::size_t i = 1; i < count; ++i) {
        const std::int32_t spot = i % 3 == 0 ? 0 : (1 << 28) / 32 * 3 + static_cast<std::int32_t>(i % 2) * 20'000;
        cloud.add(spot + cloud.below(1 << 12), spot + cloud.below(1 << 12), cloud.below(1 << 10));
    }
    return std::move(cloud.points);
}

/// Three places with many points each, which no octree can divide.
las::Points pillars_cloud(std::size_t count) {
    Cloud cloud{12};
    for (std::size_t i = 0; i < count; ++i) cloud.add(static_cast<std::int32_t>(i % 3) << 18, 7, 7);
    return std::move(cloud.points);
}

TEST(Limits, DoNotShowInTheBytes) {
    const std::pair<const char*, las::Points> clouds[] = {
        {"sheet", sheet_cloud(kPoints, 1 << 20)},
        {"dense spot in a huge extent", spot_cloud(kPoints)},
        {"lattice", lattice_cloud(kPoints, 4096)},
    };
    for (const auto& [name, places] : clouds) {
        SCOPED_TRACE(name);
        auto files = wide_files(places);
        const auto roomy = run(files, tight(std::uint64_t{4} << 30, nullptr), 2);
        ASSERT_TRUE(roomy.outcome.report) << reason(roomy);
        EXPECT_EQ(faults(roomy.bytes), "");
        const auto least = least_limit(files);
        for (const unsigned threads : {1u, 4u}) {
            std::rotate(files.begin(), files.begin() + 1, files.end());
            for (auto& file : files) file.name += "x";
            test::MemoryScratch scratch;
            const auto small = run(files, tight(least * threads, &scratch), threads);
            ASSERT_TRUE(small.outcome.report) << reason(small);
            EXPECT_EQ(small.bytes, roomy.bytes) << threads << " threads";
            if (threads == 1) {
                EXPECT_GT(scratch.peak_bytes(), 0u);
            }
            EXPECT_EQ(scratch.held_bytes(), 0u);
        }
    }
}

/// A sheet cut into strips, a file each.
std::vector<NamedFile> tile_files(const las::Points& places, std::size_t count, std::size_t liar = ~std::size_t{0}) {
    const auto edge = *std::max_element(places.x.begin(), places.x.end()) / static_cast<std::int32_t>(count) + 1;
    std::vector<NamedFile> files;
    for (std::size_t tile = 0; tile < count; ++tile) {
        std::vector<std::uint32_t> rows;
        for (std::uint32_t row = 0; row < places.size(); ++row)
            if (places.x[row] / edge == static_cast<std::int32_t>(tile)) rows.push_back(row);
        auto input = wide_input(places.gather(rows), 6, static_cast<std::uint32_t>(tile + 1));
        // Its header knows of a tenth of its width only.
        if (tile == liar) input.box_grown_by = {-0.45 * edge * 0.01, 0, 0};
        files.push_back({"tile" + std::to_string(tile), bytes_of(input)});
    }
    return files;
}

TEST(Limits, LetTilesBeFinishedAsTheyAreRead) {
    auto places = sheet_cloud(kPoints, 1 << 20);
    for (auto& x : places.x) x = std::abs(x);
    for (const std::size_t liar : {~std::size_t{0}, std::size_t{5}}) {
        SCOPED_TRACE(liar);
        const auto files = tile_files(places, 12, liar);
        const auto roomy = run(files, tight(std::uint64_t{4} << 30, nullptr), 2);
        ASSERT_TRUE(roomy.outcome.report) << reason(roomy);
        const auto least = least_limit(files);
        test::MemoryScratch scratch;
        std::vector<std::string> stages;
        const auto result =
            run(files, tight(least, &scratch), 1, nullptr, [&](const char* stage, std::uint64_t, std::uint64_t) {
                if (stages.empty() || stages.back() != stage) stages.emplace_back(stage);
                return true;
            });
        ASSERT_TRUE(result.outcome.report) << reason(result);
        EXPECT_GT(std::count(stages.begin(), stages.end(), "build"), 1);
        EXPECT_EQ(result.outcome.report->rescans, liar == 5 ? 1u : 0u);
        EXPECT_EQ(result.outcome.report->points_out, places.size());
        EXPECT_TRUE(result.bytes == roomy.bytes);
        EXPECT_EQ(scratch.held_bytes(), 0u);
    }
}

TEST(Limits, TooSmallForOneThreadAreRefusedAndTheSmallestIsNamed) {
    const auto files = wide_files(sheet_cloud(2000, 1 << 20));
    const auto least = least_limit(files);
    ASSERT_GT(least, 0u);
    EXPECT_EQ(refused(files, tight(least - 2, nullptr)).error.code, Code::limit_exceeded);
    EXPECT_TRUE(run(files, tight(least, nullptr)).outcome.report);
}

TEST(Limits, TooSmallForAllThreadsAreKeptByFewerAndItSaysSo) {
    const auto files = wide_files(sheet_cloud(2000, 1 << 20));
    const auto least = least_limit(files);
    const auto all = run(files, tight(std::uint64_t{4} << 30, nullptr), 8);
    const auto fewer = run(files, tight(2 * least, nullptr), 8);
    ASSERT_TRUE(all.outcome.report && fewer.outcome.report);
    EXPECT_EQ(all.bytes, fewer.bytes);
    const auto says_so = [](const Report& report) {
        return std::any_of(report.warnings.begin(), report.warnings.end(), [](const std::string& warning) {
            return warning.find("2 of 8 threads") != std::string::npos;
        });
    };
    EXPECT_FALSE(says_so(*all.outcome.report));
    EXPECT_TRUE(says_so(*fewer.outcome.report));
}

TEST(Limits, WithoutScratchAreAFailureWherePointsDoNotFit) {
    const auto files = wide_files(sheet_cloud(kPoints, 1 << 20));
    for (const unsigned threads : {1u, 3u}) {
        const auto result = run(files, tight(least_limit(files), nullptr), threads);
        ASSERT_TRUE(result.outcome.failure);
        EXPECT_EQ(result.outcome.failure->kind, FailureKind::io);
        EXPECT_EQ(result.outcome.failure->error.code, Code::limit_exceeded);
        EXPECT_NE(result.outcome.failure->message.find("memory limit"), std::string::npos) << reason(result);
    }
}

/// Scratch of which a certain call fails.
class FailingScratch final : public wire::Scratch {
public:
    FailingScratch(int good_stores, int good_loads) : stores_{good_stores}, loads_{good_loads} {}
    Result<ByteRange> store(ByteView bytes) override {
        if (stores_.fetch_sub(1) <= 0) return Error{Code::io_failed, 0, "the disk is full", 28};
        return under_.store(bytes);
    }
    Status load(ByteRange range, std::span<std::byte> out) override {
        if (loads_.fetch_sub(1) <= 0) return Error{Code::io_failed, range.offset, "the disk is gone", 5};
        return under_.load(range, out);
    }
    void release(ByteRange range) override { under_.release(range); }
    [[nodiscard]] std::uint64_t peak_bytes() const override { return under_.peak_bytes(); }
    [[nodiscard]] std::uint64_t held_bytes() const { return under_.held_bytes(); }

private:
    std::atomic<int> stores_, loads_;
    test::MemoryScratch under_;
};

TEST(Limits, OfAScratchThatFailsAtAnyCallAreNamedAndNothingIsLeftInIt) {
    constexpr int kEnough = 1 << 30;
    const auto files = wide_files(sheet_cloud(kPoints, 1 << 20));
    const auto least = least_limit(files);
    for (const bool storing : {true, false}) {
        int failed = 0;
        for (int good = 0;; good += 1 + test::sized(good / 2, good)) {
            FailingScratch scratch{storing ? good : kEnough, storing ? kEnough : good};
            const auto result = run(files, tight(least, &scratch), 3);
            ASSERT_EQ(scratch.held_bytes(), 0u) << good;
            if (result.outcome.report) break;
            const auto& failure = *result.outcome.failure;
            ASSERT_EQ(failure.kind, FailureKind::io) << failure.message;
            ASSERT_EQ(failure.error.os_error, storing ? 28 : 5) << failure.message;
            ASSERT_NE(failure.message.find("temporary space"), std::string::npos) << failure.message;
            ++failed;
        }
        EXPECT_GT(failed, 5);
    }
}

TEST(Limits, OfTimeAreKeptWheneverTheCallbackSaysStop) {
    const auto files = wide_files(sheet_cloud(kPoints, 1 << 20));
    const auto least = least_limit(files);
    std::vector<std::string> stages;
    for (int good = 0;; good += 1 + good / 3) {
        test::MemoryScratch scratch;
        std::atomic<int> left{good};
        const auto result =
            run(files, tight(least, &scratch), 2, nullptr, [&](const char* stage, std::uint64_t, std::uint64_t) {
                if (left.fetch_sub(1) > 0) return true;
                if (stages.empty() || stages.back() != stage) stages.emplace_back(stage);
                return false;
            });
        ASSERT_EQ(scratch.held_bytes(), 0u) << good;
        if (result.outcome.report) break;
        ASSERT_EQ(result.outcome.failure->kind, FailureKind::stopped) << reason(result);
    }
    EXPECT_EQ(stages, (std::vector<std::string>{"scan", "route", "build"}));
}

/// A disk that is full at a certain call.
class FailingSink final : public wire::Sink {
public:
    explicit FailingSink(int good_calls) : left_{good_calls} {}
    Status append(ByteView bytes) override {
        if (left_-- <= 0) return Error{Code::io_failed, under_.position(), "the disk is full", 28};
        return under_.append(bytes);
    }
    Status patch(FileOffset offset, ByteView bytes) override {
        if (left_-- <= 0) return Error{Code::io_failed, offset, "the disk is full", 28};
        return under_.patch(offset, bytes);
    }
    [[nodiscard]] FileOffset position() const override { return under_.position(); }

private:
    int left_;
    io::MemorySink under_;
};

TEST(Limits, OfTheOutputsSpaceAreReportedFromAnyCallOn) {
    const auto files = wide_files(sheet_cloud(kPoints / 2, 1 << 20));
    io::MemorySource a{ByteView{files[0].bytes}}, b{ByteView{files[1].bytes}};
    const Input inputs[]{{"a", &a}, {"b", &b}};
    const auto least = least_limit(files);
    ThreadExecutor executor{3};
    int failed = 0;
    for (int good = 0;; good += 1 + good / 2) {
        FailingSink sink{good};
        test::MemoryScratch scratch;
        const auto outcome = convert(inputs, tight(least, &scratch), sink, executor);
        ASSERT_EQ(scratch.held_bytes(), 0u) << good;
        if (outcome.report) break;
        ASSERT_EQ(outcome.failure->kind, FailureKind::io) << outcome.failure->message;
        ASSERT_EQ(outcome.failure->error.os_error, 28);
        ASSERT_EQ(outcome.failure->message.find("temporary space"), std::string::npos) << outcome.failure->message;
        ++failed;
    }
    EXPECT_GT(failed, 10);
}

/// A header that tells too little of the last point: it shows when much is in scratch already.
TEST(Limits, OfScratchAreNotSpentOnPointsThatAreReadAgain) {
    auto places = sheet_cloud(kPoints, 1 << 20);
    places.x[kPoints - 1] = 1 << 21;
    constexpr std::size_t kMaxXAt = 179;  // LAS 1.4 R15, "Public Header Block"
    auto files = wide_files(places);
    const auto truthful = run(files, tight(std::uint64_t{4} << 30, nullptr)).bytes;
    for (auto& file : files) {
        const auto header = las::parse_header(file.bytes).value();
        wire::store_le(file.bytes.data() + kMaxXAt, (1 << 20) * header.scale[0] + header.offset[0]);
    }
    const auto least = least_limit(files);
    std::uint64_t peak = 0;
    {
        test::MemoryScratch scratch;
        auto lied = run(files, tight(least, &scratch));
        ASSERT_TRUE(lied.outcome.report) << reason(lied);
        EXPECT_GE(lied.outcome.report->rescans, 1u);
        EXPECT_EQ(scratch.held_bytes(), 0u);
        peak = scratch.peak_bytes();
        EXPECT_EQ(take_apart(lied.bytes).records(), take_apart(truthful).records());
    }
    test::MemoryScratch scratch;
    EXPECT_EQ(run(files, tight(least, &scratch), 3).outcome.report.has_value(), true);
    const auto points_bytes = kPoints * (las::base_record_length(7) + kDoubles * 8u + 4u);
    EXPECT_LT(peak, points_bytes);
}

/// Each takes more memory than a thread has for a partition.
TEST(Limits, DoNotShowWherePointsCannotBeDivided) {
    const auto files = wide_files(pillars_cloud(kPoints));
    const auto roomy = run(files, tight(std::uint64_t{4} << 30, nullptr), 2);
    ASSERT_TRUE(roomy.outcome.report) << reason(roomy);
    EXPECT_EQ(faults(roomy.bytes), "");
    const auto least = least_limit(files);
    for (const unsigned threads : {1u, 3u}) {
        bool enough = false;
        for (std::uint64_t limit = least; limit < 20 * least && !enough; limit += least) {
            test::MemoryScratch scratch;
            const auto result = run(files, tight(limit, &scratch), threads);
            EXPECT_EQ(scratch.held_bytes(), 0u);
            if (!enough && result.outcome.failure) {
                ASSERT_EQ(result.outcome.failure->error.code, Code::limit_exceeded) << reason(result);
                continue;
            }
            enough = true;
            EXPECT_EQ(result.bytes, roomy.bytes) << threads << " threads";
        }
        EXPECT_TRUE(enough);
    }
}

/// In a cloud that fills space, the root has a point in most cells of its grid.
TEST(Limits, TooSmallForALargeNodeNameOneThatWillDo) {
    const auto files = wide_files(box_cloud(kPoints, 1 << 20));
    const auto roomy = run(files, tight(std::uint64_t{4} << 30, nullptr), 2);
    ASSERT_TRUE(roomy.outcome.report) << reason(roomy);
    const auto least = least_limit(files);
    for (const unsigned threads : {1u, 3u}) {
        int named = 0;
        for (auto limit = least;; limit += least / 2) {
            test::MemoryScratch scratch;
            const auto small = run(files, tight(limit, &scratch), threads);
            EXPECT_EQ(scratch.held_bytes(), 0u);
            if (small.outcome.report) break;
            ASSERT_EQ(small.outcome.failure->error.code, Code::limit_exceeded) << reason(small);
            const auto more = small.outcome.failure->more_memory;
            ASSERT_NE(more, 0u) << reason(small) << " at " << limit;
            const auto enough = run(files, tight(limit + more, &scratch), threads);
            ASSERT_TRUE(enough.outcome.report) << reason(enough) << " at " << limit << " + " << more;
            EXPECT_EQ(enough.bytes, roomy.bytes) << threads << " threads";
            EXPECT_EQ(scratch.held_bytes(), 0u);
            ++named;
        }
        EXPECT_GT(named, 0) << threads << " threads";
    }
}

}  // namespace
}  // namespace copse::build
