// Layers 2 to 8 of POINT14: Z, classification, flags, intensity, scan angle, user data, point source.
// `laz/layered.md` sections 3.4 to 3.10. Each knows nothing of the points but the side words and its own column.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "laz/layered_coding.hpp"
#include "laz/layered_side.hpp"

namespace copse::laz {

/// The frame of a layer: walks a block and finds each point's channel. `Field` says what a channel keeps
/// (`Field::Channel`, made from a value) and how a point is coded (`Field::code`).
template <class Field>
class FieldLayer {
public:
    using Value = typename Field::Value;

    FieldLayer(unsigned first_channel, Value first) : previous_{first} { channels_.at(first_channel, first); }

    /// Decodes into or encodes from `column`, which has the block's size. `Element` is Value or const Value.
    template <class Coder, class Element>
    void code(Coder& coder, const Block& block, Element* column) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const SideWord side = block.side[i];
            Field::code(coder, channels_.at(side.channel(), previous_), side, column[i]);
            previous_ = column[i];
        }
    }

private:
    Channels<typename Field::Channel> channels_;
    Value previous_;  // of the previous point in file order
};

/// Predicted by the last Z of the same return level.
struct ZField {
    using Value = std::int32_t;
    struct Channel {
        explicit Channel(Value z) { last.fill(z); }
        std::array<Value, 8> last{};  // by return level
        IntegerCoder<32, 20> integers;
    };
    template <class Coder, class Element>
    static void code(Coder& coder, Channel& c, SideWord side, Element& z) {
        Value& last = c.last[side.level()];
        code_integer(coder, c.integers, z, last, side.z_context());
        last = z;
    }
};

/// The value itself; its model is chosen by the last one. Classes above 31 share models modulo 32.
struct ClassificationField {
    using Value = std::uint8_t;
    struct Channel {
        explicit Channel(Value classification) : last{classification} {}
        Value last;
        LazyModels<256, 64> models;
    };
    template <class Coder, class Element>
    static void code(Coder& coder, Channel& c, SideWord side, Element& classification) {
        code_symbol(coder, c.models.at(2u * (c.last & 31u) + (side.only_return() ? 1 : 0)), classification);
        c.last = classification;
    }
};

/// Classification flags, scan direction and edge of flight line: 6 bits.
struct FlagsField {
    using Value = std::uint8_t;
    struct Channel {
        explicit Channel(Value flags) : last{flags} {}
        Value last;
        LazyModels<64, 64> models;
    };
    template <class Coder, class Element>
    static void code(Coder& coder, Channel& c, SideWord, Element& flags) {
        code_symbol(coder, c.models.at(c.last), flags);
        c.last = flags;
    }
};

/// Predicted by the last intensity of the same return position with the same answer to "did the GPS time change".
struct IntensityField {
    using Value = std::uint16_t;
    struct Channel {
        explicit Channel(Value intensity) { last.fill(intensity); }
        std::array<Value, 8> last{};
        IntegerCoder<16, 4> integers;
    };
    template <class Coder, class Element>
    static void code(Coder& coder, Channel& c, SideWord side, Element& intensity) {
        Value& last = c.last[2u * side.return_position() + (side.gps_time_changed() ? 1 : 0)];
        code_integer(coder, c.integers, intensity, last, side.return_position());
        last = intensity;
    }
};

struct ScanAngleField {
    using Value = std::int16_t;
    struct Channel {
        explicit Channel(Value scan_angle) : last{scan_angle} {}
        Value last;
        IntegerCoder<16, 2> integers;
    };
    template <class Coder, class Element>
    static void code(Coder& coder, Channel& c, SideWord side, Element& scan_angle) {
        if (!side.scan_angle_changed()) return code_nothing(coder, scan_angle, c.last);
        code_integer(coder, c.integers, scan_angle, c.last, side.gps_time_changed() ? 1 : 0);
        c.last = scan_angle;
    }
};

/// The value itself; its model is chosen by the upper six bits of the last one.
struct UserDataField {
    using Value = std::uint8_t;
    struct Channel {
        explicit Channel(Value user_data) : last{user_data} {}
        Value last;
        LazyModels<256, 64> models;
    };
    template <class Coder, class Element>
    static void code(Coder& coder, Channel& c, SideWord, Element& user_data) {
        code_symbol(coder, c.models.at(c.last / 4u), user_data);
        c.last = user_data;
    }
};

struct PointSourceField {
    using Value = std::uint16_t;
    struct Channel {
        explicit Channel(Value point_source) : last{point_source} {}
        Value last;
        IntegerCoder<16, 1> integers;
    };
    template <class Coder, class Element>
    static void code(Coder& coder, Channel& c, SideWord side, Element& point_source) {
        if (!side.point_source_changed()) return code_nothing(coder, point_source, c.last);
        code_integer(coder, c.integers, point_source, c.last);
        c.last = point_source;
    }
};

}  // namespace copse::laz
