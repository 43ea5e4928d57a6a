// The item WAVEPACKET13, of which there is one coding under two version numbers. `laz/pointwise.md` section 7.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "laz/layered_coding.hpp"
#include "laz/pointwise_item.hpp"
#include "laz/wrapping.hpp"

namespace copse::laz {

/// The 29 bytes of the item; floats as their bit patterns.
struct WavePacket13 {
    std::uint8_t index = 0;
    std::uint64_t offset = 0;
    std::uint32_t size = 0;
    std::int32_t return_point = 0;
    std::array<std::int32_t, 3> direction{};

    /// Where the next packet begins if it follows at once.
    [[nodiscard]] std::uint64_t end() const { return offset + size; }

    static WavePacket13 load(const std::byte* from) {
        WavePacket13 packet;
        packet.index = wire::load_le<std::uint8_t>(from);
        packet.offset = wire::load_le<std::uint64_t>(from + 1);
        packet.size = wire::load_le<std::uint32_t>(from + 9);
        packet.return_point = wire::load_le<std::int32_t>(from + 13);
        for (std::size_t i = 0; i < 3; ++i) packet.direction[i] = wire::load_le<std::int32_t>(from + 17 + 4 * i);
        return packet;
    }
    void store(std::byte* to) const {
        wire::store_le(to, index);
        wire::store_le(to + 1, offset);
        wire::store_le(to + 9, size);
        wire::store_le(to + 13, return_point);
        for (std::size_t i = 0; i < 3; ++i) wire::store_le(to + 17 + 4 * i, direction[i]);
    }
};

class WavePacket13Coding {
public:
    using Value = WavePacket13;

    void start(const WavePacket13& first) { last_ = first; }

    template <class Coder, class Packet>
    void code(Coder& coder, Packet& packet) {
        code_symbol(coder, index_, packet.index);
        SymbolModel<4>& kinds = kinds_[last_kind_];
        if constexpr (kEncodes<Coder>) last_kind_ = kind_of(packet.offset);
        code_symbol(coder, kinds, last_kind_);
        code_offset(coder, packet.offset);
        code_integer(coder, size_, packet.size, static_cast<std::int32_t>(last_.size));
        code_integer(coder, return_point_, packet.return_point, last_.return_point);
        for (unsigned i = 0; i < 3; ++i) code_integer(coder, direction_, packet.direction[i], last_.direction[i], i);
        last_ = packet;
    }

private:
    // How the offset follows from the last packet.
    static constexpr std::uint32_t kSame = 0;
    static constexpr std::uint32_t kFollows = 1;
    static constexpr std::uint32_t kNear = 2;
    static constexpr std::uint32_t kAnywhere = 3;

    [[nodiscard]] std::uint32_t kind_of(std::uint64_t offset) const {
        const std::int64_t difference = wrapping_subtract(offset, last_.offset);
        // Fitting comes first: LASzip takes packets of 2 GiB or more for negative ones, and must not meet them as
        // kFollows.
        if (!fits_int32(difference)) return kAnywhere;
        if (difference == 0) return kSame;
        return offset == last_.end() ? kFollows : kNear;
    }

    template <class Coder, class Offset>
    void code_offset(Coder& coder, Offset& offset) {
        if (last_kind_ == kSame) return code_nothing(coder, offset, last_.offset);
        if (last_kind_ == kFollows) return code_nothing(coder, offset, last_.end());
        if (last_kind_ == kAnywhere) return code_raw64(coder, offset);
        std::int32_t difference = 0;
        if constexpr (kEncodes<Coder>) difference = static_cast<std::int32_t>(offset - last_.offset);
        code_integer(coder, offset_difference_, difference, last_difference_);
        last_difference_ = difference;
        code_nothing(coder, offset, wrapping_add(last_.offset, difference));
    }

    WavePacket13 last_;
    std::uint32_t last_kind_ = kSame;
    std::int32_t last_difference_ = 0;

    SymbolModel<256> index_;
    std::array<SymbolModel<4>, 4> kinds_;  // by the last kind
    IntegerCoder<32, 1> offset_difference_, size_, return_point_;
    IntegerCoder<32, 3> direction_;
};

}  // namespace copse::laz
