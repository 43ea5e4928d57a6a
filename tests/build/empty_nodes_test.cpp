// Nodes that take nothing while nodes below them do: copies of few points, and what files say of such nodes.
#include <gtest/gtest.h>

#include <set>

#include "build/clouds.hpp"
#include "build/tight.hpp"
#include "copse/tree.hpp"
#include "read/reading.hpp"
#include "support/memory_scratch.hpp"

namespace copse::build {
namespace {

using namespace testing;

constexpr std::int32_t kEdge = 1 << 20;
constexpr std::size_t kCopies = 6000;

/// Places with many points each: far from each other, close together, and in the sheet's corner.
constexpr std::array<std::array<std::int32_t, 3>, 5> kPlaces{
    {{700'001, 300'003, 5}, {700'033, 300'003, 5}, {100'000, 900'000, 100'000}, {3, 3, 3}, {kEdge - 1, kEdge - 1, 0}}};

/// A thin sheet around the places. A node that holds one place only takes nothing, unless it is a leaf or a chain: a
/// coarser node has a point where all its points are.
las::Points places_in_a_sheet() {
    auto points = sheet_cloud(10'000, kEdge);
    Cloud copies{21};
    for (const auto& [x, y, z] : kPlaces)
        for (std::size_t i = 0; i < kCopies; ++i) copies.add(x, y, z);
    points.append(copies.points, 0, copies.points.size());
    return shuffled(points, 22);
}

Options options_of(std::uint64_t memory_limit, wire::Scratch* scratch) {
    auto options = tight(memory_limit, scratch);
    options.stride = 1;  // large samples: several pages
    return options;
}

bool has_children(const Output& output, const copc::VoxelKey& key) {
    for (unsigned octant = 0; octant < 8; ++octant)
        if (output.nodes.contains(key.child(octant))) return true;
    return false;
}

std::set<copc::VoxelKey> empty_nodes(const Output& output) {
    std::set<copc::VoxelKey> empty;
    for (const auto& [key, node] : output.nodes)
        if (node.entry.point_count == 0) empty.insert(key);
    return empty;
}

check::Verdict verdict_of(const Bytes& bytes, const std::string& rule) {
    io::MemorySource source{ByteView{bytes}};
    wire::SerialExecutor executor;
    for (const auto& finding : check::validate(source, {}, executor).findings)
        if (finding.id == rule) return finding.verdict;
    ADD_FAILURE() << rule << " was not judged";
    return check::Verdict::fail;
}

/// Such a file, made with all memory, and its parts.
class EmptyNodes : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        const auto places = places_in_a_sheet();
        for (const std::uint32_t half : {0u, 1u}) {
            std::vector<std::uint32_t> rows;
            for (auto row = half; row < places.size(); row += 2) rows.push_back(row);
            const auto input = wide_input(places.gather(rows), 7, 31 + half);
            files.push_back({half == 0 ? "a.laz" : "b.laz", bytes_of(input)});
            for (auto& record : records_as(input.points, 7)) records.push_back(std::move(record));
        }
        std::sort(records.begin(), records.end());
        bytes = converted(files, options_of(std::uint64_t{4} << 30, nullptr));
        output = take_apart(bytes);
    }
    static void TearDownTestSuite() {
        files.clear();
        records.clear();
        bytes.clear();
        output = {};
    }

    /// A reader finds what looking at all points finds.
    /// @returns how many points
    static std::uint64_t expect_answer(const read::Request& request) {
        const auto answer = read::test::ask(read::test::open_file(bytes), bytes, request);
        EXPECT_FALSE(answer.error) << answer.error->what;
        EXPECT_TRUE(answer.warnings.empty()) << answer.warnings[0];
        copse::test::MadeFile made;
        made.header = output.file.header;
        for (const auto& [key, node] : output.nodes) made.nodes.push_back({key, node.points, {}});
        const auto found = read::test::records_of(answer.chunks);
        EXPECT_TRUE(found == read::test::brute_force(made, request));
        return read::test::count_of(found);
    }
    static copc::Box box_around(const std::array<std::int32_t, 3>& place) {
        copc::Box box;
        const auto& header = output.file.header;
        for (std::size_t a = 0; a < 3; ++a) {
            box.min[a] = (place[a] - 8) * header.scale[a] + header.offset[a];
            box.max[a] = (place[a] + 8) * header.scale[a] + header.offset[a];
        }
        return box;
    }

    inline static std::vector<NamedFile> files;
    inline static std::vector<Bytes> records;  ///< of the inputs, sorted
    inline static Bytes bytes;
    inline static Output output;
};

TEST_F(EmptyNodes, AreThereAndEachHasNodesBelowIt) {
    const auto empty = empty_nodes(output);
    EXPECT_GT(empty.size(), 30u);  // of each place, those of most levels between the sheet's leaves and its chain
    for (const auto& key : empty) {
        EXPECT_TRUE(has_children(output, key)) << copc::to_string(key);
        const auto& entry = output.nodes.at(key).entry;
        EXPECT_EQ(entry.offset, 0u) << copc::to_string(key);
        EXPECT_EQ(entry.byte_size, 0) << copc::to_string(key);
    }
}

TEST_F(EmptyNodes, LeaveNoNodeWithoutItsAncestors) {
    for (const auto& [key, node] : output.nodes) {
        if (key.level > 0) {
            EXPECT_TRUE(output.nodes.contains(key.parent())) << copc::to_string(key);
        }
    }
}

TEST_F(EmptyNodes, HaveNoSamplesInTheIndex) {
    const auto empty = empty_nodes(output);
    ASSERT_TRUE(output.temporal);
    EXPECT_EQ(output.temporal->node_count, output.nodes.size() - empty.size());
    for (const auto& [key, node] : output.nodes)
        EXPECT_EQ(node.samples.size(), node.points.size()) << copc::to_string(key);
}

TEST_F(EmptyNodes, LoseNoPointAndDoubleNone) {
    EXPECT_TRUE(output.records() == records);
    EXPECT_EQ(expect_answer({}), records.size());
}

TEST_F(EmptyNodes, AreCrossedByQuestions) {
    for (int level = 0; level <= copc::kMaxLevel; level += 3) {
        SCOPED_TRACE(level);
        read::Request request;
        request.max_level = level;
        expect_answer(request);
    }
    for (const auto& place : kPlaces) {
        SCOPED_TRACE(place[0]);
        read::Request request;
        request.box = box_around(place);
        EXPECT_GE(expect_answer(request), kCopies);
        request.use_index = read::UseIndex::never;
        request.time = temporal::TimeWindow{3e8, 3e8 + 0.5};
        expect_answer(request);
        request.use_index = read::UseIndex::if_sound;
        expect_answer(request);
    }
}

TEST_F(EmptyNodes, AreCrossedByTreesAndNotVisible) {
    auto tree = read::Tree::create(read::test::open_file(bytes)).value();
    read::Region region;
    region.box = box_around(kPlaces[2]);
    auto load = tree.plan(region);
    ASSERT_EQ(read::test::feed(load, bytes), wire::Step::done);
    ASSERT_TRUE(tree.put(std::move(load)));
    std::uint64_t points = 0;
    int deepest = 0;
    for (const auto& key : tree.visible(region)) {
        EXPECT_GT(tree.find(key)->point_count, 0);
        points += output.nodes.at(key).points.size();
        deepest = std::max(deepest, key.level);
        for (auto above = key; above.level > 0; above = above.parent())
            EXPECT_NE(tree.find(above.parent()), nullptr) << copc::to_string(above);
    }
    EXPECT_GE(points, kCopies);
    EXPECT_TRUE(output.nodes.at(copc::VoxelKey{}).entry.has_points());
    EXPECT_GT(deepest, 10);
}

TEST_F(EmptyNodes, AreNothingThatTheValidatorMinds) {
    EXPECT_EQ(faults(bytes), "");
    EXPECT_EQ(verdict_of(bytes, "zeroPoint"), check::Verdict::pass);
    EXPECT_EQ(verdict_of(bytes, "emptyEntries"), check::Verdict::pass);
    EXPECT_EQ(verdict_of(bytes, "nodesReachable"), check::Verdict::pass);
}

/// Partitions that share cells of the nodes above, and points that are put aside.
TEST_F(EmptyNodes, AreTheSameUnderTheLeastMemoryLimit) {
    const auto least = least_limit(files);
    for (const unsigned threads : {1u, 3u}) {
        SCOPED_TRACE(threads);
        test::MemoryScratch scratch;
        const auto result = run(files, options_of(least * threads, &scratch), threads);
        ASSERT_TRUE(result.outcome.report) << reason(result);
        EXPECT_EQ(scratch.peak_bytes() > 0, threads == 1);
        EXPECT_EQ(scratch.held_bytes(), 0u);
        EXPECT_TRUE(result.bytes == bytes);
    }
}

}  // namespace
}  // namespace copse::build
