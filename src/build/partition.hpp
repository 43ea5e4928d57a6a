// Parts of the tree that are built by themselves: all points of one node's cube, whatever piles they are in.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "build/bins.hpp"
#include "build/node_encoder.hpp"
#include "build/parallel.hpp"
#include "build/pile.hpp"
#include "build/record_order.hpp"
#include "build/selection.hpp"
#include "build/shared_failure.hpp"

namespace copse::build {

struct Partition {
    copc::VoxelKey root;
    std::vector<Pile*> piles;
    std::uint64_t rows = 0;
    std::vector<Settled> settled;  ///< what was decided among it and its neighbours
};

/// How large partitions are made. The tree does not depend on it.
struct PartitionSize {
    std::uint64_t wanted = 0;  ///< bins are joined up to this; at least TreeShape::most_leaf_total
    std::uint64_t most = 0;    ///< more than this does not fit into a thread's share of the memory: it is divided
};

/// What both sides of the work know of the tree.
struct TreePlan {
    Cube cube;
    TreeShape shape;
};

/// Divides partitions of more than `size.most` points until they fit, or a node is a chain and cannot be divided. Where
/// that goes deeper than the grid allows (grid_bits levels), what the parts give to the levels above them is decided
/// among them here: `Partition::settled`.
MaybeFailure divide_large(std::vector<Partition>& partitions, const TreePlan& tree, const PartitionSize& size,
                          PileStore& store, wire::Executor& executor);

/// Builds partitions, several at a time.
class PartitionBuilder {
public:
    /// Called, from several threads, with points that a node above a partition takes: rows of `points`.
    using Give = std::function<PileStatus(const copc::VoxelKey& node, const las::Points& points,
                                          std::span<const std::uint32_t> rows)>;

    /// @param stride     of the samples; 0: none
    /// Makes the failure of so many points together, which take so many bytes of the store's budget.
    using TooLittle = std::function<Failure(std::uint64_t rows, std::uint64_t bytes)>;

    /// @param most_rows  of a partition that a thread has memory for; for more, memory is reserved in the store
    PartitionBuilder(const TreePlan& tree, const las::PointLayout& layout, std::uint32_t stride,
                     std::uint64_t most_rows, PileStore& store, TooLittle too_little)
        : tree_{tree},
          layout_{layout},
          stride_{stride},
          most_rows_{most_rows},
          store_{store},
          too_little_{std::move(too_little)} {}

    /// Memory for each row of the largest partition, for each thread.
    [[nodiscard]] static std::uint64_t bytes_per_row(const las::PointLayout& layout);

    /// Takes the partition's points, decides, encodes.
    MaybeFailure build(Partition& partition, const Give& give, std::vector<EncodedNode>& nodes);
    /// Gives back what partitions were built in. @pre all are built, and nothing else is
    void release_workspaces() {
        workspaces_.clear();
        released_ = true;
    }
    /// Encodes all points of a pile as one node. Memory for large ones is taken from the store's budget.
    MaybeFailure build_node(const copc::VoxelKey& key, Pile& pile, EncodedNode& node);
    /// Of the store's budget, for a node that has no place in a workspace.
    [[nodiscard]] std::uint64_t node_bytes(std::uint64_t rows) const;

private:
    class Reservation;
    struct Workspace {
        Workspace(const TreePlan& tree, const las::PointLayout& layout, std::uint32_t stride)
            : points{layout, las::ColumnSet::all()}, selector{tree.cube, tree.shape}, encoder{layout, stride} {}
        las::Points points;
        std::vector<std::uint32_t> record_order, rows;
        NodeSorter sorter;
        Selector selector;
        NodeEncoder encoder;
    };
    void order_records(Workspace& workspace) const;
    MaybeFailure build_in(Workspace& workspace, Partition& partition, const Give& give,
                          std::vector<EncodedNode>& nodes);
    /// Calls `work()` while so much of the store's budget is taken. What others have taken so is waited for.
    template <class Work>
    MaybeFailure with_memory(std::uint64_t rows, std::uint64_t bytes, const Work& work);
    static void sort_records(las::Points& points);
    MaybeFailure build_large_node(const copc::VoxelKey& key, Pile& pile, EncodedNode& node);
    [[nodiscard]] std::unique_ptr<Workspace> make_workspace() const {
        return std::make_unique<Workspace>(tree_, layout_, stride_);
    }

    TreePlan tree_;
    las::PointLayout layout_;
    std::uint32_t stride_;
    std::uint64_t most_rows_;
    PileStore& store_;
    TooLittle too_little_;
    Pool<Workspace> workspaces_;
    std::mutex large_;
    std::mutex reserving_;
    std::condition_variable given_back_;
    unsigned reservations_ = 0;
    bool released_ = false;
};

}  // namespace copse::build
