// Decodes one chunk and looks at every point.
#pragma once

#include <cstdint>

#include "check/facts.hpp"

namespace copse::check {

/// A part of the point data that is decoded on its own: a node's chunk, a chunk of a LAZ file that is not COPC, or a
/// run of records of an uncompressed one.
struct ChunkJob {
    ByteRange range;
    std::uint64_t points = 0;
    std::size_t node = 0;  // in HierarchyFacts::nodes; its size if there is none
};

/// What all jobs of a file have in common.
struct ScanContext {
    const Facts* facts = nullptr;
    laz::ChunkFormat format;
    bool compressed = true;
    copc::Box bounds;        // of the header, widened by a scale step
    std::uint32_t grid = 0;  // cells along a node's edge; 0 if the spacing allows no such test
};

ScanContext make_scan_context(const Facts& facts);

/// Memory: a slice of points, whatever the chunk claims, and a bit for each grid cell.
PointFacts scan_chunk(const ScanContext& context, const ChunkJob& job, ByteView bytes);

}  // namespace copse::check
