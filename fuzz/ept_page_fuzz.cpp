// A page of the hierarchy: any text. Whatever is accepted is accepted again when it is written down.
#include <cstdlib>
#include <string>

#include "ept/hierarchy.hpp"

using namespace copse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    wire::Limits limits;
    limits.max_chunks = 1000;
    const auto page = ept::parse_page(std::as_bytes(std::span{data, size}), limits);
    if (!page) return 0;
    std::string json = "{";
    for (const auto& entry : *page)
        json += (json.size() > 1 ? ", \"" : "\"") + ept::to_text(entry.key) + "\": " + std::to_string(entry.count);
    json += "}";
    const auto again = ept::parse_page(std::as_bytes(std::span{json.data(), json.size()}), limits);
    if (!again || *again != *page) std::abort();
    return 0;
}
