// Adaptive models of the entropy coder: how likely a bit or a symbol is, learnt from those coded before.
// Encoder and decoder run the same adaptation, so that both always hold the same numbers. `laz/coder.md` section 2.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace copse::laz {

/// Probability of a bit, in units of 1/8192.
class BitModel {
public:
    static constexpr unsigned kShift = 13;

    /// Share of the interval that belongs to a 0 bit: 1 to 8191.
    [[nodiscard]] std::uint32_t zero_share() const { return zero_share_; }

    /// Accounts a coded bit.
    void count(bool bit) {
        if (!bit) ++zeros_;
        if (--left_ == 0) update();
    }

private:
    static constexpr std::uint32_t kMaxTotal = 1u << kShift;
    static constexpr std::uint32_t kMaxCycle = 64;

    void update() {
        total_ += cycle_;
        if (total_ > kMaxTotal) {
            total_ = (total_ + 1) >> 1;
            zeros_ = (zeros_ + 1) >> 1;
            if (zeros_ == total_) ++total_;  // a 1 keeps a share, however long none was seen
        }
        zero_share_ = (zeros_ * (0x80000000u / total_)) >> (31 - kShift);
        cycle_ = std::min((5 * cycle_) >> 2, kMaxCycle);
        left_ = cycle_;
    }

    std::uint32_t zeros_ = 1;
    std::uint32_t total_ = 2;
    std::uint32_t zero_share_ = kMaxTotal / 2;
    std::uint32_t cycle_ = 4;
    std::uint32_t left_ = 4;
};

/// Cumulative frequencies of up to `Capacity` symbols, in units of 1/32768. The number of symbols in use is set when
/// the model is made; a model of 2 symbols is not the same thing as a `BitModel`.
template <unsigned Capacity>
class SymbolModel {
public:
    static_assert(Capacity >= 2 && Capacity <= 2048);
    static constexpr unsigned kShift = 15;

    SymbolModel() : SymbolModel{Capacity} {}
    explicit SymbolModel(unsigned symbols) : symbols_{symbols}, total_{symbols}, cycle_{(symbols + 6) >> 1} {
        assert(symbols >= 2 && symbols <= Capacity);
        left_ = cycle_;
        cumulative_.fill(kNever);
        std::fill_n(counts_.begin(), symbols_, std::uint16_t{1});
        rescale();
    }

    [[nodiscard]] unsigned symbols() const { return symbols_; }
    [[nodiscard]] bool is_last(std::uint32_t symbol) const { return symbol + 1 == symbols_; }

    /// Lower end of a symbol's share. Strictly increasing; 0 for symbol 0.
    [[nodiscard]] std::uint32_t low(std::uint32_t symbol) const { return cumulative_[symbol]; }
    /// Upper end of a symbol's share. Meaningless for the last symbol, which owns all that remains of the interval.
    [[nodiscard]] std::uint32_t high(std::uint32_t symbol) const { return cumulative_[symbol + 1]; }

    /// The largest symbol whose share begins at or below `quotient`.
    /// @pre quotient < 65535, which the decoder's invariant value < length grants
    [[nodiscard]] std::uint32_t find(std::uint32_t quotient) const {
        // Four-way search without branches over a power of two of slots: the three loads of a step go in parallel, so
        // it takes half as long as a bisection. Slots above the last symbol are never reached.
        const auto begins = [=, this](std::uint32_t slot) -> std::uint32_t {
            return cumulative_[slot] <= quotient ? 1 : 0;
        };
        std::uint32_t symbol = 0;
        std::uint32_t step = kSlots;
        if constexpr (std::countr_zero(kSlots) % 2 != 0) {
            step /= 2;
            symbol = step * begins(step);
        }
        while ((step /= 4) != 0)
            symbol += step * (begins(symbol + step) + begins(symbol + 2 * step) + begins(symbol + 3 * step));
        return symbol;
    }

    /// Accounts a coded symbol.
    void count(std::uint32_t symbol) {
        ++counts_[symbol];
        if (--left_ == 0) update();
    }

private:
    static constexpr std::uint32_t kMaxTotal = 1u << kShift;
    static constexpr std::uint32_t kSlots = std::bit_ceil(Capacity);
    static constexpr std::uint16_t kNever = 0xffff;  // above every quotient that can occur

    [[gnu::noinline]] void update() {
        total_ += cycle_;
        if (total_ > kMaxTotal) halve();
        rescale();
        const std::uint32_t max_cycle = 8 * (symbols_ + 6);
        cycle_ = std::min((5 * cycle_) >> 2, max_cycle);
        left_ = cycle_;
    }

    void halve() {
        total_ = 0;
        for (std::uint32_t k = 0; k < symbols_; ++k) {
            counts_[k] = static_cast<std::uint16_t>((counts_[k] + 1) >> 1);
            total_ += counts_[k];
        }
    }

    void rescale() {
        const std::uint32_t scale = 0x80000000u / total_;
        std::uint32_t sum = 0;
        for (std::uint32_t k = 0; k < symbols_; ++k) {
            cumulative_[k] = static_cast<std::uint16_t>((scale * sum) >> (31 - kShift));
            sum += counts_[k];
        }
    }

    std::uint32_t symbols_;
    std::uint32_t total_;
    std::uint32_t cycle_;
    std::uint32_t left_ = 0;
    // One entry more than a power of two, so that high() may be read for the last symbol as well.
    std::array<std::uint16_t, kSlots + 1> cumulative_;
    // 16 bits suffice: the total is at most 32768 after an update and grows by at most 8 * (2048 + 6) until the next.
    std::array<std::uint16_t, Capacity> counts_;
};

/// Models that are made when they are first used. A new model equals a reset one, so nobody can tell; but most of the
/// large ones are never used, and in chunks of a few hundred points making them all would cost more than decoding.
template <unsigned Capacity, std::size_t Count>
class LazyModels {
public:
    /// Model `index`, with `symbols` symbols if it is new.
    SymbolModel<Capacity>& at(std::size_t index, unsigned symbols = Capacity) {
        auto& model = models_[index];
        if (!model) [[unlikely]]
            model = std::make_unique<SymbolModel<Capacity>>(symbols);
        return *model;
    }

private:
    std::array<std::unique_ptr<SymbolModel<Capacity>>, Count> models_;
};

}  // namespace copse::laz
