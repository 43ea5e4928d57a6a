#include <algorithm>
#include <numeric>
#include <optional>

#include "copse/temporal.hpp"

namespace copse::temporal {

namespace {
// Fields of a page pointer by their place. COPC Temporal Index Extension 1.0 draft 2, "Page Pointer Entry".
constexpr FileOffset kPageOffsetAt = 20;
constexpr FileOffset kPageSizeAt = 28;

constexpr const char* kEntryCutShort = "temporal page ends within an entry";

Status parse_pointer(wire::ByteReader& in, const copc::VoxelKey& key, FileOffset at, Page& page) {
    PagePointer pointer{key, {}, 0, 0, at};
    pointer.page.offset = in.u64();
    pointer.page.size = in.u32();
    pointer.time_min = in.f64();
    pointer.time_max = in.f64();

    if (!in.ok()) return Error{Code::truncated, in.offset(), kEntryCutShort};
    if (pointer.page.size == 0)
        return Error{Code::bad_value, at + kPageSizeAt, "child_page_size of a page pointer must not be 0"};
    if (~FileOffset{0} - pointer.page.offset < pointer.page.size)
        return Error{Code::bad_value, at + kPageOffsetAt, "child page of a page pointer exceeds 64 bits"};
    page.pages.push_back(pointer);
    return Ok{};
}

Status parse_node(wire::ByteReader& in, const copc::VoxelKey& key, std::uint32_t count, FileOffset at, Page& page) {
    // Before memory is taken: are the samples there?
    const auto there = in.remaining() / sizeof(double);
    if (there < count) return Error{Code::truncated, in.offset() + there * sizeof(double), kEntryCutShort};
    NodeEntry node{key, {}, at};
    node.samples.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) node.samples.push_back(in.f64());
    page.nodes.push_back(std::move(node));
    return Ok{};
}

Status parse_entry(wire::ByteReader& in, Page& page) {
    const FileOffset at = in.offset();
    const copc::VoxelKey key{in.i32(), in.i32(), in.i32(), in.i32()};
    const auto sample_count = in.u32();

    if (!in.ok()) return Error{Code::truncated, in.offset(), kEntryCutShort};
    if (!key.valid()) return Error{Code::bad_value, at, "VoxelKey must have level 0 to 30 and x, y, z in [0, 2^level)"};
    return sample_count == 0 ? parse_pointer(in, key, at, page) : parse_node(in, key, sample_count, at, page);
}

template <class Entry>
std::vector<std::size_t> order_by_key(const std::vector<Entry>& entries) {
    std::vector<std::size_t> order(entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto before = [&](std::size_t a, std::size_t b) {
        return entries[a].key != entries[b].key ? entries[a].key < entries[b].key : a < b;
    };
    if (!std::is_sorted(order.begin(), order.end(), before)) std::sort(order.begin(), order.end(), before);
    return order;
}

// File offset of the first entry whose key an earlier one has.
template <class Entry>
std::optional<FileOffset> find_repeated(const std::vector<Entry>& entries) {
    std::optional<FileOffset> found;
    const auto order = order_by_key(entries);
    for (std::size_t i = 1; i < order.size(); ++i)
        if (entries[order[i - 1]].key == entries[order[i]].key)
            found = std::min(found.value_or(entries[order[i]].at), entries[order[i]].at);
    return found;
}

void encode_key(const copc::VoxelKey& key, wire::ByteWriter& to) {
    to.i32(key.level);
    to.i32(key.x);
    to.i32(key.y);
    to.i32(key.z);
}

void encode(const PagePointer& pointer, wire::ByteWriter& to) {
    encode_key(pointer.key, to);
    to.u32(0);
    to.u64(pointer.page.offset);
    assert(pointer.page.size <= 0xffffffffu);
    to.u32(static_cast<std::uint32_t>(pointer.page.size));
    to.f64(pointer.time_min);
    to.f64(pointer.time_max);
}

void encode(const NodeEntry& node, wire::ByteWriter& to) {
    assert(!node.samples.empty() && node.samples.size() <= 0xffffffffu);
    encode_key(node.key, to);
    to.u32(static_cast<std::uint32_t>(node.samples.size()));
    for (const double sample : node.samples) to.f64(sample);
}
}  // namespace

Result<Page> parse_page(ByteView bytes, FileOffset at) {
    wire::ByteReader in{bytes, at};
    Page page;
    while (in.remaining() > 0) {
        const auto status = parse_entry(in, page);
        if (!status) return status.error();
    }
    auto repeated = find_repeated(page.nodes);
    if (const auto pointer = find_repeated(page.pages)) repeated = std::min(repeated.value_or(*pointer), *pointer);
    if (repeated) return Error{Code::bad_value, *repeated, "temporal page names the same node twice"};
    return page;
}

void encode_page(const Page& page, Bytes& out) {
    wire::ByteWriter to{out};
    const auto nodes = order_by_key(page.nodes);
    auto node = nodes.begin();
    for (const auto pointer : order_by_key(page.pages)) {
        for (; node != nodes.end() && page.nodes[*node].key < page.pages[pointer].key; ++node)
            encode(page.nodes[*node], to);
        encode(page.pages[pointer], to);
    }
    for (; node != nodes.end(); ++node) encode(page.nodes[*node], to);
}

}  // namespace copse::temporal
