// The arithmetic coder: turns bits, symbols and plain numbers into a byte string and back.
// One coder is one byte string: a layer, a point-wise chunk, or the chunk table. `laz/coder.md` section 1.
//
// Both classes are small and meant to be copied: a loop over many symbols works on a local copy, which the compiler
// keeps in registers, and writes it back at its end.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "copse/wire.hpp"
#include "laz/models.hpp"

namespace copse::laz {

inline constexpr std::uint32_t kMinLength = 1u << 24;  // renormalise below this
inline constexpr std::uint32_t kMaxLength = 0xffffffff;
inline constexpr unsigned kMaxRawBits = 19;  // wider numbers are split
inline constexpr std::size_t kMinCodedSize = 4;

/// How many bits bring `length` back to at least kMinLength: 0, 8, 16 or 24. @pre length != 0
inline unsigned renormalisation_shift(std::uint32_t length) {
    return static_cast<unsigned>(std::countl_zero(length)) & 24u;
}

/// Reads a byte string. Sticky: after a fault it goes on with valid symbols that mean nothing, so a loop needs no check
/// per symbol and looks once at its end.
///
/// Invariant: value < length. It holds at the start because strings that begin FF FF FF FF are refused, and every step
/// keeps it, whatever the bytes; so each quotient, and each symbol found with it, is in range.
class ArithmeticDecoder {
public:
    /// Over no bytes; for places that are filled later.
    ArithmeticDecoder() = default;

    /// @param bytes the string, possibly followed by other bytes; must outlive the decoder
    /// @param at    file offset of the first byte, for errors
    ArithmeticDecoder(ByteView bytes, FileOffset at)
        : begin_{bytes.data()}, next_{bytes.data()}, end_{bytes.data() + bytes.size()}, at_{at} {
        if (bytes.size() < kMinCodedSize) {
            next_ = end_;
            fail({Code::truncated, at_ + bytes.size(), "a coded byte string has at least 4 bytes"});
            return;
        }
        value_ = load_be32();
        next_ += 4;
        if (value_ == kMaxLength) {
            value_ = 0;
            fail({Code::bad_value, at_, "a coded byte string cannot start with FF FF FF FF"});
        }
    }

    [[gnu::always_inline]] inline bool decode_bit(BitModel& model) {
        const std::uint32_t zero = model.zero_share() * (length_ >> BitModel::kShift);
        const bool bit = value_ >= zero;
        value_ -= bit ? zero : 0;
        length_ = bit ? length_ - zero : zero;
        renormalise();
        model.count(bit);
        return bit;
    }

    template <unsigned Capacity>
    [[gnu::always_inline]] inline std::uint32_t decode_symbol(SymbolModel<Capacity>& model) {
        const std::uint32_t unit = length_ >> SymbolModel<Capacity>::kShift;
        const std::uint32_t symbol = model.find(value_ / unit);
        const std::uint32_t low = model.low(symbol) * unit;
        const std::uint32_t high = model.is_last(symbol) ? length_ : model.high(symbol) * unit;
        value_ -= low;
        length_ = high - low;
        renormalise();
        model.count(symbol);
        return symbol;
    }

    /// A number of 1 to 32 bits that was stored without a model. Above 19 bits: the low 16 first.
    [[gnu::always_inline]] inline std::uint32_t decode_raw(unsigned bits) {
        if (bits <= kMaxRawBits) return raw(bits);
        const std::uint32_t low = raw(16);
        return raw(bits - 16) << 16 | low;
    }

    std::uint64_t decode_raw64() {
        const std::uint64_t low = decode_raw(32);
        return std::uint64_t{decode_raw(32)} << 32 | low;
    }

    [[nodiscard]] bool ok() const { return fault_.what == nullptr; }
    /// The first fault. @pre !ok()
    [[nodiscard]] const Error& error() const {
        assert(!ok());
        return fault_;
    }
    /// Remembers a fault at the bytes read last, unless there was one before: for values that cannot be.
    void fail_here(const char* what) { fail({Code::bad_value, offset() - kMinCodedSize, what}); }

    /// Goes on in other bytes: `bytes` are those of the same string from `offset()` on. For strings that are held a
    /// part at a time; `consumed()` starts again at 0.
    void continue_in(ByteView bytes) {
        at_ = offset();
        begin_ = next_ = bytes.data();
        end_ = bytes.data() + bytes.size();
    }

    /// Bytes used. After the last element of a string that is exactly its size.
    [[nodiscard]] std::size_t consumed() const { return static_cast<std::size_t>(next_ - begin_); }
    /// File offset of the next byte.
    [[nodiscard]] FileOffset offset() const { return at_ + consumed(); }
    [[nodiscard]] bool at_end() const { return next_ == end_; }

private:
    std::uint32_t load_be32() const {
        auto bytes = wire::load_le<std::uint32_t>(next_);
        bytes = (bytes & 0x00ff00ffu) << 8 | (bytes >> 8 & 0x00ff00ffu);
        return bytes << 16 | bytes >> 16;
    }

    [[gnu::always_inline]] inline std::uint32_t raw(unsigned bits) {
        assert(bits >= 1 && bits <= kMaxRawBits);
        length_ >>= bits;
        const std::uint32_t number = value_ / length_;
        value_ -= number * length_;
        if (number >> bits != 0) [[unlikely]]
            fail_here("an unmodelled number is larger than its bits allow");
        renormalise();
        return number & ((1u << bits) - 1);
    }

    [[gnu::always_inline]] inline void renormalise() {
        const unsigned shift = renormalisation_shift(length_);
        if (end_ - next_ < 4) [[unlikely]] {
            *this = renormalised_near_end(*this, shift);
            return;
        }
        // No branch on the shift: 0 bits are as good as 8, and which it is cannot be predicted.
        value_ = static_cast<std::uint32_t>((std::uint64_t{value_} << 32 | load_be32()) >> (32 - shift));
        length_ <<= shift;
        next_ += shift / 8;
    }

    /// The same without reading past the end: there are zeros, and a fault.
    /// Takes and gives a copy: the address of a coder that lives in registers must go nowhere.
    [[gnu::noinline]] static ArithmeticDecoder renormalised_near_end(ArithmeticDecoder in, unsigned shift) {
        for (; shift != 0; shift -= 8) {
            std::uint32_t byte = 0;
            if (in.next_ != in.end_)
                byte = std::to_integer<std::uint32_t>(*in.next_++);
            else
                in.fail({Code::truncated, in.offset(), "coded bytes end before the last point"});
            in.value_ = in.value_ << 8 | byte;
            in.length_ <<= 8;
        }
        return in;
    }

    void fail(const Error& fault) {
        if (ok()) fault_ = fault;
    }

    std::uint32_t value_ = 0;
    std::uint32_t length_ = kMaxLength;
    const std::byte* begin_ = nullptr;
    const std::byte* next_ = nullptr;
    const std::byte* end_ = nullptr;
    FileOffset at_ = 0;
    Error fault_{Code::bad_value, 0, nullptr};
};

/// Writes a byte string, the same bytes as LASzip's encoder for the same elements.
class ArithmeticEncoder {
public:
    void encode_bit(BitModel& model, bool bit) {
        const std::uint32_t zero = model.zero_share() * (length_ >> BitModel::kShift);
        if (bit) {
            add(zero);
            length_ -= zero;
        } else {
            length_ = zero;
        }
        renormalise();
        model.count(bit);
    }

    template <unsigned Capacity>
    void encode_symbol(SymbolModel<Capacity>& model, std::uint32_t symbol) {
        assert(symbol < model.symbols());
        const std::uint32_t unit = length_ >> SymbolModel<Capacity>::kShift;
        const std::uint32_t low = model.low(symbol) * unit;
        const std::uint32_t high = model.is_last(symbol) ? length_ : model.high(symbol) * unit;
        add(low);
        length_ = high - low;
        renormalise();
        model.count(symbol);
    }

    /// A number of 1 to 32 bits without a model. @pre number < 2^bits
    void encode_raw(unsigned bits, std::uint32_t number) {
        if (bits <= kMaxRawBits) {
            raw(bits, number);
        } else {
            raw(16, number & 0xffffu);
            raw(bits - 16, number >> 16);
        }
    }

    void encode_raw64(std::uint64_t number) {
        encode_raw(32, static_cast<std::uint32_t>(number));
        encode_raw(32, static_cast<std::uint32_t>(number >> 32));
    }

    /// The finished string: 4 bytes more than were needed so far, as many as the decoder reads ahead.
    /// The encoder is used up.
    [[nodiscard]] Bytes finish() {
        const bool long_interval = length_ > 2 * kMinLength;
        add(long_interval ? kMinLength : kMinLength >> 1);
        length_ = long_interval ? kMinLength >> 1 : kMinLength >> 9;
        renormalise();
        bytes_.resize(size_);
        bytes_.resize(size_ + (long_interval ? 3 : 2));
        return std::move(bytes_);
    }

private:
    void raw(unsigned bits, std::uint32_t number) {
        assert(bits >= 1 && bits <= kMaxRawBits && number >> bits == 0);
        length_ >>= bits;
        add(number * length_);
        renormalise();
    }

    void add(std::uint32_t offset) {
        base_ += offset;
        if (base_ < offset) [[unlikely]]
            carry();
    }

    /// Adds 1 to the bytes written so far. It never runs off the front: base and length together stay below 1.
    void carry() {
        std::size_t i = size_ - 1;
        while (bytes_[i] == std::byte{0xff}) bytes_[i--] = std::byte{0};
        bytes_[i] = static_cast<std::byte>(std::to_integer<unsigned>(bytes_[i]) + 1);
    }

    void renormalise() {
        const unsigned shift = renormalisation_shift(length_);
        if (bytes_.size() - size_ < 4) [[unlikely]]
            bytes_.resize(2 * bytes_.size() + 64);
        // All four bytes are stored, and as many kept as the shift says.
        for (unsigned i = 0; i < 4; ++i) bytes_[size_ + i] = static_cast<std::byte>(base_ >> (24 - 8 * i));
        size_ += shift / 8;
        base_ <<= shift;
        length_ <<= shift;
    }

    std::uint32_t base_ = 0;
    std::uint32_t length_ = kMaxLength;
    Bytes bytes_;           // with room for what comes
    std::size_t size_ = 0;  // bytes that count
};

}  // namespace copse::laz
