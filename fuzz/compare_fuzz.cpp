// The comparison: two small clouds of a few places and values are the same, and have as many points in common, as
// pairing every point with every other says. Sides, memory and how the files are cut do not show.
#include <cstdlib>
#include <optional>
#include <utility>

#include "copse/compare.hpp"
#include "copse/io.hpp"

namespace {

using namespace copse;

constexpr std::size_t kMostPoints = 64;  // of both clouds
constexpr std::size_t kPointBytes = 4;
constexpr double kUnits = 1e6;  // in which the reference counts: all scales and offsets are whole numbers of it
constexpr std::int64_t kScales[] = {1000, 10000, 4000, 2500}, kOffsets[] = {0, 5000, 3000, 1000000};

void require(bool holds) {
    if (!holds) std::abort();
}

struct Grid {
    std::int64_t scale = 0, offset = 0;
};

struct Point {
    std::int32_t x = 0, y = 0;
    std::uint8_t values = 0;
};

struct Cloud {
    Grid x, y;
    std::vector<Point> points;
};

/// Reads a few points from memory: in blocks, or in sequence if there is one only.
class Held final : public las::PointReader {
public:
    Held(const Cloud& cloud, std::span<const Point> points, std::size_t block_points) {
        info_.layout = {1, las::base_record_length(1)};
        info_.header.version_minor = 2;
        info_.header.point_format_byte = 1;
        info_.header.legacy_point_count = static_cast<std::uint32_t>(points.size());
        info_.header.scale = {static_cast<double>(cloud.x.scale) / kUnits, static_cast<double>(cloud.y.scale) / kUnits,
                              1};
        info_.header.offset = {static_cast<double>(cloud.x.offset) / kUnits,
                               static_cast<double>(cloud.y.offset) / kUnits, 0};
        points_ = las::Points{info_.layout, las::ColumnSet::all()};
        points_.resize(points.size());
        las::for_each_column(points_, [](auto& column) {
            using T = typename std::remove_reference_t<decltype(column)>::value_type;
            std::fill(column.begin(), column.end(), T{});
        });
        for (std::size_t i = 0; i < points.size(); ++i) {
            points_.x[i] = points[i].x;
            points_.y[i] = points[i].y;
            points_.gps_time[i] = points[i].values & 1;
            points_.intensity[i] = points[i].values >> 1 & 1;
            points_.user_data[i] = points[i].values >> 2;
        }
        if (block_points == 0) return;
        for (std::size_t first = 0; first < points.size(); first += block_points)
            blocks_.push_back({first, std::min(block_points, points.size() - first), {}});
    }

    [[nodiscard]] const las::FileInfo& info() const override { return info_; }
    [[nodiscard]] std::span<const las::PointBlock> blocks() const override { return blocks_; }
    Status read_next(std::size_t max_rows, las::Points& out) override {
        const auto last = next_ + std::min(max_rows, points_.size() - next_);
        out.append(points_, next_, last);
        next_ = last;
        return Ok{};
    }
    Status read_block(std::size_t index, las::Points& out) const override {
        const auto& block = blocks_[index];
        out.resize(0);
        out.append(points_, block.first_point, block.first_point + block.point_count);
        return Ok{};
    }

private:
    las::FileInfo info_;
    las::Points points_;
    std::vector<las::PointBlock> blocks_;
    std::size_t next_ = 0;
};

/// The cloud as two files of which the first is read in sequence.
std::vector<compare::Input> inputs_of(const Cloud& cloud, std::size_t cut) {
    const std::span points{cloud.points};
    const auto input = [&cloud](std::string name, std::span<const Point> part, std::size_t block_points) {
        compare::Input made{std::move(name)};
        made.open = [&cloud, part, block_points](const las::OpenOptions&) -> Result<std::unique_ptr<las::PointReader>> {
            return std::unique_ptr<las::PointReader>{std::make_unique<Held>(cloud, part, block_points)};
        };
        return made;
    };
    cut = std::min(cut, points.size());
    return {input("first", points.first(cut), 0), input("second", points.subspan(cut), 3)};
}

compare::Report report_of(const Cloud& a, const Cloud& b, std::size_t cut, std::uint64_t memory) {
    wire::SerialExecutor executor;
    compare::Options options;
    options.memory_limit = memory;
    const auto in_a = inputs_of(a, cut), in_b = inputs_of(b, cut / 2);
    auto outcome = compare::diff(in_a, in_b, options, executor);
    require(outcome.report.has_value());
    return *std::move(outcome.report);
}

// ---- the reference ------------------------------------------------------------------------------------------------

bool near(const Grid& a, std::int32_t raw_a, const Grid& b, std::int32_t raw_b) {
    const auto distance = (a.scale * raw_a + a.offset) - (b.scale * raw_b + b.offset);
    return 2 * std::abs(distance) <= std::max(a.scale, b.scale);
}

/// The most pairs of equal points: each of A looks for one of B, and who has one may have to look for another.
class Pairs {
public:
    Pairs(const Cloud& a, const Cloud& b) : a_{a}, b_{b}, owner_(b.points.size()) {}
    std::size_t count() {
        std::size_t found = 0;
        for (std::size_t i = 0; i < a_.points.size(); ++i) {
            seen_.assign(b_.points.size(), false);
            found += find(i) ? 1u : 0u;
        }
        return found;
    }

private:
    [[nodiscard]] bool equal(const Point& a, const Point& b) const {
        return a.values == b.values && near(a_.x, a.x, b_.x, b.x) && near(a_.y, a.y, b_.y, b.y);
    }
    bool find(std::size_t i) {
        for (std::size_t j = 0; j < b_.points.size(); ++j) {
            if (seen_[j] || !equal(a_.points[i], b_.points[j])) continue;
            seen_[j] = true;
            if (owner_[j] && !find(*owner_[j])) continue;
            owner_[j] = i;
            return true;
        }
        return false;
    }

    const Cloud& a_;
    const Cloud& b_;
    std::vector<std::optional<std::size_t>> owner_;
    std::vector<bool> seen_;
};

// ---- input --------------------------------------------------------------------------------------------------------

Grid grid_of(std::uint8_t byte) { return {kScales[byte & 3], kOffsets[byte >> 2 & 3]}; }

/// Four bytes of scales and offsets, one of the cut, then points: side and values, x (two bytes), y.
std::pair<Cloud, Cloud> clouds_of(std::span<const std::uint8_t> bytes) {
    Cloud a{grid_of(bytes[0]), grid_of(bytes[1]), {}}, b{grid_of(bytes[2]), grid_of(bytes[3]), {}};
    for (auto rest = bytes.subspan(5); rest.size() >= kPointBytes; rest = rest.subspan(kPointBytes)) {
        if (a.points.size() + b.points.size() == kMostPoints) break;
        const auto x = static_cast<std::int16_t>(rest[1] | rest[2] << 8);
        (rest[0] & 1 ? b : a)
            .points.push_back({x, static_cast<std::int8_t>(rest[3]), static_cast<std::uint8_t>(rest[0] >> 1)});
    }
    return {std::move(a), std::move(b)};
}

void check(const compare::Report& report, const Cloud& a, const Cloud& b, std::size_t pairs) {
    const auto in_a = a.points.size(), in_b = b.points.size();
    require(report.points_a == in_a && report.points_b == in_b && !report.pairs_missed);
    require(report.same == (pairs == in_a && pairs == in_b));
    if (report.same) return;
    require(report.equal == pairs);
    require(report.only_in_a + report.changed == in_a - pairs && report.only_in_b + report.changed == in_b - pairs);
    std::uint64_t told = 0;
    for (const auto& difference : report.first) told += difference.count;
    require(told <= report.only_in_a + report.only_in_b + report.changed && !report.first.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 5) return 0;
    const auto [a, b] = clouds_of({data, size});
    const auto pairs = Pairs{a, b}.count();
    check(report_of(a, b, data[4], 1u << 30), a, b, pairs);
    check(report_of(b, a, 0, 16u << 20), b, a, pairs);
    require(report_of(a, a, data[4], 1u << 30).same);
    return 0;
}
