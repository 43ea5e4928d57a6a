// What the surroundings say about S3: the AWS_* variables and the two files in ~/.aws.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "io/net/sigv4.hpp"

namespace copse::io::net {

struct S3Settings {
    std::string endpoint;  ///< empty: Amazon's
    std::string region = "us-east-1";
    std::optional<Credentials> credentials;  ///< none: requests are not signed
    bool requester_pays = false;
};

/// The value of an environment variable; empty where there is none.
using Environment = std::function<std::string(const char* name)>;
[[nodiscard]] std::string process_environment(const char* name);

/// Errors: a profile that AWS_PROFILE names and that is not there or wants something we do not do (roles, SSO,
/// programs); half a pair of keys.
[[nodiscard]] Result<S3Settings> find_s3_settings(const Environment& environment);

}  // namespace copse::io::net
