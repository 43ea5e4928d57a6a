// Points as records that can be compared, and their hashes.
#pragma once

#include <cstdint>

#include "compare/schema.hpp"

namespace copse::compare {

struct RecordHash {
    std::uint64_t place = 0;              ///< of X, Y, Z
    std::uint64_t first = 0, second = 0;  ///< of the whole record
};

/// Two hashes of 64 bits with nothing in common but the words. Each word goes through a bijection of the state, so
/// records that differ in one word alone never agree. @pre size is a multiple of 8, at least 24
RecordHash hash_record(const std::byte* record, std::size_t size);

/// Makes records of a file's points, some at a time.
class RecordMaker {
public:
    RecordMaker(const Schema& schema, std::size_t file);
    /// Brings the points into a form that all formats share. Before `make`.
    void prepare(las::Points& points);
    /// Records of rows [first, first + count), count at most `rows_at_once()`; good until the next call.
    const std::byte* make(const las::Points& points, std::size_t first, std::size_t count);
    [[nodiscard]] std::size_t rows_at_once() const { return rows_; }

private:
    const Schema* schema_;
    const FilePlan* plan_;
    std::size_t rows_;
    las::Column<las::WavePacket> wave_;
    Bytes records_;
};

}  // namespace copse::compare
