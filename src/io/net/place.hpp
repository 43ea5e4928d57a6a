// Where a remote object is, and how a request for its bytes is made. Used by the transfers' thread alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/net/transfers.hpp"
#include "io/net/url.hpp"

namespace copse::io::net {

/// What a place makes of an answer that is no bytes.
enum class Turn : std::uint8_t {
    none,   ///< the answer stands
    again,  ///< the place has changed: ask again
};

class Place {
public:
    virtual ~Place() = default;
    virtual HttpRequest request(ByteRange range) = 0;
    /// Follows a redirection of the request that was made to `from`, for this and all later requests.
    /// @return static text of what is wrong with it, or null
    virtual const char* redirect(const std::string& from, const std::string& location) = 0;
    /// A refusal: perhaps the target of a redirection has expired, or the bucket lies in another region.
    virtual Turn refused(const std::string& from, const AnswerHead& head, std::string_view body) = 0;
    /// What the object is called from run to run: without passwords, queries, and what redirections bring.
    [[nodiscard]] virtual std::string address() const = 0;
    /// The address does not tell it from all other objects: only its ETag does.
    [[nodiscard]] virtual bool is_ambiguous() const = 0;
    /// What a refusal means, if the place knows more than its status says; else null. Static text.
    [[nodiscard]] virtual const char* meaning(const AnswerHead& head, std::string_view body) const = 0;
};

/// "Range" and "Accept-Encoding" of every request.
[[nodiscard]] std::vector<std::string> range_headers(ByteRange range);

/// Where a redirection leads, if it may be followed at all.
struct Redirection {
    std::optional<Url> target;
    const char* fault = nullptr;
};
[[nodiscard]] Redirection resolve_redirection(const Url& from, const std::string& location);

/// An http or https address.
class HttpPlace final : public Place {
public:
    HttpPlace(Url url, std::vector<std::string> headers)
        : origin_{std::move(url)}, current_{origin_}, headers_{std::move(headers)} {}
    HttpRequest request(ByteRange range) override;
    const char* redirect(const std::string& from, const std::string& location) override;
    Turn refused(const std::string& from, const AnswerHead& head, std::string_view body) override;
    [[nodiscard]] std::string address() const override { return origin_.text.substr(0, origin_.text.find('?')); }
    [[nodiscard]] bool is_ambiguous() const override { return origin_.text.find('?') != std::string::npos; }
    [[nodiscard]] const char* meaning(const AnswerHead&, std::string_view) const override { return nullptr; }

private:
    Url origin_, current_;
    std::vector<std::string> headers_;
};

}  // namespace copse::io::net
