#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <random>
#include <thread>

#include "copse/io.hpp"
#include "temporary_folder.hpp"

namespace copse::io {
namespace {

class TempFilesTest : public testing::TemporaryFolder {
protected:
    std::unique_ptr<TempFiles> create(unsigned files = 2) {
        auto made = TempFiles::create(folder_.string(), files);
        EXPECT_TRUE(made) << made.error().what;
        return made ? std::move(*made) : nullptr;
    }
    /// What was stored in a range, if it is as many bytes as said.
    static Bytes load(TempFiles& files, ByteRange range, std::size_t size) {
        Bytes bytes(size);
        EXPECT_TRUE(files.load(range, bytes));
        return bytes;
    }
    static Bytes made_of(std::size_t size, unsigned seed) {
        std::mt19937 random{seed};
        Bytes bytes(size);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random());
        return bytes;
    }
};

/// Files of this process may not grow beyond a size, as long as this lives.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : old_handler_{::signal(SIGXFSZ, SIG_IGN)} {
        ::getrlimit(RLIMIT_FSIZE, &old_);
        const rlimit limit{bytes, old_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &old_);
        ::signal(SIGXFSZ, old_handler_);
    }

private:
    void (*old_handler_)(int);
    rlimit old_{};
};

TEST_F(TempFilesTest, GiveBackWhatWasStored) {
    const auto files = create();
    std::vector<std::pair<ByteRange, Bytes>> stored;
    for (unsigned i = 0; i < 50; ++i) {
        auto bytes = made_of(i * i * 37, i);
        const auto range = files->store(bytes);
        ASSERT_TRUE(range);
        stored.emplace_back(*range, std::move(bytes));
    }
    for (const auto& [range, bytes] : stored) EXPECT_EQ(load(*files, range, bytes.size()), bytes);
}

TEST_F(TempFilesTest, GiveBackPiecesLargerThanTheirWindowPackedOrNot) {
    const auto files = create(1);
    for (const std::size_t size : {65'535u, 65'536u, 65'537u, 262'144u, 1'000'000u, 5'000'001u}) {
        SCOPED_TRACE(size);
        auto mixed = made_of(size, 1);
        std::fill(mixed.begin(), mixed.begin() + static_cast<std::ptrdiff_t>(size / 2), std::byte{7});
        for (const auto& bytes : {made_of(size, 2), Bytes(size), mixed}) {
            const auto range = files->store(bytes);
            ASSERT_TRUE(range);
            EXPECT_EQ(load(*files, *range, size), bytes);
        }
    }
}

TEST_F(TempFilesTest, TakeHardlyMoreThanWhatIsStored) {
    const auto files = create();
    const auto random = files->store(made_of(1'000'000, 1));
    ASSERT_TRUE(random);
    EXPECT_LT(random->size, 1'000'100u);
}

TEST_F(TempFilesTest, HaveNoNames) {
    const auto files = create();
    ASSERT_TRUE(files->store(made_of(100'000, 1)));
    EXPECT_TRUE(names().empty());
}

TEST_F(TempFilesTest, CountTheMostBytesHeldAtATime) {
    const auto files = create();
    EXPECT_EQ(files->peak_bytes(), 0u);
    const auto first = files->store(made_of(1'000'000, 1));
    const auto second = files->store(made_of(500'000, 2));
    ASSERT_TRUE(first && second);
    files->release(*first);
    EXPECT_EQ(files->held_bytes(), second->size);
    const auto third = files->store(made_of(200'000, 3));
    ASSERT_TRUE(third);
    EXPECT_EQ(files->held_bytes(), second->size + third->size);
    EXPECT_EQ(files->peak_bytes(), first->size + second->size);
}

TEST_F(TempFilesTest, GiveReleasedSpaceBackAndKeepTheNeighbours) {
    const auto files = create(1);
    const auto before = made_of(1000, 1), middle = made_of(8u << 20, 2), after = made_of(1000, 3);
    const auto a = files->store(before), b = files->store(middle), c = files->store(after);
    ASSERT_TRUE(a && b && c);
    files->release(*b);
    EXPECT_EQ(load(*files, *a, before.size()), before);
    EXPECT_EQ(load(*files, *c, after.size()), after);
    if (files->held_bytes() > 20'000) GTEST_SKIP() << "this file system frees no parts of files";
    Bytes gone(middle.size());
    EXPECT_FALSE(files->load(*b, gone)) << "its pages are a hole now";
}

TEST_F(TempFilesTest, ReleasingNothingOrNonsenseDoesNoHarm) {
    const auto files = create(1);
    const auto range = files->store(made_of(10'000, 1));
    ASSERT_TRUE(range);
    files->release({range->offset, 0});
    files->release({~FileOffset{0} - 100, 50});
    EXPECT_EQ(files->held_bytes(), range->size);
    EXPECT_EQ(load(*files, *range, 10'000), made_of(10'000, 1));
}

TEST_F(TempFilesTest, ServeManyThreadsAtOnce) {
    const auto files = create();
    std::atomic<int> wrong{0};
    const auto piece = [](unsigned seed) { return made_of(1 + seed * 7919u % 30'000, seed); };
    const auto work = [&](unsigned thread) {
        std::mt19937 random{thread};
        std::vector<std::pair<ByteRange, unsigned>> mine;
        for (unsigned seed = thread * 1000; seed < thread * 1000 + 300; ++seed) {
            const auto range = files->store(piece(seed));
            if (!range) return void(++wrong);
            mine.emplace_back(*range, seed);
            const auto picked = random() % mine.size();
            const auto [where, what] = mine[picked];
            if (load(*files, where, piece(what).size()) != piece(what)) ++wrong;
            if (seed % 3 != 0) continue;
            files->release(where);
            mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(picked));
        }
        for (const auto& [where, what] : mine) {
            if (load(*files, where, piece(what).size()) != piece(what)) ++wrong;
            files->release(where);
        }
    };
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < 8; ++thread) threads.emplace_back(work, thread);
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(files->held_bytes(), 0u);
    EXPECT_GT(files->peak_bytes(), 0u);
}

TEST_F(TempFilesTest, SayWhatTheSystemSaidWhenTheyMayNotGrow) {
    const auto files = create(1);
    const auto before = files->store(made_of(4096, 1));
    ASSERT_TRUE(before);
    EXPECT_FALSE(files->failure());
    const FileSizeLimit limit{100'000};
    const auto range = files->store(made_of(200'000, 2));
    ASSERT_FALSE(range);
    EXPECT_EQ(range.error().code, Code::io_failed);
    EXPECT_EQ(range.error().os_error, EFBIG);
    ASSERT_TRUE(files->failure());
    EXPECT_EQ(files->failure()->os_error, EFBIG);
    EXPECT_EQ(files->held_bytes(), before->size) << "what could not be stored is not held";
}

TEST_F(TempFilesTest, LoadingWhatWasNeverStoredIsAnError) {
    const auto files = create(1);
    Bytes bytes(10);
    EXPECT_FALSE(files->load({0, 14}, bytes));
    EXPECT_FALSE(files->load({FileOffset{1} << 56, 14}, bytes));
    EXPECT_EQ(files->failure()->os_error, EIO);
}

TEST_F(TempFilesTest, NeedAFolderThatMayBeWritten) {
    const auto missing = TempFiles::create(path("missing"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().os_error, ENOENT);
    write("file", "text");
    EXPECT_FALSE(TempFiles::create(path("file")));
    EXPECT_FALSE(TempFiles::create(folder_.string() + std::string{"\0x", 2}));
}

TEST_F(TempFilesTest, FreeSpaceIsThatOfTheFileSystem) {
    std::filesystem::create_directory(folder_ / "inner");
    const auto here = free_space(folder_.string()), there = free_space(path("inner")), missing = free_space(path("no"));
    ASSERT_TRUE(here && there);
    EXPECT_GT(here->bytes, 0u);
    EXPECT_EQ(here->device, there->device);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().os_error, ENOENT);
}

}  // namespace
}  // namespace copse::io
