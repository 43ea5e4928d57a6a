#include "copse/las.hpp"

namespace copse::las {
namespace {

struct Format {
    std::uint16_t record_length;
    bool gps_time, rgb, nir, waveform;
};

// @spec LAS 1.4 R15, "Point Data Record Format 0" to "Point Data Record Format 10"
constexpr std::array<Format, 11> kFormats{{
    {20, false, false, false, false},  // 0
    {28, true, false, false, false},   // 1
    {26, false, true, false, false},   // 2
    {34, true, true, false, false},    // 3
    {57, true, false, false, true},    // 4
    {63, true, true, false, true},     // 5
    {30, true, false, false, false},   // 6
    {36, true, true, false, false},    // 7
    {38, true, true, true, false},     // 8
    {59, true, false, false, true},    // 9
    {67, true, true, true, true},      // 10
}};

const Format& traits(std::uint8_t format) {
    assert(format < kFormats.size());
    return kFormats[format];
}

}  // namespace

std::uint16_t base_record_length(std::uint8_t format) { return traits(format).record_length; }
bool has_gps_time(std::uint8_t format) { return traits(format).gps_time; }
bool has_rgb(std::uint8_t format) { return traits(format).rgb; }
bool has_nir(std::uint8_t format) { return traits(format).nir; }
bool has_waveform(std::uint8_t format) { return traits(format).waveform; }

std::uint8_t copc_format_for(std::uint8_t format) {
    if (has_nir(format)) return 8;
    return has_rgb(format) ? 7 : 6;
}

}  // namespace copse::las
