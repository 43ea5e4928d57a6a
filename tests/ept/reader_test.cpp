#include <thread>

#include "copse/io.hpp"
#include "copse/laz.hpp"
#include "made_ept.hpp"

namespace copse::ept {
namespace {

using namespace testing;

std::vector<std::string> data_types() {
    std::vector<std::string> types{"laszip", "binary"};
#if defined(COPSE_TEST_ZSTD)
    types.emplace_back("zstandard");
#endif
    return types;
}

class EptReader : public ::testing::TestWithParam<std::string> {
protected:
    MadeEpt made_{GetParam()};

    std::unique_ptr<las::PointReader> open() {
        auto reader = made_.open();
        EXPECT_TRUE(reader) << reader.error().part.data() << ": " << reader.error().what;
        return reader ? *std::move(reader) : nullptr;
    }

    /// What reading everything says.
    Error error() {
        auto reader = made_.open();
        if (!reader) return reader.error();
        las::Points points{(*reader)->info().layout, las::ColumnSet::all()};
        const auto in_sequence = (*reader)->read_next(100000, points);
        EXPECT_FALSE(in_sequence);
        std::optional<Error> by_block;
        for (std::size_t i = 0; i < (*reader)->blocks().size() && !by_block; ++i)
            if (const auto status = (*reader)->read_block(i, points); !status) by_block = status.error();
        if (in_sequence || !by_block) return {};
        EXPECT_STREQ(by_block->part.data(), in_sequence.error().part.data());
        EXPECT_EQ(by_block->code, in_sequence.error().code);
        return *by_block;
    }

    void expect_error(Code code, const std::string& part) {
        const auto found = error();
        EXPECT_EQ(found.code, code) << found.what;
        EXPECT_STREQ(found.part.data(), part.c_str()) << found.what;
    }
};

INSTANTIATE_TEST_SUITE_P(OfEachDataType, EptReader, ::testing::ValuesIn(data_types()),
                         [](const auto& each) { return each.param; });

TEST_P(EptReader, HandsOutEveryPointInSequenceAndByBlocks) {
    const auto reader = open();
    ASSERT_EQ(reader->blocks().size(), 3u);
    las::Points all{reader->info().layout, las::ColumnSet::all()};
    while (true) {
        const auto before = all.size();
        ASSERT_TRUE(reader->read_next(333, all));
        ASSERT_LE(all.size(), before + 333);
        if (all.size() == before) break;
    }
    EXPECT_EQ(packed(all), packed(made_.points));

    Bytes by_blocks;
    for (std::size_t i = 0; i < 3; ++i) {
        las::Points points{reader->info().layout, las::ColumnSet::all()};
        ASSERT_TRUE(reader->read_block(i, points));
        EXPECT_EQ(points.size(), reader->blocks()[i].point_count);
        las::pack_records(points, 0, points.size(), by_blocks);
    }
    EXPECT_EQ(by_blocks, packed(made_.points));
}

TEST_P(EptReader, HandsOutBlocksInSlicesOfTheColumnsWanted) {
    const auto reader = open();
    const las::ColumnSet wanted{las::ColumnSet::z | las::ColumnSet::gps_time, 2};
    const auto block = reader->open_block(1, wanted);
    ASSERT_TRUE(block);
    las::Points points{reader->info().layout, wanted};
    while (true) {
        const auto before = points.size();
        ASSERT_TRUE((*block)->next(100, points));
        if (points.size() == before) break;
    }
    ASSERT_EQ(points.size(), 700u);
    const auto expected = rows_of(made_.points, 1200, 1900);
    EXPECT_EQ(points.x, expected.x);
    EXPECT_EQ(points.z, expected.z);
    EXPECT_EQ(points.gps_time, expected.gps_time);
    EXPECT_EQ(points.extra[1], expected.extra[1]);
    EXPECT_TRUE(points.intensity.empty());
}

TEST_P(EptReader, ServesSeveralThreads) {
    const auto reader = open();
    std::vector<Bytes> found(6);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < found.size(); ++t)
        threads.emplace_back([&, t] {
            las::Points points{reader->info().layout, las::ColumnSet::all()};
            if (reader->read_block(t % 3, points)) found[t] = packed(points);
        });
    for (auto& thread : threads) thread.join();
    const std::array<std::size_t, 4> ends{0, 1200, 1900, 2000};
    for (std::size_t t = 0; t < found.size(); ++t)
        EXPECT_EQ(found[t], packed(rows_of(made_.points, ends[t % 3], ends[t % 3 + 1])));
}

TEST_P(EptReader, HasAHeaderAsOfOneFile) {
    const auto reader = open();
    const auto& info = reader->info();
    EXPECT_EQ(info.header.point_count(), 2000u);
    EXPECT_EQ(info.header.scale, (las::Vec3{0.01, 0.01, 0.001}));
    EXPECT_EQ(info.header.offset, (las::Vec3{100, 200, 0}));
    EXPECT_EQ(info.header.max, (las::Vec3{1024, 1024, 1024}));
    EXPECT_EQ(info.layout, (las::PointLayout{7, 40}));
    const auto* wkt = las::find_vlr(info.vlrs, "LASF_Projection", 2112);
    ASSERT_NE(wkt, nullptr);
    EXPECT_EQ(wkt->payload, bytes_of_text(std::string_view{"LOCAL_CS[\"here\"]", 17}));
    EXPECT_NE(info.header.global_encoding & las::kGlobalEncodingWkt, 0);
    EXPECT_NE(las::find_vlr(info.vlrs, "LASF_Spec", 4), nullptr);
    std::uint64_t sizes = 0;
    for (const auto& [name, bytes] : made_.folder->files)
        if (name.starts_with("ept-data/")) sizes += bytes.size();
    EXPECT_EQ(info.file_size, sizes);
}

TEST_P(EptReader, NamesTheTileThatIsMissing) {
    const auto tile = made_.tile("1-1-0-1");
    made_.folder->files.erase(tile);
    const auto reader = made_.open();
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, Code::io_failed);
    EXPECT_STREQ(reader.error().part.data(), tile.c_str());
}

TEST_P(EptReader, NamesTheTileThatHasOtherThanTheNumberOfPointsOfTheHierarchy) {
    made_.put_tile("1-1-0-1", 1200, 1899);
    const auto fewer = error();
    EXPECT_STREQ(fewer.part.data(), made_.tile("1-1-0-1").c_str());
    EXPECT_TRUE(fewer.code == Code::bad_value || fewer.code == Code::truncated) << fewer.what;
    made_.put_tile("1-1-0-1", 1200, 1901);
    const auto more = error();
    EXPECT_STREQ(more.part.data(), made_.tile("1-1-0-1").c_str());
    EXPECT_TRUE(more.code == Code::bad_value || more.code == Code::trailing_bytes) << more.what;
}

TEST_P(EptReader, NamesTheTileThatEndsTooEarly) {
    const auto whole = made_.folder->files[made_.tile("2-1-2-0")];
    for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 50) {
        SCOPED_TRACE(size);
        made_.folder->files[made_.tile("2-1-2-0")].resize(size);
        EXPECT_STREQ(error().part.data(), made_.tile("2-1-2-0").c_str());
        made_.folder->files[made_.tile("2-1-2-0")] = whole;
    }
}

TEST_P(EptReader, RefusesAnotherSumThanEptJsonSays) {
    made_.folder->put("ept.json", metadata_json(GetParam(), 2001, kSchema));
    EXPECT_STREQ(error().part.data(), "ept.json");
}

TEST_P(EptReader, MayBeEmpty) {
    made_.folder->put("ept.json", metadata_json(GetParam(), 0, kSchema));
    made_.folder->put("ept-hierarchy/0-0-0-0.json", R"({"0-0-0-0": 0})");
    const auto reader = open();
    EXPECT_TRUE(reader->blocks().empty());
    las::Points points{reader->info().layout, las::ColumnSet::all()};
    EXPECT_TRUE(reader->read_next(10, points));
    EXPECT_EQ(points.size(), 0u);
}

TEST_P(EptReader, WarnsOfACrsThatIsNamedByItsCodeAlone) {
    made_.folder->put("ept.json", metadata_json(GetParam(), 2000, kSchema,
                                                R"(, "srs": {"authority": "EPSG", "horizontal": "26912"})"));
    const auto reader = open();
    EXPECT_EQ(las::find_vlr(reader->info().vlrs, "LASF_Projection", 2112), nullptr);
    ASSERT_FALSE(reader->info().warnings.empty());
    EXPECT_NE(reader->info().warnings.back().find("EPSG:26912"), std::string::npos);
}

TEST(EptLaszip, RefusesTilesThatDoNotAgree) {
    MadeEpt made{"laszip"};
    const auto refuses = [&](const std::string& key, const test::MadeInput& tile) {
        made.folder->files[made.tile(key)] = test::bytes_of(tile);
        const auto reader = made.open().value();
        las::Points points{reader->info().layout, las::ColumnSet::all()};
        const auto status = reader->read_block(1, points);
        return !status && status.error().code == Code::unsupported &&
               std::string{status.error().part.data()} == made.tile(key);
    };
    auto tile = test::input_of(rows_of(made.points, 1200, 1900));
    tile.header.scale = {0.01, 0.01, 0.001};
    tile.header.offset = {100, 200, 1};
    EXPECT_TRUE(refuses("1-1-0-1", tile));
    tile.header.offset = {100, 200, 0};
    EXPECT_FALSE(refuses("1-1-0-1", tile));
    tile.header.scale = {0.01, 0.01, 0.01};
    EXPECT_TRUE(refuses("1-1-0-1", tile));
    tile.points = test::survey(6, 700, 1, 4);
    EXPECT_TRUE(refuses("1-1-0-1", tile));
}

#if defined(COPSE_TEST_ZSTD)
TEST(EptZstandard, TakesATileOfSeveralFrames) {
    MadeEpt made{"zstandard"};
    auto& tile = made.folder->files[made.tile("0-0-0-0")];
    tile = compressed(records_of(made.points, 0, 500));
    for (const auto& frame : {compressed(records_of(made.points, 500, 501)), compressed({}),
                              compressed(records_of(made.points, 501, 1200))})
        tile.insert(tile.end(), frame.begin(), frame.end());
    const auto reader = made.open().value();
    las::Points points{reader->info().layout, las::ColumnSet::all()};
    ASSERT_TRUE(reader->read_block(0, points));
    EXPECT_EQ(packed(points), packed(rows_of(made.points, 0, 1200)));
    tile.push_back(std::byte{1});
    EXPECT_FALSE(reader->read_block(0, points).has_value() && made.open().value()->read_block(0, points).has_value());
}

TEST(EptZstandard, NoticesEveryDamagedByteOrGivesAsManyPoints) {
    MadeEpt made{"zstandard"};
    auto& tile = made.folder->files[made.tile("2-1-2-0")];
    const auto whole = tile;
    const auto reader = made.open().value();
    for (std::size_t at = 0; at < whole.size(); at += 3) {
        tile = whole;
        tile[at] ^= std::byte{0x55};
        las::Points points{reader->info().layout, las::ColumnSet::all()};
        const auto status = reader->read_block(2, points);
        if (status) {
            EXPECT_EQ(points.size(), 100u);
        } else {
            EXPECT_STREQ(status.error().part.data(), made.tile("2-1-2-0").c_str());
        }
    }
}
#endif

TEST(EptSharedData, LoneStarIsThatOfItsLazFile) {
    const std::string data = COPSE_SHARED_DATA;
    const auto whole = io::FileSource::open(data + "/lone-star.laz");
    if (!whole) GTEST_SKIP() << "no shared data";
    const auto reader = open(std::make_shared<io::FileFolder>(data + "/ept/lone-star-laszip")).value();
    EXPECT_EQ(reader->blocks().size(), 13u);
    EXPECT_EQ(reader->info().header.point_count(), 518862u);
    EXPECT_EQ(reader->info().extra.dimensions.at(0).name, "OriginId");

    // X, Y, Z in steps of 0.00025 from a common origin, with intensity and time: the sum does not see the order.
    const auto sum_of = [](las::PointReader& file) {
        const auto& header = file.info().header;
        std::uint64_t sum = 0, rows = 0;
        for (;;) {
            las::Points points{file.info().layout, las::ColumnSet::all()};
            EXPECT_TRUE(file.read_next(50000, points));
            if (points.size() == 0) break;
            rows += points.size();
            for (std::size_t i = 0; i < points.size(); ++i) {
                std::uint64_t hash = 0;
                const std::array<std::int32_t, 3> raw{points.x[i], points.y[i], points.z[i]};
                for (std::size_t axis = 0; axis < 3; ++axis)
                    hash = hash * 0x9e3779b97f4a7c15u +
                           static_cast<std::uint64_t>(
                               std::llround((raw[axis] * header.scale[axis] + header.offset[axis]) / 0.00025));
                hash = hash * 0x9e3779b97f4a7c15u + points.intensity[i];
                hash = hash * 0x9e3779b97f4a7c15u + std::bit_cast<std::uint64_t>(points.gps_time[i]);
                sum += hash ^ hash >> 29u;
            }
        }
        return std::pair{rows, sum};
    };
    EXPECT_EQ(sum_of(*reader), sum_of(*laz::open(**whole).value()));
}

}  // namespace
}  // namespace copse::ept
