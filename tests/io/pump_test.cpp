#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>

#include "copse/io.hpp"
#include "temporary_folder.hpp"

namespace copse::io {
namespace {

using testing::bytes_of;
using testing::text_of;

/// Asks for given rounds of ranges, one after the other, and keeps what it is given.
class RoundsReader final : public wire::PullReader {
public:
    explicit RoundsReader(std::vector<std::vector<ByteRange>> rounds) : rounds_{std::move(rounds)} {}

    wire::Step step() override {
        if (round_ < rounds_.size() && open_.empty() && !asked_) {
            open_ = rounds_[round_];
            asked_ = true;
        }
        if (!open_.empty()) return wire::Step::need_bytes;
        if (asked_) {
            asked_ = false;
            ++round_;
            return wire::Step::chunk_ready;
        }
        return wire::Step::done;
    }
    [[nodiscard]] std::vector<ByteRange> wanted() const override { return open_; }
    void supply(ByteRange range, ByteView bytes) override {
        EXPECT_EQ(std::erase(open_, range), 1u);
        supplied.push_back(range.offset);
        given[range.offset] = text_of(bytes);
    }
    [[nodiscard]] const Error& error() const override { return error_; }

    std::vector<FileOffset> supplied;
    std::map<FileOffset, std::string> given;

private:
    std::vector<std::vector<ByteRange>> rounds_;
    std::vector<ByteRange> open_;
    std::size_t round_ = 0;
    bool asked_ = false;
    Error error_;
};

/// Fails at the n-th read.
class FailingSource final : public wire::Source {
public:
    FailingSource(ByteView bytes, int good_reads) : inner_{bytes}, good_reads_{good_reads} {}
    [[nodiscard]] std::uint64_t size() const override { return inner_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override {
        if (good_reads_-- == 0) return Error{Code::io_failed, offset, "reading failed", EIO};
        return inner_.read_into(offset, out);
    }

private:
    MemorySource inner_;
    int good_reads_;
};

constexpr std::string_view kText = "0123456789abcdef";

TEST(PumpTest, SuppliesEveryRoundInTheOrderAskedForAndStopsAtResults) {
    MemorySource source{bytes_of(kText)};
    RoundsReader reader{{{{8, 2}, {0, 1}, {4, 3}}, {{1, 2}}}};
    EXPECT_EQ(*pump(reader, source), wire::Step::chunk_ready);
    EXPECT_EQ(reader.supplied, (std::vector<FileOffset>{8, 0, 4}));
    EXPECT_EQ(reader.given[4], "456");
    EXPECT_EQ(*pump(reader, source), wire::Step::chunk_ready);
    EXPECT_EQ(reader.given[1], "12");
    EXPECT_EQ(*pump(reader, source), wire::Step::done);
}

TEST(PumpTest, MakesOneRequestOfEachRange) {
    MemorySource source{bytes_of(kText)};
    RoundsReader reader{{{{0, 2}, {2, 3}, {5, 1}, {8, 2}}, {{12, 1}}}};
    Traffic traffic;
    EXPECT_EQ(*pump(reader, source, &traffic), wire::Step::chunk_ready);
    EXPECT_EQ(traffic.requests, 4u);
    EXPECT_EQ(traffic.bytes, 8u);
    EXPECT_EQ(traffic.rounds, 1u);
    EXPECT_EQ(reader.given, (std::map<FileOffset, std::string>{{0, "01"}, {2, "234"}, {5, "5"}, {8, "89"}}));
    EXPECT_EQ(*pump(reader, source, &traffic), wire::Step::chunk_ready);
    EXPECT_EQ(traffic.rounds, 2u);
}

TEST(PumpTest, SuppliesWhatThereIsOfARangeThatPassesTheEnd) {
    MemorySource source{bytes_of(kText)};
    const auto huge = ~std::uint64_t{0};
    RoundsReader reader{{{{10, 100}, {15, huge}, {16, 4}, {huge, huge}}}};
    Traffic traffic;
    EXPECT_EQ(*pump(reader, source, &traffic), wire::Step::chunk_ready);
    EXPECT_EQ(reader.given, (std::map<FileOffset, std::string>{{10, "abcdef"}, {15, "f"}, {16, ""}, {huge, ""}}));
    EXPECT_EQ(traffic.bytes, 7u);
}

TEST(PumpTest, HandsBackTheErrorOfEveryRead) {
    for (int good = 0; good < 3; ++good) {
        FailingSource source{bytes_of(kText), good};
        RoundsReader reader{{{{0, 1}, {4, 1}, {8, 1}}}};
        const auto step = pump(reader, source);
        ASSERT_FALSE(step);
        EXPECT_EQ(step.error().os_error, EIO);
        EXPECT_EQ(step.error().at, static_cast<FileOffset>(4 * good));
        EXPECT_EQ(reader.supplied.size(), static_cast<std::size_t>(good));
    }
}

/// Ranges come one at a time, the last one asked for first, and only when they are waited for.
class SlowSource final : public wire::Source {
public:
    explicit SlowSource(ByteView bytes) : inner_{bytes} {}
    [[nodiscard]] std::uint64_t size() const override { return inner_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override { return inner_.read_into(offset, out); }
    [[nodiscard]] std::unique_ptr<wire::Fetch> fetch() override { return std::make_unique<SlowFetch>(*this); }

    std::vector<FileOffset> started;

private:
    class SlowFetch final : public wire::Fetch {
    public:
        explicit SlowFetch(SlowSource& source) : source_{&source} {}
        void start(ByteRange range) override {
            source_->started.push_back(range.offset);
            ranges_.push_back(range);
        }
        Result<wire::Arrival> next() override {
            const auto range = ranges_.back();
            ranges_.pop_back();
            return wire::Arrival{range, *source_->inner_.read(range), range.offset == 0};
        }
        [[nodiscard]] std::size_t pending() const override { return ranges_.size(); }
        [[nodiscard]] bool ready() const override { return false; }

    private:
        SlowSource* source_;
        std::vector<ByteRange> ranges_;
    };
    MemorySource inner_;
};

/// Gives a result for each range as soon as it comes; wants `ahead` ranges at a time.
class WindowReader final : public wire::PullReader {
public:
    WindowReader(std::vector<ByteRange> ranges, std::size_t ahead) : ranges_{std::move(ranges)}, ahead_{ahead} {}
    wire::Step step() override {
        if (std::exchange(fresh_, false)) return wire::Step::chunk_ready;
        return ranges_.empty() ? wire::Step::done : wire::Step::need_bytes;
    }
    [[nodiscard]] std::vector<ByteRange> wanted() const override {
        return {ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(std::min(ahead_, ranges_.size()))};
    }
    void supply(ByteRange range, ByteView) override {
        EXPECT_EQ(std::erase(ranges_, range), 1u);
        fresh_ = true;
        came.push_back(range.offset);
    }
    [[nodiscard]] const Error& error() const override { return error_; }

    std::vector<FileOffset> came;

private:
    std::vector<ByteRange> ranges_;
    std::size_t ahead_;
    bool fresh_ = false;
    Error error_;
};

/// Gives ranges in parts that end at the cuts.
class PartsSource final : public wire::Source {
public:
    explicit PartsSource(ByteView bytes) : inner_{bytes} {}
    [[nodiscard]] std::uint64_t size() const override { return inner_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override { return inner_.read_into(offset, out); }
    [[nodiscard]] std::unique_ptr<wire::Fetch> fetch() override { return std::make_unique<PartsFetch>(*this); }

    std::vector<ByteRange> started;

private:
    class PartsFetch final : public wire::Fetch {
    public:
        explicit PartsFetch(PartsSource& source) : source_{&source} {}
        void start(ByteRange range) override { start_in_parts(range, {}); }
        void start_in_parts(ByteRange range, std::vector<FileOffset> cuts) override {
            source_->started.push_back(range);
            cuts.push_back(range.end());
            auto from = range.offset;
            for (const auto cut : cuts) {
                auto bytes = *source_->inner_.read({from, cut - from});
                parts_.push_back({range, std::move(bytes), false, from - range.offset, cut == range.end()});
                from = cut;
            }
            ++pending_;
        }
        Result<wire::Arrival> next() override {
            auto part = std::move(parts_.front());
            parts_.pop_front();
            if (part.is_last) --pending_;
            return part;
        }
        [[nodiscard]] std::size_t pending() const override { return pending_; }
        [[nodiscard]] bool ready() const override { return false; }

    private:
        PartsSource* source_;
        std::deque<wire::Arrival> parts_;
        std::size_t pending_ = 0;
    };
    MemorySource inner_;
};

/// Wants one range, and what has not come of it; has a result for every part.
class PartsReader final : public wire::PullReader {
public:
    PartsReader(ByteRange range, std::vector<FileOffset> cuts) : left_{range}, cuts_{std::move(cuts)} {}
    wire::Step step() override {
        if (std::exchange(fresh_, false)) return wire::Step::chunk_ready;
        return ended_ ? wire::Step::done : wire::Step::need_bytes;
    }
    [[nodiscard]] std::vector<ByteRange> wanted() const override {
        return ended_ ? std::vector<ByteRange>{} : std::vector{left_};
    }
    void supply(ByteRange range, ByteView bytes) override {
        EXPECT_EQ(range.offset, left_.offset);
        came.push_back(text_of(bytes));
        left_ = {range.end(), left_.size - range.size};
        ended_ = left_.size == 0;
        fresh_ = true;
    }
    [[nodiscard]] std::vector<FileOffset> cuts(ByteRange) const override { return cuts_; }
    [[nodiscard]] const Error& error() const override { return error_; }

    std::vector<std::string> came;

private:
    ByteRange left_;
    std::vector<FileOffset> cuts_;
    bool fresh_ = false, ended_ = false;
    Error error_;
};

TEST(PumpTest, HandsInPartsAndAsksForNoneAgain) {
    const auto bytes = bytes_of(kText);
    PartsSource source{bytes};
    PartsReader reader{{2, 9}, {5, 6}};
    Pump loop{reader, source};
    EXPECT_EQ(*loop.run(), wire::Step::chunk_ready);
    EXPECT_EQ(reader.came, (std::vector<std::string>{"234"}));
    while (*loop.run() != wire::Step::done) {
    }
    EXPECT_EQ(reader.came, (std::vector<std::string>{"234", "5", "6789a"}));
    EXPECT_EQ(source.started, (std::vector<ByteRange>{{2, 9}}));
    EXPECT_EQ(loop.traffic().requests, 1u);
    EXPECT_EQ(loop.traffic().bytes, 9u);
    EXPECT_EQ(loop.traffic().rounds, 1u);
}

TEST(PumpTest, ComesBackWithinATurnBeforeItWaits) {
    const auto bytes = bytes_of(kText);
    PartsSource source{bytes};
    PartsReader reader{{2, 9}, {5, 6}};
    Pump loop{reader, source};
    EXPECT_EQ(*loop.turn(), wire::Step::need_bytes);
    EXPECT_EQ(source.started, (std::vector<ByteRange>{{2, 9}}));
    EXPECT_TRUE(reader.came.empty());
    EXPECT_EQ(*loop.turn(), wire::Step::chunk_ready);
    EXPECT_EQ(reader.came, (std::vector<std::string>{"234"}));
    // Full again: what is under way is not waited for.
    EXPECT_EQ(*loop.turn(), wire::Step::need_bytes);
    EXPECT_EQ(reader.came, (std::vector<std::string>{"234"}));
    // It may be mixed with `run`.
    EXPECT_EQ(*loop.run(), wire::Step::chunk_ready);
    EXPECT_EQ(reader.came, (std::vector<std::string>{"234", "5"}));
    while (*loop.turn() != wire::Step::done) {
    }
    EXPECT_EQ(reader.came, (std::vector<std::string>{"234", "5", "6789a"}));
    EXPECT_EQ(source.started, (std::vector<ByteRange>{{2, 9}}));
}

TEST(PumpTest, ErrorsOfATurnAreTheSources) {
    const auto bytes = bytes_of(kText);
    FailingSource source{bytes, 0};
    RoundsReader reader{{{{8, 2}}}};
    Pump loop{reader, source};
    EXPECT_EQ(*loop.turn(), wire::Step::need_bytes);
    const auto failed = loop.turn();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().os_error, EIO);
}

TEST(PumpTest, SaysWithTheLastPartThatTheFileEnds) {
    const auto bytes = bytes_of(kText);
    PartsSource source{bytes};
    PartsReader reader{{12, 100}, {14}};
    Pump loop{reader, source};
    while (*loop.run() != wire::Step::done) {
    }
    EXPECT_EQ(reader.came, (std::vector<std::string>{"cd", "ef"}));
    EXPECT_EQ(source.started, (std::vector<ByteRange>{{12, 4}}));
}

TEST(PumpTest, HandsInEachRangeAsItComesAndKeepsTheOthersUnderWay) {
    const auto bytes = bytes_of(kText);
    SlowSource source{bytes};
    WindowReader reader{{{0, 1}, {2, 1}, {4, 1}, {6, 1}}, 2};
    Pump loop{reader, source};
    EXPECT_EQ(*loop.run(), wire::Step::chunk_ready);
    EXPECT_EQ(reader.came, (std::vector<FileOffset>{2}));
    // The next one is under way although nobody waits for it yet, and none is asked for twice.
    EXPECT_EQ(source.started, (std::vector<FileOffset>{0, 2, 4}));
    while (*loop.run() != wire::Step::done) {
    }
    EXPECT_EQ(reader.came, (std::vector<FileOffset>{2, 4, 6, 0}));
    EXPECT_EQ(source.started, (std::vector<FileOffset>{0, 2, 4, 6}));
    // Offset 0 came from a cache.
    EXPECT_EQ(loop.traffic().requests, 3u);
    EXPECT_EQ(loop.traffic().bytes, 3u);
    EXPECT_EQ(loop.traffic().rounds, 1u);
}

}  // namespace
}  // namespace copse::io
