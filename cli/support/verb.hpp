// What all verbs share: their options, help text and the way they are run.
#pragma once

#include <CLI/App.hpp>
#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "copse/wire.hpp"
#include "support/console.hpp"
#include "support/progress.hpp"
#include "support/sources.hpp"

namespace copse::cli {

/// `copse NAME ...`. A verb adds its options in its constructor and does its work in `run`.
class Verb {
public:
    struct Example {
        std::string purpose;  ///< what it shows, without a full stop
        std::string command;
    };

    virtual ~Verb() = default;
    Verb(const Verb&) = delete;
    Verb& operator=(const Verb&) = delete;

    /// Parses the words after the verb's name, then runs it. Throws Stop or OutputClosed.
    void execute(std::vector<std::string> words);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& summary() const { return summary_; }
    /// After the name: "[OPTIONS] INPUT... OUT".
    [[nodiscard]] const std::string& synopsis() const { return synopsis_; }
    [[nodiscard]] const std::vector<Example>& examples() const { return examples_; }
    [[nodiscard]] const CLI::App& app() const { return app_; }

protected:
    Verb(std::string name, std::string summary, std::string synopsis, std::vector<Example> examples);
    virtual void run() = 0;

    // Options are text until we have read them: locale-independent, all of the text, with a sentence about what is
    // asked for.
    CLI::Option* add_text(const std::string& names, const std::string& type, std::string& value,
                          const std::string& help);
    CLI::Option* add_flag(const std::string& names, bool& value, const std::string& help);
    /// A whole number within [low, high]; K, M, G, Ki, Mi, Gi behind it are understood.
    CLI::Option* add_count(const std::string& names, const std::string& type, std::uint64_t& value, std::uint64_t low,
                           std::uint64_t high, const std::string& help);
    /// Text that `read` turns into a value; what it says is wrong (empty: nothing) is an error of usage.
    CLI::Option* add_parsed(const std::string& names, const std::string& type,
                            std::function<std::string(const std::string&)> read, const std::string& help);
    CLI::Option* add_json(const std::string& help);
    CLI::Option* add_progress();
    /// How servers are talked to, for verbs whose SOURCE may be on one.
    void add_source_options(Sources& sources);
    [[nodiscard]] ProgressStyle progress_style() const;

    /// On as many threads as --threads says.
    [[nodiscard]] std::unique_ptr<wire::Executor> executor() const;

    CLI::App app_;
    bool json_ = false;

private:
    std::string name_, summary_, synopsis_;
    std::vector<Example> examples_;
    bool quiet_ = false;
    bool verbose_ = false;
    std::uint64_t threads_ = 0;
    ProgressStyle progress_ = ProgressStyle::none;
};

}  // namespace copse::cli
