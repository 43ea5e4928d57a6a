// The COPC info record: whatever is accepted is written back byte for byte, as far as it is kept.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "copse/copc.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace copse;
    const auto bytes = std::as_bytes(std::span{data, size});
    const auto info = copc::parse_info(bytes, 429);
    if (!info) {
        if (info.error().at < 429 || info.error().at > 429 + copc::kInfoSize) std::abort();
        return 0;
    }
    Bytes again;
    copc::encode_info(*info, again);
    const auto kept = info->reserved_is_zero ? copc::kInfoSize : 72;
    if (again.size() != copc::kInfoSize ||
        !std::equal(again.begin(), again.begin() + static_cast<std::ptrdiff_t>(kept), bytes.begin()))
        std::abort();
    const auto box = copc::node_box(*info, {7, 127, 0, 64}, {0.001, 0.001, 0.001});
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (!std::isfinite(box.min[axis]) || !std::isfinite(box.max[axis])) std::abort();
    if (copc::level_for_resolution(*info, 0.5) > copc::kMaxLevel) std::abort();
    return 0;
}
