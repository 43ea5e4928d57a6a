// The layers of RGB14, RGBNIR14, BYTE14 and WAVEPACKET14. `laz/layered.md` sections 5 to 7.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "copse/las.hpp"
#include "laz/layered_coding.hpp"
#include "laz/layered_side.hpp"
#include "laz/wrapping.hpp"

namespace copse::laz {

/// A u16 with its two bytes as the layers see them.
inline unsigned low_byte(std::uint16_t value) { return value & 0xffu; }
inline unsigned high_byte(std::uint16_t value) { return value >> 8; }
inline std::uint16_t from_bytes(unsigned low, unsigned high) { return static_cast<std::uint16_t>(low | high << 8); }

struct Rgb {
    std::uint16_t red = 0, green = 0, blue = 0;
    friend bool operator==(const Rgb&, const Rgb&) = default;
    [[nodiscard]] bool is_grey() const { return red == green && red == blue; }
};

/// Three columns as one.
template <class Element>
struct RgbColumns {
    Element* red;
    Element* green;
    Element* blue;
};

class RgbLayer {
public:
    RgbLayer(ItemVersion version, unsigned first_channel, const Rgb& first)
        : version_{version}, values_{first_channel, first} {}

    void code(ArithmeticDecoder& in, const Block& block, RgbColumns<std::uint16_t> to) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const ItemStep step = block.item_steps(version_)[i];
            Rgb& last = values_.at(step);
            last = decode(in, models_.at(step.models()), last);
            to.red[i] = last.red;
            to.green[i] = last.green;
            to.blue[i] = last.blue;
        }
    }

    void code(ArithmeticEncoder& out, const Block& block, RgbColumns<const std::uint16_t> from) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const ItemStep step = block.item_steps(version_)[i];
            Rgb& last = values_.at(step);
            const Rgb colour{from.red[i], from.green[i], from.blue[i]};
            encode(out, models_.at(step.models()), last, colour);
            last = colour;
        }
    }

private:
    // Bits of the symbol that says which bytes differ from the prediction.
    enum : std::uint32_t {
        kRedLow = 1u << 0,
        kRedHigh = 1u << 1,
        kGreenLow = 1u << 2,
        kGreenHigh = 1u << 3,
        kBlueLow = 1u << 4,
        kBlueHigh = 1u << 5,
        kNotGrey = 1u << 6,  // the other bits of green and blue count only with this one
    };

    struct Models {
        SymbolModel<128> used;
        LazyModels<256, 6> differences;  // in the order of the bits
    };

    static int clamp(int value) { return std::clamp(value, 0, 255); }

    /// Low and high bytes are coded alike: red by its difference to the last one; green by that plus the change of red;
    /// blue by its last one plus the mean change of red and green, halved toward zero.
    static int predicted_green(const Rgb& last, const Rgb& now, unsigned (*byte)(std::uint16_t)) {
        const int red_change = static_cast<int>(byte(now.red)) - static_cast<int>(byte(last.red));
        return clamp(static_cast<int>(byte(last.green)) + red_change);
    }
    static int predicted_blue(const Rgb& last, const Rgb& now, unsigned (*byte)(std::uint16_t)) {
        const int red_change = static_cast<int>(byte(now.red)) - static_cast<int>(byte(last.red));
        const int green_change = static_cast<int>(byte(now.green)) - static_cast<int>(byte(last.green));
        return clamp(static_cast<int>(byte(last.blue)) + (red_change + green_change) / 2);
    }

    static Rgb decode(ArithmeticDecoder& in, Models& models, const Rgb& last) {
        const std::uint32_t used = in.decode_symbol(models.used);
        const auto difference = [&](unsigned bit) { return in.decode_symbol(models.differences.at(bit)); };
        const auto byte = [&](unsigned bit, int prediction, unsigned unchanged) {
            if ((used >> bit & 1u) == 0) return unchanged;
            return (static_cast<unsigned>(prediction) + difference(bit)) & 0xffu;
        };
        Rgb now = last;
        const unsigned red_low = byte(0, static_cast<int>(low_byte(last.red)), low_byte(last.red));
        const unsigned red_high = byte(1, static_cast<int>(high_byte(last.red)), high_byte(last.red));
        now.red = from_bytes(red_low, red_high);
        if ((used & kNotGrey) == 0) return {now.red, now.red, now.red};

        // Mind the order of the bits: green low, blue low, green high, blue high.
        const unsigned green_low = byte(2, predicted_green(last, now, low_byte), low_byte(last.green));
        now.green = from_bytes(green_low, high_byte(last.green));
        const unsigned blue_low = byte(4, predicted_blue(last, now, low_byte), low_byte(last.blue));
        const unsigned green_high = byte(3, predicted_green(last, now, high_byte), high_byte(last.green));
        now.green = from_bytes(green_low, green_high);
        const unsigned blue_high = byte(5, predicted_blue(last, now, high_byte), high_byte(last.blue));
        now.blue = from_bytes(blue_low, blue_high);
        return now;
    }

    static void encode(ArithmeticEncoder& out, Models& models, const Rgb& last, const Rgb& now) {
        const auto differs = [](unsigned a, unsigned b, std::uint32_t bit) { return a != b ? bit : 0; };
        const std::uint32_t used = differs(low_byte(now.red), low_byte(last.red), kRedLow) |
                                   differs(high_byte(now.red), high_byte(last.red), kRedHigh) |
                                   differs(low_byte(now.green), low_byte(last.green), kGreenLow) |
                                   differs(high_byte(now.green), high_byte(last.green), kGreenHigh) |
                                   differs(low_byte(now.blue), low_byte(last.blue), kBlueLow) |
                                   differs(high_byte(now.blue), high_byte(last.blue), kBlueHigh) |
                                   (now.is_grey() ? 0 : std::uint32_t{kNotGrey});
        out.encode_symbol(models.used, used);
        const auto byte = [&](unsigned bit, unsigned value, int prediction) {
            if ((used >> bit & 1u) == 0) return;
            out.encode_symbol(models.differences.at(bit), (value - static_cast<unsigned>(prediction)) & 0xffu);
        };
        byte(0, low_byte(now.red), static_cast<int>(low_byte(last.red)));
        byte(1, high_byte(now.red), static_cast<int>(high_byte(last.red)));
        if (now.is_grey()) return;
        byte(2, low_byte(now.green), predicted_green(last, now, low_byte));
        byte(4, low_byte(now.blue), predicted_blue(last, now, low_byte));
        byte(3, high_byte(now.green), predicted_green(last, now, high_byte));
        byte(5, high_byte(now.blue), predicted_blue(last, now, high_byte));
    }

    ItemVersion version_;
    ItemValues<Rgb> values_;
    Channels<Models> models_;
};

class NirLayer {
public:
    NirLayer(ItemVersion version, unsigned first_channel, std::uint16_t first)
        : version_{version}, values_{first_channel, first} {}

    void code(ArithmeticDecoder& in, const Block& block, std::uint16_t* nir) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const ItemStep step = block.item_steps(version_)[i];
            std::uint16_t& last = values_.at(step);
            Models& models = models_.at(step.models());
            const std::uint32_t used = in.decode_symbol(models.used);
            unsigned low = low_byte(last);
            unsigned high = high_byte(last);
            if ((used & 1u) != 0) low = (low + in.decode_symbol(models.differences.at(0))) & 0xffu;
            if ((used & 2u) != 0) high = (high + in.decode_symbol(models.differences.at(1))) & 0xffu;
            nir[i] = last = from_bytes(low, high);
        }
    }

    void code(ArithmeticEncoder& out, const Block& block, const std::uint16_t* nir) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const ItemStep step = block.item_steps(version_)[i];
            std::uint16_t& last = values_.at(step);
            Models& models = models_.at(step.models());
            const unsigned low = (low_byte(nir[i]) - low_byte(last)) & 0xffu;
            const unsigned high = (high_byte(nir[i]) - high_byte(last)) & 0xffu;
            out.encode_symbol(models.used, (low != 0 ? 1u : 0) | (high != 0 ? 2u : 0));
            if (low != 0) out.encode_symbol(models.differences.at(0), low);
            if (high != 0) out.encode_symbol(models.differences.at(1), high);
            last = nir[i];
        }
    }

private:
    struct Models {
        SymbolModel<4> used;
        LazyModels<256, 2> differences;
    };

    ItemVersion version_;
    ItemValues<std::uint16_t> values_;
    Channels<Models> models_;
};

/// One extra byte.
class ByteLayer {
public:
    ByteLayer(ItemVersion version, unsigned first_channel, std::uint8_t first)
        : version_{version}, values_{first_channel, first} {}

    template <class Coder, class Element>
    void code(Coder& coder, const Block& block, Element* bytes) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const ItemStep step = block.item_steps(version_)[i];
            std::uint8_t& last = values_.at(step);
            code_byte_difference(coder, models_.at(step.models()), bytes[i], last);
            last = bytes[i];
        }
    }

private:
    ItemVersion version_;
    ItemValues<std::uint8_t> values_;
    LazyModels<256, kChannels> models_;
};

class WavePacketLayer {
public:
    WavePacketLayer(ItemVersion version, unsigned first_channel, const las::WavePacket& first)
        : version_{version}, values_{first_channel, Packet::parse(first)} {}

    void code(ArithmeticDecoder& in, const Block& block, las::WavePacket* packets) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const ItemStep step = block.item_steps(version_)[i];
            Packet& last = values_.at(step);
            last = decode(in, models_.at(step.models()), last);
            last.store(packets[i]);
        }
    }

    void code(ArithmeticEncoder& out, const Block& block, const las::WavePacket* packets) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const ItemStep step = block.item_steps(version_)[i];
            Packet& last = values_.at(step);
            const Packet packet = Packet::parse(packets[i]);
            encode(out, models_.at(step.models()), last, packet);
            last = packet;
        }
    }

private:
    /// The floats are coded as their bit patterns.
    struct Packet {
        std::uint8_t index = 0;
        std::uint64_t offset = 0;
        std::int32_t size = 0;  // an unsigned number in the file
        std::int32_t return_point = 0;
        std::array<std::int32_t, 3> direction{};

        static Packet parse(const las::WavePacket& bytes) {
            Packet packet;
            packet.index = bytes[0];
            packet.offset = wire::load_le<std::uint64_t>(&bytes[1]);
            packet.size = wire::load_le<std::int32_t>(&bytes[9]);
            packet.return_point = wire::load_le<std::int32_t>(&bytes[13]);
            for (std::size_t i = 0; i < 3; ++i) packet.direction[i] = wire::load_le<std::int32_t>(&bytes[17 + 4 * i]);
            return packet;
        }
        void store(las::WavePacket& bytes) const {
            bytes[0] = index;
            wire::store_le(&bytes[1], offset);
            wire::store_le(&bytes[9], size);
            wire::store_le(&bytes[13], return_point);
            for (std::size_t i = 0; i < 3; ++i) wire::store_le(&bytes[17 + 4 * i], direction[i]);
        }
        /// Where the next packet begins if it follows at once.
        [[nodiscard]] std::uint64_t end() const { return offset + static_cast<std::uint32_t>(size); }
    };

    enum OffsetKind : std::uint32_t { same, follows, near, anywhere };

    struct Models {
        SymbolModel<256> index;
        std::array<SymbolModel<4>, 4> kinds;  // by the last kind
        IntegerCoder<32, 1> offset_difference;
        IntegerCoder<32, 1> size;
        IntegerCoder<32, 1> return_point;
        IntegerCoder<32, 3> direction;
        std::uint32_t last_kind = same;
        std::int32_t last_offset_difference = 0;
    };

    static Packet decode(ArithmeticDecoder& in, Models& models, const Packet& last) {
        Packet packet;
        code_symbol(in, models.index, packet.index);
        models.last_kind = in.decode_symbol(models.kinds[models.last_kind]);
        switch (models.last_kind) {
            case same:
                packet.offset = last.offset;
                break;
            case follows:
                packet.offset = last.end();
                break;
            case near:
                models.last_offset_difference = models.offset_difference.decode(in, models.last_offset_difference);
                packet.offset = wrapping_add(last.offset, models.last_offset_difference);
                break;
            default:
                packet.offset = in.decode_raw64();
                break;
        }
        code_rest(in, models, last, packet);
        return packet;
    }

    static void encode(ArithmeticEncoder& out, Models& models, const Packet& last, const Packet& packet) {
        const std::int64_t difference = wrapping_subtract(packet.offset, last.offset);
        const OffsetKind kind = offset_kind(last, packet.offset, difference);
        code_symbol(out, models.index, packet.index);
        out.encode_symbol(models.kinds[models.last_kind], kind);
        models.last_kind = kind;
        if (kind == near) {
            const auto near_difference = static_cast<std::int32_t>(difference);
            models.offset_difference.encode(out, near_difference, models.last_offset_difference);
            models.last_offset_difference = near_difference;
        } else if (kind == anywhere) {
            out.encode_raw64(packet.offset);
        }
        code_rest(out, models, last, packet);
    }

    static OffsetKind offset_kind(const Packet& last, std::uint64_t offset, std::int64_t difference) {
        if (!fits_int32(difference)) return anywhere;
        if (difference == 0) return same;
        return offset == last.end() ? follows : near;
    }

    template <class Coder, class AnyPacket>
    static void code_rest(Coder& coder, Models& models, const Packet& last, AnyPacket& packet) {
        code_integer(coder, models.size, packet.size, last.size);
        code_integer(coder, models.return_point, packet.return_point, last.return_point);
        for (unsigned i = 0; i < 3; ++i)
            code_integer(coder, models.direction, packet.direction[i], last.direction[i], i);
    }

    ItemVersion version_;
    ItemValues<Packet> values_;
    Channels<Models> models_;
};

}  // namespace copse::laz
