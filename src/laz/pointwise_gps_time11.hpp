// The item GPSTIME11. `laz/pointwise.md` sections 4 and 8.2. Times are handled as their 64-bit patterns.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "laz/layered_coding.hpp"
#include "laz/pointwise_item.hpp"
#include "laz/wrapping.hpp"

namespace copse::laz {

struct GpsTime11 {
    std::uint64_t pattern = 0;

    static GpsTime11 load(const std::byte* from) { return {wire::load_le<std::uint64_t>(from)}; }
    void store(std::byte* to) const { wire::store_le(to, pattern); }
};

/// A difference divided by the reference difference, in single precision as LASzip does it: rounded to the nearest
/// integer, halves away from zero, then cut to [least, most].
inline int rounded_multiple(std::int32_t difference, std::int32_t reference, int least, int most) {
    const float quotient = static_cast<float>(difference) / static_cast<float>(reference);
    // 2^31 does not fit LASzip's int32 and becomes the most negative one there.
    if (quotient >= 0x1p31f || quotient <= static_cast<float>(least)) return least;
    if (quotient >= static_cast<float>(most)) return most;
    // In double precision the sum is exact.
    return static_cast<int>(quotient < 0 ? double{quotient} - 0.5 : double{quotient} + 0.5);
}

/// Version 2. Up to four sequences of times are followed at once; within one, a time is a multiple of an earlier
/// difference, the reference, plus a corrector.
class GpsTime11V2 {
public:
    using Value = GpsTime11;

    void start(const GpsTime11& first) { times_[0] = first.pattern; }

    template <class Coder, class Time>
    void code(Coder& coder, Time& time) {
        std::uint32_t choice = 0;
        if constexpr (kEncodes<Coder>) choice = choose(time.pattern);
        code_choice(coder, choice);
        if (is_switch(choice)) {
            current_ = (current_ + (choice - kNewSequence)) & 3u;
            if constexpr (kEncodes<Coder>) choice = choose(time.pattern);
            code_choice(coder, choice);
            // Encoders switch only to where the difference fits. Without this rule a damaged chunk could go on and on.
            if constexpr (!kEncodes<Coder>)
                if (is_switch(choice)) [[unlikely]] {
                    coder.fail_here("the GPS time sequence is switched more than once for a point");
                    choice = kUnchanged;
                }
        }
        code_time(coder, choice, time.pattern);
    }

private:
    // Symbols of `multiples_`. 0 to 500 are the multiple itself, 501 to 510 stand for -1 to -10.
    static constexpr std::uint32_t kMaxMultiple = 500;
    static constexpr std::uint32_t kMinMultiple = 510;
    static constexpr std::uint32_t kUnchanged = 511;
    static constexpr std::uint32_t kNewSequence = 512;  // 513 to 515: switch to the sequence 1 to 3 further on
    static constexpr std::uint32_t kSymbols = 516;
    // Not a symbol of that model: a sequence without a reference gets its first difference.
    static constexpr std::uint32_t kFirstDifference = kSymbols;

    static constexpr unsigned kHighContext = 8;
    static constexpr std::uint32_t kMaxExtremes = 3;

    static bool is_switch(std::uint32_t choice) { return choice > kNewSequence && choice < kSymbols; }
    static std::int32_t high_half(std::uint64_t pattern) { return static_cast<std::int32_t>(pattern >> 32); }
    [[nodiscard]] std::int32_t reference() const { return references_[current_]; }

    [[nodiscard]] std::uint32_t choose(std::uint64_t time) const {
        const std::int64_t difference = wrapping_subtract(time, times_[current_]);
        if (difference == 0) return kUnchanged;
        if (fits_int32(difference)) {
            if (reference() == 0) return kFirstDifference;
            const int multiple = rounded_multiple(static_cast<std::int32_t>(difference), reference(), -10, 500);
            return static_cast<std::uint32_t>(multiple >= 0 ? multiple : static_cast<int>(kMaxMultiple) - multiple);
        }
        // Sequences that were never started hold time 0, which is as good as any.
        for (std::uint32_t steps = 1; steps < 4; ++steps)
            if (fits_int32(wrapping_subtract(time, times_[(current_ + steps) & 3u]))) return kNewSequence + steps;
        return kNewSequence;
    }

    /// A sequence without a reference has a small model of its own: unchanged, first difference, new, three switches.
    template <class Coder>
    void code_choice(Coder& coder, std::uint32_t& choice) {
        if (reference() != 0) return code_symbol(coder, multiples_, choice);
        std::uint32_t symbol = choice == kUnchanged ? 0 : choice == kFirstDifference ? 1 : choice - kNewSequence + 2;
        code_symbol(coder, without_reference_, symbol);
        choice = symbol == 0 ? kUnchanged : symbol == 1 ? kFirstDifference : kNewSequence + symbol - 2;
    }

    template <class Coder, class Pattern>
    void code_time(Coder& coder, std::uint32_t choice, Pattern& time) {
        if (choice == kNewSequence) {
            code_new_sequence(coder, time);
        } else if (choice == kUnchanged) {
            code_nothing(coder, time, times_[current_]);
        } else {
            std::int32_t difference = 0;
            if constexpr (kEncodes<Coder>) difference = static_cast<std::int32_t>(time - times_[current_]);
            code_integer(coder, integers_, difference, prediction(choice), context(choice));
            apply(choice, difference);
            code_nothing(coder, time, times_[current_]);
        }
    }

    template <class Coder, class Pattern>
    void code_new_sequence(Coder& coder, Pattern& time) {
        std::int32_t high = 0;
        std::uint32_t low = 0;
        if constexpr (kEncodes<Coder>) {
            high = high_half(time);
            low = static_cast<std::uint32_t>(time);
        }
        code_integer(coder, integers_, high, high_half(times_[current_]), kHighContext);
        code_raw32(coder, low);
        newest_ = (newest_ + 1) & 3u;
        current_ = newest_;
        times_[current_] = std::uint64_t{static_cast<std::uint32_t>(high)} << 32 | low;
        references_[current_] = 0;
        extremes_[current_] = 0;
        code_nothing(coder, time, times_[current_]);
    }

    static void code_raw32(ArithmeticDecoder& in, std::uint32_t& number) { number = in.decode_raw(32); }
    static void code_raw32(ArithmeticEncoder& out, const std::uint32_t& number) { out.encode_raw(32, number); }

    [[nodiscard]] std::int32_t prediction(std::uint32_t choice) const {
        if (choice == kFirstDifference) return 0;
        constexpr auto kMost = static_cast<std::int32_t>(kMaxMultiple);
        const auto multiple = static_cast<std::int32_t>(choice);
        return wrapping_multiply(multiple <= kMost ? multiple : kMost - multiple, reference());
    }

    static unsigned context(std::uint32_t choice) {
        if (choice == kFirstDifference) return 0;
        if (choice == 0) return 7;
        if (choice == 1) return 1;
        if (choice < 10) return 2;
        if (choice < kMaxMultiple) return 3;
        if (choice == kMaxMultiple) return 4;
        return choice < kMinMultiple ? 5 : 6;
    }

    /// Moves the current sequence on. Its reference changes only when multiples were at the ends of their range, or
    /// zero, too often.
    void apply(std::uint32_t choice, std::int32_t difference) {
        times_[current_] = wrapping_add(times_[current_], difference);
        std::uint32_t& extremes = extremes_[current_];
        if (choice == kFirstDifference) {
            references_[current_] = difference;
            extremes = 0;
        } else if (choice == 1) {
            extremes = 0;
        } else if (choice == 0 || choice == kMaxMultiple || choice == kMinMultiple) {
            if (++extremes > kMaxExtremes) {
                references_[current_] = difference;
                extremes = 0;
            }
        }
    }

    std::array<std::uint64_t, 4> times_{};
    std::array<std::int32_t, 4> references_{};
    std::array<std::uint32_t, 4> extremes_{};
    unsigned current_ = 0;
    unsigned newest_ = 0;
    SymbolModel<kSymbols> multiples_;
    SymbolModel<6> without_reference_;
    IntegerCoder<32, 9> integers_;
};

/// Version 1. One sequence, no negative multiples, and a time that does not fit is stored as it is.
class GpsTime11V1 {
public:
    using Value = GpsTime11;

    void start(const GpsTime11& first) { time_ = first.pattern; }

    template <class Coder, class Time>
    void code(Coder& coder, Time& time) {
        std::uint32_t choice = 0;
        if constexpr (kEncodes<Coder>) choice = choose(time.pattern);
        code_choice(coder, choice);
        if (choice == kAnyTime) {
            code_raw64(coder, time.pattern);
            time_ = time.pattern;
            return;
        }
        if (choice != kUnchanged) {
            std::int32_t difference = 0;
            if constexpr (kEncodes<Coder>) difference = static_cast<std::int32_t>(time.pattern - time_);
            code_integer(coder, integers_, difference, prediction(choice), context(choice));
            apply(choice, difference);
        }
        code_nothing(coder, time.pattern, time_);
    }

private:
    // Symbols of `multiples_`. 0 to 509 are the multiple itself.
    static constexpr std::uint32_t kMaxMultiple = 509;
    static constexpr std::uint32_t kAnyTime = 510;
    static constexpr std::uint32_t kUnchanged = 511;
    static constexpr std::uint32_t kSymbols = 512;
    static constexpr std::uint32_t kFirstDifference = kSymbols;
    static constexpr std::uint32_t kMaxExtremes = 3;

    [[nodiscard]] std::uint32_t choose(std::uint64_t time) const {
        const std::int64_t difference = wrapping_subtract(time, time_);
        if (difference == 0) return kUnchanged;
        if (!fits_int32(difference)) return kAnyTime;
        if (reference_ == 0) return kFirstDifference;
        return static_cast<std::uint32_t>(rounded_multiple(static_cast<std::int32_t>(difference), reference_, 0, 509));
    }

    /// Without a reference there is a small model: unchanged, first difference, any time.
    template <class Coder>
    void code_choice(Coder& coder, std::uint32_t& choice) {
        if (reference_ != 0) return code_symbol(coder, multiples_, choice);
        std::uint32_t symbol = choice == kUnchanged ? 0 : choice == kFirstDifference ? 1 : 2;
        code_symbol(coder, without_reference_, symbol);
        choice = symbol == 0 ? kUnchanged : symbol == 1 ? kFirstDifference : kAnyTime;
    }

    [[nodiscard]] std::int32_t prediction(std::uint32_t choice) const {
        if (choice == kFirstDifference) return 0;
        if (choice == 0) return reference_ / 4;
        return wrapping_multiply(static_cast<std::int32_t>(choice), reference_);
    }

    static unsigned context(std::uint32_t choice) {
        if (choice == kFirstDifference) return 0;
        if (choice == 0) return 2;
        if (choice == 1) return 1;
        if (choice < 10) return 3;
        return choice < 50 ? 4 : 5;
    }

    /// Unlike in version 2, the multiple 1 moves the reference along, and a first difference leaves the count alone.
    void apply(std::uint32_t choice, std::int32_t difference) {
        time_ = wrapping_add(time_, difference);
        if (choice == kFirstDifference) {
            reference_ = difference;
        } else if (choice == 1) {
            reference_ = difference;
            extremes_ = 0;
        } else if (choice == 0 || choice == kMaxMultiple) {
            if (++extremes_ > kMaxExtremes) {
                reference_ = difference;
                extremes_ = 0;
            }
        }
    }

    std::uint64_t time_ = 0;
    std::int32_t reference_ = 0;
    std::uint32_t extremes_ = 0;
    SymbolModel<kSymbols> multiples_;
    SymbolModel<3> without_reference_;
    IntegerCoder<32, 6> integers_;
};

}  // namespace copse::laz
