// Says as JSON how a COPC file's tree is made: nodes, points, pages, bytes of each layer, and for each level how evenly
// the points of nodes that have children are spread. Given inputs too, it says this of the points that a brute-force
// selection from these takes, in the file's cube and grid. For bench/convert.py.
//
// usage: copc_quality FILE.copc.laz [INPUT.laz...]
#include <algorithm>
#include <bit>
#include <cmath>
#include <iostream>
#include <map>
#include <set>
#include <utility>

#include "copse/copc.hpp"
#include "laz/layered_layout.hpp"
#include "laz_file.hpp"
#include "quality/nearest_selection.hpp"

namespace {

using namespace copse;
using bench::Place;

constexpr std::uint64_t kMaxNodePoints = 100'000;  // of the converter, unless it is told otherwise

struct Tree {
    bench::File file;
    copc::Info info;
    std::vector<copc::Entry> nodes;  ///< with points
    std::set<copc::VoxelKey> parents;
    std::uint64_t pages = 0;

    [[nodiscard]] bool has_children(const copc::Entry& node) const { return parents.contains(node.key); }
    [[nodiscard]] static laz::ChunkEntry chunk_of(const copc::Entry& node) {
        return {.offset = node.offset,
                .size = node.range().size,
                .point_count = static_cast<std::uint64_t>(node.point_count)};
    }
    [[nodiscard]] double spacing(int level) const { return std::ldexp(info.root_spacing, -level); }
};

struct Level {
    std::uint64_t nodes = 0;
    std::uint64_t points = 0;
    std::uint64_t bytes = 0;
    bench::Spacing spacing;
};

void read_page(Tree& tree, ByteRange range) {
    ++tree.pages;
    const auto bytes =
        ByteView{tree.file.bytes}.subspan(static_cast<std::size_t>(range.offset), static_cast<std::size_t>(range.size));
    const auto entries = copc::parse_page(bytes, range.offset).value();
    for (const auto& entry : entries) {
        if (entry.is_page()) {
            read_page(tree, entry.range());
            continue;
        }
        if (entry.has_points()) tree.nodes.push_back(entry);
        if (entry.key.level > 0) tree.parents.insert(entry.key.parent());
    }
}

Tree load_tree(const std::string& path) {
    Tree tree{bench::load(path), {}, {}, {}, 0};
    const auto* vlr = las::find_vlr(tree.file.info.vlrs, copc::kUserId, copc::kInfoRecordId);
    tree.info = copc::parse_info(vlr->payload, vlr->payload_at()).value();
    read_page(tree, tree.info.root_page);
    return tree;
}

laz::LayeredChunk take_apart(const Tree& tree, const laz::LayeredItems& items, const copc::Entry& node) {
    const auto chunk = tree.chunk_of(node);
    return laz::LayeredChunk::parse(items, tree.file.info.layout, tree.file.chunk(chunk), chunk.offset,
                                    chunk.point_count, laz::Consumption::exact)
        .value();
}

/// Bytes of each layer in all chunks together.
std::vector<std::uint64_t> layer_bytes(const Tree& tree) {
    const auto items = laz::LayeredItems::find(tree.file.format, 0).value();
    std::vector<std::uint64_t> bytes(items.layer_count);
    for (const auto& node : tree.nodes) {
        const auto chunk = take_apart(tree, items, node);
        for (std::size_t layer = 0; layer < bytes.size(); ++layer) bytes[layer] += chunk.layers[layer].bytes.size();
    }
    return bytes;
}

void append_places(const bench::File& file, const laz::ChunkEntry& chunk, las::Points& points,
                   std::vector<Place>& out) {
    const auto& header = file.info.header;
    file.decode(chunk, points);
    for (std::size_t row = 0; row < points.size(); ++row)
        out.push_back({points.x[row] * header.scale[0] + header.offset[0],
                       points.y[row] * header.scale[1] + header.offset[1],
                       points.z[row] * header.scale[2] + header.offset[2]});
}

std::map<int, Level> levels_of(const Tree& tree, wire::Executor& executor) {
    std::map<int, Level> levels;
    for (const auto& node : tree.nodes) {
        auto& level = levels[node.key.level];
        ++level.nodes;
        level.points += static_cast<std::uint64_t>(node.point_count);
        level.bytes += node.range().size;
    }
    las::Points points{tree.file.info.layout, las::ColumnSet::xyz()};
    for (auto& [number, level] : levels) {
        std::vector<Place> places;
        for (const auto& node : tree.nodes)
            if (node.key.level == number && tree.has_children(node))
                append_places(tree.file, tree.chunk_of(node), points, places);
        level.spacing = bench::measure_spacing(places, tree.spacing(number), executor);
    }
    return levels;
}

std::map<int, Level> levels_of_nearest(const Tree& tree, std::span<char*> inputs, wire::Executor& executor) {
    std::vector<Place> places;
    for (const auto* path : inputs) {
        const auto file = bench::load(path);
        las::Points points{file.info.layout, las::ColumnSet::xyz()};
        for (const auto& chunk : file.chunks) append_places(file, chunk, points, places);
    }
    bench::Cube cube{tree.info.center, 2 * tree.info.half_size};
    for (auto& axis : cube.min) axis -= tree.info.half_size;
    const auto grid = static_cast<unsigned>(std::lround(cube.edge / tree.info.root_spacing));
    const auto grid_bits = static_cast<unsigned>(std::countr_zero(grid));

    std::map<int, Level> levels;
    int number = 0;
    const auto selected = bench::select_nearest(std::move(places), cube, grid_bits, kMaxNodePoints);
    for (const auto& level : selected) {
        levels[number] = {level.nodes, level.places.size(), 0,
                          bench::measure_spacing(level.places, tree.spacing(number), executor)};
        ++number;
    }
    return levels;
}

std::uint64_t largest_leaf(const Tree& tree) {
    std::uint64_t largest = 0;
    for (const auto& node : tree.nodes)
        if (!tree.has_children(node)) largest = std::max(largest, static_cast<std::uint64_t>(node.point_count));
    return largest;
}

void print(const Tree& tree, const std::map<int, Level>& levels) {
    std::cout << "{\"points\": " << tree.file.point_count() << ", \"nodes\": " << tree.nodes.size()
              << ", \"largest_leaf\": " << largest_leaf(tree) << ", \"pages\": " << tree.pages
              << ", \"bytes\": " << tree.file.bytes.size() << ", \"layers\": [";
    const char* separator = "";
    for (const auto bytes : layer_bytes(tree)) std::cout << std::exchange(separator, ", ") << bytes;
    std::cout << "], \"levels\": [";
    separator = "";
    for (const auto& [number, level] : levels) {
        const auto& spacing = level.spacing;
        std::cout << std::exchange(separator, ",") << "\n {\"level\": " << number << ", \"nodes\": " << level.nodes
                  << ", \"points\": " << level.points << ", \"bytes\": " << level.bytes
                  << ", \"inner_points\": " << spacing.points << ", \"mean\": " << spacing.mean
                  << ", \"low\": " << spacing.low << ", \"cov\": " << spacing.variation << "}";
    }
    std::cout << "]}\n";
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        std::cerr << "usage: copc_quality FILE.copc.laz [INPUT.laz...]\n";
        return 2;
    }
    const auto tree = load_tree(arguments[1]);
    const auto inputs = std::span{arguments, static_cast<std::size_t>(count)}.subspan(2);
    const auto executor = io::make_executor(0);
    print(tree, inputs.empty() ? levels_of(tree, *executor) : levels_of_nearest(tree, inputs, *executor));
}
