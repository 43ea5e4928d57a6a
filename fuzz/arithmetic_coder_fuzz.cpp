// The entropy coder: any elements come back as they were and use up their string; any string decodes to elements in
// range. The input is a list of elements, two bytes each: kind and value.
#include <cstdlib>

#include "laz/arithmetic_coder.hpp"
#include "laz/integer_coder.hpp"

namespace {

using namespace copse;
using namespace copse::laz;

/// One coder and one set of models, run over the list of elements.
struct Models {
    BitModel bit;
    SymbolModel<3> few;
    SymbolModel<515> many;
    IntegerCoder<32, 2> wide;
    IntegerCoder<16, 1> narrow;
};

/// A 32-bit number out of one byte, of any size.
std::uint32_t spread(std::uint8_t kind, std::uint8_t value) { return (value * 0x01010101u) >> (kind >> 3u); }

void encode(ArithmeticEncoder& out, Models& models, std::uint8_t kind, std::uint8_t value) {
    const std::uint32_t number = spread(kind, value);
    const unsigned bits = 1u + (kind >> 3u);
    switch (kind % 6) {
        case 0:
            out.encode_bit(models.bit, value % 2 != 0);
            break;
        case 1:
            out.encode_symbol(models.few, value % 3);
            break;
        case 2:
            out.encode_symbol(models.many, (value * 3u) % 515);
            break;
        case 3:
            models.wide.encode(out, static_cast<std::int32_t>(number), kind, value % 2);
            break;
        case 4:
            models.narrow.encode(out, static_cast<std::uint16_t>(number), value);
            break;
        default:
            out.encode_raw(bits, number & (0xffffffffu >> (32 - bits)));
            break;
    }
}

/// Whether the next element is what `encode` has written.
bool decode(ArithmeticDecoder& in, Models& models, std::uint8_t kind, std::uint8_t value) {
    const std::uint32_t number = spread(kind, value);
    const unsigned bits = 1u + (kind >> 3u);
    switch (kind % 6) {
        case 0:
            return in.decode_bit(models.bit) == (value % 2 != 0);
        case 1:
            return in.decode_symbol(models.few) == value % 3;
        case 2:
            return in.decode_symbol(models.many) == (value * 3u) % 515;
        case 3:
            return models.wide.decode(in, kind, value % 2) == static_cast<std::int32_t>(number);
        case 4:
            return models.narrow.decode(in, value) == static_cast<std::uint16_t>(number);
        default:
            return in.decode_raw(bits) == (number & (0xffffffffu >> (32 - bits)));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::size_t count = size / 2;
    ArithmeticEncoder out;
    Models models;
    for (std::size_t i = 0; i < count; ++i) encode(out, models, data[2 * i], data[2 * i + 1]);
    const Bytes bytes = out.finish();

    ArithmeticDecoder in{bytes, 0};
    models = {};
    for (std::size_t i = 0; i < count; ++i)
        if (!decode(in, models, data[2 * i], data[2 * i + 1])) std::abort();
    if (!in.ok() || !in.at_end()) std::abort();

    // The input itself as a string: symbols in range, never past the end.
    const ByteView any = std::as_bytes(std::span{data, size});
    ArithmeticDecoder hostile{any, 0};
    models = {};
    for (std::size_t i = 0; i < count; ++i) (void)decode(hostile, models, data[2 * i], data[2 * i + 1]);
    if (hostile.consumed() > size || (!hostile.ok() && hostile.error().at > size)) std::abort();
    return 0;
}
