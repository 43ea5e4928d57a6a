// A file on a web server as a byte source: a few connections that are kept and share the ranges asked for.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <copse/async.hpp>

#include "http_connection.hpp"

/// An io_context that one thread runs is an executor as it is.
class AsioExecutor final : public copse::async::Executor {
public:
    explicit AsioExecutor(asio::io_context& context) : context_{&context} {}
    void post(std::function<void()> work) override { asio::post(*context_, std::move(work)); }

private:
    asio::io_context* context_;
};

/// Used by the thread that runs `context`. Plain HTTP/1.1; no redirects, no retries.
class HttpSource final : public copse::async::ByteSource, public std::enable_shared_from_this<HttpSource> {
public:
    HttpSource(asio::io_context& context, HttpTarget target, std::size_t max_connections = 8)
        : context_{&context}, target_{std::move(target)}, max_connections_{max_connections} {}

    [[nodiscard]] std::optional<std::uint64_t> size() const override { return size_; }
    std::unique_ptr<copse::async::Transfer> start(copse::ByteRange range, copse::async::Completion done) override;

private:
    struct Job {
        copse::ByteRange range;
        copse::async::Completion done;  // empty once cancelled
        std::shared_ptr<HttpConnection> connection;
    };
    class JobTransfer;
    void serve(const std::shared_ptr<HttpConnection>& connection);
    copse::Result<copse::Bytes> judge(copse::Result<HttpAnswer> answer);

    asio::io_context* context_;
    HttpTarget target_;
    std::size_t max_connections_;
    std::size_t busy_ = 0;
    std::vector<std::shared_ptr<HttpConnection>> idle_;
    std::deque<std::shared_ptr<Job>> waiting_;
    std::optional<std::uint64_t> size_;
    std::string etag_;
};
