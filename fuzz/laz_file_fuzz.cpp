// Whole files through laz::open: read in sequence and by blocks. Where both work, they give the same points.
#include <cstdlib>

#include "copse/io.hpp"
#include "copse/laz.hpp"

namespace {

using namespace copse;

constexpr std::size_t kMaxPoints = 20000;  // so that an input takes milliseconds

las::OpenOptions small_limits() {
    las::OpenOptions options;
    options.limits.max_chunk_points = 2 * kMaxPoints;
    options.limits.max_chunks = 1u << 12;
    return options;
}

/// Up to kMaxPoints records; empty if there is an error before.
Bytes read_in_sequence(wire::Source& source) {
    auto reader = laz::open(source, small_limits());
    if (!reader) {
        if (reader.error().at > source.size()) std::abort();
        return {};
    }
    las::Points points{(*reader)->info().layout, las::ColumnSet::all()};
    for (std::size_t before = ~std::size_t{0}; before != points.size() && points.size() < kMaxPoints;) {
        before = points.size();
        if (!(*reader)->read_next(777, points)) return {};
    }
    if (points.size() < kMaxPoints && points.size() != (*reader)->info().header.point_count()) std::abort();
    Bytes records;
    las::pack_records(points, 0, points.size(), records);
    return records;
}

void compare_blocks(wire::Source& source, ByteView expected) {
    const auto reader = laz::open(source, small_limits());
    if (!reader) return;
    las::Points block{(*reader)->info().layout, las::ColumnSet::all()};
    const std::size_t record_length = block.layout.record_length;
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < (*reader)->blocks().size(); ++i) {
        if ((*reader)->blocks()[i].first_point != first) std::abort();
        first += (*reader)->blocks()[i].point_count;
        if (first * record_length > expected.size()) return;
        if (!(*reader)->read_block(i, block)) std::abort();
        Bytes records;
        las::pack_records(block, 0, block.size(), records);
        if (block.size() != (*reader)->blocks()[i].point_count) std::abort();
        const auto begin = static_cast<std::size_t>(first) * record_length - records.size();
        if (!std::equal(records.begin(), records.end(), expected.begin() + static_cast<std::ptrdiff_t>(begin)))
            std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    io::MemorySource source{std::as_bytes(std::span{data, size})};
    const auto records = read_in_sequence(source);
    if (!records.empty()) compare_blocks(source, records);
    return 0;
}
