#include "build/octree.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "build/morton.hpp"
#include "build/parallel.hpp"

namespace copse::build {
namespace {

/// Counters of one thread: 8 MB at level 7.
constexpr unsigned kMostCountingLevels = 7;

/// Partitions decided between two looks at the progress callback, for each thread.
constexpr std::size_t kBatchPartitions = 8;

struct RowSlice {
    std::size_t first = 0;
    std::size_t last = 0;
};

/// How deep partitions may be: see `Selector`.
unsigned counting_level(const Cube& cube, const TreeShape& shape) {
    unsigned level = 0;
    while (level < std::min(kMostCountingLevels, shape.grid_bits) && has_grid(cube, shape, level)) ++level;
    return level;
}

/// Equal shares of the rows, one for each call that may run at a time.
std::vector<RowSlice> slices_of(std::size_t rows, unsigned count) {
    std::vector<RowSlice> slices(count);
    for (unsigned i = 0; i < count; ++i) slices[i] = {rows / count * i, i + 1 == count ? rows : rows / count * (i + 1)};
    return slices;
}

/// Number of each point's cell of `level`.
std::vector<std::uint32_t> cell_codes(const las::Points& points, const Cube& cube, unsigned level,
                                      std::span<const RowSlice> slices, wire::Executor& executor) {
    std::vector<std::uint32_t> codes(points.size());
    const Locator locator{cube};
    executor.for_each(slices.size(), [&](std::size_t s) {
        for (std::size_t row = slices[s].first; row < slices[s].last; ++row)
            codes[row] = static_cast<std::uint32_t>(
                morton_code(locator.locate(points.x[row], points.y[row], points.z[row]), 0, level));
    });
    return codes;
}

std::vector<std::uint32_t> count_codes(std::span<const std::uint32_t> codes, unsigned level,
                                       std::span<const RowSlice> slices, wire::Executor& executor) {
    const std::size_t cells = std::size_t{1} << 3 * level;
    std::vector<std::vector<std::uint32_t>> counts(slices.size());
    executor.for_each(slices.size(), [&](std::size_t s) {
        counts[s].resize(cells);
        for (std::size_t row = slices[s].first; row < slices[s].last; ++row) ++counts[s][codes[row]];
    });
    for (std::size_t s = 1; s < counts.size(); ++s)
        for (std::size_t cell = 0; cell < cells; ++cell) counts[0][cell] += counts[s][cell];
    return std::move(counts[0]);
}

/// Rows of all partitions, one partition after the other; within one, in their order among the points.
std::vector<std::uint32_t> scatter(std::span<const std::uint32_t> codes, std::span<const Partition> partitions,
                                   unsigned level, std::span<const RowSlice> slices, wire::Executor& executor) {
    std::vector<std::uint32_t> partition_of(std::size_t{1} << 3 * level);
    for (std::size_t p = 0; p < partitions.size(); ++p)
        std::fill(partition_of.begin() + static_cast<std::ptrdiff_t>(partitions[p].first_code),
                  partition_of.begin() + static_cast<std::ptrdiff_t>(partitions[p].last_code),
                  static_cast<std::uint32_t>(p));

    std::vector<std::vector<std::size_t>> place(slices.size(), std::vector<std::size_t>(partitions.size()));
    executor.for_each(slices.size(), [&](std::size_t s) {
        for (std::size_t row = slices[s].first; row < slices[s].last; ++row) ++place[s][partition_of[codes[row]]];
    });
    std::size_t next = 0;
    for (std::size_t p = 0; p < partitions.size(); ++p)
        for (auto& of_slice : place) next += std::exchange(of_slice[p], next);

    std::vector<std::uint32_t> rows(codes.size());
    executor.for_each(slices.size(), [&](std::size_t s) {
        for (std::size_t row = slices[s].first; row < slices[s].last; ++row)
            rows[place[s][partition_of[codes[row]]]++] = static_cast<std::uint32_t>(row);
    });
    return rows;
}

/// Cuts the points into partitions; `rows` becomes the rows of all, one partition after the other.
std::vector<Partition> form_partitions(const las::Points& points, const Cube& cube, const TreeShape& shape,
                                       wire::Executor& executor, std::uint64_t partition_points,
                                       std::vector<std::uint32_t>& rows) {
    // A node above the partitions must not be a leaf.
    const std::uint64_t most_points = std::max(partition_points, shape.max_node_points);
    const unsigned level = counting_level(cube, shape);
    if (points.size() <= most_points || level == 0) {
        rows.resize(points.size());
        std::iota(rows.begin(), rows.end(), std::uint32_t{0});
        return {{{}, 0, 1, points.size()}};
    }
    const auto slices = slices_of(points.size(), executor.concurrency());
    const auto codes = cell_codes(points, cube, level, slices, executor);
    auto partitions =
        plan_partitions(count_codes(codes, level, slices, executor), static_cast<int>(level), most_points);
    rows = scatter(codes, partitions, level, slices, executor);
    return partitions;
}

/// Puts the partitions' shares of the nodes above them together.
void collect_coarse(std::span<const Partition> partitions, std::span<PartitionNodes> chosen, Octree& tree) {
    std::map<copc::VoxelKey, std::vector<std::uint32_t>> nodes;
    for (std::size_t p = 0; p < partitions.size(); ++p) {
        for (std::size_t level = 0; level < chosen[p].coarse.size(); ++level) {
            const auto& share = chosen[p].coarse[level];
            if (share.empty()) continue;
            auto& rows = nodes[partitions[p].root.ancestor(static_cast<std::int32_t>(level))];
            rows.insert(rows.end(), share.begin(), share.end());
        }
        chosen[p].coarse = {};
    }
    for (auto& [key, rows] : nodes) {
        tree.coarse_rows.push_back(std::move(rows));
        tree.nodes.push_back({key, tree.coarse_rows.back()});
    }
}

}  // namespace

bool file_order_less(const copc::VoxelKey& a, const copc::VoxelKey& b) {
    constexpr int kOverviewLevels = 4;
    if (a.level < kOverviewLevels || b.level < kOverviewLevels) {
        if ((a.level < kOverviewLevels) != (b.level < kOverviewLevels)) return a.level < b.level;
        return a < b;
    }
    return copc::depth_first_less(a, b);
}

std::vector<Partition> plan_partitions(std::span<const std::uint32_t> counts, int level, std::uint64_t most_points) {
    std::vector<std::uint64_t> before(counts.size() + 1);
    for (std::size_t i = 0; i < counts.size(); ++i) before[i + 1] = before[i] + counts[i];

    std::vector<Partition> partitions;
    const auto cut = [&](const auto& self, std::uint64_t code, int at_level) -> void {
        const unsigned shift = 3 * static_cast<unsigned>(level - at_level);
        const std::uint64_t first = code << shift, last = (code + 1) << shift;
        const std::uint64_t points = before[static_cast<std::size_t>(last)] - before[static_cast<std::size_t>(first)];
        if (points == 0) return;
        if (points <= most_points || at_level == level) {
            partitions.push_back({key_of_code(code, at_level), first, last, points});
            return;
        }
        for (unsigned octant = 0; octant < 8; ++octant) self(self, code << 3 | octant, at_level + 1);
    };
    cut(cut, 0, 0);
    return partitions;
}

std::optional<Octree> build_octree(const las::Points& points, const Cube& cube, const TreeShape& shape,
                                   wire::Executor& executor, const std::function<bool(std::uint64_t)>& progress,
                                   std::uint64_t partition_points) {
    if (progress && !progress(0)) return std::nullopt;
    Octree tree;
    auto partitions = form_partitions(points, cube, shape, executor, partition_points, tree.rows);

    std::vector<PartitionNodes> chosen(partitions.size());
    Pool<Selector> selectors;
    std::size_t first_row = 0;
    for (std::size_t next = 0; next < partitions.size();) {
        const auto last = std::min(partitions.size(), next + kBatchPartitions * executor.concurrency());
        std::vector<std::span<std::uint32_t>> rows;
        for (std::size_t p = next; p < last; ++p) {
            rows.push_back(std::span{tree.rows}.subspan(first_row, static_cast<std::size_t>(partitions[p].points)));
            first_row += rows.back().size();
        }
        for_each_largest_first(
            executor, rows.size(), [&](std::size_t i) { return rows[i].size(); },
            [&](std::size_t i) {
                selectors.with([&] { return std::make_unique<Selector>(points, cube, shape); },
                               [&](Selector& selector) {
                                   chosen[next + i] = selector.select(partitions[next + i].root, rows[i]);
                               });
            });
        for (std::size_t p = next; p < last; ++p)
            for (const auto& node : chosen[p].nodes)
                tree.nodes.push_back({node.key, rows[p - next].subspan(node.first, node.count)});
        next = last;
        if (progress && !progress(first_row)) return std::nullopt;
    }
    collect_coarse(partitions, chosen, tree);
    std::sort(tree.nodes.begin(), tree.nodes.end(),
              [](const TreeNode& a, const TreeNode& b) { return file_order_less(a.key, b.key); });
    return tree;
}

}  // namespace copse::build
