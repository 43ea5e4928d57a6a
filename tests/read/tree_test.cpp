// A tree that is loaded bit by bit knows what a walk of the whole file knows, and never loses a row.
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "copse/tree.hpp"
#include "read/reading.hpp"

namespace copse::read {
namespace {

using namespace test;
using las::ColumnSet;

/// As fetching goes: what was asked for, byte by byte at most once.
class Fetched {
public:
    explicit Fetched(ByteView file) : file_{file} {}
    /// False if the load fails.
    bool run(TreeLoad& load) {
        for (rounds = 0;; ++rounds) {
            const auto step = load.step();
            if (step != wire::Step::need_bytes) return step == wire::Step::done;
            for (const auto range : load.wanted()) {
                requests.push_back(range);
                load.supply(range, part_of(file_, range));
            }
        }
    }
    std::size_t rounds = 0;
    std::vector<ByteRange> requests;

private:
    ByteView file_;
};

Status load(Tree& tree, ByteView bytes, const Region& region, Fetched* fetched = nullptr) {
    Fetched own{bytes};
    auto planned = tree.plan(region);
    if (!(fetched != nullptr ? *fetched : own).run(planned)) return planned.error();
    return tree.put(std::move(planned));
}

Region region_of(const Request& request) { return {request.box, request.max_level, request.time}; }

struct Shape {
    const char* name;
    Recipe recipe;
    bool spoiled_times = false;
};

Recipe recipe_with(const std::function<void(Recipe&)>& change) {
    Recipe recipe;
    recipe.stride = 1;  // large pages: opening does not read them all
    recipe.levels_per_page = recipe.index_levels_per_page = 1;
    change(recipe);
    return recipe;
}

MadeFile make(const Shape& shape, std::size_t points = 5000) {
    auto cloud = scattered_points(copse::test::layout_of(7, 3), points, 7);
    if (shape.spoiled_times) copse::test::spoil_times(cloud, 3);
    return make_copc(std::move(cloud), shape.recipe);
}

class Trees : public testing::TestWithParam<Shape> {};

TEST_P(Trees, LoadedAsAWholeKnowAllNodesAndSamples) {
    const auto made = make(GetParam());
    const auto file = open_file(made.bytes);
    auto tree = Tree::create(file).value();
    HierarchyLoad whole{file, true};
    ASSERT_EQ(feed(whole, made.bytes), wire::Step::chunk_ready);
    const auto nodes = whole.take_nodes();

    Region everything;
    everything.time = temporal::TimeWindow{};
    ASSERT_TRUE(load(tree, made.bytes, everything));
    EXPECT_TRUE(tree.complete(everything));
    EXPECT_TRUE(tree.complete_below({}));
    EXPECT_TRUE(tree.pending().empty());
    EXPECT_TRUE(tree.warnings().empty());
    const auto entries = tree.entries();
    ASSERT_EQ(entries.size(), nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        EXPECT_EQ(entries[i], nodes[i].entry);
        const auto samples = tree.samples(entries[i].key);
        EXPECT_EQ(std::vector<double>(samples.begin(), samples.end()), nodes[i].samples);
    }
}

TEST_P(Trees, AnswerOneQuestionAfterTheOtherWithoutLosingAPointOrFetchingAPageTwice) {
    const auto made = make(GetParam());
    const auto file = open_file(made.bytes);
    for (std::uint32_t seed = 0; seed < 6; ++seed) {
        auto tree = Tree::create(file).value();
        RandomRequests requests{made, seed};
        Fetched fetched{made.bytes};
        for (int i = 0; i < 12; ++i) {
            SCOPED_TRACE(i);
            const auto request = requests.next();
            const auto region = region_of(request);
            ASSERT_TRUE(load(tree, made.bytes, region, &fetched));
            ASSERT_TRUE(tree.complete(region));
            EXPECT_TRUE(tree.plan(region).wanted().empty());

            const auto visible = tree.visible(region);
            EXPECT_TRUE(std::is_sorted(visible.begin(), visible.end()));
            for (const auto& [key, node] : brute_force(made, request)) {
                ASSERT_TRUE(std::binary_search(visible.begin(), visible.end(), key)) << copc::to_string(key);
                if (!request.time) continue;
                const auto rows = tree.rows(key, *request.time);
                EXPECT_LE(rows.first, node.rows.front());
                EXPECT_GT(rows.last, node.rows.back());
            }
            for (const auto& key : visible) EXPECT_TRUE(tree.find(key)->has_points());
        }
        std::sort(fetched.requests.begin(), fetched.requests.end());
        // Requests may bridge what lies between pages; pages themselves come once.
        std::set<ByteRange> unique{fetched.requests.begin(), fetched.requests.end()};
        EXPECT_EQ(unique.size(), fetched.requests.size());
    }
}

TEST_P(Trees, DecodeSingleChunksAsAQueryAnswersThem) {
    const auto made = make(GetParam(), 1500);
    const auto file = open_file(made.bytes);
    auto tree = Tree::create(file).value();
    Region everything;
    everything.time = temporal::TimeWindow{};
    ASSERT_TRUE(load(tree, made.bytes, everything));
    RandomRequests requests{made, 5};
    for (int i = 0; i < 25; ++i) {
        SCOPED_TRACE(i);
        auto request = requests.next();
        if (i % 3 == 1) request.columns = ColumnSet::xyz();
        if (i % 3 == 2) request.columns = {ColumnSet::intensity | ColumnSet::gps_time, 1};
        std::vector<Chunk> chunks;
        for (const auto& key : tree.visible(region_of(request))) {
            const auto& entry = *tree.find(key);
            const auto bytes = part_of(made.bytes, entry.range());
            auto chunk = decode_chunk(*file, entry, bytes, request);
            ASSERT_TRUE(chunk) << chunk.error().what;
            const auto rows = request.time ? std::optional{tree.rows(key, *request.time)} : std::nullopt;
            const auto narrowed = decode_chunk(*file, entry, bytes, request, rows);
            ASSERT_TRUE(narrowed);
            EXPECT_EQ(narrowed->matched, chunk->matched);
            EXPECT_EQ(narrowed->points.x, chunk->points.x);
            if (chunk->matched != 0) chunks.push_back(std::move(*chunk));
        }
        EXPECT_EQ(records_of(chunks), brute_force(made, request));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Trees,
    testing::Values(Shape{"plain", recipe_with([](Recipe&) {}), false},
                    Shape{"spoiled_times", recipe_with([](Recipe&) {}), true},
                    Shape{"no_index", recipe_with([](Recipe& r) { r.with_index = false; }), false},
                    Shape{"one_page", recipe_with([](Recipe& r) { r.levels_per_page = r.index_levels_per_page = 9; }),
                          false},
                    Shape{"cut_differently", recipe_with([](Recipe& r) { r.levels_per_page = 2; }), true},
                    Shape{"index_pages_larger", recipe_with([](Recipe& r) { r.index_levels_per_page = 3; }), false},
                    Shape{"index_last", recipe_with([](Recipe& r) { r.index_first = false; }), false},
                    Shape{"few_samples", recipe_with([](Recipe& r) { r.stride = 1000000; }), false},
                    Shape{"moved_index", recipe_with([](Recipe& r) { r.index_moved_by = 5000; }), false}),
    [](const auto& shape) { return std::string{shape.param.name}; });

class TreeTest : public testing::Test {
protected:
    const MadeFile made_ = make({"", recipe_with([](Recipe&) {}), false});
    const std::shared_ptr<const File> file_ = open_file(made_.bytes);
    Tree tree_ = Tree::create(file_).value();

    static Region corner() {
        Region region;
        region.box.max = {1020, 2020, 30};
        return region;
    }
};

TEST_F(TreeTest, BeginsWithTheRootPagesAndFetchesBothKindsOfPagesInOneRound) {
    EXPECT_FALSE(tree_.pending().empty());
    EXPECT_FALSE(tree_.complete({}));
    Region region;
    region.time = temporal::TimeWindow{};
    Fetched fetched{made_.bytes};
    ASSERT_TRUE(load(tree_, made_.bytes, region, &fetched));
    EXPECT_LE(fetched.rounds, 3u);  // levels of pages below the root
}

TEST_F(TreeTest, LoadsNoMoreThanARegionNeeds) {
    Fetched fetched{made_.bytes};
    ASSERT_TRUE(load(tree_, made_.bytes, corner(), &fetched));
    EXPECT_TRUE(tree_.complete(corner()));
    EXPECT_FALSE(tree_.complete({}));
    EXPECT_FALSE(tree_.complete_below({}));
    EXPECT_TRUE(tree_.complete_below({3, 0, 0, 0}));
    EXPECT_FALSE(tree_.complete_below({3, 7, 7, 7}));
    EXPECT_EQ(tree_.find({3, 7, 7, 7}), nullptr);

    Region coarse;
    coarse.max_level = 1;
    auto other = Tree::create(file_).value();
    ASSERT_TRUE(load(other, made_.bytes, coarse));
    EXPECT_TRUE(other.complete(coarse));
    for (const auto& key : other.pending()) EXPECT_GE(key.level, 2);
    EXPECT_EQ(other.children({}).size(), 8u);
    EXPECT_TRUE(other.children({1, 0, 0, 0}).empty());
}

TEST_F(TreeTest, KnowsNothingOfNodesThatAreNotThere) {
    EXPECT_EQ(tree_.find({7, 1, 1, 1}), nullptr);
    EXPECT_TRUE(tree_.rows({7, 1, 1, 1}, {}).empty());
    EXPECT_TRUE(tree_.samples({7, 1, 1, 1}).empty());
    EXPECT_TRUE(tree_.children({copc::kMaxLevel, 0, 0, 0}).empty());
    EXPECT_TRUE(tree_.visible({{}, -1, {}}).empty());
    EXPECT_TRUE(tree_.complete({{}, 30, temporal::TimeWindow{5, 4}}));
}

TEST_F(TreeTest, IsAsItWasAfterALoadThatComesToNothing) {
    const auto before = tree_.size();
    {
        auto abandoned = tree_.plan(corner());
        const auto range = abandoned.wanted().front();
        abandoned.supply(range, part_of(made_.bytes, range));
        (void)abandoned.step();
    }
    auto unfinished = tree_.plan(corner());
    EXPECT_FALSE(tree_.put(std::move(unfinished)));
    auto cut = tree_.plan(corner());
    ASSERT_EQ(cut.step(), wire::Step::need_bytes);
    cut.supply(cut.wanted().front(), {});
    ASSERT_EQ(cut.step(), wire::Step::failed);
    EXPECT_EQ(cut.error().code, Code::truncated);
    EXPECT_FALSE(tree_.put(std::move(cut)));
    EXPECT_EQ(tree_.size(), before);
    ASSERT_TRUE(load(tree_, made_.bytes, {}));
    EXPECT_TRUE(tree_.complete_below({}));
}

TEST_F(TreeTest, TakesLoadsThatOverlap) {
    auto first = tree_.plan(corner()), second = tree_.plan({});
    Fetched fetched{made_.bytes};
    ASSERT_TRUE(fetched.run(first));
    ASSERT_TRUE(fetched.run(second));
    ASSERT_TRUE(tree_.put(std::move(second)));
    const auto nodes = tree_.entries();
    ASSERT_TRUE(tree_.put(std::move(first)));
    EXPECT_EQ(tree_.entries(), nodes);
    EXPECT_TRUE(tree_.complete({}));
}

TEST_F(TreeTest, IsSharedByThreadsThatFetchOutsideTheLock) {
    std::mutex mutex;
    const auto work = [&](std::uint32_t seed) {
        RandomRequests requests{made_, seed};
        for (int i = 0; i < 20; ++i) {
            const auto region = region_of(requests.next());
            for (;;) {
                std::unique_lock lock{mutex};
                if (tree_.complete(region)) break;
                auto load = tree_.plan(region);  // under the lock
                lock.unlock();
                EXPECT_TRUE(Fetched{made_.bytes}.run(load));  // without
                lock.lock();
                EXPECT_TRUE(tree_.put(std::move(load)));  // under it again
            }
        }
    };
    std::vector<std::thread> threads;
    for (std::uint32_t seed = 0; seed < 4; ++seed) threads.emplace_back(work, seed);
    for (auto& thread : threads) thread.join();
    Region everything;
    everything.time = temporal::TimeWindow{};
    ASSERT_TRUE(load(tree_, made_.bytes, everything));
    HierarchyLoad whole{file_, true};
    ASSERT_EQ(feed(whole, made_.bytes), wire::Step::chunk_ready);
    EXPECT_EQ(tree_.size(), whole.take_nodes().size());
}

TEST_F(TreeTest, GivesUpAnIndexThatIsWrongAndLosesNoRow) {
    Region region;
    region.time = temporal::TimeWindow{1000, 1010};
    auto planned = tree_.plan(region);
    auto bytes = made_.bytes;
    // What opening has not read of the temporal record becomes nonsense.
    for (auto at = made_.index_payload.offset; at < made_.index_payload.end(); ++at)
        bytes[static_cast<std::size_t>(at)] = std::byte{0xff};
    ASSERT_TRUE(Fetched{bytes}.run(planned));
    ASSERT_TRUE(tree_.put(std::move(planned)));
    EXPECT_FALSE(tree_.has_index());
    ASSERT_EQ(tree_.warnings().size(), 1u);
    ASSERT_TRUE(load(tree_, bytes, region));
    EXPECT_TRUE(tree_.complete(region));
    for (const auto& node : made_.nodes) {
        ASSERT_NE(tree_.find(node.key), nullptr);
        EXPECT_EQ(tree_.rows(node.key, *region.time), (temporal::RowRange{0, node.points.size()}));
        EXPECT_TRUE(tree_.samples(node.key).empty());
    }
}

TEST_F(TreeTest, RefusesAHierarchyThatContradictsItself) {
    // The first entry of a child page stands for the root, which the root page has.
    const auto pending = tree_.pending();
    for (const bool outside : {true, false}) {
        auto bytes = made_.bytes;
        auto tree = Tree::create(file_).value();
        auto planned = tree.plan({});
        ASSERT_EQ(planned.step(), wire::Step::need_bytes);
        FileOffset page = 0;
        for (const auto& entry : file_->root_page)
            if (entry.is_page()) page = entry.offset;
        ASSERT_NE(page, 0u);
        if (outside)
            wire::store_le(bytes.data() + page + 4, std::int32_t{0});
        else
            wire::store_le(bytes.data() + page + 28, std::int32_t{0x7fffffff});  // points
        ASSERT_TRUE(Fetched{bytes}.run(planned));
        const auto status = tree.put(std::move(planned));
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, Code::bad_value);
        EXPECT_EQ(status.error().at, page);
        EXPECT_FALSE(tree.complete({}));
    }
}

// ---- rows and points ------------------------------------------------------------------------------------------------

TEST_F(TreeTest, FindsRowsInABoxAndAWindowExactly) {
    RandomRequests requests{made_, 8};
    for (int i = 0; i < 60; ++i) {
        auto request = requests.next();
        request.max_level = copc::kMaxLevel;
        request.polygon.reset();
        request.where.reset();
        const auto expected = brute_force(made_, request);
        for (const auto& node : made_.nodes) {
            const auto in_box = rows_in(node.points, made_.header, request.box);
            ASSERT_TRUE(in_box);
            auto rows = *in_box;
            if (request.time) {
                const auto in_window = rows_in(node.points, *request.time);
                ASSERT_TRUE(in_window);
                rows.clear();
                std::set_intersection(in_box->begin(), in_box->end(), in_window->begin(), in_window->end(),
                                      std::back_inserter(rows));
            }
            const auto found = expected.find(node.key);
            EXPECT_EQ(rows, found == expected.end() ? std::vector<std::uint32_t>{} : found->second.rows);
        }
    }
}

TEST_F(TreeTest, FindsNoRowsByColumnsThatAreNotThere) {
    const auto& node = made_.nodes.front();
    las::Points flat{node.points.layout, ColumnSet::xy()};
    flat.append(node.points, 0, node.points.size());
    copc::Box slice;
    slice.max[2] = 50;
    EXPECT_FALSE(rows_in(flat, made_.header, slice));
    EXPECT_EQ(rows_in(flat, made_.header, copc::Box{})->size(), flat.size());
    EXPECT_FALSE(rows_in(flat, temporal::TimeWindow{}));
}

TEST_F(TreeTest, ShowsRowsAsPoints) {
    const auto& points = made_.nodes[2].points;
    const std::vector<std::uint32_t> rows{0, 2, 3};
    const PointRows some{points, made_.header, rows}, all{points, made_.header};
    EXPECT_EQ(all.size(), points.size());
    ASSERT_EQ(some.size(), 3u);
    std::size_t index = 0;
    for (const auto point : some) {
        const auto row = rows[index++];
        ASSERT_EQ(point.row(), row);
        const double product = points.y[row] * made_.header.scale[1];
        EXPECT_EQ(point.y(), product + made_.header.offset[1]);
        EXPECT_EQ(point.gps_time(), points.gps_time[row]);
        EXPECT_EQ(point.return_number(), points.returns[row] & 15);
        EXPECT_EQ(point.withheld(), (points.flags[row] & 4) != 0);
        EXPECT_EQ(point.edge_of_flight_line(), (points.flags[row] & 32) != 0);
        EXPECT_DOUBLE_EQ(point.scan_angle_degrees(), points.scan_angle[row] * 0.006);
        EXPECT_EQ(point.blue(), points.blue[row]);
        las::ExtraDimension dimension;
        dimension.type = 3;
        dimension.size = 2;
        dimension.byte_offset = 1;
        dimension.scale[0] = 0.5;
        dimension.offset[0] = 10;
        EXPECT_EQ(point.extra(dimension), (points.extra[1][row] + 256 * points.extra[2][row]) * 0.5 + 10);
    }
    EXPECT_EQ(index, 3u);
}

TEST_F(TreeTest, RefusesBytesThatAreNotTheChunks) {
    const auto entry = *tree_.find({});
    const auto bytes = part_of(made_.bytes, entry.range());
    const auto cut = decode_chunk(*file_, entry, bytes.first(bytes.size() - 1), {});
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, Code::truncated);
    EXPECT_EQ(cut.error().at, entry.range().end() - 1);
    EXPECT_FALSE(decode_chunk(*file_, copc::Entry{}, {}, {}));
    Request nothing;
    nothing.box.max[0] = 0;
    EXPECT_EQ(decode_chunk(*file_, entry, bytes, nothing)->matched, 0u);
}

}  // namespace
}  // namespace copse::read
