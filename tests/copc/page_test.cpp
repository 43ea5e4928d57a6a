#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "copse/copc.hpp"

namespace copse {
namespace {

using copc::Entry;
constexpr FileOffset kAt = 70'000;

std::vector<Entry> good_entries() {
    return {{{0, 0, 0, 0}, 1000, 4321, 100'000}, {{1, 0, 1, 0}, 70'096, 64, -1}, {{1, 1, 1, 0}, 0, 0, 0}};
}

Bytes encoded(const std::vector<Entry>& entries) {
    Bytes out;
    copc::encode_page(entries, out);
    return out;
}

void expect_error(const std::vector<Entry>& entries, FileOffset at) {
    const auto page = copc::parse_page(encoded(entries), kAt);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, Code::bad_value);
    EXPECT_EQ(page.error().at, at);
}

TEST(HierarchyPage, KeepsTheFieldsOfAGoodPage) {
    const auto page = copc::parse_page(encoded(good_entries()), kAt);
    ASSERT_TRUE(page);
    EXPECT_EQ(*page, good_entries());
    EXPECT_TRUE((*page)[0].has_points());
    EXPECT_TRUE((*page)[1].is_page());
    EXPECT_FALSE((*page)[2].has_points() || (*page)[2].is_page());
    EXPECT_EQ((*page)[0].range(), (ByteRange{1000, 4321}));
}

TEST(HierarchyPage, MayBeEmpty) {
    const auto page = copc::parse_page({}, kAt);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->empty());
}

TEST(HierarchyPage, RejectsEveryPrefixThatCutsAnEntry) {
    const auto whole = encoded(good_entries());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
        const auto page = copc::parse_page(cut, kAt);
        if (size % copc::kEntrySize == 0) {
            ASSERT_TRUE(page);
            EXPECT_EQ(page->size(), size / copc::kEntrySize);
        } else {
            ASSERT_FALSE(page);
            EXPECT_EQ(page.error().code, Code::truncated);
            EXPECT_EQ(page.error().at, kAt + size / copc::kEntrySize * copc::kEntrySize);
        }
    }
}

TEST(HierarchyPage, RejectsOneByteTooMany) {
    auto bytes = encoded(good_entries());
    bytes.push_back(std::byte{0});
    const auto page = copc::parse_page(bytes, kAt);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().at, kAt + 96);
}

TEST(HierarchyPage, RejectsKeysOutsideTheTree) {
    for (const copc::VoxelKey& key :
         {copc::VoxelKey{-1, 0, 0, 0}, copc::VoxelKey{31, 0, 0, 0}, copc::VoxelKey{1, 2, 0, 0},
          copc::VoxelKey{1, 0, -1, 0}, copc::VoxelKey{1, 0, 0, INT32_MIN}}) {
        auto entries = good_entries();
        entries[1].key = key;
        expect_error(entries, kAt + 32);
    }
}

TEST(HierarchyPage, RejectsEachDamagedNumber) {
    auto entries = good_entries();
    entries[0].point_count = -2;
    expect_error(entries, kAt + 28);
    entries = good_entries();
    entries[2].point_count = INT32_MIN;
    expect_error(entries, kAt + 64 + 28);
    for (const std::int32_t size : {0, -1, INT32_MIN}) {
        entries = good_entries();
        entries[0].byte_size = size;
        expect_error(entries, kAt + 24);
        entries = good_entries();
        entries[1].byte_size = size;
        expect_error(entries, kAt + 32 + 24);
    }
    entries = good_entries();
    entries[1].offset = ~FileOffset{0} - 63;
    expect_error(entries, kAt + 32 + 16);
    entries[1].offset = ~FileOffset{0} - 64;
    EXPECT_TRUE(copc::parse_page(encoded(entries), kAt));
}

TEST(HierarchyPage, IgnoresOffsetAndSizeOfEmptyNodes) {
    auto entries = good_entries();
    entries[2].offset = ~FileOffset{0};
    entries[2].byte_size = -5;
    EXPECT_TRUE(copc::parse_page(encoded(entries), kAt));
}

TEST(HierarchyPage, RejectsANodeThatIsNamedTwice) {
    auto entries = good_entries();
    entries.push_back(entries[0]);
    expect_error(entries, kAt + 96);
    entries.back() = entries[1];
    expect_error(entries, kAt + 96);
    entries.insert(entries.begin() + 1, entries[0]);  // sorted and repeated at once: the first one is named
    expect_error(entries, kAt + 32);
    entries = {entries[0], entries[0]};
    expect_error(entries, kAt + 32);
}

TEST(HierarchyPage, TakesAChunkAndAPageOfOneNode) {
    auto entries = good_entries();
    entries.push_back({{1, 0, 1, 0}, 2000, 10, 5});
    EXPECT_TRUE(copc::parse_page(encoded(entries), kAt));
    std::swap(entries[1], entries[3]);
    EXPECT_TRUE(copc::parse_page(encoded(entries), kAt));
}

TEST(HierarchyPage, FindsTheFirstRepetitionInAnyOrder) {
    std::mt19937 random{4};
    for (int round = 0; round < 300; ++round) {
        std::vector<Entry> entries;
        for (std::int32_t i = 0; i < 40; ++i) {
            const auto kind = random() % 3;
            entries.push_back({{6, static_cast<std::int32_t>(random() % 60), 0, 0},
                               8,
                               32,
                               kind == 0   ? -1
                               : kind == 1 ? 0
                                           : 7});
        }
        std::optional<std::size_t> expected;
        for (std::size_t i = 0; i < entries.size() && !expected; ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (entries[i].key == entries[j].key && entries[i].point_count == entries[j].point_count &&
                    entries[i].point_count != 0)
                    expected = i;
        const auto page = copc::parse_page(encoded(entries), kAt);
        ASSERT_EQ(page.has_value(), !expected.has_value());
        if (expected) {
            EXPECT_EQ(page.error().at, kAt + *expected * copc::kEntrySize);
        }
    }
}

TEST(HierarchyPage, ReadsAnUnalignedCopy) {
    const auto whole = encoded(good_entries());
    for (std::size_t shift = 1; shift < 8; ++shift) {
        Bytes shifted(shift);
        shifted.insert(shifted.end(), whole.begin(), whole.end());
        const auto page = copc::parse_page(ByteView{shifted}.subspan(shift), kAt);
        ASSERT_TRUE(page);
        EXPECT_EQ(*page, good_entries());
    }
}

TEST(HierarchyPage, OfARealFileHoldsItsRoot) {
    std::ifstream file{std::string{COPSE_SHARED_DATA} + "/lone-star.copc.laz", std::ios::binary};
    if (!file) GTEST_SKIP() << "no shared data here";
    const std::vector<char> text{std::istreambuf_iterator<char>{file}, {}};
    const auto bytes = std::as_bytes(std::span{text});
    const auto info = copc::parse_info(bytes.subspan(429, copc::kInfoSize), 429);
    ASSERT_TRUE(info);
    ASSERT_LE(info->root_page.end(), bytes.size());
    const auto root = bytes.subspan(info->root_page.offset, info->root_page.size);
    const auto page = copc::parse_page(root, info->root_page.offset);
    ASSERT_TRUE(page);
    std::uint64_t points = 0;
    bool has_root = false;
    for (const auto& entry : *page) {
        points += entry.has_points() ? static_cast<std::uint64_t>(entry.point_count) : 0;
        has_root |= entry.key == copc::VoxelKey{};
    }
    EXPECT_TRUE(has_root);
    EXPECT_EQ(points, 518'862u);
    EXPECT_EQ(encoded(*page), Bytes(root.begin(), root.end()));
}

}  // namespace
}  // namespace copse
