// Headers: what is read encodes to a header that reads the same.
#include <cstdint>
#include <cstdlib>

#include "copse/las.hpp"

using namespace copse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto header = las::parse_header(std::as_bytes(std::span{data, size}));
    if (!header) {
        if (header.error().at > size) std::abort();
        return 0;
    }
    Bytes once;
    las::encode_header(*header, once);
    const auto again = las::parse_header(once);
    Bytes twice;
    if (!again || again->point_count() != header->point_count()) std::abort();
    las::encode_header(*again, twice);
    if (once != twice || once.size() != header->header_size) std::abort();
    return 0;
}
