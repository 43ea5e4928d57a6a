#include "support/convert_report.hpp"

#include <fmt/format.h>

#include "support/console.hpp"
#include "support/stop.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

Json levels_json(const build::Report& built) {
    Json levels = Json::array();
    for (std::size_t level = 0; level < built.levels.size(); ++level) {
        const auto& row = built.levels[level];
        levels.push_back({{"level", level}, {"nodes", row.nodes}, {"points", row.points}, {"bytes", row.bytes}});
    }
    return levels;
}

Json skipped_json(const build::Report& built) {
    Json skipped = Json::array();
    for (const auto& part : built.skipped)
        skipped.push_back({{"file", json_text(part.file)},
                           {"offset", part.error.at},
                           {"rule", json_text(rule_text(part.error))},
                           {"code", to_string(part.error.code)},
                           {"points", part.points}});
    return skipped;
}

Json stages_json(const std::vector<StageClock::Stage>& stages) {
    Json seconds = Json::object();
    for (const auto& stage : stages) seconds[stage.name] = stage.seconds;
    return seconds;
}

std::string plural(std::uint64_t count, std::string_view one) {
    return fmt::format("{} {}{}", grouped(count), one, count == 1 ? "" : "s");
}

std::string stages_text(const std::vector<StageClock::Stage>& stages) {
    std::string text;
    for (const auto& stage : stages)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", stage.name, duration_text(stage.seconds));
    return text;
}

void say_levels(const build::Report& built) {
    console().detail("level       nodes          points           bytes");
    for (std::size_t level = 0; level < built.levels.size(); ++level) {
        const auto& row = built.levels[level];
        console().detail(fmt::format("{:5} {:>11} {:>15} {:>15}", level, grouped(row.nodes), grouped(row.points),
                                     grouped(row.bytes)));
    }
}

/// What most conversions do not have.
void say_oddities(const build::Report& built) {
    auto& out = console();
    if (built.skipped_points != 0 || !built.skipped.empty())
        out.raw(fmt::format("  skipped  {} in {}", plural(built.skipped_points, "point"),
                            plural(built.skipped.size(), "damaged part")));
    if (built.rounded_coordinates != 0)
        out.raw(fmt::format("  rounded  {} coordinates, by at most half a step", grouped(built.rounded_coordinates)));
    if (built.non_finite_times != 0)
        out.raw(fmt::format("  times    {} are not finite", grouped(built.non_finite_times)));
    if (built.rescans != 0) out.raw("  rescans  1: bounds in an input's header are wrong");
}

}  // namespace

Json report_json(const ConvertReport& report) {
    const auto& built = report.built;
    Json warnings = Json::array();
    for (const auto& warning : built.warnings) warnings.push_back(json_text(warning));
    Json json{{"points_in", built.points_in},  {"points_out", built.points_out}, {"nodes", built.nodes},
              {"levels", built.levels.size()}, {"bytes", built.bytes},           {"seconds", report.seconds},
              {"warnings", warnings},          {"per_level", levels_json(built)}};
    json["temporal_index"] =
        built.temporal_index ? Json{{"stride", built.stride}, {"pages", built.temporal_pages}} : Json(nullptr);
    json["hierarchy_pages"] = built.hierarchy_pages;
    json["rescans"] = built.rescans;
    json["rounded_coordinates"] = built.rounded_coordinates;
    json["non_finite_times"] = built.non_finite_times;
    json["skipped_points"] = built.skipped_points;
    json["skipped"] = skipped_json(built);
    json["threads"] = report.threads;
    json["memory_limit"] = report.memory_limit;
    json["peak_memory"] = report.peak_memory;
    json["temp_bytes"] = report.temp_bytes;
    json["seconds_per_stage"] = stages_json(report.stages);
    return json;
}

void say_report(const ConvertReport& report) {
    const auto& built = report.built;
    const auto points = static_cast<double>(built.points_out);
    auto& out = console();
    out.say(fmt::format("wrote {}", shown(report.output)));
    out.raw(fmt::format("  points   {} in from {}, {} out", grouped(built.points_in), plural(report.files, "file"),
                        grouped(built.points_out)));
    out.raw(fmt::format("  nodes    {} on {}", grouped(built.nodes), plural(built.levels.size(), "level")));
    out.raw(fmt::format("  bytes    {} ({}, {:.2f} a point)", grouped(built.bytes), byte_text(built.bytes),
                        built.points_out == 0 ? 0 : static_cast<double>(built.bytes) / points));
    out.raw(built.temporal_index ? fmt::format("  index    temporal, one sample every {} points", grouped(built.stride))
                                 : std::string{"  index    none for times"});
    say_oddities(built);
    out.raw(fmt::format("  memory   {} at most, of {} allowed", byte_text(report.peak_memory),
                        byte_text(report.memory_limit)));
    out.raw(report.temp_bytes == 0 ? std::string{"  temp     none"}
                                   : fmt::format("  temp     {} at most", byte_text(report.temp_bytes)));
    out.raw(fmt::format("  time     {} ({} points/s) on {}", duration_text(report.seconds),
                        short_count(report.seconds > 0 ? points / report.seconds : 0),
                        plural(report.threads, "thread")));
    out.raw(fmt::format("  stages   {}", stages_text(report.stages)));
    say_levels(built);
}

}  // namespace copse::cli
