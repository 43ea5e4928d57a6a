// Models as the search wants them. Included by form.hpp only.
//
// A symbol's share begins at C of 32768 (`laz/coder.md` section 1.5). Tables hold C - 1 as a signed 16-bit number:
// C <= q is then C - 1 < q, the one comparison that every instruction set has, and the entry after the last symbol,
// and all that pad a table, are 32767, above every cut quotient. A model is one block of memory, made when it is first
// used: until then its place points at a prototype (see Prototypes).
#pragma once

#include "laz/fast/kernel.hpp"
#include "laz/fast/simd.hpp"

namespace copse::laz::fast::COPSE_LAZ_FORM {

inline constexpr i16 kAbove = 32767;

/// What every model begins with.
struct Counters {
    u32 left;         ///< symbols until the shares are worked out again
    u16 cycle;        ///< what `left` started from; 0 in a prototype
    u16 symbols;      ///< in the alphabet
    u32 total;        ///< of the counts
    u16 guess;        ///< a symbol that was coded lately, not the last of the alphabet
    u16 guess_share;  ///< where its share begins
    u16 guess_width;  ///< and how wide it is
};

/// Up to Lanes + 1 symbols: one comparison of all. 16 bits are enough for a count: the total is at most 32768 after an
/// update and grows by at most 4200 until the next.
template <unsigned Lanes>
struct alignas(64) SmallModel {
    static constexpr unsigned kSymbols = Lanes + 1;
    Counters counters;
    u16 counts[kSymbols];
    i16 padding[(Lanes == 32 ? 126 : 62) / 2 - sizeof(Counters) / 2 - kSymbols];
    i16 shares[Lanes == 32 ? 33 : 18];  ///< of symbol 0 on; that of symbol 1 begins a cache line

    COPSE_INLINE void refresh_coarse() {}
};
static_assert(sizeof(SmallModel<32>) == 192 && offsetof(SmallModel<32>, shares) == 126);
static_assert(sizeof(SmallModel<16>) == 128 && offsetof(SmallModel<16>, shares) == 62);

/// Up to 256 symbols: groups of 16, found by their first entries, then 16 in the group.
struct alignas(64) LargeModel {
    static constexpr unsigned kSymbols = 256;
    Counters counters;
    i16 padding[6];
    i16 coarse[16];  ///< shares of symbols 16, 32, ...
    i16 shares[kSymbols + 1 + 31];
    u16 counts[kSymbols];  ///< memory ends after those of the alphabet

    COPSE_INLINE void refresh_coarse() {
        for (unsigned group = 1; group <= 16; ++group) coarse[group - 1] = shares[16 * group];
    }
};
static_assert(offsetof(LargeModel, coarse) == 32 && offsetof(LargeModel, counts) == 640);

/// The multiples of GPS times: 515 symbols, 516 in point-wise chunks.
struct alignas(64) HugeModel {
    static constexpr unsigned kSymbols = 516;
    Counters counters;
    i16 padding[22];
    i16 coarse[32];
    i16 shares[33 * 16];
    u16 counts[kSymbols];

    COPSE_INLINE void refresh_coarse() {
        for (unsigned group = 1; group <= 32; ++group) coarse[group - 1] = shares[16 * group];
    }
};

template <class Model>
COPSE_INLINE u32 bytes_of(u32 symbols) {
    return static_cast<u32>(offsetof(Model, counts) + 2 * symbols + 63) & ~63u;
}
template <>
COPSE_INLINE u32 bytes_of<SmallModel<32>>(u32) {
    return sizeof(SmallModel<32>);
}
template <>
COPSE_INLINE u32 bytes_of<SmallModel<16>>(u32) {
    return sizeof(SmallModel<16>);
}

/// Memory for models and channels, given out from the front.
class Arena {
public:
    void start(Memory memory) {
        memory_ = memory;
        next_ = end_ = nullptr;
    }
    COPSE_SLOW void* take(std::size_t size) {
        size = (size + 63) & ~std::size_t{63};
        if (static_cast<std::size_t>(end_ - next_) < size) {
            const std::size_t block = size > kBlock ? size : kBlock;
            next_ = static_cast<u8*>(memory_.more(memory_.owner, block));
            end_ = next_ + block;
        }
        void* const taken = next_;
        next_ += size;
        return taken;
    }

private:
    static constexpr std::size_t kBlock = std::size_t{64} << 10;
    Memory memory_;
    u8* next_;
    u8* end_;
};

template <class Model>
COPSE_INLINE void take_guess(Model& model, u32 symbol) {
    Counters& c = model.counters;
    c.guess = static_cast<u16>(symbol);
    c.guess_share = static_cast<u16>(model.shares[symbol] + 1);
    c.guess_width = static_cast<u16>(model.shares[symbol + 1] - model.shares[symbol]);
}

template <class Model>
void share_out(Model& model) {
    const u32 scale = 0x80000000u / model.counters.total;
    u32 sum = 0;
    for (u32 k = 0; k < model.counters.symbols; ++k) {
        model.shares[k] = static_cast<i16>(static_cast<i32>((scale * sum) >> 16) - 1);
        sum += model.counts[k];
    }
    model.refresh_coarse();
    take_guess(model, model.counters.guess);
}

template <class Model>
void make_prototype(Model& model, u32 symbols) {
    constexpr u32 kShares = sizeof model.shares / sizeof model.shares[0];
    std::memset(&model, 0, sizeof model);
    model.counters = {1, 0, static_cast<u16>(symbols), symbols, 0, 0, 0};
    for (u32 k = 0; k < symbols; ++k) model.counts[k] = 1;
    for (u32 k = 0; k < kShares; ++k) model.shares[k] = kAbove;
    share_out(model);
}

/// A model of every alphabet before its first symbol. All models that were not used yet are these; the first symbol of
/// one ends a cycle of 1, and the slow path that this leads to makes the model. So the fast path needs no question
/// whether a model is there. A state has its own, since they are counted in.
struct Prototypes {
    SmallModel<32> of33;
    SmallModel<16> of17, of16, of13, of5, of4, of3;
    LargeModel of_power[9];  ///< 2^1 to 2^8 symbols
    HugeModel of515;
    LargeModel nothing;  ///< for a lane that has no symbol to decode while others have

    void make() {
        make_prototype(of33, 33);
        make_prototype(of17, 17);
        make_prototype(of16, 16);
        make_prototype(of13, 13);
        make_prototype(of5, 5);
        make_prototype(of4, 4);
        make_prototype(of3, 3);
        for (u32 k = 1; k <= 8; ++k) make_prototype(of_power[k], 1u << k);
        make_prototype(of515, 515);
        make_prototype(nothing, 256);
        nothing.counters.left = ~0u;
    }
};

/// After the last symbol of a cycle. `laz/coder.md` section 2.2.
template <class Model>
COPSE_SLOW void update(Model** place, u32 symbol, Arena& arena) {
    Model* model = *place;
    Counters& now = model->counters;
    if (now.cycle == 0) {
        const u32 size = bytes_of<Model>(now.symbols);
        auto* made = static_cast<Model*>(arena.take(size));
        std::memcpy(static_cast<void*>(made), model, size);
        --model->counts[symbol];
        now.left = 1;
        made->counters.cycle = static_cast<u16>((made->counters.symbols + 6) >> 1);
        made->counters.left = static_cast<u16>(made->counters.cycle - 1);
        *place = made;
        return;
    }
    now.total += now.cycle;
    if (now.total > 32768) {
        now.total = 0;
        for (u32 k = 0; k < now.symbols; ++k) {
            model->counts[k] = static_cast<u16>((model->counts[k] + 1) >> 1);
            now.total += model->counts[k];
        }
    }
    share_out(*model);
    const u32 longer = (5u * now.cycle) >> 2;
    const u32 longest = 8u * (now.symbols + 6u);
    now.cycle = static_cast<u16>(longer < longest ? longer : longest);
    now.left = now.cycle;
}

/// The model of a single bit. `laz/coder.md` section 2.1.
struct BitModel {
    u32 zeros = 1, total = 2, zero_share = 4096, cycle = 4, left = 4;

    COPSE_SLOW void update() {
        total += cycle;
        if (total > 8192) {
            total = (total + 1) >> 1;
            zeros = (zeros + 1) >> 1;
            if (zeros == total) ++total;
        }
        zero_share = (zeros * (0x80000000u / total)) >> 18;
        cycle = (5 * cycle) >> 2;
        if (cycle > 64) cycle = 64;
        left = cycle;
    }
};

}  // namespace copse::laz::fast::COPSE_LAZ_FORM
