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
        const u32 shift = static_cast<u32>(__builtin_clz(length)) & 24u;
        const u64 ahead = u64{value} << 32 | load_next();
        value = static_cast<u32>((ahead << shift) >> 32);
        length <<= shift;
        next += shift >> 3;
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
        take_symbol(in, unit, model->shares[32], kAbove);
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
    u32 symbol = model->counters.guess;
    {
        const i32 next_share = model->shares[symbol + 1];
        const u32 low = static_cast<u32>(i32{model->shares[symbol]}) * unit + unit;
        const u32 high = next_share == kAbove ? in.length : static_cast<u32>(next_share) * unit + unit;
        const u32 value = in.value - low;
        const u32 length = high - low;
        if (value < length) [[likely]] {
            in.value = value;
            in.length = length;
            in.renormalise();
            count_symbol(place, model, symbol, arena);
            return symbol;
        }
    }
    const u32 byte = find_byte(*model, in.value / unit);
    take_symbol(in, unit, *at_byte(model->shares, byte), *at_byte(model->shares + 1, byte));
    symbol = byte >> 1;
    model->counters.guess = static_cast<u16>(symbol);
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

// ---- integers
// ---------------------------------------------------------------------------------------------------------

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
        u32 place = decode_symbol(in, &places[k], arena);
        if (k > 8) {
            const u32 bits = k - 8;
            place = place << bits | decode_raw(in, bits);
        }
        // The lower half of the places are the negative numbers.
        return place + 1 + (((place >> (k - 1)) - 1) << k);
    }

    COPSE_INLINE u32 decode(Coder& in, u32 prediction, u32 context, Arena& arena) {
        const u32 k = decode_class(in, context, arena);
        return prediction + decode_corrector(in, k, arena);
    }
};

}  // namespace copse::laz::fast::COPSE_LAZ_FORM
