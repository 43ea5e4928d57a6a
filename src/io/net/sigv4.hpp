// AWS Signature Version 4, for requests without a body.
// Our own, on OpenSSL's HMAC and SHA-256: libcurl 7.88's signer is wrong for keys with '=' and unsorted queries.
#pragma once

#include <ctime>
#include <map>
#include <string>
#include <string_view>

#include "copse/wire.hpp"

namespace copse::io::net {

struct Credentials {
    std::string access_key, secret_key;
    std::string session_token;  ///< empty: none
};

/// What is signed of a request.
struct Signing {
    std::string method = "GET";
    std::string path;   ///< as sent: percent-encoded once
    std::string query;  ///< canonical: encoded, sorted by name; without '?'
    /// All headers to be signed but Authorization: names in lower case, "host" and "x-amz-date" among them.
    std::map<std::string, std::string> headers;
    std::string payload_hash;
    std::string region, service;
};

/// SHA-256 of nothing, in hex.
inline constexpr const char* kEmptyPayloadHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Everything but letters, digits and -._~ percent-encoded; in a path, '/' stays.
enum class Slash : std::uint8_t { keep, encode };
[[nodiscard]] std::string percent_encoded(std::string_view text, Slash slash);

/// "20130524T000000Z"
[[nodiscard]] std::string amz_date(std::time_t time);

/// The value of the header Authorization.
[[nodiscard]] std::string authorization(const Signing& signing, const Credentials& credentials);

/// SHA-256 in hex.
[[nodiscard]] std::string sha256_hex(ByteView bytes);

}  // namespace copse::io::net
