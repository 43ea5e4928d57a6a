// The bytes of a binary or zstandard tile, from its first to its last.
#pragma once

#include <memory>

#include "copse/wire.hpp"

namespace copse::ept {

class RecordStream {
public:
    virtual ~RecordStream() = default;
    /// Fills `out` with the next bytes. A tile that ends before is `truncated`.
    virtual Status read(std::span<std::byte> out) = 0;
    /// Whether nothing comes any more: otherwise the tile is too long.
    virtual Status expect_end() = 0;
};

/// The tile as it is.
std::unique_ptr<RecordStream> make_binary_stream(std::unique_ptr<wire::Source> source);
/// The tile, one or several Zstandard frames, decompressed as it is read: what it takes does not depend on what the
/// tile says of its size. `unsupported` in a build without Zstandard.
Result<std::unique_ptr<RecordStream>> make_zstandard_stream(std::unique_ptr<wire::Source> source);

}  // namespace copse::ept
