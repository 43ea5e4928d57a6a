#include "io/net/s3_settings.hpp"

#include <cstdlib>
#include <fstream>
#include <map>

#include "io/text.hpp"

namespace copse::io::net {
namespace {

using Section = std::map<std::string, std::string>;

/// The lines of one section. An indented line belongs to the value before it and is passed over.
std::optional<Section> read_section(const std::string& path, std::string_view wanted) {
    std::ifstream file{path};
    std::optional<Section> section;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        const auto text = trimmed(line);
        if (text.empty() || text.front() == '#' || text.front() == ';' || line.front() == ' ' || line.front() == '\t')
            continue;
        if (text.front() == '[') {
            inside = text.back() == ']' && trimmed(text.substr(1, text.size() - 2)) == wanted;
            if (inside && !section) section.emplace();
            continue;
        }
        const auto equals = text.find('=');
        if (inside && equals != std::string_view::npos)
            section->insert_or_assign(lower(trimmed(text.substr(0, equals))),
                                      std::string{trimmed(text.substr(equals + 1))});
    }
    return section;
}

std::string first_of(const Environment& environment, std::initializer_list<const char*> names) {
    for (const auto* name : names)
        if (auto value = environment(name); !value.empty()) return value;
    return {};
}

struct Profile {
    std::string name;
    bool named = false;  // by the environment
    bool found = false;
    Section values;
};

Profile read_profile(const Environment& environment) {
    Profile profile;
    profile.name = first_of(environment, {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"});
    profile.named = !profile.name.empty();
    if (!profile.named) profile.name = "default";
    const auto home = environment("HOME");
    const auto path = [&](const char* variable, const char* usual) {
        auto text = environment(variable);
        if (text.empty() && !home.empty()) text = home + usual;
        return text;
    };
    // Keys of the file of credentials go before those of the other.
    const auto credentials = read_section(path("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"), profile.name);
    const auto config = read_section(path("AWS_CONFIG_FILE", "/.aws/config"),
                                     profile.name == "default" ? profile.name : "profile " + profile.name);
    profile.found = credentials || config;
    if (credentials) profile.values = *credentials;
    if (config) profile.values.insert(config->begin(), config->end());
    return profile;
}

std::string value_of(const Section& section, const char* name) {
    const auto found = section.find(name);
    return found == section.end() ? std::string{} : found->second;
}

Result<std::optional<Credentials>> keys_of(Credentials keys) {
    if (keys.access_key.empty() != keys.secret_key.empty())
        return Error{Code::io_failed, 0, "of the two AWS keys (access key, secret key) only one is set"};
    if (keys.access_key.empty()) return std::optional<Credentials>{};
    return std::optional{std::move(keys)};
}

Result<std::optional<Credentials>> find_credentials(const Environment& environment, const Profile& profile) {
    if (const auto no = lower(environment("AWS_NO_SIGN_REQUEST")); no == "yes" || no == "true" || no == "1")
        return std::optional<Credentials>{};
    auto keys = keys_of(
        {environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"), environment("AWS_SESSION_TOKEN")});
    if (!keys || *keys) return keys;
    if (profile.named && !profile.found)
        return Error{Code::io_failed, 0, "the AWS profile that AWS_PROFILE names is in none of the files"};
    keys = keys_of({value_of(profile.values, "aws_access_key_id"), value_of(profile.values, "aws_secret_access_key"),
                    value_of(profile.values, "aws_session_token")});
    if (!keys || *keys) return keys;
    for (const auto* other : {"role_arn", "sso_session", "sso_start_url", "credential_process"})
        if (profile.values.contains(other))
            return Error{Code::unsupported, 0,
                         "the AWS profile has no keys of its own; roles, SSO and credential_process are not supported: "
                         "export keys into the environment"};
    return std::optional<Credentials>{};
}

}  // namespace

std::string process_environment(const char* name) {
    const auto* value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

Result<S3Settings> find_s3_settings(const Environment& environment) {
    const auto profile = read_profile(environment);
    auto credentials = find_credentials(environment, profile);
    if (!credentials) return credentials.error();
    S3Settings settings;
    settings.credentials = *std::move(credentials);
    settings.endpoint = first_of(environment, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
    if (settings.endpoint.empty()) settings.endpoint = value_of(profile.values, "endpoint_url");
    auto region = first_of(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"});
    if (region.empty()) region = value_of(profile.values, "region");
    if (!region.empty()) settings.region = region;
    settings.requester_pays = lower(environment("AWS_REQUEST_PAYER")) == "requester";
    return settings;
}

}  // namespace copse::io::net
