// A COPC file as a whole: opened, its hierarchy loaded, questions asked with and without the temporal index.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "copse/read.hpp"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span{data, size});
    read::Opening opening{size, small_limits()};
    if (feed(opening, bytes) != wire::Step::chunk_ready) return 0;
    const auto file = opening.take_file();

    for (const bool with_samples : {false, true}) {
        read::HierarchyLoad load{file, with_samples, small_limits()};
        if (feed(load, bytes) == wire::Step::chunk_ready) {
            const auto nodes = load.take_nodes();
            require(std::is_sorted(nodes.begin(), nodes.end(),
                                   [](const auto& a, const auto& b) { return a.entry.key < b.entry.key; }));
        }
    }
    if (file->header.point_count() > kMaxPoints) return 0;

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
