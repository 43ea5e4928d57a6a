#include "support/query_report.hpp"

#include <fmt/format.h>

#include "support/console.hpp"
#include "support/output.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

void line(const char* name, const std::string& value) { console().error(fmt::format("  {:16}{}", name, value)); }

std::string level_line(const std::string& level, const read::Plan::Level& of) {
    return fmt::format("  {:>5}  {:>10}  {:>14}  {:>10}", level, grouped(of.nodes), grouped(of.points),
                       byte_text(of.bytes));
}

Json plan_json(const read::Plan& plan, const read::Statistics& seen, const io::Traffic& so_far) {
    Json levels = Json::array();
    for (std::size_t level = 0; level < plan.levels.size(); ++level) {
        const auto& of = plan.levels[level];
        levels.push_back({{"level", level}, {"nodes", of.nodes}, {"points", of.points}, {"bytes", of.bytes}});
    }
    return {{"nodes", plan.nodes},
            {"points", plan.points},
            {"most_points", plan.most_points},
            {"chunk_bytes", plan.chunk_bytes},
            {"bridged_bytes", plan.bridged_bytes},
            {"requests", plan.requests},
            {"levels", std::move(levels)},
            {"cut", plan.cut},
            {"temporal_index_used", seen.index_used},
            {"nodes_seen", seen.nodes},
            {"planning", {{"requests", so_far.requests}, {"bytes", so_far.bytes}, {"rounds", so_far.rounds}}}};
}

}  // namespace

void print_plan(const read::Plan& plan, const read::Statistics& seen, const io::Traffic& so_far, bool as_json) {
    if (as_json) return print_json(plan_json(plan, seen, so_far));
    print_line("  Level       Nodes          Points       Bytes");
    for (std::size_t level = 0; level < plan.levels.size(); ++level)
        if (plan.levels[level].nodes != 0) print_line(level_line(std::to_string(level), plan.levels[level]));
    print_line(level_line("all", {plan.nodes, plan.points, plan.chunk_bytes}));
    const auto told = [](const char* name, const std::string& value) {
        print_line(fmt::format("{:17}{}", name, value));
    };
    print_line("");
    told("Points", fmt::format("at most {} match", grouped(plan.most_points)));
    const auto bridged =
        plan.bridged_bytes == 0 ? "" : fmt::format(", and {} between chunks", byte_text(plan.bridged_bytes));
    told("To fetch", fmt::format("{}{} in {} request{}", byte_text(plan.chunk_bytes), bridged, grouped(plan.requests),
                                 plan.requests == 1 ? "" : "s"));
    told("Temporal index", seen.index_used ? "used" : "not used");
    told("To find this out", fmt::format("{} in {} requests, {} rounds", byte_text(so_far.bytes),
                                         grouped(so_far.requests), grouped(so_far.rounds)));
}

void print_statistics(const read::Statistics& seen, const io::Traffic& opened, const io::Traffic& all, bool as_json) {
    if (as_json) {
        const Json json{{"requests", all.requests},
                        {"bytes", all.bytes},
                        {"nodes", seen.nodes},
                        {"chunks_decoded", seen.chunks_decoded},
                        {"points", seen.points},
                        {"rounds", all.rounds},
                        {"open_bytes", opened.bytes},
                        {"chunk_bytes", seen.chunk_bytes},
                        {"bridged_bytes", seen.bridged_bytes},
                        {"index_bytes", seen.index_bytes},
                        {"candidate_nodes", seen.candidate_nodes},
                        {"points_decoded", seen.points_decoded},
                        {"temporal_index_used", seen.index_used}};
        return console().error(json.dump());
    }
    console().error("copse: statistics");
    line("requests", fmt::format("{} in {} rounds", grouped(all.requests), grouped(all.rounds)));
    line("bytes", grouped(all.bytes));
    line("  to open", grouped(opened.bytes));
    line("  of indices", grouped(seen.index_bytes));
    line("  of chunks", grouped(seen.chunk_bytes));
    line("  bridged", fmt::format("{} between them, not wanted", grouped(seen.bridged_bytes)));
    line("nodes", fmt::format("{} seen, {} asked for", grouped(seen.nodes), grouped(seen.candidate_nodes)));
    line("chunks decoded", grouped(seen.chunks_decoded));
    line("points", fmt::format("{} of {} decoded", grouped(seen.points), grouped(seen.points_decoded)));
    line("temporal index", seen.index_used ? "used" : "not used");
}

}  // namespace copse::cli
