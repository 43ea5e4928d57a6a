// The answer of one node: which of its points match, decoding no more layers and rows than that takes.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "copse/read.hpp"
#include "read/point_test.hpp"

namespace copse::read {

/// What is asked of every node.
struct Question {
    RawBox box;
    std::optional<temporal::TimeWindow> time;
    std::optional<filter::Polygon> polygon;
    std::optional<filter::Expression> where;
    las::ColumnSet columns;
    bool count_only = false;

    /// Points have to be looked at to know whether they match.
    [[nodiscard]] bool tests_points() const { return time || polygon || where || !box.full(); }
};

/// What is asked of one node.
struct NodeTask {
    copc::Entry entry;
    std::vector<double> samples;       ///< of the index, if it is used for this node
    std::uint64_t first_row = 0;       ///< rows before it are answered already
    std::uint64_t last_row = 0;        ///< rows from it on are excluded by the index
    std::uint64_t candidate_rows = 0;  ///< of those before `last_row`, how many the index does not exclude
    std::uint64_t max_points = ~std::uint64_t{0};
    bool answered = false;
};

struct NodeAnswer {
    Chunk chunk;
    std::uint64_t rows_decoded =
        0;             ///< from the first on. If points were tested and the answer is not cut, none after them matches
    bool cut = false;  ///< more points match than were allowed
    bool contradicts_index = false;  ///< the times are not what the samples say; nothing else in the answer counts
};

struct NodeToAnswer {
    const NodeTask* task = nullptr;
    ByteView bytes;  ///< of its chunk
};

/// Decodes X, Y, and what else is asked about, and tests each point, a block of rows at a time, up to the first block
/// behind the window of time if an index says that times do not fall; if some match and more columns are wanted,
/// decodes these up to the last match. Holds the points that match and a block of others, whatever the node's size.
Result<NodeAnswer> answer_node(const File& file, const Question& question, const NodeToAnswer& node);

/// The same of several nodes, in their order: decoding several chunks at a time is faster than one after the other.
std::vector<Result<NodeAnswer>> answer_nodes(const File& file, const Question& question,
                                             std::span<const NodeToAnswer> nodes);

}  // namespace copse::read
