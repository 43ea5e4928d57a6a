// Any records of PDRF 6 to 10 come back from a layered chunk as they were, and every form of the fast encoder writes
// the bytes of the reference.
#include <cstdlib>

#include "layered_fuzz.hpp"
#include "laz/codecs.hpp"
#include "laz/fast_encoder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace copse;
    if (size < 2) return 0;
    const auto format = fuzz::layered_format(data[0], data[1]);
    auto records = std::as_bytes(std::span{data, size}.subspan(2));
    const std::size_t count = records.size() / format.layout.record_length;
    if (count == 0) return 0;
    records = records.first(count * format.layout.record_length);

    const las::Points points = fuzz::points_of(format.layout, records);
    Bytes chunk;
    if (!laz::encode_layered_chunk_reference(format, points, 0, count, chunk)) std::abort();
    for (const auto* form : laz::fast_encode::available_forms()) {
        Bytes fast;
        if (!laz::fast_encode::encode_layered_chunk_with(*form, format, points, 0, count, fast)) std::abort();
        if (fast != chunk) std::abort();
    }
    las::Points decoded{format.layout, las::ColumnSet::all()};
    if (!laz::decode_chunk(format, chunk, 0, count, decoded)) std::abort();
    Bytes again;
    las::pack_records(decoded, 0, decoded.size(), again);
    if (!std::equal(again.begin(), again.end(), records.begin(), records.end())) std::abort();
    return 0;
}
