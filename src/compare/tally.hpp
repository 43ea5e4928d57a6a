// What differs: left-over records of both clouds are paired where they agree in place, and counted.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compare/record_table.hpp"
#include "compare/schema.hpp"
#include "compare/ties.hpp"

namespace copse::compare {

class Tally {
public:
    Tally(const Schema& schema, std::size_t shown)
        : schema_{&schema}, shown_{shown}, differing_(schema.dimensions().size()) {}

    /// Pairs and counts what is not in balance. All records of a place come in one table, or are not paired.
    void add(const RecordTable& table);
    /// Counts, dimensions and first differences. @pre the report's points_a is set
    void finish(Report& report) const;

private:
    /// A difference with its records: those of `a` or `b` that is missing is empty.
    struct Found {
        Kind kind = Kind::changed;
        std::uint64_t count = 0;
        Bytes a, b;
        [[nodiscard]] const Bytes& key() const { return a.empty() ? b : a; }
    };

    void pair_place(const RecordTable& table, std::span<Left> lefts);
    void pair_run(const RecordTable& table, std::span<Left> lefts);
    void count_pair(const std::byte* a, const std::byte* b, std::uint64_t count);
    void count_single(const std::byte* record, std::int64_t count);
    void show(Kind kind, std::uint64_t count, const std::byte* a, const std::byte* b);
    [[nodiscard]] bool less(const Found& a, const Found& b) const;
    [[nodiscard]] Difference describe(const Found& found) const;

    const Schema* schema_;
    std::size_t shown_;
    std::uint64_t only_in_a_ = 0, only_in_b_ = 0, changed_ = 0;
    std::vector<std::uint64_t> differing_;  // pairs, for each dimension
    std::vector<Found> found_;              // the first `shown_`, in order
};

}  // namespace copse::compare
