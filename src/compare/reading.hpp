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

/// How much is in memory at a time.
struct ReadPlan {
    std::size_t calls = 0;         ///< at the same time; 0: the memory is too little for one
    std::size_t blocks = 1;        ///< in one call: several are decoded faster than one after the other
    std::uint64_t call_bytes = 0;  ///< what a call takes
};

/// The fastest way to read within so much memory.
/// @param block_bytes  what the largest block takes
/// @param call_bytes   what a call takes besides its blocks
ReadPlan plan_reading(std::uint64_t bytes, std::uint64_t block_bytes, std::uint64_t call_bytes, std::size_t threads);

/// Hands out every point once, in blocks. Points that are not as many as a header declares are damage.
/// @pre plan.calls is not 0
std::optional<Failure> for_each_block(const ReadContext& context, const ReadPlan& plan,
                                      const std::function<void(std::size_t file, las::Points&)>& use);

}  // namespace copse::compare
