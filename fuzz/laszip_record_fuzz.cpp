// The LASzip record: first byte the point format, second the extra bytes, then the payload.
#include <cstdlib>

#include "copse/laz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace copse;
    if (size < 2) return 0;
    const auto format = static_cast<std::uint8_t>(data[0] % 11);
    const las::PointLayout layout{format, static_cast<std::uint16_t>(las::base_record_length(format) + data[1])};
    const auto payload = std::as_bytes(std::span{data, size}.subspan(2));
    const auto record = laz::parse_laszip_record(payload, layout, 0);
    if (!record) {
        if (record.error().at > payload.size()) std::abort();
        return 0;
    }
    if (record->chunk_size == 0) return 0;  // read, but never written
    Bytes again;
    laz::encode_laszip_record(*record, again);
    if (!std::equal(again.begin(), again.end(), payload.begin(), payload.end())) std::abort();
    return 0;
}
