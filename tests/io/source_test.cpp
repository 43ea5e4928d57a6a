#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "copse/io.hpp"
#include "temporary_folder.hpp"

namespace copse::io {
namespace {

using testing::bytes_of;
using testing::text_of;

class FileSourceTest : public testing::TemporaryFolder {
protected:
    std::unique_ptr<FileSource> open(const std::string& name) {
        auto source = FileSource::open(path(name));
        EXPECT_TRUE(source);
        return source ? std::move(*source) : nullptr;
    }
    void expect_refused(const std::string& name, int os_error) {
        const auto source = FileSource::open(name);
        ASSERT_FALSE(source);
        EXPECT_EQ(source.error().code, Code::io_failed);
        EXPECT_EQ(source.error().os_error, os_error) << source.error().what;
    }
};

TEST_F(FileSourceTest, ReadsAnyRange) {
    write("a", "0123456789");
    const auto source = open("a");
    EXPECT_EQ(source->size(), 10u);
    EXPECT_EQ(text_of(*source->read({0, 10})), "0123456789");
    EXPECT_EQ(text_of(*source->read({3, 4})), "3456");
    EXPECT_EQ(text_of(*source->read({10, 0})), "");
}

TEST_F(FileSourceTest, NamesTheEndOfTheFileWhenARangePassesIt) {
    write("a", "0123456789");
    const auto source = open("a");
    for (const auto range : {ByteRange{0, 11}, ByteRange{10, 1}, ByteRange{11, 0}, ByteRange{5, ~std::uint64_t{0}},
                             ByteRange{~std::uint64_t{0}, ~std::uint64_t{0}}}) {
        SCOPED_TRACE(range.offset);
        const auto bytes = source->read(range);
        ASSERT_FALSE(bytes);
        EXPECT_EQ(bytes.error().code, Code::truncated);
        EXPECT_EQ(bytes.error().at, 10u);
    }
    std::array<std::byte, 4> out{};
    for (const FileOffset offset : {FileOffset{7}, FileOffset{10}, FileOffset{11}, ~FileOffset{0}}) {
        SCOPED_TRACE(offset);
        const auto status = source->read_into(offset, out);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, Code::truncated);
        EXPECT_EQ(status.error().at, 10u);
    }
}

TEST_F(FileSourceTest, SaysIoFailedWhenTheFileShrinksWhileItIsRead) {
    write("a", "0123456789");
    const auto source = open("a");
    ASSERT_EQ(::truncate(path("a").c_str(), 4), 0);
    const auto bytes = source->read({2, 8});
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, Code::io_failed);
    EXPECT_EQ(bytes.error().at, 4u);
    EXPECT_FALSE(source->unchanged());
}

TEST_F(FileSourceTest, NoticesThatItWasWrittenTo) {
    write("a", "0123456789");
    const auto source = open("a");
    EXPECT_TRUE(source->unchanged());
    // The same size, another time: what counts is when it was written.
    std::filesystem::last_write_time(path("a"), std::filesystem::file_time_type::clock::now() + std::chrono::hours{1});
    EXPECT_FALSE(source->unchanged());
}

TEST_F(FileSourceTest, KnowsAFileByTwoNamesAsOne) {
    write("a", "x");
    write("b", "x");
    std::filesystem::create_hard_link(path("a"), path("hard"));
    std::filesystem::create_symlink("a", path("soft"));
    EXPECT_EQ(open("a")->id(), open("hard")->id());
    EXPECT_EQ(open("a")->id(), open("soft")->id());
    EXPECT_NE(open("a")->id(), open("b")->id());
}

TEST_F(FileSourceTest, RefusesWhatIsNoRegularFile) {
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    expect_refused(path("missing"), ENOENT);
    expect_refused(folder_.string(), EISDIR);
    expect_refused(path("pipe"), ESPIPE);  // without waiting for a writer
    expect_refused("/dev/zero", ESPIPE);
    expect_refused("", ENOENT);
    write("a", "x");
    expect_refused(path("a") + std::string(1, '\0') + "b", ENOENT);
    expect_refused(path("a") + "/b", ENOTDIR);
}

TEST_F(FileSourceTest, OpensNamesThatAreNotUtf8) {
    write("caf\xe9.las", "x");
    EXPECT_EQ(open("caf\xe9.las")->size(), 1u);
}

TEST_F(FileSourceTest, ServesTwoThreadsAtOnce) {
    std::string text(1 << 20, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 + i / 251);
    write("a", text);
    const auto source = open("a");
    std::atomic<int> wrong{0};
    const auto read_all = [&](std::size_t stride) {
        for (std::size_t at = 0; at + stride <= text.size(); at += stride) {
            const auto bytes = source->read({at, stride});
            if (!bytes || text_of(*bytes) != text.substr(at, stride)) ++wrong;
        }
    };
    std::thread other{read_all, 1021};
    read_all(4099);
    other.join();
    EXPECT_EQ(wrong, 0);
}

TEST(MemorySourceTest, ReadsOwnedAndBorrowedBytesByTheSameRules) {
    const std::string text = "0123456789";
    const auto view = bytes_of(text);
    MemorySource borrowed{view};
    MemorySource owned{Bytes{view.begin(), view.end()}};
    for (MemorySource* source : {&borrowed, &owned}) {
        EXPECT_EQ(source->size(), 10u);
        EXPECT_EQ(text_of(*source->read({3, 4})), "3456");
        std::array<std::byte, 4> out{};
        const auto status = source->read_into(8, out);
        const auto bytes = source->read({8, 4});
        ASSERT_FALSE(status || bytes);
        EXPECT_EQ(status.error().code, Code::truncated);
        EXPECT_EQ(bytes.error().code, Code::truncated);
        EXPECT_EQ(status.error().at, 10u);
        EXPECT_EQ(bytes.error().at, 10u);
    }
}

}  // namespace
}  // namespace copse::io
