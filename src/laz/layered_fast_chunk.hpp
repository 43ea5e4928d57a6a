// One layered chunk on its way through the fast decoder: its layers in padded memory, its models, and the columns that
// its points go to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "copse/laz.hpp"
#include "laz/fast/kernel.hpp"
#include "laz/layered_layout.hpp"

namespace copse::laz {

/// Memory for a chunk's models, used again for the next chunk.
class ModelMemory {
public:
    void reset() { used_ = 0; }
    [[nodiscard]] fast::Memory door() { return {this, &ModelMemory::more}; }

private:
    struct Free {
        void operator()(std::byte* block) const;
    };
    struct Block {
        std::unique_ptr<std::byte, Free> bytes;
        std::size_t size = 0;
    };
    static void* more(void* owner, std::size_t size);

    std::vector<Block> blocks_;
    std::size_t used_ = 0;
};

/// Decodes one chunk after the other; what it has learnt to hold it keeps for the next.
class FastChunk {
public:
    explicit FastChunk(const fast::Kernel& kernel);
    FastChunk(const FastChunk&) = delete;
    FastChunk& operator=(const FastChunk&) = delete;

    /// Begins with a chunk's layers of `columns`, before its second point.
    /// @param first the chunk's first point, with at least these columns
    /// @param xy    whether layer 1 is decoded, else only decode_others() may be called
    [[nodiscard]] fast::Health start(const LayeredItems& items, const LayeredChunk& chunk, const las::Points& first,
                                     las::ColumnSet columns, bool xy);

    /// Decodes rows [row, row + rows) of `out`, of which there are at most fast::kBlockRows.
    [[nodiscard]] fast::Health decode(las::Points& out, std::size_t row, std::uint16_t* side, std::uint32_t rows);
    [[nodiscard]] fast::Health decode_others(las::Points& out, std::size_t row, const std::uint16_t* side,
                                             std::uint32_t rows);
    [[nodiscard]] bool at_end() const;

    /// For lockstep: the state, and where rows from `row` on go, after the columns that need no decoding are filled.
    [[nodiscard]] void* state() { return state_.get(); }
    [[nodiscard]] fast::ColumnPointers prepare(las::Points& out, std::size_t row, std::uint32_t rows);

private:
    struct Free {
        void operator()(void* state) const;
    };
    void copy_layers(const LayeredItems& items, const LayeredChunk& chunk, bool xy);

    const fast::Kernel* kernel_;
    std::unique_ptr<void, Free> state_;
    ModelMemory models_;
    Bytes bytes_;  // the wanted layers, and kPadding
    std::uint32_t layers_ = 0;
    las::ColumnSet columns_;
    fast::ChunkInput input_;
    std::vector<std::size_t> extra_index_;  // of the extra bytes that are decoded
    std::vector<fast::ExtraLayer> extra_;   // the same
    std::vector<std::uint8_t*> extra_columns_;
    struct ConstantByte {
        std::size_t index;
        std::uint8_t value;
    };
    std::vector<ConstantByte> constant_bytes_;
};

}  // namespace copse::laz
