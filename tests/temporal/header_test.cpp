#include <gtest/gtest.h>

#include "copse/temporal.hpp"

namespace copse {
namespace {

constexpr FileOffset kAt = 50'060;

temporal::Header good_header() {
    temporal::Header header;
    header.stride = 3226;
    header.node_count = 2;
    header.page_count = 1;
    header.root_page = {50'092, 84};
    return header;
}

Bytes encoded(const temporal::Header& header) {
    Bytes out;
    temporal::encode_header(header, out);
    return out;
}

void expect_good(const Result<temporal::Header>& header) {
    ASSERT_TRUE(header);
    EXPECT_EQ(header->version, 1u);
    EXPECT_EQ(header->stride, 3226u);
    EXPECT_EQ(header->node_count, 2u);
    EXPECT_EQ(header->page_count, 1u);
    EXPECT_EQ(header->root_page, (ByteRange{50'092, 84}));
    EXPECT_EQ(header->reserved, 0u);
}

void expect_error(const temporal::Header& header, Code code, FileOffset at) {
    const auto parsed = temporal::parse_header(encoded(header), kAt);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, code);
    EXPECT_EQ(parsed.error().at, at);
}

TEST(TemporalHeader, KeepsTheFieldsOfAGoodPayload) {
    const auto bytes = encoded(good_header());
    EXPECT_EQ(bytes.size(), temporal::kHeaderSize);
    expect_good(temporal::parse_header(bytes, kAt));
}

TEST(TemporalHeader, HasTheOffsetsOfTheStructNotOfTheTable) {
    const auto bytes = encoded(good_header());
    EXPECT_EQ(wire::load_le<std::uint64_t>(&bytes[16]), 50'092u);
    EXPECT_EQ(wire::load_le<std::uint32_t>(&bytes[24]), 84u);
    EXPECT_EQ(wire::load_le<std::uint32_t>(&bytes[28]), 0u);
}

TEST(TemporalHeader, RejectsEveryShorterPrefix) {
    const auto whole = encoded(good_header());
    const std::size_t fields[] = {0, 4, 8, 12, 16, 24, 28};
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
        const auto header = temporal::parse_header(cut, kAt);
        ASSERT_FALSE(header);
        EXPECT_EQ(header.error().code, Code::truncated);
        EXPECT_EQ(header.error().at, kAt + *(std::upper_bound(std::begin(fields), std::end(fields), size) - 1));
    }
}

TEST(TemporalHeader, LeavesTheRestOfThePayloadAlone) {
    auto bytes = encoded(good_header());
    bytes.push_back(std::byte{0xff});
    expect_good(temporal::parse_header(bytes, kAt));
}

TEST(TemporalHeader, RejectsEachDamagedField) {
    auto header = good_header();
    header.version = 0;
    expect_error(header, Code::unsupported, kAt);
    header.version = 2;
    expect_error(header, Code::unsupported, kAt);
    header = good_header();
    header.stride = 0;
    expect_error(header, Code::bad_value, kAt + 4);
    header = good_header();
    header.root_page.size = 27;  // one byte short of an entry with one sample
    expect_error(header, Code::bad_value, kAt + 24);
    header.root_page = {~FileOffset{0} - 83, 84};
    expect_error(header, Code::bad_value, kAt + 16);
    header.root_page.offset -= 1;
    EXPECT_TRUE(temporal::parse_header(encoded(header), kAt));
}

TEST(TemporalHeader, MayHaveNoRootPageWhereThereAreNoNodes) {
    temporal::Header header;
    header.node_count = 0;
    EXPECT_TRUE(temporal::parse_header(encoded(header), kAt));
}

TEST(TemporalHeader, KeepsReservedAsStored) {
    auto header = good_header();
    header.reserved = 7;
    const auto parsed = temporal::parse_header(encoded(header), kAt);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->reserved, 7u);
}

TEST(TemporalHeader, ReadsAnUnalignedCopy) {
    const auto whole = encoded(good_header());
    for (std::size_t shift = 1; shift < 8; ++shift) {
        Bytes shifted(shift);
        shifted.insert(shifted.end(), whole.begin(), whole.end());
        expect_good(temporal::parse_header(ByteView{shifted}.subspan(shift), kAt));
    }
}

}  // namespace
}  // namespace copse
