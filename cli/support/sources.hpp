// Opening what SOURCE names: files, and objects on servers.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "copse/io.hpp"

namespace copse::cli {

/// Something opened. @pre the `Sources` that opened it outlives it
struct OpenedSource {
    std::unique_ptr<wire::Source> source;
    std::optional<io::FileId> id;          ///< of a local file
    const io::Network* network = nullptr;  ///< that it is reached through, if it is on a server
};

/// Files, and servers by the options that a verb was given (Verb::add_source_options). Connections to servers are made
/// when the first name needs them.
class Sources {
public:
    Sources();
    /// Throws Stop.
    OpenedSource open(const std::string& name);

    io::NetworkOptions options;

private:
    std::unique_ptr<io::Network> network_;
};

/// The name of a source without the secrets that a URL may hold; other names as they are.
[[nodiscard]] std::string public_name(const std::string& name);
/// The same as text for a terminal.
[[nodiscard]] std::string shown_source(const std::string& name);

/// What keeps a text from being a header, "Name: value", or nothing. Does not repeat the text, which may be a secret.
[[nodiscard]] std::string header_fault(const std::string& text);

}  // namespace copse::cli
