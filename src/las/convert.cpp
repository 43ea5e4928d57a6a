// Points of one format as points of another. `laz/pointwise.md`, "Converting formats 0-5 to 6, 7, 8".
#include <algorithm>

#include "copse/las.hpp"

namespace copse::las {
namespace {

constexpr std::uint8_t kLegacyOverlapClass = 12;
constexpr std::uint8_t kOverlapFlag = 8;

/// Legacy class 12 means "overlap, class unknown"; as a flag it leaves class 0. No legacy point has the flag otherwise,
/// so the mapping can be undone.
void turn_class_into_overlap(Points& points) {
    if (!points.columns.has(ColumnSet::classification)) return;
    const bool with_flags = points.columns.has(ColumnSet::flags);
    for (std::size_t row = 0; row < points.size(); ++row) {
        auto& code = points.classification[row];
        if (code != kLegacyOverlapClass) continue;
        code = 0;
        if (with_flags) points.flags[row] = static_cast<std::uint8_t>(points.flags[row] | kOverlapFlag);
    }
}

/// Gives the column to points whose format had no such field, and takes it where the new format has none.
template <class T>
void fit_column(Column<T>& column, std::size_t rows, bool before, bool after) {
    if (!before && after) {
        column.resize(rows);
        std::fill(column.begin(), column.end(), T{});
    }
    if (!after) column = {};
}

void fit_field(ColumnSet& columns, std::uint32_t field, bool before, bool after) {
    if (!before && after) columns.fields |= field;
    if (!after) columns.fields &= ~field;
}

}  // namespace

std::int16_t scan_angle_from_rank(std::int8_t rank) {
    // Rounded rank / 0.006; halves cannot occur. |rank| <= 128 gives at most 21,333.
    const int magnitude = (1000 * (rank < 0 ? -rank : rank) + 3) / 6;
    return static_cast<std::int16_t>(rank < 0 ? -magnitude : magnitude);
}

void convert_points(Points& points, std::uint8_t target_format) {
    assert(target_format >= 6 && target_format <= 8);
    const std::uint8_t source = points.layout.format;
    if (!is_extended(source)) {
        turn_class_into_overlap(points);
        for (auto& angle : points.scan_angle) angle = scan_angle_from_rank(static_cast<std::int8_t>(angle));
    }

    const std::size_t rows = points.size();
    for (auto* colour : {&points.red, &points.green, &points.blue})
        fit_column(*colour, rows, has_rgb(source), has_rgb(target_format));
    fit_field(points.columns, ColumnSet::rgb, has_rgb(source), has_rgb(target_format));
    fit_column(points.nir, rows, has_nir(source), has_nir(target_format));
    fit_field(points.columns, ColumnSet::nir, has_nir(source), has_nir(target_format));
    points.wave = {};
    points.columns.fields &= ~std::uint32_t{ColumnSet::wave};

    points.layout.record_length =
        static_cast<std::uint16_t>(base_record_length(target_format) + points.layout.extra_bytes());
    points.layout.format = target_format;
}

}  // namespace copse::las
