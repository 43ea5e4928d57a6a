#include "build/partition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "build/file_order.hpp"
#include "build/long_chain.hpp"
#include "build/morton.hpp"
#include "build/nomination.hpp"
#include "build/routing.hpp"

namespace copse::build {
namespace {

/// Levels that one pass over a partition divides it by.
constexpr unsigned kLevelsAtOnce = 3;

/// Divides one partition.
class Division {
public:
    Division(const Partition& partition, const TreePlan& tree, PileStore& store)
        : partition_{partition},
          store_{store},
          locator_{tree.cube},
          top_{static_cast<unsigned>(partition.root.level)},
          bottom_{top_} {
        while (bottom_ < top_ + kLevelsAtOnce && bottom_ < static_cast<unsigned>(copc::kMaxLevel) &&
               has_grid(tree.cube, tree.shape, bottom_))
            ++bottom_;
    }

    /// False: a node that is a chain stays whole.
    [[nodiscard]] bool possible() const { return bottom_ > top_; }

    PileStatus run(std::uint64_t wanted, std::vector<Partition>& out) {
        for (auto* pile : partition_.piles) PileStore::pin(*pile);
        if (auto status = count(); !status) return status;
        std::vector<std::uint32_t> part_of(counts_.size());
        std::vector<Partition> parts;
        for (const auto& range : cut_cube(counts_, bottom_ - top_, wanted)) {
            if (range.points == 0) continue;
            std::fill(part_of.begin() + range.first, part_of.begin() + range.last,
                      static_cast<std::uint32_t>(parts.size()));
            parts.push_back({below(range.root), {&store_.make()}, range.points, {}});
        }
        if (auto status = distribute(part_of, parts); !status) return status;
        std::move(parts.begin(), parts.end(), std::back_inserter(out));
        return {};
    }

private:
    /// A key within the partition as one of the whole tree.
    [[nodiscard]] copc::VoxelKey below(const copc::VoxelKey& key) const {
        const auto& root = partition_.root;
        return {root.level + key.level, (root.x << key.level) + key.x, (root.y << key.level) + key.y,
                (root.z << key.level) + key.z};
    }

    [[nodiscard]] std::uint64_t code(const las::Points& points, std::size_t row) const {
        return morton_code(locator_.locate(points.x[row], points.y[row], points.z[row]), top_, bottom_ - top_);
    }

    PileStatus count() {
        counts_.assign(std::size_t{1} << 3 * (bottom_ - top_), 0);
        for (auto* pile : partition_.piles) {
            auto status = store_.look(*pile, [&](const las::Points& points) {
                for (std::size_t row = 0; row < points.size(); ++row) ++counts_[code(points, row)];
                return PileStatus{};
            });
            if (!status) return status;
        }
        return {};
    }

    PileStatus distribute(std::span<const std::uint32_t> part_of, std::span<const Partition> parts) {
        std::vector<std::vector<std::uint32_t>> rows(parts.size());
        for (auto* pile : partition_.piles) {
            auto status = store_.drain(*pile, [&](const las::Points& points) -> PileStatus {
                for (std::size_t row = 0; row < points.size(); ++row)
                    rows[part_of[code(points, row)]].push_back(static_cast<std::uint32_t>(row));
                for (std::size_t p = 0; p < parts.size(); ++p) {
                    if (rows[p].empty()) continue;
                    if (auto added = store_.add(*parts[p].piles.front(), points, rows[p]); !added) return added;
                    rows[p].clear();
                }
                return {};
            });
            if (!status) return status;
        }
        return {};
    }

    const Partition& partition_;
    PileStore& store_;
    Locator locator_;
    unsigned top_, bottom_;
    std::vector<std::uint64_t> counts_;
};

}  // namespace

MaybeFailure divide_large(std::vector<Partition>& partitions, const TreePlan& tree, const PartitionSize& size,
                          PileStore& store, wire::Executor& executor) {
    std::vector<Partition> done;
    std::vector<Partition> todo{std::make_move_iterator(partitions.rbegin()),
                                std::make_move_iterator(partitions.rend())};
    while (!todo.empty()) {
        auto partition = std::move(todo.back());
        todo.pop_back();
        Division division{partition, tree, store};
        if (partition.rows <= size.most || !division.possible()) {
            done.push_back(std::move(partition));
            continue;
        }
        std::vector<Partition> parts;
        if (const auto status = division.run(size.wanted, parts); !status) return pile_failure(status);
        std::move(parts.rbegin(), parts.rend(), std::back_inserter(todo));
    }
    partitions = std::move(done);
    return settle_shared_cells(partitions, tree, store, executor);
}

namespace {

/// Rows are numbered with 32 bits.
constexpr std::uint64_t kMostRows = 0xfffffffe;
/// Of a long chain's points that are sorted at a time: columns, order, keys and words.
constexpr std::uint64_t kChainBytesPerRow = 100;

Failure too_many_rows() {
    return request_failure("more than 2^32 points lie too close together for one node of the octree");
}

}  // namespace

std::uint64_t PartitionBuilder::bytes_per_row(const las::PointLayout& layout) {
    constexpr std::uint64_t kSorter = 8 + 8 + 8 + 4, kRows = 4 + 4;
    // The points, once more as a node, and at most as much again as its chunk.
    return 3 * row_bytes(column_widths(layout)) + Selector::kBytesPerRow + kSorter + kRows;
}

void PartitionBuilder::order_records(Workspace& workspace) const {
    workspace.record_order.resize(workspace.points.size());
    std::iota(workspace.record_order.begin(), workspace.record_order.end(), std::uint32_t{0});
    workspace.sorter.use(workspace.points);
    workspace.sorter.sort(workspace.record_order);
}

std::uint64_t PartitionBuilder::node_bytes(std::uint64_t rows) const {
    // The points; then what sorting takes, or the chunk: its layers, put together in memory that grows by doubling.
    constexpr std::uint64_t kSorting = 8 + 8 + 8 + 4 + 4;
    return rows * (store_.bytes_per_row() + std::max(kSorting, 2 * store_.bytes_per_row()));
}

void PartitionBuilder::sort_records(las::Points& points) {
    std::vector<std::uint32_t> order(points.size());
    std::iota(order.begin(), order.end(), std::uint32_t{0});
    NodeSorter{points}.sort(order);
    las::for_each_column(points, [&order](auto& column) {
        std::remove_reference_t<decltype(column)> sorted(order.size());
        for (std::size_t row = 0; row < order.size(); ++row) sorted[row] = column[order[row]];
        column.swap(sorted);
    });
}

/// A share of the store's budget.
class PartitionBuilder::Reservation {
public:
    explicit Reservation(PartitionBuilder& builder) : builder_{builder} {}
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;
    ~Reservation() {
        if (!taken_) return;
        tokens_ = {};
        const std::lock_guard lock{builder_.reserving_};
        --builder_.reservations_;
        builder_.given_back_.notify_all();
    }

    PileStatus take(std::uint64_t bytes) {
        std::unique_lock lock{builder_.reserving_};
        for (;;) {
            auto status = builder_.store_.reserve(bytes, tokens_);
            taken_ = !status.failure;
            if (taken_) ++builder_.reservations_;
            const bool is_final = status.failure != PileFailure::memory || builder_.reservations_ == 0;
            if (taken_ || is_final) return status;
            builder_.given_back_.wait(lock);
        }
    }

private:
    PartitionBuilder& builder_;
    Tokens tokens_;
    bool taken_ = false;
};

template <class Work>
MaybeFailure PartitionBuilder::with_memory(std::uint64_t rows, std::uint64_t bytes, const Work& work) {
    Reservation reservation{*this};
    const auto status = reservation.take(bytes);
    if (status) return work();
    return status.failure == PileFailure::memory ? too_little_(rows, bytes) : pile_failure(status);
}

MaybeFailure PartitionBuilder::build(Partition& partition, const Give& give, std::vector<EncodedNode>& nodes) {
    if (partition.rows <= most_rows_)
        return workspaces_.with([&] { return make_workspace(); },
                                [&](Workspace& workspace) { return build_in(workspace, partition, give, nodes); });
    // It could not be divided. One at a time: such points take turns with the memory.
    if (partition.rows > kMostRows) return too_many_rows();
    const std::lock_guard lock{large_};
    return with_memory(most_rows_, most_rows_ * kChainBytesPerRow, [&]() -> MaybeFailure {
        for (auto* pile : partition.piles) PileStore::pin(*pile);
        const auto status = give_long_chain(partition, tree_, most_rows_, store_, give);
        return status ? MaybeFailure{} : pile_failure(status);
    });
}

MaybeFailure PartitionBuilder::build_in(Workspace& workspace, Partition& partition, const Give& give,
                                        std::vector<EncodedNode>& nodes) {
    auto& points = workspace.points;
    points.resize(0);
    for (auto* pile : partition.piles)
        if (const auto status = store_.take(*pile, points); !status) return pile_failure(status);
    order_records(workspace);
    const auto& selection =
        workspace.selector.select(partition.root, points, workspace.record_order, partition.settled);

    // The rows of each node, in the order of its records.
    std::vector<std::size_t> next(selection.nodes.size() + 1);
    for (std::size_t n = 0; n < selection.nodes.size(); ++n) next[n + 1] = next[n] + selection.nodes[n].points;
    const auto first = next;
    workspace.rows.resize(points.size());
    for (const auto row : workspace.record_order) workspace.rows[next[selection.node_of[row]]++] = row;

    const auto columns = columns_of(points);
    const auto above = static_cast<std::size_t>(partition.root.level);
    for (std::size_t n = 0; n < selection.nodes.size(); ++n) {
        const auto& node = selection.nodes[n];
        const std::span rows{workspace.rows.data() + first[n], node.points};
        if (rows.empty()) continue;
        if (n < above) {
            if (const auto status = give(node.key, points, rows); !status) return pile_failure(status);
            continue;
        }
        auto encoded = workspace.encoder.encode(node.key, columns, rows);
        if (!encoded) return output_failure(encoded.error());
        nodes.push_back(*std::move(encoded));
    }
    std::sort(nodes.begin(), nodes.end(),
              [](const EncodedNode& a, const EncodedNode& b) { return file_order_less(a.key, b.key); });
    return std::nullopt;
}

MaybeFailure PartitionBuilder::build_node(const copc::VoxelKey& key, Pile& pile, EncodedNode& node) {
    if (pile.rows() > most_rows_ || released_) return build_large_node(key, pile, node);
    return workspaces_.with([&] { return make_workspace(); },
                            [&](Workspace& workspace) -> MaybeFailure {
                                workspace.points.resize(0);
                                if (const auto status = store_.take(pile, workspace.points); !status)
                                    return pile_failure(status);
                                order_records(workspace);
                                auto encoded =
                                    workspace.encoder.encode(key, columns_of(workspace.points), workspace.record_order);
                                if (!encoded) return output_failure(encoded.error());
                                node = *std::move(encoded);
                                return std::nullopt;
                            });
}

/// In a cloud that fills space, nodes above the partitions have a point in most cells of their grid. So this takes less
/// memory than a partition of as many rows: columns are rearranged one by one.
MaybeFailure PartitionBuilder::build_large_node(const copc::VoxelKey& key, Pile& pile, EncodedNode& node) {
    if (pile.rows() > kMostRows) return too_many_rows();
    std::unique_lock lock{large_, std::defer_lock};
    if (pile.rows() > most_rows_) lock.lock();
    return with_memory(pile.rows(), node_bytes(pile.rows()), [&]() -> MaybeFailure {
        las::Points points{layout_, las::ColumnSet::all()};
        if (const auto status = store_.take(pile, points); !status) return pile_failure(status);
        sort_records(points);
        auto encoded = NodeEncoder{layout_, stride_}.encode(key, points);
        if (!encoded) return output_failure(encoded.error());
        node = *std::move(encoded);
        return std::nullopt;
    });
}

}  // namespace copse::build
