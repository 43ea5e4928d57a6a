// The door between the fast layered decoder and its forms. A form is the same source compiled for one instruction set;
// this header is all that is seen of it. Everything here is plain data: what a form is compiled with must not leak into
// functions that other parts of the program share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace copse::laz::fast {

/// Bytes that must be readable, whatever their value, after the end of the last layer. A point of one layer takes at
/// most 28 coded elements of 3 bytes each (a wave packet), and the coder looks 4 bytes ahead.
inline constexpr std::size_t kPadding = 128;

/// Points that are decoded at a time: their side words stay in the nearest cache.
inline constexpr std::uint32_t kBlockRows = 256;

/// Chunks that go through layer 1 in lockstep. One symbol waits for the one before it in its chunk, so a core has time
/// for several; a fourth gains nothing, the core is busy.
inline constexpr std::size_t kMaxLanes = 3;

/// A layer's bytes. Not present: nullptr.
struct Range {
    const std::uint8_t* begin = nullptr;
    const std::uint8_t* end = nullptr;
};

/// Layers that may be decoded or not.
enum Layer : std::uint32_t {
    kZ = 1u << 0,
    kIntensity = 1u << 1,
    kClassification = 1u << 2,
    kFlags = 1u << 3,
    kScanAngle = 1u << 4,
    kUserData = 1u << 5,
    kPointSource = 1u << 6,
    kGpsTime = 1u << 7,
    kRgb = 1u << 8,
    kNir = 1u << 9,
    kExtra = 1u << 10,
    kWave = 1u << 11,
    kXy = 1u << 12,  ///< layer 1; without it the others are decoded from side words that were kept
};

/// Attributes of a chunk's first point, from which all others are predicted.
struct FirstPoint {
    std::int32_t x = 0, y = 0, z = 0;
    std::uint8_t returns = 0, channel = 0, classification = 0, flags = 0, user_data = 0;
    std::uint16_t intensity = 0, point_source = 0;
    std::int16_t scan_angle = 0;
    std::uint64_t gps_time = 0;
    std::uint16_t red = 0, green = 0, blue = 0, nir = 0;
    std::uint8_t wave[29] = {};
};

/// An extra byte that is decoded: its layer and its value in the first point.
struct ExtraLayer {
    Range bytes;
    std::uint8_t first = 0;
};

/// Memory for models. `more` gives `size` bytes aligned to 64, which live as long as the owner.
struct Memory {
    void* owner = nullptr;
    void* (*more)(void* owner, std::size_t size) = nullptr;
};

/// Which layers of a chunk to decode, and from what. Those of `layers` have bytes; the others are not looked at.
struct ChunkInput {
    Memory memory;
    FirstPoint first;
    std::uint32_t layers = 0;
    Range xy, z, intensity, classification, flags, scan_angle, user_data, point_source, gps_time, rgb, nir, wave;
    const ExtraLayer* extra = nullptr;
    std::size_t extra_count = 0;
    bool rgb_version4 = false;    ///< of RGB14 and RGBNIR14: 4, else 3
    bool wave_version4 = false;   ///< of WAVEPACKET14
    bool extra_version4 = false;  ///< of BYTE14
};

/// Where decoded rows go. A pointer is used only if its layer is decoded.
struct ColumnPointers {
    std::int32_t *x = nullptr, *y = nullptr, *z = nullptr;
    std::uint8_t *returns = nullptr, *channel = nullptr, *classification = nullptr, *flags = nullptr;
    std::uint8_t* user_data = nullptr;
    std::uint16_t *intensity = nullptr, *point_source = nullptr;
    std::int16_t* scan_angle = nullptr;
    double* gps_time = nullptr;
    std::uint16_t *red = nullptr, *green = nullptr, *blue = nullptr, *nir = nullptr;
    std::uint8_t (*wave)[29] = nullptr;
    std::uint8_t* const* extra = nullptr;  ///< in the order of ChunkInput::extra
};

/// How far the layers of a chunk are, judged after a block.
enum class Health : std::uint8_t {
    good,
    damaged,  ///< a layer ended too soon or held an impossible number: the rows decoded since mean nothing
};

struct PointwiseKernel;

/// One form of the decoder. States are opaque, trivially destructible, aligned to 64.
struct Kernel {
    const char* name;
    std::size_t state_size;
    /// Makes a state for a chunk, before its second point. Damaged: a layer that cannot be one.
    Health (*start)(void* state, const ChunkInput& input);
    /// Decodes rows, at most kBlockRows, of one chunk into `out`; the side word of each goes to `side`.
    Health (*decode)(void* state, const ColumnPointers& out, std::uint16_t* side, std::uint32_t rows);
    /// The same for 2 to kMaxLanes chunks in lockstep, as many rows of each; `health` receives a judgement of each.
    /// Side words go to where `sides` points, nullptr where nobody wants them.
    void (*decode_lanes)(void* const* states, const ColumnPointers* outs, std::uint16_t* const* sides,
                         std::size_t lanes, std::uint32_t rows, Health* health);
    /// Decodes all layers but the first, from side words that `decode` left.
    Health (*decode_others)(void* state, const ColumnPointers& out, const std::uint16_t* side, std::uint32_t rows);
    void (*decode_others_lanes)(void* const* states, const ColumnPointers* outs, const std::uint16_t* const* sides,
                                std::size_t lanes, std::uint32_t rows, Health* health);
    /// Whether every layer has been used up to its end, as it is after the last point.
    bool (*at_end)(const void* state);
    const PointwiseKernel* pointwise;  ///< the same for point-wise chunks
};

}  // namespace copse::laz::fast
