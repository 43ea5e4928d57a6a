// LAS and LAZ files: what is written is what comes back, and the header says so.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "copse/write.hpp"
#include "support/memory_file.hpp"
#include "support/random_points.hpp"

namespace copse::write {
namespace {

using test::layout_of;
using test::MemoryFile;
using test::random_points;
using test::records_of;

enum class Kind { las, laz };

FileTemplate file_of(las::PointLayout layout, std::uint8_t minor_version = 4) {
    FileTemplate file;
    file.layout = layout;
    file.header.version_minor = minor_version;
    file.header.scale = {0.01, 0.01, 0.001};
    file.header.offset = {500000, 4100000, -10};
    file.header.system_identifier = "a test";
    return file;
}

las::Vlr record(std::string user_id, std::uint16_t id, std::size_t size, bool extended = false) {
    las::Vlr vlr;
    vlr.user_id = std::move(user_id);
    vlr.record_id = id;
    vlr.payload = Bytes(size, std::byte{7});
    vlr.extended = extended;
    return vlr;
}

std::unique_ptr<PointWriter> writer_of(Kind kind, MemoryFile& out, FileTemplate file,
                                       std::uint32_t chunk_points = 100) {
    return kind == Kind::las ? make_las_writer(out, std::move(file))
                             : make_laz_writer(out, std::move(file), chunk_points);
}

Status write_in_pieces(PointWriter& writer, const las::Points& points, std::uint32_t seed) {
    std::mt19937 random{seed};
    for (std::size_t first = 0; first < points.size();) {
        const auto last = std::min<std::size_t>(points.size(), first + random() % 300);
        las::Points piece{points.layout, las::ColumnSet::all()};
        piece.append(points, first, last);
        if (const auto status = writer.add(piece); !status) return status;
        first = last;
    }
    return writer.finish();
}

struct Parts {
    las::Header header;
    std::vector<las::Vlr> vlrs;
    std::vector<laz::ChunkEntry> chunks;
    las::Points points;
};

/// Takes a file apart with the parsers of the rooms below.
Parts read_parts(const Bytes& bytes) {
    Parts parts;
    parts.header = las::parse_header(bytes).value();
    const auto& header = parts.header;
    const ByteView view{bytes};
    parts.vlrs = las::parse_vlrs(view.subspan(header.header_size, header.offset_to_point_data - header.header_size),
                                 header.vlr_count, header.header_size)
                     .value();
    const las::PointLayout layout{header.format(), header.record_length};
    parts.points = las::Points{layout, las::ColumnSet::all()};
    if (!header.marked_compressed()) {
        parts.points.resize(static_cast<std::size_t>(header.point_count()));
        las::unpack_records(view.subspan(header.offset_to_point_data, parts.points.size() * layout.record_length),
                            parts.points, 0);
        return parts;
    }
    const auto* vlr = las::find_vlr(parts.vlrs, laz::kVlrUserId, laz::kVlrRecordId);
    const auto record = laz::parse_laszip_record(vlr->payload, layout, vlr->payload_at()).value();
    laz::ChunkTableContext context;
    context.first_chunk = header.offset_to_point_data + 8;
    context.table = wire::load_le<std::uint64_t>(bytes.data() + header.offset_to_point_data);
    context.file_size = bytes.size();
    context.point_count = header.point_count();
    context.chunk_size = record.chunk_size;
    context.record_length = layout.record_length;
    parts.chunks = laz::parse_chunk_table(view.subspan(context.table), context).value();
    for (const auto& chunk : parts.chunks) {
        las::Points points{layout, las::ColumnSet::all()};
        const auto status =
            laz::decode_chunk(laz::ChunkFormat::from(record, layout), view.subspan(chunk.offset, chunk.size),
                              chunk.offset, chunk.point_count, points);
        EXPECT_TRUE(status) << (status ? "" : status.error().what);
        parts.points.append(points, 0, points.size());
    }
    return parts;
}

struct Case {
    Kind kind;
    std::uint8_t format;
    std::uint8_t minor_version;
    std::uint16_t extra_bytes;
};

class PointFiles : public testing::TestWithParam<Case> {};

TEST_P(PointFiles, GiveBackThePointsWhateverThePieces) {
    const auto [kind, format, minor, extra] = GetParam();
    const auto points = random_points(layout_of(format, extra), 1234, format);
    for (std::uint32_t seed = 0; seed < 5; ++seed) {
        MemoryFile out;
        const auto writer = writer_of(kind, out, file_of(points.layout, minor));
        const auto status = write_in_pieces(*writer, points, seed);
        ASSERT_TRUE(status) << status.error().what;
        EXPECT_EQ(writer->point_count(), points.size());
        const auto parts = read_parts(out.bytes());
        EXPECT_EQ(parts.header.point_count(), points.size());
        EXPECT_EQ(parts.header.marked_compressed(), kind == Kind::laz);
        EXPECT_EQ(records_of(parts.points), records_of(points));
    }
}

TEST_P(PointFiles, HoldNoPointsIfNoneAreAdded) {
    const auto [kind, format, minor, extra] = GetParam();
    MemoryFile out;
    const auto writer = writer_of(kind, out, file_of(layout_of(format, extra), minor));
    ASSERT_TRUE(writer->finish());
    const auto parts = read_parts(out.bytes());
    EXPECT_EQ(parts.header.point_count(), 0u);
    EXPECT_EQ(parts.points.size(), 0u);
    EXPECT_EQ(parts.header.min, las::Vec3{});
    EXPECT_EQ(parts.header.max, las::Vec3{});
}

TEST_P(PointFiles, AreTheSameBytesWhateverThePieces) {
    const auto [kind, format, minor, extra] = GetParam();
    const auto points = random_points(layout_of(format, extra), 777, format);
    MemoryFile first, second;
    ASSERT_TRUE(write_in_pieces(*writer_of(kind, first, file_of(points.layout, minor)), points, 1));
    ASSERT_TRUE(write_in_pieces(*writer_of(kind, second, file_of(points.layout, minor)), points, 2));
    EXPECT_EQ(first.bytes(), second.bytes());
}

TEST_P(PointFiles, AreTheSameBytesInWhateverOrderThePiecesOfWorkAreDone) {
    const auto [kind, format, minor, extra] = GetParam();
    const auto points = random_points(layout_of(format, extra), 60'000, 9);
    const std::uint32_t chunk_points = 1000;
    MemoryFile at_once;
    auto writer = writer_of(kind, at_once, file_of(points.layout, minor), chunk_points);
    ASSERT_TRUE(writer->add(points));
    ASSERT_TRUE(writer->finish());

    MemoryFile in_disorder;
    writer = writer_of(kind, in_disorder, file_of(points.layout, minor), chunk_points);
    std::mt19937 random{4};
    for (std::size_t first = 0; first < points.size();) {
        const auto last = std::min<std::size_t>(points.size(), first + random() % 40'000);
        las::Points part{points.layout, las::ColumnSet::all()};
        part.append(points, first, last);
        std::vector<std::size_t> pieces(writer->begin(part));
        std::iota(pieces.begin(), pieces.end(), std::size_t{0});
        std::shuffle(pieces.begin(), pieces.end(), random);
        for (const auto piece : pieces) writer->work(piece);
        ASSERT_TRUE(writer->end());
        first = last;
    }
    ASSERT_TRUE(writer->finish());
    EXPECT_EQ(writer->point_count(), points.size());
    EXPECT_EQ(in_disorder.bytes(), at_once.bytes());
}

INSTANTIATE_TEST_SUITE_P(All, PointFiles,
                         testing::Values(Case{Kind::las, 0, 0, 0}, Case{Kind::las, 1, 1, 0}, Case{Kind::las, 2, 2, 3},
                                         Case{Kind::las, 3, 2, 0}, Case{Kind::las, 4, 3, 0}, Case{Kind::las, 5, 3, 2},
                                         Case{Kind::las, 6, 4, 0}, Case{Kind::las, 7, 4, 5}, Case{Kind::las, 8, 4, 0},
                                         Case{Kind::las, 9, 4, 0}, Case{Kind::las, 10, 4, 1}, Case{Kind::las, 3, 4, 0},
                                         Case{Kind::laz, 0, 0, 0}, Case{Kind::laz, 1, 2, 4}, Case{Kind::laz, 2, 2, 0},
                                         Case{Kind::laz, 3, 2, 0}, Case{Kind::laz, 3, 4, 1}, Case{Kind::laz, 6, 4, 0},
                                         Case{Kind::laz, 7, 4, 2}, Case{Kind::laz, 8, 4, 0}, Case{Kind::laz, 5, 3, 1},
                                         Case{Kind::laz, 10, 4, 0}));

TEST(PointFileHeader, CountsByReturnAndLeavesReturnZeroOut) {
    auto points = random_points(layout_of(6), 6, 1);
    const std::uint8_t returns[] = {0x11, 0x21, 0x22, 0x20, 0xff, 0x11};
    std::copy(std::begin(returns), std::end(returns), points.returns.begin());
    MemoryFile out;
    const auto writer = make_las_writer(out, file_of(points.layout));
    ASSERT_TRUE(writer->add(points));
    ASSERT_TRUE(writer->finish());
    const auto header = las::parse_header(out.bytes()).value();
    EXPECT_EQ(header.points_by_return_14, (std::array<std::uint64_t, 15>{3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
    EXPECT_EQ(header.point_count_14, 6u);
}

TEST(PointFileHeader, HasNoLegacyCountsWithFormats6To10) {
    const auto points = random_points(layout_of(7), 50, 1);
    MemoryFile out;
    const auto writer = make_las_writer(out, file_of(points.layout));
    ASSERT_TRUE(writer->add(points));
    ASSERT_TRUE(writer->finish());
    const auto header = las::parse_header(out.bytes()).value();
    EXPECT_EQ(header.legacy_point_count, 0u);
    EXPECT_EQ(header.legacy_points_by_return, (std::array<std::uint32_t, 5>{}));
}

TEST(PointFileHeader, HasBothCountsWithLegacyFormatsInLas14) {
    const auto points = random_points(layout_of(1), 50, 1);
    MemoryFile out;
    const auto writer = make_las_writer(out, file_of(points.layout));
    ASSERT_TRUE(writer->add(points));
    ASSERT_TRUE(writer->finish());
    const auto header = las::parse_header(out.bytes()).value();
    EXPECT_EQ(header.legacy_point_count, 50u);
    EXPECT_EQ(header.point_count_14, 50u);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(header.legacy_points_by_return[i], header.points_by_return_14[i]);
}

TEST(PointFileHeader, BoundsThePointsWrittenNotTheTemplate) {
    auto points = random_points(layout_of(6), 3, 1);
    points.x = {-5, 100, 7};
    points.y = {1, 2, 3};
    points.z = {-2147483647 - 1, 0, 2147483647};
    auto file = file_of(points.layout);
    file.header.min = {1, 2, 3};
    file.header.max = {4, 5, 6};
    MemoryFile out;
    const auto writer = make_las_writer(out, file);
    ASSERT_TRUE(writer->add(points));
    ASSERT_TRUE(writer->finish());
    const auto header = las::parse_header(out.bytes()).value();
    EXPECT_EQ(header.min, (las::Vec3{-5 * 0.01 + 500000, 1 * 0.01 + 4100000, -2147483648.0 * 0.001 + -10}));
    EXPECT_EQ(header.max, (las::Vec3{100 * 0.01 + 500000, 3 * 0.01 + 4100000, 2147483647.0 * 0.001 + -10}));
}

TEST(PointFileHeader, KeepsMinBelowMaxWithANegativeScale) {
    auto points = random_points(layout_of(6), 2, 1);
    points.x = {1, 9};
    auto file = file_of(points.layout);
    file.header.scale[0] = -1;
    file.header.offset[0] = 0;
    MemoryFile out;
    const auto writer = make_las_writer(out, file);
    ASSERT_TRUE(writer->add(points));
    ASSERT_TRUE(writer->finish());
    const auto header = las::parse_header(out.bytes()).value();
    EXPECT_EQ(header.min[0], -9);
    EXPECT_EQ(header.max[0], -1);
}

TEST(PointFileRecords, ComeBackWithTheirPayloads) {
    for (const auto kind : {Kind::las, Kind::laz}) {
        auto file = file_of(layout_of(6));
        file.vlrs = {record("LASF_Projection", 2112, 900), record("mine", 3, 0)};
        file.evlrs = {record("mine", 4, 100000, true), record("last", 5, 1, true)};
        MemoryFile out;
        const auto writer = writer_of(kind, out, file);
        ASSERT_TRUE(writer->add(random_points(file.layout, 10, 1)));
        ASSERT_TRUE(writer->finish());

        const auto parts = read_parts(out.bytes());
        ASSERT_EQ(parts.vlrs.size(), kind == Kind::laz ? 3u : 2u);
        EXPECT_TRUE(parts.vlrs[0].is("LASF_Projection", 2112));
        EXPECT_EQ(parts.vlrs[0].payload, file.vlrs[0].payload);
        EXPECT_TRUE(parts.vlrs[1].is("mine", 3));

        ASSERT_EQ(parts.header.evlr_count, 2u);
        auto at = parts.header.evlr_offset;
        for (const auto& evlr : file.evlrs) {
            const auto header = las::parse_evlr_header(ByteView{out.bytes()}.subspan(at), at).value();
            EXPECT_EQ(header.user_id, evlr.user_id);
            EXPECT_EQ(header.payload_size, evlr.payload.size());
            at += las::kEvlrHeaderSize + header.payload_size;
        }
        EXPECT_EQ(at, out.size());
    }
}

TEST(PointFileRecords, OfLas10EndWithTheSignature) {
    MemoryFile out;
    const auto writer = make_las_writer(out, file_of(layout_of(1), 0));
    ASSERT_TRUE(writer->finish());
    const auto header = las::parse_header(out.bytes()).value();
    EXPECT_EQ(header.offset_to_point_data, 229u);
    EXPECT_EQ(out.bytes()[227], std::byte{0xdd});
    EXPECT_EQ(out.bytes()[228], std::byte{0xcc});
}

TEST(LazFile, HasChunksOfTheGivenSizeAndARestAtTheEnd) {
    MemoryFile out;
    const auto points = random_points(layout_of(6), 1050, 1);
    ASSERT_TRUE(write_in_pieces(*make_laz_writer(out, file_of(points.layout), 250), points, 3));
    const auto parts = read_parts(out.bytes());
    std::vector<std::uint64_t> counts;
    for (const auto& chunk : parts.chunks) counts.push_back(chunk.point_count);
    EXPECT_EQ(counts, (std::vector<std::uint64_t>{250, 250, 250, 250, 50}));
}

TEST(LazFile, HasNoRestIfTheChunksComeOutEven) {
    MemoryFile out;
    const auto points = random_points(layout_of(6), 1000, 1);
    ASSERT_TRUE(write_in_pieces(*make_laz_writer(out, file_of(points.layout), 250), points, 3));
    EXPECT_EQ(read_parts(out.bytes()).chunks.size(), 4u);
}

TEST(PointFileErrors, NameTheFormatThatTheVersionLacks) {
    for (const auto& [format, minor] : {std::pair{6, 3}, {4, 2}, {2, 1}, {3, 0}}) {
        MemoryFile out;
        const auto writer = make_las_writer(
            out, file_of(layout_of(static_cast<std::uint8_t>(format)), static_cast<std::uint8_t>(minor)));
        const auto status = writer->finish();
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, Code::bad_value);
        EXPECT_EQ(out.size(), 0u);
    }
}

TEST(PointFileErrors, RefuseEvlrsBeforeLas14) {
    auto file = file_of(layout_of(1), 2);
    file.evlrs = {record("mine", 4, 1, true)};
    MemoryFile out;
    const auto status = make_las_writer(out, file)->finish();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::unsupported);
}

TEST(PointFileErrors, RefuseAVlrThatItsSizeFieldCannotHold) {
    auto file = file_of(layout_of(1), 2);
    file.vlrs = {record("mine", 4, 65536)};
    MemoryFile out;
    const auto status = make_las_writer(out, file)->finish();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::limit_exceeded);
}

TEST(PointFileErrors, StayWhenTheDiskIsFull) {
    const auto points = random_points(layout_of(6), 1000, 1);
    for (const auto kind : {Kind::las, Kind::laz})
        for (const std::uint64_t capacity : {0u, 300u, 400u, 5000u, 20000u}) {
            MemoryFile out;
            out.fill_up_at(capacity);
            const auto writer = writer_of(kind, out, file_of(points.layout));
            const auto status = write_in_pieces(*writer, points, 1);
            ASSERT_FALSE(status);
            EXPECT_EQ(status.error().code, Code::io_failed);
            EXPECT_EQ(writer->add(points).error().os_error, 28);
            EXPECT_EQ(writer->finish().error().os_error, 28);
        }
}

}  // namespace
}  // namespace copse::write
