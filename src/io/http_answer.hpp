// The head of an HTTP answer, as far as range requests need it. Pure: no network.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "copse/wire.hpp"

namespace copse::io {

/// What Content-Range says.
/// @spec RFC 9110, "Content-Range"
struct ContentRange {
    std::optional<ByteRange> range;      ///< none in "bytes */1234"
    std::optional<std::uint64_t> total;  ///< none in "bytes 0-9/*"
    friend bool operator==(const ContentRange&, const ContentRange&) = default;
};

/// Nothing if the unit is not bytes, a number is missing or passes 64 bits, the range is turned round or passes the
/// total, or nothing is said at all.
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view value);

/// How long Retry-After asks to wait: seconds, or until a date. Nothing if it is neither; none of it is below zero.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::time_t now);

/// Status and the headers that matter, taken line by line as they come. A status line begins anew.
struct AnswerHead {
    int status = 0;
    bool chunked = false;  ///< Content-Length would say nothing
    std::optional<std::uint64_t> content_length;
    std::optional<std::string> content_range;
    std::string content_encoding, etag, last_modified, location, retry_after;
    std::string bucket_region;  ///< x-amz-bucket-region

    void take_line(std::string_view line);
    [[nodiscard]] bool is_redirect() const;
    /// Worth asking again after a while.
    [[nodiscard]] bool is_passing() const;
};

/// Which object, and which state of it, the bytes of an answer belong to.
struct ObjectState {
    std::uint64_t size = 0;
    std::string etag;  ///< a strong one, else empty
    std::string last_modified;

    /// Whether it can be told from other states of the object at all.
    [[nodiscard]] bool has_validator() const { return !etag.empty() || !last_modified.empty(); }
    friend bool operator==(const ObjectState&, const ObjectState&) = default;
};

/// The validators of an answer. A weak ETag promises no equal bytes and is left out.
[[nodiscard]] ObjectState state_of(const AnswerHead& head, std::uint64_t size);

/// Whether an answer with these validators may belong to the object that `known` describes. Strong ETags decide where
/// both have one, else Last-Modified where both have it.
[[nodiscard]] bool same_object(const ObjectState& known, const AnswerHead& head);

/// What is wrong with an answer of status 206 to a request for `asked` of an object whose size is known or not.
/// @return static text, or null if the body may be taken: `asked`, cut at the end of the object
[[nodiscard]] const char* fault_of_partial(const AnswerHead& head, ByteRange asked, std::optional<std::uint64_t> size);

/// What a refusal (4xx, 5xx) means, for people.
/// @param opened the object could be read before
[[nodiscard]] const char* meaning_of_status(int status, bool opened);

}  // namespace copse::io
