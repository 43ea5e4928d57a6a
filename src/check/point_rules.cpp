// Rules of the points themselves, once all of them were decoded.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check/facts.hpp"
#include "check/grid_cells.hpp"
#include "check/rule.hpp"

namespace copse::check {

namespace {

constexpr const char* kPointSection = "LAS 1.4 R15, \"Point Data Records\"";
constexpr const char* kInfoSection = "COPC 1.0, \"info VLR\"";
constexpr const char* kHierarchySection = "COPC 1.0, \"hierarchy VLR\"";

std::string where(const Offence& offence) {
    if (offence.key.level < 0) return fmt::format("chunk at {}, row {}", offence.chunk, offence.row);
    return fmt::format("node {}, row {}", copc::to_string(offence.key), offence.row);
}

std::string points_text(const Offence& offence, const char* what) {
    return fmt::format("{} point{} {}; the first: {}", offence.count, offence.count == 1 ? "" : "s", what,
                       where(offence));
}

void judge_decoding(const Facts& facts, Judgement& judgement) {
    const auto& points = *facts.points;
    if (points.stopped) judgement.warn(std::nullopt, [] { return "stopped before the end"; });
    if (points.first_break)
        judgement.fail(points.first_break->at, points.first_break->code, [&] {
            return fmt::format("{}; {} of {} chunks do not decode", points.first_break->what, points.broken_chunks,
                               points.chunks);
        });
}

void judge_places(const Facts& facts, Judgement& judgement) {
    const auto& outside_node = facts.points->outside_node;
    const auto& outside_bounds = facts.points->outside_bounds;
    if (outside_node.count > 0)
        judgement.fail(outside_node.chunk, Code::bad_value,
                       [&] { return points_text(outside_node, "outside the node's cube"); });
    if (outside_bounds.count > 0)
        judgement.fail(outside_bounds.chunk, Code::bad_value,
                       [&] { return points_text(outside_bounds, "outside the bounds of the header"); });
}

void judge_tight_bounds(const Facts& facts, Judgement& judgement) {
    const auto& points = *facts.points;
    const auto& header = facts.header;
    if (!points.complete() || points.points == 0) return judgement.not_applicable();
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto scale = header.scale[axis];
        auto low = points.raw_min[axis] * scale + header.offset[axis];
        auto high = points.raw_max[axis] * scale + header.offset[axis];
        if (scale < 0) std::swap(low, high);
        const auto slack = std::abs(scale);
        const auto at = field::kBounds + 16 * axis;
        if (header.max[axis] > high + slack)
            judgement.warn(at, [&] {
                return fmt::format("{} reaches {}, the header says {}", "XYZ"[axis], high, header.max[axis]);
            });
        if (header.min[axis] < low - slack)
            judgement.warn(at + 8, [&] {
                return fmt::format("{} begins at {}, the header says {}", "XYZ"[axis], low, header.min[axis]);
            });
    }
}

/// A range that leaves points out misleads whoever prunes by it. One that is too wide costs time only, and 0 to 0 is
/// how writers say that they do not know.
void judge_gps_time(const Facts& facts, Judgement& judgement) {
    const auto& points = *facts.points;
    if (!facts.info || !points.complete() || !(points.time_min <= points.time_max)) return judgement.not_applicable();
    const auto low = facts.info->gps_time_min;
    const auto high = facts.info->gps_time_max;
    if (low == points.time_min && high == points.time_max) return;
    const auto at = facts.info_at() + (low == points.time_min ? info_field::kGpsTimeMax : info_field::kGpsTimeMin);
    const auto text = [&] {
        return fmt::format("{} to {}, the points have {} to {}", low, high, points.time_min, points.time_max);
    };
    if ((low == 0 && high == 0) || (low <= points.time_min && points.time_max <= high))
        judgement.warn(at, text);
    else
        judgement.fail(at, Code::bad_value, text);
}

void judge_finite_times(const Facts& facts, Judgement& judgement) {
    const auto& offence = facts.points->non_finite;
    if (offence.count > 0)
        judgement.warn(offence.chunk, [&] { return points_text(offence, "with a time that is not finite"); });
}

void judge_varying_times(const Facts& facts, Judgement& judgement) {
    const auto& points = *facts.points;
    if (!points.complete() || points.points < 2 || !las::has_gps_time(facts.header.format()))
        return judgement.not_applicable();
    if (points.time_min == points.time_max)
        judgement.warn(std::nullopt, [&] { return fmt::format("all are {}", points.time_min); });
}

void judge_sorted(const Facts& facts, Judgement& judgement) {
    if (!facts.info) return judgement.not_applicable();
    const auto& offence = facts.points->unsorted;
    if (offence.count == 0) return;
    const auto text = [&] { return points_text(offence, "earlier than the one before"); };
    if (facts.temporal)
        judgement.fail(offence.chunk, Code::bad_value, text);
    else
        judgement.warn(offence.chunk, text);
}

void judge_samples(const Facts& facts, Judgement& judgement) {
    if (!facts.temporal) return judgement.not_applicable();
    const auto& offence = facts.points->wrong_sample;
    if (offence.count == 0) return;
    const auto* entry = facts.temporal->find(offence.key);
    judgement.fail(entry == nullptr ? offence.chunk : entry->at, Code::bad_value, [&] {
        return fmt::format("{} sample{} not the time of the row; the first: {}, sample {}", offence.count,
                           offence.count == 1 ? " is" : "s are", where(offence), offence.value);
    });
}

void judge_return_number(const Facts& facts, Judgement& judgement) {
    const auto& points = *facts.points;
    if (points.return_above_count.count > 0)
        judgement.warn(points.return_above_count.chunk, [&] {
            return points_text(points.return_above_count, "with a return number above the number of returns");
        });
    if (points.by_return[0] > 0)
        judgement.warn(std::nullopt,
                       [&] { return fmt::format("{} points with return number 0", points.by_return[0]); });
}

void judge_rgb(const Facts& facts, Judgement& judgement) {
    if (!las::has_rgb(facts.header.format()) || facts.points->points == 0) return judgement.not_applicable();
    if (facts.points->max_colour == 0) judgement.warn(std::nullopt, [] { return "all points are black"; });
}

void judge_rgbi(const Facts& facts, Judgement& judgement) {
    if (!las::has_rgb(facts.header.format()) || facts.points->max_colour == 0) return judgement.not_applicable();
    if (facts.points->max_colour <= 255)
        judgement.warn(std::nullopt, [&] {
            return fmt::format("no value is above {}: the colours have 8 bits", facts.points->max_colour);
        });
}

/// The spec calls spacing the space between points and promises nothing; a breach is told, not blamed.
void judge_grid(const Facts& facts, Judgement& judgement) {
    const auto& points = *facts.points;
    if (!facts.info || !points.complete() || points.interior_nodes == 0) return judgement.not_applicable();
    if (points.crowded.count > 0)
        judgement.warn(points.crowded.chunk, [&] {
            return fmt::format("grid of {}: {} points of {} of {} nodes with children share a cell; the first: {}",
                               GridCells::grid_of(*facts.info), points.crowded.count, points.crowded_nodes,
                               points.interior_nodes, where(points.crowded));
        });
}

constexpr JudgedRule kPointRules[] = {
    {{"chunksDecode", "Every chunk decodes, and every byte of it is used", "LASzip, layered chunks"}, judge_decoding},
    {{"xyz", "Each point lies in the cube of its node and in the bounds of the header", kHierarchySection},
     judge_places},
    {{"tightBounds", "The bounds of the header are those of the points", "LAS 1.4 R15, \"Public Header Block\"",
      Verdict::warn},
     judge_tight_bounds},
    {{"gpsTime", "The GPS time range of the info VLR is that of the points", kInfoSection}, judge_gps_time},
    {{"gpsTimeFinite", "GPS times are finite", kPointSection, Verdict::warn}, judge_finite_times},
    {{"gpsTimeVaries", "GPS times differ", kPointSection, Verdict::warn}, judge_varying_times},
    {{"sortedGpsTime", "The points of a node are sorted by GPS time",
      "COPC Temporal Index Extension 1.0 draft 2, \"Point Ordering\""},
     judge_sorted},
    {{"temporalSampleTimes", "Samples are the times of their rows",
      "COPC Temporal Index Extension 1.0 draft 2, \"Sampling Rules\""},
     judge_samples},
    {{"returnNumber", "Return numbers are 1 to the number of returns", kPointSection, Verdict::warn},
     judge_return_number},
    {{"rgb", "Colours are used", kPointSection, Verdict::warn}, judge_rgb},
    {{"rgbi", "Colours have 16 bits", kPointSection, Verdict::warn}, judge_rgbi},
    {{"gridSpacing",
      "In a node with children, a cell of the grid of 2 * halfsize / spacing cells holds one point at most",
      kInfoSection, Verdict::warn},
     judge_grid},
};

}  // namespace

std::span<const JudgedRule> point_rules() { return kPointRules; }

}  // namespace copse::check
