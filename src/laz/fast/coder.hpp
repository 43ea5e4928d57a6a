// The decoding of symbols, bits and plain numbers. Included by form.hpp only.
//
// Safe for any bytes: value < length holds from the start (strings that begin FF FF FF FF are refused) and every step
// keeps it, length is at least 2^24 after each step, so no quotient is taken by zero and every symbol is in its
// alphabet. The pointer is held back once a point (Coder::hold), never within one: what a point can take beyond the end
// is readable (kPadding).
#pragma once

#include "laz/fast/model.hpp"

namespace copse::laz::fast::COPSE_LAZ_FORM {

struct Coder {
    u32 value;
    u32 length;
    const u8* next;
    const u8* limit;  ///< one byte after the end: there the string has proven too short, or wrong

    /// False if the bytes cannot be those of a coder.
    bool start(Range bytes) {
        value = 0;
        length = 0xffffffff;
        next = limit = bytes.end + 1;
        if (bytes.end - bytes.begin < 4) return false;
        next = bytes.begin;
        value = load_next();
        next += 4;
        return value != 0xffffffff;
    }

    COPSE_INLINE void hold() { next = next < limit ? next : limit; }
    COPSE_INLINE bool damaged() const { return next >= limit; }
    COPSE_INLINE bool at_end() const { return next + 1 == limit; }
    /// For numbers that cannot be. The decoder goes on with ones that mean nothing until somebody asks.
    COPSE_INLINE void spoil() { next = limit; }

    COPSE_INLINE u32 load_next() const {
        u32 bytes;
        std::memcpy(&bytes, next, 4);
        return __builtin_bswap32(bytes);
    }

    /// Brings length back to 2^24 or more, by 0 to 3 bytes: which it is cannot be predicted, so there is no branch.
    COPSE_INLINE void renormalise() {
        u32 bytes = static_cast<u32>(__builtin_clz(length)) >> 3;
#if defined(__x86_64__)
        asm("" : "+r"(bytes));  // else the compiler finds the shift below by a mask, and needs a register more
#endif
        const u32 shift = bytes * 8;
        const u64 ahead = u64{value} << 32 | load_next();
        value = static_cast<u32>((ahead << shift) >> 32);
        length <<= shift;
        next += bytes;
    }
};

/// Narrows the interval to a symbol, given its share and the next one's.
COPSE_INLINE void take_symbol(Coder& in, u32 unit, i32 share, i32 next_share) {
    // Shares are C - 1: `unit` is added back on both sides.
    const u32 low = static_cast<u32>(share) * unit;
    const u32 rest = in.length - unit;
    const u32 high = next_share == kAbove ? rest : static_cast<u32>(next_share) * unit;
    in.value = in.value - unit - low;
    in.length = high - low;
    in.renormalise();
}

/// The same for a symbol that is known not to be the last one.
COPSE_INLINE void take_inner_symbol(Coder& in, u32 unit, i32 share, i32 next_share) {
    const u32 low = static_cast<u32>(share) * unit;
    in.value = in.value - unit - low;
    in.length = static_cast<u32>(next_share) * unit - low;
    in.renormalise();
}

template <class Model>
COPSE_INLINE void count_symbol(Model** place, Model* model, u32 symbol, Arena& arena) {
    ++model->counts[symbol];
    if (--model->counters.left == 0) [[unlikely]]
        update(place, symbol, arena);
}

template <class Entry>
COPSE_INLINE Entry* at_byte(Entry* array, u32 byte) {
    return reinterpret_cast<Entry*>(reinterpret_cast<u8*>(array) + byte);
}
template <class Entry>
COPSE_INLINE const Entry* at_byte(const Entry* array, u32 byte) {
    return reinterpret_cast<const Entry*>(reinterpret_cast<const u8*>(array) + byte);
}

inline constexpr u32 kCountBytes = 2 / kCountScale;  // a count in bytes of a table

/// 33 symbols are the classes of 32-bit numbers, and the last of them is that of a single number, -2^31.
COPSE_INLINE u32 decode_symbol(Coder& in, SmallModel<32>** place, Arena& arena) {
    SmallModel<32>* const model = *place;
    const u32 unit = in.length >> 15;
    const u32 symbol = count32(model->shares + 1, spread(in.value / unit));
    if (symbol == 32) [[unlikely]]
        take_symbol(in, unit, model->shares[symbol], kAbove);
    else
        take_inner_symbol(in, unit, model->shares[symbol], model->shares[symbol + 1]);
    count_symbol(place, model, symbol, arena);
    return symbol;
}

COPSE_INLINE u32 decode_symbol(Coder& in, SmallModel<16>** place, Arena& arena) {
    SmallModel<16>* const model = *place;
    const u32 unit = in.length >> 15;
    const u32 symbol = count16(model->shares + 1, spread(in.value / unit)) / kCountScale;
    take_symbol(in, unit, model->shares[symbol], model->shares[symbol + 1]);
    count_symbol(place, model, symbol, arena);
    return symbol;
}

/// Position of a symbol in bytes of the tables.
COPSE_INLINE u32 find_byte(const LargeModel& model, u32 quotient) {
    const Quotient q = spread(quotient);
    const u32 group = count16(model.coarse, q) * (16 * kCountBytes);
    return group + count16(at_byte(model.shares, group), q) * kCountBytes - 2;
}
COPSE_INLINE u32 find_byte(const HugeModel& model, u32 quotient) {
    const Quotient q = spread(quotient);
    const u32 group = count32(model.coarse, q) * 32;
    return group + count16(at_byte(model.shares, group), q) * kCountBytes - 2;
}

template <class Model>
COPSE_INLINE u32 decode_symbol(Coder& in, Model** place, Arena& arena) {
    Model* const model = *place;
    const u32 unit = in.length >> 15;
    const u32 byte = find_byte(*model, in.value / unit);
    take_symbol(in, unit, *at_byte(model->shares, byte), *at_byte(model->shares + 1, byte));
    ++*at_byte(model->counts, byte);
    const u32 symbol = byte >> 1;
    if (--model->counters.left == 0) [[unlikely]]
        update(place, symbol, arena);
    return symbol;
}

/// The same for symbols that are mostly those before: asks for the guess first, which needs no division and no search.
template <class Model>
COPSE_INLINE u32 decode_likely_symbol(Coder& in, Model** place, Arena& arena) {
    Model* const model = *place;
    const u32 unit = in.length >> 15;
    const u32 value = in.value - model->counters.guess_share * unit;
    const u32 length = model->counters.guess_width * unit;
    if (value < length) [[likely]] {
        const u32 guess = model->counters.guess;
        in.value = value;
        in.length = length;
        // A likely symbol takes a fraction of a bit, so here the branch is predictable.
        if (length < 1u << 24) [[unlikely]]
            in.renormalise();
        count_symbol(place, model, guess, arena);
        return guess;
    }
    const u32 byte = find_byte(*model, in.value / unit);
    take_symbol(in, unit, *at_byte(model->shares, byte), *at_byte(model->shares + 1, byte));
    const u32 symbol = byte >> 1;
    if (symbol + 1 != model->counters.symbols) take_guess(*model, symbol);
    count_symbol(place, model, symbol, arena);
    return symbol;
}

COPSE_INLINE u32 decode_bit(Coder& in, BitModel& model) {
    const u32 zero = model.zero_share * (in.length >> 13);
    const u32 bit = in.value >= zero ? 1 : 0;
    const u32 mask = 0u - bit;
    in.value -= zero & mask;
    in.length = (zero & ~mask) | ((in.length - zero) & mask);
    in.renormalise();
    model.zeros += bit ^ 1u;
    if (--model.left == 0) [[unlikely]]
        model.update();
    return bit;
}

/// @pre 1 <= bits <= 19
COPSE_INLINE u32 decode_raw_part(Coder& in, u32 bits) {
    in.length >>= bits;
    const u32 number = in.value / in.length;
    in.value -= number * in.length;
    in.renormalise();
    if (number >> bits != 0) [[unlikely]]
        in.spoil();
    return number;
}

/// A number that was stored without a model. @pre 1 <= bits <= 32
COPSE_INLINE u32 decode_raw(Coder& in, u32 bits) {
    if (bits > 19) [[unlikely]] {
        const u32 low = decode_raw_part(in, 16);
        return decode_raw_part(in, bits - 16) << 16 | (low & 0xffffu);
    }
    return decode_raw_part(in, bits);
}

// ---- lanes --------------------------------------------------------------------------------------------------------

template <unsigned Index>
struct LaneIndex {
    static constexpr unsigned value = Index;
    constexpr operator unsigned() const { return Index; }
};

/// Calls `use` for every lane, spelt out: a loop would keep what a lane holds in memory.
template <unsigned Lanes, class Use>
COPSE_INLINE void for_lanes(Use use) {
    use(LaneIndex<0>{});
    if constexpr (Lanes > 1) use(LaneIndex<1>{});
    if constexpr (Lanes > 2) use(LaneIndex<2>{});
    if constexpr (Lanes > 3) use(LaneIndex<3>{});
    static_assert(Lanes <= 4);
}
#define COPSE_LANE [&](auto lane) COPSE_INLINED

// Symbols that do not wait for each other, of several chunks or of several layers of one, are decoded together: each
// step of one symbol waits for the step before, and the processor's list of waiting instructions is much shorter than
// two or three symbols, so every step is taken for all of them before the next.

/// A symbol on its way.
template <class Model>
struct SymbolStep {
    Model* model;
    u32 unit;
    u32 found;  ///< the quotient, then the symbol, or its position in bytes of the tables

    COPSE_INLINE void divide(const Coder& in, Model** place) {
        model = *place;
        unit = in.length >> 15;
        found = in.value / unit;
    }
    COPSE_INLINE void find() {
        if constexpr (requires { model->coarse; })
            found = find_byte(*model, found);
        else if constexpr (Model::kSymbols == 33)
            found = count32(model->shares + 1, spread(found));
        else
            found = count16(model->shares + 1, spread(found)) / kCountScale;
    }
    /// The last of 33 symbols is the class of a single number, -2^31; of other alphabets it is as good as any.
    COPSE_INLINE bool is_rare() const { return Model::kSymbols == 33 && found == 32; }
    COPSE_INLINE void take(Coder& in) const {
        if constexpr (requires { model->coarse; }) {
            const i16* share = at_byte(model->shares, found);
            take_symbol(in, unit, share[0], share[1]);
        } else if constexpr (Model::kSymbols == 33) {
            take_inner_symbol(in, unit, model->shares[found], model->shares[found + 1]);
        } else {
            take_symbol(in, unit, model->shares[found], model->shares[found + 1]);
        }
    }
    COPSE_INLINE void take_any(Coder& in) const {
        if (is_rare())
            take_symbol(in, unit, model->shares[found], kAbove);
        else
            take(in);
    }
    COPSE_INLINE u32 count(Model** place, Arena& arena) const {
        u32 symbol = found;
        if constexpr (requires { model->coarse; }) {
            ++*at_byte(model->counts, found);
            symbol = found >> 1;
        } else {
            ++model->counts[found];
        }
        if (--model->counters.left == 0) [[unlikely]]
            update(place, symbol, arena);
        return symbol;
    }
};

/// A symbol of each of several chunks.
template <unsigned Lanes, class Model>
COPSE_INLINE void decode_symbols(Coder* in, Model** const* places, Arena* const* arenas, u32* symbols) {
    SymbolStep<Model> steps[Lanes];
    for_lanes<Lanes>(COPSE_LANE { steps[lane].divide(in[lane], places[lane]); });
    for_lanes<Lanes>(COPSE_LANE { steps[lane].find(); });
    u32 any_rare = 0;
    for_lanes<Lanes>(COPSE_LANE { any_rare |= static_cast<u32>(steps[lane].is_rare()); });
    if (any_rare == 0) [[likely]]
        for_lanes<Lanes>(COPSE_LANE { steps[lane].take(in[lane]); });
    else
        for_lanes<Lanes>(COPSE_LANE { steps[lane].take_any(in[lane]); });
    for_lanes<Lanes>(COPSE_LANE { symbols[lane] = steps[lane].count(places[lane], *arenas[lane]); });
}

/// A symbol of each of two layers.
template <class ModelA, class ModelB>
COPSE_INLINE void decode_two_symbols(Coder& in_a, ModelA** place_a, u32& symbol_a, Coder& in_b, ModelB** place_b,
                                     u32& symbol_b, Arena& arena) {
    SymbolStep<ModelA> a;
    SymbolStep<ModelB> b;
    a.divide(in_a, place_a);
    b.divide(in_b, place_b);
    a.find();
    b.find();
    if ((static_cast<u32>(a.is_rare()) | static_cast<u32>(b.is_rare())) == 0) [[likely]] {
        a.take(in_a);
        b.take(in_b);
    } else {
        a.take_any(in_a);
        b.take_any(in_b);
    }
    symbol_a = a.count(place_a, arena);
    symbol_b = b.count(place_b, arena);
}

/// The same for lanes of which some may have no symbol to decode: these do the work as well, on a model of no meaning,
/// and are put back to where they were. Cheaper than a branch that cannot be predicted.
template <unsigned Lanes>
COPSE_INLINE void decode_symbols_where(const u32* wanted, Coder* in, LargeModel** const* places,
                                       LargeModel** const* nothing, Arena* const* arenas, u32* symbols) {
    LargeModel** chosen[Lanes];
    Coder before[Lanes];
    for_lanes<Lanes>(COPSE_LANE {
        chosen[lane] = wanted[lane] != 0 ? places[lane] : nothing[lane];
        before[lane] = in[lane];
    });
    decode_symbols<Lanes>(in, chosen, arenas, symbols);
    for_lanes<Lanes>(COPSE_LANE {
        in[lane].value = wanted[lane] != 0 ? in[lane].value : before[lane].value;
        in[lane].length = wanted[lane] != 0 ? in[lane].length : before[lane].length;
        in[lane].next = wanted[lane] != 0 ? in[lane].next : before[lane].next;
    });
}

// ---- integers -----------------------------------------------------------------------------------------------------

/// Completes a place in class k, 1 to 31: its upper 8 bits have a model, what is below follows as it is.
COPSE_INLINE u32 complete_place(Coder& in, u32 k, u32 place) {
    if (k > 8) {
        const u32 bits = k - 8;
        place = place << bits | decode_raw(in, bits);
    }
    return place;
}

/// The corrector at a place in class k, 1 to 31, modulo 2^32. The lower half of the places are the negative numbers.
COPSE_INLINE u32 corrector_at(u32 k, u32 place) { return place + 1 + (((place >> (k - 1)) - 1) << k); }

/// Correctors of integers, `laz/coder.md` section 3: their classes have contexts, the places in a class are shared.
template <unsigned Bits, unsigned Contexts>
struct Integers {
    using Classes = SmallModel<Bits>;
    Classes* classes[Contexts];
    LargeModel* places[33];  ///< of classes 1 to Bits, or to 31
    BitModel zero_or_one;    ///< class 0

    void start(Prototypes& prototypes) {
        for (auto& model : classes) {
            if constexpr (Bits == 32)
                model = &prototypes.of33;
            else
                model = &prototypes.of17;
        }
        for (u32 k = 1; k < 33; ++k) places[k] = &prototypes.of_power[k < 8 ? k : 8];
        places[0] = nullptr;
        zero_or_one = {};
    }

    COPSE_INLINE u32 decode_class(Coder& in, u32 context, Arena& arena) {
        return decode_symbol(in, &classes[context], arena);
    }

    /// The corrector of a class, modulo 2^32.
    COPSE_INLINE u32 decode_corrector(Coder& in, u32 k, Arena& arena) {
        if (k - 1 >= 31) [[unlikely]]
            return k == 0 ? decode_bit(in, zero_or_one) : 0x80000000u;
        return corrector_at(k, complete_place(in, k, decode_symbol(in, &places[k], arena)));
    }

    COPSE_INLINE u32 decode(Coder& in, u32 prediction, u32 context, Arena& arena) {
        const u32 k = decode_class(in, context, arena);
        return prediction + decode_corrector(in, k, arena);
    }
};

/// Correctors of several chunks, from their classes.
template <unsigned Lanes, unsigned Bits, unsigned Contexts>
COPSE_INLINE void decode_correctors(Coder* in, Integers<Bits, Contexts>* const* integers, const u32* k,
                                    Arena* const* arenas, u32* correctors) {
    u32 any_rare = 0;
    for_lanes<Lanes>(COPSE_LANE { any_rare |= static_cast<u32>(k[lane] - 1 >= 31); });
    if (any_rare != 0) [[unlikely]] {
        for_lanes<Lanes>(
            COPSE_LANE { correctors[lane] = integers[lane]->decode_corrector(in[lane], k[lane], *arenas[lane]); });
        return;
    }
    LargeModel** places[Lanes];
    u32 place[Lanes];
    for_lanes<Lanes>(COPSE_LANE { places[lane] = &integers[lane]->places[k[lane]]; });
    decode_symbols<Lanes>(in, places, arenas, place);
    for_lanes<Lanes>(COPSE_LANE { place[lane] = complete_place(in[lane], k[lane], place[lane]); });
    for_lanes<Lanes>(COPSE_LANE { correctors[lane] = corrector_at(k[lane], place[lane]); });
}

/// Correctors of two layers, from their classes.
template <unsigned BitsA, unsigned ContextsA, unsigned BitsB, unsigned ContextsB>
COPSE_INLINE void decode_two_correctors(Coder& in_a, Integers<BitsA, ContextsA>& integers_a, u32 k_a, u32& corrector_a,
                                        Coder& in_b, Integers<BitsB, ContextsB>& integers_b, u32 k_b, u32& corrector_b,
                                        Arena& arena) {
    if ((static_cast<u32>(k_a - 1 >= 31) | static_cast<u32>(k_b - 1 >= 31)) != 0) [[unlikely]] {
        corrector_a = integers_a.decode_corrector(in_a, k_a, arena);
        corrector_b = integers_b.decode_corrector(in_b, k_b, arena);
        return;
    }
    u32 place_a, place_b;
    decode_two_symbols(in_a, &integers_a.places[k_a], place_a, in_b, &integers_b.places[k_b], place_b, arena);
    corrector_a = corrector_at(k_a, complete_place(in_a, k_a, place_a));
    corrector_b = corrector_at(k_b, complete_place(in_b, k_b, place_b));
}

}  // namespace copse::laz::fast::COPSE_LAZ_FORM
