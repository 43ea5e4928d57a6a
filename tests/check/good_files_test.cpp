// Files that obey the rules, and files whose input brought oddities along.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "check/judging.hpp"

namespace copse {
namespace {

using check::Verdict;
using test::find;
using test::judge;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ValidateGoodFiles, PassEveryRuleDeepAndShallow) {
    const auto made = test::make_copc(test::good_recipe());
    for (const auto deep : {false, true}) {
        const auto report = judge(made.bytes, deep);
        EXPECT_FALSE(report.io_error);
        EXPECT_EQ(report.verdict(), Verdict::pass) << test::complaints(report);
        EXPECT_EQ(report.first_failure(), nullptr);
    }
}

TEST(ValidateGoodFiles, JudgePointsOnlyWhenDeep) {
    const auto made = test::make_copc(test::good_recipe());
    EXPECT_EQ(find(judge(made.bytes, false), "xyz"), nullptr);
    for (const auto* id : {"chunksDecode", "xyz", "tightBounds", "gpsTime", "sortedGpsTime", "temporalSampleTimes",
                           "returnNumber", "gridSpacing"})
        EXPECT_NE(find(judge(made.bytes), id), nullptr) << id;
}

TEST(ValidateGoodFiles, NeedNoTemporalIndex) {
    auto recipe = test::good_recipe();
    recipe.temporal_index = false;
    const auto report = judge(test::make_copc(recipe).bytes);
    EXPECT_EQ(report.verdict(), Verdict::pass) << test::complaints(report);
    EXPECT_EQ(find(report, "temporalIndex"), nullptr);
}

TEST(ValidateGoodFiles, MayHaveNoPoints) {
    test::Recipe recipe;
    recipe.nodes.push_back({test::kRoot, {}});
    recipe.temporal_index = false;
    const auto report = judge(test::make_copc(recipe).bytes);
    EXPECT_EQ(report.verdict(), Verdict::pass) << test::complaints(report);
}

TEST(ValidateGoodFiles, MayHaveEmptyAncestors) {
    auto recipe = test::good_recipe();
    recipe.nodes[0].points = {};
    const auto report = judge(test::make_copc(recipe).bytes);
    EXPECT_EQ(report.verdict(), Verdict::pass) << test::complaints(report);
}

TEST(ValidateGoodFiles, WarnOfEmptyNodesThatNobodyNeeds) {
    auto recipe = test::good_recipe();
    recipe.nodes[1].points = {};
    const auto made = test::make_copc(recipe);
    const auto report = judge(made.bytes);
    EXPECT_EQ(report.verdict(), Verdict::warn) << test::complaints(report);
    ASSERT_NE(find(report, "zeroPoint"), nullptr);
    EXPECT_EQ(find(report, "zeroPoint")->verdict, Verdict::warn);
    EXPECT_EQ(find(report, "zeroPoint")->offset, made.hierarchy + 32);
}

TEST(ValidateGoodFiles, KeepTimesThatAreNotFinite) {
    auto recipe = test::good_recipe();
    auto& times = recipe.nodes[1].points.gps_time;
    times.front() = -kInfinity;
    times[28] = kInfinity;
    times[29] = kNan;
    auto& all_nan = recipe.nodes[2].points.gps_time;
    std::fill(all_nan.begin(), all_nan.end(), kNan);
    const auto made = test::make_copc(recipe);
    const auto report = judge(made.bytes);
    EXPECT_EQ(report.verdict(), Verdict::warn) << test::complaints(report);
    ASSERT_NE(find(report, "gpsTimeFinite"), nullptr);
    EXPECT_EQ(find(report, "gpsTimeFinite")->verdict, Verdict::warn);
    EXPECT_EQ(find(report, "gpsTimeFinite")->info.substr(0, 9), "23 points");
    EXPECT_EQ(find(report, "sortedGpsTime")->verdict, Verdict::pass);
    EXPECT_EQ(find(report, "temporalSampleTimes")->verdict, Verdict::pass);
}

TEST(ValidateGoodFiles, WarnOfWhatTheInputBringsAlong) {
    struct Case {
        const char* id;
        std::function<void(test::Recipe&)> spoil;
    };
    const Case cases[] = {
        {"wkt", [](auto& recipe) { recipe.wkt = false; }},
        {"extraBytes", [](auto& recipe) { recipe.extra_descriptor = false; }},
        {"gpsTimeType", [](auto& recipe) { recipe.global_encoding = las::kGlobalEncodingWkt; }},
        {"returnNumber", [](auto& recipe) { recipe.nodes[0].points.returns[5] = 0x12; }},
        {"pointCountByReturn", [](auto& recipe) { recipe.nodes[0].points.returns[5] = 0x10; }},
        {"gpsTimeVaries",
         [](auto& recipe) {
             for (auto& node : recipe.nodes) std::fill(node.points.gps_time.begin(), node.points.gps_time.end(), 5.0);
         }},
        {"rgb",
         [](auto& recipe) {
             for (auto& node : recipe.nodes)
                 for (auto* column : {&node.points.red, &node.points.green})
                     std::fill(column->begin(), column->end(), 0);
         }},
        {"gridSpacing",
         [](auto& recipe) {
             auto& points = recipe.nodes[0].points;
             for (auto* column : {&points.x, &points.y, &points.z}) (*column)[6] = (*column)[5];
         }},
    };
    for (const auto& [id, spoil] : cases) {
        SCOPED_TRACE(id);
        auto recipe = test::good_recipe();
        spoil(recipe);
        const auto report = judge(test::make_copc(recipe).bytes);
        EXPECT_EQ(report.verdict(), Verdict::warn) << test::complaints(report);
        ASSERT_NE(find(report, id), nullptr);
        EXPECT_EQ(find(report, id)->verdict, Verdict::warn) << test::complaints(report);
    }
}

TEST(ValidateGoodFiles, CountCrowdedCellsExactly) {
    auto recipe = test::good_recipe();
    auto& points = recipe.nodes[0].points;
    // On the border of two cells a point belongs to the upper one: 936 + 10 is where cell 10 begins.
    for (auto* column : {&points.x, &points.y, &points.z}) (*column)[9] = (*column)[10] - 50;
    points.x[0] = points.x[1];
    points.y[0] = points.y[1];
    points.z[0] = points.z[1] + 49;
    auto& leaf = recipe.nodes[1].points;
    leaf.x[0] = leaf.x[1];
    leaf.y[0] = leaf.y[1];
    leaf.z[0] = leaf.z[1];  // not counted: the node has no children
    const auto report = judge(test::make_copc(recipe).bytes);
    const auto* finding = find(report, "gridSpacing");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->info,
              "grid of 128: 2 points of 1 of 1 nodes with children share a cell; the first: node 0-0-0-0, row 1");
}

TEST(ValidateGoodFiles, OfOtherWritersDoNotFail) {
    const std::filesystem::path folder{COPSE_SHARED_DATA};
    if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no shared data folder";
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        const auto name = entry.path().filename().string();
        if (!name.ends_with(".copc.laz")) continue;
        SCOPED_TRACE(name);
        auto source = io::FileSource::open(entry.path().string());
        ASSERT_TRUE(source);
        wire::SerialExecutor executor;
        check::Options options;
        options.deep = true;
        const auto report = check::validate(**source, options, executor);
        // Its info VLR says that no time is above 42, and most are: whoever pruned by that would lose points.
        const auto lies = name == "ellipsoid.copc.laz";
        EXPECT_EQ(report.verdict() == Verdict::fail, lies) << test::complaints(report);
        EXPECT_EQ(report.first_failure() == nullptr ? "" : report.first_failure()->id, lies ? "gpsTime" : "");
    }
}

/// Runs work backwards, as an unlucky scheduler might.
class BackwardExecutor final : public wire::Executor {
public:
    void for_each(std::size_t count, const std::function<void(std::size_t)>& body) override {
        while (count-- > 0) body(count);
    }
    [[nodiscard]] unsigned concurrency() const override { return 3; }
};

TEST(ValidateGoodFiles, AreReportedTheSameByAnyExecutor) {
    auto made = test::make_copc(test::good_recipe());
    for (const auto& chunk : made.chunks)
        made.bytes[static_cast<std::size_t>(chunk.offset + chunk.size - 9)] ^= std::byte{0x55};
    io::MemorySource source{ByteView{made.bytes}};
    BackwardExecutor backward;
    const auto threads = io::make_executor(3);
    check::Options options;
    options.deep = true;
    const auto expected = test::complaints(judge(made.bytes));
    EXPECT_EQ(test::complaints(check::validate(source, options, backward)), expected);
    EXPECT_EQ(test::complaints(check::validate(source, options, *threads)), expected);
}

TEST(ValidateGoodFiles, CanBeStoppedByProgress) {
    const auto made = test::make_copc(test::good_recipe());
    io::MemorySource source{ByteView{made.bytes}};
    wire::SerialExecutor executor;
    check::Options options;
    options.deep = true;
    std::uint64_t calls = 0;
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
        ++calls;
        EXPECT_EQ(total, 90u);
        EXPECT_LE(done, total);
        return false;
    };
    const auto report = check::validate(source, options, executor);
    EXPECT_EQ(calls, 1u);
    EXPECT_NE(report.verdict(), Verdict::fail) << test::complaints(report);
}

/// Refuses the n-th read.
class FailingSource final : public wire::Source {
public:
    FailingSource(ByteView bytes, int good_reads) : inner_{bytes}, left_{good_reads} {}
    [[nodiscard]] std::uint64_t size() const override { return inner_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override {
        if (left_-- <= 0) return Error{Code::io_failed, offset, "the disk refused", 5};
        return inner_.read_into(offset, out);
    }
    [[nodiscard]] bool used_up() const { return left_ <= 0; }

private:
    io::MemorySource inner_;
    int left_;
};

TEST(ValidateGoodFiles, GetNoVerdictWhenTheSourceFails) {
    const auto made = test::make_copc(test::good_recipe());
    wire::SerialExecutor executor;
    check::Options options;
    options.deep = true;
    auto failures = 0;
    for (int good_reads = 0; good_reads < 1000; ++good_reads) {
        FailingSource source{made.bytes, good_reads};
        const auto report = check::validate(source, options, executor);
        if (!report.io_error) break;
        ++failures;
        EXPECT_EQ(report.io_error->code, Code::io_failed);
        EXPECT_TRUE(report.findings.empty());
    }
    EXPECT_GT(failures, 10);
    EXPECT_LT(failures, 1000);
}

}  // namespace
}  // namespace copse
