// An object in a bucket.
#pragma once

#include "io/net/place.hpp"
#include "io/net/s3_settings.hpp"

namespace copse::io::net {

/// Requests are signed for the region that the bucket turns out to lie in. Nothing that belongs to the credentials goes
/// to other hosts than the endpoint's, or Amazon's where none is set.
class S3Place final : public Place {
public:
    /// @param name    "s3://bucket/key"; the key is taken as it is
    /// @param headers sent along to the endpoint; those that begin with x-amz- are signed
    static Result<std::unique_ptr<Place>> create(const std::string& name, S3Settings settings,
                                                 std::vector<std::string> headers);
    HttpRequest request(ByteRange range) override { return request_at(range, std::time(nullptr)); }
    [[nodiscard]] HttpRequest request_at(ByteRange range, std::time_t now) const;
    const char* redirect(const std::string& from, const std::string& location) override;
    Turn refused(const std::string& from, const AnswerHead& head, std::string_view body) override;
    /// Without the region, which may be learned later.
    [[nodiscard]] std::string address() const override { return settings_.endpoint + " s3://" + bucket_ + '/' + key_; }
    [[nodiscard]] bool is_ambiguous() const override { return false; }
    [[nodiscard]] const char* meaning(const AnswerHead& head, std::string_view body) const override;

private:
    S3Place() = default;
    bool locate();
    [[nodiscard]] bool is_trusted(const Url& url) const;
    void sign(HttpRequest& request, std::time_t now) const;

    S3Settings settings_;
    std::vector<std::string> headers_;
    std::string bucket_, key_;
    Url home_;     // where the object should be
    Url current_;  // where it is
};

}  // namespace copse::io::net
