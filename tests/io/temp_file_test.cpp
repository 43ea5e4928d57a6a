#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "copse/io.hpp"
#include "temporary_folder.hpp"

namespace copse::io {
namespace {

class TempFileTest : public testing::TemporaryFolder {
protected:
    std::unique_ptr<TempFile> create() {
        auto made = TempFile::create(folder_.string());
        EXPECT_TRUE(made) << made.error().what;
        return made ? std::move(*made) : nullptr;
    }
    static Bytes made_of(std::size_t size) {
        std::mt19937 random{7};
        Bytes bytes(size);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random());
        return bytes;
    }
};

TEST_F(TempFileTest, GivesBackWhatWasAppendedInPiecesOfAnySize) {
    const auto file = create();
    const auto bytes = made_of(1'500'000);
    std::mt19937 random{3};
    for (std::size_t at = 0; at < bytes.size();) {
        const auto size = std::min<std::size_t>(bytes.size() - at, random() % 400'000);
        ASSERT_TRUE(file->append(ByteView{bytes}.subspan(at, size)));
        at += size;
        EXPECT_EQ(file->position(), at);
    }
    ASSERT_TRUE(file->flush());
    EXPECT_EQ(file->size(), bytes.size());
    EXPECT_EQ(file->read({0, bytes.size()}).value(), bytes);
    EXPECT_EQ(file->read({700'001, 3}).value(), Bytes(bytes.begin() + 700'001, bytes.begin() + 700'004));
}

TEST_F(TempFileTest, CanBePatchedInFrontWhileMoreIsAppended) {
    const auto file = create();
    auto bytes = made_of(1000);
    ASSERT_TRUE(file->append(bytes));
    const Bytes patch(10, std::byte{1});
    ASSERT_TRUE(file->patch(5, patch));
    ASSERT_TRUE(file->append(patch));
    ASSERT_TRUE(file->flush());
    std::copy(patch.begin(), patch.end(), bytes.begin() + 5);
    bytes.insert(bytes.end(), patch.begin(), patch.end());
    EXPECT_EQ(file->read({0, bytes.size()}).value(), bytes);
}

TEST_F(TempFileTest, IsTruncatedWhereSomethingPastItsEndIsRead) {
    const auto file = create();
    ASSERT_TRUE(file->append(made_of(100)));
    ASSERT_TRUE(file->flush());
    const auto past = file->read({99, 2});
    ASSERT_FALSE(past);
    EXPECT_EQ(past.error().code, Code::truncated);
    EXPECT_EQ(past.error().at, 100u);
}

TEST_F(TempFileTest, HasNoName) {
    const auto file = create();
    ASSERT_TRUE(file->append(made_of(1'000'000)));
    EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(TempFileTest, SaysWhyItCannotBeMade) {
    const auto made = TempFile::create((folder_ / "missing").string());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Code::io_failed);
    EXPECT_EQ(made.error().os_error, ENOENT);
}

}  // namespace
}  // namespace copse::io
