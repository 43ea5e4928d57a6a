// The temporal index header: whatever is accepted is written back byte for byte.
#include <algorithm>
#include <cstdlib>

#include "copse/temporal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace copse;
    constexpr FileOffset kAt = 1000;
    const auto bytes = std::as_bytes(std::span{data, size});
    const auto header = temporal::parse_header(bytes, kAt);
    if (!header) {
        if (header.error().at < kAt || header.error().at >= kAt + temporal::kHeaderSize) std::abort();
        return 0;
    }
    Bytes again;
    temporal::encode_header(*header, again);
    if (!std::equal(again.begin(), again.end(), bytes.begin())) std::abort();
    if (again.size() != temporal::kHeaderSize || header->root_page.end() < header->root_page.offset) std::abort();
    return 0;
}
