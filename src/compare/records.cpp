#include "compare/records.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace copse::compare {
namespace {

constexpr std::size_t kBytesAtOnce = 16384;  // stays in the first-level cache, together with the columns
constexpr std::size_t kMostRows = 256;

std::size_t rows_for(const Schema& schema) {
    return std::clamp<std::size_t>(kBytesAtOnce / schema.record_size(), 1, kMostRows);
}

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

/// Puts a column into words, `at` bytes into the record. What the format does not have is zero.
template <class T>
void put(const las::Column<T>& column, std::size_t first, std::size_t count, std::size_t at,
         std::span<std::uint64_t> word) {
    if (column.empty()) return;
    using Bits = std::make_unsigned_t<T>;
    const auto* from = column.data() + first;
    const auto shift = at % 8 * 8;
    for (std::size_t i = 0; i < count; ++i) word[i] |= std::uint64_t{static_cast<Bits>(from[i])} << shift;
}

}  // namespace

RecordMaker::RecordMaker(const Schema& schema, std::size_t file)
    : schema_{&schema},
      plan_{&schema.file(file)},
      rows_{rows_for(schema)},
      words_(rows_ * schema.record_size() / 8),
      hashes_(rows_) {}

std::uint64_t RecordMaker::bytes_for(const Schema& schema) {
    return rows_for(schema) * (schema.record_size() + sizeof(RecordHash));
}

void RecordMaker::prepare(las::Points& points) {
    wave_ = {};
    if (schema_->with_wave()) wave_ = std::exchange(points.wave, {});
    las::convert_points(points, las::copc_format_for(points.layout.format));
}

std::span<const RecordHash> RecordMaker::make(const las::Points& points, std::size_t first, std::size_t count) {
    make_words(points, first, count);
    hash_words(count);
    return {hashes_.data(), count};
}

void RecordMaker::make_words(const las::Points& points, std::size_t first, std::size_t count) {
    using P = RecordPlace;
    const las::Column<std::int32_t>* const columns[] = {&points.x, &points.y, &points.z};
    std::fill(words_.begin() + static_cast<std::ptrdiff_t>(P::gps_time / 8 * rows_), words_.end(), 0u);
    for (std::size_t axis = 0; axis < 3; ++axis) {
        raw_[axis] = columns[axis]->data() + first;
        const std::span raw{raw_[axis], count};
        plan_->axes[axis].map(raw, word(axis * 8).data());
        if (plan_->axes[axis].moves()) moved_[axis] = std::max(moved_[axis], plan_->axes[axis].most_moved(raw));
    }
    if (!points.gps_time.empty())
        std::memcpy(word(P::gps_time).data(), points.gps_time.data() + first, count * sizeof(double));
    put(points.returns, first, count, P::returns, word(P::returns));
    put(points.channel, first, count, P::channel, word(P::channel));
    put(points.classification, first, count, P::classification, word(P::classification));
    put(points.flags, first, count, P::flags, word(P::flags));
    put(points.intensity, first, count, P::intensity, word(P::intensity));
    put(points.scan_angle, first, count, P::scan_angle, word(P::scan_angle));
    put(points.user_data, first, count, P::user_data, word(P::user_data));
    put(points.point_source_id, first, count, P::point_source_id, word(P::point_source_id));
    put(points.red, first, count, P::red, word(P::red));
    put(points.green, first, count, P::green, word(P::green));
    put(points.blue, first, count, P::blue, word(P::blue));
    put(points.nir, first, count, P::nir, word(P::nir));
    for (std::size_t byte = 0; !wave_.empty() && byte < sizeof(las::WavePacket); ++byte) {
        const auto to = word(P::more + byte);
        const auto shift = (P::more + byte) % 8 * 8;
        for (std::size_t i = 0; i < count; ++i) to[i] |= std::uint64_t{wave_[first + i][byte]} << shift;
    }
    for (const auto& move : plan_->extra) put(points.extra[move.from], first, count, move.to, word(move.to));
}

void RecordMaker::hash_words(std::size_t count) {
    constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15u, kSecond = 0xd6e8feb86659fd93u;
    const auto size = schema_->record_size() / 8;
    const auto parting = schema_->parting();
    // Row by row: what is waited for in one row is done in the next ones meanwhile.
    for (std::size_t i = 0; i < count; ++i) {
        RecordHash hash{0x243f6a8885a308d3u, 0x243f6a8885a308d3u, 0x13198a2e03707344u};
        for (const auto w : parting) hash.part = mixed(hash.part, words_[w * rows_ + i], kFirst);
        for (std::size_t w = 0; w < size; ++w) {
            const auto word = words_[w * rows_ + i];
            hash.first = mixed(hash.first, word, kFirst);
            hash.second = mixed(hash.second, word, kSecond);
        }
        hashes_[i] = {finished(hash.part), finished(hash.first), finished(hash.second)};
    }
}

std::uint8_t RecordMaker::ties_of(std::size_t row) const {
    unsigned ties = 0;
    for (unsigned axis = 0; axis < 3; ++axis)
        ties |= static_cast<unsigned>(plan_->axes[axis].tie(raw_[axis][row])) << 2 * axis;
    return static_cast<std::uint8_t>(ties);
}

void RecordMaker::append_record(std::size_t row, Bytes& out) const {
    const auto at = out.size();
    out.resize(at + schema_->record_size());
    for (std::size_t w = 0; w < schema_->record_size() / 8; ++w)
        wire::store_le(out.data() + at + w * 8, words_[w * rows_ + row]);
    if (schema_->may_tie()) out[at + RecordPlace::ties] = std::byte{ties_of(row)};
}

}  // namespace copse::compare
