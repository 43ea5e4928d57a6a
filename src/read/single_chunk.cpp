// One chunk, or the rows of points that are decoded already, tested as a query tests them.
#include <algorithm>

#include "copse/tree.hpp"
#include "read/chunk_answer.hpp"
#include "read/point_test.hpp"

namespace copse::read {
namespace {

template <class Test>
std::vector<std::uint32_t> rows_that(std::size_t count, Test test) {
    std::vector<std::uint32_t> rows;
    for (std::size_t row = 0; row < count; ++row)
        if (test(row)) rows.push_back(static_cast<std::uint32_t>(row));
    return rows;
}

}  // namespace

Result<Chunk> decode_chunk(const File& file, const copc::Entry& entry, ByteView bytes, const Request& request,
                           std::optional<temporal::RowRange> rows) {
    if (!entry.has_points()) return Error{Code::bad_value, entry.offset, "the node has no points"};
    if (bytes.size() != entry.range().size)
        return Error{Code::truncated, entry.offset + std::min<std::uint64_t>(bytes.size(), entry.range().size),
                     "the bytes are not those of the node's chunk"};
    NodeTask task;
    task.entry = entry;
    task.last_row = static_cast<std::uint64_t>(entry.point_count);
    if (rows) {
        task.last_row = std::min(task.last_row, rows->last);
        task.first_row = std::min(rows->first, task.last_row);
    }
    task.max_points = std::min(request.max_points, task.last_row - task.first_row);
    Question question{RawBox{request.box, file.header},
                      request.time,
                      request.polygon,
                      request.where,
                      request.columns,
                      request.count_only};
    const bool nothing = question.box.empty() || (request.time && request.time->empty()) ||
                         task.first_row == task.last_row || task.max_points == 0;
    if (nothing) {
        Chunk none;
        none.key = entry.key;
        none.range = entry.range();
        none.points = las::Points{file.layout, request.columns};
        return none;
    }
    auto answer = answer_node(file, question, {&task, bytes});
    if (!answer) return answer.error();
    if (answer->chunk.matched == 0) answer->chunk.points = las::Points{file.layout, request.columns};
    return std::move(answer->chunk);
}

std::optional<std::vector<std::uint32_t>> rows_in(const las::Points& points, const las::Header& header,
                                                  const copc::Box& box) {
    const RawBox raw{box, header};
    if (raw.empty()) return std::vector<std::uint32_t>{};
    if (!raw.bounds_z())
        return rows_that(points.size(), [&](std::size_t row) { return raw.contains_xy(points.x[row], points.y[row]); });
    if (!points.columns.has(las::ColumnSet::z)) return std::nullopt;
    return rows_that(points.size(), [&](std::size_t row) {
        return raw.contains_xy(points.x[row], points.y[row]) && raw.contains_z(points.z[row]);
    });
}

std::optional<std::vector<std::uint32_t>> rows_in(const las::Points& points, const temporal::TimeWindow& window) {
    if (!points.columns.has(las::ColumnSet::gps_time)) return std::nullopt;
    return rows_that(points.size(), [&](std::size_t row) { return window.contains(points.gps_time[row]); });
}

double PointRef::extra(const las::ExtraDimension& dimension) const {
    // Bytes of the dimension stand in columns of their own, one each.
    std::array<std::uint8_t, 256> record{};
    for (std::size_t i = 0; i < dimension.size && i < record.size(); ++i)
        record[i] = at(points_->extra[dimension.byte_offset + i]);
    auto first = dimension;
    first.byte_offset = 0;
    const double product = las::extra_value(first, record.data()) * dimension.scale[0];
    return product + dimension.offset[0];
}

}  // namespace copse::read
