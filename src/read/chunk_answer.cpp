#include "read/chunk_answer.hpp"

#include <algorithm>
#include <memory>

namespace copse::read {
namespace {

using las::ColumnSet;
using las::Points;

// Rows decoded at a time: what is held of a node is a slice and the points that match.
constexpr std::uint64_t kSliceRows = 1u << 16;

constexpr std::size_t kNone = ~std::size_t{0};

/// What must be decoded of a point to test it.
ColumnSet tested_columns(const Question& question) {
    ColumnSet columns = ColumnSet::xy();
    if (question.box.bounds_z()) columns.fields |= ColumnSet::z;
    if (question.time) columns.fields |= ColumnSet::gps_time;
    return question.where ? columns | question.where->columns() : columns;
}

/// Decodes rows [0, last) of a node slice by slice.
class Slices {
public:
    Slices(laz::ChunkDecoder& decoder, Points slice, std::uint64_t last)
        : decoder_{&decoder}, slice_{std::move(slice)}, last_{last} {}

    /// The row of the file's node that is row 0 of `slice`.
    [[nodiscard]] std::uint64_t first() const { return first_; }
    [[nodiscard]] const Points& slice() const { return slice_; }
    /// False at the end.
    Result<bool> next() {
        first_ += slice_.size();
        slice_.resize(0);
        if (first_ >= last_) return false;
        const auto rows = std::min(kSliceRows, last_ - first_);
        if (const auto status = decoder_->decode(static_cast<std::size_t>(rows), slice_); !status)
            return status.error();
        return true;
    }

private:
    laz::ChunkDecoder* decoder_;
    Points slice_;
    std::uint64_t first_ = 0;
    std::uint64_t last_ = 0;
};

/// Appends the rows of `from` that `rows` (of the node, ascending) names; row 0 of `from` is row `first` of the node.
void append_rows(const Points& from, std::uint64_t first, std::span<const std::uint32_t> rows, Points& to) {
    if (rows.size() == from.size()) return to.append(from, 0, from.size());
    std::vector<std::uint32_t> local(rows.begin(), rows.end());
    for (auto& row : local) row -= static_cast<std::uint32_t>(first);
    const auto matching = from.gather(local);
    to.append(matching, 0, matching.size());
}

class Answering {
public:
    Answering(const File& file, const Question& question, const NodeTask& task, ByteView bytes)
        : file_{&file},
          question_{&question},
          task_{&task},
          bytes_{bytes},
          area_{question.polygon ? &*question.polygon : nullptr, file.header,
                copc::node_box(file.info, task.entry.key, file.header.scale)} {
        answer_.chunk.key = task.entry.key;
        answer_.chunk.range = task.entry.range();
    }

    /// The answer, of a node by itself: slice by slice, whatever its size.
    Result<NodeAnswer> run() {
        const auto status = takes_all_rows() ? take_all() : take_matching();
        if (!status) return status.error();
        return std::move(answer_);
    }

    // The answer in steps, for nodes that are answered together. Each step names chunks to decode; the next one goes on
    // from what was decoded. What is decoded is held until the node is answered.

    /// Everything that is wanted, or what tells which points match. Nothing if that needs no decoding.
    std::optional<laz::ChunkJob> first_job() {
        const bool all = takes_all_rows();
        if (all) {
            count_all();
            if (question_->count_only) return std::nullopt;
        }
        first_ = Points{file_->layout, all ? question_->columns : tested_columns(*question_)};
        laz::ChunkJob job{bytes_, task_->entry.offset, row_count(), &first_};
        job.rows = all ? answer_.chunk.matched : task_->last_row;
        job.steps = all || question_->count_only ? laz::Steps::one : laz::Steps::several;
        return job;
    }

    /// Goes on from a job of `first_job`. Gives a job for the other columns, if points match and there are any.
    Result<std::optional<laz::FurtherJob>> test(laz::ChunkJob job) {
        if (!job.status) return job.status.error();
        answer_.rows_decoded = first_.size();
        if (takes_all_rows()) {
            answer_.chunk.points = std::move(first_);
            return std::optional<laz::FurtherJob>{};
        }
        Points kept{file_->layout, first_.columns};
        SampleCheck check{task_->samples, file_->temporal ? file_->temporal->stride : 1, row_count()};
        if (!take_slice(first_, 0, check, kept)) return std::optional<laz::FurtherJob>{};
        first_ = std::move(kept);
        decoder_ = std::move(job.decoder);
        auto& rows = answer_.chunk.rows;
        answer_.chunk.matched = rows.size();
        const auto rest = wanted() - tested_columns(*question_);
        rest_ = Points{file_->layout, rest};
        if (rows.empty() || question_->count_only || rest_.columns == ColumnSet{})
            return std::optional<laz::FurtherJob>{};
        rest_.resize(std::size_t{rows.back()} + 1);
        return std::optional{laz::FurtherJob{decoder_.get(), rest_.columns, rest_.size(), &rest_}};
    }

    /// The answer, after the job of `test` if there was one.
    Result<NodeAnswer> finish(const laz::FurtherJob* job) {
        if (job != nullptr && !job->status) return job->status.error();
        if (!takes_all_rows() && !answer_.contradicts_index) {
            if (job != nullptr && answer_.chunk.rows.size() != rest_.size()) rest_ = rest_.gather(answer_.chunk.rows);
            put_together(std::move(first_), std::move(rest_));
        }
        return std::move(answer_);
    }

private:
    [[nodiscard]] std::uint64_t row_count() const { return static_cast<std::uint64_t>(task_->entry.point_count); }
    [[nodiscard]] bool takes_all_rows() const { return !question_->tests_points() && task_->first_row == 0; }
    [[nodiscard]] ColumnSet wanted() const { return question_->count_only ? ColumnSet{} : question_->columns; }

    void count_all() {
        auto& chunk = answer_.chunk;
        chunk.matched = std::min(row_count(), task_->max_points);
        answer_.cut = chunk.matched < row_count();
        if (answer_.cut && !question_->count_only)
            for (std::uint32_t row = 0; row < chunk.matched; ++row) chunk.rows.push_back(row);
    }

    Status take_all() {
        count_all();
        auto& chunk = answer_.chunk;
        if (question_->count_only) return Ok{};
        answer_.rows_decoded = chunk.matched;
        chunk.points = Points{file_->layout, question_->columns};
        auto decoder =
            laz::open_chunk(file_->chunk_format, bytes_, task_->entry.offset, row_count(), chunk.points.columns);
        if (!decoder) return decoder.error();
        return (*decoder)->decode(static_cast<std::size_t>(chunk.matched), chunk.points);
    }

    Status take_matching() {
        const auto tested = tested_columns(*question_);
        Points kept{file_->layout, tested};
        if (const auto status = test_rows(kept); !status || answer_.contradicts_index) return status;

        answer_.chunk.matched = answer_.chunk.rows.size();
        Points rest{file_->layout, wanted() - tested};
        if (answer_.chunk.matched != 0 && rest.columns != ColumnSet{})
            if (const auto status = decode_rest(rest); !status) return status;
        put_together(std::move(kept), std::move(rest));
        return Ok{};
    }

    /// The points of the answer, from their tested columns and the rest.
    void put_together(Points kept, Points rest) {
        auto& chunk = answer_.chunk;
        if (chunk.matched != 0 && !question_->count_only) {
            kept.keep_columns(wanted());
            // What is in the layer of X and Y comes from `kept`; in `rest` it is undefined.
            if (rest.columns != ColumnSet{}) {
                rest.take_columns(std::move(kept));
                kept = std::move(rest);
            }
            chunk.points = std::move(kept);
        }
        if (question_->count_only || chunk.matched == row_count()) chunk.rows = {};
    }

    /// Fills `chunk.rows` with the rows that match and `kept` with their tested columns.
    Status test_rows(Points& kept) {
        auto decoder = laz::open_chunk(file_->chunk_format, bytes_, task_->entry.offset, row_count(), kept.columns,
                                       laz::Consumption::exact, laz::Steps::several);
        if (!decoder) return decoder.error();
        decoder_ = std::move(*decoder);
        Slices slices{*decoder_, Points{file_->layout, kept.columns}, task_->last_row};
        SampleCheck check{task_->samples, file_->temporal ? file_->temporal->stride : 1, row_count()};
        for (;;) {
            const auto more = slices.next();
            if (!more) return more.error();
            if (!*more) return Ok{};
            answer_.rows_decoded += slices.slice().size();
            if (!take_slice(slices.slice(), slices.first(), check, kept) || answer_.cut) return Ok{};
        }
    }

    /// Tests a slice whose row 0 is row `first` of the node. False if its times are not what the index says.
    bool take_slice(const Points& slice, std::uint64_t first, SampleCheck& check, Points& kept) {
        if (!task_->samples.empty() && !check.follow(slice.gps_time)) {
            answer_.contradicts_index = true;
            return false;
        }
        const auto before = answer_.chunk.rows.size();
        test_slice(slice, first);
        if (!question_->count_only) append_rows(slice, first, std::span{answer_.chunk.rows}.subspan(before), kept);
        return true;
    }

    void test_slice(const Points& slice, std::uint64_t first) {
        candidates_.clear();
        const auto skipped = task_->first_row > first ? task_->first_row - first : 0;
        for (auto row = static_cast<std::size_t>(skipped); row < slice.size(); ++row)
            if (matches(slice, row)) candidates_.push_back(static_cast<std::uint32_t>(row));
        if (question_->where) question_->where->keep_matching(slice, candidates_);

        auto& rows = answer_.chunk.rows;
        const auto room = task_->max_points - rows.size();
        answer_.cut = candidates_.size() > room;
        if (answer_.cut) candidates_.resize(static_cast<std::size_t>(room));
        for (const auto row : candidates_) rows.push_back(static_cast<std::uint32_t>(first + row));
    }

    [[nodiscard]] bool matches(const Points& slice, std::size_t row) const {
        const auto& box = question_->box;
        if (question_->time && !question_->time->contains(slice.gps_time[row])) return false;
        return box.contains_xy(slice.x[row], slice.y[row]) && (!box.bounds_z() || box.contains_z(slice.z[row])) &&
               area_.contains(slice.x[row], slice.y[row]);
    }

    /// Decodes the columns of `rest` of the rows that match, and nothing after the last of them. X, Y and what lies in
    /// their layer are not decoded again.
    Status decode_rest(Points& rest) {
        const auto& rows = answer_.chunk.rows;
        auto further = decoder_->open_further(rest.columns);
        if (!further) return further.error();
        if (rows.size() == row_count()) return (*further)->decode(rows.size(), rest);
        Slices slices{**further, Points{file_->layout, rest.columns}, std::uint64_t{rows.back()} + 1};
        auto next = rows.begin();
        for (;;) {
            const auto more = slices.next();
            if (!more) return more.error();
            if (!*more) return Ok{};
            const auto end = slices.first() + slices.slice().size();
            const auto last = std::find_if(next, rows.end(), [&](std::uint32_t row) { return row >= end; });
            append_rows(slices.slice(), slices.first(), {next, last}, rest);
            next = last;
        }
    }

    const File* file_;
    const Question* question_;
    const NodeTask* task_;
    ByteView bytes_;
    AreaTest area_;
    std::vector<std::uint32_t> candidates_;       // rows of a slice that match so far
    std::unique_ptr<laz::ChunkDecoder> decoder_;  // of the tested columns
    Points first_;                                // what the first job decodes, then the tested columns that match
    Points rest_;                                 // the other columns
    NodeAnswer answer_;
};

}  // namespace

Result<NodeAnswer> answer_node(const File& file, const Question& question, const NodeTask& task, ByteView bytes) {
    return Answering{file, question, task, bytes}.run();
}

std::vector<Result<NodeAnswer>> answer_nodes(const File& file, const Question& question,
                                             std::span<const NodeToAnswer> nodes) {
    // Jobs point into these: they do not move.
    std::vector<Answering> answering;
    answering.reserve(nodes.size());
    std::vector<laz::ChunkJob> jobs;
    std::vector<std::size_t> job_of(nodes.size(), kNone);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        answering.emplace_back(file, question, *nodes[i].task, nodes[i].bytes);
        auto job = answering[i].first_job();
        if (!job) continue;
        job_of[i] = jobs.size();
        jobs.push_back(std::move(*job));
    }
    laz::decode_chunks(file.chunk_format, jobs);

    std::vector<std::optional<Error>> faults(nodes.size());
    std::vector<laz::FurtherJob> further;
    std::vector<std::size_t> further_of(nodes.size(), kNone);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (job_of[i] == kNone) continue;
        auto job = answering[i].test(std::move(jobs[job_of[i]]));
        if (!job) {
            faults[i] = job.error();
        } else if (*job) {
            further_of[i] = further.size();
            further.push_back(**job);
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
