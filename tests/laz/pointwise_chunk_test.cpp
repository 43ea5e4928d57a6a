// Point-wise chunks: frozen bytes of both item versions, random points through both directions, and damage.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "laz/codecs.hpp"
#include "laz/damage.hpp"
#include "laz/hex.hpp"
#include "laz/pointwise_chunk.hpp"
#include "laz/pointwise_support.hpp"

namespace copse::laz {
namespace {

using namespace test;

// 12 points of PDRF 3 with 2 extra bytes.
constexpr std::string_view kVersion2Records =
    "5ea384be9ddd9518693da1a7d2818a934db3ab994ca148726c6bb558f35bd330f8f5884b65a384bea1dd9518793da1a7d2818a934daeab"
    "99a3d082bbb7e5494ef95bd3334e28884b6fa384beb5dd9518936c2149de818a934dae1386e3957758f4b634f2f95ed3384e28884b6ca3"
    "84bec3dd9518956c21498d82efa251ae13860ab97758f4b634f2f95ef95ef95e88f273a384beb6dd9518866c21494183efa251ae670532"
    "dc7758f4b634f2f962f962f962c6a365a384bea3dd9518866c214941833ba251ae67056a797f58f4b634f2f962f962f962c1a356a384be"
    "9add9518826c2149ec831ea2512367056a797f58f4b634f2f969dd26fc62c1a356a384be9fdd95187c6c2149f6840d0b51236705b06d7f"
    "58f4b634f2f971dd2958a6c1a35ea384be9ddd9518896c2149b485680b5123670598717f58f4b634f2fd71dd2959a6c1a34ca384be8bdd"
    "9518886c21494486720b51236705f81f8a58f4b634f20472dd2c59acc1b15ba384be7ddd9518936c21496887723751da67051496ab6f92"
    "750ce0e21cdd3159b2c1b161a384be8edd95188c6c21496887103751da5fe01496ab6f92750ce0e220e220e220c1b1";
// The same as LASzip (laszip 0.3.0 of PyPI, through laspy) codes them, in items of version 2.
constexpr std::string_view kVersion2Chunk =
    "5ea384be9ddd9518693da1a7d2818a934db3ab994ca148726c6bb558f35bd330f8f5884b4b87c62559d91e672abc63843f90b242250049"
    "c193fb89108c0098cec85f320e5cbbcd382c80c9e94653813821badaded1b0231498d4888d546dddb267370de4c488e236aab6b4352e74"
    "fe16a23c1571d8e4ed997647c074bdcc468f2c79e2a36062f758ca2f820d60be5d47514b9b50f35403b4071ac72742597744551bb55d4c"
    "86b4f9e1482cdeac0ddcee2f10dcbbb00e63be1695c18eaf1000b5addf286a9ec23b7b2844fe0f42e5c8858679eb9beaed4b89fd6eb087"
    "b216e0716a17f621194b37e03e877ce2faedb0208aafbe31d401000000";
// 10 points of PDRF 5 with 2 extra bytes.
constexpr std::string_view kVersion1Records =
    "579fa74fe04dde53b5c4f657a0b2af9841dcc04141b15a2d3ae33ba2377ec8342e1393b10939e7707c7e668f9ddd092d4c90684dc1a5de"
    "6de235c54736845d3c28479fa74fd74dde53b6c4f657e4b2079841ccc041bf020895fbf9b4af37804ee9331302e2f538e7717c7e660001"
    "0000944c90684dc1a5de6de235c5d3e506bd3cbf399fa74fdc4dde53a8c4f657fab2079841ccc041a4060895fbf9b4af37804ee9331302"
    "e2f538e7717c7e6600010000944c9068033c39de6ce235c5d2e506bd3cbf4c9fa74fd64dde53b6c4f6572db3079844dbc041cc290895fb"
    "f9b4af37803780378000e2f538e7717c7e6600010000a2b89168033c39dea46d3a94d2e506bd3cb3549fa74fc94dde53a8c4f657e9b300"
    "9844f2c0412fd81295fbf9b4af3782378237820276f838e7717c7e6600010000b7529268d68232dea46d3a94d2e506bd3c425c9fa74fb5"
    "4dde53a1c4f657ddb4d17844f2c0410f6c1795fbf9b4af3784378437840176f838e7717c7e6600010000b752926858299d05a46d3a94ed"
    "eb34bf3c42709fa74f8cadde53a7c4f657ddb4e94645f26cd18e141e31dc938870378c378c378c015af25047ddf0f12d000100007069f9"
    "d058299d05a46d3a94edeb34bff242809fa74f9fadde53a0c4f65703b5014645f26cd18e141e31dc938870378c378c378c005af35047dd"
    "f0f12d000100007069f9d058299d05a46d3a94b5eb34bf054243308d4f9aadde5399c4f65703b56b4649730200856899013a8423693794"
    "379453340262192795a8dd761900010000388df9d0c5299d05a46d3a94c4eb34bf052920308d4f48adde53821ef85731b56b4649730200"
    "62fc9d013a842369edf43795ab9d01fe22ca9ee3d00b9c1a1aa62b388df9d02a80f0e9a46d3a94c4eb34bf0599";
// The same in items of version 1. Made by this encoder; the same LASzip reads the 10 points back out of it.
constexpr std::string_view kVersion1Chunk =
    "579fa74fe04dde53b5c4f657a0b2af9841dcc04141b15a2d3ae33ba2377ec8342e1393b10939e7707c7e668f9ddd092d4c90684dc1a5de"
    "6de235c54736845d3c282a72dab496725c3c4ab4050de4253dfd06484a7b7d521709d29a87e0938e0bed55a15650b34b554227d8142ab7"
    "d5ee1b8145c794800b3138736aa459030d7971af0900d60a88bff3c68771dc57fb575190471f61d30de90b930cc41a06564648f7fe4dc6"
    "b9f7db4066bc46f77492e8b65f57876fbc3ed8c705f0ad602f3362542d05d8325817ddf9c01e16bc881da632ed6c5435597c64b9757676"
    "91b5cd8965289daa174730ab4fdf3beef5b880bfcf4da247cf96fb23705c1bc0e44000cd25451b43664702a3820333933834a7a7855c9f"
    "e2c0f5793ba815606fbe38543b9b6dd5de7afa6386066a806ca53212d03b72aa6941d5f1413b4f13bfcb831461d59230ae5a2e33585de3"
    "3446eb529f30e7c6000000";
// The first 16 points of point-version-1-point-wise.las ...
constexpr std::string_view kOldFileRecords =
    "54a2cd0eca5e2f02b44202009f0049020a00ef00fba2cd0efd5f2f02c04202004d0009020a00ef00c1a1cd0ee5612f02984302008d0009"
    "010a00ef0092a0cd0eba632f02dc430200b50009010a00ef00e1a0cd0e31672f0244470200940049010a00ef00c2a1cd0efb652f02614b"
    "02003600510c0a00ef008ca3cd0ef6622f02cc420200070049020a00ef00b8a4cd0e2c612f02e3420200970049020a00ef00e6a5cd0e5d"
    "5f2f02b84202007a0049020a00ef002da7cd0eac5f2f02d0420200400009020a00ef00ffa5cd0e7e612f02ec420200510009020a00ef00"
    "d5a4cd0e47632f02dd420200700009020a00ef00dfa2cd0ea1662f02664d0200ab00110c0a00ef00c8a1cd0e46682f026a4c0200080011"
    "0c0a00ef006ca4cd0e04682f0258480200170049010a00ef00c8a4cd0ed2672f02505302001e00510c0a00ef00";
// ... and the bytes at the offset to point data of its .laz, written by LASzip 1.0: PDRF 0, items of version 1.
constexpr std::string_view kOldFileBytes =
    "54a2cd0eca5e2f02b44202009f0049020a00ef0043179b67bbcc73e478a8f2075bf1674b8445703195fc1a0dae17f29e9f5e452810705d"
    "eb38fa0dcd765fb37174c891499c77420a5d14d68663af12e7acfa4a4d304e067f70505ba701cb386f5f924500d45b3899e135db35e66a"
    "64172a632c0ece8a4d9ef30d0aabf73cbd3c9c1b0ab1c7a20ace8511b2d707b04070a8470ab5832260e73cc13203131d89e4a0a78b4c0b"
    "d07af1dd2872342658406bddd28dbc8c1ff1c1d42de0a98bc5933005dd8cad29b3e84f41b6b47fa6d11c00dcc2ef0e7a8bd07b5ecd802e";

constexpr las::PointLayout kVersion2Layout{3, 36};
constexpr las::PointLayout kVersion1Layout{5, 65};

Bytes encode(const ChunkFormat& format, const las::Points& points) {
    Bytes chunk;
    const auto good = encode_pointwise_chunk(format, points, 0, points.size(), chunk);
    EXPECT_TRUE(good) << (good ? "" : good.error().what);
    return chunk;
}

/// Decodes `count` points in slices of `slice`.
Result<las::Points> decode(const ChunkFormat& format, ByteView chunk, std::uint64_t count, std::size_t slice = 100000,
                           FileOffset at = 0, Consumption consumption = Consumption::exact) {
    auto decoder = make_pointwise_decoder(format, chunk, at, count, consumption);
    if (!decoder) return decoder.error();
    las::Points points{format.layout, las::ColumnSet::all()};
    while ((*decoder)->remaining() != 0)
        if (const auto good = (*decoder)->decode(slice, points); !good) return good.error();
    return points;
}

void expect_error(const Result<las::Points>& result, Code code, FileOffset at) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code) << result.error().what;
    EXPECT_EQ(result.error().at, at) << result.error().what;
}

TEST(PointwiseChunk, DecodesFrozenBytesOfVersion2) {
    const auto points = decode(pointwise_format(kVersion2Layout, 2), from_hex(kVersion2Chunk), 12);
    ASSERT_TRUE(points) << points.error().what;
    EXPECT_EQ(to_hex(to_records(*points)), kVersion2Records);
}

TEST(PointwiseChunk, DecodesFrozenBytesOfVersion1) {
    const auto points = decode(pointwise_format(kVersion1Layout, 1), from_hex(kVersion1Chunk), 10);
    ASSERT_TRUE(points) << points.error().what;
    EXPECT_EQ(to_hex(to_records(*points)), kVersion1Records);
}

TEST(PointwiseChunk, DecodesTheBeginningOfAFileOfLaszip1) {
    const auto points = decode(pointwise_format({0, 20}, 1), from_hex(kOldFileBytes), 16, 16, 0, Consumption::open);
    ASSERT_TRUE(points) << points.error().what;
    EXPECT_EQ(to_hex(to_records(*points)), kOldFileRecords);
}

TEST(PointwiseChunk, EncodesTheFrozenBytes) {
    const auto version2 = to_points(kVersion2Layout, from_hex(kVersion2Records));
    EXPECT_EQ(to_hex(encode(ChunkFormat::for_layout(kVersion2Layout), version2)), kVersion2Chunk);
    const auto version1 = to_points(kVersion1Layout, from_hex(kVersion1Records));
    EXPECT_EQ(to_hex(encode(pointwise_format(kVersion1Layout, 1), version1)), kVersion1Chunk);
}

TEST(PointwiseChunk, OfOnePointIsItsRecordAndAnEmptyString) {
    const auto record = random_records({1, 28}, 1, 5);
    const auto chunk = encode(ChunkFormat::for_layout({1, 28}), to_points({1, 28}, record));
    EXPECT_EQ(to_hex(chunk), to_hex(record) + "01000000");
    const auto points = decode(ChunkFormat::for_layout({1, 28}), chunk, 1);
    ASSERT_TRUE(points);
    EXPECT_EQ(to_records(*points), record);
}

TEST(PointwiseChunk, FillsTheColumnsOfItsBits) {
    // Class byte 0xb2: withheld, synthetic, class 18. Bits 0xda: edge, direction 1, 3 returns, the 2nd.
    const auto record = from_hex(
        "01000000"
        "feffffff"
        "03000000"
        "0400"
        "da"
        "b2"
        "f1"
        "05"
        "0600");
    const auto chunk = encode(ChunkFormat::for_layout({0, 20}), to_points({0, 20}, record));
    const auto points = decode(ChunkFormat::for_layout({0, 20}), chunk, 1);
    ASSERT_TRUE(points);
    EXPECT_EQ(points->x[0], 1);
    EXPECT_EQ(points->y[0], -2);
    EXPECT_EQ(points->z[0], 3);
    EXPECT_EQ(points->intensity[0], 4);
    EXPECT_EQ(points->return_number(0), 2);
    EXPECT_EQ(points->number_of_returns(0), 3);
    EXPECT_EQ(points->flags[0], 0b11'0101);
    EXPECT_EQ(points->classification[0], 18);
    EXPECT_EQ(points->channel[0], 0);
    EXPECT_EQ(points->scan_angle[0], -15);
    EXPECT_EQ(points->user_data[0], 5);
    EXPECT_EQ(points->point_source_id[0], 6);
    EXPECT_EQ(points->gps_time[0], 0.0);
}

struct RoundTrip : testing::TestWithParam<std::tuple<int, int, int>> {
    [[nodiscard]] las::PointLayout layout() const {
        return legacy_layout(static_cast<std::uint8_t>(std::get<0>(GetParam())),
                             static_cast<unsigned>(std::get<1>(GetParam())));
    }
    [[nodiscard]] ChunkFormat format() const {
        return pointwise_format(layout(), static_cast<std::uint16_t>(std::get<2>(GetParam())));
    }
};

TEST_P(RoundTrip, GivesTheRecordsBack) {
    const auto records = random_records(layout(), 4000, 11);
    const auto chunk = encode(format(), to_points(layout(), records));
    const auto points = decode(format(), chunk, 4000);
    ASSERT_TRUE(points) << points.error().what;
    EXPECT_EQ(to_records(*points), records);
}

TEST_P(RoundTrip, DoesNotDependOnSlices) {
    const auto records = random_records(layout(), 1500, 12);
    const auto chunk = encode(format(), to_points(layout(), records));
    for (const std::size_t slice : {1u, 7u, 700u, 1499u, 1500u}) {
        SCOPED_TRACE(slice);
        const auto points = decode(format(), chunk, 1500, slice);
        ASSERT_TRUE(points) << points.error().what;
        EXPECT_EQ(to_records(*points), records);
    }
}

TEST_P(RoundTrip, RejectsEveryShorterPrefix) {
    const auto chunk = encode(format(), to_points(layout(), random_records(layout(), 10, 13)));
    for (std::size_t size = 0; size < chunk.size(); ++size) {
        SCOPED_TRACE(size);
        expect_error(decode(format(), cut_to(chunk, size), 10, 1000, 500), Code::truncated, 500 + size);
    }
}

TEST_P(RoundTrip, RejectsOneByteTooMany) {
    const auto chunk = encode(format(), to_points(layout(), random_records(layout(), 30, 14)));
    expect_error(decode(format(), grow_by(chunk, 1), 30, 1000, 500), Code::trailing_bytes, 500 + chunk.size());
}

TEST_P(RoundTrip, TellsWhereAChunkOfUnknownSizeEnds) {
    const auto chunk = encode(format(), to_points(layout(), random_records(layout(), 30, 15)));
    const auto longer = grow_by(chunk, 100);
    const auto decoder = make_pointwise_decoder(format(), longer, 500, 30, Consumption::open);
    ASSERT_TRUE(decoder);
    las::Points points{layout(), las::ColumnSet::xy()};
    ASSERT_TRUE((*decoder)->decode(1000, points));
    EXPECT_EQ(points.size(), 30u);
    EXPECT_EQ((*decoder)->remaining(), 0u);
    EXPECT_EQ((*decoder)->consumed(), chunk.size());
}

TEST_P(RoundTrip, IsDecodedFromAnUnalignedCopy) {
    const auto records = random_records(layout(), 50, 16);
    const Unaligned copy{encode(format(), to_points(layout(), records))};
    const auto points = decode(format(), copy.view(), 50);
    ASSERT_TRUE(points);
    EXPECT_EQ(to_records(*points), records);
}

TEST_P(RoundTrip, SurvivesAnyByteDamaged) {
    const auto chunk = encode(format(), to_points(layout(), random_records(layout(), 12, 17)));
    Random random{18};
    for (std::size_t at = 0; at < chunk.size(); ++at) {
        auto damaged = chunk;
        damaged[at] ^= static_cast<std::byte>(1 + random.below(255));
        const auto points = decode(format(), damaged, 12, 1000, 500);
        // Other values, or an error inside the chunk.
        if (points)
            EXPECT_EQ(points->size(), 12u);
        else
            EXPECT_LE(points.error().at, 500 + chunk.size());
    }
}

TEST_P(RoundTrip, NeedsNoMoreBytesAPointThanTheWindowGrants) {
    const auto records = random_bytes_records(layout(), 2000);
    const auto chunk = encode(format(), to_points(layout(), records));
    const auto decoder = PointwiseDecoder::open(format(), chunk, 0, 2000, Consumption::exact);
    ASSERT_TRUE(decoder);
    las::Points points{layout(), las::ColumnSet::xy()};
    std::uint64_t consumed = (*decoder)->consumed();
    while ((*decoder)->remaining() != 0) {
        ASSERT_TRUE((*decoder)->decode(1, points));
        ASSERT_LE((*decoder)->consumed() - consumed, max_pointwise_size(layout().record_length));
        consumed = (*decoder)->consumed();
    }
}

INSTANTIATE_TEST_SUITE_P(PointwiseChunk, RoundTrip,
                         testing::Combine(testing::Range(0, 6), testing::Values(0, 5), testing::Values(1, 2)),
                         [](const auto& test) {
                             return "Pdrf" + std::to_string(std::get<0>(test.param)) + "Extra" +
                                    std::to_string(std::get<1>(test.param)) + "Version" +
                                    std::to_string(std::get<2>(test.param));
                         });

TEST(PointwiseChunk, CodesEveryPairOfReturnBits) {
    for (const std::uint16_t version : {std::uint16_t{1}, std::uint16_t{2}}) {
        const auto format = pointwise_format({0, 20}, version);
        Bytes records;
        for (unsigned first = 0; first < 256; ++first) {
            for (const unsigned second : {first, 255 - first, (first + 1) % 256}) {
                auto record = random_records({0, 20}, 1, first);
                record[14] = static_cast<std::byte>(second);
                records.insert(records.end(), record.begin(), record.end());
            }
        }
        const auto points = decode(format, encode(format, to_points({0, 20}, records)), 768);
        ASSERT_TRUE(points) << points.error().what;
        EXPECT_EQ(to_records(*points), records);
    }
}

TEST(PointwiseChunk, CodesTimesAsBitPatterns) {
    constexpr double kInf = std::numeric_limits<double>::infinity();
    const double kNan = std::numeric_limits<double>::quiet_NaN();
    // Multiples at and beyond their ends, often enough for a new reference; switches between sequences; zeros of both
    // signs, infinities and NaNs, which are ordinary patterns.
    std::vector<std::uint64_t> times{100, 200, 300, 300, 50300, 100300, 100400, 99400, 98400, 98399, 98399};
    for (const double time :
         {0.0, -0.0, kInf, -kInf, kNan, -kNan, 1e9, 1e9 + 1e-7, 2e5, 2e5, 1e9 + 2e-7, 3e7, 2e5, 4e3})
        times.push_back(std::bit_cast<std::uint64_t>(time));
    for (std::uint64_t i = 0; i < 12; ++i) times.push_back(times.back() + (i % 2 == 0 ? 60000 : 0x7fffffff));
    times.push_back(times.back() - 0x80000000u);  // -2^31 is the last difference that fits
    times.push_back(times.back() - 0x80000001u);
    times.push_back(times.back() + 0x80000000u);

    for (const std::uint16_t version : {std::uint16_t{1}, std::uint16_t{2}}) {
        const auto format = pointwise_format({1, 28}, version);
        Bytes records(times.size() * 28);
        for (std::size_t i = 0; i < times.size(); ++i) wire::store_le(records.data() + 28 * i + 20, times[i]);
        const auto points = decode(format, encode(format, to_points({1, 28}, records)), times.size());
        ASSERT_TRUE(points) << points.error().what;
        for (std::size_t i = 0; i < times.size(); ++i)
            EXPECT_EQ(std::bit_cast<std::uint64_t>(points->gps_time[i]), times[i]) << i;
    }
}

TEST(PointwiseChunk, RejectsTwoSwitchesOfTheTimeSequenceForOnePoint) {
    const Bytes record(28);
    ArithmeticEncoder coder;
    // A point that is the same as the first but for its time.
    const auto same = make_pointwise_item({ItemType::point10, 20, 2});
    same->start(record.data());
    same->encode(coder, record.data());
    SymbolModel<6> without_reference;
    coder.encode_symbol(without_reference, 3);
    coder.encode_symbol(without_reference, 4);
    coder.encode_symbol(without_reference, 0);
    auto chunk = record;
    const auto coded = coder.finish();
    chunk.insert(chunk.end(), coded.begin(), coded.end());

    const auto points = decode(pointwise_format({1, 28}, 2), chunk, 2);
    ASSERT_FALSE(points);
    EXPECT_EQ(points.error().code, Code::bad_value);
    EXPECT_STREQ(points.error().what, "the GPS time sequence is switched more than once for a point");
}

TEST(PointwiseChunk, RejectsAStringThatCannotBe) {
    auto chunk = random_records({0, 20}, 1, 1);
    chunk.resize(24, std::byte{0xff});
    expect_error(decode(pointwise_format({0, 20}, 2), chunk, 2, 10, 1000), Code::bad_value, 1020);
}

TEST(PointwiseChunk, TakesNoMemoryForPointsThatItOnlyDeclares) {
    const auto chunk = encode(pointwise_format({0, 20}, 2), to_points({0, 20}, random_records({0, 20}, 10, 1)));
    const auto decoder =
        make_pointwise_decoder(pointwise_format({0, 20}, 2), chunk, 0, ~std::uint64_t{0} >> 1, Consumption::exact);
    ASSERT_TRUE(decoder);
    las::Points points{{0, 20}, las::ColumnSet::all()};
    const auto good = (*decoder)->decode(std::numeric_limits<std::size_t>::max(), points);
    ASSERT_FALSE(good);
    EXPECT_EQ(good.error().code, Code::truncated);
    EXPECT_EQ((*decoder)->remaining(), 0u);
    EXPECT_LT(points.size(), 100000u);
}

TEST(PointwiseChunk, RefusesItemsOfTheLayeredCompressor) {
    const auto layered = ChunkFormat::for_layout({6, 30});
    const auto decoder = make_pointwise_decoder(layered, Bytes(100), 70, 1, Consumption::exact);
    ASSERT_FALSE(decoder);
    EXPECT_EQ(decoder.error().code, Code::unsupported);
    EXPECT_EQ(decoder.error().at, 70u);
}

TEST(PointwiseChunk, GoesOnInOtherBytes) {
    const las::PointLayout layout{3, 36};
    const auto format = pointwise_format(layout, 2);
    const auto records = random_records(layout, 300, 21);
    const auto chunk = encode(format, to_points(layout, records));
    const std::size_t window = 2 * max_pointwise_size(36);
    // Each part is a heap block of its own, freed when the next one is there.
    auto part = cut_to(chunk, window);
    const auto decoder = PointwiseDecoder::open(format, part, 0, 300, Consumption::exact);
    ASSERT_TRUE(decoder);
    las::Points points{layout, las::ColumnSet::all()};
    while ((*decoder)->remaining() != 0) {
        const auto rest = ByteView{chunk}.subspan(static_cast<std::size_t>((*decoder)->consumed()));
        auto next = cut_to(rest, std::min(window, rest.size()));
        (*decoder)->continue_in(next);
        part = std::move(next);
        ASSERT_TRUE((*decoder)->decode(1, points));
    }
    EXPECT_EQ((*decoder)->consumed(), chunk.size());
    EXPECT_EQ(to_records(points), records);
}

}  // namespace
}  // namespace copse::laz
