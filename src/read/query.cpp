// Answering a question: pages first, then chunks in file order.
#include <algorithm>
#include <cassert>
#include <map>
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
// Rows of nodes that are answered before their turn and wait for it: there is something to do as soon as anything
// comes.
constexpr std::uint64_t kRowsBeforeTurn = 800'000;

/// The box, no larger than the polygon.
copc::Box box_of(const Request& request) {
    auto box = request.box;
    if (!request.polygon) return box;
    const auto min = request.polygon->min();
    const auto max = request.polygon->max();
    box.min = {std::max(box.min[0], min.x), std::max(box.min[1], min.y), box.min[2]};
    box.max = {std::min(box.max[0], max.x), std::min(box.max[1], max.y), box.max[2]};
    return box;
}

}  // namespace

struct Query::State {
    std::shared_ptr<const File> file;
    Request request;
    wire::Limits limits;
    Question question;
    std::uint64_t read_ahead = 32u << 20;
    wire::Executor* executor = nullptr;

    Intake intake;
    Statistics statistics;
    std::vector<std::string> warnings;
    std::optional<Error> failure;

    enum class Phase : std::uint8_t { pages, chunks, finished } phase = Phase::pages;
    bool use_index = false;
    std::optional<PageWalk> walk;
    std::optional<Plan> plan;
    std::vector<NodeTask> tasks;
    std::vector<Joined> requests;                       // for the chunks of the tasks; none where no bytes are needed
    std::size_t asked = 0;                              // request not made yet
    std::vector<std::size_t> open_tasks;                // of each request made: tasks not answered
    std::vector<std::uint64_t> held_of;                 // ... and bytes that count for it
    std::size_t next = 0;                               // task such that all before it are answered
    std::uint64_t held = 0;                             // bytes that are under way or not answered
    AnsweredRows answered;                              // while the index is used: it may turn out wrong
    std::map<std::size_t, Result<NodeAnswer>> answers;  // by task
    std::uint64_t rows_answered = 0;                    // rows of these tasks
    std::optional<Chunk> ready;

    State(std::shared_ptr<const File> opened, Request asked_for, wire::Limits allowed)
        : file{std::move(opened)},
          request{std::move(asked_for)},
          limits{allowed},
          question{RawBox{box_of(request), file->header},
                   request.time,
                   request.polygon,
                   request.where,
                   request.columns,
                   request.count_only} {
        const bool nothing = question.box.empty() || (request.time && request.time->empty()) || request.max_level < 0;
        if (nothing) {
            plan.emplace();
            phase = Phase::finished;
            return;
        }
        use_index = request.time && request.use_index == UseIndex::if_sound && file->temporal;
        start_walk();
    }

    void fail(const Error& error) {
        failure = error;
        intake.clear();
        forget_tasks();
        walk.reset();
    }

    void forget_tasks() {
        tasks.clear();
        requests.clear();
        answers.clear();
        rows_answered = 0;
        open_tasks.clear();
        held_of.clear();
        asked = next = 0;
        held = 0;
    }

    // ---- pages ------------------------------------------------------------------------------------------------------

    void start_walk() {
        phase = Phase::pages;
        statistics.index_used = use_index;
        const auto* polygon = request.polygon ? &*request.polygon : nullptr;
        walk.emplace(*file, PageFilter{box_of(request), polygon, request.max_level, request.time, use_index}, limits);
        if (const auto status = walk->start(); !status) return fail(status.error());
        ask_for_pages();
    }

    void ask_for_pages() {
        statistics.nodes = walk->nodes_seen();
        const auto to_fetch = walk->ask(intake);
        statistics.index_bytes += to_fetch.bytes;
        statistics.requests += to_fetch.requests;
    }

    void take_pages() {
        if (walk->wants_pages())
            if (const auto status = walk->absorb(intake); !status) return fail(status.error());
        if (use_index && walk->index_fault()) return drop_index(walk->index_fault()->what);
        if (walk->wants_pages()) return ask_for_pages();
        make_plan();
    }

    /// Starts over from the hierarchy. What was answered stays answered, row by row: the plan without the index takes
    /// up the nodes that the index excluded, and the rows that it excluded from others.
    void drop_index(const char* why) {
        warnings.push_back(std::string{"the temporal index is wrong and no longer used: "} + why);
        use_index = false;
        intake.clear();
        forget_tasks();
        start_walk();
    }

    void make_plan() {
        statistics.nodes = walk->nodes_seen();
        if (const auto status = walk->check_total(); !status) return fail(status.error());
        auto planned =
            plan_tasks(*file, *walk, use_index ? &*request.time : nullptr, request.max_points, answered, limits);
        if (!planned) return fail(planned.error());
        walk.reset();
        if (needs_bytes()) requests = plan_requests(planned->tasks, request.max_gap, read_ahead);
        plan = summarise(*planned, requests);
        statistics.cut = statistics.cut || planned->cut;
        tasks = std::move(planned->tasks);
        phase = request.plan_only ? Phase::finished : Phase::chunks;
    }

    // ---- chunks -----------------------------------------------------------------------------------------------------

    /// Counting all points of a node takes no more than its entry.
    [[nodiscard]] bool needs_bytes() const { return !question.count_only || question.tests_points(); }

    void ask_for_chunks() {
        for (; asked < requests.size(); ++asked) {
            const auto& joined = requests[asked];
            const bool fits = held <= read_ahead && joined.range.size <= read_ahead - held;
            if (!fits && held != 0) return;
            std::vector<ByteRange> parts;
            for (auto i = joined.first; i < joined.last; ++i) {
                parts.push_back(tasks[i].entry.range());
                statistics.chunk_bytes += parts.back().size;
            }
            intake.ask_together(parts, joined.range);
            open_tasks.push_back(parts.size());
            held_of.push_back(joined.range.size);
            held += joined.range.size;
            ++statistics.requests;
            statistics.candidate_nodes += parts.size();
            statistics.bridged_bytes += joined.bridged;
        }
    }

    /// The chunk of a task is not needed any more.
    void drop_chunk(std::size_t task) {
        intake.drop(tasks[task].entry.range());
        const auto after =
            std::upper_bound(requests.begin(), requests.end(), task,
                             [](std::size_t place, const Joined& joined) { return place < joined.first; });
        const auto request_of_task = static_cast<std::size_t>(after - requests.begin()) - 1;
        // Chunks may overlap: no byte is given back twice.
        auto& bytes = held_of[request_of_task];
        const auto freed = --open_tasks[request_of_task] == 0 ? bytes : std::min(bytes, tasks[task].entry.range().size);
        bytes -= freed;
        held -= freed;
    }

    /// One past the last task whose chunk was asked for.
    [[nodiscard]] std::size_t asked_end() const {
        if (!needs_bytes()) return tasks.size();
        return asked == 0 ? 0 : requests[asked - 1].last;
    }

    [[nodiscard]] static std::uint64_t rows_of(const NodeTask& task) {
        return static_cast<std::uint64_t>(task.entry.point_count);
    }

    [[nodiscard]] bool can_answer(std::size_t task) const {
        if (tasks[task].answered || answers.contains(task)) return false;
        return !needs_bytes() || intake.has(tasks[task].entry.range());
    }

    [[nodiscard]] ByteView bytes_of(const NodeTask& task) const {
        return needs_bytes() ? intake.bytes(task.entry.range()) : ByteView{};
    }

    [[nodiscard]] std::size_t threads() const { return executor == nullptr ? 1 : executor->concurrency(); }

    /// The tasks to answer now: those whose chunks are there, from the next one on, as far as they are not too large.
    [[nodiscard]] std::vector<std::size_t> choose_tasks() const {
        // With a limit on the points it is not known before which nodes are wanted.
        const bool several = needs_bytes() && request.max_points == kNoLimit;
        const auto most_nodes = several ? kNodesAtATime * threads() : 1;
        const auto most_rows = kRowsAtATime * threads();
        const auto end = several ? asked_end() : std::min(next + 1, asked_end());
        std::vector<std::size_t> chosen;
        std::uint64_t rows = 0, before_turn = rows_answered;
        bool in_turn = true;
        for (auto i = next; i < end && chosen.size() < most_nodes; ++i) {
            if (!can_answer(i)) {
                in_turn = in_turn && tasks[i].answered;
                continue;
            }
            if (request.order == Order::file && !in_turn) {
                before_turn += rows_of(tasks[i]);
                if (before_turn > kRowsBeforeTurn) break;
            }
            rows += tasks[i].last_row;
            if (rows > most_rows && !chosen.empty()) break;
            chosen.push_back(i);
        }
        return chosen;
    }

    /// Tasks that are decoded together, one group for each thread, with about as many rows each: the largest first,
    /// each to whom has least.
    [[nodiscard]] std::vector<std::vector<std::size_t>> grouped(std::vector<std::size_t> chosen) const {
        const auto rows = [&](std::size_t task) { return tasks[task].last_row; };
        std::sort(chosen.begin(), chosen.end(),
                  [&](std::size_t a, std::size_t b) { return std::pair{rows(b), a} < std::pair{rows(a), b}; });
        std::vector<std::vector<std::size_t>> groups(std::min(threads(), chosen.size()));
        std::vector<std::uint64_t> load(groups.size());
        for (const auto i : chosen) {
            const auto least = static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
            groups[least].push_back(i);
            load[least] += rows(i);
        }
        return groups;
    }

    [[nodiscard]] std::vector<Result<NodeAnswer>> answer_group(const std::vector<std::size_t>& group) const {
        std::vector<NodeToAnswer> nodes;
        for (const auto i : group) nodes.push_back({&tasks[i], bytes_of(tasks[i])});
        return answer_nodes(*file, question, nodes);
    }

    void answer_tasks(const std::vector<std::vector<std::size_t>>& groups) {
        if (request.max_points != kNoLimit) {
            auto& task = tasks[groups.front().front()];
            task.max_points = std::min(task.max_points, request.max_points - statistics.points);
        }
        std::vector<std::vector<Result<NodeAnswer>>> several(groups.size());
        wire::SerialExecutor serial;
        wire::Executor& runner = groups.size() > 1 ? *executor : serial;
        runner.for_each(groups.size(), [&](std::size_t i) { several[i] = answer_group(groups[i]); });
        for (std::size_t i = 0; i < groups.size(); ++i) {
            for (std::size_t k = 0; k < groups[i].size(); ++k) {
                answers.emplace(groups[i][k], std::move(several[i][k]));
                rows_answered += rows_of(tasks[groups[i][k]]);
                if (needs_bytes()) drop_chunk(groups[i][k]);
            }
        }
    }

    /// Whether there is an answer whose turn it is: the first one.
    [[nodiscard]] bool has_answer() const {
        return !answers.empty() && (request.order == Order::arrival || answers.begin()->first == next);
    }

    void take_answer() {
        auto taken = answers.extract(answers.begin());
        const auto place = taken.key();
        auto& answer = taken.mapped();
        rows_answered -= rows_of(tasks[place]);
        if (!answer) return fail(answer.error());
        auto& task = tasks[place];
        if (needs_bytes()) {
            ++statistics.chunks_decoded;
            statistics.points_decoded += answer->rows_decoded;
        }
        if (answer->contradicts_index) return drop_index("the times of a node are not what its samples say");

        const auto rows = rows_of(task);
        if (use_index) answered[task.entry.key] = answer->cut ? rows : answer->rows_decoded;
        statistics.cut = statistics.cut || answer->cut;
        statistics.points += answer->chunk.matched;
        if (answer->chunk.matched != 0) ready = std::move(answer->chunk);
        task.answered = true;
        std::vector<double>{}.swap(task.samples);
        while (next < tasks.size() && tasks[next].answered) ++next;
    }

    /// Only after an index was dropped: the first plan was for other nodes, and what they gave is enough.
    void finish_early() {
        statistics.cut = true;
        phase = Phase::finished;
        intake.clear();
    }

    /// Answers one node more. False if its bytes are not there.
    bool answer_one() {
        if (next == tasks.size()) {
            phase = Phase::finished;
            return true;
        }
        if (statistics.points >= request.max_points) {
            finish_early();
            return true;
        }
        ask_for_chunks();
        if (!has_answer()) {
            const auto chosen = choose_tasks();
            if (chosen.empty()) return false;
            answer_tasks(grouped(chosen));
        }
        if (has_answer()) take_answer();
        return true;
    }

    wire::Step step() {
        while (!failure && !ready && phase != Phase::finished) {
            if (phase == Phase::pages) {
                if (intake.hungry()) return wire::Step::need_bytes;
                take_pages();
            } else if (!answer_one()) {
                return wire::Step::need_bytes;
            }
        }
        if (failure) return wire::Step::failed;
        if (!ready) return wire::Step::done;
        // What the host may fetch while it uses the chunk.
        if (phase == Phase::chunks) ask_for_chunks();
        return wire::Step::chunk_ready;
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

void Query::hand_over(ByteRange range, Bytes bytes) {
    if (state_->failure) return;
    if (const auto status = state_->intake.hand_over(range, std::move(bytes)); !status) state_->fail(status.error());
}

std::vector<FileOffset> Query::cuts(ByteRange range) const { return state_->intake.cuts(range); }

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

void Query::set_executor(wire::Executor& executor) { state_->executor = &executor; }
void Query::set_read_ahead(std::uint64_t bytes) { state_->read_ahead = bytes; }
const Statistics& Query::statistics() const { return state_->statistics; }
const std::optional<Plan>& Query::plan() const { return state_->plan; }
std::span<const std::string> Query::warnings() const { return state_->warnings; }

}  // namespace copse::read
