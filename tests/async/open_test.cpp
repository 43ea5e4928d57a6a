#include <gtest/gtest.h>

#include "async/played_source.hpp"
#include "copse/io.hpp"

namespace copse::async {
namespace {

using namespace test;
using read::test::Trips;
using Opened = Result<std::shared_ptr<const read::File>>;

TEST(OpenTest, KnowsWhatThePullReaderKnows) {
    const auto& made = many_nodes();
    const auto expected = read::test::open_file(made.bytes);
    Loop loop;
    const auto source = std::make_shared<PlayedSource>(made.bytes);
    const auto file = open_played(loop, source);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->size, expected->size);
    EXPECT_EQ(file->root_page, expected->root_page);
    EXPECT_EQ(file->temporal->page_count, expected->temporal->page_count);
}

TEST(OpenTest, AsksForTheSameRangesWhetherTheSizeIsKnownBeforeOrNot) {
    const auto& made = many_nodes();
    Trips trips;
    (void)read::test::open_file(made.bytes, &trips);
    std::size_t ranges = 0;
    for (const auto& round : trips.rounds) ranges += round.size();
    for (const bool hidden : {false, true}) {
        Loop loop;
        const auto source = std::make_shared<PlayedSource>(made.bytes);
        source->hides_size = hidden;
        ASSERT_TRUE(open_played(loop, source));
        EXPECT_EQ(source->started, ranges);
    }
}

/// A source that answers, but never says how large the file is.
class SizelessSource final : public ByteSource {
public:
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return std::nullopt; }
    std::unique_ptr<Transfer> start(ByteRange range, Completion done) override {
        done(Bytes(static_cast<std::size_t>(range.size)));
        return nullptr;
    }
};

TEST(OpenTest, RefusesASourceThatNeverKnowsTheSize) {
    Loop loop;
    const auto file = loop.run(open(std::make_shared<SizelessSource>(), loop));
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Code::unsupported);
}

TEST(OpenTest, TakesBytesThatAreAtHandWithoutWaiting) {
    io::MemorySource memory{ByteView{many_nodes().bytes}};
    Loop loop;
    auto task = open(std::make_shared<BlockingByteSource>(memory), loop);
    task.resume();
    ASSERT_TRUE(task.done());
    EXPECT_TRUE(task.take());
    EXPECT_EQ(loop.run_ready(), 0u);
}

TEST(OpenTest, HandsOnErrorsOfTheFile) {
    auto bytes = many_nodes().bytes;
    bytes[0] = std::byte{'X'};
    io::MemorySource memory{ByteView{bytes}};
    Loop loop;
    const auto file = loop.run(open(std::make_shared<BlockingByteSource>(memory), loop));
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, read::test::opening_error(bytes).code);
    EXPECT_EQ(file.error().at, 0u);
}

/// Answers `good` ranges, one at a time; then something happens to the rest.
std::size_t answer_some(Loop& loop, PlayedSource& source, std::size_t good) {
    std::size_t answered = 0;
    loop.run_ready();
    for (; answered < good && source.waiting() != 0; ++answered) {
        source.answer();
        loop.run_ready();
    }
    return answered;
}

TEST(OpenTest, EndsWithTheErrorOfEveryRange) {
    for (const bool hidden : {false, true}) {
        for (std::size_t good = 0;; ++good) {
            SCOPED_TRACE(good);
            Loop loop;
            const auto source = std::make_shared<PlayedSource>(many_nodes().bytes);
            source->hides_size = hidden;
            Begun<Opened> opening{open(source, loop)};
            answer_some(loop, *source, good);
            if (opening.done()) {
                EXPECT_GT(good, 1u);
                break;
            }
            source->refuse(0, Error{Code::io_failed, 5, "the line is down"});
            loop.run_ready();
            ASSERT_TRUE(opening.done());
            const auto file = opening.take();
            ASSERT_FALSE(file);
            EXPECT_STREQ(file.error().what, "the line is down");
            EXPECT_EQ(source->waiting(), 0u);
        }
    }
}

TEST(OpenTest, DestroyedAtAnyStepCancelsWhatIsUnderWay) {
    for (const bool hidden : {false, true}) {
        for (std::size_t good = 0;; ++good) {
            SCOPED_TRACE(good);
            Loop loop;
            const auto source = std::make_shared<PlayedSource>(many_nodes().bytes);
            source->hides_size = hidden;
            Begun<Opened> opening{open(source, loop)};
            answer_some(loop, *source, good);
            if (opening.done()) break;
            const auto under_way = source->waiting();
            EXPECT_GT(under_way, 0u);
            opening.destroy();
            EXPECT_EQ(source->waiting(), 0u);
            EXPECT_EQ(source->cancelled, under_way);
            EXPECT_EQ(loop.run_ready(), 0u);
            EXPECT_EQ(source.use_count(), 1);
        }
    }
}

}  // namespace
}  // namespace copse::async
