// Temporal pages: whatever is accepted and written again means the same and is written the same from then on.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "copse/temporal.hpp"

namespace {
using namespace copse;

std::size_t sample_bytes(const temporal::Page& page) {
    std::size_t samples = 0;
    for (const auto& node : page.nodes) samples += node.samples.size();
    return samples * sizeof(double);
}

// Bits, since NaN differs from itself.
bool same_samples(const std::vector<double>& a, const std::vector<double>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr FileOffset kAt = 1000;
    const auto page = temporal::parse_page(std::as_bytes(std::span{data, size}), kAt);
    if (!page) {
        if (page.error().at < kAt || page.error().at > kAt + size) std::abort();
        return 0;
    }
    if (sample_bytes(*page) > size) std::abort();
    Bytes first;
    temporal::encode_page(*page, first);
    if (first.size() != size) std::abort();
    const auto sorted = temporal::parse_page(first, kAt);
    if (!sorted) std::abort();
    Bytes second;
    temporal::encode_page(*sorted, second);
    if (first != second) std::abort();
    for (const auto& node : page->nodes) {
        const auto found = std::find_if(sorted->nodes.begin(), sorted->nodes.end(),
                                        [&](const temporal::NodeEntry& other) { return other.key == node.key; });
        if (found == sorted->nodes.end() || !same_samples(found->samples, node.samples)) std::abort();
    }
    return 0;
}
