#include "build/nomination.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "build/morton.hpp"
#include "build/routing.hpp"
#include "build/selection.hpp"

namespace copse::build {
namespace {

/// A point that may win a cell of a level.
struct Nominee {
    std::uint64_t distance = 0;
    std::uint64_t hash = 0;
    Bytes record;
    std::uint32_t row = 0;
    Position position;

    friend bool operator<(const Nominee& a, const Nominee& b) {
        return std::tie(a.distance, a.hash, a.record) < std::tie(b.distance, b.hash, b.record);
    }
};

/// The best points of one partition for each level that it shares.
class Nominees {
public:
    explicit Nominees(unsigned levels) : of_level(levels) {}

    void consider(unsigned level, const Position& position, std::uint64_t distance, const las::Points& points,
                  std::size_t row_here, std::uint32_t row) {
        auto& best = of_level[level];
        const bool full = best.size() == of_level.size();
        if (full && distance > best.back().distance) return;
        Nominee one;
        one.distance = distance;
        las::pack_records(points, row_here, row_here + 1, one.record);
        one.hash = record_hash(one.record);
        one.row = row;
        one.position = position;
        if (full && !(one < best.back())) return;
        best.insert(std::upper_bound(best.begin(), best.end(), one), std::move(one));
        if (best.size() > of_level.size()) best.pop_back();
    }

    std::vector<std::vector<Nominee>> of_level;  ///< best first, at most as many as there are levels
};

class Settlement {
public:
    Settlement(std::span<Partition> partitions, const TreePlan& tree) : partitions_{partitions}, tree_{tree} {}

    PileStatus nominate(std::size_t p, Nominees& nominees, PileStore& store) const {
        const Locator locator{tree_.cube};
        const unsigned levels = shared_levels(partitions_[p]);
        std::uint32_t first = 0;
        for (auto* pile : partitions_[p].piles) {
            const auto status = store.look(*pile, [&](const las::Points& points) {
                for (std::size_t row = 0; row < points.size(); ++row) {
                    const auto position = locator.locate(points.x[row], points.y[row], points.z[row]);
                    for (unsigned level = 0; level < levels; ++level)
                        nominees.consider(level, position, distance_to_centre(position, level + tree_.shape.grid_bits),
                                          points, row, first + static_cast<std::uint32_t>(row));
                }
                first += static_cast<std::uint32_t>(points.size());
                return PileStatus{};
            });
            if (!status) return status;
        }
        return {};
    }

    /// From level 0 down: of the nominees of each shared cell that have not won yet, the best wins, unless an earlier
    /// winner in the cell leaves it none.
    void resolve(std::span<const std::size_t> group, std::span<const Nominees> nominees) const {
        std::map<std::pair<std::size_t, std::uint32_t>, Position> won;  // by partition and row
        for (unsigned level = 0;; ++level) {
            const auto cell_level = static_cast<std::int32_t>(level + tree_.shape.grid_bits);
            std::map<copc::VoxelKey, std::pair<std::size_t, const Nominee*>> winners;
            bool any = false;
            for (const auto p : group) {
                if (level >= shared_levels(partitions_[p])) continue;
                any = true;
                const auto& candidates = nominees[p].of_level[level];
                const auto best = std::find_if(candidates.begin(), candidates.end(), [&](const Nominee& candidate) {
                    return !won.contains({p, candidate.row});
                });
                if (best == candidates.end()) continue;
                auto& winner = winners[partitions_[p].root.ancestor(cell_level)];
                if (winner.second == nullptr || *best < *winner.second) winner = {p, &*best};
            }
            if (!any) return;
            const auto limits = limits_of(won, level);
            for (const auto& [cell, winner] : winners) {
                const auto limit = limits.find(cell);
                if (limit != limits.end() && winner.second->distance >= limit->second) continue;
                won.emplace(std::pair{winner.first, winner.second->row}, winner.second->position);
                partitions_[winner.first].settled.push_back({level, winner.second->row});
            }
        }
    }

    /// By shared cell of `level`: how near to its centre a point must be, because of those that won coarser levels.
    [[nodiscard]] std::map<copc::VoxelKey, std::uint64_t> limits_of(
        const std::map<std::pair<std::size_t, std::uint32_t>, Position>& won, unsigned level) const {
        const auto cell_level = level + tree_.shape.grid_bits;
        std::map<copc::VoxelKey, std::uint64_t> limits;
        for (const auto& [point, position] : won) {
            const auto& partition = partitions_[point.first];
            if (level >= shared_levels(partition)) continue;
            const auto limit = limit_beside(distance_to_centre(position, cell_level));
            const auto [found, is_new] =
                limits.try_emplace(partition.root.ancestor(static_cast<std::int32_t>(cell_level)), limit);
            found->second = std::min(found->second, limit);
        }
        return limits;
    }

    [[nodiscard]] unsigned shared_levels(const Partition& partition) const {
        const auto level = static_cast<unsigned>(partition.root.level);
        return level > tree_.shape.grid_bits ? level - tree_.shape.grid_bits : 0;
    }

private:
    std::span<Partition> partitions_;
    const TreePlan& tree_;
};

}  // namespace

MaybeFailure settle_shared_cells(std::span<Partition> partitions, const TreePlan& tree, PileStore& store,
                                 wire::Executor& executor) {
    const Settlement settlement{partitions, tree};
    std::map<copc::VoxelKey, std::vector<std::size_t>> groups;  // by the grid cell of the root that they lie in
    std::vector<Nominees> nominees;
    std::vector<std::size_t> sharing;
    for (std::size_t p = 0; p < partitions.size(); ++p) {
        const auto levels = settlement.shared_levels(partitions[p]);
        nominees.emplace_back(levels);
        if (levels == 0) continue;
        sharing.push_back(p);
        groups[partitions[p].root.ancestor(static_cast<std::int32_t>(tree.shape.grid_bits))].push_back(p);
        for (auto* pile : partitions[p].piles) PileStore::pin(*pile);
    }
    SharedFailure failure;
    executor.for_each(sharing.size(), [&](std::size_t i) {
        if (failure.raised()) return;
        if (const auto status = settlement.nominate(sharing[i], nominees[sharing[i]], store); !status)
            failure.raise(pile_failure(status));
    });
    if (auto failed = failure.take()) return failed;
    for (const auto& [cell, group] : groups) settlement.resolve(group, nominees);
    return std::nullopt;
}

}  // namespace copse::build
