// A multiset of records in which those of one cloud count up and those of the other count down.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "copse/wire.hpp"

namespace copse::compare {

class RecordTable {
public:
    /// Memory is taken at once. @pre capacity at most 2^30
    RecordTable(std::size_t record_size, std::size_t capacity);

    /// How many records so much memory holds, together with what sorting them takes.
    static std::size_t capacity_for(std::size_t record_size, std::uint64_t bytes);

    /// False if the record is new and there is no room for it.
    [[nodiscard]] bool add(const std::byte* record, std::uint64_t hash, std::int64_t by);

    [[nodiscard]] std::size_t size() const { return counts_.size(); }  ///< different records, those in balance too
    [[nodiscard]] const std::byte* record(std::size_t index) const { return records_.data() + index * record_size_; }
    /// More in the first cloud: positive.
    [[nodiscard]] std::int64_t count(std::size_t index) const { return counts_[index]; }

private:
    std::size_t record_size_, capacity_, mask_;
    Bytes records_;
    std::vector<std::uint64_t> hashes_;
    std::vector<std::int64_t> counts_;
    std::vector<std::uint32_t> slots_;  // index + 1; 0 is free
};

}  // namespace copse::compare
