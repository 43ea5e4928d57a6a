#include "build/extra_bytes.hpp"

#include <utility>

namespace copse::build {

void move_extra_bytes(const ExtraByteMap& map, las::Points& points) {
    if (map.identity()) return;
    std::vector<las::Column<std::uint8_t>> moved(map.from.size());
    for (std::size_t byte = 0; byte < moved.size(); ++byte) {
        if (map.from[byte] == ExtraByteMap::kNone)
            moved[byte].assign(points.size(), 0);
        else
            moved[byte] = std::move(points.extra[map.from[byte]]);
    }
    points.extra = std::move(moved);
    points.layout.record_length =
        static_cast<std::uint16_t>(las::base_record_length(points.layout.format) + points.extra.size());
    points.columns.extra = las::Points{points.layout, las::ColumnSet::all()}.columns.extra;
}

}  // namespace copse::build
