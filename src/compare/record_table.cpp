#include "compare/record_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace copse::compare {
namespace {

constexpr std::size_t kMostRecords = 1u << 30;
constexpr std::size_t kMostSlotsPerRecord = 4;  // twice the capacity, rounded up to a power of two

}  // namespace

RecordTable::RecordTable(std::size_t record_size, std::size_t capacity)
    : record_size_{record_size},
      capacity_{capacity},
      mask_{std::bit_ceil(2 * std::max<std::size_t>(capacity, 1)) - 1},
      slots_(mask_ + 1) {
    records_.reserve(capacity * record_size);
    hashes_.reserve(capacity);
    counts_.reserve(capacity);
}

std::size_t RecordTable::capacity_for(std::size_t record_size, std::uint64_t bytes) {
    constexpr std::size_t kSorting = 2 * sizeof(std::int64_t);  // a number and a count, aligned
    const auto each = record_size + sizeof(std::uint64_t) + sizeof(std::int64_t) +
                      kMostSlotsPerRecord * sizeof(std::uint32_t) + kSorting;
    return static_cast<std::size_t>(std::min<std::uint64_t>(bytes / each, kMostRecords));
}

bool RecordTable::add(const std::byte* record, std::uint64_t hash, std::int64_t by) {
    for (auto slot = static_cast<std::size_t>(hash) & mask_;; slot = (slot + 1) & mask_) {
        if (slots_[slot] == 0) {
            if (counts_.size() == capacity_) return false;
            records_.insert(records_.end(), record, record + record_size_);
            hashes_.push_back(hash);
            counts_.push_back(by);
            slots_[slot] = static_cast<std::uint32_t>(counts_.size());
            return true;
        }
        const std::size_t index = slots_[slot] - 1u;
        if (hashes_[index] == hash && std::memcmp(this->record(index), record, record_size_) == 0) {
            counts_[index] += by;
            return true;
        }
    }
}

}  // namespace copse::compare
