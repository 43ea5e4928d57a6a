// What a conversion came to, for people and for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "copse/build.hpp"
#include "support/output.hpp"
#include "support/stages.hpp"

namespace copse::cli {

/// A conversion's report with what its host measured.
struct ConvertReport {
    build::Report built;
    std::string output;
    std::size_t files = 0;
    unsigned threads = 1;
    double seconds = 0;
    std::vector<StageClock::Stage> stages;
    std::uint64_t memory_limit = 0;
    std::uint64_t peak_memory = 0;
    std::uint64_t temp_bytes = 0;
};

[[nodiscard]] Json report_json(const ConvertReport& report);
/// To standard error, the levels with --verbose only.
void say_report(const ConvertReport& report);

}  // namespace copse::cli
