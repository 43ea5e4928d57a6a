// Point records: unpacked and packed again they are the same bytes; converted ones keep their rows and extra bytes.
// Byte 0 is the format, byte 1 the number of extra bytes, the rest are records.
#include <cstdint>
#include <cstdlib>

#include "copse/las.hpp"

using namespace copse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto format = static_cast<std::uint8_t>(data[0] % 11);
    const las::PointLayout layout{format, static_cast<std::uint16_t>(las::base_record_length(format) + data[1])};
    const auto rest = std::as_bytes(std::span{data + 2, size - 2});
    const auto records = rest.first(rest.size() / layout.record_length * layout.record_length);

    las::Points points{layout, las::ColumnSet::all()};
    points.resize(records.size() / layout.record_length);
    las::unpack_records(records, points, 0);
    Bytes again;
    las::pack_records(points, 0, points.size(), again);
    if (!std::equal(again.begin(), again.end(), records.begin(), records.end())) std::abort();

    const auto before = points;
    las::convert_points(points, las::copc_format_for(format));
    if (points.x != before.x || points.extra != before.extra) std::abort();
    Bytes converted;
    las::pack_records(points, 0, points.size(), converted);
    if (converted.size() != points.size() * points.layout.record_length) std::abort();
    return 0;
}
