// How a layered chunk is put together: first record, point count, layer sizes, layers. `laz/layered.md` section 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "copse/laz.hpp"
#include "laz/layered_side.hpp"

namespace copse::laz {

/// Positions of the POINT14 layers; those of the other items follow.
enum Point14Layer : std::size_t {
    kXyLayer,
    kZLayer,
    kClassificationLayer,
    kFlagsLayer,
    kIntensityLayer,
    kScanAngleLayer,
    kUserDataLayer,
    kPointSourceLayer,
    kGpsTimeLayer,
    kPoint14Layers,
};

/// Which layers the items of a format have, and where.
struct LayeredItems {
    /// An item with one layer or more after those of POINT14. Not present: no layers.
    struct Part {
        std::size_t first_layer = 0;
        std::size_t layers = 0;
        ItemVersion version = ItemVersion::v3;
    };
    Part rgb;
    Part nir;  ///< the second layer of RGBNIR14; version and contexts are those of `rgb`
    Part wave;
    Part extra;  ///< one layer a byte
    std::size_t layer_count = kPoint14Layers;

    /// `unsupported` if the items are not those of the format's layout, in their order, in versions 2 to 4.
    static Result<LayeredItems> find(const ChunkFormat& format, FileOffset at);
};

/// The bytes of one layer. Empty: the attribute is the same in all points of the chunk.
struct LayerBytes {
    ByteView bytes;
    FileOffset at = 0;
    FileOffset size_at = 0;  ///< file offset of the size field
};

struct LayeredChunk {
    ByteView first_record;
    std::vector<LayerBytes> layers;
    std::uint64_t size = 0;  ///< bytes of the whole chunk

    /// Takes a chunk apart and compares its parts with its size.
    static Result<LayeredChunk> parse(const LayeredItems& items, const las::PointLayout& layout, ByteView bytes,
                                      FileOffset at, std::uint64_t point_count, Consumption consumption);
};

/// Appends a chunk of rows [first, last) of `points`: their first record and all layers, in file order.
Status write_layered_chunk(const las::Points& points, std::size_t first, std::size_t last,
                           const std::vector<Bytes>& layers, Bytes& out);

}  // namespace copse::laz
