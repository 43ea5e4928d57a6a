// Polygons as text: whatever is accepted answers alike by all its ways of asking, and errors lie within the text.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "copse/filter.hpp"

namespace {

using namespace copse;
using filter::Polygon;
using filter::Relation;

void require(bool holds) {
    if (!holds) std::abort();
}

/// A rectangle said to be inside has its corners, one said to be outside none of them.
void check_rectangle(const Polygon& area, Polygon::Position a, Polygon::Position b) {
    const Polygon::Position min{std::min(a.x, b.x), std::min(a.y, b.y)}, max{std::max(a.x, b.x), std::max(a.y, b.y)};
    const auto relation = area.relation(min, max);
    if (relation == Relation::crossing) return;
    for (const double x : {min.x, max.x})
        for (const double y : {min.y, max.y}) require(area.contains(x, y) == (relation == Relation::inside));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto area = Polygon::from_wkt({reinterpret_cast<const char*>(data), size});
    if (!area) {
        require(area.error().at <= size && area.error().code == Code::bad_value);
        return 0;
    }
    const auto min = area->min(), max = area->max();
    require(min.x <= max.x && min.y <= max.y);
    // Halves first: the sum may overflow.
    const Polygon::Position middle{min.x / 2 + max.x / 2, min.y / 2 + max.y / 2};
    check_rectangle(*area, min, max);
    check_rectangle(*area, min, middle);
    check_rectangle(*area, middle, max);
    check_rectangle(*area, middle, middle);
    check_rectangle(*area, {std::nextafter(max.x, INFINITY), min.y}, {INFINITY, max.y});
    return 0;
}
