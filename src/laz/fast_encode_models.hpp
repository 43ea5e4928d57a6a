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

/// Entries that are worked on at once, by the compiler's own vectors. Tables are made of whole groups; what is behind
/// the last symbol is never read but by these.
using Group = u16 __attribute__((vector_size(16)));
using WideGroup = u32 __attribute__((vector_size(32)));
inline constexpr u32 kGroup = 8;
constexpr u32 whole_groups(u32 entries) { return (entries + kGroup - 1) / kGroup * kGroup; }

/// From counts to shares: sums, scaled to 1/32768.
inline void scale_counts(u32 total, u32 symbols, u16* cumulative, const u16* counts) {
    const u32 scale = 0x80000000u / total;
    const auto scale_high = static_cast<u16>(scale >> 16);
    const Group zero{};
    Group before = zero;  // the sum of all groups before, in every entry
    for (u32 k = 0; k < symbols; k += kGroup) {
        Group count;
        std::memcpy(&count, counts + k, sizeof count);
        Group sum = count + __builtin_shufflevector(zero, count, 0, 8, 9, 10, 11, 12, 13, 14);
        sum += __builtin_shufflevector(zero, sum, 0, 1, 8, 9, 10, 11, 12, 13);
        sum += __builtin_shufflevector(zero, sum, 0, 1, 2, 3, 8, 9, 10, 11);
        const Group from = before + sum - count;
        before += __builtin_shufflevector(sum, sum, 7, 7, 7, 7, 7, 7, 7, 7);
        // (scale * from) >> 16, half the product at a time: all of it fits 16 bits.
        const WideGroup low = __builtin_convertvector(from, WideGroup) * (scale & 0xffffu) >> 16;
        const Group share = from * scale_high + __builtin_convertvector(low, Group);
        std::memcpy(cumulative + k, &share, sizeof share);
    }
    cumulative[symbols] = cumulative[symbols - 1];
}

COPSE_SLOW inline void refresh_symbols(Progress& p, u32 symbols, u16* cumulative, u16* counts) {
    constexpr u32 kMaxTotal = 1u << kSymbolShift;
    if (p.total == 0) {
        for (u32 k = 0; k < whole_groups(symbols); ++k) counts[k] = 1;
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
    scale_counts(p.total, symbols, cumulative, counts);
}

/// A bit is a symbol of two, in shares of 1/8192 and with a rule of its own.
COPSE_SLOW inline void refresh_bit(Progress& p, u16* cumulative, u16* counts) {
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
struct Table {
    u16 cumulative[whole_groups(Symbols + 1)];
    u16 counts[whole_groups(Symbols)];  // 16 bits suffice, see SymbolModel

    /// Takes the share of a symbol, and counts it.
    COPSE_INLINE void encode(Coder& out, u64 symbol, u32 shift) {
        const u32 low = cumulative[symbol];
        const u32 high = cumulative[symbol + 1];
        ++counts[symbol];
        out.take(low, high - low, shift);
    }
};

/// Models of the same number of symbols. Their progress is kept together: all else need not even be touched to reset
/// them, and most of the large ones are never used.
template <unsigned Symbols, unsigned Count = 1>
struct Models {
    Progress progress[Count];
    Table<Symbols> tables[Count];

    void reset() { std::memset(progress, 0, sizeof progress); }

    COPSE_INLINE void encode(Coder& out, u64 index, u64 symbol) {
        if (progress[index].left-- == 0) [[unlikely]]
            refresh_symbols(progress[index], Symbols, tables[index].cumulative, tables[index].counts);
        tables[index].encode(out, symbol, kSymbolShift);
    }
};

/// Codes integers as differences to a prediction. See IntegerCoder.
template <unsigned Bits, unsigned Contexts>
struct Integers {
    static constexpr u32 kHighBits = 8;
    static constexpr u32 kMaxRawBits = 19;
    static constexpr u32 kPlaces = Bits == 32 ? 32 : Bits + 1;

    Models<Bits + 1, Contexts> classes;
    Progress progress[kPlaces];              // of places
    Table<1u << kHighBits> places[kPlaces];  // that of class 0 is a bit

    void reset() {
        classes.reset();
        std::memset(progress, 0, sizeof progress);
    }

    /// @param corrector the difference, wrapped to the width
    /// @return its class: the smallest k such that -(2^k - 1) <= corrector <= 2^k
    COPSE_INLINE u32 encode(Coder& out, i32 corrector, u32 context) {
        // One less than the corrector, c, is at least -2^k and less than 2^k, and c or its complement has k bits.
        const i64 c = i64{corrector} - 1;
        const auto magnitude = static_cast<u64>(c ^ (c >> 63));
        const u64 k = 63 - static_cast<u64>(__builtin_clzll(2 * magnitude + 1));
        classes.encode(out, context, k);
        // The place in the class: the negative half from its end, then the positive. That is c without its sign.
        const u64 place = static_cast<u64>(c) & ((u64{1} << k) - 1);
        if (k - 1 >= kHighBits + kMaxRawBits) [[unlikely]] {
            if (k == 0)
                encode_bit(out, static_cast<u32>(corrector));
            else if (k != 32)  // a class of one number
                encode_wide(out, k, place);
            return static_cast<u32>(k);
        }
        const u64 low_bits = k > kHighBits ? k - kHighBits : 0;
        encode_place(out, k, place >> low_bits);
        // Nobody can predict whether there are low bits; none at all change nothing.
        out.raw(static_cast<u32>(low_bits), place & ((u64{1} << low_bits) - 1));
        return static_cast<u32>(k);
    }

private:
    COPSE_INLINE void encode_place(Coder& out, u64 k, u64 place) {
        Table<1u << kHighBits>& table = places[k];
        if (progress[k].left-- == 0) [[unlikely]]
            refresh_symbols(progress[k], k < kHighBits ? 1u << k : 1u << kHighBits, table.cumulative, table.counts);
        table.encode(out, place, kSymbolShift);
    }
    /// More low bits than are coded at once.
    COPSE_INLINE void encode_wide(Coder& out, u64 k, u64 place) {
        const u64 low_bits = k - kHighBits;
        encode_place(out, k, place >> low_bits);
        out.raw(16, place & 0xffffu);
        out.raw(static_cast<u32>(low_bits - 16), place >> 16 & ((u64{1} << (low_bits - 16)) - 1));
    }
    COPSE_INLINE void encode_bit(Coder& out, u32 bit) {
        Table<1u << kHighBits>& table = places[0];
        if (progress[0].left-- == 0) [[unlikely]]
            refresh_bit(progress[0], table.cumulative, table.counts);
        table.encode(out, bit, kBitShift);
    }
};

}  // namespace copse::laz::fast_encode::COPSE_ENCODE_FORM
