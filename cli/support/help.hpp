// Help, manual page and completion scripts, all made from the verbs' options.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "support/verb.hpp"

namespace copse::cli {

using Verbs = std::span<const std::unique_ptr<Verb>>;

/// What `copse VERB --help` prints.
std::string help_text(const Verb& verb);
/// What `copse --help` prints.
std::string overview_text(Verbs verbs);
/// The manual page copse(1), in man(7) macros.
std::string manual_page(Verbs verbs);
/// Scripts for `source <(copse completion bash)` and for a folder of zsh's fpath.
std::string bash_completion(Verbs verbs);
std::string zsh_completion(Verbs verbs);

}  // namespace copse::cli
