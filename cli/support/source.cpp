#include "support/source.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/stop.hpp"

namespace copse::cli {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct Range {
    double min = std::numeric_limits<double>::infinity();
    double max = -std::numeric_limits<double>::infinity();
    void add(double time) {
        if (!std::isfinite(time)) return;
        min = std::min(min, time);
        max = std::max(max, time);
    }
    [[nodiscard]] bool known() const { return min <= max; }
};

/// 0/0 is what writers leave that do not fill the fields in.
Range range_in_info(const copc::Info& info) {
    Range range;
    if (info.gps_time_min == 0 && info.gps_time_max == 0) return range;
    if (!(info.gps_time_min <= info.gps_time_max)) return range;
    range.add(info.gps_time_min);
    range.add(info.gps_time_max);
    return range;
}

Range range_in_index(const read::File& file) {
    Range range;
    if (!file.temporal_root) return range;
    for (const auto& node : file.temporal_root->nodes)
        for (const double sample : node.samples) range.add(sample);
    for (const auto& page : file.temporal_root->pages) {
        range.add(page.time_min);
        range.add(page.time_max);
    }
    return range;
}

Range range_in_root_node(CopcFile& copc) {
    read::Request request;
    request.max_level = 0;
    request.columns = {las::ColumnSet::gps_time, 0};
    read::Query query{copc.file, request};
    Range range;
    while (advance(query, copc) == wire::Step::chunk_ready) {
        const auto chunk = query.take_chunk();
        for (const double time : chunk.points.gps_time) range.add(time);
    }
    return range;
}

}  // namespace

wire::Step advance(wire::PullReader& reader, CopcFile& copc) {
    const auto step = checked(io::pump(reader, *copc.source, &copc.traffic), copc.path);
    if (step == wire::Step::failed) throw stop_for(reader.error(), copc.path);
    return step;
}

io::Traffic traffic_of(const CopcFile& copc) {
    auto traffic = copc.traffic;
    if (copc.network == nullptr) return traffic;
    traffic.requests = copc.network->requests();
    traffic.bytes = copc.network->bytes();
    ++traffic.rounds;  // the first block, which came when the object was opened
    return traffic;
}

void add_traffic(CopcFile& copc, const io::Traffic& traffic) {
    copc.traffic.requests += traffic.requests;
    copc.traffic.bytes += traffic.bytes;
    copc.traffic.rounds += traffic.rounds;
}

CopcFile open_copc(const std::string& path, OpenedSource opened, read::OpenFor purpose) {
    CopcFile copc{path, std::move(opened.source), opened.id, opened.network, nullptr, {}};
    read::Opening opening{copc.source->size(), {}, purpose};
    advance(opening, copc);
    copc.file = opening.take_file();
    return copc;
}

TimeFacts find_times(CopcFile& copc) {
    auto range = range_in_info(copc.file->info);
    if (!range.known()) range = range_in_index(*copc.file);
    TimeFacts facts;
    if (!range.known()) {
        range = range_in_root_node(copc);
        facts.partial = range.known();
    }
    facts.min = range.known() ? range.min : kUnknown;
    facts.max = range.known() ? range.max : kUnknown;
    facts.encoding = time::guess_encoding(copc.file->header, facts.min, facts.max);
    return facts;
}

}  // namespace copse::cli
