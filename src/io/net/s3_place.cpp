#include "io/net/s3_place.hpp"

#include <algorithm>

#include "io/text.hpp"

namespace copse::io::net {
namespace {

constexpr const char* kNotAnAddress = "an S3 address is written s3://bucket/key";

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// What may stand in front of a host name. Dots would not match Amazon's certificate.
bool can_be_host(std::string_view bucket) {
    return bucket.size() >= 3 && bucket.size() <= 63 && is_lower_or_digit(bucket.front()) &&
           is_lower_or_digit(bucket.back()) &&
           std::all_of(bucket.begin(), bucket.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

/// The name of a region becomes part of a host name: nothing else may come in by it.
bool is_region(std::string_view region) {
    return !region.empty() && region.size() <= 40 &&
           std::all_of(region.begin(), region.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

/// The text of the first element of a name, in one of the small documents that S3 answers with.
std::string_view element(std::string_view document, const std::string& name) {
    const auto open = document.find('<' + name + '>');
    if (open == std::string_view::npos) return {};
    const auto begin = open + name.size() + 2;
    const auto end = document.find("</" + name + '>', begin);
    return end == std::string_view::npos ? std::string_view{} : document.substr(begin, end - begin);
}

const char* amazon_domain(std::string_view region) {
    return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

std::string path_of(const Url& url) {
    const auto host = url.text.find("//") + 2;
    const auto path = url.text.find_first_of("/?", host);
    if (path == std::string::npos || url.text[path] == '?') return "/";
    return url.text.substr(path, url.text.find('?', path) - path);
}

/// As libcurl writes the header Host.
std::string host_header(const Url& url) {
    const bool usual = url.port == (url.scheme == "https" ? "443" : "80");
    return usual ? url.host : url.host + ':' + url.port;
}

}  // namespace

Result<std::unique_ptr<Place>> S3Place::create(const std::string& name, S3Settings settings,
                                               std::vector<std::string> headers) {
    const auto bucket = name.find("//") + 2;
    const auto slash = name.find('/', bucket);
    if (slash == std::string::npos || slash == bucket || slash + 1 == name.size())
        return Error{Code::io_failed, 0, kNotAnAddress};
    std::unique_ptr<S3Place> place{new S3Place};
    place->bucket_ = name.substr(bucket, slash - bucket);
    place->key_ = name.substr(slash + 1);
    place->settings_ = std::move(settings);
    place->headers_ = std::move(headers);
    if (!is_region(place->settings_.region)) return Error{Code::io_failed, 0, "the name of the AWS region is not one"};
    if (!place->locate()) return Error{Code::io_failed, 0, "the S3 endpoint is no http address"};
    return std::unique_ptr<Place>{std::move(place)};
}

bool S3Place::locate() {
    const auto path = '/' + percent_encoded(key_, Slash::keep);
    const auto bucket = percent_encoded(bucket_, Slash::encode);
    std::optional<Url> url;
    if (!settings_.endpoint.empty()) {
        auto endpoint = settings_.endpoint.substr(0, settings_.endpoint.find_first_of("?#"));
        while (endpoint.ends_with('/')) endpoint.pop_back();
        url = Url::parse(endpoint + '/' + bucket + path);
    } else {
        const auto host = "s3." + settings_.region + '.' + amazon_domain(settings_.region);
        url = Url::parse(can_be_host(bucket_) ? "https://" + bucket_ + '.' + host + path
                                              : "https://" + host + '/' + bucket + path);
    }
    if (!url) return false;
    home_ = current_ = *std::move(url);
    return true;
}

bool S3Place::is_trusted(const Url& url) const {
    if (home_.shares_secrets_with(url)) return true;
    const bool amazon = url.host.ends_with(".amazonaws.com") || url.host.ends_with(".amazonaws.com.cn");
    return settings_.endpoint.empty() && url.scheme == "https" && amazon;
}

HttpRequest S3Place::request_at(ByteRange range, std::time_t now) const {
    HttpRequest request{current_.text, range_headers(range), {}};
    if (!is_trusted(current_)) return request;
    request.headers.insert(request.headers.end(), headers_.begin(), headers_.end());
    if (settings_.requester_pays) request.headers.emplace_back("x-amz-request-payer: requester");
    // A redirection with a query of its own is signed already.
    if (settings_.credentials && current_.text.find('?') == std::string::npos) sign(request, now);
    return request;
}

void S3Place::sign(HttpRequest& request, std::time_t now) const {
    auto& headers = request.headers;
    headers.push_back("x-amz-date: " + amz_date(now));
    headers.push_back(std::string{"x-amz-content-sha256: "} + kEmptyPayloadHash);
    if (!settings_.credentials->session_token.empty())
        headers.push_back("x-amz-security-token: " + settings_.credentials->session_token);

    Signing signing;
    signing.path = path_of(current_);
    signing.payload_hash = kEmptyPayloadHash;
    signing.region = settings_.region;
    signing.service = "s3";
    signing.headers["host"] = host_header(current_);
    for (const auto& header : headers) {
        const auto colon = header.find(':');
        const auto name = lower(trimmed(std::string_view{header}.substr(0, colon)));
        if (name == "range" || name.starts_with("x-amz-")) signing.headers[name] = trimmed(header.substr(colon + 1));
    }
    headers.push_back("Authorization: " + authorization(signing, *settings_.credentials));
}

const char* S3Place::redirect(const std::string& from, const std::string& location) {
    const auto at = Url::parse(from);
    if (!at) return "the server redirects to something that is no http address";
    auto next = resolve_redirection(*at, location);
    if (next.target) current_ = *std::move(next.target);
    return next.fault;
}

Turn S3Place::refused(const std::string& from, const AnswerHead& head, std::string_view body) {
    const bool elsewhere = head.status == 301 || head.status == 307 || head.status == 400 || head.status == 403;
    if (elsewhere) {
        auto region = std::string{head.bucket_region};
        if (region.empty()) region = element(body, "Region");
        if (is_region(region) && region != settings_.region) {
            settings_.region = region;
            return locate() ? Turn::again : Turn::none;
        }
    }
    if ((head.status != 403 && head.status != 404) || from == home_.text) return Turn::none;
    if (current_.text == from) current_ = home_;
    return Turn::again;
}

const char* S3Place::meaning(const AnswerHead& head, std::string_view body) const {
    const auto code = element(body, "Code");
    if (code == "NoSuchBucket") return "no such bucket";
    if (code == "NoSuchKey") return "no such object in the bucket";
    if (code == "InvalidAccessKeyId") return "the server does not know the access key";
    if (code == "SignatureDoesNotMatch") return "the server finds the signature wrong; is the secret key right?";
    if (code == "ExpiredToken" || code == "TokenRefreshRequired") return "the session token has expired";
    if (code == "InvalidToken") return "the server does not know the session token";
    if (code == "RequestTimeTooSkewed") return "the clock of this computer is wrong, so signatures are refused";
    if (code == "InvalidObjectState") return "the object lies in an archive and must be restored first";
    if (code == "AuthorizationHeaderMalformed") return "the bucket lies in another region; set AWS_REGION";
    if (head.status == 404) return "no such object, bucket or access key";
    if (head.status != 401 && head.status != 403) return nullptr;
    if (!settings_.credentials)
        return "the bucket refuses access without credentials (AWS_ACCESS_KEY_ID or AWS_PROFILE; roles of instances "
               "and containers are not supported)";
    return settings_.requester_pays ? "the bucket refuses access to these credentials"
                                    : "the bucket refuses access to these credentials; does the requester pay "
                                      "(AWS_REQUEST_PAYER=requester)?";
}

}  // namespace copse::io::net
