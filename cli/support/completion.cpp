// Completion scripts: verbs after the program, options of the verb, files everywhere else.
#include <fmt/format.h>

#include "support/help.hpp"
#include "support/option_list.hpp"

namespace copse::cli {
namespace {

std::string verb_names(Verbs verbs) {
    std::string names;
    for (const auto& verb : verbs) names += verb->name() + " ";
    return names + "completion man";
}

/// Text inside single quotes and a zsh option specification.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else if (c == '[' || c == ']' || c == ':')
            out += std::string{"\\"} + c;
        else
            out += c;
    }
    return out;
}

}  // namespace

std::string bash_completion(Verbs verbs) {
    std::string cases;
    for (const auto& verb : verbs) {
        std::string words;
        for (const auto& option : options_of(*verb))
            if (!option.positional())
                for (const auto& name : option.names) words += name + " ";
        words.pop_back();
        cases += fmt::format("        {}) words=\"{}\" ;;\n", verb->name(), words);
    }
    return fmt::format(
        "# bash completion of copse: source <(copse completion bash)\n"
        "_copse() {{\n"
        "    local word=${{COMP_WORDS[COMP_CWORD]}} words=\"\"\n"
        "    COMPREPLY=()\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$word\"))\n"
        "        return\n"
        "    fi\n"
        "    case ${{COMP_WORDS[1]}} in\n"
        "{}"
        "        completion) COMPREPLY=($(compgen -W \"bash zsh\" -- \"$word\")); return ;;\n"
        "    esac\n"
        "    case $word in\n"
        "        -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
        "        *) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
        "    esac\n"
        "}}\n"
        "complete -F _copse copse\n",
        verb_names(verbs), cases);
}

std::string zsh_completion(Verbs verbs) {
    std::string list;
    std::string cases;
    for (const auto& verb : verbs) {
        list += fmt::format("        '{}:{}'\n", verb->name(), zsh_text(verb->summary()));
        cases += fmt::format("        {})\n            _arguments \\\n", verb->name());
        for (const auto& option : options_of(*verb)) {
            if (option.positional()) continue;
            for (const auto& name : option.names) {
                const bool takes_value = !option.value.empty() && !option.value.starts_with('[');
                cases += fmt::format("                '{}[{}]{}' \\\n", name, zsh_text(option.help),
                                     takes_value ? ":" + zsh_text(option.value) + ":_files" : "");
            }
        }
        cases += "                '*:file:_files'\n            ;;\n";
    }
    return fmt::format(
        "#compdef copse\n"
        "# zsh completion of copse: copse completion zsh > \"${{fpath[1]}}/_copse\"\n"
        "_copse() {{\n"
        "    local -a verbs=(\n"
        "{}"
        "        'completion:print a completion script'\n"
        "        'man:print the manual page'\n"
        "    )\n"
        "    if (( CURRENT == 2 )); then\n"
        "        _describe verb verbs\n"
        "        return\n"
        "    fi\n"
        "    case $words[2] in\n"
        "{}"
        "        completion) _values shell bash zsh ;;\n"
        "    esac\n"
        "}}\n"
        "_copse \"$@\"\n",
        list, cases);
}

}  // namespace copse::cli
