#include <algorithm>
#include <utility>

#include "laz/codecs.hpp"
#include "laz/pointwise_chunk.hpp"

namespace copse::laz {
namespace {

// Rows decoded before faults are looked for and columns are filled: few enough for the cache.
constexpr std::size_t kRecordBytes = 32768;

std::size_t rows_at_once(std::size_t record_length) { return std::max<std::size_t>(1, kRecordBytes / record_length); }

}  // namespace

Result<PointwiseRecord> PointwiseRecord::make(const ChunkFormat& format) {
    PointwiseRecord record;
    for (const Item& item : format.items) {
        auto coding = make_pointwise_item(item);
        if (!coding)
            return Error{Code::unsupported, 0, "the chunk has an item that is not of the point-wise compressor"};
        record.parts_.push_back({std::move(coding), record.size_});
        record.size_ += item.size;
    }
    if (record.size_ != format.layout.record_length)
        return Error{Code::bad_value, 0, "the item sizes do not add up to the record length"};
    return record;
}

PointwiseDecoder::PointwiseDecoder(PointwiseRecord record, ByteView bytes, FileOffset at, std::uint64_t point_count,
                                   Consumption consumption)
    : record_{std::move(record)},
      in_{bytes.subspan(record_.size()), at + record_.size()},
      first_{bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(record_.size())},
      at_{at},
      remaining_{point_count},
      consumption_{consumption} {
    record_.start(first_.data());
}

Result<std::unique_ptr<PointwiseDecoder>> PointwiseDecoder::open(const ChunkFormat& format, ByteView bytes,
                                                                 FileOffset at, std::uint64_t point_count,
                                                                 Consumption consumption) {
    assert(point_count >= 1);
    auto record = PointwiseRecord::make(format);
    if (!record) return Error{record.error().code, at, record.error().what};
    if (bytes.size() < record->size())
        return Error{Code::truncated, at + bytes.size(), "the chunk ends inside its first point"};
    // Not make_unique: the constructor is private.
    std::unique_ptr<PointwiseDecoder> decoder{
        new PointwiseDecoder{std::move(*record), bytes, at, point_count, consumption}};
    if (!decoder->in_.ok()) return decoder->in_.error();
    return decoder;
}

Status PointwiseDecoder::decode(std::size_t rows, las::Points& out) {
    while (rows != 0 && remaining_ != 0) {
        const auto some = std::min({remaining_, std::uint64_t{rows}, std::uint64_t{rows_at_once(record_.size())}});
        if (const auto good = decode_some(static_cast<std::size_t>(some), out); !good) {
            remaining_ = 0;
            return good;
        }
        rows -= static_cast<std::size_t>(some);
        remaining_ -= some;
        if (remaining_ == 0 && consumption_ == Consumption::exact && !in_.at_end())
            return Error{Code::trailing_bytes, in_.offset(), "the chunk has bytes that its last point does not use"};
    }
    return Ok{};
}

Status PointwiseDecoder::decode_some(std::size_t rows, las::Points& out) {
    decode_records(rows);
    if (!in_.ok()) return in_.error();
    const std::size_t row = out.size();
    out.resize(row + rows);
    las::unpack_records(records_, out, row);
    return Ok{};
}

void PointwiseDecoder::decode_records(std::size_t rows) {
    const std::size_t stride = record_.size();
    records_.resize(rows * stride);
    std::byte* record = records_.data();
    const std::byte* const end = record + records_.size();
    if (!first_.empty()) {
        std::copy(first_.begin(), first_.end(), record);
        first_.clear();
        record += stride;
    }
    for (; record != end; record += stride) record_.decode(in_, record);
}

Result<std::unique_ptr<ChunkDecoder>> make_pointwise_reference_decoder(const ChunkFormat& format, ByteView bytes,
                                                                       FileOffset at, std::uint64_t point_count,
                                                                       Consumption consumption) {
    auto decoder = PointwiseDecoder::open(format, bytes, at, point_count, consumption);
    if (!decoder) return decoder.error();
    return std::unique_ptr<ChunkDecoder>{std::move(*decoder)};
}

}  // namespace copse::laz
