// The inputs, opened and brought into an order that depends on their contents only.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "build/failure.hpp"
#include "copse/build.hpp"
#include "copse/laz.hpp"

namespace copse::build {

/// One opened input.
struct OpenInput {
    std::string name;
    std::unique_ptr<las::PointReader> reader;
    Bytes header_bytes;          ///< as stored, at most 375: the first thing that ranks inputs
    std::uint64_t vlr_hash = 0;  ///< of all records; the last
    /// Another reader of the same input, from its start.
    std::function<Result<std::unique_ptr<las::PointReader>>()> open;

    [[nodiscard]] const las::FileInfo& info() const { return reader->info(); }
    [[nodiscard]] std::uint64_t point_count() const { return info().header.point_count(); }
};

/// Opens all inputs and ranks them by header bytes, size and a hash of their records, never by name or argument order.
/// Those that are damaged so that they cannot be opened go to `skipped`, if the options say so; one must be left.
MaybeFailure open_inputs(std::span<const Input> inputs, const Options& options, wire::Executor& executor,
                         std::vector<OpenInput>& out, std::vector<Skipped>& skipped);

/// Of all inputs, as their headers say.
[[nodiscard]] std::uint64_t point_count(std::span<const OpenInput> inputs);

/// Files that can be read in sequence only stand at their end after a pass: opens them anew.
MaybeFailure reopen_sequences(std::span<OpenInput> inputs);

}  // namespace copse::build
