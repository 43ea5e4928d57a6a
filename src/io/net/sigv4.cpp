#include "io/net/sigv4.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "io/text.hpp"

namespace copse::io::net {
namespace {

using Digest = std::array<unsigned char, 32>;

constexpr const char* kDigits = "0123456789abcdef";

std::string hex(const Digest& digest) {
    std::string text;
    for (const auto byte : digest) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

std::string_view text_of(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

Digest hmac(std::string_view key, std::string_view text) {
    Digest digest{};
    unsigned size = 0;
    ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
    return digest;
}

/// Blanks in a row count as one.
std::string canonical_value(std::string_view value) {
    std::string result;
    for (const char c : trimmed(value))
        if (c != ' ' || result.back() != ' ') result += c;
    return result;
}

}  // namespace

std::string percent_encoded(std::string_view text, Slash slash) {
    constexpr const char* kUpperDigits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
        if (alphanumeric || std::string_view{"-._~"}.find(c) != std::string_view::npos ||
            (c == '/' && slash == Slash::keep)) {
            result += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            result += {'%', kUpperDigits[byte >> 4], kUpperDigits[byte & 15]};
        }
    }
    return result;
}

std::string amz_date(std::time_t time) {
    std::tm utc{};
    ::gmtime_r(&time, &utc);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
    return text.data();
}

std::string sha256_hex(ByteView bytes) {
    Digest digest{};
    unsigned size = 0;
    ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, ::EVP_sha256(), nullptr);
    return hex(digest);
}

std::string authorization(const Signing& signing, const Credentials& credentials) {
    std::string names, lines;
    for (const auto& [name, value] : signing.headers) {
        names += (names.empty() ? "" : ";") + name;
        lines += name + ':' + canonical_value(value) + '\n';
    }
    const auto canonical = signing.method + '\n' + signing.path + '\n' + signing.query + '\n' + lines + '\n' + names +
                           '\n' + signing.payload_hash;
    const auto& date = signing.headers.at("x-amz-date");
    const auto day = date.substr(0, 8);
    const auto scope = day + '/' + signing.region + '/' + signing.service + "/aws4_request";
    const auto to_sign = "AWS4-HMAC-SHA256\n" + date + '\n' + scope + '\n' +
                         sha256_hex(std::as_bytes(std::span{canonical.data(), canonical.size()}));
    auto key = hmac("AWS4" + credentials.secret_key, day);
    for (const std::string_view part :
         {std::string_view{signing.region}, std::string_view{signing.service}, std::string_view{"aws4_request"}})
        key = hmac(text_of(key), part);
    return "AWS4-HMAC-SHA256 Credential=" + credentials.access_key + '/' + scope + ", SignedHeaders=" + names +
           ", Signature=" + hex(hmac(text_of(key), to_sign));
}

}  // namespace copse::io::net
