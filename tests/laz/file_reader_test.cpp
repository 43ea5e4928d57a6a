// Whole files: every way in which chunks are found, and what is said of files that are damaged.
#include <gtest/gtest.h>

#include <thread>

#include "copse/laz.hpp"
#include "laz/damage.hpp"
#include "laz/laz_file.hpp"
#include "laz/pointwise_support.hpp"
#include "support/memory_file.hpp"

namespace copse::laz {
namespace {

using namespace test;
using copse::test::MemoryFile;

constexpr las::PointLayout kPointwise{3, 36};
constexpr las::PointLayout kLayered{7, 38};

las::Points some_points(las::PointLayout layout, std::size_t count, std::uint32_t seed = 1) {
    if (!las::is_extended(layout.format)) return to_points(layout, random_records(layout, count, seed));
    auto points = to_points({3, static_cast<std::uint16_t>(34 + layout.extra_bytes())},
                            random_records({3, static_cast<std::uint16_t>(34 + layout.extra_bytes())}, count, seed));
    las::convert_points(points, layout.format);
    return points;
}

Result<std::unique_ptr<las::PointReader>> open_bytes(MemoryFile& source, las::OpenOptions options = {}) {
    return laz::open(source, options);
}

/// All points, read in sequence in slices of `rows`.
Result<las::Points> read_all(wire::Source& source, std::size_t rows = 1000, las::OpenOptions options = {}) {
    auto reader = laz::open(source, options);
    if (!reader) return reader.error();
    las::Points points{(*reader)->info().layout, las::ColumnSet::all()};
    for (;;) {
        const auto before = points.size();
        if (const auto good = (*reader)->read_next(rows, points); !good) return good.error();
        if (points.size() == before) return points;
    }
}

void expect_points(const LazFile& file, const las::Points& expected) {
    for (const std::size_t rows : {1u, 37u, 100u, 100000u}) {
        SCOPED_TRACE(rows);
        MemoryFile source{file.bytes};
        const auto points = read_all(source, rows);
        ASSERT_TRUE(points) << points.error().what << " at " << points.error().at;
        EXPECT_EQ(to_records(*points), to_records(expected));
    }
}

void expect_error(const Bytes& bytes, Code code, FileOffset at) {
    MemoryFile source{bytes};
    const auto points = read_all(source);
    ASSERT_FALSE(points);
    EXPECT_EQ(points.error().code, code) << points.error().what;
    EXPECT_EQ(points.error().at, at) << points.error().what;
}

struct LazFiles : testing::TestWithParam<las::PointLayout> {};

TEST_P(LazFiles, WithFixedChunksAreReadInSequenceAndByBlocks) {
    const auto points = some_points(GetParam(), 350);
    const auto file = LazFileMaker{GetParam()}.make(points);
    expect_points(file, points);

    MemoryFile source{file.bytes};
    const auto reader = open_bytes(source);
    ASSERT_TRUE(reader);
    ASSERT_EQ((*reader)->blocks().size(), 4u);
    EXPECT_EQ((*reader)->blocks()[3].first_point, 300u);
    EXPECT_EQ((*reader)->blocks()[3].point_count, 50u);
    EXPECT_EQ((*reader)->blocks()[3].bytes.end(), file.table_at);
    for (std::size_t i = 4; i-- > 0;) {
        las::Points block{GetParam(), las::ColumnSet::all()};
        block.resize(3);  // replaced
        ASSERT_TRUE((*reader)->read_block(i, block));
        las::Points expected{GetParam(), las::ColumnSet::all()};
        expected.append(points, 100 * i, std::min<std::size_t>(350, 100 * i + 100));
        EXPECT_EQ(to_records(block), to_records(expected));
    }
}

TEST_P(LazFiles, GiveBlocksTogetherAndInSlicesAsOneByOne) {
    const auto points = some_points(GetParam(), 350);
    auto file = LazFileMaker{GetParam()}.make(points);
    MemoryFile source{file.bytes};
    const auto reader = open_bytes(source);
    ASSERT_TRUE(reader);
    std::vector<las::Points> blocks(5, las::Points{GetParam(), las::ColumnSet::all()});
    std::vector<las::BlockJob> jobs;
    for (const std::size_t index : {3u, 0u, 2u, 1u, 3u}) jobs.push_back({index, &blocks[jobs.size()]});
    (*reader)->read_blocks(jobs);
    for (const auto& job : jobs) {
        ASSERT_TRUE(job.status);
        las::Points alone{GetParam(), las::ColumnSet::all()};
        ASSERT_TRUE((*reader)->read_block(job.index, alone));
        EXPECT_EQ(to_records(*job.out), to_records(alone));

        const auto stream = (*reader)->open_block(job.index, las::ColumnSet::all());
        ASSERT_TRUE(stream);
        las::Points slices{GetParam(), las::ColumnSet::all()};
        for (std::size_t before = ~std::size_t{0}; before != slices.size();) {
            before = slices.size();
            ASSERT_TRUE((*stream)->next(37, slices));
        }
        EXPECT_EQ(to_records(slices), to_records(alone));
    }
}

TEST_P(LazFiles, WithVariableChunksAreRead) {
    const auto points = some_points(GetParam(), 350);
    for (const std::uint32_t chunk_size : {kVariableChunks, 0u}) {
        LazFileMaker maker{GetParam(), kVariableChunks};
        auto file = maker.make(points, std::vector<std::size_t>{1, 99, 13});
        // Where the chunk size lies: behind header, VLR header and 12 bytes.
        wire::store_le(file.bytes.data() + maker.header.header_size + las::kVlrHeaderSize + 12, chunk_size);
        expect_points(file, points);
    }
}

TEST_P(LazFiles, WithTheTablesPositionAtTheEndAreRead) {
    const auto points = some_points(GetParam(), 250);
    LazFileMaker maker{GetParam()};
    maker.table = TablePlace::at_the_end;
    const auto file = maker.make(points);
    expect_points(file, points);
    MemoryFile source{file.bytes};
    const auto table = read_chunk_table(source, (*open_bytes(source))->info());
    ASSERT_TRUE(table);
    EXPECT_EQ(table->table_at, file.table_at);
    EXPECT_EQ(table->table_at + table->table_size + 8, file.bytes.size());
    EXPECT_EQ(table->chunks, file.chunks);
}

TEST_P(LazFiles, WithoutATableAreReadInSequence) {
    const auto points = some_points(GetParam(), 250);
    LazFileMaker maker{GetParam()};
    maker.table = TablePlace::interrupted;
    auto file = maker.make(points);
    for (const std::uint64_t position : {std::uint64_t{file.points_at}, std::uint64_t{0},
                                         std::uint64_t{file.bytes.size()}, std::uint64_t{1} << 62, ~std::uint64_t{1}}) {
        SCOPED_TRACE(position);
        wire::store_le(file.bytes.data() + file.points_at, position);
        expect_points(file, points);
        MemoryFile source{file.bytes};
        const auto reader = open_bytes(source);
        ASSERT_TRUE(reader);
        EXPECT_TRUE((*reader)->blocks().empty());
        EXPECT_FALSE((*reader)->info().warnings.empty());
        const auto table = read_chunk_table(source, (*reader)->info());
        ASSERT_TRUE(table);
        EXPECT_EQ(table->table_at, 0u);
        EXPECT_TRUE(table->chunks.empty());
    }
}

TEST_P(LazFiles, WithoutPointsAreEmpty) {
    const auto file = LazFileMaker{GetParam()}.make(some_points(GetParam(), 0));
    EXPECT_EQ(file.bytes.size(), file.points_at + 16);
    expect_points(file, some_points(GetParam(), 0));
    // Not even the position of a table.
    MemoryFile source{cut_to(file.bytes, file.points_at)};
    const auto points = read_all(source);
    ASSERT_TRUE(points) << points.error().what;
    EXPECT_EQ(points->size(), 0u);
}

TEST_P(LazFiles, GiveTheColumnsAskedFor) {
    const auto points = some_points(GetParam(), 250);
    MemoryFile source{LazFileMaker{GetParam()}.make(points).bytes};
    const auto reader = open_bytes(source);
    ASSERT_TRUE(reader);
    const las::ColumnSet wanted{las::ColumnSet::gps_time | las::ColumnSet::rgb, 2};
    las::Points some{GetParam(), wanted};
    ASSERT_TRUE((*reader)->read_next(30, some));
    // Other columns in the midst of a chunk.
    las::Points others{GetParam(), las::ColumnSet::all()};
    ASSERT_TRUE((*reader)->read_next(30, others));
    ASSERT_TRUE((*reader)->read_next(1000, some));
    ASSERT_EQ(some.size(), 220u);
    EXPECT_TRUE(some.intensity.empty());
    for (std::size_t i = 0; i < some.size(); ++i) {
        const std::size_t row = i < 30 ? i : i + 30;
        ASSERT_EQ(some.x[i], points.x[row]);
        ASSERT_EQ(some.green[i], points.green[row]);
        ASSERT_EQ(some.extra[1][i], points.extra[1][row]);
        ASSERT_EQ(std::bit_cast<std::uint64_t>(some.gps_time[i]), std::bit_cast<std::uint64_t>(points.gps_time[row]));
    }
    las::Points expected{GetParam(), las::ColumnSet::all()};
    expected.append(points, 30, 60);
    EXPECT_EQ(to_records(others), to_records(expected));
}

TEST_P(LazFiles, AreReadByBlocksFromSeveralThreads) {
    const auto points = some_points(GetParam(), 1000);
    MemoryFile source{LazFileMaker{GetParam()}.make(points).bytes};
    const auto reader = open_bytes(source);
    ASSERT_TRUE(reader);
    std::vector<las::Points> blocks(10, las::Points{GetParam(), las::ColumnSet::all()});
    const auto work = [&](std::size_t first) {
        for (std::size_t i = first; i < 10; i += 2) EXPECT_TRUE((*reader)->read_block(i, blocks[i]));
    };
    std::thread other{work, 1};
    work(0);
    other.join();
    las::Points all{GetParam(), las::ColumnSet::all()};
    for (const auto& block : blocks) all.append(block, 0, block.size());
    EXPECT_EQ(to_records(all), to_records(points));
}

TEST_P(LazFiles, CutAnywhereAreErrorsAtTheEnd) {
    const auto points = some_points(GetParam(), 36);
    const auto file = LazFileMaker{GetParam(), 15}.make(points);
    for (std::size_t size = file.points_at; size < file.bytes.size(); ++size) {
        SCOPED_TRACE(size);
        MemoryFile source{cut_to(file.bytes, size)};
        const auto read = read_all(source);
        // What only lacks a part of the table still has all of its points.
        if (size >= file.table_at && read) {
            EXPECT_EQ(to_records(*read), to_records(points));
            continue;
        }
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, Code::truncated) << read.error().what;
        EXPECT_EQ(read.error().at, size);
    }
}

TEST_P(LazFiles, StayInErrorAfterADamagedChunk) {
    const auto points = some_points(GetParam(), 250);
    auto file = LazFileMaker{GetParam()}.make(points);
    const auto& chunk = file.chunks[1];
    const auto strings = static_cast<std::size_t>(chunk.offset) + GetParam().record_length +
                         (las::is_extended(GetParam().format) ? 4u + 4 * (9 + 1 + GetParam().extra_bytes()) : 0u);
    for (std::size_t i = 0; i < 4; ++i) file.bytes[strings + i] = std::byte{0xff};  // no string begins so
    MemoryFile source{file.bytes};
    const auto reader = open_bytes(source);
    ASSERT_TRUE(reader);
    las::Points read{GetParam(), las::ColumnSet::all()};
    ASSERT_TRUE((*reader)->read_next(100, read));
    EXPECT_EQ(read.size(), 100u);
    for (unsigned attempt = 0; attempt < 2; ++attempt) {
        const auto bad = (*reader)->read_next(100, read);
        ASSERT_FALSE(bad);
        EXPECT_EQ(bad.error().code, Code::bad_value);
        EXPECT_EQ(bad.error().at, strings);
    }
    // Blocks are independent of that.
    EXPECT_FALSE((*reader)->read_block(1, read));
    EXPECT_TRUE((*reader)->read_block(2, read));
}

TEST_P(LazFiles, HoldToTheLimits) {
    MemoryFile source{LazFileMaker{GetParam()}.make(some_points(GetParam(), 250)).bytes};
    las::OpenOptions options;
    options.limits.max_chunk_bytes = 500;
    const auto points = read_all(source, 1000, options);
    ASSERT_FALSE(points);
    EXPECT_EQ(points.error().code, Code::limit_exceeded);

    options = {};
    options.limits.max_chunk_points = 99;
    const auto reader = open_bytes(source, options);
    ASSERT_TRUE(reader);
    las::Points block{GetParam(), las::ColumnSet::all()};
    const auto good = (*reader)->read_block(0, block);
    ASSERT_FALSE(good);
    EXPECT_EQ(good.error().code, Code::limit_exceeded);
    EXPECT_TRUE((*reader)->read_block(2, block));  // 50 points
    EXPECT_TRUE(read_all(source, 1000, options));  // in slices there is no need for it
}

INSTANTIATE_TEST_SUITE_P(Files, LazFiles, testing::Values(kPointwise, kLayered), [](const auto& test) {
    return test.param == kPointwise ? std::string{"Pointwise"} : std::string{"Layered"};
});

TEST(PointwiseFile, OfOneChunkIsReadThroughAWindow) {
    // Random bytes do not compress: the chunk is longer than the window of the reader.
    const las::PointLayout layout{1, 300};
    const auto points = to_points(layout, random_bytes_records(layout, 5000));
    LazFileMaker maker{layout};
    maker.record.compressor = Compressor::point_wise;
    const auto file = maker.make(points);
    ASSERT_GT(file.bytes.size(), 1u << 20);
    MemoryFile source{file.bytes};
    const auto read = read_all(source, 3000);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_TRUE(to_records(*read) == to_records(points));
    EXPECT_TRUE((*open_bytes(source))->blocks().empty());
    expect_error(cut_to(file.bytes, file.bytes.size() - 1), Code::truncated, file.bytes.size() - 1);
}

TEST(PointwiseFile, OfOneChunkMayHaveAnyChunkSizeInItsRecord) {
    const auto points = some_points(kPointwise, 100);
    LazFileMaker maker{kPointwise};
    maker.record.compressor = Compressor::point_wise;
    const auto file = maker.make(points);
    for (const std::uint32_t chunk_size : {0u, 1u, kVariableChunks}) {
        SCOPED_TRACE(chunk_size);
        const std::size_t chunk_size_at = maker.header.header_size + las::kVlrHeaderSize + 12;
        expect_points({with<std::uint32_t>(file.bytes, chunk_size_at, chunk_size), 0, 0, {}}, points);
    }
}

TEST(PointwiseFile, WithVariableChunksAndNoTableIsRefused) {
    LazFileMaker maker{kPointwise, kVariableChunks};
    maker.table = TablePlace::interrupted;
    const auto file = maker.make(some_points(kPointwise, 100), std::vector<std::size_t>{30});
    expect_error(file.bytes, Code::bad_value, file.points_at);
}

TEST(LayeredFile, WithVariableChunksAndNoTableIsReadByTheChunksOwnCounts) {
    LazFileMaker maker{kLayered, kVariableChunks};
    maker.table = TablePlace::interrupted;
    const auto points = some_points(kLayered, 100);
    const auto file = maker.make(points, std::vector<std::size_t>{30, 1});
    expect_points(file, points);

    const std::size_t count_at = file.points_at + 8 + kLayered.record_length;
    expect_error(with<std::uint32_t>(file.bytes, count_at, 0), Code::bad_value, count_at);
    expect_error(with<std::uint32_t>(file.bytes, count_at, 101), Code::bad_value, count_at);
    expect_error(with<std::uint32_t>(file.bytes, count_at + 4, 0xffffffff), Code::truncated, file.bytes.size());
}

TEST(LazFile, WithATablePositionInItsOwnFieldIsRefused) {
    const auto file = LazFileMaker{kPointwise}.make(some_points(kPointwise, 100));
    expect_error(with<std::uint64_t>(file.bytes, file.points_at, file.points_at + 7), Code::bad_value, file.points_at);
}

TEST(LazFile, WithMoreOrFewerPointsThanItsHeaderSaysIsRefused) {
    const auto file = LazFileMaker{kPointwise}.make(some_points(kPointwise, 150));
    constexpr std::size_t kLegacyPointCountAt = 107;
    expect_error(with<std::uint32_t>(file.bytes, kLegacyPointCountAt, 201), Code::bad_value, file.table_at + 4);
    expect_error(with<std::uint32_t>(file.bytes, kLegacyPointCountAt, 100), Code::bad_value, file.table_at + 8);
    // Within the last chunk only its decoder can tell.
    expect_error(with<std::uint32_t>(file.bytes, kLegacyPointCountAt, 151), Code::truncated, file.table_at);
    MemoryFile source{with<std::uint32_t>(file.bytes, kLegacyPointCountAt, 149)};
    const auto points = read_all(source);
    ASSERT_FALSE(points);
    EXPECT_EQ(points.error().code, Code::trailing_bytes);
}

TEST(LazFile, MarkedAsCompressedWithoutARecordIsRefused) {
    las::Header header;
    header.point_format_byte = 0x86;
    header.offset_to_point_data = 375;
    Bytes bytes;
    las::encode_header(header, bytes);
    expect_error(bytes, Code::unsupported, 104);
}

TEST(LazFile, WithADamagedRecordReportsItsPlace) {
    const LazFileMaker maker{kPointwise};
    const auto file = maker.make(some_points(kPointwise, 10));
    const std::size_t payload_at = maker.header.header_size + las::kVlrHeaderSize;
    expect_error(with<std::uint16_t>(file.bytes, payload_at, 9), Code::unsupported, payload_at);
}

TEST(LazFile, OfCompressor0HasItsPointsStored) {
    const auto points = some_points(kPointwise, 100);
    auto file = LazFileMaker{kPointwise}.make(points);
    const std::size_t payload_at = las::kHeaderSize12 + las::kVlrHeaderSize;
    file.bytes.resize(file.points_at);
    las::pack_records(points, 0, 100, file.bytes);
    file.bytes = with<std::uint16_t>(file.bytes, payload_at, 0);
    expect_points(file, points);
    expect_error(cut_to(file.bytes, file.bytes.size() - 1), Code::truncated, file.bytes.size() - 1);
}

TEST(LazFile, ThatIsALasFileIsReadToo) {
    const auto points = some_points(kLayered, 100);
    las::Header header;
    header.point_format_byte = 7;
    header.record_length = kLayered.record_length;
    header.offset_to_point_data = 375;
    header.point_count_14 = 100;
    LazFile file;
    las::encode_header(header, file.bytes);
    las::pack_records(points, 0, 100, file.bytes);
    expect_points(file, points);
}

/// A file of format 3 in LASzip's compatibility mode: format 8 with one extra byte of its own.
LazFile compatible_file(const las::Points& stored) {
    LazFileMaker maker{stored.layout};
    las::Vlr extra;
    extra.user_id = "LASF_Spec";
    extra.record_id = 4;
    const auto add = [&](std::uint8_t type, std::string_view name) {
        wire::ByteWriter write{extra.payload};
        write.u16(0);
        write.u8(type);
        write.u8(0);
        write.fixed_string(name, 32);
        write.zeros(192 - 36);
    };
    add(1, "own");
    add(4, "LAS 1.4 scan angle");
    add(1, "LAS 1.4 extended returns");
    add(1, "LAS 1.4 classification");
    add(1, "LAS 1.4 flags and channel");
    add(3, "LAS 1.4 NIR band");
    las::Vlr compatible;
    compatible.user_id = "lascompatible";
    compatible.record_id = kVlrRecordId;  // the same number as the LASzip record's
    compatible.payload.resize(156);
    wire::store_le(compatible.payload.data() + 2, std::uint16_t{3});
    wire::store_le(compatible.payload.data() + 28, std::uint64_t{stored.size()});
    maker.vlrs = {extra, compatible};
    return maker.make(stored);
}

TEST(LazFile, InCompatibilityModeIsRestoredUnlessToldOtherwise) {
    const auto stored = some_points({3, 34 + 1 + 7}, 250);
    const auto file = compatible_file(stored);
    las::OpenOptions keep;
    keep.compatibility = las::Compatibility::keep;
    MemoryFile source{file.bytes};
    const auto kept = read_all(source, 30, keep);
    ASSERT_TRUE(kept);
    EXPECT_EQ(to_records(*kept), to_records(stored));

    const auto info = las::read_file_info(source);
    const auto plan = las::find_compatibility(*info);
    ASSERT_TRUE(plan);
    auto expected = stored;
    las::restore_points(*plan, expected);
    for (const std::size_t rows : {30u, 100000u}) {
        const auto restored = read_all(source, rows);
        ASSERT_TRUE(restored) << restored.error().what;
        EXPECT_EQ(restored->layout, (las::PointLayout{8, 39}));
        EXPECT_EQ(to_records(*restored), to_records(expected));
    }
}

TEST(LazFile, InCompatibilityModeHasRestoredBlocksAndTheTableOfItsStoredPoints) {
    const auto stored = some_points({3, 34 + 1 + 7}, 250);
    const auto file = compatible_file(stored);
    MemoryFile source{file.bytes};
    const auto reader = open_bytes(source);
    ASSERT_TRUE(reader);
    EXPECT_TRUE((*reader)->info().restored);
    las::Points block{{8, 39}, {las::ColumnSet::nir, 1}};
    ASSERT_TRUE((*reader)->read_block(2, block));
    ASSERT_EQ(block.size(), 50u);
    EXPECT_EQ(block.x[0], stored.x[200]);
    EXPECT_EQ(block.nir[0], stored.extra[6][200] | stored.extra[7][200] << 8);
    EXPECT_EQ(block.extra[0][0], stored.extra[0][200]);
    EXPECT_TRUE(block.red.empty());

    const auto table = read_chunk_table(source, (*reader)->info());
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(table->chunks, file.chunks);
}

TEST(LazFile, PassesOnWhatTheSourceSays) {
    struct BrokenSource final : wire::Source {
        explicit BrokenSource(const Bytes& bytes, FileOffset from) : file{bytes}, broken_from{from} {}
        [[nodiscard]] std::uint64_t size() const override { return file.size(); }
        Status read_into(FileOffset offset, std::span<std::byte> out) override {
            if (offset >= broken_from) return Error{Code::io_failed, offset, "broken", 5};
            return file.read_into(offset, out);
        }
        MemoryFile file;
        FileOffset broken_from;
    };
    const auto file = LazFileMaker{kPointwise}.make(some_points(kPointwise, 250));
    for (const FileOffset from : {FileOffset{file.points_at}, FileOffset{file.table_at}}) {
        BrokenSource source{file.bytes, from};
        const auto reader = laz::open(source);
        ASSERT_FALSE(reader);
        EXPECT_EQ(reader.error().code, Code::io_failed);
        EXPECT_EQ(reader.error().at, from);
    }
}

}  // namespace
}  // namespace copse::laz
