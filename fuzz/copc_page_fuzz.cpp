// Hierarchy pages: whatever is accepted is written back byte for byte, and its keys make a tree that can be paged.
#include <algorithm>
#include <cstdlib>
#include <set>

#include "copse/copc.hpp"

namespace {
using namespace copse;

void plan(const std::vector<copc::Entry>& entries) {
    std::set<copc::VoxelKey> keys{copc::VoxelKey{}};
    for (const auto& entry : entries)
        for (auto key = entry.key; key.level > 0; key = key.parent()) keys.insert(key);
    std::vector<copc::PageNode> nodes;
    // Sizes from the key itself, so that the fuzzer can choose them.
    for (const auto& key : keys)
        nodes.push_back({key, copc::kEntrySize, static_cast<std::uint32_t>(copc::VoxelKeyHash{}(key) % 9000)});
    std::size_t held = 0;
    for (const auto& page : copc::plan_pages(nodes)) held += page.nodes.size();
    if (held != nodes.size()) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr FileOffset kAt = 1000;
    const auto bytes = std::as_bytes(std::span{data, size});
    const auto page = copc::parse_page(bytes, kAt);
    if (!page) {
        if (page.error().at < kAt || page.error().at > kAt + size) std::abort();
        return 0;
    }
    Bytes again;
    copc::encode_page(*page, again);
    if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
    plan(*page);
    return 0;
}
