#include "io/memory_cache.hpp"

#include <gtest/gtest.h>

#include <random>

#include "temporary_folder.hpp"

namespace copse::io {
namespace {

using testing::bytes_of;
using testing::text_of;

constexpr std::string_view kText = "0123456789abcdefghijklmnopqrstuvwxyz";

void put(MemoryCache& cache, MemoryCache::Object object, ByteRange range) {
    cache.put(object, range.offset, bytes_of(kText.substr(range.offset, range.size)));
}

TEST(MemoryCacheTest, GivesFrontAndBackOfARangeAndSaysWhatIsMissing) {
    MemoryCache cache{1000};
    const auto object = cache.add_object(), other = cache.add_object();
    put(cache, object, {0, 10});
    put(cache, object, {10, 5});
    put(cache, object, {20, 5});
    Bytes out;
    EXPECT_EQ(cache.fill(object, {2, 21}, {2, 21}, out), (ByteRange{15, 5}));
    ASSERT_EQ(out.size(), 21u);
    EXPECT_EQ(text_of(out).substr(0, 13), kText.substr(2, 13));
    EXPECT_EQ(text_of(out).substr(18), kText.substr(20, 3));
    Bytes whole;
    EXPECT_EQ(cache.fill(object, {3, 11}, {3, 11}, whole).size, 0u);
    EXPECT_EQ(text_of(whole), kText.substr(3, 11));
    Bytes none;
    EXPECT_EQ(cache.fill(object, {15, 5}, {15, 5}, none), (ByteRange{15, 5}));
    EXPECT_EQ(cache.fill(other, {0, 5}, {0, 5}, none), (ByteRange{0, 5}));
    EXPECT_TRUE(none.empty());
}

TEST(MemoryCacheTest, ForgetsWhatWasNotUsedForLongest) {
    MemoryCache cache{20};
    const auto object = cache.add_object();
    put(cache, object, {0, 10});
    put(cache, object, {10, 10});
    Bytes out;
    EXPECT_EQ(cache.fill(object, {0, 10}, {0, 10}, out).size, 0u);  // used
    put(cache, object, {20, 10});
    EXPECT_EQ(cache.fill(object, {0, 10}, {0, 10}, out).size, 0u);
    EXPECT_EQ(cache.fill(object, {10, 10}, {10, 10}, out).size, 10u);
    EXPECT_EQ(cache.held_bytes(), 20u);
    put(cache, object, {0, 36});  // too large a part of everything
    EXPECT_EQ(cache.held_bytes(), 20u);
    cache.drop_object(object);
    EXPECT_EQ(cache.held_bytes(), 0u);
}

TEST(MemoryCacheTest, NeverGivesOtherBytesThanWerePutIn) {
    std::mt19937 random{7};
    MemoryCache cache{30};
    const auto object = cache.add_object();
    for (int i = 0; i < 20'000; ++i) {
        const auto offset = random() % kText.size();
        const ByteRange range{offset, 1 + random() % std::min<std::size_t>(kText.size() - offset, 12)};
        Bytes out;
        const auto missing = cache.fill(object, range, range, out);
        ASSERT_LE(cache.held_bytes(), 30u);
        ASSERT_TRUE(missing.offset >= range.offset && missing.end() <= range.end());
        for (auto at = range.offset; at < range.end(); ++at) {
            if (at >= missing.offset && at < missing.end()) continue;
            ASSERT_EQ(std::to_integer<char>(out.at(at - range.offset)), kText[at]);
        }
        if (missing.size != 0) put(cache, object, missing);
        Bytes again;
        ASSERT_EQ(cache.fill(object, missing, missing, again).size, 0u);
    }
}

}  // namespace
}  // namespace copse::io
