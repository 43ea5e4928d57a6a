#include "io/temp_blocks.hpp"

#ifdef COPSE_HAVE_LZ4
#include <lz4.h>
#endif

#include <algorithm>
#include <cassert>
#include <cstring>

namespace copse::io {
namespace {

// Header of a block: bytes that follow, and whether they are as they were. Nobody but this process reads it.
constexpr std::uint32_t kPlain = std::uint32_t{1} << 31;

/// Compressed size, or 0 if it would not be smaller than the block.
std::size_t compress([[maybe_unused]] ByteView block, [[maybe_unused]] std::byte* out) {
#ifdef COPSE_HAVE_LZ4
    const auto size = static_cast<int>(block.size());
    return static_cast<std::size_t>(LZ4_compress_default(reinterpret_cast<const char*>(block.data()),
                                                         reinterpret_cast<char*>(out), size, size - 1));
#else
    return 0;
#endif
}

bool decompress([[maybe_unused]] ByteView packed, [[maybe_unused]] std::span<std::byte> out) {
#ifdef COPSE_HAVE_LZ4
    const auto size = static_cast<int>(out.size());
    return LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()), reinterpret_cast<char*>(out.data()),
                               static_cast<int>(packed.size()), size) == size;
#else
    return false;
#endif
}

}  // namespace

std::size_t pack_block(ByteView block, std::byte* out) {
    assert(!block.empty() && block.size() <= kBlockBytes);
    auto header = static_cast<std::uint32_t>(compress(block, out + kBlockHeader));
    auto size = static_cast<std::size_t>(header);
    if (size == 0) {
        size = block.size();
        header = static_cast<std::uint32_t>(size) | kPlain;
        std::copy(block.begin(), block.end(), out + kBlockHeader);
    }
    std::memcpy(out, &header, kBlockHeader);
    return kBlockHeader + size;
}

std::size_t packed_size(const std::byte* header) {
    std::uint32_t value = 0;
    std::memcpy(&value, header, kBlockHeader);
    return value & ~kPlain;
}

bool unpack_block(ByteView packed, std::span<std::byte> out) {
    std::uint32_t header = 0;
    std::memcpy(&header, packed.data(), kBlockHeader);
    const auto content = packed.subspan(kBlockHeader);
    if ((header & kPlain) == 0) return decompress(content, out);
    if (content.size() != out.size()) return false;
    std::copy(content.begin(), content.end(), out.begin());
    return true;
}

}  // namespace copse::io
