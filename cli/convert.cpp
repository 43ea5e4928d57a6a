// copse convert: LAS and LAZ files into one COPC file.
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "copse/build.hpp"
#include "copse/version.hpp"
#include "support/convert_report.hpp"
#include "support/crs.hpp"
#include "support/inputs.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"
#include "support/space.hpp"
#include "support/stages.hpp"
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
            if (failure.error.code != Code::limit_exceeded || about_input) return stop;
            stop.file.clear();
            stop.offset.reset();
            stop.rule = failure.message;
            return stop;
        }
        case build::FailureKind::stopped:
            break;
    }
    auto stop = wrong_usage(failure.message);
    stop.exit = Exit::failed;
    return stop;
}

/// One line for each of the first parts that were left out.
void warn_of_skipped(const build::Report& report) {
    constexpr std::size_t kMost = 10;
    for (std::size_t i = 0; i < std::min(kMost, report.skipped.size()); ++i) {
        const auto& part = report.skipped[i];
        console().warn(fmt::format("{}: offset {}: {}: {} points are left out", shown(part.file), part.error.at,
                                   shown(rule_text(part.error)), grouped(part.points)));
    }
    if (report.skipped.size() > kMost)
        console().warn(fmt::format("and {} more (--report FILE names all)", grouped(report.skipped.size() - kMost)));
}

/// The output is there, but not all of the input is in it.
Stop stop_after_skipping(const build::Report& report, const std::string& output, bool reported) {
    Stop stop;
    stop.exit = Exit::bad_data;
    stop.file = output;
    stop.rule = report.skipped_points == 0
                    ? std::string{"is complete but for damaged inputs that do not even say how many points they hold"}
                    : fmt::format("is complete but for {} points of damaged inputs", grouped(report.skipped_points));
    stop.code = to_string(report.skipped.front().error.code);
    stop.reported = reported;
    return stop;
}

class Convert final : public Verb {
public:
    Convert()
        : Verb{"convert",
               "Turn LAS and LAZ files into one COPC file with a temporal index",
               "[OPTIONS] INPUT... OUT.copc.laz",
               {{"All tiles of a folder", "copse convert tiles survey.copc.laz"},
                {"Two passes; the coordinate system is missing in the files",
                 "copse convert pass1.laz pass2.laz survey.copc.laz --crs EPSG:25832"},
                {"A large survey on a small machine, with a report for programs",
                 "copse convert tiles survey.copc.laz --memory-limit 2G --temp-dir /scratch --report survey.json"}}} {
        app_.add_option(
                "INPUT", words_,
                "Files to convert: LAS, LAZ, COPC, folders of them, EPT folders, patterns; then the file to write")
            ->type_name("INPUT... OUT.copc.laz")
            ->required();
        add_text("--input-list", "FILE", list_, "Read names of inputs from FILE, one a line (- is standard input)");
        add_flag("--overwrite", overwrite_, "Replace the output if it exists");
        add_temporal_options();
        add_point_options();
        add_tree_options();
        add_resource_options();
        add_report_options();
    }

private:
    void run() override;
    void add_temporal_options();
    void add_point_options();
    void add_tree_options();
    void add_resource_options();
    void add_report_options();
    void read_arguments();
    [[nodiscard]] InputFiles collect_inputs() const;
    ConvertReport build_into(wire::Sink& sink, const InputFiles& inputs);
    void tell(const ConvertReport& report, io::OutputFile* report_file);

    std::vector<std::string> words_;
    std::string output_, list_, report_, temp_folder_;
    bool overwrite_ = false, no_index_ = false;
    std::string stride_;
    std::string crs_;
    std::uint64_t memory_limit_ = 0;
    StageClock stages_;
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
    const auto extra_bytes = [this](const std::string& text) -> std::string {
        if (text != "refuse" && text != "union") return "is neither refuse nor union";
        options_.extra_bytes = text == "union" ? build::ExtraBytes::unite : build::ExtraBytes::refuse;
        return {};
    };
    add_parsed("--extra-bytes", "refuse|union", extra_bytes,
               "Inputs whose extra bytes differ: refuse them (the default), or give the output those of all, by name")
        ->group(group);
    add_flag("--skip-damaged", options_.skip_damaged,
             "Leave out what cannot be read of damaged inputs, and go on; the report says what, and the exit status is "
             "1")
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

void Convert::add_resource_options() {
    const std::string group = "Memory and disk";
    add_count("--memory-limit", "SIZE", memory_limit_, 1, std::numeric_limits<std::uint64_t>::max(),
              "Memory never to pass, such as 512M or 16Gi (default: three quarters of what the machine or its cgroup "
              "has); what does not fit goes to temporary files")
        ->group(group);
    add_text("--temp-dir", "DIR", temp_folder_, "Folder for temporary files (default: $TMPDIR, else the output's)")
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

ConvertReport Convert::build_into(wire::Sink& sink, const InputFiles& inputs) {
    std::vector<build::Input> sources;
    for (const auto& input : inputs.files) sources.push_back({input.path, input.source.get(), input.open});
    const auto temp = checked(io::TempFiles::create(temp_folder_), temp_folder_);
    const auto threads = executor();
    std::optional<Stop> no_space;
    options_.scratch = temp.get();
    options_.check_space = [&](std::uint64_t temp_bytes, std::uint64_t output_bytes) -> Status {
        try {
            check_space(temp_folder_, temp_bytes, output_, output_bytes);
            return Ok{};
        } catch (const Stop& stop) {
            no_space = stop;
            return Error{Code::io_failed, 0, "there is not enough space", ENOSPC};
        }
    };
    // Where nothing is left for the work, the engine still says how much it needs.
    const auto own = own_memory(threads->concurrency());
    options_.memory_limit = std::max(memory_limit_, own + 1) - own;

    Progress progress{progress_style(), "points", {kConversionStages.begin(), kConversionStages.end()}};
    const auto show = [&](const char* stage, std::uint64_t done, std::uint64_t total) {
        stages_.enter(stage);
        progress.update(stage, done, total);
        return true;
    };
    auto outcome = build::convert(sources, options_, sink, *threads, crs_service(), show);
    progress.finish();
    for (const auto& input : inputs.files)
        if (!input.source->unchanged())
            throw stop_for(Error{Code::io_failed, 0, "the input changed while it was read", 0}, input.path);
    if (no_space) throw *no_space;
    if (outcome.failure && outcome.failure->more_memory != 0)
        throw memory_too_small(memory_limit_, own + options_.memory_limit + outcome.failure->more_memory);
    if (outcome.failure) {
        const auto of_temp = temp->failure();
        const bool temp_failed = of_temp && outcome.failure->error.what == of_temp->what;
        throw stop_after(*outcome.failure, temp_failed ? temp_folder_ : output_);
    }
    ConvertReport report;
    report.built = *std::move(outcome.report);
    report.output = output_;
    report.files = inputs.files.size();
    report.threads = threads->concurrency();
    report.memory_limit = memory_limit_;
    report.temp_bytes = temp->peak_bytes();
    return report;
}

void Convert::read_arguments() {
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
    temp_folder_ = temp_folder(temp_folder_, output_);
    if (memory_limit_ == 0) memory_limit_ = default_memory_limit();
}

void Convert::tell(const ConvertReport& report, io::OutputFile* report_file) {
    const auto json = report_json(report);
    if (report_file != nullptr) {
        const auto text = json_document(json);
        check(report_file->append(std::as_bytes(std::span{text.data(), text.size()})), report_);
        commit_output(*report_file, report_);
    }
    say_report(report);
    if (json_) print_json(json);
}

void Convert::run() {
    io::prepare_allocator();
    read_arguments();
    const auto start = std::chrono::steady_clock::now();
    stages_.enter("open");
    const auto inputs = collect_inputs();
    for (const auto& warning : inputs.warnings) console().warn(warning);
    console().detail(fmt::format("{} input file{}", inputs.files.size(), inputs.files.size() == 1 ? "" : "s"));
    // Both before the work: who may not write learns it at once.
    const auto output = create_output(output_, overwrite_);
    const auto report_file = report_.empty() ? nullptr : create_output(report_, overwrite_);

    auto report = build_into(*output, inputs);
    stages_.enter("sync");
    commit_output(*output, output_);
    stages_.stop();
    report.stages = stages_.stages();
    report.peak_memory = io::peak_resident();
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    auto& warnings = report.built.warnings;
    for (const auto& warning : warnings) console().warn(shown(warning));
    warnings.insert(warnings.begin(), inputs.warnings.begin(), inputs.warnings.end());
    warn_of_skipped(report.built);
    tell(report, report_file.get());
    if (!report.built.skipped.empty()) throw stop_after_skipping(report.built, output_, json_);
}

}  // namespace

std::unique_ptr<Verb> make_convert() { return std::make_unique<Convert>(); }

}  // namespace copse::cli
