#include <algorithm>
#include <cassert>

#include "laz/codecs.hpp"
#include "laz/pointwise_chunk.hpp"

namespace copse::laz {
namespace {

constexpr std::size_t kRowsAtOnce = 1024;

}  // namespace

Status encode_pointwise_chunk(const ChunkFormat& format, const las::Points& points, std::size_t first, std::size_t last,
                              Bytes& out) {
    assert(first < last && last <= points.size() && points.layout == format.layout);
    auto record = PointwiseRecord::make(format);
    if (!record) return record.error();

    const std::size_t stride = record->size();
    ArithmeticEncoder coder;
    Bytes records;
    for (std::size_t row = first; row != last;) {
        const std::size_t end = row + std::min(last - row, kRowsAtOnce);
        records.clear();
        las::pack_records(points, row, end, records);
        const std::byte* from = records.data();
        if (row == first) {
            out.insert(out.end(), from, from + stride);
            record->start(from);
            from += stride;
        }
        for (; from != records.data() + records.size(); from += stride) record->encode(coder, from);
        row = end;
    }
    const Bytes coded = coder.finish();
    out.insert(out.end(), coded.begin(), coded.end());
    return Ok{};
}

}  // namespace copse::laz
