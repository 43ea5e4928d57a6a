#include "build/sample.hpp"

#include <algorithm>
#include <cmath>

#include "build/bins.hpp"
#include "build/conform.hpp"

namespace copse::build {
namespace {

/// One block of so many is looked at, as far as that makes a number between these.
constexpr std::uint64_t kBlocksForOne = 4;
constexpr std::uint64_t kLeastBlocks = 128;
constexpr std::uint64_t kMostBlocks = 4096;
constexpr std::uint64_t kSampledPoints = 400'000;
/// Blocks larger than this are not read for a look at their beginning.
constexpr std::uint64_t kMostBlockBytes = 16u << 20;

/// Something whose first points are looked at.
struct Probe {
    std::size_t input = 0;
    std::optional<std::size_t> block;  ///< none: the file in sequence
    las::Points points;
};

las::Points begin_of(const OpenInput& input, const Probe& probe, std::size_t rows) {
    las::Points points{input.info().layout, las::ColumnSet::xyz()};
    if (probe.block) {
        const auto stream = input.reader->open_block(*probe.block, las::ColumnSet::xyz());
        if (!stream || !(*stream)->next(rows, points)) points.resize(0);
        return points;
    }
    // A reader of its own: the input's stands at its beginning and shall stay there.
    const auto reader = input.open();
    if (!reader || !(*reader)->read_next(rows, points)) points.resize(0);
    return points;
}

std::vector<Probe> choose_probes(std::span<const OpenInput> inputs) {
    std::uint64_t blocks = 0;
    for (const auto& input : inputs) blocks += std::max<std::uint64_t>(1, input.reader->blocks().size());
    const auto wanted = std::clamp(blocks / kBlocksForOne, kLeastBlocks, kMostBlocks);
    const auto step = std::max<std::uint64_t>(1, blocks / wanted);
    std::vector<Probe> probes;
    std::uint64_t next = step / 2;  // in all blocks, one input after the other
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto own = inputs[i].reader->blocks();
        const auto count = std::max<std::uint64_t>(1, own.size());
        for (; next < first + count; next += step) {
            if (inputs[i].point_count() == 0) continue;
            if (own.empty())
                probes.push_back({i, std::nullopt, {}});
            else if (own[static_cast<std::size_t>(next - first)].bytes.size <= kMostBlockBytes)
                probes.push_back({i, static_cast<std::size_t>(next - first), {}});
        }
        first += count;
    }
    return probes;
}

/// Calls `use(box of rows row to row, x, y, z, weight)` for each sampled point as the output has it.
template <class Use>
void for_each_point(std::span<const InputSample> sample, const CoordinatePlan& coordinates, const Use& use) {
    for (std::size_t i = 0; i < sample.size(); ++i) {
        const auto& points = sample[i].points;
        for (std::size_t row = 0; row < points.size(); ++row) {
            const RawBox at{{points.x[row], points.y[row], points.z[row]},
                            {points.x[row], points.y[row], points.z[row]}};
            if (const auto mapped = mapped_box(coordinates.maps[i], at)) use(*mapped, sample[i].weight);
        }
    }
}

}  // namespace

std::vector<InputSample> take_sample(std::span<const OpenInput> inputs, wire::Executor& executor) {
    auto probes = choose_probes(inputs);
    std::vector<InputSample> sample(inputs.size());
    if (probes.empty()) return sample;
    const auto rows = static_cast<std::size_t>(std::max<std::uint64_t>(16, kSampledPoints / probes.size()));
    executor.for_each(probes.size(),
                      [&](std::size_t p) { probes[p].points = begin_of(inputs[probes[p].input], probes[p], rows); });
    for (auto& probe : probes) {
        auto& points = sample[probe.input].points;
        if (points.size() == 0)
            points = std::move(probe.points);
        else
            points.append(probe.points, 0, probe.points.size());
    }
    // Inputs that were passed over are stood for by the others.
    std::uint64_t declared = 0;
    std::size_t seen = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        declared += inputs[i].point_count();
        seen += sample[i].points.size();
    }
    for (auto& one : sample) one.weight = seen == 0 ? 0 : declared / seen + 1;
    return sample;
}

std::optional<RawBox> sample_box(std::span<const InputSample> sample, const CoordinatePlan& coordinates) {
    std::optional<RawBox> box;
    for_each_point(sample, coordinates, [&](const RawBox& at, std::uint64_t) {
        if (box)
            box->include(at);
        else
            box = at;
    });
    return box;
}

std::vector<std::uint64_t> estimate_counts(std::span<const InputSample> sample, const CoordinatePlan& coordinates,
                                           const Cube& cube, unsigned level) {
    RawBox inside;
    for (std::size_t a = 0; a < 3; ++a) {
        inside.min[a] = cube.min_raw[a];
        inside.max[a] = cube.min_raw[a] + static_cast<std::int64_t>(cube.size_raw[a]) - 1;
    }
    const CellGrid grid{cube, level};
    std::vector<std::uint64_t> counts(std::size_t{1} << 3 * level);
    for_each_point(sample, coordinates, [&](const RawBox& at, std::uint64_t weight) {
        if (!inside.contains(at)) return;
        counts[grid.cell(static_cast<std::int32_t>(at.min[0]), static_cast<std::int32_t>(at.min[1]),
                         static_cast<std::int32_t>(at.min[2]))] += weight;
    });
    return counts;
}

}  // namespace copse::build
