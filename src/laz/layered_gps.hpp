// Layer 9 of POINT14: GPS time. `laz/layered.md` section 3.11.
//
// Times are handled as 64-bit patterns. A channel follows up to four sequences of times at once; within one, a time is
// a multiple of an earlier difference plus a corrector.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "laz/layered_coding.hpp"
#include "laz/layered_side.hpp"
#include "laz/wrapping.hpp"

namespace copse::laz {

/// The sequences of one channel and their models.
class GpsSequences {
public:
    explicit GpsSequences(std::uint64_t first_time) : times_{first_time} {}

    /// The time of the latest point.
    [[nodiscard]] std::uint64_t current_time() const { return times_[current_]; }

    std::uint64_t decode(ArithmeticDecoder& in) {
        std::uint32_t symbol = decode_choice(in);
        if (is_switch(symbol)) {
            switch_by(symbol - kNewSequence);
            symbol = decode_choice(in);
            if (is_switch(symbol)) [[unlikely]] {
                // Encoders switch only to where the difference fits. Without this rule a damaged layer could go on and
                // on.
                in.fail_here("the GPS time sequence is switched more than once for a point");
                return current_time();
            }
        }
        if (symbol == kNewSequence) {
            const auto high = static_cast<std::uint32_t>(integers_.decode(in, high_half(current_time()), kHighContext));
            start_sequence(std::uint64_t{high} << 32 | in.decode_raw(32));
        } else {
            apply(symbol, integers_.decode(in, prediction(symbol), context(symbol)));
        }
        return current_time();
    }

    void encode(ArithmeticEncoder& out, std::uint64_t time) {
        if (!fits_int32(wrapping_subtract(time, current_time()))) {
            const unsigned steps = steps_to_sequence_near(time);
            encode_choice(out, kNewSequence + steps);
            if (steps == 0) {
                integers_.encode(out, high_half(time), high_half(current_time()), kHighContext);
                out.encode_raw(32, static_cast<std::uint32_t>(time));
                start_sequence(time);
                return;
            }
            switch_by(steps);
        }
        const auto difference = static_cast<std::int32_t>(wrapping_subtract(time, current_time()));
        const std::uint32_t symbol = reference() == 0 ? kFirstDifference : nearest_multiple(difference, reference());
        encode_choice(out, symbol);
        integers_.encode(out, difference, prediction(symbol), context(symbol));
        apply(symbol, difference);
    }

private:
    // Symbols of `multiples_`. 0 to 500 are the multiple itself, 501 to 510 stand for -1 to -10.
    static constexpr std::uint32_t kMaxMultiple = 500;
    static constexpr std::uint32_t kMinMultiple = 510;
    static constexpr std::uint32_t kNewSequence = 511;  // 512 to 514: switch to the sequence 1 to 3 further on
    static constexpr std::uint32_t kSymbols = 515;
    // Not a symbol of that model: a sequence without a reference difference gets its first one.
    static constexpr std::uint32_t kFirstDifference = kSymbols;

    static constexpr unsigned kHighContext = 8;
    static constexpr std::uint32_t kMaxExtremes = 3;

    static bool is_switch(std::uint32_t symbol) { return symbol > kNewSequence && symbol < kSymbols; }

    static std::int32_t high_half(std::uint64_t time) { return static_cast<std::int32_t>(time >> 32); }

    /// A sequence that has no reference difference yet has a small model of its own: first difference, new sequence,
    /// three switches. They are told here in the symbols of the large one.
    std::uint32_t decode_choice(ArithmeticDecoder& in) {
        if (reference() != 0) return in.decode_symbol(multiples_);
        const std::uint32_t symbol = in.decode_symbol(without_reference_);
        return symbol == 0 ? kFirstDifference : kNewSequence + symbol - 1;
    }

    void encode_choice(ArithmeticEncoder& out, std::uint32_t symbol) {
        if (reference() != 0) return out.encode_symbol(multiples_, symbol);
        out.encode_symbol(without_reference_, symbol == kFirstDifference ? 0 : symbol - kNewSequence + 1);
    }

    /// The multiple of `reference` that LASzip would choose: the quotient in single precision, halves away from zero.
    static std::uint32_t nearest_multiple(std::int32_t difference, std::int32_t reference) {
        const float quotient = static_cast<float>(difference) / static_cast<float>(reference);
        // 2^31 does not fit LASzip's int32 and becomes the most negative one there.
        if (quotient >= 0x1p31f) return kMinMultiple;
        if (quotient >= static_cast<float>(kMaxMultiple)) return kMaxMultiple;
        if (quotient <= -10.0f) return kMinMultiple;
        // In double precision the sum is exact.
        const auto multiple = static_cast<int>(quotient < 0 ? double{quotient} - 0.5 : double{quotient} + 0.5);
        return static_cast<std::uint32_t>(multiple >= 0 ? multiple : static_cast<int>(kMaxMultiple) - multiple);
    }

    [[nodiscard]] std::int32_t prediction(std::uint32_t symbol) const {
        if (symbol == kFirstDifference) return 0;
        const auto multiple = static_cast<std::int32_t>(symbol);
        constexpr auto kMax = static_cast<std::int32_t>(kMaxMultiple);
        return wrapping_multiply(multiple <= kMax ? multiple : kMax - multiple, reference());
    }

    static unsigned context(std::uint32_t symbol) {
        if (symbol == kFirstDifference) return 0;
        if (symbol == 0) return 7;
        if (symbol == 1) return 1;
        if (symbol < 10) return 2;
        if (symbol < kMaxMultiple) return 3;
        if (symbol == kMaxMultiple) return 4;
        return symbol < kMinMultiple ? 5 : 6;
    }

    /// Moves the current sequence on. Its reference difference changes only when multiples were at the ends of their
    /// range, or zero, too often.
    void apply(std::uint32_t symbol, std::int32_t difference) {
        times_[current_] = wrapping_add(current_time(), difference);
        std::uint32_t& extremes = extremes_[current_];
        if (symbol == kFirstDifference) {
            references_[current_] = difference;
            extremes = 0;
        } else if (symbol == 1) {
            extremes = 0;
        } else if (symbol == 0 || symbol == kMaxMultiple || symbol == kMinMultiple) {
            if (++extremes > kMaxExtremes) {
                references_[current_] = difference;
                extremes = 0;
            }
        }
    }

    /// How many sequences further on there is one from which the difference fits, or 0. Sequences that were never
    /// started hold time 0, which is as good as any.
    [[nodiscard]] unsigned steps_to_sequence_near(std::uint64_t time) const {
        for (unsigned steps = 1; steps < 4; ++steps)
            if (fits_int32(wrapping_subtract(time, times_[(current_ + steps) & 3u]))) return steps;
        return 0;
    }

    void switch_by(unsigned steps) { current_ = (current_ + steps) & 3u; }

    void start_sequence(std::uint64_t time) {
        newest_ = (newest_ + 1) & 3u;
        current_ = newest_;
        times_[current_] = time;
        references_[current_] = 0;
        extremes_[current_] = 0;
    }

    [[nodiscard]] std::int32_t reference() const { return references_[current_]; }

    std::array<std::uint64_t, 4> times_;
    std::array<std::int32_t, 4> references_{};
    std::array<std::uint32_t, 4> extremes_{};
    unsigned current_ = 0;
    unsigned newest_ = 0;
    SymbolModel<kSymbols> multiples_;
    SymbolModel<5> without_reference_;
    IntegerCoder<32, 9> integers_;
};

/// The layer. Times are compared as bit patterns, so that -0.0 and every NaN come back as they were.
class GpsTimeLayer {
public:
    using Value = double;

    GpsTimeLayer(unsigned first_channel, double first) : previous_{std::bit_cast<std::uint64_t>(first)} {
        channels_.at(first_channel, previous_);
    }

    template <class Coder, class Element>
    void code(Coder& coder, const Block& block, Element* times) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const SideWord side = block.side[i];
            GpsSequences& sequences = channels_.at(side.channel(), previous_);
            if (side.gps_time_changed())
                code_time(coder, sequences, times[i]);
            else
                code_nothing(coder, sequences, times[i]);
            previous_ = std::bit_cast<std::uint64_t>(times[i]);
        }
    }

private:
    static void code_time(ArithmeticDecoder& in, GpsSequences& sequences, double& time) {
        time = std::bit_cast<double>(sequences.decode(in));
    }
    static void code_time(ArithmeticEncoder& out, GpsSequences& sequences, const double& time) {
        sequences.encode(out, std::bit_cast<std::uint64_t>(time));
    }
    static void code_nothing(ArithmeticDecoder&, const GpsSequences& sequences, double& time) {
        time = std::bit_cast<double>(sequences.current_time());
    }
    static void code_nothing(ArithmeticEncoder&, const GpsSequences&, const double&) {}

    Channels<GpsSequences> channels_;
    std::uint64_t previous_;  // of the previous point in file order
};

}  // namespace copse::laz
