// The plain decoder of layered chunks. Blocks of points go through the layers one after the other: layer 1 leaves a
// side word for each point, then every wanted layer fills its column. What is slow about it is that one symbol waits
// for the one before; what is good about it is that nothing else happens.
#include <algorithm>
#include <array>
#include <cassert>
#include <memory>
#include <vector>

#include "laz/codecs.hpp"
#include "laz/layered_fields.hpp"
#include "laz/layered_gps.hpp"
#include "laz/layered_items.hpp"
#include "laz/layered_layout.hpp"
#include "laz/layered_xy.hpp"

namespace copse::laz {
namespace {

using las::ColumnSet;
using las::Points;

constexpr std::size_t kBlockRows = 1024;
/// Columns are grown by what this much memory holds, or by as many rows as there are: a short chunk that claims many
/// points must not take memory for them.
constexpr std::size_t kGrowthBytes = std::size_t{16} << 20;

/// A layer that is not the first.
class LayerReader {
public:
    explicit LayerReader(const LayerBytes& layer)
        : in_{layer.bytes.empty() ? ArithmeticDecoder{} : ArithmeticDecoder{layer.bytes, layer.at}} {}
    virtual ~LayerReader() = default;
    LayerReader(const LayerReader&) = delete;
    LayerReader& operator=(const LayerReader&) = delete;

    /// Fills rows [row, row + block.size()) of the layer's column.
    virtual void decode(const Block& block, Points& out, std::size_t row) = 0;
    [[nodiscard]] const ArithmeticDecoder& coder() const { return in_; }

protected:
    /// Decodes a block with a copy of the coder, which can live in registers.
    template <class Layer, class Column>
    void decode_with(Layer& layer, const Block& block, Column column) {
        ArithmeticDecoder in = in_;
        layer.code(in, block, column);
        in_ = in;
    }

private:
    ArithmeticDecoder in_;
};

template <class Value>
using ColumnOf = las::Column<Value> Points::*;

/// A layer of one column. Empty layers are a fill.
template <class Layer, class Value>
class ColumnReader final : public LayerReader {
public:
    template <class... Arguments>
    ColumnReader(const LayerBytes& bytes, ColumnOf<Value> column, const Value& first,
                 const Arguments&... layer_arguments)
        : LayerReader{bytes},
          column_{column},
          first_{first},
          constant_{bytes.bytes.empty()},
          layer_{layer_arguments..., first} {}

    void decode(const Block& block, Points& out, std::size_t row) override {
        Value* const column = (out.*column_).data() + row;
        if (constant_)
            std::fill_n(column, block.size(), first_);
        else
            decode_with(layer_, block, column);
    }

private:
    ColumnOf<Value> column_;
    Value first_;
    bool constant_;
    Layer layer_;
};

class RgbReader final : public LayerReader {
public:
    RgbReader(const LayerBytes& bytes, ItemVersion version, unsigned first_channel, const Rgb& first)
        : LayerReader{bytes}, first_{first}, constant_{bytes.bytes.empty()}, layer_{version, first_channel, first} {}

    void decode(const Block& block, Points& out, std::size_t row) override {
        const RgbColumns<std::uint16_t> columns{out.red.data() + row, out.green.data() + row, out.blue.data() + row};
        if (constant_) {
            std::fill_n(columns.red, block.size(), first_.red);
            std::fill_n(columns.green, block.size(), first_.green);
            std::fill_n(columns.blue, block.size(), first_.blue);
        } else {
            decode_with(layer_, block, columns);
        }
    }

private:
    Rgb first_;
    bool constant_;
    RgbLayer layer_;
};

class ExtraByteReader final : public LayerReader {
public:
    ExtraByteReader(const LayerBytes& bytes, std::size_t index, ItemVersion version, unsigned first_channel,
                    std::uint8_t first)
        : LayerReader{bytes},
          index_{index},
          first_{first},
          constant_{bytes.bytes.empty()},
          layer_{version, first_channel, first} {}

    void decode(const Block& block, Points& out, std::size_t row) override {
        std::uint8_t* const column = out.extra[index_].data() + row;
        if (constant_)
            std::fill_n(column, block.size(), first_);
        else
            decode_with(layer_, block, column);
    }

private:
    std::size_t index_;
    std::uint8_t first_;
    bool constant_;
    ByteLayer layer_;
};

class LayeredReferenceDecoder final : public ChunkDecoder {
public:
    LayeredReferenceDecoder(const LayeredItems& items, const LayeredChunk& chunk, std::uint64_t point_count,
                            Points first)
        : first_record_{chunk.first_record},
          first_{std::move(first)},
          remaining_{point_count},
          chunk_size_{chunk.size},
          xy_in_{chunk.layers[kXyLayer].bytes.empty()
                     ? ArithmeticDecoder{}
                     : ArithmeticDecoder{chunk.layers[kXyLayer].bytes, chunk.layers[kXyLayer].at}},
          xy_{first_.channel[0], XyPoint{first_.x[0], first_.y[0], first_.returns[0]}} {
        add_point14(chunk);
        add_items(items, chunk);
    }

    /// A fault that shows before anything is decoded: a layer that cannot be one.
    [[nodiscard]] Status status() const {
        if (!xy_in_.ok()) return xy_in_.error();
        for (const auto& layer : layers_)
            if (!layer->coder().ok()) return layer->coder().error();
        return Ok{};
    }

    [[nodiscard]] std::uint64_t remaining() const override { return remaining_; }
    [[nodiscard]] std::uint64_t consumed() const override { return chunk_size_; }

    Status decode(std::size_t rows, Points& out) override {
        assert(out.layout == first_.layout && out.columns == first_.columns);
        const std::size_t from = out.size();
        const std::size_t end = from + static_cast<std::size_t>(std::min<std::uint64_t>(rows, remaining_));
        Status status = failed_;
        for (std::size_t row = from; status && row < end;) {
            if (row == out.size()) out.resize(row + std::min(end - row, growth(row - from)));
            const std::size_t count = first_given_ ? std::min(out.size() - row, kBlockRows) : 1;
            status = first_given_ ? decode_block(out, row, count) : give_first(out, row);
            row += count;
            remaining_ -= count;
            if (status && remaining_ == 0) status = check_ends();
        }
        if (!status) {
            remaining_ = 0;
            failed_ = status;
        }
        return status;
    }

private:
    [[nodiscard]] std::size_t growth(std::size_t rows_so_far) const {
        return std::max({rows_so_far, kGrowthBytes / first_.layout.record_length, kBlockRows});
    }

    void add_point14(const LayeredChunk& chunk) {
        add_field<FieldLayer<ZField>>(chunk, kZLayer, ColumnSet::z, &Points::z);
        add_field<FieldLayer<ClassificationField>>(chunk, kClassificationLayer, ColumnSet::classification,
                                                   &Points::classification);
        add_field<FieldLayer<FlagsField>>(chunk, kFlagsLayer, ColumnSet::flags, &Points::flags);
        add_field<FieldLayer<IntensityField>>(chunk, kIntensityLayer, ColumnSet::intensity, &Points::intensity);
        add_field<FieldLayer<ScanAngleField>>(chunk, kScanAngleLayer, ColumnSet::scan_angle, &Points::scan_angle);
        add_field<FieldLayer<UserDataField>>(chunk, kUserDataLayer, ColumnSet::user_data, &Points::user_data);
        add_field<FieldLayer<PointSourceField>>(chunk, kPointSourceLayer, ColumnSet::point_source_id,
                                                &Points::point_source_id);
        add_field<GpsTimeLayer>(chunk, kGpsTimeLayer, ColumnSet::gps_time, &Points::gps_time);
    }

    void add_items(const LayeredItems& items, const LayeredChunk& chunk) {
        const unsigned channel = first_.channel[0];
        if (first_.columns.has(ColumnSet::rgb)) {
            const Rgb colour{first_.red[0], first_.green[0], first_.blue[0]};
            layers_.push_back(
                std::make_unique<RgbReader>(chunk.layers[items.rgb.first_layer], items.rgb.version, channel, colour));
            follow_contexts(items.rgb.version);
        }
        if (first_.columns.has(ColumnSet::nir)) add_item<NirLayer>(chunk, items.nir, &Points::nir);
        if (first_.columns.has(ColumnSet::wave)) add_item<WavePacketLayer>(chunk, items.wave, &Points::wave);
        for (std::size_t k = 0; k < items.extra.layers; ++k) {
            if (!first_.columns.has_extra(static_cast<unsigned>(k))) continue;
            layers_.push_back(std::make_unique<ExtraByteReader>(chunk.layers[items.extra.first_layer + k], k,
                                                                items.extra.version, channel, first_.extra[k][0]));
            follow_contexts(items.extra.version);
        }
    }

    template <class Layer, class Value>
    void add_field(const LayeredChunk& chunk, std::size_t layer, std::uint32_t field, ColumnOf<Value> column) {
        if (!first_.columns.has(field)) return;
        layers_.push_back(std::make_unique<ColumnReader<Layer, Value>>(chunk.layers[layer], column, (first_.*column)[0],
                                                                       unsigned{first_.channel[0]}));
    }

    template <class Layer, class Value>
    void add_item(const LayeredChunk& chunk, const LayeredItems::Part& item, ColumnOf<Value> column) {
        layers_.push_back(std::make_unique<ColumnReader<Layer, Value>>(
            chunk.layers[item.first_layer], column, (first_.*column)[0], item.version, unsigned{first_.channel[0]}));
        follow_contexts(item.version);
    }

    /// Items of this version are wanted: their contexts are followed once for all of them.
    void follow_contexts(ItemVersion version) {
        auto& contexts = contexts_[static_cast<std::size_t>(version)];
        if (contexts) return;
        contexts = std::make_unique<Contexts>(
            Contexts{ItemContexts{version, first_.channel[0]}, std::vector<ItemStep>(kBlockRows)});
    }

    Status give_first(Points& out, std::size_t row) {
        las::unpack_records(first_record_, out, row);
        first_given_ = true;
        return Ok{};
    }

    Status decode_block(Points& out, std::size_t row, std::size_t count) {
        const Block block = decode_xy(out, row, count);
        if (!xy_in_.ok()) return xy_in_.error();
        for (const auto& layer : layers_) {
            layer->decode(block, out, row);
            if (!layer->coder().ok()) return layer->coder().error();
        }
        return Ok{};
    }

    Block decode_xy(Points& out, std::size_t row, std::size_t count) {
        ArithmeticDecoder in = xy_in_;
        for (std::size_t i = 0; i < count; ++i) {
            XyPoint point;
            side_[i] = xy_.decode(in, point, out.channel[row + i]);
            out.x[row + i] = point.x;
            out.y[row + i] = point.y;
            out.returns[row + i] = point.returns;
        }
        xy_in_ = in;
        Block block{{side_.data(), count}, {}};
        for (std::size_t version = 0; version < contexts_.size(); ++version) {
            if (!contexts_[version]) continue;
            contexts_[version]->contexts.follow(block.side, contexts_[version]->steps.data());
            block.steps[version] = contexts_[version]->steps.data();
        }
        return block;
    }

    /// After the last point every layer has been used up, or it was not what an encoder wrote.
    [[nodiscard]] Status check_ends() const {
        const auto check = [](const ArithmeticDecoder& in) -> Status {
            if (in.at_end()) return Ok{};
            return Error{Code::trailing_bytes, in.offset(), "layer is longer than its points need"};
        };
        if (const Status end = check(xy_in_); !end) return end;
        for (const auto& layer : layers_)
            if (const Status end = check(layer->coder()); !end) return end;
        return Ok{};
    }

    struct Contexts {
        ItemContexts contexts;
        std::vector<ItemStep> steps;
    };

    ByteView first_record_;
    Points first_;  // the same with the columns that are wanted
    bool first_given_ = false;
    Status failed_{Ok{}};
    std::uint64_t remaining_;
    std::uint64_t chunk_size_;
    ArithmeticDecoder xy_in_;
    XyLayer xy_;
    std::array<SideWord, kBlockRows> side_{};
    std::array<std::unique_ptr<Contexts>, 2> contexts_;  // by ItemVersion
    std::vector<std::unique_ptr<LayerReader>> layers_;
};

}  // namespace

Result<std::unique_ptr<ChunkDecoder>> make_layered_reference_decoder(const ChunkFormat& format, ByteView bytes,
                                                                     FileOffset at, std::uint64_t point_count,
                                                                     ColumnSet columns, Consumption consumption) {
    const auto items = LayeredItems::find(format, at);
    if (!items) return items.error();
    const auto chunk = LayeredChunk::parse(*items, format.layout, bytes, at, point_count, consumption);
    if (!chunk) return chunk.error();

    Points first{format.layout, columns};
    first.resize(1);
    las::unpack_records(chunk->first_record, first, 0);
    auto decoder = std::make_unique<LayeredReferenceDecoder>(*items, *chunk, point_count, std::move(first));
    if (const Status status = decoder->status(); !status) return status.error();
    return std::unique_ptr<ChunkDecoder>{std::move(decoder)};
}

}  // namespace copse::laz
