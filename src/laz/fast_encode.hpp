// The door between the fast encoder of layered chunks and its forms. A form is the same source compiled for one
// instruction set; this header is all that is seen of it. Everything here is plain data: what a form is compiled with
// must not leak into functions that other parts of the program share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace copse::laz::fast_encode {

/// Points that are coded at a time: what layer 1 tells the other layers of them stays in the nearest cache.
inline constexpr std::uint32_t kBlockRows = 512;

/// One layer while it is coded. The number that the coder narrows down is a string of bytes; `base` holds eight of
/// them, of which the upper four have been written already. So a carry is an ordinary addition, and only one in 2^32
/// must be taken further than that.
struct Stream {
    std::uint64_t base = 0;
    std::uint32_t length = 0xffffffff;
    /// Where the eight bytes go. What was written before is there, from four bytes before the first of the string on,
    /// and there is room for what a block may take.
    std::uint8_t* at = nullptr;
};

/// Layers of POINT14, RGB14 and RGBNIR14, in file order.
enum Layer : std::size_t {
    kXy,
    kZ,
    kClassification,
    kFlags,
    kIntensity,
    kScanAngle,
    kUserData,
    kPointSource,
    kGpsTime,
    kRgb,
    kNir,
    kLayers,
};

/// Most bytes that a row takes in a layer: 12 steps of the coder, of at most 3 bytes. And what the coder touches after.
inline constexpr std::size_t kMaxRowBytes = 36;
inline constexpr std::size_t kSlack = 16;

/// Memory for models: `more` gives `size` bytes aligned to 64, which live as long as the owner.
struct Memory {
    void* owner = nullptr;
    void* (*more)(void* owner, std::size_t size) = nullptr;
};

/// The columns of a chunk, from its first row on.
struct Columns {
    std::uint32_t rows = 0;
    const std::int32_t *x = nullptr, *y = nullptr, *z = nullptr;
    const std::uint8_t *returns = nullptr, *channel = nullptr, *classification = nullptr, *flags = nullptr;
    const std::uint16_t* intensity = nullptr;
    const std::int16_t* scan_angle = nullptr;
    const std::uint8_t* user_data = nullptr;
    const std::uint16_t* point_source = nullptr;
    const double* gps_time = nullptr;
    const std::uint16_t *red = nullptr, *green = nullptr, *blue = nullptr, *nir = nullptr;
};

/// What is to be encoded, and how.
struct ChunkInput {
    Memory memory;
    Columns columns;
    std::uint32_t layers = 0;   ///< bit of each Layer that is coded; the others are constant or not there
    bool one_channel = false;   ///< all points have the scanner channel of the first
    bool rgb_version4 = false;  ///< of RGB14 and RGBNIR14: 4, else 3
};

/// Extra bytes that are coded together, and those that can be.
inline constexpr std::uint32_t kByteGroup = 8;
struct ByteInput {
    Memory memory;
    const std::uint8_t* channel = nullptr;
    bool version4 = false;
    std::uint32_t count = 0;
    const std::uint8_t* columns[kByteGroup] = {};
};

/// A form. What `open` returns lives in the memory given. `encode` codes rows [first, last) to `streams`, one for each
/// layer; it is called for all rows from 1 on, in order and at most kBlockRows at a time.
struct Form {
    const char* name;
    void* (*open)(const ChunkInput& input);
    void (*encode)(void* opened, std::uint32_t first, std::uint32_t last, Stream* streams);
    void* (*open_bytes)(const ByteInput& input);
    void (*encode_bytes)(void* opened, std::uint32_t first, std::uint32_t last, Stream* streams);
};

}  // namespace copse::laz::fast_encode
