#include "support/help.hpp"

#include <fmt/format.h>

#include "copse/version.hpp"
#include "support/option_list.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

constexpr std::size_t kWidth = 96;
constexpr std::size_t kColumn = 30;  // where descriptions begin

/// Heading on the left, wrapped text on the right; a long heading has a line of its own.
std::string entry(const std::string& heading, const std::string& text) {
    std::string out = "  " + heading;
    bool first = width_of(out) + 2 <= kColumn;
    if (!first) out += "\n";
    for (const auto& line : wrapped(text, kWidth - kColumn)) {
        out = first ? padded_right(out, kColumn) : out + std::string(kColumn, ' ');
        out += line + "\n";
        first = false;
    }
    return out;
}

std::string options_text(const Verb& verb) {
    std::string out;
    std::string group;
    bool any_positional = false;
    for (const auto& option : options_of(verb)) {
        if (option.positional() && !any_positional) {
            any_positional = true;
            out += "\nArguments:\n";
        } else if (option.group != group) {
            group = option.group;
            out += "\n" + group + ":\n";
        }
        out += entry(option.heading(), option.help);
    }
    return out;
}

}  // namespace

std::string help_text(const Verb& verb) {
    std::string out =
        fmt::format("copse {}: {}\n\nUsage: copse {} {}\n", verb.name(), verb.summary(), verb.name(), verb.synopsis());
    out += options_text(verb);
    out += verb.examples().size() == 1 ? "\nExample:\n" : "\nExamples:\n";
    for (const auto& example : verb.examples()) out += fmt::format("  # {}\n  {}\n", example.purpose, example.command);
    return out;
}

std::string overview_text(Verbs verbs) {
    std::string out =
        "copse: cloud-optimized point clouds in space and time\n\n"
        "Usage: copse VERB [OPTIONS] ...\n\nVerbs:\n";
    for (const auto& verb : verbs) out += entry(verb->name(), verb->summary());
    out += entry("completion bash|zsh", "Print a completion script for a shell");
    out += entry("man", "Print the manual page");
    out += "\nOptions:\n";
    out += entry("-h, --help", "Print this help; after a verb, that of the verb");
    out += entry("--version", "Print version, commit and the instruction set in use");
    out +=
        "\nExamples:\n"
        "  copse convert tiles/*.laz survey.copc.laz\n"
        "  copse query survey.copc.laz --bounds 565300,5934100,565400,5934200 --time 2024-05-27 -o corner.laz\n"
        "\nExit status: 0 done, 1 the data are bad or a check failed, 2 the command is wrong,\n"
        "3 a file, server or disk failed.\n";
    return out;
}

}  // namespace copse::cli
