#include "support/query_report.hpp"

#include <fmt/format.h>

#include "support/console.hpp"
#include "support/output.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

void line(const char* name, const std::string& value) { console().error(fmt::format("  {:16}{}", name, value)); }

}  // namespace

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
                        {"index_bytes", seen.index_bytes},
                        {"candidate_nodes", seen.candidate_nodes},
                        {"points_decoded", seen.points_decoded},
                        {"temporal_index_used", seen.index_used}};
        return console().error(json.dump());
    }
    console().error("copse: statistics");
    line("requests", fmt::format("{} in {} rounds", grouped(all.requests), grouped(all.rounds)));
    line("bytes", fmt::format("{} ({} to open, {} of indices, {} of chunks)", grouped(all.bytes), grouped(opened.bytes),
                              grouped(seen.index_bytes), grouped(seen.chunk_bytes)));
    line("nodes", fmt::format("{} seen, {} asked for", grouped(seen.nodes), grouped(seen.candidate_nodes)));
    line("chunks decoded", grouped(seen.chunks_decoded));
    line("points", fmt::format("{} of {} decoded", grouped(seen.points), grouped(seen.points_decoded)));
    line("temporal index", seen.index_used ? "used" : "not used");
}

}  // namespace copse::cli
