// The header and the records of the output, as far as they do not depend on the points.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "build/inputs.hpp"
#include "build/layout.hpp"
#include "build/reference_system.hpp"

namespace copse::build {

struct RecordPlan {
    std::vector<las::Vlr> vlrs;   ///< after the COPC and LASzip records, in file order
    std::vector<las::Vlr> evlrs;  ///< after temporal index and hierarchy
    std::vector<std::string> warnings;
};

/// Header and VLRs together stay within this, so that one read of a remote file gets them: records that do not fit
/// become EVLRs.
inline constexpr std::size_t kFrontBytes = 64u << 10;

/// WKT, extra bytes, then what the inputs carry: sorted by user id, record id and payload, identical ones once. Left
/// out is what would no longer be true: how the inputs were stored, their COPC hierarchy and index, waveforms, other
/// CRSs.
RecordPlan plan_records(std::span<const OpenInput> inputs, const LayoutPlan& layout, const ReferencePlan& reference);

/// Identification, dates and flags that the output takes over: ids and GUID where all inputs agree, the latest date.
/// The GPS time bit is not decided here. Layout, scale, offset, counts and bounds are left at their defaults.
las::Header plan_header(std::span<const OpenInput> inputs, const Options& options);

}  // namespace copse::build
