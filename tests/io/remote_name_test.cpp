#include <gtest/gtest.h>

#include "copse/io.hpp"

namespace copse::io {
namespace {

TEST(RemoteNameTest, BeginsWithAKnownSchemeInAnyCase) {
    for (const auto* name : {"http://a/b", "https://a/b", "s3://a/b", "HTTP://a", "S3://a/b", "Https://"})
        EXPECT_TRUE(is_remote_name(name)) << name;
    for (const auto* name : {"", "a", "http", "http:/a", "/http://a", "ftp://a/b", "s3:/a", "file:///a", "s3//a"})
        EXPECT_FALSE(is_remote_name(name)) << name;
}

TEST(RemoteNameTest, IsShownWithoutPasswordQueryValuesAndFragment) {
    const std::pair<const char*, const char*> cases[] = {
        {"https://host/a/b.laz", "https://host/a/b.laz"},
        {"https://user:pass@host:81/a", "https://host:81/a"},
        {"https://token@host/a", "https://host/a"},
        {"https://host/a?sig=secret&se=2026", "https://host/a?sig=...&se=..."},
        {"https://host/a?secret", "https://host/a?..."},
        {"https://host/a?x=", "https://host/a?x=..."},
        {"https://host/a?", "https://host/a?"},
        {"https://host/a?x=1&&y=a=b?c", "https://host/a?x=...&&y=..."},
        {"https://host/a#secret", "https://host/a"},
        {"https://host?x=secret@y", "https://host?x=..."},
        {"https://host/a@b", "https://host/a@b"},
        {"https://u:p@ss@host/a", "https://host/a"},
        {"HTTPS://user:pass@host", "HTTPS://host"},
        {"s3://bucket/a?b=c#d@e", "s3://bucket/a?b=c#d@e"},
        {"folder/a?b=c", "folder/a?b=c"},
    };
    for (const auto& [name, shown] : cases) EXPECT_EQ(shown_name(name), shown);
}

}  // namespace
}  // namespace copse::io
