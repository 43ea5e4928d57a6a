#include "io/net/spare_sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace copse::io::net {
namespace {

// Servers close a connection that asks for nothing after a while, and routers forget it.
constexpr std::chrono::seconds kLongest{20};

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

/// Nothing if the text is no address of numbers.
std::optional<Address> parse_address(const std::string& text, int port) {
    Address address;
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    if (::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(static_cast<std::uint16_t>(port));
        address.size = sizeof *v4;
    } else if (::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(static_cast<std::uint16_t>(port));
        address.size = sizeof *v6;
    } else {
        return std::nullopt;
    }
    return address;
}

/// What two addresses of the same server have in common: family, address and port.
std::string name_of(const sockaddr* address) {
    const auto part = [](const auto& value) {
        return std::string{reinterpret_cast<const char*>(&value), sizeof value};
    };
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        return part(v4.sin_addr) + part(v4.sin_port);
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    return part(v6.sin6_addr) + part(v6.sin6_port) + part(v6.sin6_scope_id);
}

enum class Health : std::uint8_t { connecting, connected, dead };

Health health_of(int fd) {
    pollfd state{fd, POLLOUT, 0};
    if (::poll(&state, 1, 0) <= 0) return Health::connecting;
    int fault = 0;
    socklen_t size = sizeof fault;
    if ((state.revents & (POLLERR | POLLHUP)) != 0 || ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size) != 0 ||
        fault != 0)
        return Health::dead;
    // A server has nothing to say before it is asked, but that it closes.
    char byte = 0;
    const bool silent = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return silent ? Health::connected : Health::dead;
}

}  // namespace

unsigned SpareSockets::count_of(const std::string& server) const {
    const auto spare =
        std::count_if(spares_.begin(), spares_.end(), [&](const Spare& s) { return s.server == server; });
    const auto used = std::count_if(in_use_.begin(), in_use_.end(), [&](const auto& s) { return s.second == server; });
    return static_cast<unsigned>(spare + used);
}

void SpareSockets::drop_stale() {
    const auto oldest = Clock::now() - kLongest;
    std::erase_if(spares_, [&](const Spare& spare) {
        return spare.since < oldest || health_of(spare.socket.get()) == Health::dead;
    });
}

void SpareSockets::open_ahead(const std::string& address, int port, unsigned count) {
    const auto parsed = parse_address(address, port);
    if (!parsed) return;
    const auto* const to = reinterpret_cast<const sockaddr*>(&parsed->storage);
    const auto server = name_of(to);
    drop_stale();
    for (auto have = count_of(server); have < count; ++have) {
        Descriptor socket{::socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP)};
        if (!socket || (::connect(socket.get(), to, parsed->size) != 0 && errno != EINPROGRESS)) return;
        spares_.push_back({server, std::move(socket), Clock::now()});
    }
}

SpareSockets::Socket SpareSockets::take(const curl_sockaddr& server) {
    const bool is_stream = server.socktype == SOCK_STREAM && (server.family == AF_INET || server.family == AF_INET6);
    if (!is_stream) return {::socket(server.family, server.socktype | SOCK_CLOEXEC, server.protocol), false};
    drop_stale();
    const auto name = name_of(&server.addr);
    const auto of_server = [&](const Spare& spare) { return spare.server == name; };
    auto spare = std::find_if(spares_.begin(), spares_.end(), [&](const Spare& candidate) {
        return of_server(candidate) && health_of(candidate.socket.get()) == Health::connected;
    });
    Socket result{CURL_SOCKET_BAD, spare != spares_.end()};
    if (result.is_connected) {
        result.fd = spare->socket.release();
    } else {
        // Those on their way would be one too many now.
        spare = std::find_if(spares_.begin(), spares_.end(), of_server);
        result.fd = ::socket(server.family, server.socktype | SOCK_CLOEXEC, server.protocol);
    }
    if (spare != spares_.end()) spares_.erase(spare);
    if (result.fd != CURL_SOCKET_BAD) in_use_.emplace(result.fd, name);
    return result;
}

void SpareSockets::close(curl_socket_t fd) {
    in_use_.erase(fd);
    ::close(fd);
}

}  // namespace copse::io::net
