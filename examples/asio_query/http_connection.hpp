// One connection to a web server that answers one range request after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <asio.hpp>
#include <copse/wire.hpp>

/// What a server was asked for, and where.
struct HttpTarget {
    std::string host, port, path;
};

/// A range as the server gave it.
struct HttpAnswer {
    copse::Bytes bytes;
    std::uint64_t file_size = 0;
    std::string etag;  ///< empty if the server names none
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
public:
    using Done = std::function<void(copse::Result<HttpAnswer>)>;
    HttpConnection(asio::io_context& context, const HttpTarget& target)
        : target_{target}, resolver_{context}, socket_{context} {}

    /// Asks for a range; connects first where it must, and once more if a kept connection turns out to be closed.
    /// @pre nothing is being asked
    void get(copse::ByteRange range, Done done);
    /// What is being asked ends with an error.
    void close();

private:
    void connect();
    void send();
    void read_head();
    void take_head(std::size_t size);
    void read_body();
    void end(copse::Result<HttpAnswer> result);
    void end(const asio::error_code& error, const char* what);
    copse::Error refusal(const char* what, int status = 0) const;

    HttpTarget target_;
    asio::ip::tcp::resolver resolver_;
    asio::ip::tcp::socket socket_;
    bool kept_ = false;  // the connection has served before: the server may have closed it since
    bool closing_ = false;

    copse::ByteRange range_;
    Done done_;
    std::string request_, received_;
    HttpAnswer answer_;
};
