// Points as records that can be compared, and their hashes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "compare/schema.hpp"

namespace copse::compare {

struct RecordHash {
    std::uint64_t part = 0;               ///< of the words by which points are parted: see Schema::parting
    std::uint64_t first = 0, second = 0;  ///< of the whole record
};

/// Makes records of a file's points, some at a time: as columns of 64-bit words, since most are only hashed.
class RecordMaker {
public:
    RecordMaker(const Schema& schema, std::size_t file);
    /// Brings the points into a form that all formats share. Before `make`.
    void prepare(las::Points& points);
    /// Hashes of rows [first, first + count), count at most `rows_at_once()`; good until the next call. Two hashes of
    /// 64 bits with nothing in common but the words. Each word goes through a bijection of the state, so records that
    /// differ in one word alone never agree. Ties do not count.
    std::span<const RecordHash> make(const las::Points& points, std::size_t first, std::size_t count);
    /// Appends a record of those made last, with its ties.
    void append_record(std::size_t row, Bytes& out) const;
    [[nodiscard]] std::size_t rows_at_once() const { return rows_; }
    /// The farthest that `make` has moved a coordinate of each axis so far, in steps.
    [[nodiscard]] const std::array<double, 3>& moved() const { return moved_; }

    static std::uint64_t bytes_for(const Schema& schema);  ///< memory that a maker takes

private:
    std::span<std::uint64_t> word(std::size_t at) { return {words_.data() + at / 8 * rows_, rows_}; }
    void make_words(const las::Points& points, std::size_t first, std::size_t count);
    void hash_words(std::size_t count);
    [[nodiscard]] std::uint8_t ties_of(std::size_t row) const;

    const Schema* schema_;
    const FilePlan* plan_;
    std::size_t rows_;
    las::Column<las::WavePacket> wave_;
    std::vector<std::uint64_t> words_;  // word w of row i at w * rows_ + i
    std::vector<RecordHash> hashes_;
    std::array<const std::int32_t*, 3> raw_{};  // of the rows made last
    std::array<double, 3> moved_{};
};

}  // namespace copse::compare
