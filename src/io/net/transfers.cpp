#include "io/net/transfers.hpp"

#include <algorithm>
#include <system_error>

#include "copse/version.hpp"

namespace copse::io::net {
namespace {

// Few calls for large bodies; libcurl's default is 16 KiB.
constexpr long kReceiveBuffer = 256 * 1024;

// Connections opened ahead. While the first answer is under way: for the roots of a file's indexes. Once there is a
// second request: for a round of chunks.
constexpr unsigned kFirstConnections = 4;
constexpr unsigned kMostConnectionsAhead = 16;

}  // namespace

/// One request of a transfer, and what libcurl needs of it while it lasts.
struct Transfers::Attempt {
    Transfers* owner = nullptr;
    std::shared_ptr<Transfer> transfer;
    CURL* handle = nullptr;
    curl_slist* headers = nullptr;
    AnswerHead head;
    Clock::time_point progress = Clock::now();  // when anything came last
    bool head_taken = false;
    bool is_plain = false;      // http without TLS
    bool is_connected = false;  // the socket that libcurl was given last

    Attempt() = default;
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    ~Attempt() {
        if (handle != nullptr) curl_easy_cleanup(handle);
        curl_slist_free_all(headers);
    }
};

Transfers::Transfers(TransferOptions options) : options_{std::move(options)} {}

std::unique_ptr<Transfers> Transfers::create(TransferOptions options) {
    // Thread-safe since libcurl 7.84 in Debian's build; the static makes it so everywhere.
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!ready) return nullptr;
    std::unique_ptr<Transfers> transfers{new Transfers{std::move(options)}};
    transfers->multi_ = curl_multi_init();
    if (transfers->multi_ == nullptr) return nullptr;
    const auto in_flight = static_cast<long>(transfers->options_.in_flight);
    curl_multi_setopt(transfers->multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(transfers->multi_, CURLMOPT_MAX_CONCURRENT_STREAMS, in_flight);
    // Connections are kept for the next ranges: as many as may be in use, and some of other hosts.
    curl_multi_setopt(transfers->multi_, CURLMOPT_MAXCONNECTS, in_flight + 8);
    try {
        transfers->thread_ = std::thread{[self = transfers.get()] { self->run(); }};
    } catch (const std::system_error&) {
        return nullptr;
    }
    return transfers;
}

Transfers::~Transfers() {
    if (thread_.joinable()) {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        curl_multi_wakeup(multi_);
        thread_.join();
    }
    for (const auto& [handle, attempt] : active_) curl_multi_remove_handle(multi_, handle);
    active_.clear();
    if (multi_ != nullptr) curl_multi_cleanup(multi_);
}

void Transfers::submit(std::shared_ptr<Transfer> transfer) {
    {
        const std::lock_guard lock{mutex_};
        mail_.push_back(std::move(transfer));
    }
    curl_multi_wakeup(multi_);
}

void Transfers::notice_cancelled() {
    {
        const std::lock_guard lock{mutex_};
        cancellations_ = true;
    }
    curl_multi_wakeup(multi_);
}

void Transfers::run() {
    while (take_mail()) {
        begin_due(Clock::now());
        int running = 0;
        curl_multi_perform(multi_, &running);
        // After the requests are out: they do not wait for it.
        connect_ahead();
        // What ended made room, or is to be asked for again.
        if (take_endings() || give_up_stalled(Clock::now())) continue;
        curl_multi_poll(multi_, nullptr, 0, poll_milliseconds(Clock::now()), nullptr);
    }
}

bool Transfers::take_mail() {
    bool cancellations = false;
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) return false;
        waiting_.insert(waiting_.end(), std::make_move_iterator(mail_.begin()), std::make_move_iterator(mail_.end()));
        mail_.clear();
        cancellations = std::exchange(cancellations_, false);
    }
    if (cancellations) drop_cancelled();
    return true;
}

void Transfers::drop_cancelled() {
    std::erase_if(waiting_, [](const auto& transfer) { return transfer->cancelled(); });
    std::erase_if(paused_, [](const auto& entry) { return entry.second->cancelled(); });
    std::erase_if(active_, [&](const auto& entry) {
        if (!entry.second->transfer->cancelled()) return false;
        curl_multi_remove_handle(multi_, entry.first);
        return true;
    });
}

void Transfers::begin_due(Clock::time_point now) {
    while (active_.size() < options_.in_flight) {
        // A repetition goes first: its time is running.
        if (!paused_.empty() && paused_.begin()->first <= now) {
            auto transfer = std::move(paused_.begin()->second);
            paused_.erase(paused_.begin());
            begin(std::move(transfer));
        } else if (!waiting_.empty()) {
            auto transfer = std::move(waiting_.front());
            waiting_.pop_front();
            transfer->begin(now);
            begin(std::move(transfer));
        } else {
            return;
        }
    }
}

void Transfers::begin(std::shared_ptr<Transfer> transfer) {
    if (transfer->cancelled()) return;
    auto attempt = std::make_unique<Attempt>();
    attempt->owner = this;
    attempt->transfer = transfer;
    attempt->handle = curl_easy_init();
    const bool ready = attempt->handle != nullptr && set_up(*attempt, transfer->request());
    if (!ready || curl_multi_add_handle(multi_, attempt->handle) != CURLM_OK)
        return after(std::move(transfer), {CURLE_FAILED_INIT, 0});
    auto* const handle = attempt->handle;
    active_.emplace(handle, std::move(attempt));
}

bool Transfers::set_up(Attempt& attempt, const HttpRequest& request) {
    auto* const handle = attempt.handle;
    for (const auto& header : request.headers) {
        auto* const longer = curl_slist_append(attempt.headers, header.c_str());
        if (longer == nullptr) return false;
        attempt.headers = longer;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(attempt.transfer->deadline() - Clock::now());
    bool ok = true;
    const auto set = [&](CURLoption option, auto value) {
        ok = ok && curl_easy_setopt(handle, option, value) == CURLE_OK;
    };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_HTTPHEADER, attempt.headers);
    if (!request.user_password.empty()) {
        set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
        set(CURLOPT_USERPWD, request.user_password.c_str());
    }
#if LIBCURL_VERSION_NUM >= 0x075500
    set(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    set(CURLOPT_USERAGENT, ("copse/" + std::string{kVersion}).c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    // Rather a stream of a connection that is there than one more connection.
    set(CURLOPT_PIPEWAIT, 1L);
    set(CURLOPT_BUFFERSIZE, kReceiveBuffer);
    // Zero would mean for ever.
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(left.count(), 1)));
    if (!options_.ca_file.empty()) {
        set(CURLOPT_CAINFO, options_.ca_file.c_str());
        set(CURLOPT_CAPATH, nullptr);
    }
    set(CURLOPT_HEADERFUNCTION, &Transfers::on_header);
    set(CURLOPT_HEADERDATA, &attempt);
    set(CURLOPT_WRITEFUNCTION, &Transfers::on_body);
    set(CURLOPT_WRITEDATA, &attempt);
    set(CURLOPT_PREREQFUNCTION, &Transfers::on_request);
    set(CURLOPT_PREREQDATA, &attempt);
    set(CURLOPT_OPENSOCKETFUNCTION, &Transfers::on_socket);
    set(CURLOPT_OPENSOCKETDATA, &attempt);
    set(CURLOPT_SOCKOPTFUNCTION, &Transfers::on_new_socket);
    set(CURLOPT_SOCKOPTDATA, &attempt);
    // Sockets live longer than the request that opened them.
    set(CURLOPT_CLOSESOCKETFUNCTION, &Transfers::on_close);
    set(CURLOPT_CLOSESOCKETDATA, this);
    attempt.is_plain = request.url.starts_with("http://");
    return ok;
}

curl_socket_t Transfers::on_socket(void* data, curlsocktype, curl_sockaddr* server) {
    auto& attempt = *static_cast<Attempt*>(data);
    const auto socket = attempt.owner->spares_.take(*server);
    attempt.is_connected = socket.is_connected;
    return socket.fd;
}

int Transfers::on_new_socket(void* data, curl_socket_t, curlsocktype) {
    return static_cast<Attempt*>(data)->is_connected ? CURL_SOCKOPT_ALREADY_CONNECTED : CURL_SOCKOPT_OK;
}

int Transfers::on_close(void* transfers, curl_socket_t fd) {
    static_cast<Transfers*>(transfers)->spares_.close(fd);
    return 0;
}

void Transfers::note_server(const Attempt& attempt, const char* server, int port) {
    // With TLS it is HTTP/2's streams that take the ranges.
    if (options_.connect_ahead && attempt.is_plain && server != nullptr) asked_servers_.emplace(server, port);
}

void Transfers::connect_ahead() {
    const auto most = requests_ > 1 ? kMostConnectionsAhead : kFirstConnections;
    for (const auto& [server, port] : asked_servers_)
        spares_.open_ahead(server, port, std::min(options_.in_flight, most));
    asked_servers_.clear();
}

int Transfers::on_request(void* data, char* to, char*, int port, int) {
    auto& attempt = *static_cast<Attempt*>(data);
    // Once more where libcurl sends it again by itself, because a kept connection was closed without an answer.
    ++attempt.owner->requests_;
    attempt.progress = Clock::now();
    attempt.owner->note_server(attempt, to, port);
    return CURL_PREREQFUNC_OK;
}

std::size_t Transfers::on_header(char* data, std::size_t size, std::size_t count, void* of) {
    auto& attempt = *static_cast<Attempt*>(of);
    const std::string_view line{data, size * count};
    attempt.progress = Clock::now();
    if (line == "\r\n" || line == "\n") {
        // An interim answer (1xx) is followed by the real one; lines after the body are trailers.
        if (attempt.head.status < 200 || attempt.head_taken) return line.size();
        attempt.head_taken = true;
        return attempt.transfer->take_head(attempt.head) ? line.size() : 0;
    }
    if (!attempt.head_taken) attempt.head.take_line(line);
    return line.size();
}

std::size_t Transfers::on_body(char* data, std::size_t size, std::size_t count, void* of) {
    auto& attempt = *static_cast<Attempt*>(of);
    const auto bytes = std::as_bytes(std::span{data, size * count});
    attempt.owner->bytes_ += bytes.size();
    attempt.progress = Clock::now();
    return attempt.transfer->take_body(bytes) ? bytes.size() : 0;
}

bool Transfers::take_endings() {
    bool any = false;
    for (int left = 0; auto* const message = curl_multi_info_read(multi_, &left);) {
        if (message->msg != CURLMSG_DONE) continue;
        // The message dies with the handle.
        end(message->easy_handle, message->data.result);
        any = true;
    }
    return any;
}

void Transfers::end(CURL* handle, CURLcode code) {
    long os_error = 0, connects = 0;
    curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &os_error);
    curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connects);
    connections_ += static_cast<std::uint64_t>(connects);
    curl_multi_remove_handle(multi_, handle);
    const auto found = active_.find(handle);
    auto transfer = found->second->transfer;
    active_.erase(found);
    after(std::move(transfer), {code, os_error});
}

void Transfers::after(std::shared_ptr<Transfer> transfer, const Ending& ending) {
    const auto pause = transfer->finish(ending);
    if (pause) paused_.emplace(Clock::now() + *pause, std::move(transfer));
}

// Not libcurl's lowest speed, which is a mean of the last seconds: it would notice late.
bool Transfers::give_up_stalled(Clock::time_point now) {
    std::vector<std::shared_ptr<Transfer>> stalled;
    std::erase_if(active_, [&](const auto& entry) {
        if (now - entry.second->progress < options_.stall) return false;
        curl_multi_remove_handle(multi_, entry.first);
        stalled.push_back(entry.second->transfer);
        return true;
    });
    for (auto& transfer : stalled) after(std::move(transfer), {CURLE_OPERATION_TIMEDOUT, 0});
    return !stalled.empty();
}

int Transfers::poll_milliseconds(Clock::time_point now) const {
    constexpr std::int64_t kLongest = 60'000;
    auto wake = now + std::chrono::milliseconds{kLongest};
    for (const auto& [handle, attempt] : active_) wake = std::min(wake, attempt->progress + options_.stall);
    if (!paused_.empty() && active_.size() < options_.in_flight) wake = std::min(wake, paused_.begin()->first);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - now).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, kLongest));
}

}  // namespace copse::io::net
