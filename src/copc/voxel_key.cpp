#include "copse/copc.hpp"

namespace copse::copc {

namespace {
// Whether the highest set bit of `a` is below that of `b`.
bool has_lower_top_bit(std::uint32_t a, std::uint32_t b) { return a < b && a < (a ^ b); }

std::uint32_t differing_bits(std::int32_t a, std::int32_t b) {
    return static_cast<std::uint32_t>(a) ^ static_cast<std::uint32_t>(b);
}
}  // namespace

bool VoxelKey::valid() const {
    if (level < 0 || level > kMaxLevel) return false;
    const std::int32_t cells = std::int32_t{1} << level;
    return x >= 0 && x < cells && y >= 0 && y < cells && z >= 0 && z < cells;
}

std::string to_string(const VoxelKey& key) {
    return std::to_string(key.level) + '-' + std::to_string(key.x) + '-' + std::to_string(key.y) + '-' +
           std::to_string(key.z);
}

std::size_t VoxelKeyHash::operator()(const VoxelKey& key) const {
    const auto low =
        static_cast<std::uint64_t>(static_cast<std::uint32_t>(key.x)) << 32 | static_cast<std::uint32_t>(key.y);
    const auto high =
        static_cast<std::uint64_t>(static_cast<std::uint32_t>(key.z)) << 32 | static_cast<std::uint32_t>(key.level);
    // Two rounds of multiply and fold: neighbouring keys differ in a few low bits only.
    auto mixed = (low ^ high >> 29) * 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 32 ^ high) * 0xd6e8feb86659fd93u;
    return static_cast<std::size_t>(mixed ^ mixed >> 32);
}

bool depth_first_less(const VoxelKey& a, const VoxelKey& b) {
    const auto common = std::min(a.level, b.level);
    const auto left = a.ancestor(common);
    const auto right = b.ancestor(common);
    if (left == right) return a.level < b.level;  // one is the other's ancestor

    // The axis whose coordinates differ in the highest bit decides; at equal bits z before y before x, as in `child`.
    const std::uint32_t x = differing_bits(left.x, right.x);
    const std::uint32_t y = differing_bits(left.y, right.y);
    const std::uint32_t z = differing_bits(left.z, right.z);
    const auto top_of_xy = std::max(x, y, has_lower_top_bit);
    if (!has_lower_top_bit(z, top_of_xy)) return left.z < right.z;
    if (!has_lower_top_bit(y, x)) return left.y < right.y;
    return left.x < right.x;
}

}  // namespace copse::copc
