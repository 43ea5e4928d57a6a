// One description of a layer for both directions: the same function reads values from an ArithmeticDecoder and writes
// them to an ArithmeticEncoder. A decoded value is assigned to its argument, an encoded one is taken from it.
#pragma once

#include <cassert>
#include <cstdint>

#include "laz/arithmetic_coder.hpp"
#include "laz/integer_coder.hpp"

namespace copse::laz {

template <unsigned Capacity, class Value>
void code_symbol(ArithmeticDecoder& in, SymbolModel<Capacity>& model, Value& value) {
    value = static_cast<Value>(in.decode_symbol(model));
}
template <unsigned Capacity, class Value>
void code_symbol(ArithmeticEncoder& out, SymbolModel<Capacity>& model, const Value& value) {
    out.encode_symbol(model, value);
}

/// A byte as the difference to a prediction, modulo 256.
template <unsigned Capacity>
void code_byte_difference(ArithmeticDecoder& in, SymbolModel<Capacity>& model, std::uint8_t& value,
                          unsigned prediction) {
    value = static_cast<std::uint8_t>(prediction + in.decode_symbol(model));
}
template <unsigned Capacity>
void code_byte_difference(ArithmeticEncoder& out, SymbolModel<Capacity>& model, const std::uint8_t& value,
                          unsigned prediction) {
    out.encode_symbol(model, (value - prediction) & 0xffu);
}

/// An integer of the coder's width, signed or unsigned.
template <unsigned Bits, unsigned Contexts, class Value>
void code_integer(ArithmeticDecoder& in, IntegerCoder<Bits, Contexts>& coder, Value& value, std::int32_t prediction,
                  unsigned context = 0) {
    static_assert(sizeof(Value) * 8 == Bits);
    value = static_cast<Value>(coder.decode(in, prediction, context));
}
template <unsigned Bits, unsigned Contexts, class Value>
void code_integer(ArithmeticEncoder& out, IntegerCoder<Bits, Contexts>& coder, const Value& value,
                  std::int32_t prediction, unsigned context = 0) {
    static_assert(sizeof(Value) * 8 == Bits);
    using Coded = typename IntegerCoder<Bits, Contexts>::Value;
    coder.encode(out, static_cast<Coded>(value), prediction, context);
}

inline void code_raw64(ArithmeticDecoder& in, std::uint64_t& value) { value = in.decode_raw64(); }
inline void code_raw64(ArithmeticEncoder& out, const std::uint64_t& value) { out.encode_raw64(value); }

/// A value that is known without being coded.
template <class Value>
void code_nothing(ArithmeticDecoder&, Value& value, const Value& known) {
    value = known;
}
template <class Value>
void code_nothing(ArithmeticEncoder&, [[maybe_unused]] const Value& value, [[maybe_unused]] const Value& known) {
    assert(value == known);
}

}  // namespace copse::laz
