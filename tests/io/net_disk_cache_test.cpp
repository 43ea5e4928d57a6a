#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "copse/io.hpp"
#include "fault_server.hpp"
#include "io/net/disk_cache.hpp"
#include "temporary_folder.hpp"

namespace copse::io::net {
namespace {

using io::testing::bytes_of;
using io::testing::FaultServer;
using io::testing::partial;
using io::testing::Reply;
using io::testing::Request;
using io::testing::text_of;

class DiskCacheTest : public io::testing::TemporaryFolder {
protected:
    void SetUp() override {
        TemporaryFolder::SetUp();
        for (std::size_t i = 0; i < file_.size(); ++i) file_[i] = static_cast<char>(i * i / 7 + i / 256);
    }
    [[nodiscard]] NetworkOptions options(std::uint64_t limit = 1'000'000) const {
        NetworkOptions options;
        options.cache_folder = path("cache");
        options.cache_folder_bytes = limit;
        return options;
    }
    /// Files with bytes of objects.
    [[nodiscard]] std::vector<std::filesystem::path> entries() const {
        std::vector<std::filesystem::path> found;
        for (const auto& entry : std::filesystem::recursive_directory_iterator{folder_ / "cache"})
            if (entry.path().filename().string().find('-') != std::string::npos) found.push_back(entry.path());
        std::sort(found.begin(), found.end());
        return found;
    }
    [[nodiscard]] std::uint64_t held() const {
        std::uint64_t bytes = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator{folder_ / "cache"})
            if (entry.is_regular_file()) bytes += entry.file_size();
        return bytes;
    }
    /// 304 where that is what was asked.
    [[nodiscard]] Reply answer(const Request& request, const std::string& etag = "\"v1\"") const {
        const auto condition = request.headers.find("if-none-match");
        if (condition == request.headers.end() || condition->second != etag) return partial(file_, request, etag);
        return {.status = "304 Not Modified", .headers = {"ETag: " + etag}};
    }
    /// What a run of its own reads.
    [[nodiscard]] std::string read(const FaultServer& server, ByteRange range,
                                   const std::string& target = "/file") const {
        const auto network = *Network::create(options());
        const auto source = network->open(server.url(target));
        if (!source) return source.error().what;
        const auto bytes = (*source)->read(range);
        return bytes ? text_of(*bytes) : bytes.error().what;
    }

    std::string file_ = std::string(300'000, '\0');
};

TEST_F(DiskCacheTest, LeavesOneQuestionWithoutABodyToTheNextRun) {
    FaultServer server{[&](const Request& request) { return answer(request); }};
    for (int run = 0; run < 3; ++run) EXPECT_EQ(read(server, {100'000, 5000}), file_.substr(100'000, 5000));
    EXPECT_EQ(read(server, {100'500, 100}), file_.substr(100'500, 100));
    ASSERT_EQ(server.log().size(), 5u);
    EXPECT_EQ(server.log()[2].headers.at("if-none-match"), "\"v1\"");
    EXPECT_EQ(server.sent(), wire::kFirstRead + 5000u);
}

TEST_F(DiskCacheTest, ForgetsAnObjectThatChanged) {
    std::string etag = "\"v1\"";
    FaultServer server{[&](const Request& request) { return answer(request, etag); }};
    EXPECT_EQ(read(server, {100'000, 10}), file_.substr(100'000, 10));
    etag = "\"v2\"";
    std::reverse(file_.begin(), file_.end());
    EXPECT_EQ(read(server, {100'000, 10}), file_.substr(100'000, 10));
    EXPECT_EQ(read(server, {0, 10}), file_.substr(0, 10));
    EXPECT_EQ(server.log().size(), 5u);
    EXPECT_EQ(entries().size(), 2u);
}

TEST_F(DiskCacheTest, TakesADamagedFileForNone) {
    FaultServer server{[&](const Request& request) { return answer(request); }};
    const ByteRange range{100'000, 500};
    const auto good = file_.substr(100'000, 500);
    ASSERT_EQ(read(server, range), good);
    for (const std::size_t place : {std::size_t{0}, std::size_t{63}, std::size_t{64}, std::size_t{563}}) {
        for (const auto& entry : entries()) {
            std::fstream file{entry, std::ios::in | std::ios::out | std::ios::binary};
            file.seekg(static_cast<std::streamoff>(place));
            const auto byte = static_cast<char>(file.get() ^ 1);
            file.seekp(static_cast<std::streamoff>(place));
            file.put(byte);
        }
        EXPECT_EQ(read(server, range), good);
    }
    for (const auto& entry : entries()) std::filesystem::resize_file(entry, 70);
    EXPECT_EQ(read(server, range), good);
    for (const auto& entry : entries()) std::filesystem::resize_file(entry, 0);
    EXPECT_EQ(read(server, range), good);
    EXPECT_EQ(server.log().size(), 2u * 7u);
    ASSERT_EQ(read(server, range), good);
    EXPECT_EQ(server.log().size(), 15u);
}

TEST_F(DiskCacheTest, TakesADamagedStateForNone) {
    FaultServer server{[&](const Request& request) { return answer(request); }};
    ASSERT_EQ(read(server, {0, 1}).size(), 1u);
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder_ / "cache"})
        if (entry.path().filename() == "state") std::ofstream{entry.path()} << "copse cache 1\n9\n\"v1\"\n\n";
    EXPECT_EQ(read(server, {299'999, 1}), file_.substr(299'999, 1));
}

TEST_F(DiskCacheTest, IsNamedWithoutQueryAndHoldsNoSecret) {
    FaultServer server{[&](const Request& request) { return answer(request); }};
    EXPECT_EQ(read(server, {100'000, 10}, "/file?sig=first"), file_.substr(100'000, 10));
    EXPECT_EQ(read(server, {100'000, 10}, "/file?sig=second"), file_.substr(100'000, 10));
    EXPECT_EQ(server.log().size(), 3u);
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder_ / "cache"}) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file{entry.path(), std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        EXPECT_EQ(text.find("first"), std::string::npos);
    }
}

TEST_F(DiskCacheTest, KeepsNothingThatItCouldNotRecogniseAgain) {
    FaultServer server{[&](const Request& request) { return partial(file_, request, ""); }};
    for (int run = 0; run < 2; ++run) EXPECT_EQ(read(server, {100'000, 10}), file_.substr(100'000, 10));
    EXPECT_EQ(server.log().size(), 4u);
    EXPECT_TRUE(entries().empty());
}

TEST_F(DiskCacheTest, AsksByDateWhereThereIsNoStrongEtag) {
    constexpr const char* kDate = "Mon, 01 Jan 2024 00:00:00 GMT";
    FaultServer server{[&](const Request& request) {
        if (request.has("if-modified-since")) return Reply{.status = "304 Not Modified"};
        auto reply = partial(file_, request, "W/\"weak\"");
        reply.headers.push_back(std::string{"Last-Modified: "} + kDate);
        return reply;
    }};
    for (int run = 0; run < 2; ++run) EXPECT_EQ(read(server, {100'000, 10}), file_.substr(100'000, 10));
    EXPECT_EQ(server.log().size(), 3u);
    EXPECT_EQ(server.log()[2].headers.at("if-modified-since"), kDate);
}

TEST_F(DiskCacheTest, StaysWithinItsLimit) {
    FaultServer server{[&](const Request& request) { return answer(request); }};
    constexpr std::uint64_t kLimit = 400'000;
    for (int run = 0; run < 3; ++run) {
        const auto network = *Network::create(options(kLimit));
        for (const auto* target : {"/a", "/b", "/c"}) {
            const auto source = *network->open(server.url(target));
            for (std::uint64_t at = 70'000; at + 10'000 < file_.size(); at += 10'000) {
                ASSERT_EQ(text_of(*source->read({at, 10'000})), file_.substr(at, 10'000));
                ASSERT_LE(held(), kLimit + 5000);  // of the folder: states and tag
            }
        }
    }
    EXPECT_LE(held(), kLimit);
    EXPECT_GE(held(), kLimit / 4);
}

TEST_F(DiskCacheTest, TouchesNothingElseInItsFolder) {
    const std::string hash(32, 'a');
    const std::vector<std::string> mine{"thesis.txt", "work/thesis.txt", "work/state", hash + "/thesis.txt",
                                        hash + "/x-1-2"};
    for (const auto& name : mine) {
        std::filesystem::create_directories((folder_ / "cache" / name).parent_path());
        write("cache/" + name, std::string(100'000, 'x'));
    }
    FaultServer server{[&](const Request& request) { return answer(request); }};
    for (int run = 0; run < 2; ++run) {
        const auto network = *Network::create(options(300'000));
        ASSERT_TRUE((*network->open(server.url()))->read({0, 200'000}));
    }
    for (const auto& name : mine) EXPECT_EQ(content("cache/" + name).size(), 100'000u) << name;
}

TEST_F(DiskCacheTest, IsUsedByTwoProcessesAtOnce) {
    FaultServer server{[&](const Request& request) { return answer(request); }};
    // The limit is small: both make room all the time.
    const auto work = [&](std::uint64_t step) {
        const auto cache = *DiskCache::create(path("cache"), 60'000);
        const ObjectState state{file_.size(), "\"v1\"", ""};
        int wrong = 0;
        for (std::uint64_t i = 0; i < 300; ++i) {
            const auto object = cache->object("http://host/" + std::to_string(i % 3));
            object->begin(state);
            const ByteRange range{i * step % 290'000, 3000};
            Bytes out;
            const auto missing = object->fill(range, range, out);
            for (auto at = range.offset; at < range.end() && !out.empty(); ++at)
                if ((at < missing.offset || at >= missing.end()) &&
                    std::to_integer<char>(out[at - range.offset]) != file_[at])
                    ++wrong;
            object->put(range.offset, bytes_of(std::string_view{file_}.substr(range.offset, range.size)));
        }
        return wrong == 0 ? 0 : 1;
    };
    const auto child = ::fork();
    if (child == 0) ::_exit(work(7919));
    EXPECT_EQ(work(10'007), 0);
    int status = 1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST_F(DiskCacheTest, SaysThatAFolderCannotBeUsed) {
    write("file", "x");
    auto wrong = options();
    wrong.cache_folder = path("file");
    const auto network = Network::create(wrong);
    ASSERT_FALSE(network);
    EXPECT_STREQ(network.error().what, "the cache folder cannot be used");
    EXPECT_NE(network.error().os_error, 0);
    wrong.cache_folder = path("file/below");
    EXPECT_FALSE(Network::create(wrong));
}

}  // namespace
}  // namespace copse::io::net
