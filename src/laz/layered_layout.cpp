#include "laz/layered_layout.hpp"

#include <algorithm>
#include <limits>

namespace copse::laz {
namespace {

/// Takes the items of a format one after the other.
class ItemList {
public:
    explicit ItemList(const std::vector<Item>& items) : items_{&items} {}

    /// The next item, if it is of this type and size and of a known version.
    const Item* take(ItemType type, std::size_t size) {
        if (next_ == items_->size()) return nullptr;
        const Item& item = (*items_)[next_];
        if (item.type != type || item.size != size || item.version < 2 || item.version > 4) return nullptr;
        ++next_;
        return &item;
    }
    [[nodiscard]] bool at_end() const { return next_ == items_->size(); }

private:
    const std::vector<Item>* items_;
    std::size_t next_ = 0;
};

}  // namespace

Result<LayeredItems> LayeredItems::find(const ChunkFormat& format, FileOffset at) {
    const Error mismatch{Code::unsupported, at, "LASzip items are not those of the point format, in versions 2 to 4"};
    const std::uint8_t point_format = format.layout.format;
    if (format.compressor != Compressor::layered_chunked || !las::is_extended(point_format)) return mismatch;

    LayeredItems result;
    ItemList items{format.items};
    // The item's layers come after all others so far.
    const auto place = [&](const Item* item, Part& part, std::size_t layers) {
        part = {result.layer_count, layers, item->version == 4 ? ItemVersion::v4 : ItemVersion::v3};
        result.layer_count += layers;
    };
    if (items.take(ItemType::point14, 30) == nullptr) return mismatch;
    if (las::has_nir(point_format)) {
        const Item* item = items.take(ItemType::rgb_nir14, 8);
        if (item == nullptr) return mismatch;
        place(item, result.rgb, 1);
        place(item, result.nir, 1);
    } else if (las::has_rgb(point_format)) {
        const Item* item = items.take(ItemType::rgb14, 6);
        if (item == nullptr) return mismatch;
        place(item, result.rgb, 1);
    }
    if (las::has_waveform(point_format)) {
        const Item* item = items.take(ItemType::wave_packet14, 29);
        if (item == nullptr) return mismatch;
        place(item, result.wave, 1);
    }
    if (const std::uint16_t extra_bytes = format.layout.extra_bytes(); extra_bytes != 0) {
        const Item* item = items.take(ItemType::byte14, extra_bytes);
        if (item == nullptr) return mismatch;
        place(item, result.extra, extra_bytes);
    }
    if (!items.at_end()) return mismatch;
    return result;
}

Result<LayeredChunk> LayeredChunk::parse(const LayeredItems& items, const las::PointLayout& layout, ByteView bytes,
                                         FileOffset at, std::uint64_t point_count, Consumption consumption) {
    wire::ByteReader in{bytes, at};
    LayeredChunk chunk;
    chunk.first_record = in.bytes(layout.record_length);
    const FileOffset count_at = in.offset();
    const std::uint32_t count = in.u32();
    if (!in.ok()) return Error{Code::truncated, in.offset(), "layered chunk ends before its point count"};
    if (count != point_count)
        return Error{Code::bad_value, count_at, "point count of the chunk differs from that of the chunk table"};
    // The sizes are looked at only after it is known that all of them are there: a record has up to 65535 layers.
    if (in.remaining() / sizeof(std::uint32_t) < items.layer_count)
        return Error{Code::truncated, at + bytes.size(), "layered chunk ends before its layer sizes"};

    const std::size_t sizes_from = in.position();
    const std::size_t layers_from = sizes_from + items.layer_count * sizeof(std::uint32_t);
    chunk.layers.resize(items.layer_count);
    std::uint64_t from = layers_from;
    for (LayerBytes& layer : chunk.layers) {
        layer.size_at = in.offset();
        const std::uint32_t size = in.u32();
        if (bytes.size() - from < size)
            return Error{Code::truncated, at + bytes.size(), "layers are longer than the chunk"};
        layer.bytes = bytes.subspan(static_cast<std::size_t>(from), size);
        layer.at = at + from;
        from += size;
    }
    chunk.size = from;
    if (consumption == Consumption::exact && from != bytes.size())
        return Error{Code::trailing_bytes, at + from, "chunk is longer than its layers"};
    if (chunk.layers[kXyLayer].bytes.empty() && count > 1)
        return Error{Code::bad_value, chunk.layers[kXyLayer].size_at,
                     "the first layer of a chunk of several points is empty"};
    return chunk;
}

Status write_layered_chunk(const las::Points& points, std::size_t first, std::size_t last,
                           const std::vector<Bytes>& layers, Bytes& out) {
    constexpr std::size_t kMax = std::numeric_limits<std::uint32_t>::max();
    if (last - first > kMax) return Error{Code::limit_exceeded, 0, "a chunk holds at most 4294967295 points"};
    if (std::any_of(layers.begin(), layers.end(), [](const Bytes& layer) { return layer.size() > kMax; }))
        return Error{Code::limit_exceeded, 0, "a layer holds at most 4294967295 bytes"};

    las::pack_records(points, first, first + 1, out);
    wire::ByteWriter writer{out};
    writer.u32(static_cast<std::uint32_t>(last - first));
    for (const Bytes& layer : layers) writer.u32(static_cast<std::uint32_t>(layer.size()));
    for (const Bytes& layer : layers) writer.bytes(layer);
    return Ok{};
}

}  // namespace copse::laz
