// The validator: rules of LAS 1.4, COPC 1.0 and the temporal index, judged one by one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "copse/read.hpp"
#include "copse/wire.hpp"

namespace copse::check {

enum class Verdict : std::uint8_t { pass, warn, fail };
[[nodiscard]] const char* to_string(Verdict verdict);

/// One rule and how the file stands to it.
struct Finding {
    std::string id;  ///< stable; those of copc-validator where it has the rule ("sortedGpsTime", "nodesReachable", ...)
    Verdict verdict = Verdict::pass;
    std::string description;           ///< the rule, in a sentence
    std::string spec;                  ///< where the rule stands: specification and section title
    std::optional<FileOffset> offset;  ///< first offending byte
    std::string info;                  ///< what was found, with numbers; empty if nothing is to be said
    Code code = Code::bad_value;
};

struct Options {
    bool deep = false;  ///< decode every point
    wire::Limits limits;
    std::function<bool(std::uint64_t done, std::uint64_t total)> progress;  ///< points; false stops
};

struct Report {
    std::vector<Finding> findings;  ///< in the order of the rules
    std::optional<Error> io_error;  ///< the source failed: no verdict
    [[nodiscard]] Verdict verdict() const;
    /// The first failure, or nullptr.
    [[nodiscard]] const Finding* first_failure() const;
};

/// Judges a file. Never fails on content: a file that cannot be parsed has a `fail` finding with its offset. What the
/// input's values bring along (return number 0, times all equal, no CRS) is `warn`; what the writer did wrong is
/// `fail`. A LAS or LAZ file that is not COPC fails at "copc-info", and its LAS and LAZ rules are judged all the same.
/// A rule that has nothing to judge (of the temporal index where there is none, of points without `deep`) has no
/// finding. Findings do not depend on the executor. Memory does not grow with the number of points: about 100 bytes a
/// node, 64 bits a sample, and with `deep` the compressed chunks of one batch (64 MB, or one chunk) and a slice of
/// points for each thread.
Report validate(wire::Source& source, const Options& options, wire::Executor& executor);

}  // namespace copse::check
