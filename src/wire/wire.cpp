#include "copse/wire.hpp"

#include <deque>

namespace copse {

const char* to_string(Code code) {
    switch (code) {
        case Code::truncated:
            return "truncated";
        case Code::trailing_bytes:
            return "trailing_bytes";
        case Code::bad_value:
            return "bad_value";
        case Code::unsupported:
            return "unsupported";
        case Code::limit_exceeded:
            return "limit_exceeded";
        case Code::io_failed:
            return "io_failed";
    }
    return "unknown";
}

Error Error::in_part(std::string_view name) const {
    Error error = *this;
    error.part = {};
    std::copy_n(name.begin(), std::min(name.size(), error.part.size() - 1), error.part.begin());
    return error;
}

std::string file_of(const Error& error, const std::string& input) {
    if (error.part[0] == '\0') return input;
    return input + (input.ends_with('/') ? "" : "/") + error.part.data();
}

FormatError::FormatError(const Error& error)
    : std::runtime_error{(error.part[0] == '\0' ? "" : std::string{error.part.data()} + ": ") + "offset " +
                         std::to_string(error.at) + ": " + error.what},
      error_{error} {}

namespace wire {

void throw_format_error(const Error& error) {
#if defined(__cpp_exceptions)
    throw FormatError{error};
#else
    (void)error;
    std::abort();
#endif
}

Status Sink::truncate(FileOffset offset) {
    return Error{Code::unsupported, offset, "what was written cannot be taken back"};
}

Result<Bytes> Source::read(ByteRange range) {
    if (const auto inside = require_inside(range.offset, range.size); !inside) return inside.error();
    Bytes bytes(static_cast<std::size_t>(range.size));
    const auto status = read_into(range.offset, bytes);
    if (!status) return status.error();
    return bytes;
}

namespace {

/// Reads when it is asked for the result.
class ReadingFetch final : public Fetch {
public:
    explicit ReadingFetch(Source& source) : source_{&source} {}
    void start(ByteRange range) override { ranges_.push_back(range); }
    Result<Arrival> next() override {
        const auto range = ranges_.front();
        ranges_.pop_front();
        auto bytes = source_->read(range);
        if (!bytes) return bytes.error();
        return Arrival{range, *std::move(bytes)};
    }
    [[nodiscard]] std::size_t pending() const override { return ranges_.size(); }
    [[nodiscard]] bool ready() const override { return !ranges_.empty(); }

private:
    Source* source_;
    std::deque<ByteRange> ranges_;
};

}  // namespace

std::unique_ptr<Fetch> Source::fetch() { return std::make_unique<ReadingFetch>(*this); }

Status Source::require_inside(FileOffset offset, std::uint64_t count) const {
    const auto end = size();
    if (offset <= end && count <= end - offset) return Ok{};
    return Error{Code::truncated, end, "the file ends before the bytes that it refers to"};
}

}  // namespace wire
}  // namespace copse
