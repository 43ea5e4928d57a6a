#include <gtest/gtest.h>

#include <algorithm>

#include "copse/temporal.hpp"

namespace copse {
namespace {

using temporal::NodeEntry;
using temporal::Page;
using temporal::PagePointer;

constexpr FileOffset kAt = 50'092;

// At 0 the root's entry with two samples, at 36 a pointer, at 84 an entry with one sample, at 112 the end.
Page good_page() {
    Page page;
    page.nodes.push_back({{0, 0, 0, 0}, {3e8, 3e8 + 40}, kAt});
    page.pages.push_back({{1, 0, 1, 0}, {60'000, 500}, 3e8 + 2, 3e8 + 30, kAt + 36});
    page.nodes.push_back({{1, 1, 1, 0}, {3e8 + 7}, kAt + 84});
    return page;
}

Bytes encoded(const Page& page) {
    Bytes out;
    temporal::encode_page(page, out);
    return out;
}

void expect_same(const Page& a, const Page& b) {
    ASSERT_EQ(a.nodes.size(), b.nodes.size());
    ASSERT_EQ(a.pages.size(), b.pages.size());
    for (std::size_t i = 0; i < a.nodes.size(); ++i) {
        EXPECT_EQ(a.nodes[i].key, b.nodes[i].key);
        EXPECT_EQ(a.nodes[i].samples, b.nodes[i].samples);
        EXPECT_EQ(a.nodes[i].at, b.nodes[i].at);
    }
    for (std::size_t i = 0; i < a.pages.size(); ++i) {
        EXPECT_EQ(a.pages[i].key, b.pages[i].key);
        EXPECT_EQ(a.pages[i].page, b.pages[i].page);
        EXPECT_EQ(a.pages[i].time_min, b.pages[i].time_min);
        EXPECT_EQ(a.pages[i].time_max, b.pages[i].time_max);
        EXPECT_EQ(a.pages[i].at, b.pages[i].at);
    }
}

void expect_error(const Bytes& bytes, Code code, FileOffset at) {
    const auto page = temporal::parse_page(bytes, kAt);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, code);
    EXPECT_EQ(page.error().at, at);
}

void expect_error(const Page& page, FileOffset at) { expect_error(encoded(page), Code::bad_value, at); }

TEST(TemporalPage, KeepsTheFieldsOfAGoodPage) {
    const auto bytes = encoded(good_page());
    EXPECT_EQ(bytes.size(), 112u);
    const auto page = temporal::parse_page(bytes, kAt);
    ASSERT_TRUE(page);
    expect_same(*page, good_page());
}

TEST(TemporalPage, MayBeEmpty) {
    const auto page = temporal::parse_page({}, kAt);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->nodes.empty());
    EXPECT_TRUE(page->pages.empty());
}

TEST(TemporalPage, IsWrittenBreadthFirstWithPointersBeforeEntries) {
    Page shuffled = good_page();
    std::reverse(shuffled.nodes.begin(), shuffled.nodes.end());
    EXPECT_EQ(encoded(shuffled), encoded(good_page()));

    shuffled.nodes.push_back({{1, 0, 1, 0}, {1, 2}, 0});
    const auto page = temporal::parse_page(encoded(shuffled), kAt);
    ASSERT_TRUE(page);
    ASSERT_EQ(page->nodes.size(), 3u);
    EXPECT_EQ(page->nodes[1].key, (copc::VoxelKey{1, 0, 1, 0}));
    EXPECT_EQ(page->nodes[1].at, page->pages[0].at + temporal::kPagePointerSize);
}

TEST(TemporalPage, RejectsEveryPrefixThatCutsAnEntry) {
    const auto whole = encoded(good_page());
    const std::size_t entries[] = {0, 36, 84};
    const std::size_t fields[] = {0,  4,  8,  12, 16,  20, 28,          // entry
                                  36, 40, 44, 48, 52,  56, 64, 68, 76,  // pointer
                                  84, 88, 92, 96, 100, 104};            // entry
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
        if (std::count(std::begin(entries), std::end(entries), size) > 0) {
            EXPECT_TRUE(temporal::parse_page(cut, kAt));
            continue;
        }
        const auto field = *(std::upper_bound(std::begin(fields), std::end(fields), size) - 1);
        expect_error(cut, Code::truncated, kAt + field);
    }
}

TEST(TemporalPage, RejectsOneByteTooMany) {
    auto bytes = encoded(good_page());
    bytes.push_back(std::byte{0});
    expect_error(bytes, Code::truncated, kAt + 112);
}

TEST(TemporalPage, TakesNoMemoryForSamplesThatAreNotThere) {
    auto bytes = encoded(good_page());
    wire::store_le(&bytes[84 + 16], std::uint32_t{0xffffffff});  // 32 GiB of samples
    expect_error(bytes, Code::truncated, kAt + 112);
    wire::store_le(&bytes[16], std::uint32_t{0xffffffff});
    expect_error(bytes, Code::truncated, kAt + 20 + (112 - 20) / 8 * 8);
}

TEST(TemporalPage, RejectsKeysOutsideTheTree) {
    for (const copc::VoxelKey& key : {copc::VoxelKey{-1, 0, 0, 0}, copc::VoxelKey{31, 0, 0, 0},
                                      copc::VoxelKey{1, 2, 0, 0}, copc::VoxelKey{1, 0, 0, -1}}) {
        auto bytes = encoded(good_page());
        for (const std::size_t entry : {0u, 36u, 84u}) {
            auto damaged = bytes;
            const std::int32_t words[] = {key.level, key.x, key.y, key.z};
            for (std::size_t i = 0; i < 4; ++i) wire::store_le(&damaged[entry + 4 * i], words[i]);
            expect_error(damaged, Code::bad_value, kAt + entry);
        }
    }
}

TEST(TemporalPage, RejectsUnusablePointers) {
    auto page = good_page();
    page.pages[0].page.size = 0;
    expect_error(page, kAt + 36 + 28);
    page.pages[0].page = {~FileOffset{0} - 499, 500};
    expect_error(page, kAt + 36 + 20);
    page.pages[0].page.offset -= 1;
    EXPECT_TRUE(temporal::parse_page(encoded(page), kAt));
}

TEST(TemporalPage, HandsOutTimesAsStored) {
    auto page = good_page();
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    page.nodes[0].samples = {5, -std::numeric_limits<double>::infinity()};
    page.pages[0].time_min = kNan;
    const auto parsed = temporal::parse_page(encoded(page), kAt);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->nodes[0].samples, page.nodes[0].samples);
    EXPECT_TRUE(parsed->pages[0].time_min != parsed->pages[0].time_min);
}

TEST(TemporalPage, RejectsANodeThatIsNamedTwice) {
    auto page = good_page();
    page.nodes.push_back(page.nodes[1]);
    expect_error(page, kAt + 112);
    page = good_page();
    page.nodes.push_back(page.nodes[0]);  // sorts behind the first
    expect_error(page, kAt + 36);
    page = good_page();
    page.pages.push_back(page.pages[0]);
    expect_error(page, kAt + 84);

    // Out of order: the one that comes second in the file is named, and the earliest of several.
    auto bytes = encoded(good_page());
    const Bytes again{bytes.begin(), bytes.begin() + 36};
    bytes.insert(bytes.end(), again.begin(), again.end());
    bytes.insert(bytes.end(), again.begin(), again.end());
    expect_error(bytes, Code::bad_value, kAt + 112);
}

TEST(TemporalPage, ReadsAnUnalignedCopy) {
    const auto whole = encoded(good_page());
    for (std::size_t shift = 1; shift < 8; ++shift) {
        Bytes shifted(shift);
        shifted.insert(shifted.end(), whole.begin(), whole.end());
        const auto page = temporal::parse_page(ByteView{shifted}.subspan(shift), kAt);
        ASSERT_TRUE(page);
        expect_same(*page, good_page());
    }
}

}  // namespace
}  // namespace copse
