// The chunk table: how many bytes and points each chunk has. `laz/coder.md` section 7.
#include "laz/chunk_table.hpp"

#include <algorithm>
#include <cassert>

#include "laz/arithmetic_coder.hpp"
#include "laz/integer_coder.hpp"

namespace copse::laz {
namespace {

constexpr FileOffset kCountAt = 4;  // within the table

bool is_variable(std::uint32_t chunk_size) { return chunk_size == 0 || chunk_size == kVariableChunks; }

/// Numbers of the table are differences to the number before, modulo 2^32; points and bytes each have a context.
struct Numbers {
    static constexpr unsigned kPoints = 0;
    static constexpr unsigned kBytes = 1;

    std::uint32_t decode(ArithmeticDecoder& in, unsigned kind) {
        return last[kind] = static_cast<std::uint32_t>(coder.decode(in, static_cast<std::int32_t>(last[kind]), kind));
    }
    void encode(ArithmeticEncoder& out, unsigned kind, std::uint64_t number) {
        assert(number <= 0xffffffff);
        const auto prediction = static_cast<std::int32_t>(last[kind]);
        last[kind] = static_cast<std::uint32_t>(number);
        coder.encode(out, static_cast<std::int32_t>(last[kind]), prediction, kind);
    }

    IntegerCoder<32, 2> coder;
    std::uint32_t last[2] = {0, 0};
};

/// Most chunks that can lie between the first chunk and the table: each has at least a raw point and a coder's end.
/// One more is granted, since some writers put an empty one into a file without points.
std::uint64_t max_chunk_count(const ChunkTableContext& context) {
    const std::uint64_t room = context.table > context.first_chunk ? context.table - context.first_chunk : 0;
    return room / (context.record_length + kMinCodedSize) + 1;
}

/// Takes entries one by one and compares their running sums with the file.
class EntryList {
public:
    EntryList(const ChunkTableContext& context, FileOffset numbers_at)
        : context_{&context}, numbers_at_{numbers_at}, next_{context.first_chunk}, points_left_{context.point_count} {}

    /// An entry with its own point count.
    Status add(std::uint32_t points, std::uint32_t size) {
        if ((points == 0) != (size == 0))
            return Error{Code::bad_value, numbers_at_,
                         "the chunk table has a chunk of points without bytes, or the reverse"};
        if (points > points_left_)
            return Error{Code::bad_value, numbers_at_, "the points of the chunk table are more than the header's"};
        return append(points, size);
    }

    /// An entry of a file whose chunks all have `chunk_size` points, but for the last one.
    Status add_fixed(std::uint32_t size) {
        if (size == 0) return Ok{};
        if (points_left_ == 0)
            return Error{Code::bad_value, numbers_at_, "the chunk table has more chunks than the header's points need"};
        return append(std::min<std::uint64_t>(points_left_, context_->chunk_size), size);
    }

    Result<std::vector<ChunkEntry>> finish() && {
        if (points_left_ != 0)
            return Error{Code::bad_value, context_->table + kCountAt,
                         "the points of the chunk table are fewer than the header's"};
        return std::move(entries_);
    }

private:
    Status append(std::uint64_t points, std::uint32_t size) {
        if (size == 0) return Ok{};
        if (size > context_->table - next_)
            return Error{Code::bad_value, numbers_at_, "a chunk of the chunk table runs past the table"};
        entries_.push_back({next_, size, points});
        next_ += size;
        points_left_ -= points;
        return Ok{};
    }

    const ChunkTableContext* context_;
    FileOffset numbers_at_;  // of the coded numbers: where in them an entry lies cannot be told
    FileOffset next_;
    std::uint64_t points_left_;
    std::vector<ChunkEntry> entries_;
};

}  // namespace

Status check_chunk_count(std::uint32_t count, const ChunkTableContext& context, const wire::Limits& limits) {
    if (count > max_chunk_count(context))
        return Error{Code::bad_value, context.table + kCountAt,
                     "the chunk table has more chunks than fit between the first chunk and the table"};
    if (count > limits.max_chunks)
        return Error{Code::limit_exceeded, context.table + kCountAt,
                     "the chunk table has more chunks than the limit allows"};
    return Ok{};
}

Result<SizedChunkTable> parse_sized_chunk_table(ByteView bytes, const ChunkTableContext& context,
                                                const wire::Limits& limits) {
    wire::ByteReader head{bytes, context.table};
    const auto version = head.u32();
    const auto count = head.u32();
    if (!head.ok()) return Error{Code::truncated, head.offset(), "the file ends inside the chunk table"};
    if (version != 0) return Error{Code::unsupported, context.table, "the version of the chunk table is not 0"};
    if (context.table < context.first_chunk)
        return Error{Code::bad_value, context.table, "the chunk table lies before the first chunk"};
    if (const auto good = check_chunk_count(count, context, limits); !good) return good.error();

    EntryList list{context, head.offset()};
    std::uint64_t size = kChunkTableHeadSize;
    if (count != 0) {
        ArithmeticDecoder in{bytes.subspan(head.position()), head.offset()};
        Numbers numbers;
        for (std::uint32_t i = 0; i < count; ++i) {
            const bool variable = is_variable(context.chunk_size);
            const std::uint32_t points = variable ? numbers.decode(in, Numbers::kPoints) : 0;
            const std::uint32_t chunk_bytes = numbers.decode(in, Numbers::kBytes);
            if (!in.ok()) return in.error();
            if (const auto added = variable ? list.add(points, chunk_bytes) : list.add_fixed(chunk_bytes); !added)
                return added.error();
        }
        size += in.consumed();
    }
    auto entries = std::move(list).finish();
    if (!entries) return entries.error();
    return SizedChunkTable{std::move(*entries), size};
}

Result<std::vector<ChunkEntry>> parse_chunk_table(ByteView bytes, const ChunkTableContext& context,
                                                  const wire::Limits& limits) {
    auto table = parse_sized_chunk_table(bytes, context, limits);
    if (!table) return table.error();
    return std::move(table->chunks);
}

void encode_chunk_table(std::span<const ChunkEntry> chunks, std::uint32_t chunk_size, Bytes& out) {
    wire::ByteWriter write{out};
    write.u32(0);  // version
    write.u32(static_cast<std::uint32_t>(chunks.size()));
    if (chunks.empty()) return;

    ArithmeticEncoder coded;
    Numbers numbers;
    for (const ChunkEntry& chunk : chunks) {
        assert(chunk.size != 0 && chunk.point_count != 0);
        if (is_variable(chunk_size)) numbers.encode(coded, Numbers::kPoints, chunk.point_count);
        numbers.encode(coded, Numbers::kBytes, chunk.size);
    }
    write.bytes(coded.finish());
}

}  // namespace copse::laz
