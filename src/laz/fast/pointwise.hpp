// Point-wise chunks (PDRF 0 to 5, items of version 2), one or some in lockstep. Included by form.hpp only.
// `laz/pointwise.md` tells what is coded; the pointwise_*.hpp of the room do so in plain code.
//
// All items of a chunk share one string, so a chunk is a single chain of symbols, each of which waits for the one
// before. Several chunks take each step together. A lane that has nothing to decode where others have does the work all
// the same, on models of no meaning, and is put back to where it was: cheaper than a branch that cannot be predicted.
#pragma once

#include "laz/fast/layers.hpp"
#include "laz/fast/pointwise_kernel.hpp"
#include "laz/pointwise_tables.hpp"

namespace copse::laz::fast::COPSE_LAZ_FORM {

// ---- symbols of one chunk -----------------------------------------------------------------------------------------
//
// A chunk alone waits for each symbol's chain of steps, and the processor has time to spare. Multiplying all shares by
// the unit takes less time than dividing the value by it, and tells the same.

#if defined(__AVX2__)
#define COPSE_LAZ_PRODUCTS
COPSE_INLINE __m256i begins_below(const i16* entries, __m256i value, __m256i unit) {
    const __m256i shares = _mm256_cvtepi16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(entries)));
    const __m256i begins = _mm256_mullo_epi32(_mm256_add_epi32(shares, _mm256_set1_epi32(1)), unit);
    return _mm256_cmpeq_epi32(_mm256_min_epu32(begins, value), begins);
}
COPSE_INLINE __m256i begins_below16(const i16* entries, u32 value, u32 unit) {
    const __m256i v = _mm256_set1_epi32(static_cast<int>(value)), u = _mm256_set1_epi32(static_cast<int>(unit));
    return _mm256_packs_epi32(begins_below(entries, v, u), begins_below(entries + 8, v, u));
}
/// How many of 16 or 32 entries begin at or below the value.
COPSE_INLINE u32 find_of16(const i16* entries, u32 value, u32 unit) {
    const __m256i below = begins_below16(entries, value, unit);
    return static_cast<u32>(__builtin_popcount(static_cast<u32>(_mm256_movemask_epi8(below)))) / 2;
}
COPSE_INLINE u32 find_of32(const i16* entries, u32 value, u32 unit) {
    const __m256i below =
        _mm256_packs_epi16(begins_below16(entries, value, unit), begins_below16(entries + 16, value, unit));
    return static_cast<u32>(__builtin_popcount(static_cast<u32>(_mm256_movemask_epi8(below))));
}
#endif

/// Position of a symbol in bytes of the tables.
COPSE_INLINE u32 find_byte_soon(const LargeModel& model, u32 value, u32 unit) {
#if defined(COPSE_LAZ_PRODUCTS)
    // The division is done by the time that the group is known. Entries after the last symbol begin at `end`.
    const Quotient q = spread(value / unit);
    const u32 end = (unit << 15) - 1;
    const u32 group = find_of16(model.coarse, value < end ? value : end, unit) * 32;
    return group + count16(at_byte(model.shares, group), q) * kCountBytes - 2;
#else
    return find_byte(model, value / unit);
#endif
}
COPSE_INLINE u32 find_byte_soon(const HugeModel& model, u32 value, u32 unit) {
#if defined(COPSE_LAZ_PRODUCTS)
    const Quotient q = spread(value / unit);
    const u32 end = (unit << 15) - 1;
    const u32 group = find_of32(model.coarse, value < end ? value : end, unit) * 32;
    return group + count16(at_byte(model.shares, group), q) * kCountBytes - 2;
#else
    return find_byte(model, value / unit);
#endif
}

COPSE_INLINE u32 decode_symbol_soon(Coder& in, SmallModel<32>** place, Arena& arena) {
#if defined(COPSE_LAZ_PRODUCTS)
    SmallModel<32>* const model = *place;
    const u32 unit = in.length >> 15;
    const u32 symbol = find_of32(model->shares + 1, in.value, unit);
    if (symbol == 32) [[unlikely]]
        take_symbol(in, unit, model->shares[32], kAbove);
    else
        take_inner_symbol(in, unit, model->shares[symbol], model->shares[symbol + 1]);
    count_symbol(place, model, symbol, arena);
    return symbol;
#else
    return decode_symbol(in, place, arena);
#endif
}
/// @pre 17 symbols
COPSE_INLINE u32 decode_symbol_soon(Coder& in, SmallModel<16>** place, Arena& arena) {
#if defined(COPSE_LAZ_PRODUCTS)
    SmallModel<16>* const model = *place;
    const u32 unit = in.length >> 15;
    const u32 symbol = find_of16(model->shares + 1, in.value, unit);
    take_symbol(in, unit, model->shares[symbol], model->shares[symbol + 1]);
    count_symbol(place, model, symbol, arena);
    return symbol;
#else
    return decode_symbol(in, place, arena);
#endif
}
COPSE_INLINE u32 decode_symbol_soon(Coder& in, LargeModel** place, Arena& arena) {
    LargeModel* const model = *place;
    const u32 unit = in.length >> 15;
    const u32 byte = find_byte_soon(*model, in.value, unit);
    take_symbol(in, unit, *at_byte(model->shares, byte), *at_byte(model->shares + 1, byte));
    count_symbol(place, model, byte >> 1, arena);
    return byte >> 1;
}
COPSE_INLINE u32 decode_symbol_soon(Coder& in, HugeModel** place, Arena& arena) {
    HugeModel* const model = *place;
    const u32 unit = in.length >> 15;
    const u32 byte = find_byte_soon(*model, in.value, unit);
    take_symbol(in, unit, *at_byte(model->shares, byte), *at_byte(model->shares + 1, byte));
    count_symbol(place, model, byte >> 1, arena);
    return byte >> 1;
}

template <unsigned Bits, unsigned Contexts>
COPSE_INLINE u32 decode_corrector_soon(Coder& in, Integers<Bits, Contexts>& integers, u32 k, Arena& arena) {
    if (k - 1 >= 31) [[unlikely]]
        return k == 0 ? decode_bit(in, integers.zero_or_one) : 0x80000000u;
    return corrector_at(k, complete_place(in, k, decode_symbol_soon(in, &integers.places[k], arena)));
}
template <unsigned Bits, unsigned Contexts>
COPSE_INLINE u32 decode_integer_soon(Coder& in, Integers<Bits, Contexts>& integers, u32 context, Arena& arena) {
    const u32 k = decode_symbol_soon(in, &integers.classes[context], arena);
    return decode_corrector_soon(in, integers, k, arena);
}

/// A symbol of each lane.
template <unsigned Lanes, class Model>
COPSE_INLINE void decode_lane_symbols(Coder* in, Model** const* places, Arena* const* arenas, u32* symbols) {
    if constexpr (Lanes == 1)
        symbols[0] = decode_symbol_soon(in[0], places[0], *arenas[0]);
    else
        decode_symbols<Lanes>(in, places, arenas, symbols);
}

/// A corrector of each lane, from its class.
template <unsigned Lanes, unsigned Bits, unsigned Contexts>
COPSE_INLINE void decode_lane_correctors(Coder* in, Integers<Bits, Contexts>* const* integers, const u32* k,
                                         Arena* const* arenas, u32* correctors) {
    if constexpr (Lanes == 1)
        correctors[0] = decode_corrector_soon(in[0], *integers[0], k[0], *arenas[0]);
    else
        decode_correctors<Lanes>(in, integers, k, arenas, correctors);
}

// ---- what items remember ------------------------------------------------------------------------------------------

/// What follows from return number and number of returns, the low 6 bits of POINT10's byte 14.
struct PointwiseReturn {
    u8 kind;               ///< class of the return
    u8 intensity_context;  ///< the same, 3 at most
    u8 level;              ///< how far from the last return
    u8 single;             ///< 1 if it is the only one
    u8 packed;             ///< as the column holds it
};

struct PointwiseReturns {
    PointwiseReturn of[64];
    constexpr PointwiseReturns() : of{} {
        for (u32 bits = 0; bits < 64; ++bits) {
            const u32 number = bits & 7u, count = bits >> 3;
            const u8 kind = kReturnClasses[count][number];
            of[bits].kind = kind;
            of[bits].intensity_context = kind < 3 ? kind : 3;
            of[bits].level = static_cast<u8>(count > number ? count - number : number - count);
            of[bits].single = count == 1 ? 1 : 0;
            of[bits].packed = static_cast<u8>(number | count << 4);
        }
    }
};
inline constexpr PointwiseReturns kPointwiseReturns;

struct Point10Item {
    // Bits of the symbol that says which values are not as expected.
    static constexpr u32 kSource = 1u << 0, kUserData = 1u << 1, kRank = 1u << 2, kClass = 1u << 3,
                         kIntensity = 1u << 4, kBits = 1u << 5;
    static constexpr u32 kRare = kSource | kUserData | kRank | kClass;

    i32 x, y;
    u16 source;
    u8 bits, class_byte, rank, user_data;
    i32 last_z[8];           ///< by return level
    u16 last_intensity[16];  ///< by kind of return
    LargeModel* changed;
    LargeModel* ranks[2];        ///< by scan direction
    LargeModel* bit_bytes[256];  ///< these three by the last value
    LargeModel* classes[256];
    LargeModel* user_datas[256];
    Integers<16, 4> intensity;
    Integers<16, 1> sources;
    Integers<32, 2> dx;
    Integers<32, 22> dy;
    Integers<32, 20> z;
    Median median_dx[16];  ///< by kind of return
    Median median_dy[16];

    void start(Prototypes& prototypes, const u8* first) {
        std::memcpy(&x, first, 4);
        std::memcpy(&y, first + 4, 4);
        bits = first[14];
        class_byte = first[15];
        rank = first[16];
        user_data = first[17];
        std::memcpy(&source, first + 18, 2);
        std::memset(last_z, 0, sizeof last_z);
        std::memset(last_intensity, 0, sizeof last_intensity);
        changed = &prototypes.of_power[6];
        for (auto& model : ranks) model = &prototypes.of_power[8];
        for (u32 k = 0; k < 256; ++k) bit_bytes[k] = classes[k] = user_datas[k] = &prototypes.of_power[8];
        intensity.start(prototypes);
        sources.start(prototypes);
        dx.start(prototypes);
        dy.start(prototypes);
        z.start(prototypes);
        for (auto& median : median_dx) median = {};
        for (auto& median : median_dy) median = {};
    }

    /// Classification, scan angle rank, user data and point source.
    [[gnu::noinline]] void decode_rare(Coder& in_memory, u32 what, Arena& arena) {
        Coder in = in_memory;
        if ((what & kClass) != 0) class_byte = static_cast<u8>(decode_symbol_soon(in, &classes[class_byte], arena));
        if ((what & kRank) != 0) rank = static_cast<u8>(rank + decode_symbol_soon(in, &ranks[bits >> 6 & 1u], arena));
        if ((what & kUserData) != 0) user_data = static_cast<u8>(decode_symbol_soon(in, &user_datas[user_data], arena));
        if ((what & kSource) != 0) source = static_cast<u16>(source + decode_integer_soon(in, sources, 0, arena));
        in_memory = in;
    }

    COPSE_INLINE static i32 step(i32 last, u32 corrector, Median& median) {
        const u32 difference = corrector + static_cast<u32>(median.get());
        median.add(static_cast<i32>(difference));
        return static_cast<i32>(static_cast<u32>(last) + difference);
    }
};

/// As the layer of PDRF 6 to 10, with one symbol more: an unchanged time, which there is told elsewhere.
struct GpsTime11Item {
    using Rules = GpsTimeField;
    static constexpr u32 kUnchanged = 511, kNewSequence = 512, kSymbols = 516;
    static constexpr u32 kFirstDifference = kSymbols;

    Rules::Channel c;
    LargeModel* without_reference;

    void start(Prototypes& prototypes, HugeModel& of516, LargeModel& of6, const u8* first) {
        u64 time;
        std::memcpy(&time, first, 8);
        c.start(prototypes, time);
        c.multiples = &of516;
        without_reference = &of6;
    }

    COPSE_INLINE bool has_reference() const { return c.references[c.current] != 0; }
    COPSE_INLINE static bool is_multiple(u32 choice) { return choice < kUnchanged; }

    COPSE_INLINE u32 decode_choice(Coder& in, Arena& arena) {
        if (has_reference()) [[likely]]
            return decode_symbol_soon(in, &c.multiples, arena);
        const u32 symbol = decode_likely_symbol(in, &without_reference, arena);
        if (symbol == 0) [[likely]]
            return kUnchanged;
        return symbol == 1 ? kFirstDifference : kNewSequence - 2 + symbol;
    }

    COPSE_INLINE void decode_multiple(Coder& in, u32 choice, Arena& arena) {
        const u32 corrector = decode_integer_soon(in, c.integers, Rules::context(choice), arena);
        Rules::apply(c, choice, Rules::prediction(c, choice) + corrector);
    }

    /// What follows a choice.
    COPSE_INLINE void decode_rest(Coder& in, u32 choice, Arena& arena) {
        if (is_multiple(choice))
            decode_multiple(in, choice, arena);
        else if (choice != kUnchanged)
            decode_rare(in, choice, arena);
    }

    COPSE_INLINE static bool is_switch(u32 choice) { return choice > kNewSequence && choice < kSymbols; }

    /// Another sequence, a new one, or the first difference of one.
    [[gnu::noinline]] void decode_rare(Coder& in_memory, u32 choice, Arena& arena) {
        Coder in = in_memory;
        if (is_switch(choice)) {
            c.current = (c.current + choice - kNewSequence) & 3u;
            choice = decode_choice(in, arena);
            // Encoders switch only to where the difference fits. A damaged chunk could go on and on.
            if (is_switch(choice)) {
                in.spoil();
                choice = kUnchanged;
            }
        }
        if (choice == kNewSequence) {
            const u64 high = c.integers.decode(in, static_cast<u32>(c.times[c.current] >> 32), 8, arena);
            c.newest = c.current = (c.newest + 1) & 3u;
            c.times[c.current] = high << 32 | decode_raw(in, 32);
            c.references[c.current] = 0;
            c.extremes[c.current] = 0;
        } else if (choice == kFirstDifference) {
            const u32 difference = c.integers.decode(in, 0, 0, arena);
            c.times[c.current] += static_cast<u64>(std::int64_t{static_cast<i32>(difference)});
            c.references[c.current] = static_cast<i32>(difference);
            c.extremes[c.current] = 0;
        } else if (choice != kUnchanged) {
            decode_multiple(in, choice, arena);
        }
        in_memory = in;
    }
};

/// Models for a lane that has nothing to decode.
struct NoMeaning {
    SmallModel<32> of33;
    SmallModel<16> of17;
    Integers<16, 4> intensity;
    Integers<32, 9> gps_time;

    void start(Prototypes& prototypes) {
        of33 = prototypes.of33;
        of17 = prototypes.of17;
        of33.counters.left = of17.counters.left = ~0u;
        for (auto& model : intensity.classes) model = &of17;
        for (auto& model : gps_time.classes) model = &of33;
        for (auto& model : intensity.places) model = &prototypes.nothing;
        for (auto& model : gps_time.places) model = &prototypes.nothing;
    }
};

struct PointwiseState {
    Shared shared;
    HugeModel of516;
    LargeModel of6;
    NoMeaning no_meaning;
    Coder in;
    bool has_gps_time, has_rgb, has_wave;
    Point10Item point;
    GpsTime11Item gps_time;
    RgbItem::Models rgb_models;
    RgbItem::Value rgb;
    WaveItem::Models wave_models;
    WaveItem::Value wave;
    std::size_t extra_count;
    u8* extra;
    LargeModel** extra_models;
};

// ---- steps of some lanes ------------------------------------------------------------------------------------------

/// Symbols that are mostly those before. All lanes' guesses are asked for together: one branch.
template <unsigned Lanes>
COPSE_INLINE void decode_likely_symbols(Coder* in, LargeModel** const* places, Arena* const* arenas, u32* symbols) {
    LargeModel* model[Lanes];
    u32 value[Lanes], length[Lanes];
    u32 misses = 0;
    for_lanes<Lanes>(COPSE_LANE {
        model[lane] = *places[lane];
        const u32 unit = in[lane].length >> 15;
        value[lane] = in[lane].value - model[lane]->counters.guess_share * unit;
        length[lane] = model[lane]->counters.guess_width * unit;
        misses |= static_cast<u32>(value[lane] >= length[lane]);
    });
    if (misses == 0) [[likely]] {
        for_lanes<Lanes>(COPSE_LANE {
            in[lane].value = value[lane];
            in[lane].length = length[lane];
            in[lane].renormalise();
            symbols[lane] = model[lane]->counters.guess;
            count_symbol(places[lane], model[lane], symbols[lane], *arenas[lane]);
        });
        return;
    }
    decode_lane_symbols<Lanes>(in, places, arenas, symbols);
    for_lanes<Lanes>(COPSE_LANE {
        LargeModel& now = **places[lane];
        if (symbols[lane] + 1 != now.counters.symbols) take_guess(now, symbols[lane]);
    });
}

/// Correctors where they are wanted.
template <unsigned Lanes, unsigned Bits, unsigned Contexts>
COPSE_INLINE void decode_integers_where(const bool* wanted, Coder* in, Integers<Bits, Contexts>* const* integers,
                                        Integers<Bits, Contexts>* const* no_meaning, const u32* contexts,
                                        Arena* const* arenas, u32* correctors) {
    constexpr u32 kNoRawBits = 8;
    Coder before[Lanes];
    Integers<Bits, Contexts>* chosen[Lanes];
    typename Integers<Bits, Contexts>::Classes** classes[Lanes];
    u32 k[Lanes];
    for_lanes<Lanes>(COPSE_LANE {
        before[lane] = in[lane];
        chosen[lane] = wanted[lane] ? integers[lane] : no_meaning[lane];
        classes[lane] = &chosen[lane]->classes[contexts[lane]];
    });
    decode_lane_symbols<Lanes>(in, classes, arenas, k);
    for_lanes<Lanes>(COPSE_LANE { k[lane] = wanted[lane] ? k[lane] : kNoRawBits; });
    decode_lane_correctors<Lanes>(in, chosen, k, arenas, correctors);
    for_lanes<Lanes>(COPSE_LANE {
        in[lane].value = wanted[lane] ? in[lane].value : before[lane].value;
        in[lane].length = wanted[lane] ? in[lane].length : before[lane].length;
        in[lane].next = wanted[lane] ? in[lane].next : before[lane].next;
    });
}

/// Correctors of all lanes.
template <unsigned Lanes, unsigned Bits, unsigned Contexts>
COPSE_INLINE void decode_integers(Coder* in, Integers<Bits, Contexts>* const* integers, const u32* contexts,
                                  Arena* const* arenas, u32* k, u32* correctors) {
    typename Integers<Bits, Contexts>::Classes** classes[Lanes];
    for_lanes<Lanes>(COPSE_LANE { classes[lane] = &integers[lane]->classes[contexts[lane]]; });
    decode_lane_symbols<Lanes>(in, classes, arenas, k);
    decode_lane_correctors<Lanes>(in, integers, k, arenas, correctors);
}

/// The points of some chunks in lockstep.
template <unsigned Lanes>
struct PointwiseLanes {
    Coder in[Lanes];
    Arena* arenas[Lanes];
    PointwiseState* states[Lanes];
    LargeModel* nothing[Lanes];
    LargeModel** nothings[Lanes];

    COPSE_INLINE void load(PointwiseState* const* from) {
        for_lanes<Lanes>(COPSE_LANE {
            states[lane] = from[lane];
            in[lane] = from[lane]->in;
            arenas[lane] = &from[lane]->shared.arena;
            nothing[lane] = &from[lane]->shared.prototypes.nothing;
            nothings[lane] = &nothing[lane];
        });
    }
    COPSE_INLINE void store() {
        for_lanes<Lanes>(COPSE_LANE { states[lane]->in = in[lane]; });
    }
    COPSE_INLINE void hold() {
        for_lanes<Lanes>(COPSE_LANE { in[lane].hold(); });
    }

    COPSE_INLINE void decode_symbols_if(u32 any, const u32* wanted, LargeModel** const* places, u32* symbols) {
        if (any == 0) return;
        if constexpr (Lanes == 1)
            decode_lane_symbols<1>(in, places, arenas, symbols);
        else
            decode_symbols_where<Lanes>(wanted, in, places, nothings, arenas, symbols);
    }

    COPSE_INLINE void decode_point(const ColumnPointers* outs, u32 i) {
        LargeModel** places[Lanes];
        u32 changed[Lanes], wanted[Lanes], symbols[Lanes];
        u32 any = 0, all = ~0u;
        for_lanes<Lanes>(COPSE_LANE { places[lane] = &states[lane]->point.changed; });
        decode_likely_symbols<Lanes>(in, places, arenas, changed);
        for_lanes<Lanes>(COPSE_LANE {
            any |= changed[lane];
            all &= changed[lane];
        });

        if ((any & Point10Item::kBits) != 0) {
            for_lanes<Lanes>(COPSE_LANE {
                Point10Item& p = states[lane]->point;
                places[lane] = &p.bit_bytes[p.bits];
                wanted[lane] = changed[lane] & Point10Item::kBits;
            });
            decode_symbols_if(1, wanted, places, symbols);
            for_lanes<Lanes>(COPSE_LANE {
                Point10Item& p = states[lane]->point;
                p.bits = wanted[lane] != 0 ? static_cast<u8>(symbols[lane]) : p.bits;
            });
        }
        const PointwiseReturn* returns[Lanes];
        for_lanes<Lanes>(COPSE_LANE { returns[lane] = &kPointwiseReturns.of[states[lane]->point.bits & 63u]; });

        if ((any & Point10Item::kIntensity) != 0) decode_intensity(changed, all, returns);
        if ((any & Point10Item::kRare) != 0) {
            for_lanes<Lanes>(COPSE_LANE {
                if ((changed[lane] & Point10Item::kRare) != 0) {
                    Coder coder = in[lane];
                    states[lane]->point.decode_rare(coder, changed[lane], *arenas[lane]);
                    in[lane] = coder;
                }
            });
        }
        decode_coordinates(outs, i, returns);
        hold();
        for_lanes<Lanes>(COPSE_LANE {
            const Point10Item& p = states[lane]->point;
            const ColumnPointers& out = outs[lane];
            out.intensity[i] = p.last_intensity[returns[lane]->kind];
            out.returns[i] = returns[lane]->packed;
            out.classification[i] = p.class_byte & 31u;
            out.flags[i] = static_cast<u8>(p.class_byte >> 5 | (p.bits >> 6) << 4);
            out.scan_angle[i] = static_cast<signed char>(p.rank);
            out.user_data[i] = p.user_data;
            out.point_source[i] = p.source;
        });
    }

    COPSE_INLINE void decode_intensity(const u32* changed, u32 all, const PointwiseReturn* const* returns) {
        Integers<16, 4>* integers[Lanes];
        u32 contexts[Lanes], k[Lanes], correctors[Lanes];
        bool wanted[Lanes];
        for_lanes<Lanes>(COPSE_LANE {
            integers[lane] = &states[lane]->point.intensity;
            contexts[lane] = returns[lane]->intensity_context;
            wanted[lane] = (changed[lane] & Point10Item::kIntensity) != 0;
        });
        if ((all & Point10Item::kIntensity) != 0) {
            decode_integers<Lanes>(in, integers, contexts, arenas, k, correctors);
        } else {
            Integers<16, 4>* no_meaning[Lanes];
            for_lanes<Lanes>(COPSE_LANE { no_meaning[lane] = &states[lane]->no_meaning.intensity; });
            decode_integers_where<Lanes>(wanted, in, integers, no_meaning, contexts, arenas, correctors);
        }
        for_lanes<Lanes>(COPSE_LANE {
            u16& last = states[lane]->point.last_intensity[returns[lane]->kind];
            last = static_cast<u16>(last + (wanted[lane] ? correctors[lane] : 0));
        });
    }

    COPSE_INLINE void decode_coordinates(const ColumnPointers* outs, u32 i, const PointwiseReturn* const* returns) {
        Integers<32, 2>* dx[Lanes];
        Integers<32, 22>* dy[Lanes];
        Integers<32, 20>* z[Lanes];
        u32 contexts[Lanes], kx[Lanes], ky[Lanes], kz[Lanes], x[Lanes], y[Lanes], height[Lanes];
        for_lanes<Lanes>(COPSE_LANE {
            dx[lane] = &states[lane]->point.dx;
            dy[lane] = &states[lane]->point.dy;
            z[lane] = &states[lane]->point.z;
            contexts[lane] = returns[lane]->single;
        });
        decode_integers<Lanes>(in, dx, contexts, arenas, kx, x);
        for_lanes<Lanes>(
            COPSE_LANE { contexts[lane] = returns[lane]->single + (kx[lane] < 20 ? kx[lane] & ~1u : 20); });
        decode_integers<Lanes>(in, dy, contexts, arenas, ky, y);
        for_lanes<Lanes>(COPSE_LANE {
            const u32 k = (kx[lane] + ky[lane]) >> 1;
            contexts[lane] = returns[lane]->single + (k < 18 ? k & ~1u : 18);
            Point10Item& p = states[lane]->point;
            const u32 kind = returns[lane]->kind;
            outs[lane].x[i] = p.x = Point10Item::step(p.x, x[lane], p.median_dx[kind]);
            outs[lane].y[i] = p.y = Point10Item::step(p.y, y[lane], p.median_dy[kind]);
        });
        decode_integers<Lanes>(in, z, contexts, arenas, kz, height);
        for_lanes<Lanes>(COPSE_LANE {
            i32& last = states[lane]->point.last_z[returns[lane]->level];
            outs[lane].z[i] = last = static_cast<i32>(static_cast<u32>(last) + height[lane]);
        });
    }

    COPSE_INLINE void decode_gps_time(const ColumnPointers* outs, u32 i) {
        if constexpr (Lanes == 1) {
            GpsTime11Item& item = states[0]->gps_time;
            item.decode_rest(in[0], item.decode_choice(in[0], *arenas[0]), *arenas[0]);
        } else {
            decode_gps_times();
        }
        hold();
        for_lanes<Lanes>(COPSE_LANE {
            const auto& c = states[lane]->gps_time.c;
            reinterpret_cast<GpsTimeField::Column*>(outs[lane].gps_time)[i] = c.times[c.current];
        });
    }

    COPSE_INLINE void decode_gps_times() {
        HugeModel** multiples[Lanes];
        GpsTime11Item* items[Lanes];
        u32 choices[Lanes];
        bool together = true;
        for_lanes<Lanes>(COPSE_LANE {
            items[lane] = &states[lane]->gps_time;
            multiples[lane] = &items[lane]->c.multiples;
            together &= items[lane]->has_reference();
        });
        if (together) [[likely]]
            decode_lane_symbols<Lanes>(in, multiples, arenas, choices);
        else
            for_lanes<Lanes>(COPSE_LANE { choices[lane] = items[lane]->decode_choice(in[lane], *arenas[lane]); });
        u32 lowest = ~0u, highest = 0;
        for_lanes<Lanes>(COPSE_LANE {
            lowest = choices[lane] < lowest ? choices[lane] : lowest;
            highest = choices[lane] > highest ? choices[lane] : highest;
        });
        if (lowest == GpsTime11Item::kUnchanged && highest == GpsTime11Item::kUnchanged) return;
        if (highest > GpsTime11Item::kUnchanged) [[unlikely]] {
            for_lanes<Lanes>(COPSE_LANE {
                Coder coder = in[lane];
                items[lane]->decode_rest(coder, choices[lane], *arenas[lane]);
                in[lane] = coder;
            });
            return;
        }
        Integers<32, 9>* integers[Lanes];
        u32 contexts[Lanes], k[Lanes], correctors[Lanes];
        for_lanes<Lanes>(COPSE_LANE {
            integers[lane] = &items[lane]->c.integers;
            contexts[lane] = GpsTimeField::context(choices[lane] < 511 ? choices[lane] : 0);
        });
        if (highest != GpsTime11Item::kUnchanged) {
            decode_integers<Lanes>(in, integers, contexts, arenas, k, correctors);
        } else {
            bool wanted[Lanes];
            Integers<32, 9>* no_meaning[Lanes];
            for_lanes<Lanes>(COPSE_LANE {
                wanted[lane] = choices[lane] != GpsTime11Item::kUnchanged;
                no_meaning[lane] = &states[lane]->no_meaning.gps_time;
            });
            decode_integers_where<Lanes>(wanted, in, integers, no_meaning, contexts, arenas, correctors);
        }
        for_lanes<Lanes>(COPSE_LANE {
            auto& c = items[lane]->c;
            if (choices[lane] != GpsTime11Item::kUnchanged)
                GpsTimeField::apply(c, choices[lane], GpsTimeField::prediction(c, choices[lane]) + correctors[lane]);
        });
    }

    COPSE_INLINE void decode_rgb(const ColumnPointers* outs, u32 i) {
        LargeModel** places[Lanes];
        u32 used[Lanes], coded[Lanes], symbols[Lanes], wanted[Lanes];
        u32 difference[Lanes][6] = {};
        u32 any = 0;
        for_lanes<Lanes>(COPSE_LANE { places[lane] = &states[lane]->rgb_models.used; });
        decode_likely_symbols<Lanes>(in, places, arenas, used);
        for_lanes<Lanes>(COPSE_LANE {
            coded[lane] = RgbItem::coded_bytes(used[lane]);
            any |= coded[lane];
        });
        const auto decode_byte = [&](auto byte) COPSE_INLINED {
            for_lanes<Lanes>(COPSE_LANE {
                wanted[lane] = coded[lane] & 1u << byte;
                places[lane] = &states[lane]->rgb_models.differences[byte];
            });
            decode_symbols_if(any >> byte & 1u, wanted, places, symbols);
            for_lanes<Lanes>(COPSE_LANE { difference[lane][byte] = symbols[lane]; });
        };
        for_lanes<Lanes>(COPSE_LANE { symbols[lane] = 0; });
        decode_byte(LaneIndex<0>{});
        decode_byte(LaneIndex<1>{});
        decode_byte(LaneIndex<2>{});
        decode_byte(LaneIndex<4>{});
        decode_byte(LaneIndex<3>{});
        decode_byte(LaneIndex<5>{});
        hold();
        for_lanes<Lanes>(COPSE_LANE {
            RgbItem::Value& last = states[lane]->rgb;
            RgbItem::apply(last, used[lane], difference[lane]);
            outs[lane].red[i] = last.red;
            outs[lane].green[i] = last.green;
            outs[lane].blue[i] = last.blue;
        });
    }

    COPSE_INLINE void decode_wave(const ColumnPointers* outs, u32 i) {
        for_lanes<Lanes>(COPSE_LANE {
            PointwiseState& s = *states[lane];
            Coder coder = in[lane];
            WaveItem::decode(coder, s.wave_models, s.wave, *arenas[lane]);
            in[lane] = coder;
            s.wave.store(outs[lane].wave[i]);
        });
        hold();
    }

    COPSE_INLINE void decode_extra(const ColumnPointers* outs, u32 i) {
        const std::size_t count = states[0]->extra_count;
        for (std::size_t k = 0; k < count; ++k) {
            LargeModel** places[Lanes];
            u32 symbols[Lanes];
            for_lanes<Lanes>(COPSE_LANE { places[lane] = &states[lane]->extra_models[k]; });
            decode_likely_symbols<Lanes>(in, places, arenas, symbols);
            hold();
            for_lanes<Lanes>(COPSE_LANE {
                u8& last = states[lane]->extra[k];
                outs[lane].extra[k][i] = last = static_cast<u8>(last + symbols[lane]);
            });
        }
    }
};

template <unsigned Lanes>
void decode_pointwise_rows(PointwiseState* const* states, const ColumnPointers* outs, u32 rows) {
    const bool gps_time = states[0]->has_gps_time, rgb = states[0]->has_rgb, wave = states[0]->has_wave,
               extra = states[0]->extra_count != 0;
    PointwiseLanes<Lanes> lanes;
    lanes.load(states);
    for (u32 i = 0; i < rows; ++i) {
        lanes.decode_point(outs, i);
        if (gps_time) lanes.decode_gps_time(outs, i);
        if (rgb) lanes.decode_rgb(outs, i);
        if (wave) lanes.decode_wave(outs, i);
        if (extra) lanes.decode_extra(outs, i);
    }
    lanes.store();
}

// ---- the kernel ---------------------------------------------------------------------------------------------------

inline Health start_pointwise(void* memory, const PointwiseInput& input) {
    PointwiseState& s = *static_cast<PointwiseState*>(memory);
    Prototypes& prototypes = s.shared.prototypes;
    s.shared.arena.start(input.memory);
    prototypes.make();
    make_prototype(s.of516, GpsTime11Item::kSymbols);
    make_prototype(s.of6, 6);
    s.no_meaning.start(prototypes);
    const u8* from = input.first;
    s.point.start(prototypes, from);
    from += 20;
    s.has_gps_time = input.gps_time;
    if (input.gps_time) {
        s.gps_time.start(prototypes, s.of516, s.of6, from);
        from += 8;
    }
    s.has_rgb = input.rgb;
    if (input.rgb) {
        s.rgb_models.start(prototypes);
        std::memcpy(&s.rgb, from, 6);
        from += 6;
    }
    s.has_wave = input.wave;
    if (input.wave) {
        s.wave_models.start(prototypes);
        s.wave.parse(from);
        from += 29;
    }
    s.extra_count = input.extra_count;
    if (input.extra_count != 0) {
        s.extra = static_cast<u8*>(s.shared.arena.take(input.extra_count));
        s.extra_models = static_cast<LargeModel**>(s.shared.arena.take(sizeof(LargeModel*) * input.extra_count));
        std::memcpy(s.extra, from, input.extra_count);
        for (std::size_t k = 0; k < input.extra_count; ++k) s.extra_models[k] = &prototypes.of_power[8];
    }
    return s.in.start(input.coded) ? Health::good : Health::damaged;
}

inline void decode_pointwise(void* const* memory, const ColumnPointers* outs, std::size_t lanes, u32 rows,
                             Health* health) {
    PointwiseState* states[kMaxPointwiseLanes];
    for (std::size_t lane = 0; lane < lanes; ++lane) states[lane] = static_cast<PointwiseState*>(memory[lane]);
    if (lanes == 3)
        decode_pointwise_rows<3>(states, outs, rows);
    else if (lanes == 2)
        decode_pointwise_rows<2>(states, outs, rows);
    else
        decode_pointwise_rows<1>(states, outs, rows);
    for (std::size_t lane = 0; lane < lanes; ++lane)
        health[lane] = states[lane]->in.damaged() ? Health::damaged : Health::good;
}

inline const u8* pointwise_position(const void* memory) { return static_cast<const PointwiseState*>(memory)->in.next; }

const PointwiseKernel kPointwiseKernel{sizeof(PointwiseState), start_pointwise, decode_pointwise, pointwise_position};

}  // namespace copse::laz::fast::COPSE_LAZ_FORM
