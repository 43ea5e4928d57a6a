#include "io/http_answer.hpp"

#include <gtest/gtest.h>

namespace copse::io {
namespace {

using std::chrono::seconds;

TEST(ContentRangeTest, IsReadInAllItsForms) {
    EXPECT_EQ(parse_content_range("bytes 0-499/1234"), (ContentRange{ByteRange{0, 500}, 1234}));
    EXPECT_EQ(parse_content_range("bytes 42-42/*"), (ContentRange{ByteRange{42, 1}, std::nullopt}));
    EXPECT_EQ(parse_content_range("bytes */1234"), (ContentRange{std::nullopt, 1234}));
    EXPECT_EQ(parse_content_range("Bytes  0 - 499 / 1234 "), (ContentRange{ByteRange{0, 500}, 1234}));
    EXPECT_EQ(parse_content_range("bytes=0-499/1234"), (ContentRange{ByteRange{0, 500}, 1234}));
    EXPECT_EQ(parse_content_range("bytes 18446744073709551613-18446744073709551614/18446744073709551615"),
              (ContentRange{ByteRange{18446744073709551613u, 2}, 18446744073709551615u}));
}

TEST(ContentRangeTest, IsRefusedWhereItMakesNoSense) {
    for (const auto* value :
         {"", "bytes", "bytes ", "bytes */*", "bytes 0-499", "items 0-1/2", "bytes 5-4/10", "bytes 0-10/10",
          "bytes -5/10", "bytes 5-/10", "bytes 0-0/", "bytes 0x0-1/2", "bytes +0-1/2", "bytes 0-1/-2", "bytes0-1/2",
          "bytes 0-18446744073709551615/*", "bytes 0-18446744073709551616/*", "bytes 0-1,3-4/10"})
        EXPECT_EQ(parse_content_range(value), std::nullopt) << value;
}

TEST(RetryAfterTest, IsSecondsOrADate) {
    constexpr std::time_t kThen = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
    EXPECT_EQ(parse_retry_after("0", kThen), seconds{0});
    EXPECT_EQ(parse_retry_after(" 120 ", kThen), seconds{120});
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kThen), seconds{0});
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", kThen), seconds{60});
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", kThen), seconds{0});
    EXPECT_EQ(parse_retry_after("Thu, 29 Feb 2024 23:59:60 GMT", 1709251199), seconds{1});
    EXPECT_EQ(parse_retry_after("Fri, 01 Mar 2024 00:00:10 GMT", 1709251199), seconds{11});
    EXPECT_EQ(parse_retry_after("99999999999999999", kThen), seconds{86'400});
    for (const auto* value :
         {"", "soon", "-1", "1.5", "Sun, 06 Foo 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 anF 1994 08:49:37 GMT"})
        EXPECT_EQ(parse_retry_after(value, kThen), std::nullopt) << value;
}

AnswerHead head_of(std::initializer_list<const char*> lines) {
    AnswerHead head;
    for (const auto* line : lines) head.take_line(line);
    return head;
}

TEST(AnswerHeadTest, KnowsTheHeadersWhateverTheirCase) {
    const auto head =
        head_of({"HTTP/1.1 206 Partial Content\r\n", "CONTENT-length:  5 \r\n", "Content-range: bytes 0-4/9\r\n",
                 "etag: \"x\"\r\n", "Last-Modified: then\r\n", "Unknown: 1\r\n", "no colon\r\n"});
    EXPECT_EQ(head.status, 206);
    EXPECT_EQ(head.content_length, 5u);
    EXPECT_EQ(head.content_range, "bytes 0-4/9");
    EXPECT_EQ(head.etag, "\"x\"");
    EXPECT_EQ(head.last_modified, "then");
}

TEST(AnswerHeadTest, BeginsAnewWithAStatusLine) {
    const auto head = head_of({"HTTP/1.1 100 Continue", "ETag: \"old\"", "HTTP/2 200", "Location: /x"});
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.etag, "");
    EXPECT_EQ(head.location, "/x");
    for (const auto* line : {"HTTP/", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 abc"})
        EXPECT_EQ(head_of({line}).status, 0) << line;
}

TEST(AnswerHeadTest, ComparesStrongEtagsElseTheDate) {
    const ObjectState both{9, "\"a\"", "monday"};
    EXPECT_TRUE(same_object(both, head_of({"ETag: \"a\"", "Last-Modified: tuesday"})));
    EXPECT_FALSE(same_object(both, head_of({"ETag: \"b\"", "Last-Modified: monday"})));
    EXPECT_TRUE(same_object(both, head_of({"ETag: W/\"b\"", "Last-Modified: monday"})));
    EXPECT_FALSE(same_object(both, head_of({"ETag: W/\"a\"", "Last-Modified: tuesday"})));
    EXPECT_FALSE(same_object(both, head_of({"Last-Modified: tuesday"})));
    EXPECT_TRUE(same_object(both, head_of({})));
    EXPECT_EQ(state_of(head_of({"ETag: W/\"a\"", "Last-Modified: monday"}), 9), (ObjectState{9, "", "monday"}));
}

const char* fault(std::initializer_list<const char*> lines, ByteRange asked, std::optional<std::uint64_t> size) {
    return fault_of_partial(head_of(lines), asked, size);
}

TEST(PartialAnswerTest, IsTakenIfItIsWhatWasAskedFor) {
    EXPECT_EQ(fault({"Content-Range: bytes 10-19/100", "Content-Length: 10"}, {10, 10}, 100), nullptr);
    EXPECT_EQ(fault({"Content-Range: bytes 10-19/*"}, {10, 10}, 100), nullptr);
    EXPECT_EQ(fault({"Content-Range: bytes 0-19/20"}, {0, 64}, std::nullopt), nullptr);
    EXPECT_EQ(fault({"Content-Range: bytes 0-19/*"}, {0, 64}, std::nullopt), nullptr);  // ends before: so long it is
    EXPECT_EQ(fault({"Content-Range: bytes 0-63/100", "Content-Encoding: identity"}, {0, 64}, std::nullopt), nullptr);
}

TEST(PartialAnswerTest, IsRefusedIfItIsSomethingElse) {
    const std::initializer_list<const char*> wrong[] = {
        {},
        {"Content-Range: nonsense"},
        {"Content-Range: bytes */100"},
        {"Content-Range: bytes 11-20/100"},
        {"Content-Range: bytes 10-18/100"},
        {"Content-Range: bytes 10-20/100"},
        {"Content-Range: bytes 9-19/100"},
        {"Content-Range: bytes 10-19/101"},
        {"Content-Range: bytes 10-19/100", "Content-Length: 11"},
        {"Content-Range: bytes 10-19/100", "Content-Encoding: gzip"},
    };
    for (const auto& lines : wrong) EXPECT_NE(fault(lines, {10, 10}, 100), nullptr);
    EXPECT_NE(fault({"Content-Range: bytes 0-63/*"}, {0, 64}, std::nullopt), nullptr);  // nobody knows the size
    EXPECT_NE(fault({"Content-Range: bytes 0-64/*"}, {0, 64}, std::nullopt), nullptr);
    EXPECT_NE(fault({"Content-Range: bytes 0-19/100"}, {0, 64}, std::nullopt), nullptr);
}

}  // namespace
}  // namespace copse::io
