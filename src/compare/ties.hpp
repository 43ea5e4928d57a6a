// Coordinates in the middle between two steps of the grid: one program rounds them up, another down, and both are
// right.
#pragma once

#include <cstdint>
#include <span>

#include "compare/record_table.hpp"
#include "compare/schema.hpp"

namespace copse::compare {

/// A record that one cloud has more often than the other.
struct Left {
    std::uint32_t record = 0;  ///< in the table
    std::int64_t count = 0;    ///< more in A: positive
};

/// Brings into balance what differs only in how middles were rounded: finds as many pairs as there can be of records of
/// both sides that could have been rounded to the same place. Changes the order and the counts of `lefts`. Of more than
/// 16,384 records of a side that have all but their place in common, and where a choice hangs on a thousand others, the
/// most may be missed.
void match_ties(const Schema& schema, const RecordTable& table, std::span<Left> lefts);

}  // namespace copse::compare
