// A file in memory, as sink and as source, that can be made to fail.
#pragma once

#include <algorithm>
#include <cstdint>

#include "copse/wire.hpp"

namespace copse::test {

class MemoryFile final : public wire::Sink, public wire::Source {
public:
    MemoryFile() = default;
    explicit MemoryFile(Bytes bytes) : bytes_{std::move(bytes)} {}

    /// From now on appending beyond `size` bytes fails, like a full disk.
    void fill_up_at(std::uint64_t size) { capacity_ = size; }
    /// Like a pipe: nothing can be patched.
    void refuse_patches() { patchable_ = false; }

    Status append(ByteView bytes) override {
        if (capacity_ - bytes_.size() < bytes.size())
            return Error{Code::io_failed, bytes_.size(), "the disk is full", 28};
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return Ok{};
    }
    Status patch(FileOffset offset, ByteView bytes) override {
        if (!patchable_) return Error{Code::io_failed, offset, "a pipe cannot be patched", 29};
        assert(offset + bytes.size() <= bytes_.size());
        std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
        return Ok{};
    }
    [[nodiscard]] FileOffset position() const override { return bytes_.size(); }

    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override {
        if (const auto inside = require_inside(offset, out.size()); !inside) return inside;
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return Ok{};
    }

    [[nodiscard]] const Bytes& bytes() const { return bytes_; }

private:
    Bytes bytes_;
    std::uint64_t capacity_ = ~std::uint64_t{0};
    bool patchable_ = true;
};

}  // namespace copse::test
