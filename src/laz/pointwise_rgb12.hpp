// The item RGB12. `laz/pointwise.md` sections 5 and 8.3.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "laz/layered_coding.hpp"
#include "laz/pointwise_item.hpp"

namespace copse::laz {

/// A colour as the bytes of its record: low and high byte of red, green and blue.
struct Rgb12 {
    static constexpr std::size_t kBytes = 6;
    std::array<std::uint8_t, kBytes> bytes{};

    [[nodiscard]] bool is_grey() const {
        return bytes[0] == bytes[2] && bytes[0] == bytes[4] && bytes[1] == bytes[3] && bytes[1] == bytes[5];
    }
    /// One bit for each byte that differs.
    [[nodiscard]] std::uint32_t difference_bits(const Rgb12& other) const {
        std::uint32_t bits = 0;
        for (unsigned i = 0; i < kBytes; ++i) bits |= bytes[i] != other.bytes[i] ? 1u << i : 0;
        return bits;
    }

    static Rgb12 load(const std::byte* from) {
        Rgb12 colour;
        for (std::size_t i = 0; i < kBytes; ++i) colour.bytes[i] = wire::load_le<std::uint8_t>(from + i);
        return colour;
    }
    void store(std::byte* to) const {
        for (std::size_t i = 0; i < kBytes; ++i) wire::store_le(to + i, bytes[i]);
    }
};

/// Version 2. Green follows the change of red, and blue the mean change of both.
class Rgb12V2 {
public:
    using Value = Rgb12;

    void start(const Rgb12& first) { last_ = first; }

    template <class Coder, class Colour>
    void code(Coder& coder, Colour& colour) {
        std::uint32_t changed = 0;
        if constexpr (kEncodes<Coder>) changed = colour.difference_bits(last_) | (colour.is_grey() ? 0 : kNotGrey);
        code_symbol(coder, changed_, changed);

        code_byte(coder, changed, 0, colour, [&] { return last(0); });
        code_byte(coder, changed, 1, colour, [&] { return last(1); });
        if ((changed & kNotGrey) == 0) {
            // The bits of green and blue mean nothing now.
            for (unsigned i = 2; i < Rgb12::kBytes; ++i) code_nothing(coder, colour.bytes[i], colour.bytes[i & 1u]);
        } else {
            // Low bytes first: 2 and 4 are those of green and blue, 3 and 5 the high ones.
            for (const unsigned red : {0u, 1u}) {
                const unsigned green = red + 2;
                const unsigned blue = red + 4;
                code_byte(coder, changed, green, colour, [&] { return clamp(last(green) + change(colour, red)); });
                code_byte(coder, changed, blue, colour, [&] {
                    // Halved toward zero, not rounded down.
                    return clamp(last(blue) + (change(colour, red) + change(colour, green)) / 2);
                });
            }
        }
        last_ = colour;
    }

private:
    static constexpr std::uint32_t kNotGrey = 1u << 6;  // bits 0 to 5: this byte differs from the last point's

    [[nodiscard]] int last(unsigned i) const { return last_.bytes[i]; }
    [[nodiscard]] int change(const Rgb12& colour, unsigned i) const { return int{colour.bytes[i]} - last(i); }
    static int clamp(int value) { return std::clamp(value, 0, 255); }

    template <class Coder, class Colour, class Prediction>
    void code_byte(Coder& coder, std::uint32_t changed, unsigned i, Colour& colour, Prediction&& prediction) {
        if ((changed >> i & 1u) == 0) return code_nothing(coder, colour.bytes[i], last_.bytes[i]);
        code_byte_difference(coder, differences_[i], colour.bytes[i], static_cast<unsigned>(prediction()));
    }

    Rgb12 last_;
    SymbolModel<128> changed_;
    std::array<SymbolModel<256>, Rgb12::kBytes> differences_;
};

/// Version 1. Six bytes, each for itself.
class Rgb12V1 {
public:
    using Value = Rgb12;

    void start(const Rgb12& first) { last_ = first; }

    template <class Coder, class Colour>
    void code(Coder& coder, Colour& colour) {
        std::uint32_t changed = 0;
        if constexpr (kEncodes<Coder>) changed = colour.difference_bits(last_);
        code_symbol(coder, changed_, changed);
        for (unsigned i = 0; i < Rgb12::kBytes; ++i) {
            if ((changed >> i & 1u) != 0)
                code_integer(coder, bytes_, colour.bytes[i], last_.bytes[i], i);
            else
                code_nothing(coder, colour.bytes[i], last_.bytes[i]);
        }
        last_ = colour;
    }

private:
    Rgb12 last_;
    SymbolModel<64> changed_;
    IntegerCoder<8, Rgb12::kBytes> bytes_;
};

}  // namespace copse::laz
