// The thread that does all transfers: libcurl's multi interface, with a limit of how many are under way, pauses before
// repetitions, and cancellation.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "io/http_answer.hpp"
#include "io/net/spare_sockets.hpp"

namespace copse::io::net {

using Clock = std::chrono::steady_clock;

/// One GET.
struct HttpRequest {
    std::string url;
    std::vector<std::string> headers;  ///< "Name: value"
    std::string user_password;         ///< for basic authentication; empty: none
};

/// How one request ended.
struct Ending {
    CURLcode code = CURLE_OK;
    long os_error = 0;
};

/// A request with all its repetitions. `Transfers` calls everything here from its own thread.
class Transfer {
public:
    virtual ~Transfer() = default;
    /// The transfer leaves the queue: its time begins to run.
    virtual void begin(Clock::time_point now) = 0;
    /// The request to make next.
    virtual HttpRequest request() = 0;
    /// When it must be over.
    [[nodiscard]] virtual Clock::time_point deadline() const = 0;
    /// The head of the answer is complete. @return false: what follows is not wanted, the connection is closed
    virtual bool take_head(const AnswerHead& head) = 0;
    virtual bool take_body(ByteView bytes) = 0;
    /// @return after which pause the next request is to be made; nothing if the transfer is over (and has been told to
    /// whom it concerns)
    virtual std::optional<Clock::duration> finish(const Ending& ending) = 0;

    /// From any thread: nobody waits for it any more. `finish` may or may not be called after this.
    void cancel() { cancelled_ = true; }
    [[nodiscard]] bool cancelled() const { return cancelled_; }

private:
    std::atomic<bool> cancelled_{false};
};

struct TransferOptions {
    unsigned in_flight = 16;
    bool connect_ahead = true;
    std::string ca_file;
    std::chrono::milliseconds stall{10'000};  ///< an answer that brings nothing for so long is given up
};

class Transfers {
public:
    /// Nothing if the thread or libcurl's handle cannot be had.
    static std::unique_ptr<Transfers> create(TransferOptions options);
    ~Transfers();
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;

    void submit(std::shared_ptr<Transfer> transfer);
    /// Looks for transfers that were cancelled.
    void notice_cancelled();

    [[nodiscard]] std::uint64_t requests() const { return requests_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t connections() const { return connections_; }

private:
    struct Attempt;
    explicit Transfers(TransferOptions options);
    void run();
    bool take_mail();
    void drop_cancelled();
    void begin_due(Clock::time_point now);
    void begin(std::shared_ptr<Transfer> transfer);
    bool set_up(Attempt& attempt, const HttpRequest& request);
    bool take_endings();
    void end(CURL* handle, CURLcode code);
    bool give_up_stalled(Clock::time_point now);
    void after(std::shared_ptr<Transfer> transfer, const Ending& ending);
    [[nodiscard]] int poll_milliseconds(Clock::time_point now) const;
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* attempt);
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* attempt);
    static int on_request(void* attempt, char* to, char* from, int to_port, int from_port);
    static curl_socket_t on_socket(void* attempt, curlsocktype purpose, curl_sockaddr* server);
    static int on_new_socket(void* attempt, curl_socket_t fd, curlsocktype purpose);
    static int on_close(void* transfers, curl_socket_t fd);
    void note_server(const Attempt& attempt, const char* server, int port);
    void connect_ahead();

    TransferOptions options_;
    CURLM* multi_ = nullptr;
    std::thread thread_;

    std::mutex mutex_;
    std::vector<std::shared_ptr<Transfer>> mail_;
    bool cancellations_ = false;
    bool stopping_ = false;

    // Of the thread alone.
    std::deque<std::shared_ptr<Transfer>> waiting_;
    std::multimap<Clock::time_point, std::shared_ptr<Transfer>> paused_;
    std::unordered_map<CURL*, std::unique_ptr<Attempt>> active_;
    SpareSockets spares_;
    std::set<std::pair<std::string, int>> asked_servers_;  // since connections were opened ahead

    std::atomic<std::uint64_t> requests_{0}, bytes_{0}, connections_{0};
};

}  // namespace copse::io::net
