#include <gtest/gtest.h>

#include <bit>

#include "las/las_bytes.hpp"

namespace copse::las {
namespace {

using namespace test;

Points unpacked(ByteView records, PointLayout layout, ColumnSet columns = ColumnSet::all()) {
    Points points{layout, columns};
    points.resize(records.size() / layout.record_length);
    unpack_records(records, points, 0);
    return points;
}

Bytes packed(const Points& points) {
    Bytes bytes;
    pack_records(points, 0, points.size(), bytes);
    return bytes;
}

TEST(Records, OfFormat5HaveTheFieldsOfTheSpecification) {
    Bytes record(65);
    put<std::int32_t>(record, 0, -1);
    put<std::int32_t>(record, 4, 2);
    put<std::int32_t>(record, 8, std::numeric_limits<std::int32_t>::min());
    put<std::uint16_t>(record, 12, 65535);
    put<std::uint8_t>(record, 14, 0b01'101'010);  // scan direction, 5 returns, return 2
    put<std::uint8_t>(record, 15, 0b110'01100);   // withheld, key-point, class 12
    put<std::int8_t>(record, 16, -90);
    put<std::uint8_t>(record, 17, 7);
    put<std::uint16_t>(record, 18, 300);
    put<double>(record, 20, 1.5e9);
    put<std::uint16_t>(record, 28, 1);
    put<std::uint16_t>(record, 30, 2);
    put<std::uint16_t>(record, 32, 3);
    for (std::size_t i = 0; i < 29; ++i) put<std::uint8_t>(record, 34 + i, static_cast<std::uint8_t>(200 + i));
    put<std::uint8_t>(record, 63, 11);
    put<std::uint8_t>(record, 64, 12);

    const auto points = unpacked(record, {5, 65});
    ASSERT_EQ(points.size(), 1u);
    EXPECT_EQ(points.x[0], -1);
    EXPECT_EQ(points.y[0], 2);
    EXPECT_EQ(points.z[0], std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(points.intensity[0], 65535);
    EXPECT_EQ(points.return_number(0), 2);
    EXPECT_EQ(points.number_of_returns(0), 5);
    EXPECT_EQ(points.channel[0], 0);
    EXPECT_EQ(points.classification[0], 12);
    EXPECT_EQ(points.flags[0], 0b01'0110);
    EXPECT_EQ(points.scan_angle[0], -90);
    EXPECT_EQ(points.user_data[0], 7);
    EXPECT_EQ(points.point_source_id[0], 300);
    EXPECT_EQ(points.gps_time[0], 1.5e9);
    EXPECT_EQ(points.red[0], 1);
    EXPECT_EQ(points.green[0], 2);
    EXPECT_EQ(points.blue[0], 3);
    EXPECT_EQ(points.wave[0][0], 200);
    EXPECT_EQ(points.wave[0][28], 228);
    EXPECT_EQ(points.extra[0][0], 11);
    EXPECT_EQ(points.extra[1][0], 12);
}

TEST(Records, OfFormat10HaveTheFieldsOfTheSpecification) {
    Bytes record(67);
    put<std::uint8_t>(record, 14, 0xf3);          // 15 returns, return 3
    put<std::uint8_t>(record, 15, 0b10'11'1001);  // edge, channel 3, overlap, synthetic
    put<std::uint8_t>(record, 16, 200);
    put<std::uint8_t>(record, 17, 7);
    put<std::int16_t>(record, 18, -30000);
    put<std::uint16_t>(record, 20, 300);
    put<double>(record, 22, -2.5);
    put<std::uint16_t>(record, 30, 1);
    put<std::uint16_t>(record, 34, 3);
    put<std::uint16_t>(record, 36, 4);
    put<std::uint8_t>(record, 38, 201);
    put<std::uint8_t>(record, 66, 202);

    const auto points = unpacked(record, {10, 67});
    EXPECT_EQ(points.return_number(0), 3);
    EXPECT_EQ(points.number_of_returns(0), 15);
    EXPECT_EQ(points.channel[0], 3);
    EXPECT_EQ(points.flags[0], 0b10'1001);
    EXPECT_EQ(points.classification[0], 200);
    EXPECT_EQ(points.user_data[0], 7);
    EXPECT_EQ(points.scan_angle[0], -30000);
    EXPECT_EQ(points.point_source_id[0], 300);
    EXPECT_EQ(points.gps_time[0], -2.5);
    EXPECT_EQ(points.red[0], 1);
    EXPECT_EQ(points.blue[0], 3);
    EXPECT_EQ(points.nir[0], 4);
    EXPECT_EQ(points.wave[0][0], 201);
    EXPECT_EQ(points.wave[0][28], 202);
}

TEST(Records, OfFormat2HaveColourWhereOthersHaveTheTime) {
    Bytes record(26);
    put<std::uint16_t>(record, 20, 1);
    put<std::uint16_t>(record, 24, 3);
    const auto points = unpacked(record, {2, 26});
    EXPECT_EQ(points.red[0], 1);
    EXPECT_EQ(points.blue[0], 3);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(points.gps_time[0]), 0u);
}

TEST(Records, UnpackedAndPackedAreTheSameBytesInEveryFormat) {
    for (std::uint8_t format = 0; format <= 10; ++format)
        for (const unsigned extra_bytes : {0u, 1u, 5u, 70u})
            // Around the rows of a block, and rows that begin at odd addresses.
            for (const std::size_t rows : {0u, 1u, 255u, 256u, 257u, 1000u}) {
                SCOPED_TRACE(testing::Message() << int{format} << " + " << extra_bytes << ", " << rows << " rows");
                const PointLayout layout{format, static_cast<std::uint16_t>(base_record_length(format) + extra_bytes)};
                const auto bytes = random_bytes(rows * layout.record_length, rows + extra_bytes);
                const Unaligned copy{bytes};
                EXPECT_EQ(packed(unpacked(copy.view(), layout)), bytes);
            }
}

TEST(Records, KeepTheBitsOfTimesThatAreNotNumbers) {
    // Quiet and signalling NaN with payload, infinities, minus zero.
    for (const std::uint64_t bits :
         {0x7ff8000000000001u, 0xfff0000000000001u, 0x7ff4dead0000beefu, 0x7ff0000000000000u, 0x8000000000000000u}) {
        Bytes record(30);
        put<std::uint64_t>(record, 22, bits);
        const auto points = unpacked(record, {6, 30});
        EXPECT_EQ(wire::load_le<std::uint64_t>(points.gps_time.data()), bits);
        EXPECT_EQ(packed(points), record);
    }
}

TEST(Records, PackZerosForColumnsThatAreNotThere) {
    const PointLayout layout{7, 38};
    const auto bytes = random_bytes(5 * 38, 3);
    const auto some = unpacked(bytes, layout, ColumnSet{ColumnSet::z | ColumnSet::gps_time, 2});
    const auto records = packed(some);
    ASSERT_EQ(records.size(), bytes.size());
    for (std::size_t row = 0; row < 5; ++row)
        for (std::size_t at = 0; at < 38; ++at) {
            const auto byte = records[row * 38 + at], before = bytes[row * 38 + at];
            const bool kept = at < 12 || at == 14 || (at >= 22 && at < 30) || at == 37;
            // Of byte 15 only the scanner channel is there.
            const auto expected = kept ? before : at == 15 ? before & std::byte{0x30} : std::byte{0};
            EXPECT_EQ(byte, expected) << at;
        }
}

TEST(Records, AreUnpackedBehindRowsThatAreThereAndPackedFromTheMiddle) {
    const PointLayout layout{1, 28};
    const auto bytes = random_bytes(10 * 28, 4);
    Points points{layout, ColumnSet::all()};
    points.resize(10);
    unpack_records(ByteView{bytes}.first(4 * 28), points, 0);
    unpack_records(ByteView{bytes}.subspan(4 * 28), points, 4);
    Bytes records = to_bytes("ab");
    pack_records(points, 3, 9, records);
    EXPECT_EQ(records.size(), 2u + 6 * 28);
    EXPECT_TRUE(std::equal(records.begin() + 2, records.end(), bytes.begin() + 3 * 28));
}

TEST(Records, OfEveryRealLasFileComeBackByteForByte) {
    const auto paths = shared_files(".las");
    if (paths.empty()) GTEST_SKIP() << "no shared data folder";
    for (const auto& path : paths) {
        if (path.filename() == "garbage_nVariableLength.las") continue;
        SCOPED_TRACE(path);
        const auto file = read_file(path);
        const auto header = parse_header(file);
        ASSERT_TRUE(header);
        ASSERT_GT(header->point_count(), 0u);
        const auto records = ByteView{file}.subspan(
            header->offset_to_point_data, static_cast<std::size_t>(header->point_count()) * header->record_length);
        const auto again = packed(unpacked(records, {header->format(), header->record_length}));
        EXPECT_TRUE(std::equal(again.begin(), again.end(), records.begin(), records.end()));
    }
}

}  // namespace
}  // namespace copse::las
