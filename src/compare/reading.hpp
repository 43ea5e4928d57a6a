// Reads all points of all files, in parallel and with a bounded number of them in memory.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "compare/schema.hpp"

namespace copse::compare {

struct ReadContext {
    std::span<const Input> inputs;
    std::span<const FileFacts> facts;  ///< one for each input
    wire::Limits limits;
    wire::Executor* executor = nullptr;
    const Progress* progress = nullptr;
    const char* stage = "";
};

/// Looks at headers and extra bytes.
std::optional<Failure> look_at(std::span<const Input> inputs, const wire::Limits& limits, wire::Executor& executor,
                               std::vector<FileFacts>& out);

/// Hands out every point once, in blocks, to as many calls at a time as `at_once` and the executor allow. Points that
/// are not as many as a header declares are damage.
std::optional<Failure> for_each_block(const ReadContext& context, std::size_t at_once,
                                      const std::function<void(std::size_t file, las::Points&)>& use);

}  // namespace copse::compare
