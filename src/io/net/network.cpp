// Opening remote objects.
#include <algorithm>
#include <cstdlib>

#include "copse/io.hpp"
#include "io/memory_cache.hpp"
#include "io/net/remote_source.hpp"
#include "io/net/s3_place.hpp"
#include "io/text.hpp"

namespace copse::io {
namespace {

using namespace net;

class CurlNetwork final : public Network {
public:
    CurlNetwork(NetworkOptions options, std::unique_ptr<DiskCache> disk, std::unique_ptr<Transfers> transfers)
        : options_{std::move(options)},
          memory_{options_.memory_cache_bytes},
          disk_{std::move(disk)},
          transfers_{std::move(transfers)} {}

    Result<std::unique_ptr<wire::Source>> open(const std::string& name) override;
    [[nodiscard]] std::uint64_t requests() const override { return transfers_->requests(); }
    [[nodiscard]] std::uint64_t bytes() const override { return transfers_->bytes(); }

private:
    Result<std::unique_ptr<Place>> place_of(const std::string& name) const;

    NetworkOptions options_;
    MemoryCache memory_;
    std::unique_ptr<DiskCache> disk_;  // null: none
    std::unique_ptr<Transfers> transfers_;
};

Result<std::unique_ptr<Place>> CurlNetwork::place_of(const std::string& name) const {
    if (same_word(name.substr(0, 5), "s3://")) {
        auto settings = find_s3_settings(process_environment);
        if (!settings) return settings.error();
        return S3Place::create(name, *std::move(settings), options_.headers);
    }
    auto url = Url::parse(name);
    if (!url) return Error{Code::io_failed, 0, "this is no http address"};
    return std::unique_ptr<Place>{std::make_unique<HttpPlace>(*std::move(url), options_.headers)};
}

/// The first bytes as they were when the object was opened before; empty if they are not all here.
Bytes kept_head(CachedObject& disk, bool is_ambiguous) {
    if (!disk.state() || disk.state()->size == 0 || (is_ambiguous && disk.state()->etag.empty())) return {};
    const ByteRange head{0, std::min(wire::kFirstRead, disk.state()->size)};
    Bytes bytes;
    return disk.fill(head, head, bytes).size == 0 ? bytes : Bytes{};
}

std::string condition_of(const ObjectState& state) {
    return state.etag.empty() ? "If-Modified-Since: " + state.last_modified : "If-None-Match: " + state.etag;
}

Result<std::unique_ptr<wire::Source>> CurlNetwork::open(const std::string& name) {
    auto place = place_of(name);
    if (!place) return place.error();
    const auto object = std::make_shared<RemoteObject>();
    object->place = *std::move(place);
    object->timeout = options_.timeout;
    object->retries = options_.retries;

    const auto disk = disk_ == nullptr ? nullptr : disk_->object(object->place->address());
    const bool is_ambiguous = object->place->is_ambiguous();
    const auto kept = disk == nullptr ? Bytes{} : kept_head(*disk, is_ambiguous);

    const auto inbox = std::make_shared<Inbox>();
    const ByteRange head{0, wire::kFirstRead};
    const auto first = std::make_shared<RangeTransfer>(object, inbox, head, Bytes{}, head);
    // One question for the first bytes that are here already: whether they are still those of the file.
    if (!kept.empty()) first->conditions = {condition_of(*disk->state())};
    transfers_->submit(first);
    const auto answer = inbox->take().transfer;
    if (answer->error) return *answer->error;
    object->state = answer->not_modified ? *disk->state() : answer->state;
    auto bytes = answer->not_modified ? kept : std::move(answer->bytes);
    const bool keeps = disk != nullptr && (!is_ambiguous || !object->state->etag.empty());
    if (keeps) disk->begin(*object->state);
    if (keeps && !answer->not_modified) disk->put(0, bytes);
    return std::unique_ptr<wire::Source>{
        std::make_unique<RemoteSource>(*transfers_, memory_, keeps ? disk : nullptr, object, std::move(bytes))};
}

/// Certificates that the surroundings ask to trust.
std::string ca_file_of_environment() {
    for (const auto* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE"})
        if (const auto* file = std::getenv(name); file != nullptr && *file != '\0') return file;
    return {};
}

/// A header that would break out of its line, or has no name.
bool is_unfit_header(const std::string& header) {
    const auto colon = header.find(':');
    return colon == std::string::npos || colon == 0 || header.find_first_of("\r\n") != std::string::npos ||
           header.find('\0') != std::string::npos;
}

}  // namespace

bool has_network() { return true; }

Result<std::unique_ptr<Network>> Network::create(NetworkOptions options) {
    if (std::any_of(options.headers.begin(), options.headers.end(), is_unfit_header))
        return Error{Code::bad_value, 0, "a header is written \"Name: value\", in one line"};
    options.in_flight = std::clamp(options.in_flight, 1u, 256u);
    std::unique_ptr<DiskCache> disk;
    if (!options.cache_folder.empty()) {
        auto made = DiskCache::create(options.cache_folder, options.cache_folder_bytes);
        if (!made) return made.error();
        disk = *std::move(made);
    }
    TransferOptions how;
    how.in_flight = options.in_flight;
    how.connect_ahead = options.connect_ahead;
    how.ca_file = options.ca_file.empty() ? ca_file_of_environment() : options.ca_file;
    how.stall = options.stall.count() > 0 ? options.stall : options.timeout / 3;
    auto transfers = Transfers::create(std::move(how));
    if (transfers == nullptr) return Error{Code::io_failed, 0, "the network could not be set up", errno};
    return std::unique_ptr<Network>{
        std::make_unique<CurlNetwork>(std::move(options), std::move(disk), std::move(transfers))};
}

}  // namespace copse::io
