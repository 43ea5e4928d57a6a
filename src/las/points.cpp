#include <algorithm>

#include "copse/las.hpp"

namespace copse::las {
namespace {

/// The part of `wanted` that points of this layout can have.
ColumnSet available(const PointLayout& layout, ColumnSet wanted) {
    if (!has_rgb(layout.format)) wanted.fields &= ~std::uint32_t{ColumnSet::rgb};
    if (!has_nir(layout.format)) wanted.fields &= ~std::uint32_t{ColumnSet::nir};
    if (!has_waveform(layout.format)) wanted.fields &= ~std::uint32_t{ColumnSet::wave};
    const unsigned extra_bytes = layout.extra_bytes();
    if (extra_bytes < 64) wanted.extra &= (std::uint64_t{1} << extra_bytes) - 1;
    return wanted;
}

/// Calls `use(column of a, the same column of b)` for every column that `a` has.
template <class A, class B, class Use>
void for_each_column_pair(A& a, B& b, Use&& use) {
    use(a.x, b.x);
    use(a.y, b.y);
    use(a.returns, b.returns);
    use(a.channel, b.channel);
    const auto has = [&](std::uint32_t field) { return a.columns.has(field); };
    if (has(ColumnSet::z)) use(a.z, b.z);
    if (has(ColumnSet::classification)) use(a.classification, b.classification);
    if (has(ColumnSet::flags)) use(a.flags, b.flags);
    if (has(ColumnSet::intensity)) use(a.intensity, b.intensity);
    if (has(ColumnSet::scan_angle)) use(a.scan_angle, b.scan_angle);
    if (has(ColumnSet::user_data)) use(a.user_data, b.user_data);
    if (has(ColumnSet::point_source_id)) use(a.point_source_id, b.point_source_id);
    if (has(ColumnSet::gps_time)) use(a.gps_time, b.gps_time);
    if (has(ColumnSet::rgb)) {
        use(a.red, b.red);
        use(a.green, b.green);
        use(a.blue, b.blue);
    }
    if (has(ColumnSet::nir)) use(a.nir, b.nir);
    if (has(ColumnSet::wave)) use(a.wave, b.wave);
    for (unsigned k = 0; k < a.extra.size(); ++k)
        if (a.columns.has_extra(k)) use(a.extra[k], b.extra[k]);
}

}  // namespace

Points::Points(PointLayout point_layout, ColumnSet wanted)
    : layout{point_layout}, columns{available(point_layout, wanted)}, extra(point_layout.extra_bytes()) {}

void Points::resize(std::size_t rows) {
    for_each_column(*this, [rows](auto& column) { column.resize(rows); });
}

void Points::append(const Points& other, std::size_t first, std::size_t last) {
    assert(&other != this && first <= last && last <= other.size());
    assert(layout == other.layout && (columns - other.columns) == ColumnSet{});
    const std::size_t before = size();
    for_each_column_pair(*this, other, [=](auto& to, const auto& from) {
        to.resize(before + (last - first));
        std::copy_n(from.data() + first, last - first, to.data() + before);
    });
}

void Points::append(const Points& other, std::span<const std::uint32_t> rows) {
    assert(&other != this && layout == other.layout && (columns - other.columns) == ColumnSet{});
    const std::size_t before = size();
    for_each_column_pair(*this, other, [=](auto& to, const auto& from) {
        to.resize(before + rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            assert(rows[i] < from.size());
            to[before + i] = from[rows[i]];
        }
    });
}

void Points::take_columns(Points&& from) {
    assert(layout == from.layout);
    for_each_column_pair(from, *this, [](auto& theirs, auto& ours) { ours = std::move(theirs); });
    columns = columns | from.columns;
}

void Points::keep_columns(ColumnSet kept) {
    Points rest{layout, columns - (columns - kept)};
    for_each_column_pair(rest, *this, [](auto& to, auto& from) { to = std::move(from); });
    *this = std::move(rest);
}

Points Points::gather(std::span<const std::uint32_t> rows) const {
    Points result{layout, columns};
    result.append(*this, rows);
    return result;
}

}  // namespace copse::las
