#include "ept/record_stream.hpp"

#if defined(COPSE_HAVE_ZSTD)
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#endif

namespace copse::ept {

#if defined(COPSE_HAVE_ZSTD)
namespace {

constexpr std::size_t kPieceBytes = 1u << 17;
/// 32 MiB: four times what the highest level without a warning uses.
constexpr int kMostWindowBits = 25;

struct FreeStream {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

class ZstandardStream final : public RecordStream {
public:
    explicit ZstandardStream(std::unique_ptr<wire::Source> source)
        : source_{std::move(source)}, stream_{ZSTD_createDStream()} {}

    [[nodiscard]] bool start() {
        return stream_ &&
               ZSTD_isError(ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kMostWindowBits)) == 0;
    }

    Status read(std::span<std::byte> out) override {
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        while (to.pos < to.size) {
            if (const auto status = decompress(to); !status) return status;
            if (ended_ && to.pos < to.size) return Error{Code::truncated, source_->size(), kShort};
        }
        return Ok{};
    }

    Status expect_end() override {
        std::byte more{};
        ZSTD_outBuffer to{&more, 1, 0};
        while (!ended_) {
            if (const auto status = decompress(to); !status) return status;
            if (to.pos != 0)
                return Error{Code::trailing_bytes, position(), "the tile holds more points than the hierarchy says"};
        }
        return Ok{};
    }

private:
    static constexpr const char* kShort = "the tile holds fewer points than the hierarchy says";

    [[nodiscard]] FileOffset position() const { return next_ - (from_.size - from_.pos); }

    /// One step: takes or gives bytes, or finds the end.
    Status decompress(ZSTD_outBuffer& to) {
        if (from_.pos == from_.size && next_ < source_->size()) {
            const auto count = std::min<std::uint64_t>(kPieceBytes, source_->size() - next_);
            auto piece = source_->read({next_, count});
            if (!piece) return piece.error();
            piece_ = *std::move(piece);
            from_ = {piece_.data(), piece_.size(), 0};
            next_ += count;
        }
        const auto taken = from_.pos, given = to.pos;
        const auto hint = ZSTD_decompressStream(stream_.get(), &to, &from_);
        if (ZSTD_isError(hint) != 0) {
            const bool window = ZSTD_getErrorCode(hint) == ZSTD_error_frameParameter_windowTooLarge;
            return window ? Error{Code::limit_exceeded, position(), "the Zstandard window is larger than 32 MiB"}
                          : Error{Code::bad_value, position(), "the Zstandard frame is damaged"};
        }
        if (from_.pos != taken || to.pos != given) whole_ = hint == 0;
        const bool at_end = from_.pos == from_.size && next_ == source_->size();
        if (!at_end || to.pos != given || from_.pos != taken) return Ok{};
        if (!whole_) return Error{Code::truncated, source_->size(), "the tile ends within a Zstandard frame"};
        ended_ = true;
        return Ok{};
    }

    std::unique_ptr<wire::Source> source_;
    std::unique_ptr<ZSTD_DStream, FreeStream> stream_;
    Bytes piece_;
    ZSTD_inBuffer from_{nullptr, 0, 0};
    FileOffset next_ = 0;  ///< of the bytes not read yet
    bool whole_ = true;    ///< between two frames
    bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<RecordStream>> make_zstandard_stream(std::unique_ptr<wire::Source> source) {
    auto stream = std::make_unique<ZstandardStream>(std::move(source));
    if (!stream->start()) return Error{Code::limit_exceeded, 0, "the memory does not suffice"};
    return std::unique_ptr<RecordStream>{std::move(stream)};
}

#else

Result<std::unique_ptr<RecordStream>> make_zstandard_stream(std::unique_ptr<wire::Source>) {
    return Error{Code::unsupported, 0, "the tiles are compressed with Zstandard, which this build does not have"};
}

#endif

}  // namespace copse::ept
