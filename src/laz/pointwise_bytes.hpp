// The item BYTE: all extra bytes of a record, whatever they mean. `laz/pointwise.md` sections 6 and 8.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "laz/layered_coding.hpp"
#include "laz/pointwise_item.hpp"

namespace copse::laz {

/// One byte position in version 2: a model of the difference to the last point.
struct ByteDifference {
    SymbolModel<256> differences;

    template <class Coder, class Byte>
    void code(Coder& coder, IntegerCoder<8, 1>&, Byte& byte, std::uint8_t last) {
        code_byte_difference(coder, differences, byte, last);
    }
};

/// One byte position in version 1: a context of an integer coder, whose other models all positions share.
struct ByteContext {
    SymbolModel<9> classes;

    void code(ArithmeticDecoder& in, IntegerCoder<8, 1>& shared, std::uint8_t& byte, std::uint8_t last) {
        byte = shared.decode(in, last, classes);
    }
    void code(ArithmeticEncoder& out, IntegerCoder<8, 1>& shared, const std::uint8_t& byte, std::uint8_t last) {
        shared.encode(out, byte, last, classes);
    }
};

template <class Position>
class PointwiseBytes final : public PointwiseItem {
public:
    explicit PointwiseBytes(std::size_t size) : last_(size) {}

    void start(const std::byte* bytes) override {
        for (std::size_t i = 0; i < last_.size(); ++i) last_[i] = wire::load_le<std::uint8_t>(bytes + i);
    }
    void decode(ArithmeticDecoder& in, std::byte* bytes) override {
        make_positions();
        for (std::size_t i = 0; i < last_.size(); ++i) {
            std::uint8_t byte = 0;
            positions_[i].code(in, shared_, byte, last_[i]);
            wire::store_le(bytes + i, last_[i] = byte);
        }
    }
    void encode(ArithmeticEncoder& out, const std::byte* bytes) override {
        make_positions();
        for (std::size_t i = 0; i < last_.size(); ++i) {
            const auto byte = wire::load_le<std::uint8_t>(bytes + i);
            positions_[i].code(out, shared_, byte, last_[i]);
            last_[i] = byte;
        }
    }

private:
    /// Not before the second point: a record can claim 65,000 extra bytes, and a kilobyte of models for each.
    void make_positions() {
        if (positions_.empty()) positions_.resize(last_.size());
    }

    std::vector<std::uint8_t> last_;
    std::vector<Position> positions_;
    IntegerCoder<8, 1> shared_;
};

}  // namespace copse::laz
