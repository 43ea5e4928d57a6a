#include "read/temporal_opening.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace copse::read {
namespace {

bool inside(ByteRange part, ByteRange whole) {
    return part.offset >= whole.offset && part.size <= whole.size &&
           part.offset - whole.offset <= whole.size - part.size;
}

/// ±the largest double stands for an infinite time (`temporal::make_samples`), which the info record leaves out.
bool stands_for_infinity(double time) { return std::abs(time) == std::numeric_limits<double>::max(); }

bool outside(double time, const copc::Info& info) {
    // NaN and infinities cost their own node its entry, not the file its index.
    if (!std::isfinite(time) || stands_for_infinity(time)) return false;
    return !(info.gps_time_min <= time && time <= info.gps_time_max);
}

bool any_time_outside(const temporal::Page& root, const copc::Info& info) {
    for (const auto& node : root.nodes)
        if (std::any_of(node.samples.begin(), node.samples.end(), [&](double t) { return outside(t, info); }))
            return true;
    for (const auto& pointer : root.pages) {
        if (!(pointer.time_min <= pointer.time_max)) continue;  // such a pointer is followed, whatever it says
        if (outside(pointer.time_min, info) || outside(pointer.time_max, info)) return true;
    }
    return false;
}

bool node_count_differs(const File& file, const temporal::Header& header) {
    const auto& entries = file.root_page;
    if (std::any_of(entries.begin(), entries.end(), [](const copc::Entry& e) { return e.is_page(); })) return false;
    const auto nodes =
        std::count_if(entries.begin(), entries.end(), [](const copc::Entry& e) { return e.has_points(); });
    return static_cast<std::uint64_t>(nodes) != header.node_count;
}

}  // namespace

RootPlaces plan_root_places(const temporal::Header& header, ByteRange payload) {
    RootPlaces plan{header, {}};
    const ByteRange stated = header.root_page;
    // A page is "within the EVLR data": an offset that leads out of it is stale.
    if (inside(stated, payload)) plan.places.push_back(stated);
    const ByteRange usual{payload.offset + temporal::kHeaderSize, stated.size};
    if (usual != stated && inside(usual, payload)) plan.places.push_back(usual);
    return plan;
}

void relocate(temporal::Page& page, std::uint64_t shift) {
    for (auto& pointer : page.pages) pointer.page.offset += shift;
}

bool pointers_stay_inside(const temporal::Page& page, ByteRange payload) {
    return std::all_of(page.pages.begin(), page.pages.end(),
                       [&](const temporal::PagePointer& pointer) { return inside(pointer.page, payload); });
}

const char* check_root(const File& file, const temporal::Header& header, const temporal::Page& root, bool relocated) {
    const auto& info = file.info;
    const bool info_has_range = info.gps_time_min != 0 || info.gps_time_max != 0;
    if (info_has_range && any_time_outside(root, info))
        return "its times lie outside gpstime_minimum and gpstime_maximum of the COPC info";
    if (relocated && node_count_differs(file, header)) return "node_count is not the number of nodes with points";
    return nullptr;
}

}  // namespace copse::read
