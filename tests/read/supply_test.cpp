// However the bytes come in, the answer is the same.
#include <gtest/gtest.h>

#include "copse/io.hpp"
#include "read/intake.hpp"
#include "read/reading.hpp"

namespace copse::read {
namespace {

using namespace test;

// ---- Intake -------------------------------------------------------------------------------------------------------

Bytes counting(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
    return bytes;
}

TEST(Intake, PutsPiecesTogetherInAnyOrder) {
    const auto file = counting(200);
    std::mt19937 random{1};
    for (int i = 0; i < 300; ++i) {
        Intake intake;
        const ByteRange asked{random() % 100, 1 + random() % 100};
        intake.ask(asked);
        while (intake.hungry()) {
            EXPECT_FALSE(intake.has(asked));
            const ByteRange piece{random() % 200, random() % 60};
            ASSERT_TRUE(intake.supply({piece.offset, part_of(file, piece).size()}, part_of(file, piece)));
        }
        ASSERT_TRUE(intake.has(asked));
        EXPECT_TRUE(intake.missing().empty());
        const auto bytes = intake.bytes(asked);
        EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), part_of(file, asked).begin()));
    }
}

TEST(Intake, SaysWhatIsMissing) {
    const auto file = counting(100);
    Intake intake;
    intake.ask({10, 20});
    ASSERT_TRUE(intake.supply({15, 5}, part_of(file, {15, 5})));
    EXPECT_EQ(intake.missing(), (std::vector<ByteRange>{{10, 5}, {20, 10}}));
}

TEST(Intake, IgnoresWhatWasNotAskedFor) {
    Intake intake;
    intake.ask({10, 20});
    EXPECT_TRUE(intake.supply({30, 5}, counting(5)));
    EXPECT_TRUE(intake.supply({0, 10}, counting(10)));
    EXPECT_TRUE(intake.supply({40, 10}, counting(3))) << "short, but nobody cares";
    EXPECT_TRUE(intake.supply({~FileOffset{0}, 10}, counting(10)));
    EXPECT_EQ(intake.missing(), (std::vector<ByteRange>{{10, 20}}));
}

TEST(Intake, TakesAShortRangeForTheEndOfTheFile) {
    Intake intake;
    intake.ask({10, 20});
    const auto status = intake.supply({10, 20}, counting(7));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::truncated);
    EXPECT_EQ(status.error().at, 17u);
}

TEST(Intake, HoldsARangeAsOftenAsItWasAskedFor) {
    Intake intake;
    intake.ask({10, 2});
    intake.ask({10, 2});
    ASSERT_TRUE(intake.supply({10, 2}, counting(2)));
    intake.drop({10, 2});
    EXPECT_TRUE(intake.has({10, 2}));
    intake.drop({10, 2});
    EXPECT_FALSE(intake.has({10, 2}));
    EXPECT_FALSE(intake.hungry());
}

TEST(Intake, ForgetsTheHungerOfWhatIsDropped) {
    Intake intake;
    intake.ask({10, 2});
    EXPECT_TRUE(intake.hungry());
    intake.drop({10, 2});
    EXPECT_FALSE(intake.hungry());
}

// ---- queries ------------------------------------------------------------------------------------------------------

/// Supplies in random order, in pieces, several ranges as one, twice, and things nobody asked for.
class WildFeeder {
public:
    WildFeeder(ByteView file, std::uint32_t seed) : file_{file}, random_{seed} {}

    wire::Step operator()(wire::PullReader& reader) {
        for (int round = 0; round < 100000; ++round) {
            const auto step = reader.step();
            if (step != wire::Step::need_bytes) return step;
            auto ranges = reader.wanted();
            EXPECT_FALSE(ranges.empty());
            std::shuffle(ranges.begin(), ranges.end(), random_);
            // Not all of them: the next call of step() has to cope.
            ranges.resize(1 + random_() % ranges.size());
            for (const auto range : ranges) supply(reader, range);
        }
        return wire::Step::failed;
    }

private:
    void supply(wire::PullReader& reader, ByteRange range) {
        const auto give = [&](ByteRange some) {
            const auto bytes = part_of(file_, some);
            some.size = bytes.size();
            if (random_() % 2 == 0) return reader.supply(some, bytes);
            reader.hand_over(some, Bytes{bytes.begin(), bytes.end()});
        };
        switch (random_() % 7) {
            case 5: {  // as a source does that gives parts
                auto from = range.offset;
                auto ends = reader.cuts(range);
                ends.push_back(range.end());
                for (const auto end : ends) {
                    EXPECT_GT(end, from);
                    EXPECT_LE(end, range.end());
                    give({from, end - from});
                    from = end;
                }
                break;
            }
            case 0: {
                const auto cut = random_() % (range.size + 1);
                give({range.offset + cut, range.size - cut});
                give({range.offset, cut});
                break;
            }
            case 1:
                give({range.offset, range.size / 2});
                break;  // the rest when it is wanted again
            case 2:
                give({range.offset - std::min<std::uint64_t>(range.offset, 100), range.size + 200});
                break;
            case 3:
                give(range);
                give(range);
                break;
            case 4:
                give({random_() % file_.size(), random_() % 300});
                give(range);
                break;
            default:
                give(range);
        }
    }

    ByteView file_;
    std::mt19937 random_;
};

TEST(Supply, ChangesNeitherTheFileNorTheAnswer) {
    auto points = scattered_points({6, 30}, 3000, 7);
    copse::test::spoil_times(points, 1);
    const auto made = make_copc(std::move(points));
    const auto plain = open_file(made.bytes);
    ASSERT_TRUE(plain);
    RandomRequests requests{made, 3};
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(seed);
        WildFeeder feeder{made.bytes, seed};
        Opening opening{made.bytes.size()};
        ASSERT_EQ(feeder(opening), wire::Step::chunk_ready);
        const auto file = opening.take_file();
        EXPECT_EQ(file->root_page, plain->root_page);
        EXPECT_EQ(file->evlrs.size(), plain->evlrs.size());
        EXPECT_EQ(file->temporal.has_value(), plain->temporal.has_value());

        const auto request = requests.next();
        Query query{file, request};
        query.set_read_ahead(seed * 200);
        const auto answer = answer_of(query, [&](Query& reader) { return feeder(reader); });
        ASSERT_FALSE(answer.error) << answer.error->what;
        expect_file_order(answer.chunks);
        EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
        const auto straight = ask(plain, made.bytes, request);
        EXPECT_EQ(straight.statistics.chunks_decoded, answer.statistics.chunks_decoded);
        EXPECT_EQ(straight.statistics.chunk_bytes, answer.statistics.chunk_bytes);
    }
}

TEST(Supply, LetsAHostFetchAheadWhileChunksAreTaken) {
    const auto made = make_copc(scattered_points({6, 30}, 3000, 7));
    Query query{open_file(made.bytes), {}};
    query.set_read_ahead(2000);
    std::vector<Chunk> chunks;
    for (;;) {
        const auto step = query.step();
        // An asynchronous host supplies whatever is wanted by now, also when there is a chunk to take.
        for (const auto range : query.wanted()) query.supply(range, part_of(made.bytes, range));
        if (step == wire::Step::chunk_ready) chunks.push_back(query.take_chunk());
        if (step == wire::Step::done) break;
        ASSERT_NE(step, wire::Step::failed);
    }
    EXPECT_EQ(records_of(chunks), brute_force(made, {}));
}

TEST(Supply, FailsWhereTheFileEndsTooEarly) {
    const auto made = make_copc(scattered_points({6, 30}, 3000, 7));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    const auto& last = *std::max_element(made.nodes.begin(), made.nodes.end(),
                                         [](const auto& a, const auto& b) { return a.range < b.range; });
    // The file shrank after it was opened.
    const ByteView shrunk = ByteView{made.bytes}.first(static_cast<std::size_t>(last.range.end() - 1));
    Query query{file, {}};
    WildFeeder feeder{made.bytes, 1};
    auto answer = answer_of(query, [&](Query& reader) {
        if (reader.statistics().chunk_bytes == 0) {
            // Pages come from the whole file.
            while (reader.step() == wire::Step::need_bytes && reader.statistics().chunk_bytes == 0)
                for (const auto range : reader.wanted()) reader.supply(range, part_of(made.bytes, range));
        }
        return feed(reader, shrunk);
    });
    ASSERT_TRUE(answer.error);
    EXPECT_EQ(answer.error->code, Code::truncated);
    EXPECT_EQ(answer.error->at, shrunk.size());
}

TEST(Supply, GivesTheSameAnswerThroughAnExecutor) {
    const auto made = make_copc(scattered_points({7, 38}, 6000, 3));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    RandomRequests requests{made, 17};
    const auto executor = io::make_executor(3);
    for (int i = 0; i < 50; ++i) {
        SCOPED_TRACE(i);
        const auto request = requests.next();
        Query query{file, request};
        query.set_executor(*executor);
        const auto answer = answer_of(query, [&](Query& reader) { return feed(reader, made.bytes); });
        EXPECT_FALSE(answer.error);
        EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
        expect_file_order(answer.chunks);
    }
}

}  // namespace
}  // namespace copse::read
