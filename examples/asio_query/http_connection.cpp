#include "http_connection.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>

using copse::ByteRange;
using copse::Code;
using copse::Error;
using copse::Result;

namespace {

constexpr std::size_t kMaxHeadBytes = 16u << 10;

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// The value of a header field; empty if there is none.
std::string_view field(std::string_view head, std::string_view name) {
    for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n")) {
        head.remove_prefix(at + 2);
        const auto line = head.substr(0, head.find("\r\n"));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || !same_name(line.substr(0, colon), name)) continue;
        const auto from = line.find_first_not_of(" \t", colon + 1);
        return from == std::string_view::npos ? std::string_view{} : line.substr(from);
    }
    return {};
}

/// Takes a decimal number off the front.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

bool take_text(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

struct ContentRange {
    std::uint64_t first = 0, last = 0, file_size = 0;
};

/// "bytes 0-499/1234"
std::optional<ContentRange> parse_content_range(std::string_view text) {
    if (!take_text(text, "bytes ")) return std::nullopt;
    const auto first = take_number(text);
    if (!first || !take_text(text, "-")) return std::nullopt;
    const auto last = take_number(text);
    if (!last || !take_text(text, "/")) return std::nullopt;
    const auto size = take_number(text);
    if (!size || *last < *first || *last >= *size) return std::nullopt;
    return ContentRange{*first, *last, *size};
}

}  // namespace

Error HttpConnection::refusal(const char* what, int status) const {
    Error error{Code::io_failed, range_.offset, what};
    error.http_status = status;
    return error;
}

void HttpConnection::get(ByteRange range, Done done) {
    range_ = range;
    done_ = std::move(done);
    closing_ = false;
    request_ = "GET " + target_.path + " HTTP/1.1\r\nHost: " + target_.host + ":" + target_.port +
               "\r\nRange: bytes=" + std::to_string(range.offset) + "-" + std::to_string(range.end() - 1) +
               "\r\nAccept-Encoding: identity\r\n\r\n";
    if (socket_.is_open()) return send();
    connect();
}

void HttpConnection::close() {
    closing_ = true;
    resolver_.cancel();
    asio::error_code ignored;
    socket_.close(ignored);
}

void HttpConnection::connect() {
    kept_ = false;
    resolver_.async_resolve(target_.host, target_.port, [self = shared_from_this()](auto error, auto endpoints) {
        if (error || self->closing_) return self->end(error, "the server's name cannot be resolved");
        asio::async_connect(self->socket_, endpoints, [self](auto failure, const auto&) {
            if (failure || self->closing_) return self->end(failure, "the server cannot be reached");
            asio::error_code ignored;
            self->socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
            self->send();
        });
    });
}

void HttpConnection::send() {
    asio::async_write(socket_, asio::buffer(request_), [self = shared_from_this()](auto error, std::size_t) {
        if (!error) return self->read_head();
        self->end(error, "sending a request failed");
    });
}

void HttpConnection::read_head() {
    received_.clear();
    asio::async_read_until(socket_, asio::dynamic_buffer(received_, kMaxHeadBytes), "\r\n\r\n",
                           [self = shared_from_this()](auto error, std::size_t size) {
                               if (!error) return self->take_head(size);
                               self->end(error, "the server's answer breaks off");
                           });
}

void HttpConnection::take_head(std::size_t size) {
    const auto head = std::string_view{received_}.substr(0, size);
    std::string_view line = head;
    if (!take_text(line, "HTTP/1.1 ") && !take_text(line, "HTTP/1.0 "))
        return end(refusal("the server does not speak HTTP/1"));
    const auto status = static_cast<int>(take_number(line).value_or(0));
    if (status == 200) return end(refusal("the server ignores range requests", status));
    if (status != 206) return end(refusal("the server refuses the request", status));

    const auto given = parse_content_range(field(head, "Content-Range"));
    const auto last = given ? std::min(range_.end(), given->file_size) - 1 : 0;
    if (!given || given->first != range_.offset || given->last != last)
        return end(refusal("the server answers with another range than was asked for", status));
    if (!field(head, "Content-Encoding").empty() || !field(head, "Transfer-Encoding").empty())
        return end(refusal("the server encodes what it sends", status));

    answer_.file_size = given->file_size;
    answer_.etag = field(head, "ETag");
    kept_ = !same_name(field(head, "Connection"), "close");
    // What came along with the head is the body's beginning.
    answer_.bytes.resize(static_cast<std::size_t>(given->last - given->first + 1));
    const auto body = std::string_view{received_}.substr(size);
    if (body.size() > answer_.bytes.size()) return end(refusal("the server sends more than was asked for", status));
    std::transform(body.begin(), body.end(), answer_.bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    received_.resize(body.size());
    read_body();
}

void HttpConnection::read_body() {
    const auto rest = asio::buffer(answer_.bytes) + received_.size();
    asio::async_read(socket_, rest, [self = shared_from_this()](auto error, std::size_t) {
        if (error) {
            self->kept_ = false;
            return self->end(error, "the server's answer breaks off");
        }
        if (!self->kept_) self->close();
        self->end(std::move(self->answer_));
    });
}

void HttpConnection::end(const asio::error_code& error, const char* what) {
    const bool again = std::exchange(kept_, false) && !closing_;
    asio::error_code ignored;
    socket_.close(ignored);
    if (again) return connect();
    Error failure = refusal(what);
    if (error.category() == asio::system_category()) failure.os_error = error.value();
    end(failure);
}

void HttpConnection::end(Result<HttpAnswer> result) {
    if (!result) close();
    // Last: it may ask for the next range.
    const auto done = std::exchange(done_, {});
    done(std::move(result));
}
