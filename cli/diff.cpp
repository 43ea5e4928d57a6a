// copse diff: are two clouds the same points, whatever their order, and what differs?
#include <fmt/format.h>

#include <limits>

#include "copse/compare.hpp"
#include "support/inputs.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"
#include "support/space.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"
#include "verbs.hpp"

namespace copse::cli {
namespace {

constexpr std::uint64_t kMostShown = 1000;

const char* word_for(compare::Kind kind) {
    switch (kind) {
        case compare::Kind::only_in_a:
            return "only_in_a";
        case compare::Kind::only_in_b:
            return "only_in_b";
        case compare::Kind::changed:
            break;
    }
    return "changed";
}

const std::string& either(const compare::Value& value) { return value.a.empty() ? value.b : value.a; }

// ---- JSON ---------------------------------------------------------------------------------------------------------

Json difference_json(const compare::Difference& difference) {
    Json place = Json::object(), changes = Json::object();
    for (const auto& value : difference.changes) changes[json_text(value.dimension)] = {{"a", value.a}, {"b", value.b}};
    for (const auto& value : difference.place) place[value.dimension] = either(value);
    Json json{{"kind", word_for(difference.kind)}, {"points", difference.count}, {"place", place}};
    if (difference.kind == compare::Kind::changed) json["changes"] = changes;
    return json;
}

Json report_json(const compare::Report& report) {
    Json dimensions = Json::object(), first = Json::array(), warnings = Json::array();
    for (const auto& [name, points] : report.dimensions) dimensions[json_text(name)] = points;
    for (const auto& difference : report.first) first.push_back(difference_json(difference));
    for (const auto& warning : report.warnings) warnings.push_back(json_text(warning));
    Json json{{"same", report.same}, {"points", {{"a", report.points_a}, {"b", report.points_b}}}};
    if (!report.same) {
        json["equal"] = report.equal;
        json["only_in_a"] = report.only_in_a;
        json["only_in_b"] = report.only_in_b;
        json["changed"] = report.changed;
        json["dimensions"] = dimensions;
        json["first"] = first;
        json["pairs_missed"] = report.pairs_missed;
    }
    json["passes"] = report.passes;
    json["warnings"] = warnings;
    return json;
}

// ---- text ---------------------------------------------------------------------------------------------------------

std::string count_line(std::string_view what, std::uint64_t points) {
    return fmt::format("  {} {:>15}\n", padded_right(what, 28), grouped(points));
}

std::string difference_line(const compare::Difference& difference) {
    const char* sign = difference.kind == compare::Kind::only_in_a   ? "-"
                       : difference.kind == compare::Kind::only_in_b ? "+"
                                                                     : "~";
    std::string line = sign;
    for (const auto& value : difference.place) line += fmt::format(" {} {}", value.dimension, either(value));
    const char* separator = ": ";
    for (const auto& value : difference.changes) {
        line += fmt::format("{}{} {} -> {}", separator, shown(value.dimension), value.a, value.b);
        separator = ", ";
    }
    if (difference.count != 1) line += fmt::format(" ({} times)", grouped(difference.count));
    return line + "\n";
}

std::string report_text(const compare::Report& report) {
    if (report.same) return fmt::format("same: {} points, equal in every dimension\n", grouped(report.points_a));
    auto text = fmt::format("different: {} points in A, {} in B\n", grouped(report.points_a), grouped(report.points_b));
    text += count_line("equal", report.equal) + count_line("only in A (-)", report.only_in_a) +
            count_line("only in B (+)", report.only_in_b) + count_line("same place, changed (~)", report.changed);
    for (const auto& [name, points] : report.dimensions) text += count_line("    " + shown(name), points);
    for (const auto& difference : report.first) text += difference_line(difference);
    return text;
}

class Diff final : public Verb {
public:
    Diff()
        : Verb{"diff",
               "Compare two clouds: are they the same points, whatever their order?",
               "[OPTIONS] A B",
               {{"Did a conversion keep every point?", "copse diff tiles survey.copc.laz"},
                {"Which dimensions did another program change?",
                 "copse diff --json before.laz after.laz | jq .dimensions"}}} {
        app_.add_option("A", a_, "File, folder or pattern: LAS, LAZ, COPC, EPT")->type_name("A")->required();
        app_.add_option("B", b_, "What it is compared with")->type_name("B")->required();
        add_count(
            "--memory-limit", "SIZE", memory_limit_, 1, std::numeric_limits<std::uint64_t>::max(),
            "Memory to stay within (default: 3/4 of what there is); the less, the more often files that differ are "
            "read");
        add_count("--show", "N", options_.shown, 0, kMostShown, "Differences to show one by one (default 10)");
        add_json("Print the result as JSON");
        add_progress();
    }

private:
    compare::Outcome compare_all(const InputFiles& a, const InputFiles& b) {
        const auto inputs_of = [](const InputFiles& files) {
            std::vector<compare::Input> inputs;
            for (const auto& file : files.files) inputs.push_back({file.path, file.source.get(), file.open});
            return inputs;
        };
        Progress progress{progress_style()};
        const auto show = [&](const char* stage, std::uint64_t done, std::uint64_t total) {
            progress.update(stage, done, total);
        };
        const auto threads = executor();
        options_.memory_limit = memory_for_work(memory_limit_, threads->concurrency());
        auto outcome = compare::diff(inputs_of(a), inputs_of(b), options_, *threads, show);
        progress.finish();
        return outcome;
    }

    void run() override {
        const auto a = open_inputs({a_}, {}), b = open_inputs({b_}, {});
        options_.details = json_ || !console().quiet();
        auto outcome = compare_all(a, b);
        for (const auto* cloud : {&a, &b})
            for (const auto& input : cloud->files)
                if (!input.source->unchanged())
                    throw stop_for(Error{Code::io_failed, 0, "the input changed while it was read", 0}, input.path);
        if (outcome.failure) {
            auto stop = stop_for(outcome.failure->error, outcome.failure->file);
            if (outcome.failure->error.code == Code::limit_exceeded) stop.exit = Exit::failed;
            throw stop;
        }
        auto& report = *outcome.report;
        for (const auto* cloud : {&a, &b})
            report.warnings.insert(report.warnings.begin(), cloud->warnings.begin(), cloud->warnings.end());
        for (const auto& warning : report.warnings) console().warn(shown(warning));
        if (report.pairs_missed)
            console().warn(
                "points that belong together do not fit into memory: some may be told as missing that only changed");
        if (json_)
            print_json(report_json(report));
        else if (!console().quiet())
            print(report_text(report));
        if (report.same) return;
        Stop stop;
        stop.exit = Exit::bad_data;
        stop.file = b_;
        stop.rule = fmt::format("its points are not those of {}", shown(a_));
        stop.code = "different";
        stop.reported = true;
        throw stop;
    }

    std::string a_, b_;
    std::uint64_t memory_limit_ = default_memory_limit();
    compare::Options options_;
};

}  // namespace

std::unique_ptr<Verb> make_diff() { return std::make_unique<Diff>(); }

}  // namespace copse::cli
