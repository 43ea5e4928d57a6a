// The facts of a file as programs read them.
#include <fmt/format.h>

#include <cmath>

#include "support/facts.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

/// JSON has no NaN and no infinity.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json three(const las::Vec3& values) { return {number(values[0]), number(values[1]), number(values[2])}; }

Json times_json(const Facts& facts) {
    if (!facts.has_times) return nullptr;
    const auto& times = facts.times;
    const bool adjusted = times.encoding.kind == las::GpsTimeKind::adjusted_standard;
    const auto date = [&](double time) {
        return adjusted && std::isfinite(time) ? Json(time::to_iso(time)) : Json(nullptr);
    };
    const auto week = [&](double time) {
        return adjusted && std::isfinite(time) ? Json(time::to_gps_week(time)) : Json(nullptr);
    };
    return {{"type", adjusted ? "adjusted" : "week"},
            {"guessed", times.encoding.guessed},
            {"partial", times.partial},
            {"min", number(times.min)},
            {"max", number(times.max)},
            {"first", date(times.min)},
            {"last", date(times.max)},
            {"first_gps_week", week(times.min)},
            {"last_gps_week", week(times.max)}};
}

Json dimensions_json(const Facts& facts) {
    Json list = Json::array();
    for (const auto& dimension : facts.dimensions) {
        Json entry{{"name", json_text(dimension.name)}, {"type", dimension.type}};
        if (dimension.scale) entry["scale"] = number(*dimension.scale);
        if (dimension.offset) entry["offset"] = number(*dimension.offset);
        if (dimension.extra) entry["description"] = json_text(dimension.description);
        entry["extra"] = dimension.extra;
        list.push_back(std::move(entry));
    }
    return list;
}

Json records_json(const Facts& facts) {
    Json list = Json::array();
    for (const auto& record : facts.records)
        list.push_back({{"user_id", json_text(record.user_id)},
                        {"record_id", record.record_id},
                        {"description", json_text(record.description)},
                        {"bytes", record.size},
                        {"offset", record.at},
                        {"extended", record.extended}});
    return list;
}

Json levels_json(const CopcFacts& copc) {
    Json list = Json::array();
    for (std::size_t level = 0; level < copc.levels.size(); ++level) {
        const auto& row = copc.levels[level];
        list.push_back({{"level", level},
                        {"spacing", number(row.spacing)},
                        {"nodes", row.nodes},
                        {"points", row.points},
                        {"bytes", row.bytes}});
    }
    return list;
}

Json epochs_json(const Facts& facts) {
    Json list = Json::array();
    const bool adjusted = facts.times.encoding.kind == las::GpsTimeKind::adjusted_standard;
    for (const auto& epoch : facts.copc->epochs) {
        Json entry{{"number", list.size() + 1},
                   {"start", epoch.start},
                   {"end", epoch.end},
                   {"first_sample", epoch.first_sample},
                   {"last_sample", epoch.last_sample},
                   {"seconds", epoch.last_sample - epoch.first_sample},
                   {"points_about", epoch.points_about}};
        if (adjusted) {
            entry["first"] = time::to_iso(epoch.first_sample);
            entry["last"] = time::to_iso(epoch.last_sample);
        }
        list.push_back(std::move(entry));
    }
    return list;
}

void add_copc(Json& json, const CopcFacts& copc) {
    json["copc"] = {{"center", three(copc.info.center)},
                    {"half_size", number(copc.info.half_size)},
                    {"spacing", number(copc.info.root_spacing)},
                    {"gps_time_min", number(copc.info.gps_time_min)},
                    {"gps_time_max", number(copc.info.gps_time_max)}};
    json["levels"] = levels_json(copc);
    json["temporal_index"] = copc.temporal ? Json{{"stride", copc.temporal->stride},
                                                  {"nodes", copc.temporal->node_count},
                                                  {"pages", copc.temporal->page_count}}
                                           : Json(nullptr);
}

}  // namespace

Json facts_json(const Facts& facts, const InfoSections& sections) {
    const auto& header = facts.header;
    Json json{{"file", json_text(public_name(facts.path))},
              {"size", facts.size},
              {"kind", facts.kind},
              {"las_version", fmt::format("{}.{}", header.version_major, header.version_minor)},
              {"point_format", facts.layout.format},
              {"record_length", facts.layout.record_length},
              {"points", header.point_count()},
              {"points_by_return", header.points_by_return()},
              {"scale", three(header.scale)},
              {"offset", three(header.offset)}};
    json["bounds"] = {{"min", three(header.min)}, {"max", three(header.max)}};
    json["crs"] =
        facts.crs.empty() ? Json(nullptr) : Json{{"name", json_text(facts.crs)}, {"wkt", json_text(facts.wkt)}};
    json["gps_time"] = times_json(facts);
    json["global_encoding"] = header.global_encoding;
    json["generating_software"] = json_text(header.generating_software);
    json["system_identifier"] = json_text(header.system_identifier);
    json["creation"] = {{"day", header.creation_day}, {"year", header.creation_year}};
    json["dimensions"] = dimensions_json(facts);
    if (facts.copc) add_copc(json, *facts.copc);
    if (sections.records) json["vlrs"] = records_json(facts);
    if (sections.epochs) json["epochs"] = facts.copc ? epochs_json(facts) : Json::array();
    Json warnings = Json::array();
    for (const auto& warning : facts.warnings) warnings.push_back(json_text(warning));
    json["warnings"] = warnings;
    return json;
}

}  // namespace copse::cli
