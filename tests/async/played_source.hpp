// A byte source whose ranges come when, and in which order, the test says.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

#include "copse/async.hpp"
#include "read/reading.hpp"

namespace copse::async::test {

using read::test::part_of;

class PlayedSource final : public ByteSource {
public:
    explicit PlayedSource(ByteView bytes) : bytes_{bytes} {}

    [[nodiscard]] std::optional<std::uint64_t> size() const override {
        if (hides_size) return std::nullopt;
        return bytes_.size();
    }
    std::unique_ptr<Transfer> start(ByteRange range, Completion done) override {
        const auto id = started++;
        waiting_[id] = {range, std::move(done)};
        return std::make_unique<PlayedTransfer>(*this, id);
    }

    /// Ranges that were neither answered nor cancelled.
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    /// Answers the `index`-th of the waiting ranges, counted from the one begun first.
    void answer(std::size_t index = 0) {
        const auto asked = take(index);
        const auto part = part_of(bytes_, asked.range);
        hides_size = false;
        asked.done(Bytes{part.begin(), part.end()});
    }
    void refuse(std::size_t index, const Error& error) { take(index).done(error); }
    /// A completion for the test to call when it likes; the range counts as answered.
    std::function<void()> late_answer(std::size_t index = 0) {
        auto asked = take(index);
        const auto part = part_of(bytes_, asked.range);
        return [done = std::move(asked.done), bytes = Bytes{part.begin(), part.end()}] { done(bytes); };
    }

    std::uint64_t started = 0;
    std::uint64_t cancelled = 0;
    bool hides_size = false;          ///< until the first range is answered
    bool tells_cancellation = false;  ///< calls the completion from within the transfer's destructor
    bool is_gone = false;

private:
    struct Asked {
        ByteRange range;
        Completion done;
    };
    class PlayedTransfer final : public Transfer {
    public:
        PlayedTransfer(PlayedSource& source, std::uint64_t id) : source_{&source}, id_{id} {}
        ~PlayedTransfer() override {
            auto& waiting = source_->waiting_;
            const auto found = waiting.find(id_);
            if (found == waiting.end()) return;
            const auto asked = std::move(found->second);
            waiting.erase(found);
            ++source_->cancelled;
            if (source_->tells_cancellation) asked.done(Error{Code::io_failed, 0, "cancelled as asked"});
        }

    private:
        PlayedSource* source_;
        std::uint64_t id_;
    };
    Asked take(std::size_t index) {
        auto at = waiting_.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(index));
        auto asked = std::move(at->second);
        waiting_.erase(at);
        return asked;
    }

    ByteView bytes_;
    std::map<std::uint64_t, Asked> waiting_;
};

/// A task begun at once, for tests that look at it between steps.
template <class T>
class Begun {
public:
    explicit Begun(Task<T> task) : task_{std::move(task)} { task_->resume(); }
    [[nodiscard]] bool done() const { return task_->done(); }
    T take() { return task_->take(); }
    void destroy() { task_.reset(); }

private:
    std::optional<Task<T>> task_;
};

/// Answers ranges in random order and runs the loop until the task is at its end.
template <class T>
T play(Loop& loop, PlayedSource& source, Task<T> task, std::mt19937& random) {
    Begun<T> begun{std::move(task)};
    for (int i = 0; !begun.done() && i < 100000; ++i) {
        if (loop.run_ready() != 0) continue;
        if (source.waiting() == 0) {
            ADD_FAILURE() << "nothing is under way, and the task waits";
            std::abort();
        }
        // Several may come before the loop gets to run.
        for (auto count = 1 + random() % 3; count > 0 && source.waiting() > 0; --count)
            source.answer(random() % source.waiting());
    }
    return begun.take();
}

inline std::shared_ptr<const read::File> open_played(Loop& loop, const std::shared_ptr<PlayedSource>& source) {
    std::mt19937 random{1};
    auto file = play(loop, *source, open(source, loop), random);
    EXPECT_TRUE(file) << file.error().what;
    return file ? *file : nullptr;
}

/// About seventy nodes, and pages of three levels, more of them than opening reads along.
inline const read::test::MadeFile& many_nodes() {
    static const auto made = [] {
        read::test::Recipe recipe;
        recipe.depth = 2;
        recipe.stride = 1;
        recipe.levels_per_page = recipe.index_levels_per_page = 1;
        return read::test::make_copc(read::test::scattered_points(copse::test::layout_of(6), 5000, 5), recipe);
    }();
    return made;
}

/// A question whose chunks lie apart, so that there are several requests.
inline read::Request scattered() {
    read::Request request;
    request.box.max[2] = 30;
    request.max_gap = 0;
    return request;
}

}  // namespace copse::async::test
