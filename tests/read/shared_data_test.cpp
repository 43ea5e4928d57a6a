// Files of other programs: the index changes the cost of an answer, not the answer.
#include <gtest/gtest.h>

#include <filesystem>

#include "read/reading.hpp"
#include "support/whole_file.hpp"

namespace copse::read {
namespace {

using namespace test;

class SharedFiles : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        const auto path = std::filesystem::path{COPSE_SHARED_DATA} / GetParam();
        if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
        bytes_ = copse::test::whole_file(path);
    }
    Bytes bytes_;
};

struct Place {
    double x, y, z, time;
};

std::vector<Place> places_of(const File& file, const std::vector<Chunk>& chunks) {
    std::vector<Place> places;
    const auto& scale = file.header.scale;
    const auto& offset = file.header.offset;
    for (const auto& chunk : chunks)
        for (std::size_t i = 0; i < chunk.points.size(); ++i) {
            const double x = chunk.points.x[i] * scale[0], y = chunk.points.y[i] * scale[1],
                         z = chunk.points.z[i] * scale[2];
            places.push_back({x + offset[0], y + offset[1], z + offset[2], chunk.points.gps_time[i]});
        }
    return places;
}

/// The points of each node, laid out as records.
std::map<copc::VoxelKey, Bytes> by_node(const std::vector<Chunk>& chunks) {
    std::map<copc::VoxelKey, Bytes> nodes;
    for (const auto& chunk : chunks) las::pack_records(chunk.points, 0, chunk.points.size(), nodes[chunk.key]);
    return nodes;
}

TEST_P(SharedFiles, GiveAllTheirPoints) {
    const auto file = open_file(bytes_);
    ASSERT_TRUE(file);
    for (const auto& warning : file->warnings) ADD_FAILURE() << warning;
    const auto answer = ask(file, bytes_, {});
    ASSERT_FALSE(answer.error) << answer.error->what << " at " << answer.error->at;
    EXPECT_EQ(answer.matched(), file->header.point_count());
}

TEST_P(SharedFiles, AnswerTheSameWithAndWithoutTheirIndex) {
    const auto file = open_file(bytes_);
    ASSERT_TRUE(file);
    Request everything;
    everything.columns = las::ColumnSet{las::ColumnSet::z | las::ColumnSet::gps_time, 0};
    const auto all = ask(file, bytes_, everything);
    const auto places = places_of(*file, all.chunks);
    ASSERT_FALSE(places.empty());
    std::mt19937 random{1};
    const auto some = [&]() -> const Place& { return places[random() % places.size()]; };
    int used = 0;
    for (int i = 0; i < 12; ++i) {
        SCOPED_TRACE(i);
        Request request = everything;
        if (i % 3 != 0) {
            const auto& a = some();
            const auto& b = some();
            request.box.min = {std::min(a.x, b.x), std::min(a.y, b.y),
                               i % 2 == 0 ? -copc::Box::kInfinity : std::min(a.z, b.z)};
            request.box.max = {std::max(a.x, b.x), std::max(a.y, b.y),
                               i % 2 == 0 ? copc::Box::kInfinity : std::max(a.z, b.z)};
        }
        const double a = some().time, b = i % 4 == 0 ? a : some().time;
        request.time = temporal::TimeWindow{std::min(a, b), std::max(a, b)};
        const auto with = ask(file, bytes_, request);
        request.use_index = UseIndex::never;
        const auto without = ask(file, bytes_, request);
        ASSERT_FALSE(with.error);
        EXPECT_TRUE(with.warnings.empty());
        const auto expected = std::count_if(places.begin(), places.end(), [&](const Place& p) {
            return request.box.contains(p.x, p.y, p.z) && request.time->contains(p.time);
        });
        EXPECT_EQ(with.matched(), static_cast<std::uint64_t>(expected));
        EXPECT_EQ(by_node(with.chunks), by_node(without.chunks));
        EXPECT_LE(with.statistics.chunk_bytes, without.statistics.chunk_bytes);
        used += with.statistics.index_used ? 1 : 0;
    }
    EXPECT_EQ(used, file->temporal ? 12 : 0);
    EXPECT_EQ(file->temporal.has_value(), std::string_view{GetParam()}.starts_with("copc_converter"));
}

INSTANTIATE_TEST_SUITE_P(All, SharedFiles,
                         testing::Values("simple.copc.laz", "simple_with_page.copc.laz", "ellipsoid.copc.laz",
                                         "lone-star.copc.laz", "autzen.copc.laz", "copc_converter-simple.copc.laz",
                                         "copc_converter-survey.copc.laz"));

}  // namespace
}  // namespace copse::read
