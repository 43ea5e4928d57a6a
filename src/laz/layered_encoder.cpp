// The reference encoder of layered chunks. Pass 1 codes layer 1 and leaves a side word for each point; then every other
// layer is coded on its own, or left out if all points share its value.
#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <vector>

#include "laz/codecs.hpp"
#include "laz/layered_fields.hpp"
#include "laz/layered_gps.hpp"
#include "laz/layered_items.hpp"
#include "laz/layered_layout.hpp"
#include "laz/layered_xy.hpp"

namespace copse::laz {
namespace {

using las::Points;

/// Whether all points hold the same bits. So +0.0 and -0.0 are two values, and a NaN equals itself.
template <class Value>
bool is_constant(std::span<const Value> column) {
    if constexpr (std::is_same_v<Value, double>) {
        const auto first = std::bit_cast<std::uint64_t>(column.front());
        return std::all_of(column.begin(), column.end(),
                           [=](double v) { return std::bit_cast<std::uint64_t>(v) == first; });
    } else {
        return std::all_of(column.begin(), column.end(), [&](const Value& v) { return v == column.front(); });
    }
}

/// Finds out what pass 1 must know of other layers: whether GPS time, scan angle and point source differ from those of
/// the channel's last point.
class ChangeFinder {
public:
    ChangeFinder(const Points& points, std::size_t first) : points_{&points}, previous_{first} {
        last_[points.channel[first]] = values(first);
        used_[points.channel[first]] = true;
    }

    SideWord::Changes next(std::size_t row) {
        const unsigned channel = points_->channel[row];
        if (!used_[channel]) {
            last_[channel] = values(previous_);
            used_[channel] = true;
        }
        previous_ = row;
        const Values before = last_[channel];
        const Values now = last_[channel] = values(row);
        return {.gps_time = now.gps_time != before.gps_time,
                .scan_angle = now.scan_angle != before.scan_angle,
                .point_source = now.point_source != before.point_source};
    }

private:
    struct Values {
        std::uint64_t gps_time = 0;
        std::int16_t scan_angle = 0;
        std::uint16_t point_source = 0;
    };
    [[nodiscard]] Values values(std::size_t row) const {
        return {std::bit_cast<std::uint64_t>(points_->gps_time[row]), points_->scan_angle[row],
                points_->point_source_id[row]};
    }

    const Points* points_;
    std::size_t previous_;
    std::array<Values, kChannels> last_{};
    std::array<bool, kChannels> used_{};
};

class LayeredEncoder {
public:
    /// @pre first < last
    LayeredEncoder(const LayeredItems& items, const Points& points, std::size_t first, std::size_t last)
        : items_{items}, points_{points}, first_{first}, last_{last}, layers_(items.layer_count) {}

    /// The layers in file order.
    std::vector<Bytes> encode() && {
        encode_xy();
        encode_point14();
        encode_items();
        return std::move(layers_);
    }

private:
    [[nodiscard]] unsigned first_channel() const { return points_.channel[first_]; }

    template <class Value>
    [[nodiscard]] std::span<const Value> rows(const las::Column<Value>& column) const {
        assert(column.size() >= last_);
        return {column.data() + first_, last_ - first_};
    }

    void encode_xy() {
        const auto point = [&](std::size_t row) {
            return XyPoint{points_.x[row], points_.y[row], points_.returns[row]};
        };
        ArithmeticEncoder out;
        XyLayer layer{first_channel(), point(first_)};
        ChangeFinder changes{points_, first_};
        side_.reserve(last_ - first_ - 1);
        for (std::size_t row = first_ + 1; row < last_; ++row)
            side_.push_back(layer.encode(out, point(row), points_.channel[row], changes.next(row)));
        layers_[kXyLayer] = out.finish();
        block_.side = side_;
    }

    void encode_point14() {
        // Z is always written, even if it is constant or there is one point only.
        layers_[kZLayer] = coded(FieldLayer<ZField>{first_channel(), points_.z[first_]}, points_.z.data() + first_ + 1);
        encode_field<FieldLayer<ClassificationField>>(kClassificationLayer, points_.classification);
        encode_field<FieldLayer<FlagsField>>(kFlagsLayer, points_.flags);
        encode_field<FieldLayer<IntensityField>>(kIntensityLayer, points_.intensity);
        encode_field<FieldLayer<ScanAngleField>>(kScanAngleLayer, points_.scan_angle);
        encode_field<FieldLayer<UserDataField>>(kUserDataLayer, points_.user_data);
        encode_field<FieldLayer<PointSourceField>>(kPointSourceLayer, points_.point_source_id);
        encode_field<GpsTimeLayer>(kGpsTimeLayer, points_.gps_time);
    }

    void encode_items() {
        if (items_.rgb.layers != 0) encode_rgb();
        if (items_.nir.layers != 0) encode_item<NirLayer>(items_.nir, 0, points_.nir);
        if (items_.wave.layers != 0) encode_item<WavePacketLayer>(items_.wave, 0, points_.wave);
        for (std::size_t k = 0; k < items_.extra.layers; ++k) encode_item<ByteLayer>(items_.extra, k, points_.extra[k]);
    }

    template <class Layer, class Value>
    void encode_field(std::size_t layer, const las::Column<Value>& column) {
        const auto values = rows(column);
        if (is_constant(values)) return;
        layers_[layer] = coded(Layer{first_channel(), values.front()}, values.data() + 1);
    }

    template <class Layer, class Value>
    void encode_item(const LayeredItems::Part& item, std::size_t index, const las::Column<Value>& column) {
        const auto values = rows(column);
        if (is_constant(values)) return;
        follow_contexts(item.version);
        layers_[item.first_layer + index] =
            coded(Layer{item.version, first_channel(), values.front()}, values.data() + 1);
    }

    void encode_rgb() {
        const Rgb first{points_.red[first_], points_.green[first_], points_.blue[first_]};
        // The symbol of "nothing changed" also says whether the colour is grey. So LASzip takes a constant colour for a
        // change unless it is grey, or there is no second point to say it of.
        if (last_ - first_ == 1) return;
        if (first.is_grey() && is_constant(rows(points_.red)) && is_constant(rows(points_.green)) &&
            is_constant(rows(points_.blue)))
            return;
        follow_contexts(items_.rgb.version);
        const RgbColumns<const std::uint16_t> columns{
            points_.red.data() + first_ + 1, points_.green.data() + first_ + 1, points_.blue.data() + first_ + 1};
        layers_[items_.rgb.first_layer] = coded(RgbLayer{items_.rgb.version, first_channel(), first}, columns);
    }

    template <class Layer, class Column>
    Bytes coded(Layer layer, Column column) {
        ArithmeticEncoder out;
        layer.code(out, block_, column);
        return out.finish();
    }

    /// Works out the contexts of an item version when the first layer asks for them.
    void follow_contexts(ItemVersion version) {
        const auto index = static_cast<std::size_t>(version);
        if (block_.steps[index] != nullptr) return;
        steps_[index].resize(side_.size());
        ItemContexts{version, first_channel()}.follow(side_, steps_[index].data());
        block_.steps[index] = steps_[index].data();
    }

    const LayeredItems& items_;
    const Points& points_;
    std::size_t first_;
    std::size_t last_;
    std::vector<SideWord> side_;  // of all points but the first
    std::array<std::vector<ItemStep>, 2> steps_;
    Block block_;
    std::vector<Bytes> layers_;
};

}  // namespace

Status encode_layered_chunk_reference(const ChunkFormat& format, const Points& points, std::size_t first,
                                      std::size_t last, Bytes& out) {
    assert(first < last && last <= points.size() && points.layout == format.layout);
    const auto items = LayeredItems::find(format, 0);
    if (!items) return items.error();
    return write_layered_chunk(points, first, last, LayeredEncoder{*items, points, first, last}.encode(), out);
}

}  // namespace copse::laz
