// Point-wise chunks of any bytes. Third and fourth byte: number of points. Slices must not change the points or the
// verdict, and what can be decoded can be encoded and decoded again.
#include <cstdlib>

#include "pointwise_fuzz.hpp"

namespace {

using namespace copse;

struct Outcome {
    bool good = false;
    Error error;
    Bytes records;
};

Outcome decode(const laz::ChunkFormat& format, ByteView chunk, std::uint64_t count, std::size_t slice) {
    Outcome outcome;
    las::Points points{format.layout, las::ColumnSet::all()};
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
    const auto format = fuzz::pointwise_format(data[0], data[1]);
    const std::uint64_t count = 1u + data[2] + 256u * (data[3] % 8);
    const auto chunk = std::as_bytes(std::span{data, size}.subspan(4));

    const auto whole = decode(format, chunk, count, 1u << 20);
    const auto sliced = decode(format, chunk, count, 3);
    if (whole.good != sliced.good || whole.records != sliced.records) std::abort();
    if (!whole.good) {
        if (whole.error.code != sliced.error.code || whole.error.at > chunk.size()) std::abort();
        return 0;
    }
    las::Points points{format.layout, las::ColumnSet::all()};
    points.resize(static_cast<std::size_t>(count));
    las::unpack_records(whole.records, points, 0);
    Bytes again;
    if (!laz::encode_chunk(format, points, 0, points.size(), again)) std::abort();
    if (decode(format, again, count, 1u << 20).records != whole.records) std::abort();
    return 0;
}
