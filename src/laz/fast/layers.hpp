// The layers of PDRF 6, 7 and 8, a point at a time. Included by form.hpp only. `laz/layered.md` sections 3 to 6; what
// they code is told there and, in plain code, in the layered_*.hpp of the room; here is what makes them fast.
#pragma once

#include "laz/fast/coder.hpp"
#include "laz/layered_tables.hpp"

namespace copse::laz::fast::COPSE_LAZ_FORM {

/// What layer 1 leaves of a point for the others: bits 0-1 channel, 2 scan angle changed, 3 GPS time changed, 4 point
/// source changed, 5-6 return position (last, first), 7-9 return level, 10-14 context of Z, 15 channel changed.
using Side = u32;
COPSE_INLINE u32 channel_of(Side side) { return side & 3u; }
COPSE_INLINE bool scan_angle_changed(Side side) { return (side & 4u) != 0; }
COPSE_INLINE u32 gps_changed(Side side) { return side >> 3 & 1u; }
COPSE_INLINE bool point_source_changed(Side side) { return (side & 16u) != 0; }
COPSE_INLINE u32 return_position(Side side) { return side >> 5 & 3u; }
COPSE_INLINE u32 only_return(Side side) { return return_position(side) == 3 ? 1 : 0; }
COPSE_INLINE u32 level_of(Side side) { return side >> 7 & 7u; }
COPSE_INLINE u32 z_context_of(Side side) { return side >> 10 & 31u; }
COPSE_INLINE bool channel_changed(Side side) { return side >> 15 != 0; }

/// What all layers of a chunk share.
struct Shared {
    Arena arena;
    Prototypes prototypes;
};

// ---- layer 1 ------------------------------------------------------------------------------------------------------

/// What follows from a channel's last returns; worked out again only when they change.
struct Returns {
    u8 number, count;
    u8 packed;    ///< as the column holds it
    u8 kind;      ///< of the return, times 2: which median
    u8 single;    ///< 1 if it is the only one
    u8 position;  ///< context of what changed: first, last
    u16 side;     ///< their bits of a side word

    void set(u32 new_number, u32 new_count, u32 channel) {
        number = static_cast<u8>(new_number);
        count = static_cast<u8>(new_count);
        packed = static_cast<u8>(new_number | new_count << 4);
        kind = static_cast<u8>(2 * kReturnMap[new_count][new_number]);
        single = new_count == 1 ? 1 : 0;
        const u32 first = new_number == 1 ? 1 : 0;
        const u32 last = new_number >= new_count ? 1 : 0;
        position = static_cast<u8>(first | last << 1);
        const u32 steps = new_number < new_count ? new_count - new_number : new_number - new_count;
        const u32 level = steps < 7 ? steps : 7;
        side = static_cast<u16>(channel | last << 5 | first << 6 | level << 7);
    }
};

struct XyChannel {
    i32 x, y;
    Returns returns;
    LargeModel* changed[8];
    SmallModel<16>* channel_step;
    SmallModel<16>* return_count[16];
    SmallModel<16>* return_number[16];
    SmallModel<16>* return_number_same_time;
    Integers<32, 2> dx;
    Integers<32, 22> dy;
    Median median_dx[12];
    Median median_dy[12];

    void start(Prototypes& prototypes) {
        for (auto& model : changed) model = &prototypes.of_power[7];
        channel_step = &prototypes.of3;
        for (auto& model : return_count) model = &prototypes.of16;
        for (auto& model : return_number) model = &prototypes.of16;
        return_number_same_time = &prototypes.of13;
        dx.start(prototypes);
        dy.start(prototypes);
        for (auto& median : median_dx) median = {};
        for (auto& median : median_dy) median = {};
    }
};

// Bits of the symbol that says what changed; the return number in bits 0 and 1: same, next, previous, other.
inline constexpr u32 kReturnCountChanged = 1u << 2;
inline constexpr u32 kGpsTimeChanged = 1u << 4;
inline constexpr u32 kChannelChanged = 1u << 6;

struct XyLayer {
    Coder in;
    XyChannel* channel;  ///< of the last point
    u32 gps_time_changed;
    XyChannel* channels[4];

    bool start(Shared& shared, const ChunkInput& input) {
        for (auto& c : channels) c = nullptr;
        channel = channels[input.first.channel] = open(shared);
        channel->x = input.first.x;
        channel->y = input.first.y;
        channel->returns.set(input.first.returns & 15u, input.first.returns >> 4, input.first.channel);
        gps_time_changed = 0;
        return in.start(input.xy);
    }

    static XyChannel* open(Shared& shared) {
        auto* made = static_cast<XyChannel*>(shared.arena.take(sizeof(XyChannel)));
        made->start(shared.prototypes);
        return made;
    }
};

/// Another channel, or other returns. `channel` is that of the last point and becomes that of this one.
[[gnu::noinline]] inline void turn(Coder& in_memory, XyLayer& layer, Shared& shared, u32 changed) {
    Coder in = in_memory;
    XyChannel* c = layer.channel;
    u32 index = c->returns.side & 3u;
    if ((changed & kChannelChanged) != 0) {
        index = (index + decode_symbol(in, &c->channel_step, shared.arena) + 1) & 3u;
        XyChannel*& next = layer.channels[index];
        if (next == nullptr) {
            next = XyLayer::open(shared);
            next->x = c->x;
            next->y = c->y;
            next->returns.set(c->returns.number, c->returns.count, index);
        }
        layer.channel = c = next;
    }
    u32 count = c->returns.count;
    u32 number = c->returns.number;
    if ((changed & kReturnCountChanged) != 0) count = decode_symbol(in, &c->return_count[count], shared.arena);
    const u32 step = changed & 3u;
    if (step == 3) {
        if ((changed & kGpsTimeChanged) != 0)
            number = decode_symbol(in, &c->return_number[number], shared.arena);
        else
            number = (number + 2 + decode_symbol(in, &c->return_number_same_time, shared.arena)) & 15u;
    } else {
        number = (number + (step == 2 ? 15 : step)) & 15u;
    }
    c->returns.set(number, count, index);
    in_memory = in;
}

// ---- layers of one value a point ----------------------------------------------------------------------------------

/// The frame of a layer: its coder, and what it keeps for each channel. `Field::Channel` says what that is, `start`
/// makes it from a value; `Field::decode` decodes a point.
template <class Field>
struct FieldLayer {
    using Value = typename Field::Value;
    using Column = typename Field::Column;
    using Channel = typename Field::Channel;

    Coder in;
    Channel* channels[4];
    Value before;  ///< of the point before the block

    bool start(Shared& shared, u32 first_channel, Range bytes, Value first) {
        for (auto& c : channels) c = nullptr;
        open(shared, first_channel, first);
        before = first;
        return in.start(bytes);
    }

    COPSE_SLOW Channel* open(Shared& shared, u32 channel, Value value) {
        auto* made = static_cast<Channel*>(shared.arena.take(sizeof(Channel)));
        made->start(shared.prototypes, value);
        channels[channel] = made;
        return made;
    }

    COPSE_INLINE Channel& channel_at(Shared& shared, Side side, const Column* column, u32 i) {
        Channel* c = channels[channel_of(side)];
        if (c == nullptr) [[unlikely]]
            c = open(shared, channel_of(side), i != 0 ? column[i - 1] : before);
        return *c;
    }

    /// Decodes row `i` of a block. `coder` is `in` or a copy of it.
    COPSE_INLINE void decode(Coder& coder, Shared& shared, Side side, Column* column, u32 i) {
        Channel& c = channel_at(shared, side, column, i);
        column[i] = Field::decode(coder, c, side, shared.arena);
        coder.hold();
    }
};

/// A number that is coded at every point, predicted by an earlier one.
template <class Field>
COPSE_INLINE typename Field::Value decode_integer(Coder& in, typename Field::Channel& c, Side side, Arena& arena) {
    using Value = typename Field::Value;
    Value& last = Field::last_of(c, side);
    return last = static_cast<Value>(c.integers.decode(in, static_cast<u32>(last), Field::context(side), arena));
}

struct ZField {
    using Value = i32;
    using Column = i32;
    struct Channel {
        i32 last[8];
        Integers<32, 20> integers;
        void start(Prototypes& prototypes, i32 z) {
            for (auto& value : last) value = z;
            integers.start(prototypes);
        }
    };
    COPSE_INLINE static i32& last_of(Channel& c, Side side) { return c.last[level_of(side)]; }
    COPSE_INLINE static u32 context(Side side) { return z_context_of(side); }
    COPSE_INLINE static i32 decode(Coder& in, Channel& c, Side side, Arena& arena) {
        return decode_integer<ZField>(in, c, side, arena);
    }
};

struct IntensityField {
    using Value = u16;
    using Column = u16;
    struct Channel {
        u16 last[8];
        Integers<16, 4> integers;
        void start(Prototypes& prototypes, u16 intensity) {
            for (auto& value : last) value = intensity;
            integers.start(prototypes);
        }
    };
    COPSE_INLINE static u16& last_of(Channel& c, Side side) {
        return c.last[2 * return_position(side) + gps_changed(side)];
    }
    COPSE_INLINE static u32 context(Side side) { return return_position(side); }
    COPSE_INLINE static u16 decode(Coder& in, Channel& c, Side side, Arena& arena) {
        return decode_integer<IntensityField>(in, c, side, arena);
    }
};

/// A byte whose model is chosen by the last one.
template <u32 Contexts, u32 Bits, u32 (*context)(u32 last, Side side)>
struct ByteField {
    using Value = u8;
    using Column = u8;
    struct Channel {
        u8 last;
        LargeModel* models[Contexts];
        void start(Prototypes& prototypes, u8 value) {
            last = value;
            for (auto& model : models) model = &prototypes.of_power[Bits];
        }
    };
    COPSE_INLINE static u8 decode(Coder& in, Channel& c, Side side, Arena& arena) {
        return c.last = static_cast<u8>(decode_likely_symbol(in, &c.models[context(c.last, side)], arena));
    }
};
COPSE_INLINE u32 classification_context(u32 last, Side side) { return 2 * (last & 31u) + only_return(side); }
COPSE_INLINE u32 flags_context(u32 last, Side) { return last; }
COPSE_INLINE u32 user_data_context(u32 last, Side) { return last >> 2; }
using ClassificationField = ByteField<64, 8, classification_context>;
using FlagsField = ByteField<64, 6, flags_context>;
using UserDataField = ByteField<64, 8, user_data_context>;

/// A 16-bit number that is coded only where layer 1 says that it changed.
template <unsigned Contexts, bool (*is_coded)(Side), u32 (*context)(Side)>
struct ChangingField {
    using Value = u16;
    using Column = u16;
    struct Channel {
        u16 last;
        Integers<16, Contexts> integers;
        void start(Prototypes& prototypes, u16 value) {
            last = value;
            integers.start(prototypes);
        }
    };
    COPSE_INLINE static u16 decode(Coder& in, Channel& c, Side side, Arena& arena) {
        if (is_coded(side)) c.last = static_cast<u16>(c.integers.decode(in, c.last, context(side), arena));
        return c.last;
    }
};
COPSE_INLINE u32 no_context(Side) { return 0; }
using ScanAngleField = ChangingField<2, scan_angle_changed, gps_changed>;
using PointSourceField = ChangingField<1, point_source_changed, no_context>;

// ---- GPS time -----------------------------------------------------------------------------------------------------

/// Contexts of the corrector by the multiple's symbol, 0 to 510.
inline constexpr struct GpsContexts {
    u8 of[511];
    constexpr GpsContexts() : of{} {
        for (u32 symbol = 0; symbol < 511; ++symbol)
            of[symbol] = symbol == 0     ? 7
                         : symbol == 1   ? 1
                         : symbol < 10   ? 2
                         : symbol < 500  ? 3
                         : symbol == 500 ? 4
                         : symbol < 510  ? 5
                                         : 6;
    }
    COPSE_INLINE u32 operator[](u32 symbol) const { return of[symbol]; }
} kGpsContexts;

struct GpsTimeField {
    using Value = u64;
    using Column [[gnu::may_alias]] = u64;  // the column holds doubles; here they are bit patterns

    static constexpr u32 kMaxMultiple = 500, kMinMultiple = 510, kNewSequence = 511, kSymbols = 515;
    static constexpr u32 kFirstDifference = kSymbols;

    struct Channel {
        u64 times[4];
        i32 references[4];
        u32 extremes[4];
        u32 current, newest;
        HugeModel* multiples;
        SmallModel<16>* without_reference;
        Integers<32, 9> integers;

        void start(Prototypes& prototypes, u64 time) {
            std::memset(times, 0, sizeof times);
            std::memset(references, 0, sizeof references);
            std::memset(extremes, 0, sizeof extremes);
            times[0] = time;
            current = newest = 0;
            multiples = &prototypes.of515;
            without_reference = &prototypes.of5;
            integers.start(prototypes);
        }
    };

    /// A sequence without a reference difference has a small model of its own; its symbols are told in those of the
    /// large one.
    COPSE_INLINE static u32 decode_choice(Coder& in, Channel& c, Arena& arena) {
        if (c.references[c.current] != 0) [[likely]]
            return decode_symbol(in, &c.multiples, arena);
        const u32 symbol = decode_symbol(in, &c.without_reference, arena);
        return symbol == 0 ? kFirstDifference : kNewSequence - 1 + symbol;
    }

    COPSE_INLINE static bool is_plain_multiple(u32 symbol) { return symbol < kNewSequence; }

    COPSE_INLINE static u32 context(u32 symbol) { return kGpsContexts[symbol]; }

    COPSE_INLINE static u32 prediction(const Channel& c, u32 symbol) {
        const u32 multiple = symbol <= kMaxMultiple ? symbol : kMaxMultiple - symbol;
        return multiple * static_cast<u32>(c.references[c.current]);
    }

    /// Moves the current sequence on by a difference that was told as a multiple. Its reference changes only when
    /// multiples were at the ends of their range, or zero, too often.
    COPSE_INLINE static void apply(Channel& c, u32 symbol, u32 difference) {
        const u32 now = c.current;
        c.times[now] += static_cast<u64>(std::int64_t{static_cast<i32>(difference)});
        // By the contexts: 7, 4 and 6 are those of 0 and of the ends of the range, 1 that of 1. Which it is cannot be
        // predicted where points of many pulses lie together, so there are no branches.
        const u32 chosen = context(symbol);
        const u32 extreme = 0b1101'0000u >> chosen & 1u;
        const u32 kept = c.extremes[now] & (0u - (0b1111'1101u >> chosen & 1u));
        c.extremes[now] = kept + extreme;
        if (kept + extreme > 3) [[unlikely]] {
            c.references[now] = static_cast<i32>(difference);
            c.extremes[now] = 0;
        }
    }

    COPSE_INLINE static u64 decode(Coder& in, Channel& c, Side side, Arena& arena) {
        if (gps_changed(side) != 0) decode_rest(in, c, arena, decode_choice(in, c, arena));
        return c.times[c.current];
    }

    /// What follows a choice.
    COPSE_INLINE static void decode_rest(Coder& in, Channel& c, Arena& arena, u32 symbol) {
        if (is_plain_multiple(symbol)) [[likely]]
            apply(c, symbol, c.integers.decode(in, prediction(c, symbol), context(symbol), arena));
        else
            decode_rare(in, c, arena, symbol);
    }

    /// Another sequence, a new one, or the first difference of one.
    [[gnu::noinline]] static void decode_rare(Coder& in_memory, Channel& c, Arena& arena, u32 symbol) {
        Coder in = in_memory;
        if (symbol > kNewSequence && symbol < kSymbols) {
            c.current = (c.current + symbol - kNewSequence) & 3u;
            symbol = decode_choice(in, c, arena);
            // Encoders switch only to where the difference fits. A damaged layer could go on and on.
            if (symbol > kNewSequence && symbol < kSymbols) {
                in.spoil();
                in_memory = in;
                return;
            }
        }
        if (symbol == kNewSequence) {
            const u64 high = c.integers.decode(in, static_cast<u32>(c.times[c.current] >> 32), 8, arena);
            c.newest = c.current = (c.newest + 1) & 3u;
            c.times[c.current] = high << 32 | decode_raw(in, 32);
            c.references[c.current] = 0;
            c.extremes[c.current] = 0;
        } else if (symbol == kFirstDifference) {
            const u32 difference = c.integers.decode(in, 0, 0, arena);
            c.times[c.current] += static_cast<u64>(std::int64_t{static_cast<i32>(difference)});
            c.references[c.current] = static_cast<i32>(difference);
            c.extremes[c.current] = 0;
        } else {
            apply(c, symbol, c.integers.decode(in, prediction(c, symbol), context(symbol), arena));
        }
        in_memory = in;
    }
};

// ---- RGB, NIR and extra bytes -------------------------------------------------------------------------------------

/// The frame of a layer whose contexts follow the rules of `laz/layered.md` section 4: version 3 passes the channel on
/// only where it changes, and works in context 0 everywhere else.
template <class Item>
struct ItemLayer {
    using Value = typename Item::Value;
    using Models = typename Item::Models;

    Coder in;
    u32 current;
    bool version4;
    bool used[4];
    Models* models[4];
    Value values[4];

    bool start(Shared& shared, u32 first_channel, Range bytes, bool is_version4, const Value& first) {
        for (auto& m : models) m = nullptr;
        for (auto& u : used) u = false;
        for (auto& v : values) v = {};
        version4 = is_version4;
        current = first_channel;
        used[first_channel] = true;
        values[first_channel] = first;
        open(shared, first_channel);
        return in.start(bytes);
    }

    COPSE_SLOW Models* open(Shared& shared, u32 context) {
        auto* made = static_cast<Models*>(shared.arena.take(sizeof(Models)));
        made->start(shared.prototypes);
        return models[context] = made;
    }

    /// Another context: gives that of the value to predict from and to store to.
    COPSE_SLOW u32 change(Shared& shared, u32 context) {
        const u32 from = current;
        current = context;
        if (models[context] == nullptr) open(shared, context);
        if (!used[context]) {
            used[context] = true;
            values[context] = values[from];
            return context;
        }
        // On the way back to a used context version 3 works with the value of the context that it leaves.
        return version4 ? context : from;
    }

    /// The models to use for a point, and the value to predict it from and to store it in.
    struct Step {
        Models& models;
        Value& value;
    };
    COPSE_INLINE Step step(Shared& shared, Side side) {
        const u32 context = version4 || channel_changed(side) ? channel_of(side) : 0;
        u32 value = context;
        if (context != current) [[unlikely]]
            value = change(shared, context);
        return {*models[context], values[value]};
    }

    COPSE_INLINE const Value& decode(Coder& coder, Shared& shared, Side side) {
        const Step to = step(shared, side);
        Item::decode(coder, to.models, to.value, shared.arena);
        coder.hold();
        return to.value;
    }
};

struct RgbItem {
    struct Value {
        u16 red, green, blue;
    };
    struct Models {
        LargeModel* used;
        LargeModel* differences[6];
        void start(Prototypes& prototypes) {
            used = &prototypes.of_power[7];
            for (auto& model : differences) model = &prototypes.of_power[8];
        }
    };

    // Bit b of `used` says that byte b is coded; the bytes of green and blue only with this one.
    static constexpr u32 kNotGrey = 1u << 6;

    COPSE_INLINE static u32 coded_bytes(u32 used) { return (used & kNotGrey) != 0 ? used : used & 3u; }

    COPSE_INLINE static i32 clamp(i32 value) {
        value = value < 0 ? 0 : value;
        return value > 255 ? 255 : value;
    }

    /// A low or high byte of all three colours; they are coded alike. `difference` of red, green, blue.
    COPSE_INLINE static void add(const u32* difference, u32 red_used, u32 green_used, u32 blue_used, i32* byte) {
        const i32 red = byte[0], green = byte[1];
        if (red_used != 0) byte[0] = (red + static_cast<i32>(difference[0])) & 0xff;
        const i32 red_change = byte[0] - red;
        const i32 green_coded = (clamp(green + red_change) + static_cast<i32>(difference[1])) & 0xff;
        byte[1] = green_used != 0 ? green_coded : green;
        const i32 change = (red_change + byte[1] - green) / 2;
        const i32 blue_coded = (clamp(byte[2] + change) + static_cast<i32>(difference[2])) & 0xff;
        byte[2] = blue_used != 0 ? blue_coded : byte[2];
    }

    /// The next colour, from the differences of its bytes. Those that are not coded are not looked at.
    COPSE_INLINE static void apply(Value& last, u32 used, const u32* difference) {
        i32 low[3] = {last.red & 0xff, last.green & 0xff, last.blue & 0xff};
        i32 high[3] = {last.red >> 8, last.green >> 8, last.blue >> 8};
        const u32 low_differences[3] = {difference[0], difference[2], difference[4]};
        const u32 high_differences[3] = {difference[1], difference[3], difference[5]};
        add(low_differences, used & 1u, used & 4u, used & 16u, low);
        add(high_differences, used & 2u, used & 8u, used & 32u, high);
        const u16 red = static_cast<u16>(low[0] | high[0] << 8);
        const bool grey = (used & kNotGrey) == 0;
        last.red = red;
        last.green = grey ? red : static_cast<u16>(low[1] | high[1] << 8);
        last.blue = grey ? red : static_cast<u16>(low[2] | high[2] << 8);
    }

    COPSE_INLINE static void decode(Coder& in, Models& models, Value& last, Arena& arena) {
        const u32 used = decode_likely_symbol(in, &models.used, arena);
        const u32 coded = coded_bytes(used);
        u32 difference[6] = {};
        if ((coded & 1u) != 0) difference[0] = decode_symbol(in, &models.differences[0], arena);
        if ((coded & 2u) != 0) difference[1] = decode_symbol(in, &models.differences[1], arena);
        if ((coded & 4u) != 0) difference[2] = decode_symbol(in, &models.differences[2], arena);
        if ((coded & 16u) != 0) difference[4] = decode_symbol(in, &models.differences[4], arena);
        if ((coded & 8u) != 0) difference[3] = decode_symbol(in, &models.differences[3], arena);
        if ((coded & 32u) != 0) difference[5] = decode_symbol(in, &models.differences[5], arena);
        apply(last, used, difference);
    }
};

struct NirItem {
    struct Value {
        u16 nir;
    };
    struct Models {
        SmallModel<16>* used;
        LargeModel* differences[2];
        void start(Prototypes& prototypes) {
            used = &prototypes.of4;
            for (auto& model : differences) model = &prototypes.of_power[8];
        }
    };

    COPSE_INLINE static void decode(Coder& in, Models& models, Value& last, Arena& arena) {
        const u32 used = decode_symbol(in, &models.used, arena);
        u32 low = last.nir & 0xffu, high = last.nir >> 8;
        if ((used & 1u) != 0) low = (low + decode_symbol(in, &models.differences[0], arena)) & 0xffu;
        if ((used & 2u) != 0) high = (high + decode_symbol(in, &models.differences[1], arena)) & 0xffu;
        last.nir = static_cast<u16>(low | high << 8);
    }
};

struct WaveItem {
    /// Floats are bit patterns.
    struct Value {
        u64 offset;
        u32 size, return_point, direction[3];
        u8 index;

        void parse(const u8* bytes) {
            index = bytes[0];
            std::memcpy(&offset, bytes + 1, 8);
            std::memcpy(&size, bytes + 9, 4);
            std::memcpy(&return_point, bytes + 13, 4);
            std::memcpy(direction, bytes + 17, 12);
        }
        void store(u8* bytes) const {
            bytes[0] = index;
            std::memcpy(bytes + 1, &offset, 8);
            std::memcpy(bytes + 9, &size, 4);
            std::memcpy(bytes + 13, &return_point, 4);
            std::memcpy(bytes + 17, direction, 12);
        }
    };
    struct Models {
        LargeModel* index;
        SmallModel<16>* kinds[4];  // by the last kind
        Integers<32, 1> offset_difference, size, return_point;
        Integers<32, 3> direction;
        u32 last_kind, last_offset_difference;
        void start(Prototypes& prototypes) {
            index = &prototypes.of_power[8];
            for (auto& model : kinds) model = &prototypes.of4;
            offset_difference.start(prototypes);
            size.start(prototypes);
            return_point.start(prototypes);
            direction.start(prototypes);
            last_kind = last_offset_difference = 0;
        }
    };

    /// Rare enough not to be spelt out in the loops.
    [[gnu::noinline]] static void decode(Coder& in_memory, Models& models, Value& last, Arena& arena) {
        Coder in = in_memory;
        last.index = static_cast<u8>(decode_symbol(in, &models.index, arena));
        const u32 kind = decode_symbol(in, &models.kinds[models.last_kind], arena);
        models.last_kind = kind;
        if (kind == 1) {  // follows the last packet
            last.offset += last.size;
        } else if (kind == 2) {  // near it
            const u32 difference = models.offset_difference.decode(in, models.last_offset_difference, 0, arena);
            models.last_offset_difference = difference;
            last.offset += static_cast<u64>(std::int64_t{static_cast<i32>(difference)});
        } else if (kind == 3) {  // anywhere
            const u64 low = decode_raw(in, 32);
            last.offset = u64{decode_raw(in, 32)} << 32 | low;
        }
        last.size = models.size.decode(in, last.size, 0, arena);
        last.return_point = models.return_point.decode(in, last.return_point, 0, arena);
        for (u32 i = 0; i < 3; ++i) last.direction[i] = models.direction.decode(in, last.direction[i], i, arena);
        in_memory = in;
    }
};

struct ExtraByteItem {
    struct Value {
        u8 byte;
    };
    struct Models {
        LargeModel* differences;
        void start(Prototypes& prototypes) { differences = &prototypes.of_power[8]; }
    };

    COPSE_INLINE static void decode(Coder& in, Models& models, Value& last, Arena& arena) {
        last.byte = static_cast<u8>(last.byte + decode_likely_symbol(in, &models.differences, arena));
    }
};

}  // namespace copse::laz::fast::COPSE_LAZ_FORM
