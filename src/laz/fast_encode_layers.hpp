// What the layers above the first write for their points. Included by fast_encode_form.hpp only.
#pragma once

#include "laz/fast_encode_models.hpp"

namespace copse::laz::fast_encode::COPSE_ENCODE_FORM {

inline constexpr u32 kChannels = 4;

// ---- what layer 1 tells the others ---------------------------------------------------------------------------------

/// Bits of a side word. Changes are meant against the last point of the same channel.
enum : u32 {
    // Bits 0 and 1: the channel. Bits 3 to 6 are those of the symbol that says what changed.
    kScanAngleBit = 3,
    kGpsTimeBit = 4,
    kPointSourceBit = 5,
    kSwitchedBit = 6,  // the channel is not that of the row before
    kPositionBit = 7,  // two bits: last return, first return
    kLevelBit = 9,     // three bits
    kZContextBit = 12,
};
using Side = u32;

inline u32 channel_of(Side side) { return side & 3u; }
inline bool is_switched(Side side) { return (side >> kSwitchedBit & 1u) != 0; }
inline u32 gps_changed(Side side) { return side >> kGpsTimeBit & 1u; }
inline u32 return_position(Side side) { return side >> kPositionBit & 3u; }

/// The rows that are coded, as a layer sees them.
struct Block {
    Memory memory;
    u32 first;  ///< row of side[0], at least 1
    u32 count;
    const Side* side;
    const u8* steps;  ///< of the items other than POINT14

    /// The block's part of a column; element -1 is the row before.
    template <class Value>
    const Value* rows(const Value* column) const {
        return column + first;
    }
};

template <class State>
State& make_state(const Memory& memory) {
    auto& state = *static_cast<State*>(memory.more(memory.owner, sizeof(State)));
    state.reset();
    return state;
}

/// What a layer of POINT14 keeps for each scanner channel: made when the channel is first met, from the value of the
/// row before.
template <class State>
struct Channels {
    State* states[kChannels];
    u32 current;

    template <class Value>
    void open(const Memory& memory, u32 channel, Value value) {
        for (State*& state : states) state = nullptr;
        go_to(memory, channel, value);
    }
    template <class Value>
    COPSE_SLOW State& go_to(const Memory& memory, u32 channel, Value previous) {
        current = channel;
        if (states[channel] == nullptr) {
            states[channel] = &make_state<State>(memory);
            states[channel]->start(previous);
        }
        return *states[channel];
    }
    /// Calls `use(state, side, value)` for all rows.
    template <class Value, class Use>
    COPSE_INLINE void for_rows(const Block& block, const Value* column, Use use) {
        State* state = states[current];
        const Value* const values = block.rows(column);
        const Side* const sides = block.side;
        const u32 count = block.count;
        for (u32 i = 0; i < count; ++i) {
            const Side side = sides[i];
            if (is_switched(side)) [[unlikely]]
                state = &go_to(block.memory, channel_of(side), *(values + i - 1));
            use(*state, side, values[i]);
        }
    }
};

// ---- POINT14 -------------------------------------------------------------------------------------------------------

struct ZLayer {
    struct State {
        i32 last[8];  // by return level
        Integers<32, 20> integers;
        void reset() { integers.reset(); }
        void start(i32 z) {
            for (i32& l : last) l = z;
        }
    };
    Channels<State> channels;

    void encode(const Block& block, const i32* column, Stream& stream) {
        Coder out{stream};
        channels.for_rows(block, column, [&](State& s, Side side, i32 z) COPSE_INLINED {
            i32& last = s.last[side >> kLevelBit & 7u];
            const auto corrector = static_cast<i32>(static_cast<u32>(z) - static_cast<u32>(last));
            s.integers.encode(out, corrector, side >> kZContextBit);
            last = z;
        });
        out.store(stream);
    }
};

/// Classification: the value itself; its model is chosen by the last one. Classes above 31 share models modulo 32.
struct ClassificationField {
    static constexpr u32 kSymbols = 256;
    static u32 context(u32 last, Side side) { return 2 * (last & 31u) + (return_position(side) == 3 ? 1 : 0); }
};
/// Classification flags, scan direction and edge of flight line: 6 bits.
struct FlagsField {
    static constexpr u32 kSymbols = 64;
    static u32 context(u32 last, u32) { return last; }
};
/// User data: by the upper six bits of the last one.
struct UserDataField {
    static constexpr u32 kSymbols = 256;
    static u32 context(u32 last, u32) { return last / 4; }
};

/// A byte that is coded as it is, in one of 64 contexts.
template <class Field>
struct SymbolLayer {
    struct State {
        u8 last;
        Models<Field::kSymbols, 64> models;
        void reset() { models.reset(); }
        void start(u8 value) { last = value; }
    };
    Channels<State> channels;

    void encode(const Block& block, const u8* column, Stream& stream) {
        Coder out{stream};
        channels.for_rows(block, column, [&](State& s, Side side, u8 value) COPSE_INLINED {
            s.models.encode(out, Field::context(s.last, side), value);
            s.last = value;
        });
        out.store(stream);
    }
};

struct IntensityLayer {
    struct State {
        u16 last[8];  // by return position and whether the GPS time changed
        Integers<16, 4> integers;
        void reset() { integers.reset(); }
        void start(u16 intensity) {
            for (u16& l : last) l = intensity;
        }
    };
    Channels<State> channels;

    void encode(const Block& block, const u16* column, Stream& stream) {
        Coder out{stream};
        channels.for_rows(block, column, [&](State& s, Side side, u16 intensity) COPSE_INLINED {
            u16& last = s.last[2 * return_position(side) + gps_changed(side)];
            s.integers.encode(out, static_cast<i16>(intensity - last), return_position(side));
            last = intensity;
        });
        out.store(stream);
    }
};

/// Scan angle and point source: told only where they change.
template <class Value, u32 ChangedBit, u32 Contexts>
struct RareLayer {
    struct State {
        Value last;
        Integers<16, Contexts> integers;
        void reset() { integers.reset(); }
        void start(Value value) { last = value; }
    };
    Channels<State> channels;

    void encode(const Block& block, const Value* column, Stream& stream) {
        Coder out{stream};
        channels.for_rows(block, column, [&](State& s, Side side, Value value) COPSE_INLINED {
            if ((side >> ChangedBit & 1u) == 0) return;
            s.integers.encode(out, static_cast<i16>(value - s.last), Contexts > 1 ? gps_changed(side) : 0);
            s.last = value;
        });
        out.store(stream);
    }
};
using ScanAngleLayer = RareLayer<i16, kScanAngleBit, 2>;
using PointSourceLayer = RareLayer<u16, kPointSourceBit, 1>;

// ---- GPS time ------------------------------------------------------------------------------------------------------

/// Times are handled as bit patterns.
inline u64 bits_of(double time) {
    u64 bits = 0;
    std::memcpy(&bits, &time, sizeof bits);
    return bits;
}

/// Contexts of the corrector, by the symbol of the multiple.
struct GpsContexts {
    u8 of[511];
};
inline constexpr GpsContexts kGpsContexts = [] {
    GpsContexts contexts{};
    for (u32 symbol = 0; symbol <= 510; ++symbol)
        contexts.of[symbol] = symbol == 0     ? 7
                              : symbol == 1   ? 1
                              : symbol < 10   ? 2
                              : symbol < 500  ? 3
                              : symbol == 500 ? 4
                              : symbol < 510  ? 5
                                              : 6;
    return contexts;
}();

/// The sequences of one channel. See GpsSequences in layered_gps.hpp.
struct GpsState {
    static constexpr u32 kMaxMultiple = 500;
    static constexpr u32 kMinMultiple = 510;
    static constexpr u32 kNewSequence = 511;
    static constexpr u32 kSymbols = 515;
    static constexpr u32 kFirstDifference = kSymbols;
    static constexpr u32 kHighContext = 8;

    u64 times[4];
    i32 references[4];
    u32 extremes[4];
    u32 current, newest;
    Models<kSymbols> multiples;
    Models<5> without_reference;
    Integers<32, 9> integers;

    void reset() {
        multiples.reset();
        without_reference.reset();
        integers.reset();
        for (u32 i = 0; i < 4; ++i) {
            times[i] = 0;
            references[i] = 0;
            extremes[i] = 0;
        }
        current = newest = 0;
    }
    void start(double time) { times[0] = bits_of(time); }

    COPSE_INLINE void encode(Coder& out, u64 time) {
        i64 difference = static_cast<i64>(time - times[current]);
        if (difference != static_cast<i32>(difference)) [[unlikely]] {
            Coder copy = out;  // the address of a coder that lives in registers must go nowhere
            const bool begun = leave_sequence(copy, time);
            out = copy;
            if (begun) return;
            difference = static_cast<i64>(time - times[current]);
        }
        const auto step = static_cast<i32>(difference);
        const i32 reference = references[current];
        times[current] = time;
        if (reference == 0) [[unlikely]] {
            without_reference.encode(out, 0, 0);
            integers.encode(out, step, 0);
            references[current] = step;
            extremes[current] = 0;
            return;
        }
        const i32 multiple = nearest_multiple(step, reference);
        const u32 symbol = static_cast<u32>(multiple >= 0 ? multiple : static_cast<i32>(kMaxMultiple) - multiple);
        multiples.encode(out, 0, symbol);
        const u32 corrector = static_cast<u32>(step) - static_cast<u32>(multiple) * static_cast<u32>(reference);
        integers.encode(out, static_cast<i32>(corrector), kGpsContexts.of[symbol]);
        // The reference difference changes only when multiples were at the ends of their range, or zero, too often.
        const u32 is_extreme = symbol == 0 || symbol == kMaxMultiple || symbol == kMinMultiple ? 1 : 0;
        extremes[current] = symbol == 1 ? 0 : extremes[current] + is_extreme;
        if (extremes[current] > 3) [[unlikely]] {
            references[current] = step;
            extremes[current] = 0;
        }
    }

private:
    static bool fits(u64 time, u64 from) {
        const auto difference = static_cast<i64>(time - from);
        return difference == static_cast<i32>(difference);
    }

    /// Goes to another sequence, or (true) begins one with this time.
    COPSE_SLOW bool leave_sequence(Coder& out, u64 time) {
        u32 steps = 0;
        for (u32 s = 3; s != 0; --s)
            if (fits(time, times[(current + s) & 3u])) steps = s;
        if (references[current] != 0)
            multiples.encode(out, 0, kNewSequence + steps);
        else
            without_reference.encode(out, 0, 1 + steps);
        if (steps != 0) {
            current = (current + steps) & 3u;
            return false;
        }
        const u32 high = static_cast<u32>(time >> 32) - static_cast<u32>(times[current] >> 32);
        integers.encode(out, static_cast<i32>(high), kHighContext);
        out.raw(16, static_cast<u32>(time) & 0xffffu);
        out.raw(16, static_cast<u32>(time) >> 16);
        newest = (newest + 1) & 3u;
        current = newest;
        times[current] = time;
        references[current] = 0;
        extremes[current] = 0;
        return true;
    }

    /// The multiple that LASzip would choose, -10 to 500: the quotient in single precision, halves away from zero.
    COPSE_INLINE static i32 nearest_multiple(i32 step, i32 reference) {
        const float quotient = static_cast<float>(step) / static_cast<float>(reference);
        // 2^31 does not fit LASzip's int32 and becomes the most negative one there.
        if (quotient >= 0x1p31f) [[unlikely]]
            return -10;
        const float least = quotient < 500.0f ? quotient : 500.0f;
        const double cut = least > -10.0f ? least : -10.0f;
        // In double precision the sum is exact.
        return static_cast<i32>(cut + (cut < 0 ? -0.5 : 0.5));
    }
};

struct GpsTimeLayer {
    Channels<GpsState> channels;

    void encode(const Block& block, const double* column, Stream& stream) {
        Coder out{stream};
        channels.for_rows(block, column, [&](GpsState& s, Side side, double time) COPSE_INLINED {
            if (gps_changed(side) != 0) s.encode(out, bits_of(time));
        });
        out.store(stream);
    }
};

// ---- other items ---------------------------------------------------------------------------------------------------

/// Which context an item uses for a row, by the scanner channels alone. Bits of a step: models (2), remembered value
/// (2), where a new context takes its value from (2), whether it is new. See ItemContexts in layered_side.hpp.
struct Contexts {
    bool version4;
    bool used[kChannels];
    u32 current;

    void open(bool is_version4, u32 channel) {
        version4 = is_version4;
        for (bool& u : used) u = false;
        used[channel] = true;
        current = channel;
    }
    /// @param channel of these rows; element -1 is that of the row before
    void follow(const u8* channel, u32 count, u8* steps) {
        for (u32 i = 0; i < count; ++i) steps[i] = next(*(channel + i - 1), channel[i]);
    }

private:
    u8 next(u32 previous_channel, u32 channel) {
        // Version 3 passes the channel on only where it changes. Everywhere else the items work in context 0.
        const u32 context = version4 || channel != previous_channel ? channel : 0;
        const u32 before = current;
        current = context;
        u32 value = context;
        if (context != before) {
            if (!used[context]) {
                used[context] = true;
                return static_cast<u8>(context | context << 2 | before << 4 | 1u << 6);
            }
            // On the way back to a used context, version 3 predicts from and stores to the value of the one it leaves.
            if (!version4) value = before;
        }
        return static_cast<u8>(context | value << 2);
    }
};

/// Models and remembered values of an item's layer, one of each for every context.
template <class State, class Value>
struct Items {
    State* states[kChannels];
    Value values[kChannels];

    void open(u32 channel, Value first) {
        for (State*& state : states) state = nullptr;
        for (Value& value : values) value = Value{};
        values[channel] = first;
    }
    /// Calls `use(state, last, i)` for all rows.
    template <class Use>
    COPSE_INLINE void for_rows(const Block& block, Use use) {
        State* state = nullptr;
        Value* last = nullptr;
        u32 step = ~0u;
        for (u32 i = 0; i < block.count; ++i) {
            // No step that opens a context comes twice, and none that differs from those around it.
            if (block.steps[i] != step) [[unlikely]] {
                step = block.steps[i];
                State*& models = states[step & 3u];
                if (models == nullptr) models = &make_state<State>(block.memory);
                state = models;
                if ((step >> 6) != 0) values[step & 3u] = values[step >> 4 & 3u];
                last = &values[step >> 2 & 3u];
            }
            use(*state, *last, i);
        }
    }
};

struct Rgb {
    u16 red = 0, green = 0, blue = 0;
};

struct RgbLayer {
    // Bits of the symbol that says which bytes differ from the last colour's, and models of their differences.
    enum : u32 { kRedLow, kRedHigh, kGreenLow, kGreenHigh, kBlueLow, kBlueHigh, kNotGrey };

    struct State {
        Models<128> used;
        Models<256, 6> differences;
        void reset() {
            used.reset();
            differences.reset();
        }
    };
    Items<State, Rgb> items;

    void encode(const Block& block, const Columns& columns, Stream& stream) {
        Coder out{stream};
        const u16* const red = block.rows(columns.red);
        const u16* const green = block.rows(columns.green);
        const u16* const blue = block.rows(columns.blue);
        items.for_rows(block, [&](State& s, Rgb& last, u32 i) COPSE_INLINED {
            const Rgb now{red[i], green[i], blue[i]};
            colour(out, s, last, now);
            last = now;
        });
        out.store(stream);
    }

private:
    static u32 clamp(i32 value) { return static_cast<u32>(value < 0 ? 0 : value > 255 ? 255 : value); }
    static u32 differs(u32 bits, u32 mask, u32 bit) { return (bits & mask) != 0 ? 1u << bit : 0; }

    COPSE_INLINE static void colour(Coder& out, State& s, const Rgb& last, const Rgb& now) {
        const u32 red = static_cast<u32>(now.red ^ last.red);
        const u32 green = static_cast<u32>(now.green ^ last.green);
        const u32 blue = static_cast<u32>(now.blue ^ last.blue);
        const bool grey = now.red == now.green && now.red == now.blue;
        const u32 used = differs(red, 0xff, kRedLow) | differs(red, 0xff00, kRedHigh) |
                         differs(green, 0xff, kGreenLow) | differs(green, 0xff00, kGreenHigh) |
                         differs(blue, 0xff, kBlueLow) | differs(blue, 0xff00, kBlueHigh) | (grey ? 0 : 1u << kNotGrey);
        s.used.encode(out, 0, used);
        const auto byte = [&](u32 bit, u32 difference) {
            if ((used >> bit & 1u) != 0) s.differences.encode(out, bit, difference & 0xffu);
        };
        const Change low{now, last, 0};
        const Change high{now, last, 8};
        byte(kRedLow, static_cast<u32>(low.red));
        byte(kRedHigh, static_cast<u32>(high.red));
        if (grey) return;
        byte(kGreenLow, low.green_off());
        byte(kBlueLow, low.blue_off());
        byte(kGreenHigh, high.green_off());
        byte(kBlueHigh, high.blue_off());
    }

    /// Low or high bytes of two colours. Green is predicted by the last one plus the change of red; blue by its last
    /// one plus the mean change of red and green, halved toward zero.
    struct Change {
        i32 now_green, now_blue, last_green, last_blue, red;

        Change(const Rgb& now, const Rgb& last, u32 shift)
            : now_green{byte(now.green, shift)},
              now_blue{byte(now.blue, shift)},
              last_green{byte(last.green, shift)},
              last_blue{byte(last.blue, shift)},
              red{byte(now.red, shift) - byte(last.red, shift)} {}
        static i32 byte(u16 value, u32 shift) { return value >> shift & 0xff; }
        [[nodiscard]] u32 green_off() const { return static_cast<u32>(now_green) - clamp(last_green + red); }
        [[nodiscard]] u32 blue_off() const {
            return static_cast<u32>(now_blue) - clamp(last_blue + (red + now_green - last_green) / 2);
        }
    };
};

struct NirLayer {
    struct State {
        Models<4> used;
        Models<256, 2> differences;
        void reset() {
            used.reset();
            differences.reset();
        }
    };
    Items<State, u16> items;

    void encode(const Block& block, const u16* column, Stream& stream) {
        Coder out{stream};
        const u16* const nir = block.rows(column);
        items.for_rows(block, [&](State& s, u16& last, u32 i) COPSE_INLINED {
            const u32 low = (nir[i] - static_cast<u32>(last)) & 0xffu;
            const u32 high = ((nir[i] >> 8) - (static_cast<u32>(last) >> 8)) & 0xffu;
            s.used.encode(out, 0, (low != 0 ? 1u : 0) | (high != 0 ? 2u : 0));
            if (low != 0) s.differences.encode(out, 0, low);
            if (high != 0) s.differences.encode(out, 1, high);
            last = nir[i];
        });
        out.store(stream);
    }
};

/// One extra byte.
struct ByteLayer {
    struct State {
        Models<256> differences;
        void reset() { differences.reset(); }
    };
    Items<State, u8> items;

    void encode(const Block& block, const u8* column, Stream& stream) {
        Coder out{stream};
        const u8* const bytes = block.rows(column);
        items.for_rows(block, [&](State& s, u8& last, u32 i) COPSE_INLINED {
            s.differences.encode(out, 0, (bytes[i] - static_cast<u32>(last)) & 0xffu);
            last = bytes[i];
        });
        out.store(stream);
    }
};

}  // namespace copse::laz::fast_encode::COPSE_ENCODE_FORM
