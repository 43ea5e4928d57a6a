// A chunk of point-wise items: the first point as it is, then one coded string in which the items of a point follow
// each other. `laz/pointwise.md` section 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "copse/laz.hpp"
#include "laz/arithmetic_coder.hpp"
#include "laz/pointwise_item.hpp"

namespace copse::laz {

/// The items of a record, run one after the other.
class PointwiseRecord {
public:
    static Result<PointwiseRecord> make(const ChunkFormat& format);

    [[nodiscard]] std::size_t size() const { return size_; }
    void start(const std::byte* record) {
        for (const Part& part : parts_) part.item->start(record + part.offset);
    }
    void decode(ArithmeticDecoder& in, std::byte* record) {
        for (const Part& part : parts_) part.item->decode(in, record + part.offset);
    }
    void encode(ArithmeticEncoder& out, const std::byte* record) {
        for (const Part& part : parts_) part.item->encode(out, record + part.offset);
    }

private:
    struct Part {
        std::unique_ptr<PointwiseItem> item;
        std::size_t offset;
    };
    std::vector<Part> parts_;
    std::size_t size_ = 0;
};

/// Most bytes that one point can take in a chunk, for those who hold a chunk a part at a time. No item needs more than
/// 5 times its size: POINT10 has at most 15 symbols and 85 raw bits, GPSTIME11 5 symbols and 56 raw bits or 64 raw
/// bits, RGB12 13 symbols, BYTE 2 symbols a byte, WAVEPACKET13 12 symbols and 179 raw bits; a symbol takes at most 16
/// bits.
constexpr std::size_t max_pointwise_size(std::size_t record_length) { return 5 * record_length; }

class PointwiseDecoder final : public ChunkDecoder {
public:
    /// Arguments as of `open_chunk`.
    static Result<std::unique_ptr<PointwiseDecoder>> open(const ChunkFormat& format, ByteView bytes, FileOffset at,
                                                          std::uint64_t point_count, Consumption consumption);

    [[nodiscard]] std::uint64_t remaining() const override { return remaining_; }
    Status decode(std::size_t rows, las::Points& out) override;
    [[nodiscard]] std::uint64_t consumed() const override { return in_.offset() - at_; }

    /// Goes on in other bytes: `bytes` are those of the chunk from `consumed()` on.
    void continue_in(ByteView bytes) { in_.continue_in(bytes); }

private:
    PointwiseDecoder(PointwiseRecord record, ByteView bytes, FileOffset at, std::uint64_t point_count,
                     Consumption consumption);
    Status decode_some(std::size_t rows, las::Points& out);
    void decode_records(std::size_t rows);

    PointwiseRecord record_;
    ArithmeticDecoder in_;
    Bytes first_;  // the first point, until it is handed out
    Bytes records_;
    FileOffset at_;
    std::uint64_t remaining_;
    Consumption consumption_;
};

}  // namespace copse::laz
