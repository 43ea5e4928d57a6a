// Codes an integer as the difference to a prediction: a magnitude class, then the place inside the class.
// `laz/coder.md` section 3.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "laz/arithmetic_coder.hpp"
#include "laz/models.hpp"

namespace copse::laz {

/// @tparam Bits     width of the numbers: 8, 16 or 32. Differences wrap around at it.
/// @tparam Contexts how many sets of class models there are. The models of the places are shared by all contexts.
template <unsigned Bits, unsigned Contexts>
class IntegerCoder {
public:
    static_assert(Bits == 8 || Bits == 16 || Bits == 32);
    /// Signed for 32 bits, unsigned below.
    using Value =
        std::conditional_t<Bits == 32, std::int32_t, std::conditional_t<Bits == 16, std::uint16_t, std::uint8_t>>;

    /// Class of the latest number, 0 to Bits: other coders use it as a context.
    [[nodiscard]] unsigned k() const { return k_; }

    using Classes = SymbolModel<Bits + 1>;

    [[gnu::always_inline]] inline Value decode(ArithmeticDecoder& in, std::int32_t prediction, unsigned context = 0) {
        return decode(in, prediction, classes_[context]);
    }
    void encode(ArithmeticEncoder& out, Value value, std::int32_t prediction, unsigned context = 0) {
        encode(out, value, prediction, classes_[context]);
    }

    /// With a context that the caller keeps, for items whose number of contexts is not known before.
    [[gnu::always_inline]] inline Value decode(ArithmeticDecoder& in, std::int32_t prediction, Classes& classes) {
        k_ = in.decode_symbol(classes);
        return static_cast<Value>(static_cast<std::uint32_t>(prediction) + decode_corrector(in));
    }
    void encode(ArithmeticEncoder& out, Value value, std::int32_t prediction, Classes& classes) {
        const std::int32_t corrector = wrapped_difference(value, prediction);
        k_ = class_of(corrector);
        out.encode_symbol(classes, k_);
        encode_corrector(out, corrector);
    }

private:
    static constexpr unsigned kHighBits = 8;  // of a place are modelled; the bits below them are stored as they are
    static constexpr unsigned kMinOnly = 32;  // the class of one number, -2^31: nothing follows it

    static std::int32_t wrapped_difference(Value value, std::int32_t prediction) {
        using Wrapped = std::make_signed_t<Value>;
        return static_cast<Wrapped>(static_cast<std::uint32_t>(value) - static_cast<std::uint32_t>(prediction));
    }

    /// The smallest k such that -(2^k - 1) <= corrector <= 2^k.
    static unsigned class_of(std::int32_t corrector) {
        const auto bits = static_cast<std::uint32_t>(corrector);
        return static_cast<unsigned>(std::bit_width(corrector <= 0 ? 0u - bits : bits - 1));
    }

    /// The corrector of class k_, modulo 2^32. Places 0 to 2^k - 1 are the negative half from its end, then the
    /// positive.
    [[gnu::always_inline]] inline std::uint32_t decode_corrector(ArithmeticDecoder& in) {
        if (k_ == 0) return in.decode_bit(zero_or_one_) ? 1 : 0;
        if (k_ == kMinOnly) return 0x80000000u;
        std::uint32_t place = in.decode_symbol(places(k_));
        if (k_ > kHighBits) {
            const unsigned low_bits = k_ - kHighBits;
            place = place << low_bits | in.decode_raw(low_bits);
        }
        return place >> (k_ - 1) != 0 ? place + 1 : place - ((1u << k_) - 1);
    }

    void encode_corrector(ArithmeticEncoder& out, std::int32_t corrector) {
        if (k_ == 0) return out.encode_bit(zero_or_one_, corrector != 0);
        if (k_ == kMinOnly) return;
        const auto bits = static_cast<std::uint32_t>(corrector);
        const std::uint32_t place = corrector < 0 ? bits + ((1u << k_) - 1) : bits - 1;
        if (k_ <= kHighBits) return out.encode_symbol(places(k_), place);
        const unsigned low_bits = k_ - kHighBits;
        out.encode_symbol(places(k_), place >> low_bits);
        out.encode_raw(low_bits, place & ((1u << low_bits) - 1));
    }

    SymbolModel<1u << kHighBits>& places(unsigned k) {
        return places_.at(k - 1, k < kHighBits ? 1u << k : 1u << kHighBits);
    }

    std::array<Classes, Contexts> classes_;
    BitModel zero_or_one_;                                        // class 0
    LazyModels<1u << kHighBits, Bits == 32 ? 31 : Bits> places_;  // classes 1 to Bits, or to 31
    unsigned k_ = 0;
};

}  // namespace copse::laz
