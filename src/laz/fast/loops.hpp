// The loops over points. Included by form.hpp only.
//
// One chunk: point by point through all layers. They are independent chains of symbols, and the processor works on
// several at once by itself. Several chunks: layer 1, Z and intensity in lockstep, a symbol of each chunk after the
// other, since a whole point of layer 1 is longer than what the processor sees at a time; the other layers follow
// block by block, again a point of each chunk after the other.
#pragma once

#include "laz/fast/layers.hpp"

namespace copse::laz::fast::COPSE_LAZ_FORM {

struct State {
    Shared shared;
    u32 layers;
    XyLayer xy;
    FieldLayer<ZField> z;
    FieldLayer<IntensityField> intensity;
    FieldLayer<ClassificationField> classification;
    FieldLayer<FlagsField> flags;
    FieldLayer<ScanAngleField> scan_angle;
    FieldLayer<UserDataField> user_data;
    FieldLayer<PointSourceField> point_source;
    FieldLayer<GpsTimeField> gps_time;
    ItemLayer<RgbItem> rgb;
    ItemLayer<NirItem> nir;
    ItemLayer<WaveItem> wave;
    ItemLayer<ExtraByteItem>* extra;
    std::size_t extra_count;
};

/// Layer 1 of a chunk, while a block is decoded.
struct XyCursor {
    XyChannel* channel;  ///< of the point
    u32 time_changed;
    u32 changed, kx, ky;

    COPSE_INLINE void load(const XyLayer& layer) {
        channel = layer.channel;
        time_changed = layer.gps_time_changed;
    }
    COPSE_INLINE void store(XyLayer& layer) const {
        layer.channel = channel;
        layer.gps_time_changed = time_changed;
    }

    /// What changed, and with it channel and returns.
    COPSE_INLINE void begin(Coder& in, State& s) {
        const u32 context = channel->returns.position + 4 * time_changed;
        changed = decode_likely_symbol(in, &channel->changed[context], s.shared.arena);
        if ((changed & (3 | kReturnCountChanged | kChannelChanged)) != 0) {
            Coder coder = in;
            s.xy.channel = channel;
            turn(coder, s.xy, s.shared, changed);
            in = coder;
            channel = s.xy.channel;
        }
        time_changed = changed >> 4 & 1u;
    }

    COPSE_INLINE SmallModel<32>** x_class() const { return &channel->dx.classes[channel->returns.single]; }
    COPSE_INLINE SmallModel<32>** y_class() const {
        return &channel->dy.classes[channel->returns.single + (kx < 20 ? kx & ~1u : 20)];
    }

    COPSE_INLINE void move_x(u32 corrector, const ColumnPointers& out, u32 i) const {
        XyChannel& c = *channel;
        out.x[i] = c.x = step(c.x, corrector, c.median_dx[c.returns.kind + time_changed]);
    }
    COPSE_INLINE void move_y(u32 corrector, const ColumnPointers& out, u32 i) const {
        XyChannel& c = *channel;
        out.y[i] = c.y = step(c.y, corrector, c.median_dy[c.returns.kind + time_changed]);
    }

    /// Gives the point's side word.
    COPSE_INLINE Side end(const ColumnPointers& out, u32 i) const {
        const Returns& returns = channel->returns;
        const u32 k = (kx + ky) >> 1;
        const u32 z_context = returns.single + (k < 18 ? k & ~1u : 18);
        // Bits 3 to 6 of what changed are scan angle, GPS time, point source and channel.
        const Side side = returns.side | (changed >> 1 & 0x1cu) | z_context << 10 | (changed >> 6 & 1u) << 15;
        out.returns[i] = returns.packed;
        out.channel[i] = static_cast<u8>(channel_of(side));
        return side;
    }

private:
    COPSE_INLINE static i32 step(i32 last, u32 corrector, Median& median) {
        const u32 difference = corrector + static_cast<u32>(median.get());
        median.add(static_cast<i32>(difference));
        return static_cast<i32>(static_cast<u32>(last) + difference);
    }
};

/// A number at every point, on its way: where it goes and which models it has.
template <class Field>
struct IntegerCursor {
    using Integers = decltype(Field::Channel::integers);
    typename Field::Value* last;
    Integers* integers;
    typename Integers::Classes** classes;

    COPSE_INLINE void begin(FieldLayer<Field>& layer, Shared& shared, Side side, const typename Field::Column* column,
                            u32 i) {
        auto& c = layer.channel_at(shared, side, column, i);
        last = &Field::last_of(c, side);
        integers = &c.integers;
        classes = &c.integers.classes[Field::context(side)];
    }
    COPSE_INLINE void end(u32 corrector, typename Field::Column* column, u32 i) const {
        const u32 value = static_cast<u32>(*last) + corrector;
        column[i] = *last = static_cast<typename Field::Value>(value);
    }
};

// ---- the other layers, where each is told what it needs -----------------------------------------------------------

/// Calls `use(layer, column)` for the layers of one column after Z and intensity that are in `layers`.
template <class Use>
COPSE_INLINE void for_rare_fields(u32 layers, State& s, const ColumnPointers& out, Use use) {
    if ((layers & kClassification) != 0) use(s.classification, out.classification);
    if ((layers & kFlags) != 0) use(s.flags, out.flags);
    if ((layers & kScanAngle) != 0) use(s.scan_angle, reinterpret_cast<u16*>(out.scan_angle));
    if ((layers & kUserData) != 0) use(s.user_data, out.user_data);
    if ((layers & kPointSource) != 0) use(s.point_source, out.point_source);
    if ((layers & kGpsTime) != 0) use(s.gps_time, reinterpret_cast<GpsTimeField::Column*>(out.gps_time));
}

COPSE_INLINE void store_value(const RgbItem::Value& value, const ColumnPointers& out, u32 i) {
    out.red[i] = value.red;
    out.green[i] = value.green;
    out.blue[i] = value.blue;
}
COPSE_INLINE void store_value(const NirItem::Value& value, const ColumnPointers& out, u32 i) { out.nir[i] = value.nir; }

COPSE_INLINE void store_value(const WaveItem::Value& value, const ColumnPointers& out, u32 i) {
    value.store(out.wave[i]);
}

/// All layers after Z and intensity of one point.
COPSE_INLINE void decode_rare_layers(State& s, u32 layers, const ColumnPointers& out, Side side, u32 i) {
    const auto field = [&](auto& layer, auto* column) COPSE_INLINED {
        Coder in = layer.in;
        layer.decode(in, s.shared, side, column, i);
        layer.in = in;
    };
    for_rare_fields(layers, s, out, field);
    const auto item = [&](auto& layer) COPSE_INLINED {
        Coder in = layer.in;
        store_value(layer.decode(in, s.shared, side), out, i);
        layer.in = in;
    };
    if ((layers & kRgb) != 0) item(s.rgb);
    if ((layers & kNir) != 0) item(s.nir);
    if ((layers & kWave) != 0) item(s.wave);
    if ((layers & kExtra) != 0) {
        for (std::size_t k = 0; k < s.extra_count; ++k) {
            Coder in = s.extra[k].in;
            out.extra[k][i] = s.extra[k].decode(in, s.shared, side).byte;
            s.extra[k].in = in;
        }
    }
}

/// Z or intensity of one point.
template <class Field>
COPSE_INLINE void decode_field(State& s, FieldLayer<Field>& layer, Side side, typename Field::Column* column, u32 i) {
    Coder in = layer.in;
    layer.decode(in, s.shared, side, column, i);
    layer.in = in;
}

/// All layers but the first of one point.
COPSE_INLINE void decode_other_layers(State& s, u32 layers, const ColumnPointers& out, Side side, u32 i) {
    if ((layers & kZ) != 0) decode_field(s, s.z, side, out.z, i);
    if ((layers & kIntensity) != 0) decode_field(s, s.intensity, side, out.intensity, i);
    decode_rare_layers(s, layers, out, side, i);
}

/// Remembers the last values of a block, for channels that are opened by the first point of the next one.
inline void end_block(State& s, const ColumnPointers& out, u32 rows) {
    const auto remember = [&](auto& layer, auto* column) { layer.before = column[rows - 1]; };
    if ((s.layers & kZ) != 0) remember(s.z, out.z);
    if ((s.layers & kIntensity) != 0) remember(s.intensity, out.intensity);
    for_rare_fields(s.layers, s, out, remember);
}

/// Calls `use(coder)` for every layer that is decoded.
template <class Use>
inline void for_each_coder(const State& s, Use use) {
    const auto look = [&](u32 layer, const Coder& in) {
        if ((s.layers & layer) != 0) use(in);
    };
    look(kXy, s.xy.in);
    look(kZ, s.z.in);
    look(kIntensity, s.intensity.in);
    look(kClassification, s.classification.in);
    look(kFlags, s.flags.in);
    look(kScanAngle, s.scan_angle.in);
    look(kUserData, s.user_data.in);
    look(kPointSource, s.point_source.in);
    look(kGpsTime, s.gps_time.in);
    look(kRgb, s.rgb.in);
    look(kNir, s.nir.in);
    look(kWave, s.wave.in);
    if ((s.layers & kExtra) != 0)
        for (std::size_t k = 0; k < s.extra_count; ++k) use(s.extra[k].in);
}

inline Health health_of(const State& s) {
    bool damaged = false;
    for_each_coder(s, [&](const Coder& in) { damaged |= in.damaged(); });
    return damaged ? Health::damaged : Health::good;
}

// ---- the kernel ---------------------------------------------------------------------------------------------------

inline Health start(void* memory, const ChunkInput& input) {
    State& s = *static_cast<State*>(memory);
    s.shared.arena.start(input.memory);
    s.shared.prototypes.make();
    s.layers = input.layers;
    const FirstPoint& first = input.first;
    bool good = (input.layers & kXy) == 0 || s.xy.start(s.shared, input);
    const auto field = [&](u32 bit, auto& layer, Range bytes, auto value) {
        if ((input.layers & bit) != 0) good &= layer.start(s.shared, first.channel, bytes, value);
    };
    field(kZ, s.z, input.z, first.z);
    field(kIntensity, s.intensity, input.intensity, first.intensity);
    field(kClassification, s.classification, input.classification, first.classification);
    field(kFlags, s.flags, input.flags, first.flags);
    field(kScanAngle, s.scan_angle, input.scan_angle, static_cast<u16>(first.scan_angle));
    field(kUserData, s.user_data, input.user_data, first.user_data);
    field(kPointSource, s.point_source, input.point_source, first.point_source);
    field(kGpsTime, s.gps_time, input.gps_time, first.gps_time);
    if ((input.layers & kRgb) != 0)
        good &=
            s.rgb.start(s.shared, first.channel, input.rgb, input.rgb_version4, {first.red, first.green, first.blue});
    if ((input.layers & kNir) != 0)
        good &= s.nir.start(s.shared, first.channel, input.nir, input.rgb_version4, {first.nir});
    if ((input.layers & kWave) != 0) {
        WaveItem::Value packet;
        packet.parse(first.wave);
        good &= s.wave.start(s.shared, first.channel, input.wave, input.wave_version4, packet);
    }
    s.extra_count = input.extra_count;
    if ((input.layers & kExtra) != 0) {
        s.extra = static_cast<ItemLayer<ExtraByteItem>*>(s.shared.arena.take(sizeof *s.extra * s.extra_count));
        for (std::size_t k = 0; k < s.extra_count; ++k)
            good &= s.extra[k].start(s.shared, first.channel, input.extra[k].bytes, input.extra_version4,
                                     {input.extra[k].first});
    }
    return good ? Health::good : Health::damaged;
}

/// X or Y of a point, together with Z or intensity of the point before, if that layer is there (`with`).
template <class Field, class XyIntegers>
COPSE_INLINE u32 decode_difference(State& s, Coder& in, SmallModel<32>** classes, XyIntegers& integers, u32& k,
                                   bool with, FieldLayer<Field>& layer, Side side, typename Field::Column* column,
                                   u32 i) {
    u32 corrector;
    Arena& arena = s.shared.arena;
    if (with) {
        IntegerCursor<Field> cursor;
        cursor.begin(layer, s.shared, side, column, i);
        Coder other = layer.in;
        u32 other_k, other_corrector;
        decode_two_symbols(in, classes, k, other, cursor.classes, other_k, arena);
        decode_two_correctors(in, integers, k, corrector, other, *cursor.integers, other_k, other_corrector, arena);
        other.hold();
        layer.in = other;
        cursor.end(other_corrector, column, i);
    } else {
        k = decode_symbol(in, classes, arena);
        corrector = integers.decode_corrector(in, k, arena);
    }
    return corrector;
}

inline Health decode(void* memory, const ColumnPointers& out, u16* sides, u32 rows) {
    State& s = *static_cast<State*>(memory);
    const u32 layers = s.layers;
    Coder in = s.xy.in;
    XyCursor xy;
    xy.load(s.xy);
    // The other layers are a point behind: by then all that they need is known, and nothing in them waits for layer 1.
    for (u32 i = 0; i < rows; ++i) {
        const bool behind = i != 0;
        const u32 before = behind ? i - 1 : 0;
        const Side side = sides[before];
        xy.begin(in, s);
        XyChannel& c = *xy.channel;
        const u32 x =
            decode_difference(s, in, xy.x_class(), c.dx, xy.kx, behind && (layers & kZ) != 0, s.z, side, out.z, before);
        const u32 y = decode_difference(s, in, xy.y_class(), c.dy, xy.ky, behind && (layers & kIntensity) != 0,
                                        s.intensity, side, out.intensity, before);
        in.hold();
        xy.move_x(x, out, i);
        xy.move_y(y, out, i);
        sides[i] = static_cast<u16>(xy.end(out, i));
        if (behind) decode_rare_layers(s, layers, out, side, before);
    }
    decode_other_layers(s, layers, out, sides[rows - 1], rows - 1);
    s.xy.in = in;
    xy.store(s.xy);
    end_block(s, out, rows);
    return health_of(s);
}

inline Health decode_others(void* memory, const ColumnPointers& out, const u16* sides, u32 rows) {
    State& s = *static_cast<State*>(memory);
    const u32 layers = s.layers;
    for (u32 i = 0; i < rows; ++i) decode_other_layers(s, layers, out, sides[i], i);
    end_block(s, out, rows);
    return health_of(s);
}

/// One layer of some chunks, a point of each after the other. `layer(lane)` and `decode(lane, coder, i)` say what.
template <unsigned Lanes, class LayerOf, class Decode>
COPSE_INLINE void decode_layer(u32 rows, LayerOf layer, Decode decode_point) {
    Coder in[Lanes];
    for_lanes<Lanes>(COPSE_LANE { in[lane] = layer(lane).in; });
    for (u32 i = 0; i < rows; ++i) for_lanes<Lanes>(COPSE_LANE { decode_point(lane, in[lane], i); });
    for_lanes<Lanes>(COPSE_LANE { layer(lane).in = in[lane]; });
}

/// Layer 1 of some chunks in lockstep.
template <unsigned Lanes>
COPSE_INLINE void decode_xy(State* const* states, const ColumnPointers* outs, u16 (*sides)[kBlockRows], u32 rows) {
    Coder in[Lanes];
    XyCursor cursors[Lanes];
    Arena* arenas[Lanes];
    for_lanes<Lanes>(COPSE_LANE {
        in[lane] = states[lane]->xy.in;
        cursors[lane].load(states[lane]->xy);
        arenas[lane] = &states[lane]->shared.arena;
    });
    for (u32 i = 0; i < rows; ++i) {
        SmallModel<32>** classes[Lanes];
        Integers<32, 2>* dx[Lanes];
        Integers<32, 22>* dy[Lanes];
        u32 k[Lanes], corrector[Lanes];
        for_lanes<Lanes>(COPSE_LANE { cursors[lane].begin(in[lane], *states[lane]); });
        for_lanes<Lanes>(COPSE_LANE {
            dx[lane] = &cursors[lane].channel->dx;
            dy[lane] = &cursors[lane].channel->dy;
            classes[lane] = cursors[lane].x_class();
        });
        decode_symbols<Lanes>(in, classes, arenas, k);
        decode_correctors<Lanes>(in, dx, k, arenas, corrector);
        for_lanes<Lanes>(COPSE_LANE {
            cursors[lane].kx = k[lane];
            classes[lane] = cursors[lane].y_class();
        });
        decode_symbols<Lanes>(in, classes, arenas, k);
        for_lanes<Lanes>(COPSE_LANE { cursors[lane].move_x(corrector[lane], outs[lane], i); });
        decode_correctors<Lanes>(in, dy, k, arenas, corrector);
        for_lanes<Lanes>(COPSE_LANE {
            in[lane].hold();
            cursors[lane].ky = k[lane];
            cursors[lane].move_y(corrector[lane], outs[lane], i);
            sides[lane][i] = static_cast<u16>(cursors[lane].end(outs[lane], i));
        });
    }
    for_lanes<Lanes>(COPSE_LANE {
        states[lane]->xy.in = in[lane];
        cursors[lane].store(states[lane]->xy);
    });
}

/// A layer of a number at every point, of some chunks in lockstep.
template <unsigned Lanes, class Field>
COPSE_INLINE void decode_integer_layer(State* const* states, FieldLayer<Field> State::* layer,
                                       typename Field::Column* const* columns, const u16 (*sides)[kBlockRows],
                                       u32 rows) {
    Coder in[Lanes];
    Arena* arenas[Lanes];
    for_lanes<Lanes>(COPSE_LANE {
        in[lane] = (states[lane]->*layer).in;
        arenas[lane] = &states[lane]->shared.arena;
    });
    for (u32 i = 0; i < rows; ++i) {
        IntegerCursor<Field> cursors[Lanes];
        typename IntegerCursor<Field>::Integers* integers[Lanes];
        decltype(cursors[0].classes) classes[Lanes];
        u32 k[Lanes], corrector[Lanes];
        for_lanes<Lanes>(COPSE_LANE {
            State& s = *states[lane];
            cursors[lane].begin(s.*layer, s.shared, sides[lane][i], columns[lane], i);
            integers[lane] = cursors[lane].integers;
            classes[lane] = cursors[lane].classes;
        });
        decode_symbols<Lanes>(in, classes, arenas, k);
        decode_correctors<Lanes>(in, integers, k, arenas, corrector);
        for_lanes<Lanes>(COPSE_LANE {
            in[lane].hold();
            cursors[lane].end(corrector[lane], columns[lane], i);
        });
    }
    for_lanes<Lanes>(COPSE_LANE { (states[lane]->*layer).in = in[lane]; });
}

/// GPS times of some chunks in lockstep, where all of them have one and tell it as a multiple.
template <unsigned Lanes>
COPSE_INLINE void decode_gps_times(State* const* states, const ColumnPointers* outs, const u16 (*sides)[kBlockRows],
                                   u32 rows) {
    using Channel = GpsTimeField::Channel;
    Coder in[Lanes];
    Arena* arenas[Lanes];
    GpsTimeField::Column* columns[Lanes];
    for_lanes<Lanes>(COPSE_LANE {
        in[lane] = states[lane]->gps_time.in;
        arenas[lane] = &states[lane]->shared.arena;
        columns[lane] = reinterpret_cast<GpsTimeField::Column*>(outs[lane].gps_time);
    });
    for (u32 i = 0; i < rows; ++i) {
        Channel* c[Lanes];
        HugeModel** multiples[Lanes];
        u32 symbols[Lanes];
        bool together = true;
        for_lanes<Lanes>(COPSE_LANE {
            State& s = *states[lane];
            c[lane] = &s.gps_time.channel_at(s.shared, sides[lane][i], columns[lane], i);
            multiples[lane] = &c[lane]->multiples;
            together &= gps_changed(sides[lane][i]) != 0 && c[lane]->references[c[lane]->current] != 0;
        });
        if (together) [[likely]] {
            decode_symbols<Lanes>(in, multiples, arenas, symbols);
            u32 highest = 0;
            for_lanes<Lanes>(COPSE_LANE { highest = symbols[lane] > highest ? symbols[lane] : highest; });
            if (GpsTimeField::is_plain_multiple(highest)) [[likely]] {
                Integers<32, 9>* integers[Lanes];
                SmallModel<32>** classes[Lanes];
                u32 k[Lanes], corrector[Lanes];
                for_lanes<Lanes>(COPSE_LANE {
                    integers[lane] = &c[lane]->integers;
                    classes[lane] = &integers[lane]->classes[GpsTimeField::context(symbols[lane])];
                });
                decode_symbols<Lanes>(in, classes, arenas, k);
                decode_correctors<Lanes>(in, integers, k, arenas, corrector);
                for_lanes<Lanes>(COPSE_LANE {
                    const u32 difference = GpsTimeField::prediction(*c[lane], symbols[lane]) + corrector[lane];
                    GpsTimeField::apply(*c[lane], symbols[lane], difference);
                });
            } else {
                for_lanes<Lanes>(
                    COPSE_LANE { GpsTimeField::decode_rest(in[lane], *c[lane], *arenas[lane], symbols[lane]); });
            }
        } else {
            for_lanes<Lanes>(COPSE_LANE { GpsTimeField::decode(in[lane], *c[lane], sides[lane][i], *arenas[lane]); });
        }
        for_lanes<Lanes>(COPSE_LANE {
            in[lane].hold();
            columns[lane][i] = c[lane]->times[c[lane]->current];
        });
    }
    for_lanes<Lanes>(COPSE_LANE { states[lane]->gps_time.in = in[lane]; });
}

/// Colours of some chunks in lockstep.
template <unsigned Lanes>
COPSE_INLINE void decode_colours(State* const* states, const ColumnPointers* outs, const u16 (*sides)[kBlockRows],
                                 u32 rows) {
    Coder in[Lanes];
    Arena* arenas[Lanes];
    LargeModel* nothing[Lanes];
    LargeModel** nothings[Lanes];
    for_lanes<Lanes>(COPSE_LANE {
        in[lane] = states[lane]->rgb.in;
        arenas[lane] = &states[lane]->shared.arena;
        nothing[lane] = &states[lane]->shared.prototypes.nothing;
        nothings[lane] = &nothing[lane];
    });
    for (u32 i = 0; i < rows; ++i) {
        RgbItem::Models* models[Lanes];
        RgbItem::Value* last[Lanes];
        LargeModel** places[Lanes];
        u32 used[Lanes], coded[Lanes];
        u32 any = 0;
        for_lanes<Lanes>(COPSE_LANE {
            const auto step = states[lane]->rgb.step(states[lane]->shared, sides[lane][i]);
            models[lane] = &step.models;
            last[lane] = &step.value;
            places[lane] = &models[lane]->used;
        });
        decode_symbols<Lanes>(in, places, arenas, used);
        for_lanes<Lanes>(COPSE_LANE {
            coded[lane] = RgbItem::coded_bytes(used[lane]);
            any |= coded[lane];
        });
        u32 difference[Lanes][6];
        const auto decode_byte = [&](auto byte) COPSE_INLINED {
            if ((any >> byte & 1u) == 0) return;
            u32 wanted[Lanes], symbols[Lanes];
            for_lanes<Lanes>(COPSE_LANE {
                wanted[lane] = coded[lane] & 1u << byte;
                places[lane] = &models[lane]->differences[byte];
            });
            decode_symbols_where<Lanes>(wanted, in, places, nothings, arenas, symbols);
            for_lanes<Lanes>(COPSE_LANE { difference[lane][byte] = symbols[lane]; });
        };
        for_lanes<Lanes>(COPSE_LANE {
            for (u32& d : difference[lane]) d = 0;
        });
        decode_byte(LaneIndex<0>{});
        decode_byte(LaneIndex<1>{});
        decode_byte(LaneIndex<2>{});
        decode_byte(LaneIndex<4>{});
        decode_byte(LaneIndex<3>{});
        decode_byte(LaneIndex<5>{});
        for_lanes<Lanes>(COPSE_LANE {
            RgbItem::apply(*last[lane], used[lane], difference[lane]);
            in[lane].hold();
            store_value(*last[lane], outs[lane], i);
        });
    }
    for_lanes<Lanes>(COPSE_LANE { states[lane]->rgb.in = in[lane]; });
}

/// All layers but the first of some chunks, each in lockstep.
template <unsigned Lanes>
void decode_others_in_lockstep(State* const* states, const ColumnPointers* outs, const u16 (*sides)[kBlockRows],
                               u32 rows) {
    // A layer that not all chunks have is decoded chunk by chunk.
    u32 common = ~0u;
    for (unsigned lane = 0; lane < Lanes; ++lane) common &= states[lane]->layers;
    const auto field = [&](u32 bit, auto member, auto column) COPSE_INLINED {
        if ((common & bit) != 0) {
            decode_layer<Lanes>(
                rows, [&](unsigned lane) -> auto& { return states[lane]->*member; },
                [&](unsigned lane, Coder& in, u32 i) COPSE_INLINED {
                    (states[lane]->*member).decode(in, states[lane]->shared, sides[lane][i], column(outs[lane]), i);
                });
            return;
        }
        for (unsigned lane = 0; lane < Lanes; ++lane) {
            if ((states[lane]->layers & bit) == 0) continue;
            decode_layer<1>(
                rows, [&](unsigned) -> auto& { return states[lane]->*member; },
                [&](unsigned, Coder& in, u32 i) COPSE_INLINED {
                    (states[lane]->*member).decode(in, states[lane]->shared, sides[lane][i], column(outs[lane]), i);
                });
        }
    };
    const auto integers = [&](u32 bit, auto member, auto column) COPSE_INLINED {
        if ((common & bit) == 0) return field(bit, member, column);
        decltype(column(outs[0])) columns[Lanes];
        for_lanes<Lanes>(COPSE_LANE { columns[lane] = column(outs[lane]); });
        decode_integer_layer<Lanes>(states, member, columns, sides, rows);
    };
    integers(kZ, &State::z, [](const ColumnPointers& o) { return o.z; });
    integers(kIntensity, &State::intensity, [](const ColumnPointers& o) { return o.intensity; });
    field(kClassification, &State::classification, [](const ColumnPointers& o) { return o.classification; });
    field(kFlags, &State::flags, [](const ColumnPointers& o) { return o.flags; });
    field(kScanAngle, &State::scan_angle, [](const ColumnPointers& o) { return reinterpret_cast<u16*>(o.scan_angle); });
    field(kUserData, &State::user_data, [](const ColumnPointers& o) { return o.user_data; });
    field(kPointSource, &State::point_source, [](const ColumnPointers& o) { return o.point_source; });
    if ((common & kGpsTime) != 0)
        decode_gps_times<Lanes>(states, outs, sides, rows);
    else
        field(kGpsTime, &State::gps_time,
              [](const ColumnPointers& o) { return reinterpret_cast<GpsTimeField::Column*>(o.gps_time); });
    const auto item = [&](u32 bit, auto member) COPSE_INLINED {
        if ((common & bit) != 0) {
            decode_layer<Lanes>(
                rows, [&](unsigned lane) -> auto& { return states[lane]->*member; },
                [&](unsigned lane, Coder& in, u32 i) COPSE_INLINED {
                    store_value((states[lane]->*member).decode(in, states[lane]->shared, sides[lane][i]), outs[lane],
                                i);
                });
            return;
        }
        for (unsigned lane = 0; lane < Lanes; ++lane) {
            if ((states[lane]->layers & bit) == 0) continue;
            decode_layer<1>(
                rows, [&](unsigned) -> auto& { return states[lane]->*member; },
                [&](unsigned, Coder& in, u32 i) COPSE_INLINED {
                    store_value((states[lane]->*member).decode(in, states[lane]->shared, sides[lane][i]), outs[lane],
                                i);
                });
        }
    };
    if ((common & kRgb) != 0)
        decode_colours<Lanes>(states, outs, sides, rows);
    else
        item(kRgb, &State::rgb);
    item(kNir, &State::nir);
    item(kWave, &State::wave);
    for (unsigned lane = 0; lane < Lanes; ++lane) {
        State& s = *states[lane];
        if ((s.layers & kExtra) == 0) continue;
        for (std::size_t k = 0; k < s.extra_count; ++k)
            decode_layer<1>(
                rows, [&](unsigned) -> auto& { return s.extra[k]; },
                [&](unsigned, Coder& in, u32 i)
                    COPSE_INLINED { outs[lane].extra[k][i] = s.extra[k].decode(in, s.shared, sides[lane][i]).byte; });
    }
    for (unsigned lane = 0; lane < Lanes; ++lane) end_block(*states[lane], outs[lane], rows);
}

/// Some chunks in lockstep, or their further layers only: then `sides` come from `given`.
template <unsigned Lanes>
void decode_in_lockstep(void* const* memory, const ColumnPointers* outs, const u16* const* given, u16* const* kept,
                        u32 rows, Health* health) {
    alignas(64) u16 sides[Lanes][kBlockRows];
    State* states[Lanes];
    for (unsigned lane = 0; lane < Lanes; ++lane) {
        states[lane] = static_cast<State*>(memory[lane]);
        if (given != nullptr) std::memcpy(sides[lane], given[lane], rows * sizeof(u16));
    }
    if (given == nullptr) decode_xy<Lanes>(states, outs, sides, rows);
    decode_others_in_lockstep<Lanes>(states, outs, sides, rows);
    for (unsigned lane = 0; lane < Lanes; ++lane) {
        if (given == nullptr && kept[lane] != nullptr) std::memcpy(kept[lane], sides[lane], rows * sizeof(u16));
        health[lane] = health_of(*states[lane]);
    }
}

inline void decode_lanes(void* const* states, const ColumnPointers* outs, u16* const* sides, std::size_t lanes,
                         u32 rows, Health* health) {
    if (lanes == 3)
        decode_in_lockstep<3>(states, outs, nullptr, sides, rows, health);
    else
        decode_in_lockstep<2>(states, outs, nullptr, sides, rows, health);
}

inline void decode_others_lanes(void* const* states, const ColumnPointers* outs, const u16* const* sides,
                                std::size_t lanes, u32 rows, Health* health) {
    if (lanes == 3)
        decode_in_lockstep<3>(states, outs, sides, nullptr, rows, health);
    else
        decode_in_lockstep<2>(states, outs, sides, nullptr, rows, health);
}

inline bool at_end(const void* memory) {
    bool ended = true;
    for_each_coder(*static_cast<const State*>(memory), [&](const Coder& in) { ended &= in.at_end(); });
    return ended;
}

}  // namespace copse::laz::fast::COPSE_LAZ_FORM
