// The fast encoder of layered chunks: finds the layers that are constant, has the others described and coded block by
// block, and puts them together.
#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "laz/arithmetic_coder.hpp"
#include "laz/codecs.hpp"
#include "laz/fast/cpu.hpp"
#include "laz/fast_encoder.hpp"
#include "laz/layered_items.hpp"
#include "laz/layered_layout.hpp"

namespace copse::laz {
namespace fast_encode {
namespace baseline {
extern const Form kForm;
}
#if defined(COPSE_LAZ_X86_FORMS)
namespace avx2 {
extern const Form kForm;
}
#endif
}  // namespace fast_encode

namespace {

using namespace fast_encode;
using las::Points;

struct Forms {
    std::array<const Form*, 2> forms{&baseline::kForm};
    std::size_t count = 1;
};

Forms find_forms() {
    Forms found;
#if defined(COPSE_LAZ_X86_FORMS)
    if (fast::runs_avx2_forms()) found.forms[found.count++] = &avx2::kForm;
#endif
    return found;
}

/// Whether all points hold the same bits. So +0.0 and -0.0 are two values, and a NaN equals itself.
template <class Value>
bool is_constant(std::span<const Value> column) {
    const Value& first = column.front();
    // A run at a time, without a branch per value.
    constexpr std::size_t kRun = 64;
    std::size_t row = 0;
    for (; column.size() - row >= kRun; row += kRun) {
        bool same = true;
        for (std::size_t i = row; i < row + kRun; ++i) same &= std::memcmp(&column[i], &first, sizeof(Value)) == 0;
        if (!same) return false;
    }
    return std::all_of(column.begin() + static_cast<std::ptrdiff_t>(row), column.end(),
                       [&](const Value& v) { return std::memcmp(&v, &first, sizeof v) == 0; });
}

/// Memory for the models of one chunk.
class Arena {
public:
    Memory memory() { return {this, &Arena::more}; }

private:
    struct Free {
        void operator()(std::byte* block) const { ::operator delete(block, std::align_val_t{64}); }
    };
    static void* more(void* owner, std::size_t size) {
        auto& blocks = static_cast<Arena*>(owner)->blocks_;
        blocks.emplace_back(static_cast<std::byte*>(::operator new(size, std::align_val_t{64})));
        return blocks.back().get();
    }
    std::vector<std::unique_ptr<std::byte, Free>> blocks_;
};

/// The bytes of a layer while it is coded.
class LayerBuffer {
public:
    /// Makes room for a block of `rows` rows.
    void reserve(Stream& stream, std::size_t rows) {
        const std::size_t used = stream.at == nullptr ? 0 : static_cast<std::size_t>(stream.at - bytes_.data());
        const std::size_t needed = used + kMaxRowBytes * rows + kSlack;
        if (bytes_.size() < needed) bytes_.resize(2 * needed);
        stream.at = bytes_.data() + used;
    }

    /// The finished string: 4 bytes more than were needed so far, as many as a decoder reads ahead.
    ByteView finish(Stream& stream) {
        reserve(stream, 0);
        const bool is_long = stream.length > 2 * kMinLength;
        const std::uint32_t offset = is_long ? kMinLength : kMinLength >> 1;
        stream.base += offset;
        if (stream.base < offset) {
            std::uint8_t* byte = stream.at;
            while (++*--byte == 0) {
            }
        }
        for (std::size_t i = 0; i < 8; ++i) stream.at[i] = static_cast<std::uint8_t>(stream.base >> (56 - 8 * i));
        stream.at += is_long ? 1 : 2;
        std::fill_n(stream.at + kAhead, 3, std::uint8_t{0});
        const auto size = static_cast<std::size_t>(stream.at - bytes_.data()) + (is_long ? 3 : 2);
        return std::as_bytes(std::span{bytes_}).subspan(kAhead, size);
    }

private:
    static constexpr std::size_t kAhead = 4;  // bytes before the string, see Stream

    las::Column<std::uint8_t> bytes_;
};

class Encoder {
public:
    /// @pre first < last
    Encoder(const Form& form, const LayeredItems& items, const Points& points, std::size_t first, std::size_t last)
        : form_{form}, items_{items}, points_{points}, first_{first}, rows_{last - first} {
        layers_.resize(items.layer_count);
    }

    /// The layers in file order.
    std::vector<Bytes> encode() && {
        encode_main();
        if (items_.wave.layers != 0) encode_wave();
        encode_extra();
        return std::move(layers_);
    }

private:
    static constexpr std::size_t kNone = ~std::size_t{0};

    template <class Value>
    [[nodiscard]] std::span<const Value> rows(const las::Column<Value>& column) const {
        assert(column.size() >= first_ + rows_);
        return {column.data() + first_, rows_};
    }
    /// Null for a column that the format does not have.
    template <class Value>
    const Value* from(const las::Column<Value>& column) const {
        return column.empty() ? nullptr : column.data() + first_;
    }

    [[nodiscard]] Columns columns() const {
        const Points& p = points_;
        return {.rows = static_cast<std::uint32_t>(rows_),
                .x = from(p.x),
                .y = from(p.y),
                .z = from(p.z),
                .returns = from(p.returns),
                .channel = from(p.channel),
                .classification = from(p.classification),
                .flags = from(p.flags),
                .intensity = from(p.intensity),
                .scan_angle = from(p.scan_angle),
                .user_data = from(p.user_data),
                .point_source = from(p.point_source_id),
                .gps_time = from(p.gps_time),
                .red = from(p.red),
                .green = from(p.green),
                .blue = from(p.blue),
                .nir = from(p.nir)};
    }

    /// The layers that are not left out because all points share their value.
    [[nodiscard]] std::uint32_t wanted() const {
        // XY and Z are always written, even if they are constant or there is one point only.
        std::uint32_t layers = 1u << kXy | 1u << kZ;
        const auto want = [&](Layer layer, bool yes) { layers |= yes ? 1u << layer : 0; };
        want(kClassification, !is_constant(rows(points_.classification)));
        want(kFlags, !is_constant(rows(points_.flags)));
        want(kIntensity, !is_constant(rows(points_.intensity)));
        want(kScanAngle, !is_constant(rows(points_.scan_angle)));
        want(kUserData, !is_constant(rows(points_.user_data)));
        want(kPointSource, !is_constant(rows(points_.point_source_id)));
        want(kGpsTime, !is_constant(rows(points_.gps_time)));
        want(kRgb, items_.rgb.layers != 0 && !is_plain_grey());
        want(kNir, items_.nir.layers != 0 && !is_constant(rows(points_.nir)));
        return layers;
    }
    /// The symbol of "nothing changed" also says whether the colour is grey. So LASzip takes a constant colour for a
    /// change unless it is grey, or there is no second point to say it of.
    [[nodiscard]] bool is_plain_grey() const {
        if (rows_ == 1) return true;
        const auto red = rows(points_.red);
        return red[0] == points_.green[first_] && red[0] == points_.blue[first_] && is_constant(red) &&
               is_constant(rows(points_.green)) && is_constant(rows(points_.blue));
    }

    /// Codes all rows but the first, block by block, and puts the layers where they belong.
    /// @param layers which layer each stream is, or kNone
    template <class EncodeBlock>
    void run(std::span<const std::size_t> layers, EncodeBlock encode_block) {
        std::vector<Stream> streams(layers.size());
        std::vector<LayerBuffer> buffers(layers.size());
        const auto for_present = [&](auto use) {
            for (std::size_t k = 0; k < layers.size(); ++k)
                if (layers[k] != kNone) use(k);
        };
        for (std::size_t row = 1; row < rows_; row += kBlockRows) {
            const std::size_t end = std::min(rows_, row + kBlockRows);
            for_present([&](std::size_t k) { buffers[k].reserve(streams[k], end - row); });
            encode_block(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(end), streams.data());
        }
        for_present([&](std::size_t k) {
            const ByteView bytes = buffers[k].finish(streams[k]);
            layers_[layers[k]].assign(bytes.begin(), bytes.end());
        });
    }

    void encode_main() {
        Arena arena;
        ChunkInput input{.memory = arena.memory(), .columns = columns(), .layers = wanted()};
        input.one_channel = is_constant(rows(points_.channel));
        input.rgb_version4 = items_.rgb.version == ItemVersion::v4;
        std::array<std::size_t, kLayers> layers{};
        for (std::size_t k = 0; k < kLayers; ++k)
            layers[k] = (input.layers >> k & 1u) != 0 ? layer_of(static_cast<Layer>(k)) : kNone;
        void* const chunk = form_.open(input);
        run(layers, [&](std::uint32_t first, std::uint32_t last, Stream* streams) {
            form_.encode(chunk, first, last, streams);
        });
    }

    [[nodiscard]] std::size_t layer_of(Layer layer) const {
        if (layer == kRgb) return items_.rgb.first_layer;
        if (layer == kNir) return items_.nir.first_layer;
        return layer;
    }

    /// Wave packets are rare: they are left to the reference form.
    void encode_wave() {
        const auto packets = rows(points_.wave);
        if (is_constant(packets)) return;
        const auto channel = rows(points_.channel);
        std::vector<SideWord> side;
        side.reserve(rows_ - 1);
        for (std::size_t i = 1; i < rows_; ++i)
            side.emplace_back(channel[i], SideWord::Changes{.channel = channel[i] != channel[i - 1]}, 1u, 1u, 0u, 0u);
        std::vector<ItemStep> steps(side.size());
        ItemContexts{items_.wave.version, channel[0]}.follow(side, steps.data());
        laz::Block block{.side = side};
        block.steps[static_cast<std::size_t>(items_.wave.version)] = steps.data();
        ArithmeticEncoder out;
        WavePacketLayer{items_.wave.version, channel[0], packets.front()}.code(out, block, packets.data() + 1);
        layers_[items_.wave.first_layer] = out.finish();
    }

    void encode_extra() {
        std::array<std::size_t, kByteGroup> layers{};
        ByteInput input;
        input.channel = from(points_.channel);
        input.version4 = items_.extra.version == ItemVersion::v4;
        for (std::size_t k = 0; k < items_.extra.layers; ++k) {
            if (!is_constant(rows(points_.extra[k]))) {
                layers[input.count] = items_.extra.first_layer + k;
                input.columns[input.count++] = from(points_.extra[k]);
            }
            if (input.count == kByteGroup) encode_bytes(input, layers);
        }
        if (input.count != 0) encode_bytes(input, layers);
    }

    void encode_bytes(ByteInput& input, const std::array<std::size_t, kByteGroup>& layers) {
        Arena arena;
        input.memory = arena.memory();
        void* const bytes = form_.open_bytes(input);
        run(std::span{layers}.first(input.count), [&](std::uint32_t first, std::uint32_t last, Stream* streams) {
            form_.encode_bytes(bytes, first, last, streams);
        });
        input.count = 0;
    }

    const Form& form_;
    const LayeredItems& items_;
    const Points& points_;
    std::size_t first_;
    std::size_t rows_;
    std::vector<Bytes> layers_;
};

}  // namespace

std::span<const Form* const> fast_encode::available_forms() {
    static const Forms found = find_forms();
    return {found.forms.data(), found.count};
}

Status fast_encode::encode_layered_chunk_with(const Form& form, const ChunkFormat& format, const Points& points,
                                              std::size_t first, std::size_t last, Bytes& out) {
    assert(first < last && last <= points.size() && points.layout == format.layout);
    const auto items = LayeredItems::find(format, 0);
    if (!items) return items.error();
    return write_layered_chunk(points, first, last, Encoder{form, *items, points, first, last}.encode(), out);
}

Status encode_layered_chunk(const ChunkFormat& format, const Points& points, std::size_t first, std::size_t last,
                            Bytes& out) {
    return encode_layered_chunk_with(*available_forms().back(), format, points, first, last, out);
}

}  // namespace copse::laz
