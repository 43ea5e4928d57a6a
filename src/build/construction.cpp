#include "build/construction.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "build/file_order.hpp"

namespace copse::build {
namespace {

/// Whether a box touches a cube of the tree; a quantum of rounding on either side counts as touching.
bool reaches(const RawBox& box, const Cube& cube, const copc::VoxelKey& key) {
    const std::array cell{key.x, key.y, key.z};
    for (std::size_t a = 0; a < 3; ++a) {
        const auto cells = std::int64_t{1} << key.level;
        const auto size = static_cast<std::int64_t>(cube.size_raw[a]);
        // Sizes are below 2^44 and levels at most 7 here: no product overflows.
        const auto low = cube.min_raw[a] + cell[a] * size / cells - 2;
        const auto high = cube.min_raw[a] + (cell[a] + 1) * size / cells + 2;
        if (box.max[a] < low || box.min[a] > high) return false;
    }
    return true;
}

}  // namespace

Construction::Construction(const Parts& parts) : parts_{parts}, bins_(parts.router.ranges().size()) {}

void Construction::count() {
    const auto& counts = parts_.router.counts();
    for (std::size_t b = 0; b < bins_.size(); ++b) {
        const auto& range = parts_.router.ranges()[b];
        bins_[b].points = 0;
        for (auto cell = range.first; cell < range.last; ++cell) bins_[b].points += counts[cell];
    }
}

void Construction::close(std::span<const RawBox> still_to_come) {
    for (std::size_t b = 0; b < bins_.size(); ++b) {
        if (bins_[b].closed) continue;
        bins_[b].closed = std::none_of(still_to_come.begin(), still_to_come.end(), [&](const RawBox& box) {
            return reaches(box, parts_.tree.cube, parts_.router.ranges()[b].root);
        });
        if (bins_[b].closed) parts_.router.close(b);
    }
}

std::uint64_t Construction::points_in(Range bins) const {
    std::uint64_t sum = 0;
    for (auto b = bins.first; b < bins.second; ++b) sum += bins_[b].points;
    return sum;
}

/// Calls `use(child, its bins)`. @pre there are several bins in the node
template <class Use>
void Construction::for_each_child(const copc::VoxelKey& node, Range bins, const Use& use) const {
    auto first = bins.first;
    for (unsigned octant = 0; octant < 8; ++octant) {
        const auto child = node.child(octant);
        auto last = first;
        while (last < bins.second && child.is_ancestor_of(parts_.router.ranges()[last].root)) ++last;
        use(child, Range{first, last});
        first = last;
    }
}

/// The coarsest nodes of at most `size.wanted` points, and bins with more. What is left of nodes that hold built bins
/// is cut more finely: these nodes are no leaves in any case.
void Construction::join(const copc::VoxelKey& node, Range bins, std::vector<Partition>& out) const {
    const auto begin = bins_.begin() + static_cast<std::ptrdiff_t>(bins.first);
    const auto end = bins_.begin() + static_cast<std::ptrdiff_t>(bins.second);
    if (std::all_of(begin, end, [](const Bin& bin) { return bin.built || bin.points == 0; })) return;
    const bool whole = std::none_of(begin, end, [](const Bin& bin) { return bin.built; });
    const auto points = points_in(bins);
    if (whole && (points <= parts_.size.wanted || bins.second - bins.first == 1)) {
        Partition partition{node, {}, points, {}};
        for (auto b = bins.first; b < bins.second; ++b)
            if (bins_[b].points != 0) partition.piles.push_back(&parts_.router.pile(b));
        out.push_back(std::move(partition));
        return;
    }
    for_each_child(node, bins, [&](const copc::VoxelKey& child, Range range) { join(child, range, out); });
}

/// Finds the largest nodes that are closed and certain to be no part of a leaf above them.
MaybeFailure Construction::find_ready(const copc::VoxelKey& node, Range bins, std::vector<Slot>& slots) {
    const auto begin = bins_.begin() + static_cast<std::ptrdiff_t>(bins.first);
    const auto end = bins_.begin() + static_cast<std::ptrdiff_t>(bins.second);
    const bool fresh = std::all_of(begin, end, [](const Bin& bin) { return bin.closed && !bin.built; });
    if (fresh && points_in(bins) > parts_.tree.shape.most_leaf_total()) {
        std::vector<Partition> partitions;
        join(node, bins, partitions);
        if (auto failure = divide_large(partitions, parts_.tree, parts_.size, parts_.store, parts_.executor))
            return failure;
        auto place = passage_of(node);
        built_.push_back(place);
        for (std::size_t p = 0; p < partitions.size(); ++p) {
            const auto last = p + 1 == partitions.size() ? place.last : passage_of(partitions[p].root).last;
            slots.push_back({{place.first, last}, std::move(partitions[p])});
            place.first = last;
        }
        std::for_each(begin, end, [](Bin& bin) { bin.built = true; });
        return std::nullopt;
    }
    MaybeFailure failure;
    if (bins.second - bins.first > 1)
        for_each_child(node, bins, [&](const copc::VoxelKey& child, Range range) {
            if (!failure) failure = find_ready(child, range, slots);
        });
    return failure;
}

/// What is empty next to what is built already holds nothing up. Only there: a leaf around it may still be to come.
void Construction::pass_emptiness(std::vector<Slot>& slots) {
    std::sort(built_.begin(), built_.end(), [](const Passage& a, const Passage& b) { return a.first < b.first; });
    for (std::size_t b = 0; b < bins_.size(); ++b) {
        const auto bin = passage_of(parts_.router.ranges()[b].root);
        if (bin.last <= passed_to_) continue;
        const auto built = std::lower_bound(built_.begin(), built_.end(), passed_to_,
                                            [](const Passage& one, const Place& place) { return one.first < place; });
        if (built != built_.end() && built->first == passed_to_) {
            passed_to_ = built->last;
        } else if (bins_[b].closed && bins_[b].points == 0) {
            slots.push_back({{passed_to_, bin.last}, {}});
            passed_to_ = bin.last;
        } else {
            return;
        }
    }
}

MaybeFailure Construction::build_out_of_reach(std::span<const RawBox> still_to_come) {
    count();
    close(still_to_come);
    std::vector<Slot> slots;
    if (auto failure = find_ready({}, {0, bins_.size()}, slots)) return failure;
    pass_emptiness(slots);
    return build(slots);
}

MaybeFailure Construction::build_rest() {
    count();
    std::vector<Partition> partitions;
    join({}, {0, bins_.size()}, partitions);
    if (auto failure = divide_large(partitions, parts_.tree, parts_.size, parts_.store, parts_.executor))
        return failure;

    // Between and around what is built already.
    std::sort(built_.begin(), built_.end(), [](const Passage& a, const Passage& b) { return a.first < b.first; });
    auto built = built_.begin();
    std::vector<Slot> slots;
    auto place = passed_to_;
    const auto step_over_built = [&](const Place& until) {
        for (; built != built_.end() && built->last <= until; ++built) {
            if (built->last <= place) continue;
            if (built->first > place) slots.push_back({{place, built->first}, {}});
            place = built->last;
        }
    };
    for (auto& partition : partitions) {
        const auto own = passage_of(partition.root);
        step_over_built(own.first);
        slots.push_back({{place, own.last}, std::move(partition)});
        place = own.last;
    }
    const auto end = passage_of({}).last;
    step_over_built(end);
    if (place < end) slots.push_back({{place, end}, {}});
    return build(slots);
}

MaybeFailure Construction::build(std::span<Slot> slots) {
    SharedFailure failure;
    if (parts_.progress && !parts_.progress("build", done_, parts_.points)) return stopped_failure();
    parts_.executor.for_each(slots.size(), [&](std::size_t s) {
        if (failure.raised()) return;
        if (auto failed = build_one(slots[s])) failure.raise(*std::move(failed));
    });
    return failure.take();
}

MaybeFailure Construction::build_one(Slot& slot) {
    std::vector<EncodedNode> nodes;
    const auto rows = slot.partition.rows;
    const auto give = [this](const copc::VoxelKey& node, const las::Points& points,
                             std::span<const std::uint32_t> taken) {
        return parts_.writer.add_to_node(node, points, taken);
    };
    if (rows != 0)
        if (auto failure = parts_.builder.build(slot.partition, give, nodes)) return failure;
    const auto begin = rows != 0 ? passage_of(slot.partition.root).first : slot.place.first;
    if (auto failure = parts_.writer.add_part(begin, slot.place, std::move(nodes))) return failure;
    if (rows == 0) return std::nullopt;
    const std::lock_guard lock{telling_};
    done_ += rows;
    if (parts_.progress && !parts_.progress("build", done_, parts_.points)) return stopped_failure();
    return std::nullopt;
}

}  // namespace copse::build
