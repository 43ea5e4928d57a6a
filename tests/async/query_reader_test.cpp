// `co_await reader.next()` gives what the pull loop gives, whatever the bytes' way.
#include <gtest/gtest.h>

#include <thread>

#include "async/played_source.hpp"
#include "copse/io.hpp"

namespace copse::async {
namespace {

using namespace test;
using read::Chunk;
using read::Request;
using read::test::brute_force;
using read::test::RandomRequests;
using Chunks = Result<std::vector<Chunk>>;
using Next = Result<std::optional<Chunk>>;

Task<Chunks> all_chunks(QueryReader& reader) {
    std::vector<Chunk> chunks;
    for (;;) {
        auto next = reader.next();
        auto chunk = co_await std::move(next);
        if (!chunk) co_return chunk.error();
        if (!*chunk) break;
        chunks.push_back(std::move(**chunk));
    }
    co_return chunks;
}

class QueryReaderTest : public testing::Test {
protected:
    void SetUp() override {
        file_ = open_played(loop_, source_);
        source_->started = 0;
        ASSERT_TRUE(file_);
    }
    QueryReader reader(const Request& request = scattered()) { return {source_, loop_, file_, request}; }
    void expect_cancelled(Begun<Next>& next) {
        ASSERT_TRUE(next.done());
        const auto chunk = next.take();
        ASSERT_FALSE(chunk);
        EXPECT_TRUE(is_cancelled(chunk.error())) << chunk.error().what;
    }
    /// Runs the reader until it has asked for `asked` ranges or is at its end, answering the oldest first. Returns a
    /// `next` that waits, if there is one.
    std::unique_ptr<Begun<Next>> wait_with(QueryReader& reader, std::uint64_t asked) {
        for (;;) {
            auto next = std::make_unique<Begun<Next>>(reader.next());
            loop_.run_ready();
            while (!next->done()) {
                if (source_->started >= asked) return next;
                source_->answer();
                loop_.run_ready();
            }
            const auto chunk = next->take();
            EXPECT_TRUE(chunk);
            if (!chunk || !*chunk) return nullptr;
        }
    }

    const read::test::MadeFile& made_ = many_nodes();
    Loop loop_;
    std::shared_ptr<PlayedSource> source_ = std::make_shared<PlayedSource>(many_nodes().bytes);
    std::shared_ptr<const read::File> file_;
    std::mt19937 random_{3};
};

TEST_F(QueryReaderTest, FindsWhatThePullLoopFindsInAnyOrderOfArrival) {
    RandomRequests requests{made_, 21};
    for (int i = 0; i < 60; ++i) {
        SCOPED_TRACE(i);
        const auto request = requests.next();
        const auto expected = read::test::ask(file_, made_.bytes, request);
        auto asking = reader(request);
        const auto chunks = play(loop_, *source_, all_chunks(asking), random_);
        ASSERT_TRUE(chunks) << chunks.error().what;
        EXPECT_EQ(read::test::records_of(*chunks), read::test::records_of(expected.chunks));
        EXPECT_EQ(read::test::records_of(*chunks), brute_force(made_, request));
        EXPECT_EQ(asking.statistics().points, expected.statistics.points);
        EXPECT_EQ(asking.statistics().chunk_bytes, expected.statistics.chunk_bytes);
        EXPECT_TRUE(asking.warnings().empty());
        // The end stays the end.
        const auto after = play(loop_, *source_, asking.next(), random_);
        EXPECT_TRUE(after && !*after);
    }
}

TEST_F(QueryReaderTest, FindsTheSameWhenRangesCompleteAtOnce) {
    io::MemorySource memory{ByteView{made_.bytes}};
    const auto source = std::make_shared<BlockingByteSource>(memory);
    RandomRequests requests{made_, 22};
    for (int i = 0; i < 30; ++i) {
        const auto request = requests.next();
        QueryReader asking{source, loop_, file_, request};
        asking.set_read_ahead(1);
        auto task = all_chunks(asking);
        task.resume();
        ASSERT_TRUE(task.done());  // nothing had to be waited for
        const auto chunks = task.take();
        ASSERT_TRUE(chunks);
        EXPECT_EQ(read::test::records_of(*chunks), brute_force(made_, request));
    }
    EXPECT_EQ(loop_.run_ready(), 0u);
}

TEST_F(QueryReaderTest, KeepsRangesUnderWayWhileAChunkIsUsed) {
    auto asking = reader();
    asking.set_read_ahead(20'000);
    const auto pages = play(loop_, *source_, asking.next(), random_);
    ASSERT_TRUE(pages && *pages);
    EXPECT_GT(source_->waiting(), 0u);
    const auto started = source_->started;
    while (source_->waiting() != 0) source_->answer();
    EXPECT_EQ(source_->started, started);
    Begun<Next> next{asking.next()};
    EXPECT_TRUE(next.done());  // it was there already
    EXPECT_GT(source_->started, started);
}

TEST_F(QueryReaderTest, TellsThePlanAndDecodesWithAnExecutor) {
    wire::SerialExecutor decoding;
    auto asking = reader();
    asking.decode_with(decoding);
    EXPECT_FALSE(asking.plan());
    const auto chunks = play(loop_, *source_, all_chunks(asking), random_);
    ASSERT_TRUE(chunks);
    EXPECT_EQ(read::test::records_of(*chunks), brute_force(made_, scattered()));
    ASSERT_TRUE(asking.plan());
    EXPECT_EQ(asking.plan()->nodes, asking.statistics().chunks_decoded);
}

TEST_F(QueryReaderTest, CountsRequestsBytesAndRounds) {
    read::test::Trips trips;
    (void)read::test::ask(file_, made_.bytes, scattered(), &trips);
    auto asking = reader();
    asking.set_read_ahead(std::uint64_t{1} << 30);
    ASSERT_TRUE(play(loop_, *source_, all_chunks(asking), random_));
    EXPECT_EQ(asking.traffic().requests, source_->started);
    EXPECT_EQ(asking.traffic().bytes, trips.bytes());
    EXPECT_GE(asking.traffic().rounds, 2u);
    EXPECT_LE(asking.traffic().rounds, trips.rounds.size());
}

TEST_F(QueryReaderTest, TakesCompletionsFromOtherThreads) {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        auto asking = reader();
        Begun<Chunks> chunks{all_chunks(asking)};
        std::mt19937 random{seed};
        while (!chunks.done()) {
            std::vector<std::thread> threads;
            while (source_->waiting() != 0) threads.emplace_back(source_->late_answer(random() % source_->waiting()));
            loop_.run_ready();
            for (auto& thread : threads) thread.join();
            loop_.run_ready();
        }
        const auto answer = chunks.take();
        ASSERT_TRUE(answer);
        EXPECT_EQ(read::test::records_of(*answer), brute_force(made_, scattered()));
    }
}

TEST_F(QueryReaderTest, ServesManyReadersOnOneExecutor) {
    RandomRequests requests{made_, 23};
    std::vector<Request> asked;
    std::vector<std::unique_ptr<QueryReader>> readers;
    std::vector<Running> running;
    std::vector<std::optional<Chunks>> answers(40);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        asked.push_back(requests.next());
        readers.push_back(std::make_unique<QueryReader>(source_, loop_, file_, asked.back()));
        running.push_back(
            start(loop_, all_chunks(*readers[i]), [&answers, i](Chunks chunks) { answers[i] = std::move(chunks); }));
    }
    loop_.run_ready();
    while (source_->waiting() != 0) {
        source_->answer(random_() % source_->waiting());
        if (random_() % 2 == 0) loop_.run_ready();
        if (source_->waiting() == 0) loop_.run_ready();
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
        ASSERT_TRUE(answers[i] && *answers[i]) << i;
        EXPECT_EQ(read::test::records_of(**answers[i]), brute_force(made_, asked[i]));
    }
}

TEST_F(QueryReaderTest, EndsWithTheErrorOfEveryRangeAndCancelsTheOthers) {
    const Error error{Code::io_failed, 77, "the line is down"};
    for (std::uint64_t asked = 1;; ++asked) {
        SCOPED_TRACE(asked);
        source_->started = 0;
        auto asking = reader();
        asking.set_read_ahead(10'000);
        const auto next = wait_with(asking, asked);
        if (next == nullptr) {
            EXPECT_GT(asked, 5u);
            break;
        }
        source_->refuse(random_() % source_->waiting(), error);
        loop_.run_ready();
        ASSERT_TRUE(next->done());
        for (auto chunk = next->take();; chunk = play(loop_, *source_, asking.next(), random_)) {
            ASSERT_FALSE(chunk);
            EXPECT_EQ(chunk.error().at, 77u);
            if (source_->started == 0) break;
            EXPECT_EQ(source_->waiting(), 0u);
            source_->started = 0;  // once more: the error stays
        }
    }
}

TEST_F(QueryReaderTest, HandsOnErrorsOfTheFile) {
    auto bytes = made_.bytes;
    const auto& node = made_.nodes[made_.nodes.size() / 2];
    for (std::uint64_t i = 30; i < 90; ++i) bytes[static_cast<std::size_t>(node.range.offset + i)] = std::byte{0xff};
    const auto expected = read::test::ask(file_, bytes, {});
    ASSERT_TRUE(expected.error);
    const auto source = std::make_shared<PlayedSource>(bytes);
    QueryReader asking{source, loop_, file_, {}};
    const auto chunks = play(loop_, *source, all_chunks(asking), random_);
    ASSERT_FALSE(chunks);
    EXPECT_EQ(chunks.error().at, expected.error->at);
    EXPECT_STREQ(chunks.error().what, expected.error->what);
    EXPECT_EQ(source->waiting(), 0u);
}

TEST_F(QueryReaderTest, CancelledAtAnyStepEndsWithANamedErrorAndCancelsWhatIsUnderWay) {
    for (std::uint64_t asked = 1;; ++asked) {
        SCOPED_TRACE(asked);
        source_->started = 0;
        source_->tells_cancellation = asked % 2 == 0;
        auto asking = reader();
        asking.set_read_ahead(10'000);
        const auto next = wait_with(asking, asked);
        if (next == nullptr) break;
        // One comes just before, one after: neither is used.
        const auto late = source_->late_answer();
        if (source_->waiting() != 0) source_->answer();
        asking.cancel();
        asking.cancel();
        EXPECT_FALSE(next->done());  // never from within the call
        loop_.run_ready();
        expect_cancelled(*next);
        EXPECT_EQ(source_->waiting(), 0u);
        late();
        EXPECT_EQ(loop_.run_ready(), 0u);
        Begun<Next> again{asking.next()};
        expect_cancelled(again);
    }
}

TEST_F(QueryReaderTest, CancelledBetweenChunksCancelsWhatIsUnderWay) {
    auto asking = reader();
    ASSERT_TRUE(play(loop_, *source_, asking.next(), random_));
    ASSERT_GT(source_->waiting(), 0u);
    asking.cancel();
    EXPECT_GT(source_->waiting(), 0u);
    loop_.run_ready();
    EXPECT_EQ(source_->waiting(), 0u);
    Begun<Next> next{asking.next()};
    expect_cancelled(next);
}

TEST_F(QueryReaderTest, CancelledBeforeItBeginsAsksForNothing) {
    auto asking = reader();
    asking.cancel();
    Begun<Next> next{asking.next()};
    expect_cancelled(next);
    EXPECT_EQ(source_->started, 0u);
}

TEST_F(QueryReaderTest, CanBeCancelledFromAnotherThread) {
    for (int i = 0; i < 50; ++i) {
        auto asking = reader();
        auto task = all_chunks(asking);
        std::thread canceller{[&] { asking.cancel(); }};
        const auto chunks = loop_.run(std::move(task));
        canceller.join();
        ASSERT_FALSE(chunks);
        EXPECT_TRUE(is_cancelled(chunks.error()));
        loop_.run_ready();
        EXPECT_EQ(source_->waiting(), 0u);
    }
}

TEST_F(QueryReaderTest, DestroyedWhileNextWaitsEndsItAndTouchesNothingAfterwards) {
    for (std::uint64_t asked = 1;; ++asked) {
        SCOPED_TRACE(asked);
        source_->started = 0;
        std::optional<QueryReader> asking{std::in_place, source_, loop_, file_, scattered()};
        asking->set_read_ahead(4000);
        const auto next = wait_with(*asking, asked);
        if (next == nullptr) break;
        const auto late = source_->late_answer();
        asking.reset();
        EXPECT_EQ(source_->waiting(), 0u);
        late();
        loop_.run_ready();
        expect_cancelled(*next);
    }
}

TEST_F(QueryReaderTest, OutlivesItsTaskAndGoesOnWithTheNextOne) {
    for (std::uint64_t asked = 1; asked < 30; ++asked) {
        SCOPED_TRACE(asked);
        source_->started = 0;
        std::vector<Chunk> chunks;
        auto asking = reader();
        asking.set_read_ahead(10'000);
        for (;;) {
            Begun<Next> next{asking.next()};
            loop_.run_ready();
            while (!next.done() && source_->started < asked) {
                source_->answer();
                loop_.run_ready();
            }
            if (!next.done()) {
                if (asked % 2 == 0) source_->answer();  // its wake-up is posted already
                break;
            }
            auto chunk = next.take();
            ASSERT_TRUE(chunk);
            if (!*chunk) break;
            chunks.push_back(std::move(**chunk));
        }
        const auto rest = play(loop_, *source_, all_chunks(asking), random_);
        ASSERT_TRUE(rest);
        chunks.insert(chunks.end(), rest->begin(), rest->end());
        EXPECT_EQ(read::test::records_of(chunks), brute_force(made_, scattered()));
    }
}

TEST_F(QueryReaderTest, AllowsOneTaskAtATime) {
    auto asking = reader();
    Begun<Next> first{asking.next()};
    ASSERT_FALSE(first.done());
    Begun<Next> second{asking.next()};
    ASSERT_TRUE(second.done());
    const auto refused = second.take();
    ASSERT_FALSE(refused);
    EXPECT_STREQ(refused.error().what, "another task of the same reader is waiting");
    while (!first.done()) {
        source_->answer();
        loop_.run_ready();
    }
    EXPECT_TRUE(first.take());
}

TEST_F(QueryReaderTest, LeavesTheExecutorAloneOnceItIsGone) {
    std::function<void()> late;
    {
        Loop other;
        QueryReader asking{source_, other, file_, {}};
        Begun<Next> next{asking.next()};
        ASSERT_FALSE(next.done());
        late = source_->late_answer();
        next.destroy();
    }
    late();
    EXPECT_EQ(source_.use_count(), 1);
}

TEST_F(QueryReaderTest, IgnoresARangeThatIsCompletedTwice) {
    auto asking = reader();
    Begun<Chunks> chunks{all_chunks(asking)};
    while (!chunks.done()) {
        const auto answer = source_->late_answer();
        answer();
        answer();
        loop_.run_ready();
        answer();
        loop_.run_ready();
    }
    EXPECT_EQ(read::test::records_of(chunks.take().value()), brute_force(made_, scattered()));
}

// ---- any other reader ---------------------------------------------------------------------------------------------

Task<Result<std::size_t>> count_nodes(read::HierarchyLoad& load, Pump& pump) {
    auto run = pump.run();
    const auto step = co_await std::move(run);
    if (!step) co_return step.error();
    if (*step != wire::Step::chunk_ready) co_return load.error();
    co_return load.take_nodes().size();
}

TEST_F(QueryReaderTest, IsBuiltOnAPumpForAnyReader) {
    read::HierarchyLoad load{file_, true};
    Pump pump{load, source_, loop_};
    const auto nodes = play(loop_, *source_, count_nodes(load, pump), random_);
    ASSERT_TRUE(nodes);
    EXPECT_GE(*nodes, made_.nodes.size());
    EXPECT_GT(pump.traffic().rounds, 1u);
}

/// Wants a range behind the end of the file, then ends.
class BeyondReader final : public wire::PullReader {
public:
    wire::Step step() override { return supplied ? wire::Step::done : wire::Step::need_bytes; }
    [[nodiscard]] std::vector<ByteRange> wanted() const override { return {{~std::uint64_t{0} - 9, 5}}; }
    void supply(ByteRange, ByteView bytes) override { supplied = bytes.empty(); }
    [[nodiscard]] const Error& error() const override { return error_; }
    bool supplied = false;

private:
    Error error_;
};

TEST_F(QueryReaderTest, MakesNoRequestBehindTheEndOfTheFile) {
    BeyondReader beyond;
    Pump pump{beyond, source_, loop_};
    const auto step = loop_.run(pump.run());
    ASSERT_TRUE(step);
    EXPECT_EQ(*step, wire::Step::done);
    EXPECT_EQ(source_->started, 0u);
}

}  // namespace
}  // namespace copse::async
