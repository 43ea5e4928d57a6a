#include "support/sources.hpp"

#include <algorithm>

#include "support/stop.hpp"
#include "support/text.hpp"

namespace copse::cli {

Sources::Sources() {
    // In one run nothing is fetched twice.
    options.memory_cache_bytes = 0;
}

OpenedSource Sources::open(const std::string& name) {
    if (!io::is_remote_name(name)) {
        auto file = checked(io::FileSource::open(name), name);
        const auto id = file->id();
        return {std::move(file), id, nullptr};
    }
    if (!io::has_network()) throw wrong_usage("this build has no libcurl: it reads local files only", name);
    if (!network_) network_ = checked(io::Network::create(options), options.cache_folder);
    return {checked(network_->open(name), name), {}, network_.get()};
}

std::string public_name(const std::string& name) { return io::is_remote_name(name) ? io::shown_name(name) : name; }

std::string shown_source(const std::string& name) { return shown(public_name(name)); }

std::string header_fault(const std::string& text) {
    // RFC 9110, "Tokens". A line end would begin another header.
    const auto is_token = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
    };
    const auto colon = text.find(':');
    if (colon == std::string::npos || colon == 0 ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_token))
        return "what is given is no header, such as 'Authorization: Bearer abc'";
    if (std::any_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }))
        return "a header has no line end";
    return {};
}

}  // namespace copse::cli
