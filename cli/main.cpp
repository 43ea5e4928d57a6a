// copse VERB [OPTIONS] ...: finds the verb, runs it, and turns what went wrong into a line and an exit status.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <optional>

#include "copse/version.hpp"
#include "support/commit.hpp"
#include "support/console.hpp"
#include "support/help.hpp"
#include "support/output.hpp"
#include "support/signals.hpp"
#include "support/sources.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"
#include "verbs.hpp"

namespace copse::cli {
namespace {

std::vector<std::unique_ptr<Verb>> all_verbs() {
    std::vector<std::unique_ptr<Verb>> verbs;
    verbs.push_back(make_convert());
    verbs.push_back(make_query());
    verbs.push_back(make_info());
    verbs.push_back(make_validate());
    verbs.push_back(make_diff());
    verbs.push_back(make_synth());
    return verbs;
}

void complete(const std::vector<std::string>& words, Verbs verbs) {
    if (words.size() == 1 && words[0] == "bash") return print(bash_completion(verbs));
    if (words.size() == 1 && words[0] == "zsh") return print(zsh_completion(verbs));
    throw wrong_usage("completion: say bash or zsh");
}

void execute(std::vector<std::string> words) {
    const auto verbs = all_verbs();
    if (words.empty()) throw wrong_usage("a verb is missing (see copse --help)");
    const auto name = words.front();
    words.erase(words.begin());
    if (name == "-h" || name == "--help" || (name == "help" && words.empty())) return print(overview_text(verbs));
    if (name == "--version") return print_line(fmt::format("copse {} ({}, {})", kVersion, kCommit, simd_form()));
    if (name == "completion") return complete(words, verbs);
    if (name == "man") return print(manual_page(verbs));
    const auto& wanted = name == "help" ? words.front() : name;
    const auto found =
        std::find_if(verbs.begin(), verbs.end(), [&](const auto& verb) { return verb->name() == wanted; });
    if (found == verbs.end()) throw wrong_usage(fmt::format("'{}' is not a verb (see copse --help)", shown(wanted)));
    if (name == "help") return print(help_text(**found));
    (*found)->execute(std::move(words));
}

void report(const Stop& stop, bool as_json) {
    const auto file = stop.file.empty() ? "" : shown_source(stop.file) + ": ";
    const auto place = stop.offset ? fmt::format("offset {}: ", *stop.offset) : "";
    console().clear_bar();
    console().error(fmt::format("copse: {}{}{}", file, place, stop.rule));
    if (!as_json || stop.reported) return;
    const Json error{{"file", stop.file.empty() ? Json(nullptr) : Json(json_text(public_name(stop.file)))},
                     {"offset", stop.offset ? Json(*stop.offset) : Json(nullptr)},
                     {"rule", json_text(stop.rule)},
                     {"code", stop.code}};
    print_json({{"error", error}});
}

Stop out_of_memory() {
    Stop stop;
    stop.exit = Exit::failed;
    stop.rule = "there is not enough memory";
    stop.code = to_string(Code::limit_exceeded);
    return stop;
}

/// Nothing should come here; if it does, scripts still get a line and a status.
Stop internal_error(const std::exception& error) {
    Stop stop;
    stop.exit = Exit::failed;
    stop.rule = std::string{"internal error: "}.append(shown(error.what()));
    stop.code = "internal";
    return stop;
}

/// A file opened under the number of a closed standard stream would receive what is printed there.
void keep_standard_streams() {
    for (int fd = 0; fd <= 2; ++fd)
        if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/// An input each takes a descriptor, and surveys have thousands of tiles.
void allow_many_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

Exit run(std::vector<std::string> words) {
    const bool as_json = std::find(words.begin(), words.end(), "--json") != words.end();
    std::optional<Stop> stop;
    try {
        execute(std::move(words));
        return Exit::done;
    } catch (const Stop& reason) {
        stop = reason;
    } catch (const OutputClosed&) {
        return Exit::done;
    } catch (const std::bad_alloc&) {
        stop = out_of_memory();
    } catch (const std::exception& error) {
        stop = internal_error(error);
    }
    try {
        report(*stop, as_json);
    } catch (const OutputClosed&) {
    } catch (const Stop&) {  // standard output is full as well: the exit status says enough
    }
    return stop->exit;
}

}  // namespace
}  // namespace copse::cli

int main(int argc, char** argv) {
    copse::cli::keep_standard_streams();
    copse::cli::allow_many_files();
    copse::cli::handle_signals();
    return static_cast<int>(copse::cli::run({argv + std::min(argc, 1), argv + argc}));
}
