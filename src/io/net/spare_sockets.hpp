// Connections to a server, opened before they are needed: a range that has to connect first comes a round trip later.
// Used by the transfers' thread alone.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "io/files.hpp"

namespace copse::io::net {

class SpareSockets {
public:
    /// Begins to connect until `count` connections to the server are open or on their way, those in use included.
    /// @param address as libcurl tells it: numbers
    void open_ahead(const std::string& address, int port, unsigned count);
    /// A socket for libcurl: a connected one if there is one for this server, else a new one.
    struct Socket {
        curl_socket_t fd = CURL_SOCKET_BAD;
        bool is_connected = false;
    };
    Socket take(const curl_sockaddr& server);
    /// libcurl needs it no more.
    void close(curl_socket_t fd);

private:
    using Clock = std::chrono::steady_clock;
    struct Spare {
        std::string server;  // bytes of its socket address
        Descriptor socket;
        Clock::time_point since;
    };
    [[nodiscard]] unsigned count_of(const std::string& server) const;
    void drop_stale();

    std::list<Spare> spares_;
    std::unordered_map<curl_socket_t, std::string> in_use_;  // of which server
};

}  // namespace copse::io::net
