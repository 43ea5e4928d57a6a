#include "support/verb.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "copse/io.hpp"
#include "support/help.hpp"
#include "support/output.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

constexpr std::uint64_t kMostThreads = 1024;

}  // namespace

Verb::Verb(std::string name, std::string summary, std::string synopsis, std::vector<Example> examples)
    : app_{summary, name},
      name_{std::move(name)},
      summary_{std::move(summary)},
      synopsis_{std::move(synopsis)},
      examples_{std::move(examples)} {
    app_.set_help_flag("-h,--help", "Print this help");
    app_.get_help_ptr()->group("General");
    add_count("--threads", "N", threads_, 1, kMostThreads,
              "Threads to work on (default: all processors this process may use)")
        ->group("General");
    auto* quiet = add_flag("-q,--quiet", quiet_, "Print errors only")->group("General");
    add_flag("-v,--verbose", verbose_, "Print more about what is done")->group("General")->excludes(quiet);
}

void Verb::execute(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    try {
        app_.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
        return print(help_text(*this));
    } catch (const CLI::ParseError& error) {
        throw wrong_usage(fmt::format("{}: {} (see copse {} --help)", name_, shown(error.what()), name_));
    }
    if (quiet_) console().set_volume(Console::Volume::quiet);
    if (verbose_) console().set_volume(Console::Volume::verbose);
    run();
}

CLI::Option* Verb::add_parsed(const std::string& names, const std::string& type,
                              std::function<std::string(const std::string&)> read, const std::string& help) {
    const auto parse = [names, read = std::move(read)](const std::string& text) {
        if (const auto wrong = read(text); !wrong.empty()) {
            const auto longest = names.substr(names.rfind(',') + 1);
            throw CLI::ValidationError(longest, fmt::format("'{}' {}", shown(text), wrong));
        }
    };
    return app_.add_option_function<std::string>(names, parse, help)->type_name(type);
}

CLI::Option* Verb::add_text(const std::string& names, const std::string& type, std::string& value,
                            const std::string& help) {
    // An empty text is most often a script's variable that was never set: it must not mean "everything".
    const auto read = [&value](const std::string& text) -> std::string {
        value = text;
        return text.empty() ? "is empty" : "";
    };
    return add_parsed(names, type, read, help);
}

CLI::Option* Verb::add_flag(const std::string& names, bool& value, const std::string& help) {
    return app_.add_flag(names, value, help);
}

CLI::Option* Verb::add_count(const std::string& names, const std::string& type, std::uint64_t& value, std::uint64_t low,
                             std::uint64_t high, const std::string& help) {
    const auto read = [&value, low, high](const std::string& text) -> std::string {
        const auto count = parse_count(text);
        if (count && *count >= low && *count <= high) {
            value = *count;
            return {};
        }
        if (high == std::numeric_limits<std::uint64_t>::max())
            return fmt::format("is not a whole number from {} on", low);
        return fmt::format("is not a whole number from {} to {}", low, high);
    };
    return add_parsed(names, type, read, help);
}

CLI::Option* Verb::add_json(const std::string& help) { return add_flag("--json", json_, help); }

CLI::Option* Verb::add_progress() {
    progress_ = *parse_progress("auto");
    const auto read = [this](const std::string& text) -> std::string {
        const auto style = parse_progress(text);
        if (!style) return "is none of auto, bar, plain, json, none";
        progress_ = *style;
        return {};
    };
    return add_parsed("--progress", "STYLE", read,
                      "auto, bar, plain, json or none (default auto: a bar on a terminal, plain lines elsewhere)");
}

void Verb::add_source_options(Sources& sources) {
    const std::string group = "Servers";
    auto& options = sources.options;
    add_text("--cache", "DIR", options.cache_folder, "Keep what servers send in DIR, from run to run")->group(group);
    add_count("--cache-size", "SIZE", options.cache_folder_bytes, 1, std::numeric_limits<std::uint64_t>::max(),
              "Most bytes to keep there, such as 500M or 4Gi (default 1Gi)")
        ->group(group);
    const auto header = [&options](const std::vector<std::string>& values) {
        for (const auto& text : values) {
            if (const auto fault = header_fault(text); !fault.empty()) throw CLI::ValidationError("--header", fault);
            options.headers.push_back(text);
        }
    };
    app_.add_option_function<std::vector<std::string>>(
            "--header", header,
            "Send this header with each request to the server named, and to no other; may be repeated")
        ->allow_extra_args(false)
        ->type_name("'NAME: VALUE'")
        ->group(group);
    const auto timeout = [&options](const std::string& text) -> std::string {
        constexpr double kMostSeconds = 86'400;
        const auto seconds = parse_number(text);
        if (!seconds || !(*seconds >= 0.001 && *seconds <= kMostSeconds)) return "is not a number of seconds";
        options.timeout = std::chrono::milliseconds{std::llround(*seconds * 1000)};
        return {};
    };
    add_parsed("--timeout", "S", timeout, "Seconds for a range of bytes to come, with all retries (default 30)")
        ->group(group);
    const auto retries = [&options](const std::string& text) -> std::string {
        constexpr std::uint64_t kMostRetries = 1000;
        const auto count = parse_count(text);
        if (!count || *count > kMostRetries) return fmt::format("is not a whole number from 0 to {}", kMostRetries);
        options.retries = static_cast<unsigned>(*count);
        return {};
    };
    add_parsed("--retries", "N", retries,
               "How often a request is made again that failed for a while: 429, 5xx, a broken connection (default 4)")
        ->group(group);
    add_text("--ca-file", "FILE", options.ca_file, "Certificates to trust instead of the system's")->group(group);
}

ProgressStyle Verb::progress_style() const { return console().quiet() ? ProgressStyle::none : progress_; }

std::unique_ptr<wire::Executor> Verb::executor() const { return io::make_executor(static_cast<unsigned>(threads_)); }

}  // namespace copse::cli
