// Judging what servers answer to range requests.
#include "io/http_answer.hpp"

#include <array>
#include <limits>

#include "io/text.hpp"

namespace copse::io {
namespace {

constexpr auto kLargest = std::numeric_limits<std::uint64_t>::max();

/// "0-499"
std::optional<ByteRange> parse_first_last(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = parse_whole_number(trimmed(text.substr(0, dash)));
    const auto last = parse_whole_number(trimmed(text.substr(dash + 1)));
    if (!first || !last || *last < *first || *last == kLargest) return std::nullopt;
    return ByteRange{*first, *last - *first + 1};
}

/// Days from 1970-01-01, for years after 1600.
/// The year begins in March, so that the day that comes and goes is its last.
std::int64_t days_since_epoch(int year, int month, int day) {
    const std::int64_t y = month > 2 ? year : year - 1;
    const std::int64_t months_since_march = (month + 9) % 12;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * months_since_march + 2) / 5 + day - 719469;
}

std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t count, int most) {
    const auto value = parse_whole_number(text.substr(at, count));
    if (!value || *value > static_cast<std::uint64_t>(most)) return std::nullopt;
    return static_cast<int>(*value);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT", the form that servers must send.
std::optional<std::int64_t> parse_date(std::string_view text) {
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    constexpr std::string_view kForm = "Sun, 06 Nov 1994 08:49:37 GMT";
    if (text.size() != kForm.size() || !text.ends_with(" GMT")) return std::nullopt;
    const auto month = kMonths.find(text.substr(8, 3));
    const auto day = number_at(text, 5, 2, 31), year = number_at(text, 12, 4, 9999);
    const auto hour = number_at(text, 17, 2, 23), minute = number_at(text, 20, 2, 59),
               second = number_at(text, 23, 2, 60);
    if (month == std::string_view::npos || month % 3 != 0 || !day || !year || *year < 1601 || !hour || !minute ||
        !second)
        return std::nullopt;
    return ((days_since_epoch(*year, static_cast<int>(month / 3) + 1, *day) * 24 + *hour) * 60 + *minute) * 60 +
           *second;
}

bool is_weak(std::string_view etag) { return etag.starts_with("W/") || etag.starts_with("w/"); }

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view value) {
    constexpr std::string_view kUnit = "bytes";
    value = trimmed(value);
    if (value.size() <= kUnit.size() || !same_word(value.substr(0, kUnit.size()), kUnit)) return std::nullopt;
    value.remove_prefix(kUnit.size());
    // Some servers write "bytes=0-499/1234" or "bytes: ...": the form of the request.
    if (value.front() != ' ' && value.front() != '=' && value.front() != ':') return std::nullopt;
    value = trimmed(value.substr(1));
    const auto slash = value.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto range = trimmed(value.substr(0, slash)), total = trimmed(value.substr(slash + 1));
    ContentRange result;
    if (range != "*") {
        result.range = parse_first_last(range);
        if (!result.range) return std::nullopt;
    }
    if (total != "*") {
        result.total = parse_whole_number(total);
        if (!result.total || (result.range && result.range->end() > *result.total)) return std::nullopt;
    }
    if (!result.range && !result.total) return std::nullopt;
    return result;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::time_t now) {
    value = trimmed(value);
    constexpr std::int64_t kDay = 86'400;  // a longer pause is as good as a refusal, and must not overflow a clock
    if (const auto seconds = parse_whole_number(value))
        return std::chrono::seconds{std::min(*seconds, static_cast<std::uint64_t>(kDay))};
    const auto date = parse_date(value);
    if (!date) return std::nullopt;
    return std::chrono::seconds{std::clamp<std::int64_t>(*date - static_cast<std::int64_t>(now), 0, kDay)};
}

void AnswerHead::take_line(std::string_view line) {
    if (line.starts_with("HTTP/")) {
        *this = {};
        const auto space = line.find(' ');
        if (space != std::string_view::npos) status = number_at(line, space + 1, 3, 999).value_or(0);
        return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const auto name = lower(trimmed(line.substr(0, colon)));
    const auto value = trimmed(line.substr(colon + 1));
    if (name == "content-length") content_length = parse_whole_number(value);
    if (name == "transfer-encoding") chunked = true;
    if (name == "content-range") content_range = value;
    if (name == "content-encoding") content_encoding = value;
    if (name == "etag") etag = value;
    if (name == "last-modified") last_modified = value;
    if (name == "location") location = value;
    if (name == "retry-after") retry_after = value;
    if (name == "x-amz-bucket-region") bucket_region = value;
}

bool AnswerHead::is_redirect() const {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool AnswerHead::is_passing() const {
    return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

ObjectState state_of(const AnswerHead& head, std::uint64_t size) {
    return {size, is_weak(head.etag) ? std::string{} : head.etag, head.last_modified};
}

bool same_object(const ObjectState& known, const AnswerHead& head) {
    if (!known.etag.empty() && !head.etag.empty() && !is_weak(head.etag)) return known.etag == head.etag;
    if (!known.last_modified.empty() && !head.last_modified.empty()) return known.last_modified == head.last_modified;
    return true;
}

const char* fault_of_partial(const AnswerHead& head, ByteRange asked, std::optional<std::uint64_t> size) {
    if (!head.content_encoding.empty() && !same_word(head.content_encoding, "identity"))
        return "the server compresses ranges (Content-Encoding), which then are not those of the file";
    if (!head.content_range) return "the server does not say which bytes it sends (no Content-Range)";
    const auto said = parse_content_range(*head.content_range);
    if (!said || !said->range) return "the server's Content-Range cannot be understood";
    if (size && said->total && *said->total != *size) return "the size of the file changed on the server";
    const auto total = said->total ? said->total : size;
    if (!total && said->range->size == asked.size)
        return "the server does not tell the size of the file (Content-Range: .../*)";
    const auto end = std::min(asked.end(), total.value_or(said->range->end()));
    if (said->range->offset != asked.offset || said->range->end() != end)
        return "the server sends other bytes than were asked for (Content-Range)";
    if (head.content_length && !head.chunked && *head.content_length != said->range->size)
        return "the server's Content-Range and Content-Length contradict each other";
    return nullptr;
}

const char* meaning_of_status(int status, bool opened) {
    switch (status) {
        case 401:
            return opened ? "the server asks for credentials since the file was opened; have they expired?"
                          : "the server asks for credentials";
        case 403:
            return opened ? "the server refuses access since the file was opened; signed URL expired?"
                          : "the server refuses access; wrong credentials, or signed URL expired?";
        case 404:
        case 410:
            return opened ? "the file is gone from the server since it was opened" : "no such file on the server";
        case 407:
            return "the proxy asks for credentials";
        case 416:
            return "the server says that the range is not inside the file";
        case 429:
            return "the server was asked too often, and went on to say so";
        case 503:
            return "the server is overloaded or down, and stayed so";
        default:
            break;
    }
    if (status >= 500) return "the server failed, again and again";
    if (status >= 400) return "the server refuses the request";
    return "the server answers with a status that does not belong to a range request";
}

}  // namespace copse::io
