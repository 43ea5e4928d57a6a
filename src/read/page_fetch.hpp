// Asking for pages: which of them are fetched together, and which opening has read already.
#pragma once

#include <cstdint>
#include <span>

#include "copse/read.hpp"
#include "read/intake.hpp"

namespace copse::read {

/// What is left to fetch.
struct AskedPages {
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;
};

/// Asks for all pages, those that lie close together as one; what opening has read is supplied at once.
AskedPages ask_for_pages(const File& file, std::span<const ByteRange> pages, Intake& intake);

}  // namespace copse::read
