// The manual page.
#include <fmt/format.h>

#include "copse/version.hpp"
#include "support/help.hpp"
#include "support/option_list.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

/// Text that roff must not take for requests or escapes.
std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if (c == '\'')
            out += "\\(aq";
        else if (c == '^')
            out += "\\(ha";
        else if (c == '~')
            out += "\\(ti";
        else if (c == '`')
            out += "\\(ga";
        else
            out += c;
    }
    // A line that begins with a full stop is a request.
    if (out.starts_with('.')) out.insert(0, "\\&");
    return out;
}

std::string upper_case(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

std::string option_entry(const OptionText& option) {
    return fmt::format(".TP\n.B {}\n{}\n", roff(option.heading()), roff(option.help));
}

std::string verb_section(const Verb& verb) {
    std::string out = fmt::format(".SH COPSE {}\n{}.\n.PP\n.B copse {}\n{}\n", upper_case(verb.name()),
                                  roff(verb.summary()), verb.name(), roff(verb.synopsis()));
    std::string group;
    for (const auto& option : options_of(verb)) {
        if (option.group != group && !option.positional()) {
            group = option.group;
            out += fmt::format(".SS {}\n", roff(group));
        }
        out += option_entry(option);
    }
    out += ".SS Examples\n";
    for (const auto& example : verb.examples())
        out += fmt::format(".PP\n{}:\n.PP\n.nf\n.RS\n{}\n.RE\n.fi\n", roff(example.purpose), roff(example.command));
    return out;
}

}  // namespace

std::string manual_page(Verbs verbs) {
    std::string out = fmt::format(
        ".TH COPSE 1 \"\" \"copse {}\" \"User Commands\"\n"
        ".SH NAME\ncopse \\- cloud\\-optimized point clouds in space and time\n"
        ".SH SYNOPSIS\n.B copse\n.I VERB\n[OPTIONS] ...\n"
        ".SH DESCRIPTION\nResults go to standard output, as text for people or as JSON with "
        "\\fB\\-\\-json\\fR; messages and progress go to standard error.\n"
        "The verbs are:\n",
        kVersion);
    for (const auto& verb : verbs) out += fmt::format(".TP\n.B {}\n{}.\n", roff(verb->name()), roff(verb->summary()));
    for (const auto& verb : verbs) out += verb_section(*verb);
    out +=
        ".SH EXIT STATUS\n"
        ".TP\n.B 0\nDone.\n"
        ".TP\n.B 1\nThe data are bad, or a check failed.\n"
        ".TP\n.B 2\nThe command is wrong.\n"
        ".TP\n.B 3\nA file, server or disk failed.\n"
        ".TP\n.B 129, 130, 143\nEnded by SIGHUP, SIGINT or SIGTERM; no half\\-made file is left.\n"
        ".PP\nThe first line of an error is\n.B copse: FILE: offset N: RULE\n";
    return out;
}

}  // namespace copse::cli
