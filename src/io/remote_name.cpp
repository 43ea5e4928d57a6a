// Names of remote objects, as people write them and as messages may show them.
#include "copse/io.hpp"
#include "io/text.hpp"

namespace copse::io {
namespace {

bool starts_with_word(std::string_view text, std::string_view word) {
    return text.size() >= word.size() && same_word(text.substr(0, word.size()), word);
}

/// "a=1&b=2" as "a=...&b=...". A part without a name may itself be the secret.
std::string without_values(std::string_view query) {
    std::string shown;
    for (;;) {
        const auto end = query.find('&');
        const auto part = query.substr(0, end);
        const auto equals = part.find('=');
        if (equals != std::string_view::npos) shown.append(part.substr(0, equals + 1));
        if (!part.empty()) shown += "...";
        if (end == std::string_view::npos) return shown;
        shown += '&';
        query.remove_prefix(end + 1);
    }
}

}  // namespace

bool is_remote_name(std::string_view name) {
    return starts_with_word(name, "http://") || starts_with_word(name, "https://") || starts_with_word(name, "s3://");
}

std::string shown_name(std::string_view name) {
    // The key of an S3 object may hold any character: it has neither password nor query.
    if (!is_remote_name(name) || starts_with_word(name, "s3://")) return std::string{name};
    name = name.substr(0, name.find('#'));
    const auto host = name.find("//") + 2;
    const auto host_end = std::min(name.find_first_of("/?", host), name.size());
    const auto at = name.substr(0, host_end).rfind('@');
    const auto visible_host = at == std::string_view::npos || at < host ? host : at + 1;
    const auto query = name.find('?', host_end);
    std::string shown{name.substr(0, host)};
    shown.append(name.substr(visible_host, query == std::string_view::npos ? query : query - visible_host));
    if (query == std::string_view::npos) return shown;
    return shown + '?' + without_values(name.substr(query + 1));
}

}  // namespace copse::io
