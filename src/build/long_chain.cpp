#include "build/long_chain.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "build/morton.hpp"
#include "build/record_order.hpp"

namespace copse::build {
namespace {

/// Bytes that compare as `NodeSorter` orders records.
void make_key(const las::Points& points, std::size_t row, Bytes& out) {
    out.clear();
    const auto big_endian = [&out](std::uint64_t value, int bytes) {
        for (int b = bytes - 1; b >= 0; --b) out.push_back(static_cast<std::byte>(value >> (8 * b) & 0xff));
    };
    big_endian(time_order(points.gps_time[row]), 8);
    big_endian(points.point_source_id[row], 2);
    big_endian(points.channel[row], 1);
    big_endian(points.return_number(row), 1);
    const auto axis = [](std::int32_t raw, unsigned shift) {
        return spread_bits((static_cast<std::uint32_t>(raw) ^ 0x80000000u) >> shift & 0xffff);
    };
    for (const unsigned shift : {16u, 0u})
        big_endian(axis(points.x[row], shift) | axis(points.y[row], shift) << 1 | axis(points.z[row], shift) << 2, 6);
    las::pack_records(points, row, row + 1, out);
}

class LongChain {
public:
    LongChain(const Partition& partition, const TreePlan& tree, std::uint64_t most_rows, PileStore& store,
              const PartitionBuilder::Give& give)
        : partition_{partition},
          tree_{tree},
          locator_{tree.cube},
          level_{static_cast<unsigned>(partition.root.level)},
          most_rows_{most_rows},
          store_{store},
          give_{give} {}

    PileStatus run() {
        for (const auto& settled : partition_.settled) taken_.emplace(settled.row, settled.level);
        const auto grid_bits = tree_.shape.grid_bits;
        for (auto above = level_ > grid_bits ? level_ - grid_bits : 0; above < level_; ++above)
            if (auto status = choose(above); !status) return status;
        auto& rest = store_.make();
        if (auto status = part_with_taken(rest); !status) return status;
        return sort(rest);
    }

private:
    /// The nearest point of a cell, and how near it must be (`limit_beside`).
    struct Best {
        std::uint64_t distance = ~std::uint64_t{0}, hash = 0;
        Bytes record;
        std::uint32_t row = 0;
        std::uint64_t limit = ~std::uint64_t{0};
    };

    [[nodiscard]] Position position(const las::Points& points, std::size_t row) const {
        return locator_.locate(points.x[row], points.y[row], points.z[row]);
    }

    /// Calls `use(points, row in points, row in the partition)` for each point.
    template <class Use>
    PileStatus for_each_point(const Use& use) {
        std::uint32_t first = 0;
        for (auto* pile : partition_.piles) {
            const auto status = store_.look(*pile, [&](const las::Points& points) {
                for (std::size_t row = 0; row < points.size(); ++row)
                    use(points, row, first + static_cast<std::uint32_t>(row));
                first += static_cast<std::uint32_t>(points.size());
                return PileStatus{};
            });
            if (!status) return status;
        }
        return {};
    }

    /// What a node above takes: of the points not yet taken, the nearest to the centre of each cell, unless one that a
    /// coarser node took is nearly as near.
    PileStatus choose(unsigned above) {
        const auto cell_level = above + tree_.shape.grid_bits;
        std::unordered_map<std::uint64_t, Best> best;
        const auto status = for_each_point([&](const las::Points& points, std::size_t row, std::uint32_t number) {
            const auto at = position(points, row);
            const auto distance = distance_to_centre(at, cell_level);
            auto& winner = best[morton_code(at, level_, cell_level - level_)];
            if (taken_.contains(number)) {
                winner.limit = std::min(winner.limit, limit_beside(distance));
                return;
            }
            if (distance > winner.distance) return;
            Best one{distance, 0, {}, number, winner.limit};
            las::pack_records(points, row, row + 1, one.record);
            one.hash = record_hash(one.record);
            if (std::tie(one.distance, one.hash, one.record) < std::tie(winner.distance, winner.hash, winner.record))
                winner = std::move(one);
        });
        for (const auto& [cell, winner] : best)
            if (winner.distance < winner.limit) taken_.emplace(winner.row, above);
        return status;
    }

    /// Gives the nodes above what they take; all else goes to `rest`.
    PileStatus part_with_taken(Pile& rest) {
        std::uint32_t first = 0;
        std::vector<std::uint32_t> left;
        std::vector<std::vector<std::uint32_t>> of_level(level_);
        const auto part = [&](const las::Points& points) -> PileStatus {
            left.clear();
            for (auto& rows : of_level) rows.clear();
            for (std::uint32_t row = 0; row < points.size(); ++row) {
                const auto owner = taken_.find(first + row);
                (owner == taken_.end() ? left : of_level[owner->second]).push_back(row);
            }
            first += static_cast<std::uint32_t>(points.size());
            for (unsigned above = 0; above < level_; ++above) {
                if (of_level[above].empty()) continue;
                const auto node = partition_.root.ancestor(static_cast<std::int32_t>(above));
                if (auto status = give_(node, points, of_level[above]); !status) return status;
            }
            return store_.add(rest, points, left);
        };
        for (auto* pile : partition_.piles)
            if (auto status = store_.drain_in_order(*pile, part); !status) return status;
        return {};
    }

    /// Hands a pile's points out in record order: at once if they fit, else the lower part first.
    PileStatus sort(Pile& pile) {
        if (pile.rows() <= most_rows_) return sort_in_memory(pile);
        PileStore::pin(pile);
        Bytes least, most, key;
        std::vector<Bytes> sample;
        std::uint64_t seen = 0;
        const auto step = std::max<std::uint64_t>(1, pile.rows() / kSample);
        const auto looked = store_.look(pile, [&](const las::Points& points) {
            for (std::size_t row = 0; row < points.size(); ++row) {
                make_key(points, row, key);
                if (seen == 0 || key < least) least = key;
                if (seen == 0 || most < key) most = key;
                if (seen++ % step == 0) sample.push_back(key);
            }
            return PileStatus{};
        });
        if (!looked) return looked;
        // Copies in every byte: one order is as good as another.
        if (least == most)
            return store_.drain(pile, [this](const las::Points& points) {
                std::vector<std::uint32_t> rows(points.size());
                std::iota(rows.begin(), rows.end(), 0u);
                return fill(points, rows);
            });
        std::sort(sample.begin(), sample.end());
        auto middle = sample[sample.size() / 2];
        if (!(middle < most)) {
            const auto end = std::lower_bound(sample.begin(), sample.end(), most);
            middle = end == sample.begin() ? least : *(end - 1);
        }
        auto& lower = store_.make();
        auto& upper = store_.make();
        std::vector<std::uint32_t> rows[2];
        const auto parted = store_.drain(pile, [&](const las::Points& points) -> PileStatus {
            for (auto& list : rows) list.clear();
            for (std::uint32_t row = 0; row < points.size(); ++row) {
                make_key(points, row, key);
                rows[middle < key ? 1 : 0].push_back(row);
            }
            if (auto status = store_.add(lower, points, rows[0]); !status) return status;
            return store_.add(upper, points, rows[1]);
        });
        if (!parted) return parted;
        if (auto status = sort(lower); !status) return status;
        return sort(upper);
    }

    PileStatus sort_in_memory(Pile& pile) {
        las::Points points{store_.layout(), las::ColumnSet::all()};
        if (auto status = store_.take(pile, points); !status) return status;
        std::vector<std::uint32_t> order(points.size());
        std::iota(order.begin(), order.end(), 0u);
        NodeSorter{points}.sort(order);
        return fill(points, order);
    }

    /// The next points in record order, each to the first node on its way down that has room.
    PileStatus fill(const las::Points& points, std::span<const std::uint32_t> rows) {
        std::optional<copc::VoxelKey> node;
        std::size_t first = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto next = node_for(position(points, rows[i]));
            if (node && next != *node) {
                if (auto status = give_(*node, points, rows.subspan(first, i - first)); !status) return status;
                first = i;
            }
            node = next;
        }
        return node ? give_(*node, points, rows.subspan(first)) : PileStatus{};
    }

    copc::VoxelKey node_for(const Position& at) {
        for (auto level = partition_.root.level;; ++level) {
            const auto key = key_at(at, level);
            auto& count = counts_[key];
            if (count == tree_.shape.max_node_points && level < copc::kMaxLevel) continue;
            ++count;
            return key;
        }
    }

    static constexpr std::uint64_t kSample = 1024;

    const Partition& partition_;
    const TreePlan& tree_;
    Locator locator_;
    unsigned level_;
    std::uint64_t most_rows_;
    PileStore& store_;
    const PartitionBuilder::Give& give_;
    std::unordered_map<std::uint32_t, unsigned> taken_;  ///< row in the partition -> level
    std::unordered_map<copc::VoxelKey, std::uint64_t, copc::VoxelKeyHash> counts_;
};

}  // namespace

PileStatus give_long_chain(const Partition& partition, const TreePlan& tree, std::uint64_t most_rows, PileStore& store,
                           const PartitionBuilder::Give& give) {
    return LongChain{partition, tree, most_rows, store, give}.run();
}

}  // namespace copse::build
