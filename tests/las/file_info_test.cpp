#include <gtest/gtest.h>

#include "las/las_file.hpp"

namespace copse::las {
namespace {

using namespace test;

Result<FileInfo> info_of(Bytes bytes, const OpenOptions& options = {}) {
    MemorySource source{std::move(bytes)};
    return read_file_info(source, options);
}

LasFile good_file() {
    auto file = LasFile::of(4, {7, 39}, 5);
    file.with_vlr("one", 1, to_bytes("abc")).with_vlr("two", 2, {});
    file.with_evlr("far", 3, to_bytes("defg")).with_evlr("farther", 4, {});
    return file;
}

constexpr std::size_t kPointsAt = 375 + 57 + 54;
constexpr std::size_t kEvlrsAt = kPointsAt + 5 * 39;

TEST(FileInfo, HoldsAllThatAFileHasBesidesItsPoints) {
    const auto info = info_of(good_file().bytes());
    ASSERT_TRUE(info) << info.error().what;
    EXPECT_EQ(info->header.offset_to_point_data, kPointsAt);
    ASSERT_EQ(info->vlrs.size(), 2u);
    EXPECT_EQ(info->vlrs[0].payload, to_bytes("abc"));
    EXPECT_EQ(info->vlrs[1].at, 375u + 57);
    ASSERT_EQ(info->evlrs.size(), 2u);
    EXPECT_TRUE(info->evlrs[0].extended);
    EXPECT_EQ(info->evlrs[0].at, kEvlrsAt);
    EXPECT_EQ(info->evlrs[0].payload, to_bytes("defg"));
    EXPECT_EQ(info->evlrs[1].at, kEvlrsAt + 64);
    EXPECT_EQ(info->layout, (PointLayout{7, 39}));
    ASSERT_EQ(info->extra.dimensions.size(), 1u);
    EXPECT_EQ(info->extra.dimensions[0].size, 3);
    EXPECT_FALSE(info->restored);
    EXPECT_TRUE(info->warnings.empty());
}

TEST(FileInfo, RejectsEveryFileThatEndsTooEarly) {
    const auto whole = good_file().bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        const auto info = info_of(cut_to(whole, size));
        ASSERT_FALSE(info);
        EXPECT_EQ(info.error().code, Code::truncated);
        EXPECT_LE(info.error().at, size);
        if (size >= 375) {
            EXPECT_EQ(info.error().at, size);
        }
    }
}

TEST(FileInfo, TakesNoNoticeOfBytesBehindTheLastRecord) {
    auto bytes = good_file().bytes();
    bytes.push_back(std::byte{1});
    EXPECT_TRUE(info_of(bytes));
}

TEST(FileInfo, ReportsWhereEachDamagedFieldLies) {
    struct Damage {
        const char* name;
        FileOffset at;
        Code code;
        void (*apply)(Bytes&);
    };
    const Damage damages[] = {
        {"point data in the header", 96, Code::bad_value, [](Bytes& b) { put<std::uint32_t>(b, 96, 374); }},
        {"point data behind the end", 0, Code::truncated, [](Bytes& b) { put<std::uint32_t>(b, 96, 0xffffffff); }},
        {"too many VLRs", 100, Code::bad_value, [](Bytes& b) { put<std::uint32_t>(b, 100, 3); }},
        {"far too many VLRs", 100, Code::bad_value, [](Bytes& b) { put<std::uint32_t>(b, 100, 0xffffffff); }},
        {"a VLR longer than the rest", 375 + 54, Code::truncated,
         [](Bytes& b) { put<std::uint16_t>(b, 375 + 20, 60); }},
        {"EVLRs before the points", 235, Code::bad_value, [](Bytes& b) { put<std::uint64_t>(b, 235, kPointsAt - 1); }},
        {"EVLRs behind the end", 0, Code::truncated, [](Bytes& b) { put<std::uint64_t>(b, 235, b.size() + 1); }},
        {"EVLRs at the end of numbers", 0, Code::truncated, [](Bytes& b) { put<std::uint64_t>(b, 235, ~0ull); }},
        {"too many EVLRs", 0, Code::truncated, [](Bytes& b) { put<std::uint32_t>(b, 243, 0xffffffff); }},
        {"an EVLR longer than the file", 0, Code::truncated,
         [](Bytes& b) { put<std::uint64_t>(b, kEvlrsAt + 20, ~0ull); }},
    };
    for (const auto& damage : damages) {
        SCOPED_TRACE(damage.name);
        auto bytes = good_file().bytes();
        damage.apply(bytes);
        const auto info = info_of(bytes);
        ASSERT_FALSE(info);
        EXPECT_EQ(info.error().code, damage.code) << info.error().what;
        EXPECT_EQ(info.error().at, damage.at == 0 ? bytes.size() : damage.at);
    }
}

TEST(FileInfo, ReportsADamagedExtraBytesRecord) {
    auto file = good_file();
    file.with_vlr("LASF_Spec", 4, Bytes(191));
    const auto info = info_of(file.bytes());
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().at, kPointsAt + 54 + 191);
}

TEST(FileInfo, FindsExtraBytesDescribedInAnEvlr) {
    auto file = good_file();
    Bytes payload(192);
    put<std::uint8_t>(payload, 2, 3);
    put_text(payload, 4, "far");
    file.with_evlr("LASF_Spec", 4, payload);
    const auto info = info_of(file.bytes());
    ASSERT_TRUE(info);
    EXPECT_EQ(info->extra.dimensions[0].name, "far");
}

TEST(FileInfo, PassesOverTheMarkOfLas10WithoutAWord) {
    auto file = LasFile::of(0, {0, 20}, 1);
    file.gap = {std::byte{0xdd}, std::byte{0xcc}};
    const auto info = info_of(file.bytes());
    ASSERT_TRUE(info);
    EXPECT_TRUE(info->warnings.empty());
}

TEST(FileInfo, WarnsOfOtherBytesBeforeThePoints) {
    auto file = good_file();
    file.gap = Bytes(377);
    const auto info = info_of(file.bytes());
    ASSERT_TRUE(info);
    ASSERT_EQ(info->warnings.size(), 1u);
    EXPECT_NE(info->warnings[0].find("377 bytes"), std::string::npos);
}

TEST(FileInfo, WarnsOfEvlrsWithoutAPlace) {
    auto bytes = good_file().bytes();
    put<std::uint64_t>(bytes, 235, 0);
    const auto info = info_of(bytes);
    ASSERT_TRUE(info);
    EXPECT_TRUE(info->evlrs.empty());
    EXPECT_EQ(info->warnings.size(), 1u);
}

TEST(FileInfo, WarnsOfCountsThatContradictEachOther) {
    auto file = good_file();
    file.header.legacy_point_count = 4;
    EXPECT_EQ(info_of(file.bytes())->warnings.size(), 1u);
    file.header.legacy_point_count = 5;
    EXPECT_TRUE(info_of(file.bytes())->warnings.empty());
    auto legacy = LasFile::of(4, {1, 28}, 5);  // its 64-bit count is 0
    EXPECT_TRUE(info_of(legacy.bytes())->warnings.empty());
}

TEST(FileInfo, WarnsOfExtraBytesThatDoNotFit) {
    auto file = LasFile::of(4, {6, 31}, 1);
    Bytes payload(192);
    put<std::uint8_t>(payload, 2, 10);
    file.with_vlr("LASF_Spec", 4, payload);
    const auto info = info_of(file.bytes());
    ASSERT_TRUE(info);
    EXPECT_EQ(info->warnings.size(), 1u);
}

TEST(FileInfo, LeavesWaveformsInTheFile) {
    auto file = good_file();
    file.with_evlr("LASF_Spec", 65535, Bytes(5000)).with_evlr("behind", 1, to_bytes("x"));
    OpenOptions options;
    options.limits.max_evlr_bytes = 1000;
    const auto info = info_of(file.bytes(), options);
    ASSERT_TRUE(info);
    ASSERT_EQ(info->evlrs.size(), 4u);
    EXPECT_TRUE(info->evlrs[2].payload.empty());
    EXPECT_EQ(info->evlrs[3].payload, to_bytes("x"));
}

TEST(FileInfo, IsHeldToTheLimits) {
    OpenOptions options;
    options.limits.max_header_bytes = kPointsAt;
    options.limits.max_evlr_bytes = 124;
    EXPECT_TRUE(info_of(good_file().bytes(), options));
    options.limits.max_evlr_bytes = 123;  // two headers and four bytes
    EXPECT_EQ(info_of(good_file().bytes(), options).error().code, Code::limit_exceeded);
    options.limits.max_evlr_bytes = 3;
    EXPECT_EQ(info_of(good_file().bytes(), options).error().at, kEvlrsAt + 20);
    options = {};
    options.limits.max_header_bytes = kPointsAt - 1;
    EXPECT_EQ(info_of(good_file().bytes(), options).error().at, 96u);
}

TEST(FileInfo, HandsOnWhatASourceSays) {
    class Failing final : public wire::Source {
    public:
        explicit Failing(Bytes bytes, int calls) : whole_{std::move(bytes)}, calls_{calls} {}
        [[nodiscard]] std::uint64_t size() const override { return whole_.size(); }
        Status read_into(FileOffset offset, std::span<std::byte> out) override {
            if (calls_-- == 0) return Error{Code::io_failed, offset, "the disk is gone", 5};
            return whole_.read_into(offset, out);
        }

    private:
        MemorySource whole_;
        int calls_;
    };
    for (int calls = 0;; ++calls) {
        Failing source{good_file().bytes(), calls};
        const auto info = read_file_info(source);
        if (info) {
            EXPECT_EQ(calls, 6);  // header, VLRs, two EVLR headers and payloads
            break;
        }
        EXPECT_EQ(info.error().code, Code::io_failed);
        EXPECT_EQ(info.error().os_error, 5);
    }
}

TEST(FileInfo, IsReadFromEveryRealFileButTheDamagedOne) {
    auto paths = shared_files(".las");
    const auto compressed = shared_files(".laz");
    paths.insert(paths.end(), compressed.begin(), compressed.end());
    if (paths.empty()) GTEST_SKIP() << "no shared data folder";
    for (const auto& path : paths) {
        SCOPED_TRACE(path);
        const auto info = info_of(read_file(path));
        if (path.filename() == "garbage_nVariableLength.las") {
            ASSERT_FALSE(info);
            EXPECT_EQ(info.error().code, Code::bad_value);
            EXPECT_EQ(info.error().at, 100u);
            continue;
        }
        ASSERT_TRUE(info) << info.error().what;
        EXPECT_EQ(info->vlrs.size(), info->header.vlr_count);
        EXPECT_EQ(info->evlrs.size(), info->header.evlr_count);
        // Of all these only two have bytes before their points that are not the mark of LAS 1.0.
        const bool odd = path.filename() == "epsg_4326.las" || path.filename() == "simple1_3.las";
        EXPECT_EQ(info->warnings.size(), odd ? 1u : 0u);
    }
}

}  // namespace
}  // namespace copse::las
