#include <gtest/gtest.h>

#include "copse/laz.hpp"
#include "laz/damage.hpp"
#include "laz/hex.hpp"

namespace copse::laz {
namespace {

using namespace test;

constexpr FileOffset kAt = 281;
constexpr las::PointLayout kLayout{3, 39};  // 5 extra bytes

/// PDRF 3 with 5 extra bytes as LASzip writes it, by hand.
Bytes good_payload() {
    return from_hex(
        "0200"
        "0000"
        "03"
        "04"
        "0300"
        "00000000"
        "50c30000"
        "ffffffffffffffff"
        "ffffffffffffffff"
        "0400"
        "060014000200"
        "070008000200"
        "080006000200"
        "000005000200");
}

void expect_error(const Bytes& payload, Code code, FileOffset at, const las::PointLayout& layout = kLayout) {
    const auto record = parse_laszip_record(payload, layout, kAt);
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().code, code);
    EXPECT_EQ(record.error().at, kAt + at) << record.error().what;
}

Bytes encoded(const LaszipRecord& record) {
    Bytes bytes;
    encode_laszip_record(record, bytes);
    return bytes;
}

TEST(LaszipRecord, HasTheFieldsOfItsPayload) {
    const auto record = parse_laszip_record(good_payload(), kLayout, kAt);
    ASSERT_TRUE(record) << record.error().what;
    EXPECT_EQ(record->compressor, Compressor::point_wise_chunked);
    EXPECT_EQ(record->coder, 0);
    EXPECT_EQ(record->version_major, 3);
    EXPECT_EQ(record->version_minor, 4);
    EXPECT_EQ(record->version_revision, 3);
    EXPECT_EQ(record->options, 0u);
    EXPECT_EQ(record->chunk_size, 50000u);
    EXPECT_FALSE(record->variable_chunks());
    EXPECT_EQ(record->special_evlr_count, -1);
    EXPECT_EQ(record->special_evlr_offset, -1);
    EXPECT_EQ(record->items, (std::vector<Item>{{ItemType::point10, 20, 2},
                                                {ItemType::gps_time11, 8, 2},
                                                {ItemType::rgb12, 6, 2},
                                                {ItemType::byte, 5, 2}}));
}

TEST(LaszipRecord, RejectsEveryShorterPrefix) {
    const auto whole = good_payload();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        const auto record = parse_laszip_record(cut_to(whole, size), kLayout, kAt);
        ASSERT_FALSE(record);
        EXPECT_EQ(record.error().code, Code::truncated);
        EXPECT_LE(record.error().at, kAt + size);
        EXPECT_GT(record.error().at + 8, kAt + size);  // the field that did not fit
    }
}

TEST(LaszipRecord, RejectsOneByteTooMany) { expect_error(grow_by(good_payload(), 1), Code::trailing_bytes, 58); }

TEST(LaszipRecord, ReportsTheDamagedField) {
    const auto good = good_payload();
    expect_error(with<std::uint16_t>(good, 0, 4), Code::unsupported, 0);
    expect_error(with<std::uint16_t>(good, 0, 3), Code::bad_value, 0);  // layered is for formats 6 to 10
    expect_error(with<std::uint16_t>(good, 2, 1), Code::unsupported, 2);
    expect_error(with<std::uint16_t>(good, 32, 5), Code::truncated, 58);
    expect_error(with<std::uint16_t>(good, 32, 3), Code::trailing_bytes, 52);
    expect_error(with<std::uint16_t>(good, 34, 10), Code::bad_value, 34);   // POINT14 in place of POINT10
    expect_error(with<std::uint16_t>(good, 36, 21), Code::bad_value, 36);   // its size
    expect_error(with<std::uint16_t>(good, 38, 0), Code::unsupported, 38);  // its version
    expect_error(with<std::uint16_t>(good, 38, 3), Code::unsupported, 38);
    expect_error(with<std::uint16_t>(good, 46, 7), Code::bad_value, 46);  // GPS time twice
    expect_error(with<std::uint16_t>(good, 54, 4), Code::bad_value, 54);  // too few extra bytes
    expect_error(with<std::uint16_t>(good, 56, 0xffff), Code::unsupported, 56);
}

TEST(LaszipRecord, RejectsItemsThatAreMissingOrTooMany) {
    auto record = *parse_laszip_record(good_payload(), kLayout, kAt);
    record.items.pop_back();
    expect_error(encoded(record), Code::bad_value, 32);
    record.items.clear();
    expect_error(encoded(record), Code::bad_value, 32);
    // The format has no extra bytes, the record has.
    expect_error(good_payload(), Code::bad_value, 32, {3, 34});
}

TEST(LaszipRecord, PairsCompressorsWithFormats) {
    for (std::uint8_t format = 0; format <= 10; ++format) {
        const las::PointLayout layout{format, las::base_record_length(format)};
        auto record = make_laszip_record(layout, 50000);
        for (std::uint16_t compressor = 0; compressor <= 3; ++compressor) {
            SCOPED_TRACE(testing::Message() << "format " << int{format} << " compressor " << compressor);
            record.compressor = static_cast<Compressor>(compressor);
            const bool layered = compressor == 3;
            const bool good = compressor == 0 || layered == las::is_extended(format);
            EXPECT_EQ(parse_laszip_record(encoded(record), layout, 0).has_value(), good);
        }
    }
}

TEST(LaszipRecord, IsReadFromAnUnalignedCopy) {
    const Unaligned copy{good_payload()};
    const auto record = parse_laszip_record(copy.view(), kLayout, kAt);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->chunk_size, 50000u);
}

TEST(LaszipRecord, ReadsBackWhatItEncodes) {
    EXPECT_EQ(to_hex(encoded(*parse_laszip_record(good_payload(), kLayout, kAt))), to_hex(good_payload()));
    for (std::uint8_t format = 0; format <= 10; ++format) {
        for (const unsigned extra : {0u, 1u, 300u}) {
            SCOPED_TRACE(testing::Message() << "format " << int{format} << " extra bytes " << extra);
            const las::PointLayout layout{format, static_cast<std::uint16_t>(las::base_record_length(format) + extra)};
            const auto bytes = encoded(make_laszip_record(layout, 12345));
            EXPECT_EQ(bytes.size(), 34 + 6 * make_laszip_record(layout, 12345).items.size());
            const auto record = parse_laszip_record(bytes, layout, 0);
            ASSERT_TRUE(record) << record.error().what;
            EXPECT_EQ(record->items, make_laszip_record(layout, 12345).items);
            EXPECT_EQ(record->chunk_size, 12345u);
        }
    }
}

TEST(LaszipRecord, ReadsChunkSize0AsVariable) {
    const auto record = parse_laszip_record(with<std::uint32_t>(good_payload(), 12, 0), kLayout, kAt);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->chunk_size, 0u);
    EXPECT_TRUE(record->variable_chunks());
}

TEST(LaszipRecord, DoesNotCareAboutSpecialEvlrsAndOptions) {
    auto payload = with<std::uint64_t>(good_payload(), 16, 0);
    payload = with<std::uint32_t>(payload, 8, 1);
    EXPECT_TRUE(parse_laszip_record(payload, kLayout, kAt));
}

TEST(LaszipRecord, KnowsNoVersionsOfItemsThatAreStored) {
    auto record = *parse_laszip_record(good_payload(), kLayout, kAt);
    record.compressor = Compressor::none;
    for (Item& item : record.items) item.version = 0;
    EXPECT_TRUE(parse_laszip_record(encoded(record), kLayout, kAt));
}

TEST(ChunkFormat, TakesAPrototypesVersion2OfLayeredItemsForVersion3) {
    const las::PointLayout layout{7, 38};
    auto record = make_laszip_record(layout, kVariableChunks);
    for (Item& item : record.items) item.version = 2;
    const auto parsed = parse_laszip_record(encoded(record), layout, 0);
    ASSERT_TRUE(parsed) << parsed.error().what;
    EXPECT_EQ(ChunkFormat::from(*parsed, layout).items, make_laszip_record(layout, kVariableChunks).items);
}

TEST(ChunkFormat, OfALayoutIsWhatWritersUse) {
    const las::PointLayout layout{5, 64};
    const auto format = ChunkFormat::for_layout(layout);
    EXPECT_EQ(format.layout, layout);
    EXPECT_EQ(format.compressor, Compressor::point_wise_chunked);
    EXPECT_EQ(format.items, (std::vector<Item>{{ItemType::point10, 20, 2},
                                               {ItemType::gps_time11, 8, 2},
                                               {ItemType::rgb12, 6, 2},
                                               {ItemType::wave_packet13, 29, 1},
                                               {ItemType::byte, 1, 2}}));
}

}  // namespace
}  // namespace copse::laz
