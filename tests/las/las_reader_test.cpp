#include <gtest/gtest.h>

#include <thread>

#include "las/las_file.hpp"

namespace copse::las {
namespace {

using namespace test;

constexpr PointLayout kLayout{7, 38};
constexpr std::size_t kManyPoints = 120'001;  // three blocks, the last one odd

Bytes packed(const Points& points) {
    Bytes bytes;
    pack_records(points, 0, points.size(), bytes);
    return bytes;
}

std::unique_ptr<PointReader> opened(wire::Source& source, const OpenOptions& options = {}) {
    auto reader = open_las(source, options);
    EXPECT_TRUE(reader) << reader.error().what;
    return *std::move(reader);
}

TEST(LasReader, GivesTheRecordsInPiecesOfAnySize) {
    const auto file = LasFile::of(4, kLayout, kManyPoints);
    for (const std::size_t piece : {std::size_t{1'000}, std::size_t{50'000}, std::size_t{77'777}, ~std::size_t{0}}) {
        SCOPED_TRACE(piece);
        MemorySource source{file.bytes()};
        const auto reader = opened(source);
        Points points{reader->info().layout, ColumnSet::all()};
        std::size_t before = 0;
        do {
            before = points.size();
            ASSERT_TRUE(reader->read_next(piece, points));
        } while (points.size() > before);
        EXPECT_TRUE(packed(points) == file.records);
    }
}

TEST(LasReader, GivesTheSameRecordsBlockByBlockAndFromSeveralThreads) {
    const auto file = LasFile::of(4, kLayout, kManyPoints);
    MemorySource source{file.bytes()};
    const auto reader = opened(source);
    const auto blocks = reader->blocks();
    ASSERT_EQ(blocks.size(), 3u);
    EXPECT_EQ(blocks[1].first_point, 50'000u);
    EXPECT_EQ(blocks[1].bytes, (ByteRange{375 + 50'000 * 38, 50'000 * 38}));
    EXPECT_EQ(blocks[2].point_count, 20'001u);

    std::vector<Bytes> pieces(blocks.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < blocks.size(); ++i)
        threads.emplace_back([&, i] {
            Points points{reader->info().layout, ColumnSet::all()};
            points.resize(3);  // rows that are replaced
            ASSERT_TRUE(reader->read_block(i, points));
            pieces[i] = packed(points);
        });
    for (auto& thread : threads) thread.join();
    Bytes all;
    for (const auto& piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
    EXPECT_TRUE(all == file.records);
}

TEST(LasReader, GivesABlockInSlices) {
    const auto file = LasFile::of(4, kLayout, 60'000);
    MemorySource source{file.bytes()};
    const auto reader = opened(source);
    const auto stream = reader->open_block(1, ColumnSet::all());
    ASSERT_TRUE(stream);
    Points points{reader->info().layout, ColumnSet::all()};
    ASSERT_TRUE((*stream)->next(7'000, points));
    EXPECT_EQ(points.size(), 7'000u);
    ASSERT_TRUE((*stream)->next(7'000, points));
    ASSERT_TRUE((*stream)->next(7'000, points));
    const auto block = packed(points);
    EXPECT_TRUE(std::equal(block.begin(), block.end(), file.records.begin() + 50'000 * 38, file.records.end()));
}

TEST(LasReader, ReadsOnlyTheColumnsOfTheTarget) {
    const auto file = LasFile::of(4, kLayout, 10);
    MemorySource source{file.bytes()};
    const auto reader = opened(source);
    Points points{reader->info().layout, ColumnSet::xyz()};
    ASSERT_TRUE(reader->read_next(10, points));
    EXPECT_EQ(points.z.size(), 10u);
    EXPECT_TRUE(points.gps_time.empty());
}

TEST(LasReader, OfAnEmptyFileGivesNothing) {
    MemorySource source{LasFile::of(2, {0, 20}, 0).bytes()};
    const auto reader = opened(source);
    Points points{reader->info().layout, ColumnSet::all()};
    ASSERT_TRUE(reader->read_next(100, points));
    EXPECT_EQ(points.size(), 0u);
    EXPECT_TRUE(reader->blocks().empty());
}

TEST(LasReader, GivesWhatIsThereAndThenSaysThatTheFileEnds) {
    const auto file = LasFile::of(4, kLayout, 100);
    const auto whole = file.bytes();
    for (const std::size_t missing : {1u, 38u, 39u, 3'799u, 3'800u}) {
        SCOPED_TRACE(missing);
        const std::size_t size = whole.size() - missing;
        const std::size_t there = (size - 375) / 38;
        MemorySource source{cut_to(whole, size)};
        const auto reader = opened(source);
        Points points{reader->info().layout, ColumnSet::all()};
        Status status = Ok{};
        for (int i = 0; i < 10 && status; ++i) status = reader->read_next(60, points);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, Code::truncated);
        EXPECT_EQ(status.error().at, size);
        EXPECT_TRUE(packed(points) == cut_to(file.records, there * 38));

        const auto blocks = reader->blocks();
        ASSERT_EQ(blocks.size(), there == 0 ? 1u : 2u);
        EXPECT_EQ(blocks.back().point_count, 100 - there);
        EXPECT_EQ(blocks.back().bytes.end(), size);
        EXPECT_EQ(reader->read_block(blocks.size() - 1, points).error().at, size);
        EXPECT_EQ(points.size(), 0u);
    }
}

TEST(LasReader, TakesNoMemoryForPointsThatAreOnlyClaimed) {
    auto file = LasFile::of(4, kLayout, 7);
    file.header.point_count_14 = ~std::uint64_t{0};
    MemorySource source{file.bytes()};
    const auto reader = opened(source);
    EXPECT_EQ(reader->blocks().size(), 2u);
    Points points{reader->info().layout, ColumnSet::all()};
    EXPECT_TRUE(reader->read_next(~std::size_t{0}, points));
    EXPECT_EQ(points.size(), 7u);
    EXPECT_FALSE(reader->read_next(1, points));
}

TEST(LasReader, ReadsLongRecordsInSmallerBlocks) {
    const auto file = LasFile::of(4, {6, 65535}, 300);
    MemorySource source{file.bytes()};
    const auto reader = opened(source);
    EXPECT_EQ(reader->blocks().size(), 2u);
    Points points{reader->info().layout, ColumnSet{0, 1}};
    ASSERT_TRUE(reader->read_next(300, points));
    EXPECT_EQ(points.extra[0][299], std::to_integer<std::uint8_t>(file.records[299u * 65535 + 30]));
}

TEST(LasReader, LeavesLazToOthers) {
    auto file = LasFile::of(4, kLayout, 1);
    file.header.point_format_byte = 0x87;
    MemorySource source{file.bytes()};
    const auto reader = open_las(source);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, Code::unsupported);
    EXPECT_EQ(reader.error().at, 104u);
}

/// A plain LAS 1.2 file whose points are those of format 6 in compatibility mode.
LasFile compatible_file(std::size_t points) {
    auto file = LasFile::of(2, {1, 33}, points);
    Bytes descriptors(4 * 192);
    const std::pair<int, const char*> attributes[] = {{4, "LAS 1.4 scan angle"},
                                                      {1, "LAS 1.4 extended returns"},
                                                      {1, "LAS 1.4 classification"},
                                                      {1, "LAS 1.4 flags and channel"}};
    for (std::size_t i = 0; i < 4; ++i) {
        put<std::uint8_t>(descriptors, i * 192 + 2, static_cast<std::uint8_t>(attributes[i].first));
        put_text(descriptors, i * 192 + 4, attributes[i].second);
    }
    Bytes payload(156);
    put<std::uint64_t>(payload, 28, points);
    file.with_vlr("LASF_Spec", 4, descriptors).with_vlr("lascompatible", 22204, payload);
    return file;
}

TEST(LasReader, UndoesCompatibilityModeUnlessAskedNotTo) {
    const auto file = compatible_file(60'000);
    MemorySource source{file.bytes()};
    const auto reader = opened(source);
    EXPECT_TRUE(reader->info().restored);
    EXPECT_EQ(reader->info().layout, (PointLayout{6, 30}));
    EXPECT_TRUE(reader->info().vlrs.empty());
    Points points{reader->info().layout, ColumnSet::all()};
    ASSERT_TRUE(reader->read_next(60'000, points));
    ASSERT_EQ(points.size(), 60'000u);

    OpenOptions options;
    options.compatibility = Compatibility::keep;
    const auto kept = opened(source, options);
    EXPECT_EQ(kept->info().layout, (PointLayout{1, 33}));
    Points stored{kept->info().layout, ColumnSet::all()};
    ASSERT_TRUE(kept->read_next(60'000, stored));
    EXPECT_TRUE(packed(stored) == file.records);
    restore_points(*find_compatibility(kept->info()), stored);
    EXPECT_TRUE(packed(stored) == packed(points));
}

TEST(LasReader, ReadsEveryRealLasFile) {
    const auto paths = shared_files(".las");
    if (paths.empty()) GTEST_SKIP() << "no shared data folder";
    for (const auto& path : paths) {
        if (path.filename() == "garbage_nVariableLength.las") continue;
        SCOPED_TRACE(path);
        const auto file = read_file(path);
        MemorySource source{file};
        const auto reader = opened(source);
        Points points{reader->info().layout, ColumnSet::all()};
        ASSERT_TRUE(reader->read_next(~std::size_t{0}, points));
        EXPECT_EQ(points.size(), reader->info().header.point_count());
        const auto records = packed(points);
        EXPECT_TRUE(
            std::equal(records.begin(), records.end(), file.begin() + reader->info().header.offset_to_point_data));
    }
}

}  // namespace
}  // namespace copse::las
