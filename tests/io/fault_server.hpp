// A web server on the loopback that answers as a test tells it to, faults included, and keeps a log.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace copse::io::testing {

struct Request {
    std::string target;                                            ///< path and query, as sent
    std::map<std::string, std::string> headers;                    ///< names in lower case
    std::optional<std::pair<std::uint64_t, std::uint64_t>> range;  ///< first and last byte
    std::size_t number = 0;                                        ///< of this server's requests, from 0
    std::size_t connection = 0;

    [[nodiscard]] bool has(const std::string& name) const { return headers.contains(name); }
};

/// What becomes of the connection once the bytes have been sent.
enum class Then : std::uint8_t { keep, close, reset, stall, hang_up };

struct Reply {
    std::string status = "200 OK";
    std::vector<std::string> headers{};
    std::string body{};
    std::optional<std::size_t> sent = std::nullopt;  ///< bytes of the body that really are sent; none: all
    Then then = Then::keep;
    bool says_length = true;
};

using Answer = std::function<Reply(const Request&)>;

inline std::string lower_case(std::string text) {
    for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

/// 206 of what was asked, as good servers do it.
inline Reply partial(const std::string& file, const Request& request, const std::string& etag = "\"v1\"") {
    Reply reply;
    if (!etag.empty()) reply.headers.push_back("ETag: " + etag);
    if (!request.range) {
        reply.body = file;
        return reply;
    }
    const auto total = "/" + std::to_string(file.size());
    if (request.range->first >= file.size()) {
        reply.status = "416 Range Not Satisfiable";
        reply.headers.push_back("Content-Range: bytes *" + total);
        return reply;
    }
    const auto last = std::min<std::uint64_t>(request.range->second, file.size() - 1);
    reply.status = "206 Partial Content";
    reply.headers.push_back("Content-Range: bytes " + std::to_string(request.range->first) + "-" +
                            std::to_string(last) + total);
    reply.body = file.substr(request.range->first, last - request.range->first + 1);
    return reply;
}

inline Reply refusal(const std::string& status, std::vector<std::string> headers = {}) {
    return {status, std::move(headers), "no", std::nullopt, Then::keep, true};
}

class FaultServer {
public:
    explicit FaultServer(Answer answer) : answer_{std::move(answer)} {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener_, 64) != 0)
            std::abort();
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread{[this] { accept_all(); }};
    }
    ~FaultServer() {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
            for (const auto fd : open_) ::shutdown(fd, SHUT_RDWR);
        }
        changed_.notify_all();
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        for (auto& thread : connections_) thread.join();
        ::close(listener_);
    }
    FaultServer(const FaultServer&) = delete;
    FaultServer& operator=(const FaultServer&) = delete;

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string url(const std::string& target = "/file") const {
        return "http://127.0.0.1:" + std::to_string(port_) + target;
    }
    [[nodiscard]] std::vector<Request> log() const {
        const std::lock_guard lock{mutex_};
        return log_;
    }
    [[nodiscard]] std::size_t connection_count() const {
        const std::lock_guard lock{mutex_};
        return connections_.size();
    }
    /// Bytes of bodies that were sent.
    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    /// Closes all connections there are.
    void hang_up() {
        const std::lock_guard lock{mutex_};
        for (const auto fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    /// Waits until so many requests have come.
    void await(std::size_t requests) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return log_.size() >= requests; });
    }
    /// Waits until a client has closed its connection, so many times.
    void await_hang_ups(std::size_t count) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return hang_ups_ >= count; });
    }

private:
    void accept_all() {
        for (;;) {
            const int fd = ::accept(listener_, nullptr, nullptr);
            const std::lock_guard lock{mutex_};
            if (stopping_ || fd < 0) {
                if (fd >= 0) ::close(fd);
                if (stopping_) return;
                continue;
            }
            const int now = 1;  // do not hold back the body until the head is acknowledged
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
            open_.push_back(fd);
            connections_.emplace_back([this, fd, number = connections_.size()] { serve(fd, number); });
        }
    }

    void serve(int fd, std::size_t connection) {
        std::string received;
        while (auto request = read_request(fd, received, connection)) {
            const auto reply = answer_(*request);
            if (!send_reply(fd, reply)) break;
        }
        {
            const std::lock_guard lock{mutex_};
            std::erase(open_, fd);
            ++hang_ups_;
        }
        changed_.notify_all();
        ::close(fd);
    }

    std::optional<Request> read_request(int fd, std::string& received, std::size_t connection) {
        std::size_t end = 0;
        while ((end = received.find("\r\n\r\n")) == std::string::npos) {
            char buffer[4096];
            const auto count = ::recv(fd, buffer, sizeof buffer, 0);
            if (count <= 0) return std::nullopt;
            received.append(buffer, static_cast<std::size_t>(count));
        }
        auto request = parse(received.substr(0, end));
        received.erase(0, end + 4);
        {
            const std::lock_guard lock{mutex_};
            request.number = log_.size();
            request.connection = connection;
            log_.push_back(request);
        }
        changed_.notify_all();
        return request;
    }

    static Request parse(const std::string& head) {
        Request request;
        std::size_t line_end = head.find("\r\n");
        const auto first = head.substr(0, line_end);
        const auto from = first.find(' ') + 1;
        request.target = first.substr(from, first.rfind(' ') - from);
        while (line_end != std::string::npos) {
            const auto begin = line_end + 2;
            line_end = head.find("\r\n", begin);
            const auto line = head.substr(begin, line_end == std::string::npos ? line_end : line_end - begin);
            const auto colon = line.find(':');
            if (colon != std::string::npos)
                request.headers[lower_case(line.substr(0, colon))] =
                    line.substr(line.find_first_not_of(' ', colon + 1));
        }
        if (const auto range = request.headers.find("range"); range != request.headers.end()) {
            const auto dash = range->second.find('-');
            request.range = {std::stoull(range->second.substr(6)), std::stoull(range->second.substr(dash + 1))};
        }
        return request;
    }

    bool send_reply(int fd, const Reply& reply) {
        if (reply.then == Then::hang_up) return false;  // without a word
        std::string head = "HTTP/1.1 " + reply.status + "\r\n";
        for (const auto& header : reply.headers) head += header + "\r\n";
        if (reply.says_length) head += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
        if (!reply.says_length && reply.then == Then::keep) return false;
        if (!send_all(fd, head + "\r\n", false)) return false;
        if (!send_all(fd, reply.body.substr(0, reply.sent.value_or(reply.body.size())), true)) return false;
        if (reply.then == Then::stall) {
            // Until the client gives up or the test ends.
            char byte = 0;
            (void)!::recv(fd, &byte, 1, 0);
        }
        if (reply.then == Then::reset) {
            const linger hard{1, 0};
            ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        }
        return reply.then == Then::keep;
    }

    bool send_all(int fd, const std::string& text, bool counts) {
        // Counted before it is sent: whoever has received it finds it counted.
        if (counts) sent_ += text.size();
        std::size_t at = 0;
        while (at < text.size()) {
            const auto count = ::send(fd, text.data() + at, text.size() - at, MSG_NOSIGNAL);
            if (count <= 0) {
                if (counts) sent_ -= text.size() - at;
                return false;
            }
            at += static_cast<std::size_t>(count);
        }
        return true;
    }

    Answer answer_;
    int listener_ = -1;
    int port_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::vector<int> open_;
    std::vector<Request> log_;
    std::size_t hang_ups_ = 0;
    std::atomic<std::uint64_t> sent_{0};
    std::thread acceptor_;
    std::vector<std::thread> connections_;
};

}  // namespace copse::io::testing
