#include "ept/key.hpp"

#include <gtest/gtest.h>

namespace copse::ept {
namespace {

TEST(EptKey, IsReadAndWrittenAsTheNameOfItsFiles) {
    EXPECT_EQ(parse_key("0-0-0-0"), Key{});
    EXPECT_EQ(parse_key("3-5-4-7"), (Key{3, 5, 4, 7}));
    EXPECT_EQ(to_text({3, 5, 4, 7}), "3-5-4-7");
    const Key deep{31, 0x7fffffff, 0, 0x7ffffffe};
    EXPECT_EQ(parse_key(to_text(deep)), deep);
}

TEST(EptKey, IsNothingElse) {
    for (const char* text :
         {"", "0", "0-0-0", "0-0-0-0-0", "0-0-0-1", "1-2-0-0", "32-0-0-0", "01-0-0-0", "1-00-0-0", "1-0-0-", "-1-0-0-0",
          "1--1-0-0", "1-+1-0-0", " 1-0-0-0", "1-0-0-0 ", "1_0_0_0", "a-0-0-0", "31-4294967296-0-0", "../0-0-0-0"})
        EXPECT_FALSE(parse_key(text)) << text;
    EXPECT_FALSE(parse_key(std::string_view{"1-0-0-0\0", 8}));
}

}  // namespace
}  // namespace copse::ept
