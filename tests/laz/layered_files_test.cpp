// Layered chunks of real files: what is decoded is encoded again to the very bytes of the file.
#include <gtest/gtest.h>

#include <filesystem>

#include "laz/layered_support.hpp"
#include "laz/random.hpp"
#include "support/whole_file.hpp"

namespace copse::laz {
namespace {

namespace fs = std::filesystem;
using las::ColumnSet;

struct LayeredFile {
    Bytes bytes;
    ChunkFormat format;
    std::vector<ChunkEntry> chunks;

    [[nodiscard]] ByteView chunk(const ChunkEntry& entry) const {
        return ByteView{bytes}.subspan(static_cast<std::size_t>(entry.offset), static_cast<std::size_t>(entry.size));
    }
};

/// The chunks of a file, or nothing if it is not a layered one.
std::optional<LayeredFile> open_layered(const fs::path& path) {
    LayeredFile file;
    file.bytes = copse::test::whole_file(path);
    const ByteView bytes = file.bytes;
    const auto header = las::parse_header(bytes);
    if (!header || !header->marked_compressed()) return {};
    const auto vlrs =
        las::parse_vlrs(bytes.subspan(header->header_size, header->offset_to_point_data - header->header_size),
                        header->vlr_count, header->header_size);
    if (!vlrs) return {};
    const las::Vlr* vlr = las::find_vlr(*vlrs, kVlrUserId, kVlrRecordId);
    if (vlr == nullptr) return {};
    const las::PointLayout layout{header->format(), header->record_length};
    const auto record = parse_laszip_record(vlr->payload, layout, vlr->payload_at());
    if (!record || record->compressor != Compressor::layered_chunked) return {};
    file.format = ChunkFormat::from(*record, layout);

    ChunkTableContext context;
    context.first_chunk = header->offset_to_point_data + 8u;
    context.table = wire::load_le<std::uint64_t>(bytes.data() + header->offset_to_point_data);
    context.file_size = bytes.size();
    context.point_count = header->point_count();
    context.chunk_size = record->chunk_size;
    context.record_length = header->record_length;
    const auto chunks = parse_chunk_table(bytes.subspan(static_cast<std::size_t>(context.table)), context);
    if (!chunks) return {};
    file.chunks = *chunks;
    return file;
}

std::vector<std::string> layered_files() {
    std::vector<std::string> names;
    const fs::path folder{COPSE_SHARED_DATA};
    if (!fs::exists(folder)) return {"(no data)"};
    for (const auto& entry : fs::recursive_directory_iterator{folder})
        if (entry.path().extension() == ".laz" && open_layered(entry.path()))
            names.push_back(fs::relative(entry.path(), folder).string());
    std::sort(names.begin(), names.end());
    return names;
}

class LayeredFiles : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        const auto file = open_layered(fs::path{COPSE_SHARED_DATA} / GetParam());
        if (!file) GTEST_SKIP() << "the shared data folder is absent";
        file_ = *file;
    }
    LayeredFile file_;
};

INSTANTIATE_TEST_SUITE_P(SharedData, LayeredFiles, testing::ValuesIn(layered_files()), [](const auto& test) {
    std::string name = test.param;
    std::replace_if(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
});

TEST_P(LayeredFiles, AreEncodedAgainByteForByte) {
    ASSERT_FALSE(file_.chunks.empty());
    for (const ChunkEntry& entry : file_.chunks) {
        SCOPED_TRACE(entry.offset);
        const ByteView chunk = file_.chunk(entry);
        const auto points = test::decode(file_.format, chunk, entry.point_count, ColumnSet::all(), entry.offset);
        ASSERT_TRUE(points) << points.error().at << ": " << points.error().what;
        ASSERT_EQ(points->size(), entry.point_count);
        const Bytes again = test::encode(file_.format, *points);
        const auto difference = std::mismatch(again.begin(), again.end(), chunk.begin(), chunk.end()).first;
        ASSERT_TRUE(again.size() == chunk.size() && difference == again.end())
            << again.size() << " bytes instead of " << chunk.size() << ", first difference at "
            << difference - again.begin();
    }
}

TEST_P(LayeredFiles, GiveTheSameColumnsInAnySubsetAndInSlices) {
    test::Random random{5};
    const ChunkEntry& entry = file_.chunks[file_.chunks.size() / 2];
    const auto whole = test::decode(file_.format, file_.chunk(entry), entry.point_count);
    ASSERT_TRUE(whole);
    for (unsigned round = 0; round < 4; ++round) {
        const ColumnSet subset = las::Points{file_.format.layout, test::random_columns(random)}.columns;
        auto decoder = make_layered_reference_decoder(file_.format, file_.chunk(entry), 0, entry.point_count, subset,
                                                      Consumption::exact);
        ASSERT_TRUE(decoder);
        las::Points points{file_.format.layout, subset};
        while ((*decoder)->remaining() != 0) ASSERT_TRUE((*decoder)->decode(1 + random.below(5000), points));
        las::Points expected{file_.format.layout, subset};
        expected.append(*whole, 0, whole->size());
        EXPECT_EQ(test::records_of(points), test::records_of(expected));
    }
}

}  // namespace
}  // namespace copse::laz
