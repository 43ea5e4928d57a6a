// A COPC file as a whole: opened, its hierarchy loaded, questions asked with and without the temporal index.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "copse/read.hpp"
#include "copse/tree.hpp"

namespace {

using namespace copse;

void require(bool holds) {
    if (!holds) std::abort();
}

wire::Limits small_limits() {
    wire::Limits limits;
    limits.max_header_bytes = 1u << 20;
    limits.max_evlr_bytes = 1u << 20;
    limits.max_page_bytes = 1u << 20;
    limits.max_pages_bytes = 4u << 20;
    limits.max_chunk_points = 1u << 14;
    return limits;
}
// Decoding is what costs time: a chunk of few bytes may hold many points.
constexpr std::uint64_t kMaxPoints = 1u << 16;

wire::Step feed(wire::PullReader& reader, ByteView file) {
    for (;;) {
        const auto step = reader.step();
        if (step != wire::Step::need_bytes) return step;
        const auto ranges = reader.wanted();
        require(!ranges.empty());
        for (const auto range : ranges) {
            // Sizes are compared with the file before anything is asked for.
            require(range.size != 0 && range.offset <= file.size() && range.size <= file.size() - range.offset);
            reader.supply(range,
                          file.subspan(static_cast<std::size_t>(range.offset), static_cast<std::size_t>(range.size)));
        }
    }
}

struct Answer {
    bool failed = false;
    std::multiset<Bytes> records;
    std::uint64_t matched = 0;
};

Answer ask(const std::shared_ptr<const read::File>& file, ByteView bytes, const read::Request& request) {
    read::Query query{file, request, small_limits()};
    query.set_read_ahead(1000);
    Answer answer;
    for (;;) {
        const auto step = feed(query, bytes);
        if (step != wire::Step::chunk_ready) {
            answer.failed = step == wire::Step::failed;
            require(answer.failed || query.statistics().points == answer.matched);
            return answer;
        }
        const auto chunk = query.take_chunk();
        require(chunk.matched != 0);
        answer.matched += chunk.matched;
        require(chunk.points.size() == (request.count_only ? 0 : chunk.matched));
        for (std::size_t row = 0; row < chunk.points.size(); ++row) {
            Bytes record;
            las::pack_records(chunk.points, row, row + 1, record);
            answer.records.insert(std::move(record));
        }
    }
}

void check_question(const std::shared_ptr<const read::File>& file, ByteView bytes, read::Request request) {
    const auto with = ask(file, bytes, request);
    if (request.time) {
        request.use_index = read::UseIndex::never;
        const auto without = ask(file, bytes, request);
        // A wrong index may exclude what it should not; it never brings in what does not match.
        if (!with.failed && !without.failed)
            require(std::includes(without.records.begin(), without.records.end(), with.records.begin(),
                                  with.records.end()));
    }
    const auto limit = with.matched / 2;
    request.max_points = limit;
    require(ask(file, bytes, request).matched <= limit);
    request.max_points = ~std::uint64_t{0};
    request.count_only = true;
    const auto counted = ask(file, bytes, request);
    if (request.use_index == read::UseIndex::if_sound && request.time && !with.failed && !counted.failed)
        require(counted.matched == with.matched);
}

/// False if the hierarchy turns out to be wrong.
bool load_region(read::Tree& tree, ByteView bytes, const read::Region& region) {
    // The second time is for what an index had excluded that was given up meanwhile.
    for (int turn = 0; turn < 2 && !tree.complete(region); ++turn) {
        auto load = tree.plan(region);
        if (feed(load, bytes) != wire::Step::done || !tree.put(std::move(load))) return false;
    }
    require(tree.complete(region));
    return true;
}

void check_tree(const std::shared_ptr<const read::File>& file, ByteView bytes,
                const std::optional<std::vector<read::Node>>& nodes) {
    auto tree = read::Tree::create(file, small_limits());
    if (!tree) return;
    read::Region region;
    region.box.max = file->info.center;
    region.time = temporal::TimeWindow{file->info.gps_time_min, file->info.gps_time_min};
    for (const auto& asked : {region, read::Region{{}, copc::kMaxLevel, temporal::TimeWindow{}}, read::Region{}}) {
        if (!load_region(*tree, bytes, asked)) return;
        for (const auto& key : tree->visible(asked)) {
            const auto& entry = *tree->find(key);
            const auto rows = tree->rows(key, asked.time.value_or(temporal::TimeWindow{}));
            require(rows.last <= static_cast<std::uint64_t>(entry.point_count));
            if (entry.point_count > 1000) continue;
            read::Request request;
            request.time = asked.time;
            const auto chunk_bytes =
                bytes.subspan(static_cast<std::size_t>(entry.offset), static_cast<std::size_t>(entry.byte_size));
            const auto chunk = read::decode_chunk(*file, entry, chunk_bytes, request, rows);
            require(!chunk || chunk->matched <= rows.last - rows.first);
        }
    }
    if (!nodes) return;
    const auto entries = tree->entries();
    require(std::equal(entries.begin(), entries.end(), nodes->begin(), nodes->end(),
                       [](const auto& entry, const auto& node) { return entry == node.entry; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span{data, size});
    read::Opening opening{size, small_limits()};
    if (feed(opening, bytes) != wire::Step::chunk_ready) return 0;
    const auto file = opening.take_file();

    std::optional<std::vector<read::Node>> all_nodes;
    for (const bool with_samples : {true, false}) {
        read::HierarchyLoad load{file, with_samples, small_limits()};
        if (feed(load, bytes) == wire::Step::chunk_ready) {
            auto nodes = load.take_nodes();
            require(std::is_sorted(nodes.begin(), nodes.end(),
                                   [](const auto& a, const auto& b) { return a.entry.key < b.entry.key; }));
            all_nodes = std::move(nodes);
        } else {
            all_nodes.reset();
        }
    }
    if (file->header.point_count() > kMaxPoints) return 0;
    check_tree(file, bytes, all_nodes);

    read::Request request;
    check_question(file, bytes, request);
    const auto& info = file->info;
    const auto middle = info.gps_time_min + (info.gps_time_max - info.gps_time_min) / 2;
    request.time = temporal::TimeWindow{info.gps_time_min, middle};
    check_question(file, bytes, request);
    request.time = temporal::TimeWindow{middle, temporal::TimeWindow{}.to};
    request.box.max = info.center;
    check_question(file, bytes, request);
    return 0;
}
