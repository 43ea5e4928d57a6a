#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <random>
#include <thread>

#include "copse/io.hpp"
#include "temporary_folder.hpp"

namespace copse::io {
namespace {

using testing::text_of;

class FilePoolTest : public testing::TemporaryFolder {
protected:
    /// Files that hold their own number.
    std::vector<std::unique_ptr<FileSource>> open_files(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) write(std::to_string(i), "file " + std::to_string(i));
        std::vector<std::unique_ptr<FileSource>> sources;
        for (std::size_t i = 0; i < count; ++i) {
            auto source = FileSource::open(path(std::to_string(i)));
            EXPECT_TRUE(source) << i;
            if (source) sources.push_back(*std::move(source));
        }
        return sources;
    }

    /// How many of the folder's files this process has open.
    [[nodiscard]] std::size_t open_now() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
            std::error_code gone;
            const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
            count += target.starts_with(folder_.string()) ? 1u : 0u;
        }
        return count;
    }
};

/// Fewer descriptors for this process while it lives.
class DescriptorLimit {
public:
    explicit DescriptorLimit(rlim_t most) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit limit{most, before_.rlim_max};
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    }
    ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST_F(FilePoolTest, ReadsThousandsOfFilesThroughAFewDescriptors) {
    const DescriptorLimit limit{256};
    const auto sources = open_files(3000);
    ASSERT_EQ(sources.size(), 3000u);
    EXPECT_LE(open_now(), kMostOpenSources);
    std::mt19937 random{1};
    for (int i = 0; i < 6000; ++i) {
        const std::size_t at = random() % sources.size();
        const auto bytes = sources[at]->read({0, sources[at]->size()});
        ASSERT_TRUE(bytes) << bytes.error().what;
        ASSERT_EQ(text_of(*bytes), "file " + std::to_string(at));
    }
    EXPECT_LE(open_now(), kMostOpenSources);
    for (const auto& source : sources) EXPECT_TRUE(source->unchanged());
}

TEST_F(FilePoolTest, MakesDoWithFewerDescriptorsThanItWouldLike) {
    const DescriptorLimit limit{40};
    const auto sources = open_files(300);
    ASSERT_EQ(sources.size(), 300u);
    EXPECT_LE(open_now(), 30u);
    for (std::size_t i = 0; i < sources.size(); ++i)
        ASSERT_EQ(text_of(sources[i]->read({5, sources[i]->size() - 5}).value()), std::to_string(i));
}

TEST_F(FilePoolTest, ServesSeveralThreadsThatTakeDescriptorsFromEachOther) {
    const auto sources = open_files(400);
    EXPECT_TRUE(sources[0]->read({0, 1}));
    std::atomic<int> wrong = 0;
    // A sanitizer needs descriptors of its own when a thread begins, and when it meets a class for the first time.
    std::latch begun{8}, limited{1};
    const auto read_some = [&](std::uint32_t seed) {
        begun.count_down();
        limited.wait();
        std::mt19937 random{seed};
        for (int i = 0; i < 500; ++i) {
            const std::size_t at = random() % sources.size();
            const auto bytes = sources[at]->read({0, sources[at]->size()});
            if (!bytes || text_of(*bytes) != "file " + std::to_string(at)) ++wrong;
        }
    };
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < 8; ++t) threads.emplace_back(read_some, t);
    begun.wait();
    {
        const DescriptorLimit limit{40};  // below what is open by now
        limited.count_down();
        for (auto& thread : threads) thread.join();
    }
    EXPECT_EQ(wrong, 0);
}

TEST_F(FilePoolTest, ClosesTheFilesOfSourcesThatAreGone) {
    auto sources = open_files(50);
    EXPECT_EQ(open_now(), 50u);
    sources.resize(20);
    EXPECT_EQ(open_now(), 20u);
    sources.clear();
    EXPECT_EQ(open_now(), 0u);
}

TEST_F(FilePoolTest, NoticesThatAClosedFileWasReplacedChangedOrRemoved) {
    const auto sources = open_files(kMostOpenSources + 3);  // the first three are closed again
    EXPECT_TRUE(sources[0]->unchanged());
    write("new", "file 0");
    std::filesystem::rename(path("new"), path("0"));
    write("1", "longer than before");
    std::filesystem::remove(path("2"));
    for (std::size_t i = 0; i < 3; ++i) {
        SCOPED_TRACE(i);
        EXPECT_FALSE(sources[i]->unchanged());
        const auto bytes = sources[i]->read({0, 4});
        ASSERT_FALSE(bytes);
        EXPECT_EQ(bytes.error().code, Code::io_failed);
        EXPECT_STREQ(bytes.error().what, i < 2 ? "the file changed while it was read" : "cannot open the file");
    }
    EXPECT_EQ(text_of(sources[3]->read({0, 4}).value()), "file");
}

TEST_F(FilePoolTest, OpensFilesOfAFolderByName) {
    std::filesystem::create_directory(path("data"));
    write("data/tile", "points");
    FileFolder folder{folder_.string()};
    const auto source = folder.open("data/tile");
    ASSERT_TRUE(source);
    EXPECT_EQ(text_of((*source)->read({0, 6}).value()), "points");
    const auto missing = folder.open("data/none");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().os_error, ENOENT);
}

}  // namespace
}  // namespace copse::io
