// copse convert: LAS and LAZ files into one COPC file.
#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <cmath>

#include "copse/build.hpp"
#include "copse/version.hpp"
#include "support/crs.hpp"
#include "support/inputs.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"
#include "verbs.hpp"

namespace copse::cli {
namespace {

constexpr std::uint64_t kMaxNodePoints = 1u << 26;  // as wire::Limits::max_chunk_points: readers must hold a node

Stop stop_after(const build::Failure& failure, const std::string& output) {
    const bool about_input = !failure.file.empty();
    switch (failure.kind) {
        case build::FailureKind::bad_data:
            return stop_for(failure.error, failure.file);
        case build::FailureKind::bad_request:
            return wrong_usage(failure.message);
        case build::FailureKind::io: {
            auto stop = stop_for(failure.error, about_input ? failure.file : output);
            stop.exit = Exit::failed;
            return stop;
        }
        case build::FailureKind::stopped:
            break;
    }
    auto stop = wrong_usage(failure.message);
    stop.exit = Exit::failed;
    return stop;
}

Json report_json(const build::Report& report, double seconds) {
    Json levels = Json::array();
    for (std::size_t level = 0; level < report.levels.size(); ++level) {
        const auto& row = report.levels[level];
        levels.push_back({{"level", level}, {"nodes", row.nodes}, {"points", row.points}, {"bytes", row.bytes}});
    }
    Json warnings = Json::array();
    for (const auto& warning : report.warnings) warnings.push_back(json_text(warning));
    Json json{{"points_in", report.points_in}, {"points_out", report.points_out},
              {"nodes", report.nodes},         {"levels", report.levels.size()},
              {"bytes", report.bytes},         {"seconds", seconds},
              {"warnings", warnings},          {"per_level", levels}};
    json["temporal_index"] =
        report.temporal_index ? Json{{"stride", report.stride}, {"pages", report.temporal_pages}} : Json(nullptr);
    json["hierarchy_pages"] = report.hierarchy_pages;
    json["rescans"] = report.rescans;
    json["rounded_coordinates"] = report.rounded_coordinates;
    json["non_finite_times"] = report.non_finite_times;
    return json;
}

void say_levels(const build::Report& report) {
    console().detail("level       nodes          points           bytes");
    for (std::size_t level = 0; level < report.levels.size(); ++level) {
        const auto& row = report.levels[level];
        console().detail(fmt::format("{:5} {:>11} {:>15} {:>15}", level, grouped(row.nodes), grouped(row.points),
                                     grouped(row.bytes)));
    }
}

void say_report(const build::Report& report, const std::string& output, std::size_t files, double seconds) {
    const auto per_point =
        report.points_out == 0 ? 0.0 : static_cast<double>(report.bytes) / static_cast<double>(report.points_out);
    auto& out = console();
    out.say(fmt::format("wrote {}", shown(output)));
    out.raw(fmt::format("  points   {} in from {} file{}, {} out", grouped(report.points_in), files,
                        files == 1 ? "" : "s", grouped(report.points_out)));
    out.raw(fmt::format("  nodes    {} on {} level{}", grouped(report.nodes), report.levels.size(),
                        report.levels.size() == 1 ? "" : "s"));
    out.raw(
        fmt::format("  bytes    {} ({}, {:.2f} a point)", grouped(report.bytes), byte_text(report.bytes), per_point));
    out.raw(report.temporal_index
                ? fmt::format("  index    temporal, one sample every {} points", grouped(report.stride))
                : std::string{"  index    none for times"});
    if (report.rounded_coordinates != 0)
        out.raw(fmt::format("  rounded  {} coordinates, by at most half a step", grouped(report.rounded_coordinates)));
    if (report.non_finite_times != 0)
        out.raw(fmt::format("  times    {} are not finite", grouped(report.non_finite_times)));
    if (report.rescans != 0) out.raw("  rescans  1: bounds in an input's header are wrong");
    out.raw(fmt::format("  time     {} ({} points/s)", duration_text(seconds),
                        short_count(seconds > 0 ? static_cast<double>(report.points_out) / seconds : 0)));
    say_levels(report);
}

class Convert final : public Verb {
public:
    Convert()
        : Verb{"convert",
               "Turn LAS and LAZ files into one COPC file with a temporal index",
               "[OPTIONS] INPUT... OUT.copc.laz",
               {{"All tiles of a folder", "copse convert tiles survey.copc.laz"},
                {"Two passes; the coordinate system is missing in the files",
                 "copse convert pass1.laz pass2.laz survey.copc.laz --crs EPSG:25832"}}} {
        app_.add_option("INPUT", words_,
                        "Files to convert: LAS, LAZ, folders of them, patterns; then the file to write")
            ->type_name("INPUT... OUT.copc.laz")
            ->required();
        add_text("--input-list", "FILE", list_, "Read names of inputs from FILE, one a line (- is standard input)");
        add_flag("--overwrite", overwrite_, "Replace the output if it exists");
        add_temporal_options();
        add_point_options();
        add_tree_options();
        add_report_options();
    }

private:
    void run() override;
    void add_temporal_options();
    void add_point_options();
    void add_tree_options();
    void add_report_options();
    [[nodiscard]] InputFiles collect_inputs() const;
    build::Report build_into(wire::Sink& sink, const InputFiles& inputs);

    std::vector<std::string> words_;
    std::string output_, list_, report_;
    bool overwrite_ = false, no_index_ = false;
    std::string stride_;
    std::string crs_;
    build::Options options_;
};

void Convert::add_temporal_options() {
    const std::string group = "Time";
    auto* index =
        app_.add_flag("--temporal-index{auto}", stride_,
                      "Write a temporal index, with a sample every STRIDE points (default: when GPS times vary)");
    index->type_name("[=STRIDE]")->group(group);
    add_flag("--no-temporal-index", no_index_, "Write no temporal index")->excludes(index)->group(group);
    const auto kind = [this](const std::string& text) -> std::string {
        if (text == "week")
            options_.gps_time = las::GpsTimeKind::week_seconds;
        else if (text == "adjusted")
            options_.gps_time = las::GpsTimeKind::adjusted_standard;
        else
            return "is neither week nor adjusted";
        return {};
    };
    add_parsed("--gps-time", "week|adjusted", kind, "What the GPS times of all inputs are, whatever their headers say")
        ->group(group);
}

void Convert::add_point_options() {
    const std::string group = "Points";
    add_text("--crs", "EPSG:N|FILE", crs_, "Coordinate system of inputs that have none")->group(group);
    const auto pdrf = [this](const std::string& text) -> std::string {
        if (text == "auto")
            options_.pdrf = 0;
        else if (text == "6" || text == "7" || text == "8")
            options_.pdrf = text[0] - '0';
        else
            return "is none of auto, 6, 7, 8";
        return {};
    };
    add_parsed("--pdrf", "auto|6|7|8", pdrf, "Point format of the output (default: the smallest that holds everything)")
        ->group(group);
    const auto scale = [this](const std::string& text) -> std::string {
        const auto numbers = parse_numbers(text);
        const auto good = [](double number) { return number > 0 && std::isfinite(number); };
        if (!numbers || (numbers->size() != 1 && numbers->size() != 3) ||
            !std::all_of(numbers->begin(), numbers->end(), good))
            return "is neither one positive number nor three";
        options_.scale = {numbers->front(), (*numbers)[numbers->size() / 2], numbers->back()};
        return {};
    };
    add_parsed("--scale", "S|SX,SY,SZ", scale,
               "Step of the output's coordinates (default: one that keeps all inputs' exactly)")
        ->group(group);
    add_flag("--drop-waveforms", options_.drop_waveforms, "Leave out wave packets, which COPC cannot hold")
        ->group(group);
}

void Convert::add_tree_options() {
    const std::string group = "Tree";
    add_parsed(
        "--grid", "N",
        [this](const std::string& text) -> std::string {
            const auto grid = parse_count(text);
            if (!grid || *grid < 32 || *grid > 512 || (*grid & (*grid - 1)) != 0)
                return "is none of 32, 64, 128, 256, 512";
            options_.grid = static_cast<std::uint32_t>(*grid);
            return {};
        },
        "Cells along an edge of a node, of which each gives one point to it (default 128)")
        ->group(group);
    add_count("--max-node-points", "N", options_.max_node_points, 1, kMaxNodePoints,
              "A node with at most so many points is not divided (default 100000)")
        ->group(group);
}

void Convert::add_report_options() {
    const std::string group = "Report";
    add_json("Print the report as JSON to standard output")->group(group);
    add_text("--report", "FILE", report_, "Write the report as JSON to FILE")->group(group);
    add_progress()->group(group);
}

InputFiles Convert::collect_inputs() const {
    auto words = words_;
    words.pop_back();
    if (!list_.empty())
        for (auto& line : read_input_list(list_)) words.push_back(std::move(line));
    if (words.empty()) throw wrong_usage("convert: name at least one input and the output");
    auto inputs = open_inputs(words, output_);
    if (report_.empty()) return inputs;
    if (const auto report = io::FileSource::open(report_))
        for (const auto& input : inputs.files)
            if (input.source->id() == (*report)->id()) throw wrong_usage("the report is one of the inputs", report_);
    return inputs;
}

build::Report Convert::build_into(wire::Sink& sink, const InputFiles& inputs) {
    std::vector<build::Input> sources;
    for (const auto& input : inputs.files) sources.push_back({input.path, input.source.get()});
    Progress progress{progress_style()};
    const auto show = [&](const char* stage, std::uint64_t done, std::uint64_t total) {
        progress.update(stage, done, total);
        return true;
    };
    const auto threads = executor();
    auto outcome = build::convert(sources, options_, sink, *threads, crs_service(), show);
    progress.finish();
    for (const auto& input : inputs.files)
        if (!input.source->unchanged())
            throw stop_for(Error{Code::io_failed, 0, "the input changed while it was read", 0}, input.path);
    if (outcome.failure) throw stop_after(*outcome.failure, output_);
    return *std::move(outcome.report);
}

void Convert::run() {
    output_ = words_.back();
    if (!lower_case(output_).ends_with(".copc.laz"))
        throw wrong_usage("the output, which comes last, must end in .copc.laz", output_);
    if (no_index_) options_.temporal_index = build::TemporalIndex::never;
    if (!stride_.empty()) options_.temporal_index = build::TemporalIndex::always;
    if (!stride_.empty() && stride_ != "auto") {
        const auto stride = parse_count(stride_);
        if (!stride || *stride == 0 || *stride > 0xffffffff)
            throw wrong_usage(fmt::format("convert: --temporal-index: '{}' is not a number of points", shown(stride_)));
        options_.stride = static_cast<std::uint32_t>(*stride);
    }
    if (!crs_.empty()) options_.assigned_wkt = crs_from_argument("convert: --crs", crs_);
    options_.software = fmt::format("copse {}", kVersion);

    const auto start = std::chrono::steady_clock::now();
    const auto inputs = collect_inputs();
    for (const auto& warning : inputs.warnings) console().warn(warning);
    console().detail(fmt::format("{} input file{}", inputs.files.size(), inputs.files.size() == 1 ? "" : "s"));
    // Both before the work: who may not write learns it at once.
    const auto output = create_output(output_, overwrite_);
    const auto report_file = report_.empty() ? nullptr : create_output(report_, overwrite_);

    auto report = build_into(*output, inputs);
    commit_output(*output, output_);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    for (const auto& warning : report.warnings) console().warn(shown(warning));
    report.warnings.insert(report.warnings.begin(), inputs.warnings.begin(), inputs.warnings.end());

    const auto json = report_json(report, seconds.count());
    if (report_file) {
        const auto text = json_document(json);
        check(report_file->append(std::as_bytes(std::span{text.data(), text.size()})), report_);
        commit_output(*report_file, report_);
    }
    say_report(report, output_, inputs.files.size(), seconds.count());
    if (json_) print_json(json);
}

}  // namespace

std::unique_ptr<Verb> make_convert() { return std::make_unique<Convert>(); }

}  // namespace copse::cli
