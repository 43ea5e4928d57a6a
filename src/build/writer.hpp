// The output file: header and records, chunks in file order, chunk table, index pages.
#pragma once

#include "build/cube.hpp"
#include "build/octree.hpp"
#include "build/records.hpp"
#include "build/time_rules.hpp"
#include "copse/build.hpp"

namespace copse::build {

/// Everything that is known before the first byte is written.
struct OutputPlan {
    las::Header header;  ///< with ids, dates, flags, scale, offset; the rest is filled in
    las::PointLayout layout;
    RecordPlan records;
    Cube cube;
    std::optional<RawBox> bounds;  ///< of the points; empty without points
    TimePlan times;
    std::uint32_t stride = 1;
    std::uint32_t grid = 128;
};

/// Writes the file and fills in what the report says of it. Nodes are sorted and encoded in parallel, a bounded number
/// at a time, and appended in file order.
MaybeFailure write_output(const las::Points& points, const Octree& tree, const OutputPlan& plan, wire::Sink& sink,
                          wire::Executor& executor, const Progress& progress, Report& report);

}  // namespace copse::build
