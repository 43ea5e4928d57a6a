// Sentences for what goes wrong.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "copse/build.hpp"

namespace copse::build {

/// Nothing, or why it cannot go on.
using MaybeFailure = std::optional<Failure>;

/// An error in the content of an input, or in reading it.
[[nodiscard]] Failure input_failure(const std::string& input, const Error& error);
/// What the options or the inputs together ask for cannot be. @param file the input concerned, or empty
[[nodiscard]] Failure request_failure(std::string message, const std::string& file = {});
[[nodiscard]] Failure output_failure(const Error& error);
[[nodiscard]] Failure memory_failure(std::uint64_t points);
[[nodiscard]] Failure stopped_failure();

/// "a.laz", "a.laz and b.laz", "a.laz and 12 others": thousands of inputs make one sentence.
[[nodiscard]] std::string list_names(std::span<const std::string> names);

}  // namespace copse::build
