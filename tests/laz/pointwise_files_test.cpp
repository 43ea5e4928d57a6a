// Point-wise chunks of real files: against the uncompressed file where there is one, and encoded again to the very
// bytes that LASzip, laz-rs and laz-perf wrote.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "copse/laz.hpp"
#include "laz/pointwise_support.hpp"
#include "support/memory_file.hpp"
#include "support/whole_file.hpp"

namespace copse::laz {
namespace {

using namespace test;
using copse::test::MemoryFile;
namespace fs = std::filesystem;

struct OpenFile {
    std::unique_ptr<MemoryFile> source;
    las::FileInfo info;
    ChunkTable table;
};

std::optional<OpenFile> open_file(const fs::path& path) {
    OpenFile file{std::make_unique<MemoryFile>(copse::test::whole_file(path)), {}, {}};
    auto info = las::read_file_info(*file.source);
    if (!info) return {};
    auto table = read_chunk_table(*file.source, *info);
    if (!table) return {};
    file.info = *std::move(info);
    file.table = *std::move(table);
    return file;
}

std::vector<fs::path> shared_laz_files() {
    std::vector<fs::path> paths;
    if (!fs::is_directory(COPSE_SHARED_DATA)) return paths;
    for (const auto& entry : fs::recursive_directory_iterator{COPSE_SHARED_DATA})
        if (entry.path().extension() == ".laz") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// The records of a file, read in sequence.
Result<Bytes> read_records(wire::Source& source) {
    const auto reader = laz::open(source);
    if (!reader) return reader.error();
    Bytes records;
    las::Points points{(*reader)->info().layout, las::ColumnSet::all()};
    for (;;) {
        points.resize(0);
        if (const auto good = (*reader)->read_next(12345, points); !good) return good.error();
        if (points.size() == 0) return records;
        las::pack_records(points, 0, points.size(), records);
    }
}

TEST(PointwiseFiles, EqualTheUncompressedFilesBesideThem) {
    const fs::path folder = fs::path{COPSE_SHARED_DATA} / "laz-pairs";
    if (!fs::is_directory(folder)) GTEST_SKIP() << "no shared data folder";
    unsigned pairs = 0;
    for (const auto& entry : fs::directory_iterator{folder}) {
        if (entry.path().extension() != ".laz") continue;
        SCOPED_TRACE(entry.path().filename());
        auto plain_path = entry.path();
        MemoryFile packed{copse::test::whole_file(entry.path())};
        MemoryFile plain{copse::test::whole_file(plain_path.replace_extension(".las"))};
        const auto ours = read_records(packed);
        ASSERT_TRUE(ours) << ours.error().what;
        const auto header = las::parse_header(plain.bytes());
        ASSERT_TRUE(header);
        const auto expected = ByteView{plain.bytes()}.subspan(header->offset_to_point_data, ours->size());
        EXPECT_EQ(ours->size(), header->point_count() * header->record_length);
        EXPECT_TRUE(std::equal(ours->begin(), ours->end(), expected.begin()));
        ++pairs;
    }
    EXPECT_EQ(pairs, 6u);
}

TEST(PointwiseFiles, AreEncodedAgainToTheSameBytes) {
    const auto paths = shared_laz_files();
    if (paths.empty()) GTEST_SKIP() << "no shared data folder";
    unsigned chunks = 0;
    for (const auto& path : paths) {
        SCOPED_TRACE(path.filename());
        const auto file = open_file(path);
        ASSERT_TRUE(file);
        if (file->table.record.compressor != Compressor::point_wise_chunked) continue;
        const auto format = ChunkFormat::from(file->table.record, file->info.layout);
        for (const ChunkEntry& entry : file->table.chunks) {
            const auto bytes = file->source->read({entry.offset, entry.size});
            ASSERT_TRUE(bytes);
            las::Points points{file->info.layout, las::ColumnSet::all()};
            const auto good = decode_chunk(format, *bytes, entry.offset, entry.point_count, points);
            ASSERT_TRUE(good) << good.error().what;
            Bytes again;
            ASSERT_TRUE(encode_chunk(format, points, 0, points.size(), again));
            EXPECT_TRUE(again == *bytes) << "chunk at " << entry.offset;
            ++chunks;
        }
    }
    EXPECT_GT(chunks, 40u);
}

TEST(ChunkTables, OfRealFilesAreEncodedAgainToTheSameBytes) {
    const auto paths = shared_laz_files();
    if (paths.empty()) GTEST_SKIP() << "no shared data folder";
    unsigned tables = 0;
    for (const auto& path : paths) {
        SCOPED_TRACE(path.filename());
        const auto file = open_file(path);
        ASSERT_TRUE(file);
        if (file->table.table_at == 0) continue;
        const auto bytes = file->source->read({file->table.table_at, file->table.table_size});
        ASSERT_TRUE(bytes);
        Bytes again;
        encode_chunk_table(file->table.chunks, file->table.record.chunk_size, again);
        EXPECT_TRUE(again == *bytes);
        ++tables;
    }
    EXPECT_GT(tables, 40u);
}

TEST(PointwiseFiles, OfLaszip1AreReadToTheirEnd) {
    const fs::path path = fs::path{COPSE_SHARED_DATA} / "simple-laszip-compressor-version-1.2r0.laz";
    if (!fs::exists(path)) GTEST_SKIP() << "no shared data folder";
    MemoryFile source{copse::test::whole_file(path)};
    const auto reader = laz::open(source);
    ASSERT_TRUE(reader) << reader.error().what;
    EXPECT_TRUE((*reader)->blocks().empty());
    const auto old_records = read_records(source);
    ASSERT_TRUE(old_records) << old_records.error().what;
    // The same points, in a file of today's LASzip.
    MemoryFile today{copse::test::whole_file(fs::path{COPSE_SHARED_DATA} / "liblas-generated.laz")};
    const auto records = read_records(today);
    ASSERT_TRUE(records);
    EXPECT_EQ(old_records->size(), records->size());
    EXPECT_TRUE(*old_records == *records);
}

}  // namespace
}  // namespace copse::laz
