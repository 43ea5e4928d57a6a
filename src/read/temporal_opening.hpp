// Finding out at opening whether a file's temporal index can be used, and where its pages really are.
#pragma once

#include <optional>

#include "copse/read.hpp"

namespace copse::read {

/// What the root page of an index must be among, and where it may be.
struct RootPlaces {
    temporal::Header header;
    std::vector<ByteRange> places;  ///< to be tried in this order; empty: the header cannot be right
};
/// @param payload where the record's payload is; `header` was parsed from its first bytes
RootPlaces plan_root_places(const temporal::Header& header, ByteRange payload);

/// Adds `shift` to the page offsets of all pointers.
void relocate(temporal::Page& page, std::uint64_t shift);

/// Whether every pointer of a page leads into the record.
bool pointers_stay_inside(const temporal::Page& page, ByteRange payload);

/// Judges the root page by what is known of the file: times inside the info record's range, and for a relocated index
/// the number of nodes, where the root hierarchy page is the only one.
/// @return nullptr if nothing speaks against it, else the rule that is broken
const char* check_root(const File& file, const temporal::Header& header, const temporal::Page& root, bool relocated);

}  // namespace copse::read
