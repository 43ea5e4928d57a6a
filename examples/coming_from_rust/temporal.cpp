// Shows: the temporal index: its header, pages by window, samples, candidate rows; times as numbers and as dates.
#include <cstdio>

#include "examples.hpp"

using namespace copse;

std::uint64_t look_at_times(const Survey& survey) {
    const auto& file = survey.file;
    // [quote: temporal]
    auto tree = read::Tree::create(file).value();
    if (tree.has_index())
        std::printf("temporal: every %u-th row of %u nodes\n", file->temporal->stride, file->temporal->node_count);

    read::Region region;
    region.time = temporal::TimeWindow{file->info.gps_time_min, file->info.gps_time_max};
    load(tree, *survey.source, region);  // pages of both kinds, those that the window excludes are left out
    // [/quote]

    std::uint64_t candidates = 0;
    // [quote: candidates]
    for (const auto& key : tree.visible(region)) {
        const temporal::RowRange rows = tree.rows(key, *region.time);  // never leaves out a matching row
        const auto samples = tree.samples(key);
        if (!samples.empty() && samples.front() > region.time->to) std::printf("never\n");
        candidates += rows.last - rows.first;
    }
    // [/quote]

    // [quote: time]
    const auto encoding = time::guess_encoding(file->header, file->info.gps_time_min, file->info.gps_time_max);
    if (encoding.kind == las::GpsTimeKind::adjusted_standard) {  // week seconds have no date
        const auto window = time::parse_window("../2100-01-01T00:00:00Z", encoding).value();
        std::printf("temporal: first point at %s\n", time::to_iso(file->info.gps_time_min).c_str());
        if (!window.contains(file->info.gps_time_min)) std::printf("never\n");
    }
    // [/quote]
    return candidates;
}
