// Builds the parts of the tree, each as soon as no more points can come to it.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "build/partition.hpp"
#include "build/routing.hpp"
#include "build/writer.hpp"

namespace copse::build {

class Construction {
public:
    struct Parts {
        const TreePlan& tree;
        PartitionSize size;
        Router& router;
        PileStore& store;
        PartitionBuilder& builder;
        Writer& writer;
        wire::Executor& executor;
        const Progress& progress;
        std::uint64_t points = 0;  ///< in all, as far as is known
    };
    explicit Construction(const Parts& parts);

    /// Builds what none of these boxes (raw integers of the output) reaches and what is known to be a part of its own:
    /// a node that is too large for a leaf, whatever else its neighbours get. @pre nobody routes
    MaybeFailure build_out_of_reach(std::span<const RawBox> still_to_come);
    /// Builds everything that is left.
    MaybeFailure build_rest();

private:
    struct Bin {
        std::uint64_t points = 0;
        bool closed = false;  ///< nothing can come any more
        bool built = false;
    };
    /// A stretch of the way through the tree: one partition with what is empty around it, or nothing but emptiness.
    struct Slot {
        Passage place;
        Partition partition;  ///< no piles: nothing
    };
    using Range = std::pair<std::size_t, std::size_t>;  // of bins
    void count();
    void close(std::span<const RawBox> still_to_come);
    MaybeFailure find_ready(const copc::VoxelKey& node, Range bins, std::vector<Slot>& slots);
    void join(const copc::VoxelKey& node, Range bins, std::vector<Partition>& out) const;
    template <class Use>
    void for_each_child(const copc::VoxelKey& node, Range bins, const Use& use) const;
    [[nodiscard]] std::uint64_t points_in(Range bins) const;
    void pass_emptiness(std::vector<Slot>& slots);
    MaybeFailure build(std::span<Slot> slots);
    MaybeFailure build_one(Slot& slot);

    Parts parts_;
    std::vector<Bin> bins_;
    std::vector<Passage> built_;  ///< whole nodes that are built, in no order
    Place passed_to_;             ///< all before this is built or empty
    std::mutex telling_;
    std::uint64_t done_ = 0;
};

}  // namespace copse::build
