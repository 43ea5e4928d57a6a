// Layered chunks of any bytes. The point count is the chunk's own, so that what is behind it is reached. Slices must
// not change the points or the verdict, a subset not its columns, and what can be decoded can be encoded and decoded
// again.
#include <cstdlib>

#include "layered_fuzz.hpp"

namespace {

using namespace copse;

struct Outcome {
    bool good = false;
    Error error;
    Bytes records;
};

Outcome decode(const laz::ChunkFormat& format, ByteView chunk, std::uint64_t count, las::ColumnSet columns,
               std::size_t slice) {
    Outcome outcome;
    las::Points points{format.layout, columns};
    auto decoder = laz::open_chunk(format, chunk, 0, count, points.columns);
    if (!decoder) {
        outcome.error = decoder.error();
        return outcome;
    }
    while ((*decoder)->remaining() != 0) {
        if (const auto good = (*decoder)->decode(slice, points); !good) {
            outcome.error = good.error();
            return outcome;
        }
    }
    if ((*decoder)->consumed() != chunk.size() || points.size() != count) std::abort();
    outcome.good = true;
    las::pack_records(points, 0, points.size(), outcome.records);
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    const auto format = fuzz::layered_format(data[0], data[1]);
    const las::ColumnSet some{static_cast<std::uint32_t>(data[2] | data[3] << 8) & las::ColumnSet::all().fields,
                              data[3]};
    const auto chunk = std::as_bytes(std::span{data, size}.subspan(4));
    std::uint64_t count = 1;
    if (chunk.size() >= format.layout.record_length + 4u)
        count = wire::load_le<std::uint32_t>(chunk.data() + format.layout.record_length);
    // Two bytes can stand for a thousand points; a fuzzer's time is better spent on short chunks.
    if (count > 4096) return 0;

    const auto whole = decode(format, chunk, count, las::ColumnSet::all(), 1u << 20);
    const auto sliced = decode(format, chunk, count, las::ColumnSet::all(), 3);
    if (whole.good != sliced.good || whole.records != sliced.records) std::abort();
    if (!whole.good) {
        if (whole.error.at > chunk.size()) std::abort();
        (void)decode(format, chunk, count, some, 7);
        return 0;
    }
    const auto part = decode(format, chunk, count, some, 7);
    const las::Points points = fuzz::points_of(format.layout, whole.records);
    las::Points expected{format.layout, some};
    expected.append(points, 0, points.size());
    Bytes expected_records;
    las::pack_records(expected, 0, expected.size(), expected_records);
    if (!part.good || part.records != expected_records) std::abort();

    Bytes again;
    if (!laz::encode_chunk(format, points, 0, points.size(), again)) std::abort();
    if (decode(format, again, count, las::ColumnSet::all(), 1u << 20).records != whole.records) std::abort();
    return 0;
}
