#include "laz/point_stream.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "laz/pointwise_chunk.hpp"

namespace copse::laz {
namespace {

constexpr const char* kEndsTooEarly = "the file ends before the points that its header declares";

struct FoundChunk {
    ByteRange bytes;
    std::uint64_t point_count = 0;
};

/// Chunk after chunk, each held whole; how they are found differs.
class ChunkStream : public PointStream {
public:
    explicit ChunkStream(StreamContext context) : context_{std::move(context)} {}

    Status next(std::size_t rows, las::Points& out) final {
        while (rows != 0) {
            if (decoder_ == nullptr || decoder_->remaining() == 0) {
                const auto found = find_next();
                if (!found) return found.error();
                if (!*found) return Ok{};
                if (const auto good = load(**found, out.columns); !good) return good;
            } else if (columns_ != out.columns) {
                if (const auto good = reopen(out.columns); !good) return good;
            }
            const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(rows, decoder_->remaining()));
            const auto before = out.size();
            if (const auto good = decoder_->decode(some, out); !good) {
                out.resize(before);
                return good;
            }
            rows -= some;
            done_ += some;
        }
        return Ok{};
    }

protected:
    /// The next chunk, or nothing if there are no more points.
    virtual Result<std::optional<FoundChunk>> find_next() = 0;
    [[nodiscard]] const StreamContext& context() const { return context_; }

private:
    Status load(const FoundChunk& chunk, las::ColumnSet columns) {
        decoder_.reset();  // before the bytes that it refers to
        auto bytes = read_chunk(*context_.source, chunk.bytes, context_.limits);
        if (!bytes) return bytes.error();
        bytes_ = *std::move(bytes);
        chunk_ = chunk;
        return open(columns);
    }

    Status open(las::ColumnSet columns) {
        auto decoder = open_chunk(context_.format, bytes_, chunk_.bytes.offset, chunk_.point_count, columns);
        if (!decoder) return decoder.error();
        decoder_ = *std::move(decoder);
        columns_ = columns;
        done_ = 0;
        return Ok{};
    }

    /// Other columns are wanted in the midst of a chunk: it is decoded again up to here.
    Status reopen(las::ColumnSet columns) {
        constexpr std::uint64_t kRowsAtOnce = 8192;
        const std::uint64_t done = done_;
        if (const auto good = open(columns); !good) return good;
        las::Points passed{context_.format.layout, columns};
        while (done_ != done) {
            const auto some = std::min(done - done_, kRowsAtOnce);
            passed.resize(0);
            if (const auto good = decoder_->decode(static_cast<std::size_t>(some), passed); !good) return good;
            done_ += some;
        }
        return Ok{};
    }

    StreamContext context_;
    Bytes bytes_;
    FoundChunk chunk_;
    std::unique_ptr<ChunkDecoder> decoder_;
    las::ColumnSet columns_;
    std::uint64_t done_ = 0;  // rows of this chunk
};

class TableStream final : public ChunkStream {
public:
    TableStream(StreamContext context, std::span<const las::PointBlock> chunks)
        : ChunkStream{std::move(context)}, chunks_{chunks} {}

private:
    Result<std::optional<FoundChunk>> find_next() override {
        if (next_ == chunks_.size()) return std::optional<FoundChunk>{};
        const auto& chunk = chunks_[next_++];
        return std::optional{FoundChunk{chunk.bytes, chunk.point_count}};
    }

    std::span<const las::PointBlock> chunks_;
    std::size_t next_ = 0;
};

class LayeredStream final : public ChunkStream {
public:
    explicit LayeredStream(StreamContext stream_context) : ChunkStream{std::move(stream_context)} {
        at_ = context().begin;
        left_ = context().point_count;
        for (const Item& item : context().format.items) layers_ += layers_of(item);
    }

private:
    static std::uint64_t layers_of(const Item& item) {
        if (item.type == ItemType::point14) return 9;
        if (item.type == ItemType::rgb_nir14) return 2;
        return item.type == ItemType::byte14 ? item.size : 1;
    }

    /// @spec `laz/layered.md` section 1: first point, u32 point count, one u32 size for each layer, layers
    Result<std::optional<FoundChunk>> find_next() override {
        if (left_ == 0) return std::optional<FoundChunk>{};
        const std::uint64_t file_size = context().source->size();
        const std::uint64_t record_length = context().format.layout.record_length;
        const std::uint64_t sizes = 4 * (1 + layers_);
        const std::uint64_t available = file_size - at_;  // at_ has been compared with the size before
        if (available < record_length + sizes) return Error{Code::truncated, file_size, kEndsTooEarly};
        const auto head = context().source->read({at_ + record_length, sizes});
        if (!head) return head.error();

        wire::ByteReader in{*head, at_ + record_length};
        const std::uint64_t points = in.u32();
        std::uint64_t size = record_length + sizes;
        for (std::uint64_t i = 0; i < layers_; ++i) size += in.u32();
        if (size > available) return Error{Code::truncated, file_size, kEndsTooEarly};
        // A chunk in the midst of the file that has not the points of the chunk size is found out when it is opened.
        const FoundChunk found{{at_, size},
                               is_variable() ? points : std::min<std::uint64_t>(left_, context().chunk_size)};
        if (found.point_count == 0 || found.point_count > left_)
            return Error{Code::bad_value, at_ + record_length,
                         "the chunk's number of points is 0, or more than the header leaves"};
        at_ += size;
        left_ -= found.point_count;
        return std::optional{found};
    }

    [[nodiscard]] bool is_variable() const {
        return context().chunk_size == 0 || context().chunk_size == kVariableChunks;
    }

    FileOffset at_ = 0;
    std::uint64_t left_ = 0;
    std::uint64_t layers_ = 0;
};

class PointwiseStream final : public PointStream {
public:
    explicit PointwiseStream(StreamContext context)
        : context_{std::move(context)},
          point_size_{max_pointwise_size(context_.format.layout.record_length)},
          at_{context_.begin},
          left_{context_.point_count} {}

    Status next(std::size_t rows, las::Points& out) override {
        while (rows != 0 && left_ != 0) {
            if (decoder_ == nullptr || decoder_->remaining() == 0)
                if (const auto good = open(); !good) return good;
            // As many rows as half a window is sure to hold, and the window is filled when less is left of it.
            const std::size_t sure = std::max<std::size_t>(1, kWindow / 2 / point_size_);
            const auto some =
                static_cast<std::size_t>(std::min({std::uint64_t{rows}, decoder_->remaining(), std::uint64_t{sure}}));
            if (const auto good = make_sure_of(some * point_size_ + kMinCodedSize); !good) return good;
            const auto before = out.size();
            if (const auto good = decoder_->decode(some, out); !good) {
                out.resize(before);
                return good;
            }
            rows -= some;
            left_ -= some;
        }
        return Ok{};
    }

private:
    static constexpr std::size_t kWindow = 1u << 20;

    [[nodiscard]] FileOffset position() const { return at_ + (decoder_ == nullptr ? 0 : decoder_->consumed()); }
    [[nodiscard]] FileOffset window_end() const { return window_at_ + window_.size(); }

    Result<Bytes> read_window(FileOffset at) const {
        const std::uint64_t file_size = context_.source->size();
        return context_.source->read({at, std::min<std::uint64_t>(kWindow, file_size - at)});
    }

    Status open() {
        at_ = position();
        decoder_.reset();
        auto window = read_window(at_);
        if (!window) return window.error();
        window_ = *std::move(window);
        window_at_ = at_;
        const std::uint64_t points =
            context_.chunk_size == kVariableChunks ? left_ : std::min<std::uint64_t>(left_, context_.chunk_size);
        auto decoder = PointwiseDecoder::open(context_.format, window_, at_, points, Consumption::open);
        if (!decoder) return decoder.error();
        decoder_ = *std::move(decoder);
        return Ok{};
    }

    /// Moves the window on, unless `size` bytes are left in it or it reaches the end of the file.
    Status make_sure_of(std::size_t size) {
        if (window_end() - position() >= size || window_end() == context_.source->size()) return Ok{};
        const FileOffset at = position();
        auto window = read_window(at);
        if (!window) return window.error();
        decoder_->continue_in(*window);
        window_ = *std::move(window);  // the bytes themselves do not move
        window_at_ = at;
        return Ok{};
    }

    StreamContext context_;
    std::size_t point_size_;
    FileOffset at_;  // of this chunk
    std::uint64_t left_;
    Bytes window_;
    FileOffset window_at_ = 0;
    std::unique_ptr<PointwiseDecoder> decoder_;
};

class StoredStream final : public PointStream {
public:
    explicit StoredStream(StreamContext context)
        : context_{std::move(context)}, at_{context_.begin}, left_{context_.point_count} {}

    Status next(std::size_t rows, las::Points& out) override {
        constexpr std::size_t kBytesAtOnce = 1u << 20;
        const std::size_t record_length = context_.format.layout.record_length;
        while (rows != 0 && left_ != 0) {
            const auto some = std::min({std::uint64_t{rows}, left_, std::uint64_t{kBytesAtOnce / record_length}});
            const std::uint64_t file_size = context_.source->size();
            if (some * record_length > file_size - at_) return Error{Code::truncated, file_size, kEndsTooEarly};
            const auto records = context_.source->read({at_, some * record_length});
            if (!records) return records.error();
            const std::size_t row = out.size();
            out.resize(row + static_cast<std::size_t>(some));
            las::unpack_records(*records, out, row);
            at_ += some * record_length;
            left_ -= some;
            rows -= static_cast<std::size_t>(some);
        }
        return Ok{};
    }

private:
    StreamContext context_;
    FileOffset at_;
    std::uint64_t left_;
};

}  // namespace

Result<Bytes> read_chunk(wire::Source& source, ByteRange range, const wire::Limits& limits) {
    if (range.size > limits.max_chunk_bytes)
        return Error{Code::limit_exceeded, range.offset, "the chunk has more bytes than the limit allows"};
    return source.read(range);
}

std::unique_ptr<PointStream> make_table_stream(StreamContext context, std::span<const las::PointBlock> chunks) {
    return std::make_unique<TableStream>(std::move(context), chunks);
}
std::unique_ptr<PointStream> make_layered_stream(StreamContext context) {
    return std::make_unique<LayeredStream>(std::move(context));
}
std::unique_ptr<PointStream> make_pointwise_stream(StreamContext context) {
    return std::make_unique<PointwiseStream>(std::move(context));
}
std::unique_ptr<PointStream> make_stored_stream(StreamContext context) {
    return std::make_unique<StoredStream>(std::move(context));
}

}  // namespace copse::laz
