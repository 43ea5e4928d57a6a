#include "io/net/url.hpp"

#include <curl/curl.h>

#include <memory>

#include "io/text.hpp"

namespace copse::io::net {
namespace {

using Parsed = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

constexpr unsigned kParse = CURLU_URLENCODE | CURLU_PATH_AS_IS;

std::string part(const Parsed& url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
    std::string result{text};
    curl_free(text);
    return result;
}

std::optional<Url> take_apart(const Parsed& url) {
    Url result;
    result.scheme = lower(part(url, CURLUPART_SCHEME));
    result.host = lower(part(url, CURLUPART_HOST));
    result.port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    if ((result.scheme != "http" && result.scheme != "https") || result.host.empty()) return std::nullopt;
    const auto user = part(url, CURLUPART_USER, CURLU_URLDECODE);
    const auto password = part(url, CURLUPART_PASSWORD, CURLU_URLDECODE);
    if (!user.empty() || !password.empty()) result.user_password = user + ':' + password;
    for (const auto secret : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT})
        curl_url_set(url.get(), secret, nullptr, 0);
    result.text = part(url, CURLUPART_URL);
    if (result.text.empty()) return std::nullopt;
    return result;
}

}  // namespace

std::optional<Url> Url::parse(const std::string& text) {
    const Parsed url{curl_url(), &curl_url_cleanup};
    if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), kParse) != CURLUE_OK)
        return std::nullopt;
    return take_apart(url);
}

std::optional<Url> Url::resolve(const std::string& location) const {
    const Parsed url{curl_url(), &curl_url_cleanup};
    if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), kParse) != CURLUE_OK ||
        curl_url_set(url.get(), CURLUPART_URL, location.c_str(), kParse) != CURLUE_OK)
        return std::nullopt;
    auto target = take_apart(url);
    if (target) target->user_password.clear();
    return target;
}

bool Url::shares_secrets_with(const Url& other) const {
    if (host != other.host) return false;
    if (scheme == other.scheme) return port == other.port;
    return scheme == "http" && port == "80" && other.scheme == "https" && other.port == "443";
}

}  // namespace copse::io::net
