// Orders of points that depend on what their records hold and on nothing else: neither on the order of the inputs nor
// on threads. Two points that no order here tells apart are equal in every byte.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "copse/las.hpp"

namespace copse::build {

/// 64-bit hash of a record's bytes: eight bytes at a time are xored into the state, which is then multiplied and
/// folded; the last, shorter piece is padded with zeros and the length comes last. It breaks ties fairly, so that a tie
/// on a regular grid does not always prefer one side; it is part of the output's definition and must not change.
[[nodiscard]] std::uint64_t record_hash(ByteView record);

/// Compares points by the hash of their record, then by its bytes.
class TieBreaker {
public:
    explicit TieBreaker(const las::Points& points) : points_{&points} {}
    /// Negative if row `a` comes first, positive if `b` does, 0 if their records are equal.
    int compare(std::uint32_t a, std::uint32_t b);

private:
    struct Packed {
        std::uint32_t row = 0;
        std::uint64_t hash = 0;
        Bytes record;
        bool valid = false;
    };
    void pack(std::uint32_t row, Packed& out) const;
    const las::Points* points_;
    Packed a_, b_;
};

/// A GPS time as an integer that sorts like the rows of a node: -inf, finite times ascending, +inf, NaN of any kind.
[[nodiscard]] std::uint64_t time_order(double gps_time);

/// Puts rows into the order in which a node stores them: time (`time_order`), point source, scanner channel, return
/// number, place (Morton order of the raw integers), then the record's bytes. Returns of one pulse share a time, so
/// ties are the normal case; and where there are no times, neighbours in space compress best (7 to 17 % smaller than by
/// X, Y, Z). Keeps its memory from call to call.
class NodeSorter {
public:
    NodeSorter() = default;
    explicit NodeSorter(const las::Points& points) : points_{&points} {}
    /// From now on rows are those of `points`.
    void use(const las::Points& points) { points_ = &points; }
    /// Costs little where the rows consist of long runs of ascending times that do not overlap.
    void sort(std::span<std::uint32_t> rows);

private:
    using Rows = std::span<std::uint32_t>;
    [[nodiscard]] bool join_runs(Rows rows);
    void sort_ties(Rows rows);
    void sort_few(Rows rows);
    template <class KeyOf>
    void sort_by(std::span<std::uint32_t> rows, const KeyOf& key_of, unsigned depth);
    void finish(std::span<std::uint32_t> rows, unsigned depth);
    [[nodiscard]] bool all_equal(std::span<const std::uint32_t> rows);
    [[nodiscard]] bool less(std::uint32_t a, std::uint32_t b);

    const las::Points* points_ = nullptr;
    std::vector<std::uint64_t> keys_, words_, scratch_;
    std::vector<std::uint32_t> sorted_;
    Bytes a_, b_;
};

}  // namespace copse::build
