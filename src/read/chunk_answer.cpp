#include "read/chunk_answer.hpp"

#include <algorithm>
#include <memory>

namespace copse::read {
namespace {

using las::ColumnSet;
using las::Points;

// Rows decoded at a time: what is held of a node is a slice and the points that match.
constexpr std::uint64_t kSliceRows = 1u << 16;

ColumnSet common(ColumnSet a, ColumnSet b) { return a - (a - b); }

/// What must be decoded of a point to test it.
ColumnSet tested_columns(const Question& question) {
    ColumnSet columns = ColumnSet::xy();
    if (question.box.bounds_z()) columns.fields |= ColumnSet::z;
    if (question.time) columns.fields |= ColumnSet::gps_time;
    return columns;
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

/// Moves what `wanted` names from one set of columns to another of as many rows, and what every set has.
void move_tested_columns(Points& from, ColumnSet wanted, Points& to) {
    const auto moved = common(from.columns, wanted);
    to.x = std::move(from.x);
    to.y = std::move(from.y);
    to.returns = std::move(from.returns);
    to.channel = std::move(from.channel);
    if (moved.has(ColumnSet::z)) to.z = std::move(from.z);
    if (moved.has(ColumnSet::gps_time)) to.gps_time = std::move(from.gps_time);
    to.columns = to.columns | moved;
}

class Answering {
public:
    Answering(const File& file, const Question& question, const NodeTask& task, ByteView bytes)
        : file_{&file}, question_{&question}, task_{&task}, bytes_{bytes} {
        answer_.chunk.key = task.entry.key;
        answer_.chunk.range = task.entry.range();
    }

    Result<NodeAnswer> run() {
        const bool all_rows = !question_->tests_points() && task_->first_row == 0;
        const auto status = all_rows ? take_all() : take_matching();
        if (!status) return status.error();
        return std::move(answer_);
    }

private:
    [[nodiscard]] std::uint64_t row_count() const { return static_cast<std::uint64_t>(task_->entry.point_count); }

    Status take_all() {
        auto& chunk = answer_.chunk;
        chunk.matched = std::min(row_count(), task_->max_points);
        answer_.cut = chunk.matched < row_count();
        if (question_->count_only) return Ok{};
        answer_.rows_decoded = chunk.matched;
        chunk.points = Points{file_->layout, question_->columns};
        if (answer_.cut)
            for (std::uint32_t row = 0; row < chunk.matched; ++row) chunk.rows.push_back(row);
        return decode_into(chunk.points, chunk.matched);
    }

    Status take_matching() {
        const auto tested = tested_columns(*question_);
        const auto wanted = question_->count_only ? ColumnSet{} : question_->columns;
        Points kept{file_->layout, tested};
        if (const auto status = test_rows(kept); !status || answer_.contradicts_index) return status;

        auto& chunk = answer_.chunk;
        chunk.matched = chunk.rows.size();
        if (chunk.matched != 0 && !question_->count_only) {
            Points rest{file_->layout, wanted - tested};
            if (rest.columns == ColumnSet{}) {
                // X, Y, returns and channel are in `kept` already.
                if (!wanted.has(ColumnSet::z)) kept.z = {};
                if (!wanted.has(ColumnSet::gps_time)) kept.gps_time = {};
                kept.columns = common(kept.columns, wanted);
                chunk.points = std::move(kept);
            } else {
                if (const auto status = decode_rest(rest); !status) return status;
                move_tested_columns(kept, wanted, rest);
                chunk.points = std::move(rest);
            }
        }
        if (question_->count_only || chunk.matched == row_count()) chunk.rows = {};
        return Ok{};
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
            const auto& slice = slices.slice();
            answer_.rows_decoded += slice.size();
            if (!task_->samples.empty() && !follow(check, slice)) {
                answer_.contradicts_index = true;
                return Ok{};
            }
            const auto before = answer_.chunk.rows.size();
            test_slice(slice, slices.first());
            if (!question_->count_only)
                append_rows(slice, slices.first(), std::span{answer_.chunk.rows}.subspan(before), kept);
            if (answer_.cut) return Ok{};
        }
    }

    static bool follow(SampleCheck& check, const Points& slice) {
        return std::all_of(slice.gps_time.begin(), slice.gps_time.end(),
                           [&](double time) { return check.follow(time); });
    }

    void test_slice(const Points& slice, std::uint64_t first) {
        auto& rows = answer_.chunk.rows;
        const auto skipped = task_->first_row > first ? task_->first_row - first : 0;
        for (auto row = static_cast<std::size_t>(skipped); row < slice.size(); ++row) {
            if (!matches(slice, row)) continue;
            if (rows.size() == task_->max_points) {
                answer_.cut = true;
                return;
            }
            rows.push_back(static_cast<std::uint32_t>(first + row));
        }
    }

    [[nodiscard]] bool matches(const Points& slice, std::size_t row) const {
        const auto& box = question_->box;
        if (question_->time && !question_->time->contains(slice.gps_time[row])) return false;
        return box.contains_xy(slice.x[row], slice.y[row]) && (!box.bounds_z() || box.contains_z(slice.z[row]));
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

    Status decode_into(Points& points, std::uint64_t rows) {
        auto decoder = laz::open_chunk(file_->chunk_format, bytes_, task_->entry.offset, row_count(), points.columns);
        if (!decoder) return decoder.error();
        return (*decoder)->decode(static_cast<std::size_t>(rows), points);
    }

    const File* file_;
    const Question* question_;
    const NodeTask* task_;
    ByteView bytes_;
    std::unique_ptr<laz::ChunkDecoder> decoder_;  // of the tested columns
    NodeAnswer answer_;
};

}  // namespace

Result<NodeAnswer> answer_node(const File& file, const Question& question, const NodeTask& task, ByteView bytes) {
    return Answering{file, question, task, bytes}.run();
}

}  // namespace copse::read
