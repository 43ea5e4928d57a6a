// Addresses, taken apart and resolved by libcurl's parser, which is the one that the request then goes through.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace copse::io::net {

struct Url {
    std::string text;  ///< as requests use it: encoded, without user, password and fragment
    std::string scheme, host, port;
    std::string user_password;  ///< "user:password", decoded; empty: none

    /// Nothing if it is no http or https address.
    static std::optional<Url> parse(const std::string& text);
    /// Where a Location header leads from here. Without user and password, whatever it says.
    [[nodiscard]] std::optional<Url> resolve(const std::string& location) const;
    /// What was meant for this server may go to the other too: the same name and port, or the same name where http on
    /// its usual port became https on its usual port.
    [[nodiscard]] bool shares_secrets_with(const Url& other) const;
};

}  // namespace copse::io::net
