#include <cmath>

#include "copse/copc.hpp"

namespace copse::copc {

namespace {
// Fields of the info record by their place. COPC 1.0, "info VLR".
constexpr FileOffset kCenterAt = 0;
constexpr FileOffset kHalfSizeAt = 24;
constexpr FileOffset kSpacingAt = 32;
constexpr std::size_t kReservedSize = 11 * sizeof(std::uint64_t);

// NaN fails the comparison.
bool is_length(double value) { return value > 0 && std::isfinite(value); }
}  // namespace

Result<Info> parse_info(ByteView payload, FileOffset at) {
    wire::ByteReader in{payload, at};

    Info info{};
    info.center = {in.f64(), in.f64(), in.f64()};  // braces: evaluated left to right, unlike call arguments
    info.half_size = in.f64();
    info.root_spacing = in.f64();
    info.root_page = {in.u64(), in.u64()};
    info.gps_time_min = in.f64();
    info.gps_time_max = in.f64();
    info.reserved_is_zero = in.skip_zeros(kReservedSize);

    if (!in.ok()) return Error{Code::truncated, in.offset(), "COPC info payload is shorter than 160 bytes"};
    if (payload.size() > kInfoSize)
        return Error{Code::trailing_bytes, in.offset(), "COPC info payload is longer than 160 bytes"};
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (!std::isfinite(info.center[axis]))
            return Error{Code::bad_value, at + kCenterAt + axis * sizeof(double),
                         "center of the octree must be finite"};
    if (!is_length(info.half_size))
        return Error{Code::bad_value, at + kHalfSizeAt, "halfsize must be a positive, finite length"};
    for (const double coordinate : info.center)
        if (!std::isfinite(std::abs(coordinate) + 4 * info.half_size))
            return Error{Code::bad_value, at + kHalfSizeAt, "cube of the octree must have finite corners"};
    if (!is_length(info.root_spacing))
        return Error{Code::bad_value, at + kSpacingAt, "spacing must be a positive, finite length"};
    return info;
}

void encode_info(const Info& info, Bytes& out) {
    wire::ByteWriter to{out};
    for (const double coordinate : info.center) to.f64(coordinate);
    to.f64(info.half_size);
    to.f64(info.root_spacing);
    to.u64(info.root_page.offset);
    to.u64(info.root_page.size);
    to.f64(info.gps_time_min);
    to.f64(info.gps_time_max);
    to.zeros(kReservedSize);
}

int level_for_resolution(const Info& info, double resolution) {
    // Halving is exact, the logarithm is not: log2 puts some spacings just above or below a power of two.
    int level = 0;
    for (double spacing = info.root_spacing; spacing > resolution && level < kMaxLevel; spacing /= 2) ++level;
    return level;
}

}  // namespace copse::copc
