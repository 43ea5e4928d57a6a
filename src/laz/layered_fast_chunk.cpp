#include "laz/layered_fast_chunk.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <new>

namespace copse::laz {
namespace {

using las::ColumnSet;
using las::Points;

constexpr std::align_val_t kAlignment{64};

const std::uint8_t* bytes_of(const Bytes& bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }

}  // namespace

void ModelMemory::Free::operator()(std::byte* block) const { ::operator delete(block, kAlignment); }

void* ModelMemory::more(void* owner, std::size_t size) {
    auto& memory = *static_cast<ModelMemory*>(owner);
    while (memory.used_ < memory.blocks_.size()) {
        Block& block = memory.blocks_[memory.used_++];
        if (block.size >= size) return block.bytes.get();
    }
    memory.blocks_.push_back(
        {std::unique_ptr<std::byte, Free>{static_cast<std::byte*>(::operator new(size, kAlignment))}, size});
    return memory.blocks_[memory.used_++].bytes.get();
}

void FastChunk::Free::operator()(void* state) const { ::operator delete(state, kAlignment); }

FastChunk::FastChunk(const fast::Kernel& kernel)
    : kernel_{&kernel}, state_{::operator new(kernel.state_size, kAlignment)} {}

void FastChunk::copy_layers(const LayeredItems& items, const LayeredChunk& chunk, bool xy) {
    using fast::Range;
    // Ranges are noted as offsets first: the bytes move while they grow.
    std::vector<std::pair<Range*, std::pair<std::size_t, std::size_t>>> places;
    bytes_.clear();
    const auto copy = [&](std::size_t layer, Range& to) {
        const ByteView from = chunk.layers[layer].bytes;
        places.push_back({&to, {bytes_.size(), from.size()}});
        bytes_.insert(bytes_.end(), from.begin(), from.end());
    };
    layers_ = 0;
    input_ = {};
    if (xy) {
        layers_ |= fast::kXy;
        copy(kXyLayer, input_.xy);
    }
    const auto take = [&](std::uint32_t column, std::size_t layer, std::uint32_t bit, Range& to) {
        if (!columns_.has(column) || chunk.layers[layer].bytes.empty()) return;
        layers_ |= bit;
        copy(layer, to);
    };
    take(ColumnSet::z, kZLayer, fast::kZ, input_.z);
    take(ColumnSet::classification, kClassificationLayer, fast::kClassification, input_.classification);
    take(ColumnSet::flags, kFlagsLayer, fast::kFlags, input_.flags);
    take(ColumnSet::intensity, kIntensityLayer, fast::kIntensity, input_.intensity);
    take(ColumnSet::scan_angle, kScanAngleLayer, fast::kScanAngle, input_.scan_angle);
    take(ColumnSet::user_data, kUserDataLayer, fast::kUserData, input_.user_data);
    take(ColumnSet::point_source_id, kPointSourceLayer, fast::kPointSource, input_.point_source);
    take(ColumnSet::gps_time, kGpsTimeLayer, fast::kGpsTime, input_.gps_time);
    if (items.rgb.layers != 0) take(ColumnSet::rgb, items.rgb.first_layer, fast::kRgb, input_.rgb);
    if (items.nir.layers != 0) take(ColumnSet::nir, items.nir.first_layer, fast::kNir, input_.nir);
    if (items.wave.layers != 0) take(ColumnSet::wave, items.wave.first_layer, fast::kWave, input_.wave);
    for (std::size_t k = 0; k < extra_.size(); ++k) copy(items.extra.first_layer + extra_index_[k], extra_[k].bytes);
    if (!extra_.empty()) layers_ |= fast::kExtra;

    bytes_.resize(bytes_.size() + fast::kPadding);
    for (const auto& [range, place] : places)
        *range = {bytes_of(bytes_) + place.first, bytes_of(bytes_) + place.first + place.second};
}

fast::Health FastChunk::start(const LayeredItems& items, const LayeredChunk& chunk, const Points& first,
                              ColumnSet columns, bool xy) {
    assert(first.size() >= 1 && las::Points(first.layout, columns).columns == columns);
    columns_ = columns;
    extra_.clear();
    extra_index_.clear();
    constant_bytes_.clear();
    for (std::size_t k = 0; k < items.extra.layers; ++k) {
        if (!columns.has_extra(static_cast<unsigned>(k))) continue;
        const std::uint8_t value = first.extra[k][0];
        if (chunk.layers[items.extra.first_layer + k].bytes.empty()) {
            constant_bytes_.push_back({k, value});
        } else {
            extra_index_.push_back(k);
            extra_.push_back({{}, value});
        }
    }
    extra_columns_.resize(extra_.size());
    copy_layers(items, chunk, xy);

    const auto value = [&](std::uint32_t column, const auto& from) {
        return columns.has(column) ? from[0] : std::remove_cvref_t<decltype(from[0])>{};
    };
    fast::FirstPoint& point = input_.first;
    point.x = first.x[0];
    point.y = first.y[0];
    point.returns = first.returns[0];
    point.channel = first.channel[0];
    point.z = value(ColumnSet::z, first.z);
    point.classification = value(ColumnSet::classification, first.classification);
    point.flags = value(ColumnSet::flags, first.flags);
    point.intensity = value(ColumnSet::intensity, first.intensity);
    point.scan_angle = value(ColumnSet::scan_angle, first.scan_angle);
    point.user_data = value(ColumnSet::user_data, first.user_data);
    point.point_source = value(ColumnSet::point_source_id, first.point_source_id);
    point.gps_time = std::bit_cast<std::uint64_t>(value(ColumnSet::gps_time, first.gps_time));
    point.red = value(ColumnSet::rgb, first.red);
    point.green = value(ColumnSet::rgb, first.green);
    point.blue = value(ColumnSet::rgb, first.blue);
    point.nir = value(ColumnSet::nir, first.nir);
    const las::WavePacket wave = value(ColumnSet::wave, first.wave);
    std::copy(wave.begin(), wave.end(), point.wave);

    models_.reset();
    input_.memory = models_.door();
    input_.layers = layers_;
    input_.extra = extra_.data();
    input_.extra_count = extra_.size();
    input_.wave_version4 = items.wave.version == ItemVersion::v4;
    input_.rgb_version4 = items.rgb.version == ItemVersion::v4;
    input_.extra_version4 = items.extra.version == ItemVersion::v4;
    return kernel_->start(state_.get(), input_);
}

fast::ColumnPointers FastChunk::prepare(Points& out, std::size_t row, std::uint32_t rows) {
    fast::ColumnPointers to;
    to.x = out.x.data() + row;
    to.y = out.y.data() + row;
    to.returns = out.returns.data() + row;
    to.channel = out.channel.data() + row;
    // A layer without bytes is a column of one value.
    const auto place = [&](std::uint32_t column, std::uint32_t bit, auto& values, auto*& pointer, auto first) {
        if (!columns_.has(column)) return;
        pointer = values.data() + row;
        if ((layers_ & bit) == 0) std::fill_n(pointer, rows, first);
    };
    const fast::FirstPoint& first = input_.first;
    place(ColumnSet::z, fast::kZ, out.z, to.z, first.z);
    place(ColumnSet::classification, fast::kClassification, out.classification, to.classification,
          first.classification);
    place(ColumnSet::flags, fast::kFlags, out.flags, to.flags, first.flags);
    place(ColumnSet::intensity, fast::kIntensity, out.intensity, to.intensity, first.intensity);
    place(ColumnSet::scan_angle, fast::kScanAngle, out.scan_angle, to.scan_angle, first.scan_angle);
    place(ColumnSet::user_data, fast::kUserData, out.user_data, to.user_data, first.user_data);
    place(ColumnSet::point_source_id, fast::kPointSource, out.point_source_id, to.point_source, first.point_source);
    place(ColumnSet::gps_time, fast::kGpsTime, out.gps_time, to.gps_time, std::bit_cast<double>(first.gps_time));
    place(ColumnSet::rgb, fast::kRgb, out.red, to.red, first.red);
    place(ColumnSet::rgb, fast::kRgb, out.green, to.green, first.green);
    place(ColumnSet::rgb, fast::kRgb, out.blue, to.blue, first.blue);
    place(ColumnSet::nir, fast::kNir, out.nir, to.nir, first.nir);
    if (columns_.has(ColumnSet::wave)) {
        static_assert(sizeof(las::WavePacket) == sizeof first.wave);
        las::WavePacket* const packets = out.wave.data() + row;
        to.wave = reinterpret_cast<std::uint8_t(*)[29]>(packets);
        if ((layers_ & fast::kWave) == 0) std::fill_n(packets, rows, std::to_array(first.wave));
    }
    for (std::size_t k = 0; k < extra_.size(); ++k) extra_columns_[k] = out.extra[extra_index_[k]].data() + row;
    to.extra = extra_columns_.data();
    for (const ConstantByte& byte : constant_bytes_) std::fill_n(out.extra[byte.index].data() + row, rows, byte.value);
    return to;
}

fast::Health FastChunk::decode(Points& out, std::size_t row, std::uint16_t* side, std::uint32_t rows) {
    return kernel_->decode(state_.get(), prepare(out, row, rows), side, rows);
}

fast::Health FastChunk::decode_others(Points& out, std::size_t row, const std::uint16_t* side, std::uint32_t rows) {
    return kernel_->decode_others(state_.get(), prepare(out, row, rows), side, rows);
}

bool FastChunk::at_end() const { return kernel_->at_end(state_.get()); }

}  // namespace copse::laz
