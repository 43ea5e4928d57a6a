#include "io/net/place.hpp"

namespace copse::io::net {

std::vector<std::string> range_headers(ByteRange range) {
    return {"Range: bytes=" + std::to_string(range.offset) + '-' + std::to_string(range.end() - 1),
            "Accept-Encoding: identity"};
}

Redirection resolve_redirection(const Url& from, const std::string& location) {
    if (location.empty()) return {std::nullopt, "the server redirects without saying where to"};
    auto target = from.resolve(location);
    if (!target) return {std::nullopt, "the server redirects to something that is no http address"};
    if (from.scheme == "https" && target->scheme != "https")
        return {std::nullopt, "the server redirects from https to http, which is not followed"};
    return {std::move(target), nullptr};
}

HttpRequest HttpPlace::request(ByteRange range) {
    HttpRequest request{current_.text, range_headers(range), {}};
    if (origin_.shares_secrets_with(current_)) {
        request.headers.insert(request.headers.end(), headers_.begin(), headers_.end());
        request.user_password = origin_.user_password;
    }
    return request;
}

const char* HttpPlace::redirect(const std::string& from, const std::string& location) {
    const auto at = Url::parse(from);
    if (!at) return "the server redirects to something that is no http address";
    auto next = resolve_redirection(*at, location);
    if (next.target) current_ = *std::move(next.target);
    return next.fault;
}

Turn HttpPlace::refused(const std::string& from, const AnswerHead& head, std::string_view) {
    // The target of a redirection is often signed for a short time only. Where it came from makes a fresh one.
    const bool expired = head.status == 401 || head.status == 403 || head.status == 404 || head.status == 410;
    if (!expired || from == origin_.text) return Turn::none;
    if (current_.text == from) current_ = origin_;
    return Turn::again;
}

}  // namespace copse::io::net
