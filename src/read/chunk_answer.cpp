#include "read/chunk_answer.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

namespace copse::read {
namespace {

using las::ColumnSet;
using las::Points;

constexpr std::size_t kNone = ~std::size_t{0};

/// What must be decoded of a point to test it.
ColumnSet tested_columns(const Question& question) {
    ColumnSet columns = ColumnSet::xy();
    if (question.box.bounds_z()) columns.fields |= ColumnSet::z;
    if (question.time) columns.fields |= ColumnSet::gps_time;
    return question.where ? columns | question.where->columns() : columns;
}

/// Appends the rows of `from` that `rows` (of the node, ascending) names; row 0 of `from` is row `first` of the node.
void append_rows(const Points& from, std::uint64_t first, std::span<const std::uint32_t> rows, Points& to) {
    if (rows.empty()) return;
    if (rows.size() == from.size()) return to.append(from, 0, from.size());
    std::vector<std::uint32_t> local(rows.begin(), rows.end());
    for (auto& row : local) row -= static_cast<std::uint32_t>(first);
    to.append(from, local);
}

/// The answer of a node in steps, so that nodes can be answered together: each step names rows to decode, and the next
/// one goes on from what they were. Of rows that are tested only those that match are kept.
class Answering {
public:
    Answering(const File& file, const Question& question, const NodeToAnswer& node)
        : file_{&file},
          question_{&question},
          task_{node.task},
          bytes_{node.bytes},
          area_{question.polygon ? &*question.polygon : nullptr, file.header,
                copc::node_box(file.info, task_->entry.key, file.header.scale)},
          check_{task_->samples, file.temporal ? file.temporal->stride : 1, row_count()} {
        answer_.chunk.key = task_->entry.key;
        answer_.chunk.range = task_->entry.range();
    }

    /// Everything that is wanted, or what tells which points match. Nothing if that needs no decoding.
    /// The job calls back: this must stay where it is.
    std::optional<laz::ChunkJob> first_job() {
        if (takes_all_rows()) return job_for_all();
        tested_ = Points{file_->layout, tested_columns(*question_)};
        block_ = tested_;
        laz::ChunkJob job{bytes_, task_->entry.offset, row_count(), &block_};
        job.rows = task_->last_row;
        job.steps = question_->count_only ? laz::Steps::one : laz::Steps::several;
        job.take = [this](const Points& block) { return test(block); };
        return job;
    }

    /// Goes on from a job of `first_job`. Gives a job for the other columns, if points match and there are any.
    Result<std::optional<laz::FurtherJob>> second_job(laz::ChunkJob job) {
        if (!job.status) return job.status.error();
        const auto& rows = answer_.chunk.rows;
        if (takes_all_rows()) {
            answer_.rows_decoded = answer_.chunk.points.size();
            return std::optional<laz::FurtherJob>{};
        }
        answer_.chunk.matched = rows.size();
        rest_ = Points{file_->layout, wanted() - tested_.columns};
        if (answer_.contradicts_index || rows.empty() || rest_.columns == ColumnSet{})
            return std::optional<laz::FurtherJob>{};

        decoder_ = std::move(job.decoder);
        laz::FurtherJob further{decoder_.get(), rest_.columns, std::size_t{rows.back()} + 1, &rest_};
        if (further.rows == rows.size()) {
            rest_.resize(rows.size());
        } else {
            block_ = rest_;
            further.out = &block_;
            further.take = [this](const Points& block) { return keep_matching(block); };
        }
        return std::optional{std::move(further)};
    }

    /// The answer, after the job of `second_job` if there was one.
    Result<NodeAnswer> finish(const laz::FurtherJob* job) {
        if (job != nullptr && !job->status) return job->status.error();
        if (!takes_all_rows() && !answer_.contradicts_index) put_together();
        return std::move(answer_);
    }

private:
    [[nodiscard]] std::uint64_t row_count() const { return static_cast<std::uint64_t>(task_->entry.point_count); }
    [[nodiscard]] bool takes_all_rows() const { return !question_->tests_points() && task_->first_row == 0; }
    [[nodiscard]] ColumnSet wanted() const { return question_->count_only ? ColumnSet{} : question_->columns; }

    std::optional<laz::ChunkJob> job_for_all() {
        auto& chunk = answer_.chunk;
        chunk.matched = std::min(row_count(), task_->max_points);
        answer_.cut = chunk.matched < row_count();
        if (question_->count_only) return std::nullopt;
        if (answer_.cut)
            for (std::uint32_t row = 0; row < chunk.matched; ++row) chunk.rows.push_back(row);
        chunk.points = Points{file_->layout, question_->columns};
        laz::ChunkJob job{bytes_, task_->entry.offset, row_count(), &chunk.points};
        job.rows = chunk.matched;
        return job;
    }

    /// Tests the next rows. False if none after them can belong to the answer.
    bool test(const Points& block) {
        const auto first = answer_.rows_decoded;
        answer_.rows_decoded += block.size();
        if (!task_->samples.empty() && !check_.follow(block.gps_time)) {
            answer_.contradicts_index = true;
            return false;
        }
        const auto before = answer_.chunk.rows.size();
        find_matching(block, first);
        if (!question_->count_only) append_rows(block, first, std::span{answer_.chunk.rows}.subspan(before), tested_);
        return !answer_.cut && !ends_window(block);
    }

    void find_matching(const Points& block, std::uint64_t first) {
        candidates_.clear();
        const auto skipped = task_->first_row > first ? task_->first_row - first : 0;
        for (auto row = static_cast<std::size_t>(skipped); row < block.size(); ++row)
            if (matches(block, row)) candidates_.push_back(static_cast<std::uint32_t>(row));
        if (question_->where) question_->where->keep_matching(block, candidates_);

        auto& rows = answer_.chunk.rows;
        const auto room = task_->max_points - rows.size();
        answer_.cut = candidates_.size() > room;
        if (answer_.cut) candidates_.resize(static_cast<std::size_t>(room));
        for (const auto row : candidates_) rows.push_back(static_cast<std::uint32_t>(first + row));
    }

    [[nodiscard]] bool matches(const Points& block, std::size_t row) const {
        const auto& box = question_->box;
        if (question_->time && !question_->time->contains(block.gps_time[row])) return false;
        return box.contains_xy(block.x[row], block.y[row]) && (!box.bounds_z() || box.contains_z(block.z[row])) &&
               area_.contains(block.x[row], block.y[row]);
    }

    /// In a node with samples times do not fall. Infinite ones may stand elsewhere, and only windows without a
    /// beginning or an end hold them.
    [[nodiscard]] bool ends_window(const Points& block) const {
        return !task_->samples.empty() && std::isfinite(question_->time->from) &&
               block.gps_time.back() > question_->time->to;
    }

    /// Of further columns, the rows that match.
    bool keep_matching(const Points& block) {
        const auto& rows = answer_.chunk.rows;
        const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(rest_.size());
        const auto end = std::lower_bound(begin, rows.end(), further_rows_ + block.size());
        append_rows(block, further_rows_, {begin, end}, rest_);
        further_rows_ += block.size();
        return true;
    }

    /// The points of the answer, from their tested columns and the rest.
    void put_together() {
        auto& chunk = answer_.chunk;
        if (chunk.matched != 0 && !question_->count_only) {
            tested_.keep_columns(wanted());
            // What is in the layer of X and Y comes from `tested_`; in `rest_` it is undefined.
            if (rest_.columns != ColumnSet{}) {
                rest_.take_columns(std::move(tested_));
                tested_ = std::move(rest_);
            }
            chunk.points = std::move(tested_);
        }
        if (question_->count_only || chunk.matched == row_count()) chunk.rows = {};
    }

    const File* file_;
    const Question* question_;
    const NodeTask* task_;
    ByteView bytes_;
    AreaTest area_;
    SampleCheck check_;
    std::vector<std::uint32_t> candidates_;       // rows of a block that match so far
    std::unique_ptr<laz::ChunkDecoder> decoder_;  // of the tested columns
    Points block_;                                // room for what is being decoded
    Points tested_;                               // the tested columns of what matches
    Points rest_;                                 // the other columns
    std::uint64_t further_rows_ = 0;              // rows whose other columns have come
    NodeAnswer answer_;
};

/// What is decoded of a node without being tested is part of the answer: whoever asks has room for it.
wire::Limits unlimited() {
    wire::Limits limits;
    limits.max_chunk_points = ~std::uint64_t{0};
    return limits;
}

}  // namespace

Result<NodeAnswer> answer_node(const File& file, const Question& question, const NodeToAnswer& node) {
    return std::move(answer_nodes(file, question, {&node, 1}).front());
}

std::vector<Result<NodeAnswer>> answer_nodes(const File& file, const Question& question,
                                             std::span<const NodeToAnswer> nodes) {
    // Jobs point into these: they do not move.
    std::vector<Answering> answering;
    answering.reserve(nodes.size());
    std::vector<laz::ChunkJob> jobs;
    std::vector<std::size_t> job_of(nodes.size(), kNone);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        auto job = answering.emplace_back(file, question, nodes[i]).first_job();
        if (!job) continue;
        job_of[i] = jobs.size();
        jobs.push_back(std::move(*job));
    }
    laz::decode_chunks(file.chunk_format, jobs, unlimited());

    std::vector<std::optional<Error>> faults(nodes.size());
    std::vector<laz::FurtherJob> further;
    std::vector<std::size_t> further_of(nodes.size(), kNone);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (job_of[i] == kNone) continue;
        auto job = answering[i].second_job(std::move(jobs[job_of[i]]));
        if (!job) {
            faults[i] = job.error();
        } else if (*job) {
            further_of[i] = further.size();
            further.push_back(std::move(**job));
        }
    }
    laz::decode_further(further);

    std::vector<Result<NodeAnswer>> answers;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (faults[i])
            answers.emplace_back(*faults[i]);
        else
            answers.push_back(answering[i].finish(further_of[i] == kNone ? nullptr : &further[further_of[i]]));
    }
    return answers;
}

}  // namespace copse::read
