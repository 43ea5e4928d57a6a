#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "las/las_bytes.hpp"

namespace copse::las {
namespace {

using namespace test;

/// A header written field by field at the offsets of the specification's table, with a different value everywhere.
Bytes good_header(std::uint8_t minor) {
    const std::size_t size = minor == 4 ? 375 : minor == 3 ? 235 : 227;
    Bytes bytes(size);
    put_text(bytes, 0, "LASF");
    put<std::uint16_t>(bytes, 4, 501);
    put<std::uint16_t>(bytes, 6, 17);
    for (std::size_t i = 0; i < 16; ++i) put<std::uint8_t>(bytes, 8 + i, static_cast<std::uint8_t>(100 + i));
    put<std::uint8_t>(bytes, 24, 1);
    put<std::uint8_t>(bytes, 25, minor);
    put_text(bytes, 26, "a scanner");
    put_text(bytes, 58, "a program of exactly 32 letters.");
    put<std::uint16_t>(bytes, 90, 366);
    put<std::uint16_t>(bytes, 92, 2024);
    put<std::uint16_t>(bytes, 94, static_cast<std::uint16_t>(size));
    put<std::uint32_t>(bytes, 96, 0x01020304);
    put<std::uint32_t>(bytes, 100, 7);
    put<std::uint8_t>(bytes, 104, 0x83);
    put<std::uint16_t>(bytes, 105, 40);
    put<std::uint32_t>(bytes, 107, 150);
    for (std::uint32_t i = 0; i < 5; ++i) put<std::uint32_t>(bytes, 111 + 4 * i, 10 + i);
    const double numbers[] = {0.001, 0.002, 0.003, 1000, 2000, 3000, 6, 5, 8, 7, 10, 9};
    for (std::size_t i = 0; i < 12; ++i) put<double>(bytes, 131 + 8 * i, numbers[i]);
    if (minor >= 3) put<std::uint64_t>(bytes, 227, 0x1111111111111111);
    if (minor >= 4) {
        put<std::uint64_t>(bytes, 235, 0x2222222222222222);
        put<std::uint32_t>(bytes, 243, 3);
        put<std::uint64_t>(bytes, 247, 0x3333333333333333);
        for (std::uint64_t i = 0; i < 15; ++i) put<std::uint64_t>(bytes, 255 + 8 * i, 0x100000000 + i);
    }
    return bytes;
}

/// Where the reader of a header cut to `size` bytes stops: the field that did not fit.
FileOffset field_that_misses(std::size_t size) {
    std::vector<std::size_t> starts{0, 4, 6};
    for (std::size_t i = 8; i < 26; ++i) starts.push_back(i);
    for (const std::size_t start : {26u, 58u, 90u, 92u, 94u, 96u, 100u, 104u, 105u, 107u, 111u, 115u, 119u, 123u, 127u})
        starts.push_back(start);
    for (std::size_t i = 131; i <= 235; i += 8) starts.push_back(i);
    starts.push_back(243);
    for (std::size_t i = 247; i <= 375; i += 8) starts.push_back(i);
    return *(std::upper_bound(starts.begin(), starts.end(), size) - 1);
}

TEST(LasHeader, HasTheFieldsOfTheSpecification) {
    const auto header = parse_header(good_header(4));
    ASSERT_TRUE(header) << header.error().what;
    EXPECT_EQ(header->file_source_id, 501);
    EXPECT_EQ(header->global_encoding, 17);
    EXPECT_EQ(header->guid[0], 100);
    EXPECT_EQ(header->guid[15], 115);
    EXPECT_EQ(header->version_major, 1);
    EXPECT_EQ(header->version_minor, 4);
    EXPECT_EQ(header->system_identifier, "a scanner");
    EXPECT_EQ(header->generating_software, "a program of exactly 32 letters.");
    EXPECT_EQ(header->creation_day, 366);
    EXPECT_EQ(header->creation_year, 2024);
    EXPECT_EQ(header->header_size, 375);
    EXPECT_EQ(header->offset_to_point_data, 0x01020304u);
    EXPECT_EQ(header->vlr_count, 7u);
    EXPECT_EQ(header->format(), 3);
    EXPECT_TRUE(header->marked_compressed());
    EXPECT_EQ(header->record_length, 40);
    EXPECT_EQ(header->legacy_point_count, 150u);
    EXPECT_EQ(header->legacy_points_by_return, (std::array<std::uint32_t, 5>{10, 11, 12, 13, 14}));
    EXPECT_EQ(header->scale, (Vec3{0.001, 0.002, 0.003}));
    EXPECT_EQ(header->offset, (Vec3{1000, 2000, 3000}));
    EXPECT_EQ(header->max, (Vec3{6, 8, 10}));
    EXPECT_EQ(header->min, (Vec3{5, 7, 9}));
    EXPECT_EQ(header->waveform_offset, 0x1111111111111111u);
    EXPECT_EQ(header->evlr_offset, 0x2222222222222222u);
    EXPECT_EQ(header->evlr_count, 3u);
    EXPECT_EQ(header->point_count_14, 0x3333333333333333u);
    EXPECT_EQ(header->points_by_return_14[0], 0x100000000u);
    EXPECT_EQ(header->points_by_return_14[14], 0x10000000eu);
}

TEST(LasHeader, OfAnOlderVersionLeavesLaterFieldsZero) {
    const auto twelve = parse_header(good_header(2));
    ASSERT_TRUE(twelve);
    EXPECT_EQ(twelve->waveform_offset, 0u);
    EXPECT_EQ(twelve->point_count_14, 0u);
    const auto thirteen = parse_header(good_header(3));
    ASSERT_TRUE(thirteen);
    EXPECT_EQ(thirteen->waveform_offset, 0x1111111111111111u);
    EXPECT_EQ(thirteen->evlr_count, 0u);
}

TEST(LasHeader, CarriesTheGpsTimeBitFromVersionsThatCallItReserved) {
    for (std::uint8_t minor = 0; minor <= 2; ++minor) {
        const auto header = parse_header(good_header(minor));
        ASSERT_TRUE(header);
        EXPECT_EQ(declared_gps_time_kind(*header), GpsTimeKind::adjusted_standard);
    }
}

TEST(LasHeader, RejectsEveryShorterPrefix) {
    for (std::uint8_t minor = 0; minor <= 4; ++minor) {
        const auto whole = good_header(minor);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            SCOPED_TRACE(size);
            const auto header = parse_header(cut_to(whole, size), 5000);
            ASSERT_FALSE(header);
            EXPECT_EQ(header.error().code, Code::truncated);
            EXPECT_EQ(header.error().at, 5000 + field_that_misses(size));
        }
    }
}

TEST(LasHeader, TakesNoNoticeOfBytesBehindIt) {
    auto bytes = good_header(2);
    bytes.push_back(std::byte{0xff});
    EXPECT_TRUE(parse_header(bytes));
}

TEST(LasHeader, ReportsWhereEachDamagedFieldLies) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    struct Damage {
        const char* name;
        FileOffset at;
        Code code;
        void (*apply)(Bytes&);
    };
    const Damage damages[] = {
        {"signature", 0, Code::bad_value, [](Bytes& b) { put_text(b, 3, "f"); }},
        {"major", 24, Code::unsupported, [](Bytes& b) { put<std::uint8_t>(b, 24, 2); }},
        {"minor", 25, Code::unsupported, [](Bytes& b) { put<std::uint8_t>(b, 25, 5); }},
        {"header size", 94, Code::bad_value, [](Bytes& b) { put<std::uint16_t>(b, 94, 374); }},
        {"compression bit", 104, Code::unsupported, [](Bytes& b) { put<std::uint8_t>(b, 104, 0x43); }},
        {"format", 104, Code::unsupported, [](Bytes& b) { put<std::uint8_t>(b, 104, 11); }},
        {"record length", 105, Code::bad_value, [](Bytes& b) { put<std::uint16_t>(b, 105, 33); }},
        {"x scale zero", 131, Code::bad_value, [](Bytes& b) { put<double>(b, 131, 0.0); }},
        {"y scale NaN", 139, Code::bad_value, [](Bytes& b) { put<double>(b, 139, kNan); }},
        {"z scale infinite", 147, Code::bad_value, [](Bytes& b) { put<double>(b, 147, HUGE_VAL); }},
        {"x offset NaN", 155, Code::bad_value, [](Bytes& b) { put<double>(b, 155, kNan); }},
        {"z offset infinite", 171, Code::bad_value, [](Bytes& b) { put<double>(b, 171, -HUGE_VAL); }},
    };
    for (const auto& damage : damages) {
        SCOPED_TRACE(damage.name);
        auto bytes = good_header(4);
        damage.apply(bytes);
        const auto header = parse_header(bytes, 70);
        ASSERT_FALSE(header);
        EXPECT_EQ(header.error().at, 70 + damage.at);
        EXPECT_EQ(header.error().code, damage.code);
    }
}

TEST(LasHeader, SaysThatAShortFileOfAnotherKindHasNoSignature) {
    const auto header = parse_header(to_bytes("hello"));
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error().code, Code::bad_value);
    EXPECT_EQ(header.error().at, 0u);
}

TEST(LasHeader, DoesNotJudgeBounds) {
    auto bytes = good_header(4);
    put<double>(bytes, 179, std::numeric_limits<double>::quiet_NaN());
    put<double>(bytes, 187, HUGE_VAL);
    EXPECT_TRUE(parse_header(bytes));
}

TEST(LasHeader, IsReadFromAnyAddress) {
    const Unaligned copy{good_header(4)};
    const auto header = parse_header(copy.view());
    ASSERT_TRUE(header);
    EXPECT_EQ(header->evlr_count, 3u);
}

TEST(LasHeader, EncodesToTheSameBytesInEveryVersion) {
    for (std::uint8_t minor = 0; minor <= 4; ++minor) {
        SCOPED_TRACE(int{minor});
        const auto bytes = good_header(minor);
        Bytes again;
        encode_header(*parse_header(bytes), again);
        EXPECT_EQ(again, bytes);
    }
}

TEST(LasHeader, EncodesALongerHeaderSizeWithZeros) {
    auto header = *parse_header(good_header(2));
    header.header_size = 240;
    Bytes bytes(3, std::byte{9});  // what is there already stays
    encode_header(header, bytes);
    ASSERT_EQ(bytes.size(), 243u);
    EXPECT_TRUE(std::all_of(bytes.end() - 13, bytes.end(), [](std::byte b) { return b == std::byte{0}; }));
    EXPECT_EQ(bytes[0], std::byte{9});
}

TEST(LasHeader, CountsPointsByVersionAndFormat) {
    Header header;
    header.point_format_byte = 6;
    header.legacy_point_count = 5;
    header.legacy_points_by_return = {1, 2, 3, 4, 5};
    header.point_count_14 = 7;
    header.points_by_return_14[14] = 9;
    EXPECT_EQ(header.point_count(), 7u);
    EXPECT_EQ(header.points_by_return()[14], 9u);

    header.point_format_byte = 3;
    EXPECT_EQ(header.point_count(), 5u);
    EXPECT_EQ(header.points_by_return()[4], 5u);
    EXPECT_EQ(header.points_by_return()[5], 0u);

    header.legacy_point_count = 0;
    EXPECT_EQ(header.point_count(), 7u);

    header.version_minor = 2;
    EXPECT_EQ(header.point_count(), 0u);
}

TEST(LasHeader, OfEveryRealFileIsReadAndEncodesToTheSameBytes) {
    auto paths = shared_files(".las");
    const auto compressed = shared_files(".laz");
    paths.insert(paths.end(), compressed.begin(), compressed.end());
    if (paths.empty()) GTEST_SKIP() << "no shared data folder";
    for (const auto& path : paths) {
        SCOPED_TRACE(path);
        auto bytes = read_file(path);
        const auto header = parse_header(bytes);
        ASSERT_TRUE(header) << header.error().what;
        Bytes again;
        encode_header(*header, again);
        bytes.resize(again.size());
        // The text fields may hold rubbish behind their NUL.
        for (const std::ptrdiff_t begin : {26, 58})
            std::fill(std::find(bytes.begin() + begin, bytes.begin() + begin + 32, std::byte{0}),
                      bytes.begin() + begin + 32, std::byte{0});
        EXPECT_EQ(again, bytes);
    }
}

}  // namespace
}  // namespace copse::las
