#include "check/scan.hpp"

#include <algorithm>
#include <cmath>

#include "check/grid_cells.hpp"

namespace copse::check {

namespace {

constexpr std::uint64_t kSliceBytes = 4u << 20;
constexpr std::uint64_t kSliceRows = 65536;

std::size_t slice_rows(const las::PointLayout& layout) {
    const auto rows = kSliceBytes / std::max<std::uint64_t>(layout.record_length, 1);
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(rows, 1, kSliceRows));
}

copc::Box header_box(const las::Header& header) {
    copc::Box box;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        // A box from unquantised coordinates is up to a step off.
        const auto slack = std::abs(header.scale[axis]);
        box.min[axis] = header.min[axis] - slack;
        box.max[axis] = header.max[axis] + slack;
    }
    return box;
}

/// Rows of one chunk, slice after slice.
class ChunkScan {
public:
    ChunkScan(const ScanContext& context, const ChunkJob& job) : context_{context}, facts_{*context.facts}, job_{job} {
        const auto& nodes = facts_.hierarchy.nodes;
        key_.level = -1;
        if (job.node == nodes.size()) return;
        key_ = nodes[job.node].entry.key;
        if (!key_.valid()) return;  // named by the rules of the hierarchy; there is no cube to be in
        box_ = copc::node_box(*facts_.info, key_, facts_.header.scale);
        if (context.grid > 0 && has_children()) cells_.emplace(*facts_.info, key_, facts_.header, context.grid);
        if (cells_ && !cells_->meaningful()) cells_.reset();
        if (facts_.temporal) use_samples();
        found_.interior_nodes = cells_ ? 1 : 0;
    }

    PointFacts run(ByteView bytes) {
        const auto status = context_.compressed ? decode(bytes) : unpack(bytes);
        PointFacts result;
        if (status) {
            found_.crowded_nodes = found_.crowded.count > 0 ? 1 : 0;
            result = found_;
            locate(result);
        } else {
            result.broken_chunks = 1;
            result.first_break = status.error();
        }
        result.chunks = 1;
        return result;
    }

private:
    bool has_children() const {
        if (key_.level >= copc::kMaxLevel) return false;
        for (unsigned octant = 0; octant < 8; ++octant) {
            const auto& nodes = facts_.hierarchy.nodes;
            const auto child = key_.child(octant);
            const auto at =
                std::lower_bound(nodes.begin(), nodes.end(), child,
                                 [](const HierarchyNode& node, const auto& wanted) { return node.entry.key < wanted; });
            if (at != nodes.end() && at->entry.key == child) return true;
        }
        return false;
    }

    void use_samples() {
        const auto* entry = facts_.temporal->find(key_);
        if (entry == nullptr) return;
        const auto samples = facts_.temporal->samples_of(*entry);
        const auto stride = facts_.temporal->header.stride;
        if (stride > 0 && samples.size() == temporal::sample_count(job_.points, stride)) samples_ = samples;
    }

    Status decode(ByteView bytes) {
        auto decoder = laz::open_chunk(context_.format, bytes, job_.range.offset, job_.points, las::ColumnSet::all());
        if (!decoder) return decoder.error();
        las::Points slice{context_.format.layout, las::ColumnSet::all()};
        while ((*decoder)->remaining() > 0) {
            slice.resize(0);
            const auto status = (*decoder)->decode(slice_rows(slice.layout), slice);
            if (!status) return status;
            if (slice.size() == 0)
                return Error{Code::truncated, job_.range.offset, "a chunk holds fewer points than it says"};
            look_at(slice);
        }
        return Ok{};
    }

    Status unpack(ByteView bytes) {
        las::Points slice{context_.format.layout, las::ColumnSet::all()};
        const auto step = slice_rows(slice.layout) * slice.layout.record_length;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            const auto part = bytes.subspan(at, std::min(step, bytes.size() - at));
            slice.resize(part.size() / slice.layout.record_length);
            las::unpack_records(part, slice, 0);
            look_at(slice);
        }
        return Ok{};
    }

    void look_at(const las::Points& slice) {
        look_at_places(slice);
        look_at_returns(slice);
        if (las::has_gps_time(slice.layout.format)) look_at_times(slice);
        if (las::has_rgb(slice.layout.format)) look_at_colours(slice);
        first_row_ += slice.size();
        found_.points += slice.size();
    }

    las::Vec3 place(std::int32_t x, std::int32_t y, std::int32_t z) const {
        const auto& header = facts_.header;
        return {x * header.scale[0] + header.offset[0], y * header.scale[1] + header.offset[1],
                z * header.scale[2] + header.offset[2]};
    }

    void look_at_places(const las::Points& slice) {
        const std::array columns{&slice.x, &slice.y, &slice.z};
        std::array<std::int32_t, 3> low{};
        std::array<std::int32_t, 3> high{};
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const auto [min, max] = std::minmax_element(columns[axis]->begin(), columns[axis]->end());
            low[axis] = *min;
            high[axis] = *max;
            found_.raw_min[axis] = std::min(found_.raw_min[axis], low[axis]);
            found_.raw_max[axis] = std::max(found_.raw_max[axis], high[axis]);
        }
        // Coordinates are monotone in the raw values: if both corners are inside, so are all points.
        const auto a = place(low[0], low[1], low[2]);
        const auto b = place(high[0], high[1], high[2]);
        const auto all_in = [&](const copc::Box& box) {
            return box.contains(a[0], a[1], a[2]) && box.contains(b[0], b[1], b[2]);
        };
        const auto check_node = !all_in(box_);
        const auto check_bounds = !all_in(context_.bounds);
        if (!check_node && !check_bounds && !cells_) return;
        for (std::size_t row = 0; row < slice.size(); ++row) {
            const auto at = place(slice.x[row], slice.y[row], slice.z[row]);
            if (check_node && !box_.contains(at[0], at[1], at[2])) found_.outside_node.add(first_row_ + row, 0);
            if (check_bounds && !context_.bounds.contains(at[0], at[1], at[2]))
                found_.outside_bounds.add(first_row_ + row, 0);
            if (cells_ && !cells_->take(slice.x[row], slice.y[row], slice.z[row]))
                found_.crowded.add(first_row_ + row, 0);
        }
    }

    void look_at_returns(const las::Points& slice) {
        for (std::size_t row = 0; row < slice.size(); ++row) {
            const auto number = slice.return_number(row);
            ++found_.by_return[number];
            if (number > slice.number_of_returns(row)) found_.return_above_count.add(first_row_ + row, number);
        }
    }

    void look_at_times(const las::Points& slice) {
        for (std::size_t row = 0; row < slice.size(); ++row) look_at_time(first_row_ + row, slice.gps_time[row]);
    }

    void look_at_time(std::uint64_t row, double time) {
        if (std::isfinite(time)) {
            found_.time_min = std::min(found_.time_min, time);
            found_.time_max = std::max(found_.time_max, time);
        } else {
            found_.non_finite.add(row, time);
        }
        // -inf, finite ascending, +inf, NaN: the one order that keeps samples non-decreasing.
        const auto is_nan = std::isnan(time);
        if (row > 0 && (previous_is_nan_ ? !is_nan : time < previous_)) found_.unsorted.add(row, time);
        if (!samples_.empty()) compare_sample(row, time, is_nan);
        previous_ = time;
        previous_is_nan_ = is_nan;
    }

    /// A row that is sampled: its time equals the next sample. Rows of NaN come last and repeat the last time that is a
    /// number; a node of nothing but NaN may have any value, but only one.
    void compare_sample(std::uint64_t row, double time, bool is_nan) {
        if (!is_nan) last_number_ = temporal::clamp_to_finite(time);
        const std::uint64_t stride = facts_.temporal->header.stride;
        const auto last = row + 1 == job_.points;
        if (!last && row != next_sample_ * stride) return;
        const auto stored = samples_[static_cast<std::size_t>(next_sample_++)];
        if (stored != last_number_.value_or(samples_.front())) found_.wrong_sample.add(row, stored);
    }

    void look_at_colours(const las::Points& slice) {
        for (const auto* column : {&slice.red, &slice.green, &slice.blue})
            if (!column->empty())
                found_.max_colour = std::max(found_.max_colour, *std::max_element(column->begin(), column->end()));
    }

    void locate(PointFacts& result) const {
        for (auto* offence : {&result.outside_node, &result.outside_bounds, &result.unsorted, &result.wrong_sample,
                              &result.return_above_count, &result.non_finite, &result.crowded}) {
            offence->chunk = job_.range.offset;
            offence->key = key_;
        }
    }

    const ScanContext& context_;
    const Facts& facts_;
    const ChunkJob& job_;
    copc::VoxelKey key_;
    copc::Box box_;
    std::optional<GridCells> cells_;
    std::span<const double> samples_;
    PointFacts found_;
    std::uint64_t first_row_ = 0;
    std::uint64_t next_sample_ = 0;
    std::optional<double> last_number_;  // clamped to finite
    double previous_ = 0;
    bool previous_is_nan_ = false;
};

}  // namespace

ScanContext make_scan_context(const Facts& facts) {
    ScanContext context;
    context.facts = &facts;
    context.bounds = header_box(facts.header);
    context.compressed = facts.laz.laszip.has_value();
    context.format.layout = facts.layout();
    if (facts.laz.laszip) context.format = laz::ChunkFormat::from(*facts.laz.laszip, facts.layout());
    if (facts.info) context.grid = GridCells::grid_of(*facts.info);
    return context;
}

PointFacts scan_chunk(const ScanContext& context, const ChunkJob& job, ByteView bytes) {
    return ChunkScan{context, job}.run(bytes);
}

}  // namespace copse::check
