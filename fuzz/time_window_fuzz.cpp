// Time windows, ISO times and GPS weeks: accepted windows are not empty, errors lie within the text, and printed times
// read back.
#include <cmath>
#include <cstdlib>

#include "copse/time.hpp"

namespace {
using namespace copse;

void check_round_trip(double time) {
    const auto text = time::to_iso(time);
    const auto again = time::from_iso(text, time::DateEdge::start);
    if (text.find('T') == std::string::npos) return;  // a number
    if (!again || !(std::abs(*again - time) <= 0.5e-6 + std::abs(time) * 1e-15) || time::to_iso(*again) != text)
        std::abort();
}

void check_week_round_trip(double time) {
    const auto text = time::to_gps_week(time);
    if (!text.starts_with('W')) return;
    const auto again = time::parse_window(text + "/..", {las::GpsTimeKind::adjusted_standard, false});
    if (!again || !(std::abs(again->from - time) <= 0.5e-6 + std::abs(time) * 1e-15) ||
        time::to_gps_week(again->from) != text)
        std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const auto kind : {las::GpsTimeKind::adjusted_standard, las::GpsTimeKind::week_seconds}) {
        const auto window = time::parse_window(text, {kind, false});
        if (!window) {
            if (window.error().at > size || window.error().code != Code::bad_value) std::abort();
            continue;
        }
        if (window->empty()) std::abort();
        check_round_trip(window->from);
        check_round_trip(window->to);
        check_week_round_trip(window->from);
        check_week_round_trip(window->to);
    }
    return 0;
}
