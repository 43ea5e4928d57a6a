// Answering a question: pages first, then chunks in file order.
#include <algorithm>
#include <cassert>
#include <deque>
#include <utility>
#include <vector>

#include "copse/read.hpp"
#include "read/chunk_answer.hpp"
#include "read/intake.hpp"
#include "read/page_walk.hpp"
#include "read/query_plan.hpp"

namespace copse::read {
namespace {

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
// Nodes that are answered together, and how many points they have at most: what bounds the memory they take.
constexpr std::size_t kNodesAtATime = 12;
constexpr std::uint64_t kRowsAtATime = 400'000;

}  // namespace

struct Query::State {
    std::shared_ptr<const File> file;
    Request request;
    wire::Limits limits;
    Question question;
    std::uint64_t read_ahead = 16u << 20;

    Intake intake;
    Statistics statistics;
    std::vector<std::string> warnings;
    std::optional<Error> failure;

    enum class Phase : std::uint8_t { pages, chunks, finished } phase = Phase::pages;
    bool use_index = false;
    std::optional<PageWalk> walk;
    std::vector<NodeTask> tasks;
    std::size_t next = 0;                    // task not answered yet
    std::size_t asked = 0;                   // task whose chunk is not asked for yet
    std::uint64_t held = 0;                  // bytes of the chunks between them
    AnsweredRows answered;                   // while the index is used: it may turn out wrong
    std::deque<Result<NodeAnswer>> answers;  // of the tasks from `next` on
    std::optional<Chunk> ready;

    State(std::shared_ptr<const File> opened, Request asked_for, wire::Limits allowed)
        : file{std::move(opened)},
          request{std::move(asked_for)},
          limits{allowed},
          question{RawBox{request.box, file->header}, request.time, request.columns, request.count_only} {
        const bool nothing = question.box.empty() || (request.time && request.time->empty()) || request.max_level < 0 ||
                             request.max_points == 0;
        if (nothing) {
            phase = Phase::finished;
            return;
        }
        use_index = request.time && request.use_index == UseIndex::if_sound && file->temporal;
        start_walk();
    }

    void fail(const Error& error) {
        failure = error;
        intake.clear();
        tasks.clear();
        answers.clear();
        walk.reset();
    }

    // ---- pages ------------------------------------------------------------------------------------------------------

    void start_walk() {
        phase = Phase::pages;
        statistics.index_used = use_index;
        walk.emplace(*file, PageFilter{request.box, request.max_level, request.time, use_index}, limits);
        if (const auto status = walk->start(); !status) return fail(status.error());
        ask_for_pages();
    }

    void ask_for_pages() {
        statistics.nodes = walk->nodes_seen();
        for (const auto page : walk->wanted()) {
            intake.ask(page);
            statistics.index_bytes += page.size;
        }
    }

    void take_pages() {
        const auto pages = walk->wanted();
        if (!pages.empty()) {
            if (const auto status = walk->absorb(intake); !status) return fail(status.error());
            for (const auto page : pages) intake.drop(page);
        }
        if (use_index && walk->index_fault()) return drop_index(walk->index_fault()->what);
        if (!walk->wanted().empty()) return ask_for_pages();
        make_plan();
    }

    /// Starts over from the hierarchy. What was answered stays answered, row by row: the plan without the index takes
    /// up the nodes that the index excluded, and the rows that it excluded from others.
    void drop_index(const char* why) {
        warnings.push_back(std::string{"the temporal index is wrong and no longer used: "} + why);
        use_index = false;
        intake.clear();
        tasks.clear();
        answers.clear();
        next = asked = 0;
        held = 0;
        start_walk();
    }

    void make_plan() {
        statistics.nodes = walk->nodes_seen();
        if (const auto status = walk->check_total(); !status) return fail(status.error());
        auto plan =
            plan_tasks(*file, *walk, use_index ? &*request.time : nullptr, request.max_points, answered, limits);
        if (!plan) return fail(plan.error());
        walk.reset();
        tasks = std::move(plan->tasks);
        statistics.cut = statistics.cut || plan->cut;
        phase = Phase::chunks;
    }

    // ---- chunks -----------------------------------------------------------------------------------------------------

    /// Counting all points of a node takes no more than its entry.
    [[nodiscard]] bool needs_bytes() const { return !question.count_only || question.tests_points(); }

    void ask_for_chunks() {
        for (; needs_bytes() && asked < tasks.size(); ++asked) {
            const auto range = tasks[asked].entry.range();
            const bool fits = held <= read_ahead && range.size <= read_ahead - held;
            if (!fits && asked != next) return;
            intake.ask(range);
            held += range.size;
            ++statistics.candidate_nodes;
            statistics.chunk_bytes += range.size;
        }
    }

    [[nodiscard]] ByteView bytes_of(const NodeTask& task) const {
        return needs_bytes() ? intake.bytes(task.entry.range()) : ByteView{};
    }

    /// Answers the next node, and with it those whose chunks are there as well and that are not too large.
    void answer_some() {
        std::vector<NodeToAnswer> nodes;
        std::uint64_t rows = 0;
        // With a limit on the points it is not known before which nodes are wanted.
        const bool together = needs_bytes() && request.max_points == kNoLimit;
        for (auto i = next; together && i < tasks.size() && nodes.size() < kNodesAtATime; ++i) {
            rows += static_cast<std::uint64_t>(tasks[i].entry.point_count);
            if (rows > kRowsAtATime || !intake.has(tasks[i].entry.range())) break;
            nodes.push_back({&tasks[i], bytes_of(tasks[i])});
        }
        if (nodes.size() < 2) {
            answers.push_back(answer_node(*file, question, tasks[next], bytes_of(tasks[next])));
            return;
        }
        for (auto& answer : answer_nodes(*file, question, nodes)) answers.push_back(std::move(answer));
    }

    void answer_next() {
        auto& task = tasks[next];
        const auto left = request.max_points - statistics.points;
        if (left == 0) return finish_early();
        task.max_points = std::min(task.max_points, left);

        if (answers.empty()) answer_some();
        auto answer = std::move(answers.front());
        answers.pop_front();
        if (!answer) return fail(answer.error());
        if (needs_bytes()) {
            const auto range = task.entry.range();
            intake.drop(range);
            held -= range.size;
            ++statistics.chunks_decoded;
            statistics.points_decoded += answer->rows_decoded;
        }
        if (answer->contradicts_index) return drop_index("the times of a node are not what its samples say");

        const auto rows = static_cast<std::uint64_t>(task.entry.point_count);
        if (use_index) answered[task.entry.key] = answer->cut ? rows : task.last_row;
        statistics.cut = statistics.cut || answer->cut;
        statistics.points += answer->chunk.matched;
        if (answer->chunk.matched != 0) ready = std::move(answer->chunk);
        task = {};
        ++next;
    }

    /// Only after an index was dropped: the first plan was for other nodes, and what they gave is enough.
    void finish_early() {
        statistics.cut = true;
        phase = Phase::finished;
        intake.clear();
    }

    wire::Step step() {
        while (!failure && !ready && phase != Phase::finished) {
            if (phase == Phase::pages) {
                if (intake.hungry()) return wire::Step::need_bytes;
                take_pages();
                continue;
            }
            ask_for_chunks();
            if (next == tasks.size())
                phase = Phase::finished;
            else if (needs_bytes() && !intake.has(tasks[next].entry.range()))
                return wire::Step::need_bytes;
            else
                answer_next();
        }
        if (failure) return wire::Step::failed;
        return ready ? wire::Step::chunk_ready : wire::Step::done;
    }
};

Query::Query(std::shared_ptr<const File> file, Request request, wire::Limits limits)
    : state_{std::make_unique<State>(std::move(file), std::move(request), limits)} {}
Query::~Query() = default;
Query::Query(Query&&) noexcept = default;
Query& Query::operator=(Query&&) noexcept = default;

wire::Step Query::step() { return state_->step(); }

std::vector<ByteRange> Query::wanted() const { return state_->intake.missing(); }

void Query::supply(ByteRange range, ByteView bytes) {
    if (state_->failure) return;
    if (const auto status = state_->intake.supply(range, bytes); !status) state_->fail(status.error());
}

const Error& Query::error() const {
    assert(state_->failure);
    return *state_->failure;
}

Chunk Query::take_chunk() {
    assert(state_->ready);
    Chunk chunk = std::move(*state_->ready);
    state_->ready.reset();
    return chunk;
}

void Query::set_read_ahead(std::uint64_t bytes) { state_->read_ahead = bytes; }
const Statistics& Query::statistics() const { return state_->statistics; }
std::span<const std::string> Query::warnings() const { return state_->warnings; }

}  // namespace copse::read
