#include "compare/records.hpp"

#include <algorithm>
#include <utility>

namespace copse::compare {
namespace {

constexpr std::size_t kBytesAtOnce = 32768;  // stays in the first-level cache

std::uint64_t mixed(std::uint64_t state, std::uint64_t word, std::uint64_t factor) {
    state = (state ^ word) * factor;
    return state ^ state >> 32u;
}

/// Every bit of the state decides about half of the result's.
std::uint64_t finished(std::uint64_t state) {
    state = (state ^ state >> 30u) * 0xbf58476d1ce4e5b9u;
    state = (state ^ state >> 27u) * 0x94d049bb133111ebu;
    return state ^ state >> 31u;
}

template <class T>
void store_column(const las::Column<T>& column, std::size_t first, std::size_t count, std::byte* at,
                  std::size_t stride) {
    if (column.empty()) return;  // the format has no such field: zero
    for (std::size_t i = 0; i < count; ++i) wire::store_le(at + i * stride, column[first + i]);
}

void store_axis(const AxisMap& map, const las::Column<std::int32_t>& column, std::size_t first, std::size_t count,
                std::byte* at, std::size_t stride) {
    if (map.identity()) {
        for (std::size_t i = 0; i < count; ++i) wire::store_le(at + i * stride, std::int64_t{column[first + i]});
    } else {
        for (std::size_t i = 0; i < count; ++i) wire::store_le(at + i * stride, map.map(column[first + i]));
    }
}

}  // namespace

RecordHash hash_record(const std::byte* record, std::size_t size) {
    constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15u, kSecond = 0xd6e8feb86659fd93u;
    constexpr std::size_t kPlaceBytes = 24;
    RecordHash hash{0, 0x243f6a8885a308d3u, 0x13198a2e03707344u};
    for (std::size_t at = 0; at < size; at += 8) {
        const auto word = wire::load_le<std::uint64_t>(record + at);
        if (at == kPlaceBytes) hash.place = finished(hash.first);
        hash.first = mixed(hash.first, word, kFirst);
        hash.second = mixed(hash.second, word, kSecond);
    }
    hash.first = finished(hash.first);
    hash.second = finished(hash.second);
    return hash;
}

RecordMaker::RecordMaker(const Schema& schema, std::size_t file)
    : schema_{&schema},
      plan_{&schema.file(file)},
      rows_{std::max<std::size_t>(1, kBytesAtOnce / schema.record_size())},
      records_(rows_ * schema.record_size()) {}

void RecordMaker::prepare(las::Points& points) {
    wave_ = {};
    if (schema_->with_wave()) wave_ = std::exchange(points.wave, {});
    las::convert_points(points, las::copc_format_for(points.layout.format));
}

const std::byte* RecordMaker::make(const las::Points& points, std::size_t first, std::size_t count) {
    using P = RecordPlace;
    const auto stride = schema_->record_size();
    auto* const to = records_.data();
    store_axis(plan_->axes[0], points.x, first, count, to + P::x, stride);
    store_axis(plan_->axes[1], points.y, first, count, to + P::y, stride);
    store_axis(plan_->axes[2], points.z, first, count, to + P::z, stride);
    store_column(points.gps_time, first, count, to + P::gps_time, stride);
    store_column(points.returns, first, count, to + P::returns, stride);
    store_column(points.channel, first, count, to + P::channel, stride);
    store_column(points.classification, first, count, to + P::classification, stride);
    store_column(points.flags, first, count, to + P::flags, stride);
    store_column(points.intensity, first, count, to + P::intensity, stride);
    store_column(points.scan_angle, first, count, to + P::scan_angle, stride);
    store_column(points.user_data, first, count, to + P::user_data, stride);
    store_column(points.point_source_id, first, count, to + P::point_source_id, stride);
    store_column(points.red, first, count, to + P::red, stride);
    store_column(points.green, first, count, to + P::green, stride);
    store_column(points.blue, first, count, to + P::blue, stride);
    store_column(points.nir, first, count, to + P::nir, stride);
    for (std::size_t i = 0; i < (wave_.empty() ? 0 : count); ++i)
        std::memcpy(to + i * stride + P::more, wave_[first + i].data(), sizeof(las::WavePacket));
    for (const auto& move : plan_->extra) store_column(points.extra[move.from], first, count, to + move.to, stride);
    return to;
}

}  // namespace copse::compare
