#include "copse/temporal.hpp"

namespace copse::temporal {

namespace {
// Fields by their place in the draft's C struct; its table puts the last two 4 bytes too early.
constexpr FileOffset kVersionAt = 0;
constexpr FileOffset kStrideAt = 4;
constexpr FileOffset kRootOffsetAt = 16;
constexpr FileOffset kRootSizeAt = 24;

constexpr std::size_t kSmallestEntry = kNodeEntrySize + sizeof(double);
}  // namespace

Result<Header> parse_header(ByteView payload, FileOffset at) {
    wire::ByteReader in{payload, at};

    Header header;
    header.version = in.u32();
    header.stride = in.u32();
    header.node_count = in.u32();
    header.page_count = in.u32();
    header.root_page.offset = in.u64();
    header.root_page.size = in.u32();
    header.reserved = in.u32();

    if (!in.ok()) return Error{Code::truncated, in.offset(), "temporal index header is shorter than 32 bytes"};
    if (header.version != 1) return Error{Code::unsupported, at + kVersionAt, "temporal index version must be 1"};
    if (header.stride == 0) return Error{Code::bad_value, at + kStrideAt, "temporal index stride must be at least 1"};
    if (header.node_count != 0 && header.root_page.size < kSmallestEntry)
        return Error{Code::bad_value, at + kRootSizeAt, "root_page_size of the temporal index holds no entry"};
    if (~FileOffset{0} - header.root_page.offset < header.root_page.size)
        return Error{Code::bad_value, at + kRootOffsetAt, "root page of the temporal index exceeds 64 bits"};
    return header;
}

void encode_header(const Header& header, Bytes& out) {
    wire::ByteWriter to{out};
    to.u32(header.version);
    to.u32(header.stride);
    to.u32(header.node_count);
    to.u32(header.page_count);
    to.u64(header.root_page.offset);
    assert(header.root_page.size <= 0xffffffffu);
    to.u32(static_cast<std::uint32_t>(header.root_page.size));
    to.u32(header.reserved);
}

}  // namespace copse::temporal
