// Models of the fast encoder: as those of models.hpp, but laid out for looking up shares, and made when first used.
// Included by fast_encode_form.hpp only.
#pragma once

#include "laz/fast_encode_kernel.hpp"

namespace copse::laz::fast_encode::COPSE_ENCODE_FORM {

/// How far a model has come. All zero: it is not there yet. Its table is made, and later brought up to date, when a
/// symbol is asked for and none is left; so one test serves both.
struct Progress {
    u16 left;   ///< symbols until the table is brought up to date
    u16 cycle;  ///< symbols from one time to the next
    u32 total;  ///< of all counts when it was last brought up to date
};

inline constexpr u32 kSymbolShift = 15;
inline constexpr u32 kBitShift = 13;

[[gnu::noinline]] inline void refresh_symbols(Progress& p, u32 symbols, u16* cumulative, u16* counts) {
    constexpr u32 kMaxTotal = 1u << kSymbolShift;
    if (p.total == 0) {
        for (u32 k = 0; k < symbols; ++k) counts[k] = 1;
        p.total = symbols;
        p.cycle = static_cast<u16>((symbols + 6) >> 1);
    } else {
        p.total += p.cycle;
        if (p.total > kMaxTotal) {
            p.total = 0;
            for (u32 k = 0; k < symbols; ++k) {
                counts[k] = static_cast<u16>((counts[k] + 1u) >> 1);
                p.total += counts[k];
            }
        }
        const u32 longer = (5u * p.cycle) >> 2;
        const u32 longest = 8 * (symbols + 6);
        p.cycle = static_cast<u16>(longer < longest ? longer : longest);
    }
    p.left = static_cast<u16>(p.cycle - 1);  // the one that asked is the first

    const u32 scale = 0x80000000u / p.total;
    u32 sum = 0;
    for (u32 k = 0; k < symbols; ++k) {
        cumulative[k] = static_cast<u16>(sum);
        sum += counts[k];
    }
    // Half the product at a time, in 16 bits: (scale * sum) >> 16.
    const auto scale_high = static_cast<u16>(scale >> 16);
    const auto scale_low = static_cast<u16>(scale);
    for (u32 k = 0; k < symbols; ++k) {
        const u16 s = cumulative[k];
        const auto high = static_cast<u16>(u32{scale_high} * s);
        const auto low = static_cast<u16>((u32{scale_low} * s) >> 16);
        cumulative[k] = static_cast<u16>(high + low);
    }
    cumulative[symbols] = cumulative[symbols - 1];
}

/// A bit is a symbol of two, in shares of 1/8192 and with a rule of its own.
[[gnu::noinline]] inline void refresh_bit(Progress& p, u16* cumulative, u16* counts) {
    constexpr u32 kMaxTotal = 1u << kBitShift;
    if (p.total == 0) {
        counts[0] = 1;
        p.total = 2;
        p.cycle = 4;
    } else {
        u32 zeros = counts[0];
        p.total += p.cycle;
        if (p.total > kMaxTotal) {
            p.total = (p.total + 1) >> 1;
            zeros = (zeros + 1) >> 1;
            if (zeros == p.total) ++p.total;
        }
        counts[0] = static_cast<u16>(zeros);
        const u32 longer = (5u * p.cycle) >> 2;
        p.cycle = static_cast<u16>(longer < 64 ? longer : 64);
    }
    counts[1] = 0;                           // nobody asks how many
    p.left = static_cast<u16>(p.cycle - 1);  // the one that asked is the first
    cumulative[0] = 0;
    cumulative[1] = cumulative[2] = static_cast<u16>((counts[0] * (0x80000000u / p.total)) >> (31 - kBitShift));
}

/// The entry after the last symbol equals the last one: a width of 0, which means all that remains.
template <unsigned Symbols>
struct Model {
    Progress progress;
    u16 cumulative[Symbols + 1];
    u16 counts[Symbols];  // 16 bits suffice, see SymbolModel

    void reset() { progress = {}; }

    COPSE_INLINE void encode(Coder& out, u32 symbol) {
        if (progress.left-- == 0) [[unlikely]]
            refresh_symbols(progress, Symbols, cumulative, counts);
        take(out, symbol, kSymbolShift);
    }
    /// Takes the share of a symbol, and counts it.
    COPSE_INLINE void take(Coder& out, u32 symbol, u32 shift) {
        const u32 low = cumulative[symbol];
        const u32 high = cumulative[symbol + 1];
        ++counts[symbol];
        out.take(low, high - low, shift);
    }
};

template <class Models>
void reset_all(Models& models) {
    for (auto& model : models) model.reset();
}

/// Codes integers as differences to a prediction. See IntegerCoder.
template <unsigned Bits, unsigned Contexts>
struct Integers {
    static constexpr u32 kHighBits = 8;
    static constexpr u32 kMaxRawBits = 19;
    static constexpr u32 kPlaces = Bits == 32 ? 32 : Bits + 1;

    Model<Bits + 1> classes[Contexts];
    Model<1u << kHighBits> places[kPlaces];  // that of class 0 is a bit

    void reset() {
        reset_all(classes);
        reset_all(places);
    }

    /// @param corrector the difference, wrapped to the width
    /// @return its class
    COPSE_INLINE u32 encode(Coder& out, i32 corrector, u32 context) {
        const auto bits = static_cast<u32>(corrector);
        const u32 k = class_of(corrector);
        classes[context].encode(out, k);
        if (k == 0) [[unlikely]] {
            encode_bit(out, bits);
            return k;
        }
        const u32 place = bits - 1 + (corrector < 0 ? 1u << (k & 31u) : 0);
        if (k <= kHighBits) {
            encode_place(out, k, place);
        } else if (const u32 low_bits = k - kHighBits; low_bits <= kMaxRawBits) [[likely]] {
            encode_place(out, k, place >> low_bits);
            out.raw(low_bits, place & ((1u << low_bits) - 1));
        } else if (Bits == 32 && k != 32) {  // class 32 is one number
            encode_place(out, k, place >> low_bits);
            out.raw(16, place & 0xffffu);
            out.raw(low_bits - 16, place >> 16 & ((1u << (low_bits - 16)) - 1));
        }
        return k;
    }

private:
    /// The smallest k such that -(2^k - 1) <= corrector <= 2^k.
    COPSE_INLINE static u32 class_of(i32 corrector) {
        const auto bits = static_cast<u32>(corrector);
        const u64 magnitude = corrector <= 0 ? 0u - bits : bits - 1;
        return 63 - static_cast<u32>(__builtin_clzll(2 * magnitude + 1));
    }
    COPSE_INLINE void encode_place(Coder& out, u32 k, u32 place) {
        auto& model = places[k];
        if (model.progress.left-- == 0) [[unlikely]]
            refresh_symbols(model.progress, k < kHighBits ? 1u << k : 1u << kHighBits, model.cumulative, model.counts);
        model.take(out, place, kSymbolShift);
    }
    COPSE_INLINE void encode_bit(Coder& out, u32 bit) {
        auto& model = places[0];
        if (model.progress.left-- == 0) [[unlikely]]
            refresh_bit(model.progress, model.cumulative, model.counts);
        model.take(out, bit, kBitShift);
    }
};

}  // namespace copse::laz::fast_encode::COPSE_ENCODE_FORM
