// copse validate: the rules of LAS 1.4, COPC 1.0 and the temporal index, judged one by one.
#include <fmt/format.h>

#include "copse/check.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"
#include "support/source.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"
#include "verbs.hpp"

namespace copse::cli {
namespace {

Json finding_json(const check::Finding& finding) {
    return {{"id", finding.id},
            {"status", check::to_string(finding.verdict)},
            {"description", json_text(finding.description)},
            {"spec", json_text(finding.spec)},
            {"offset", finding.offset ? Json(*finding.offset) : Json(nullptr)},
            {"info", json_text(finding.info)}};
}

Json report_json(const check::Report& report, const std::string& path) {
    Json checks = Json::array();
    for (const auto& finding : report.findings) checks.push_back(finding_json(finding));
    return {{"file", json_text(path)}, {"status", check::to_string(report.verdict())}, {"checks", std::move(checks)}};
}

std::string report_text(const check::Report& report, const std::string& path) {
    std::size_t widest = 0;
    for (const auto& finding : report.findings) widest = std::max(widest, finding.id.size());
    std::string text;
    std::size_t passed = 0, warned = 0, failed = 0;
    for (const auto& finding : report.findings) {
        ++(finding.verdict == check::Verdict::pass   ? passed
           : finding.verdict == check::Verdict::warn ? warned
                                                     : failed);
        text += fmt::format("{}  {}  {}\n", check::to_string(finding.verdict), padded_right(finding.id, widest),
                            shown(finding.description));
        const auto place = finding.offset ? fmt::format("offset {}: ", *finding.offset) : "";
        if (!finding.info.empty() || finding.offset)
            text += std::string(widest + 8, ' ') + place + shown(finding.info) + "\n";
    }
    return text + fmt::format("{}: {} ({} passed, {} warned, {} failed)\n", shown(path),
                              check::to_string(report.verdict()), passed, warned, failed);
}

Stop stop_for_finding(const check::Finding& finding, const std::string& path) {
    Stop stop;
    stop.exit = Exit::bad_data;
    stop.file = path;
    stop.offset = finding.offset;
    stop.rule = finding.info.empty() ? finding.description : finding.description + ": " + finding.info;
    stop.code = to_string(finding.code);
    return stop;
}

class Validate final : public Verb {
public:
    Validate()
        : Verb{"validate",
               "Check a COPC file against LAS 1.4, COPC 1.0 and the temporal index",
               "[OPTIONS] SOURCE",
               {{"Every rule, every point", "copse validate --deep survey.copc.laz"},
                {"The rules that are broken, for a script",
                 "copse validate --json survey.copc.laz | jq '.checks[] | select(.status == \"fail\")'"}}} {
        app_.add_option("SOURCE", path_, "File to check, or an http(s):// or s3:// URL")
            ->type_name("SOURCE")
            ->required();
        add_flag("--deep", options_.deep, "Decode and check every point");
        add_json("Print the checks as JSON: id, status (pass, warn, fail), description, spec, offset, info");
        add_progress();
        add_source_options(sources_);
    }

private:
    void run() override {
        const auto source = sources_.open(path_).source;
        Progress progress{progress_style()};
        options_.progress = [&](std::uint64_t done, std::uint64_t total) {
            progress.update("checking", done, total);
            return true;
        };
        const auto threads = executor();
        const auto report = check::validate(*source, options_, *threads);
        progress.finish();
        if (report.io_error) throw stop_for(*report.io_error, path_);
        if (json_)
            print_json(report_json(report, public_name(path_)));
        else if (!console().quiet())
            print(report_text(report, public_name(path_)));
        if (const auto* failure = report.first_failure()) {
            auto stop = stop_for_finding(*failure, path_);
            stop.reported = true;
            throw stop;
        }
    }

    std::string path_;
    check::Options options_;
    Sources sources_;
};

}  // namespace

std::unique_ptr<Verb> make_validate() { return std::make_unique<Validate>(); }

}  // namespace copse::cli
