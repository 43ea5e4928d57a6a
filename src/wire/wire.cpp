#include "copse/wire.hpp"

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

Status Source::require_inside(FileOffset offset, std::uint64_t count) const {
    const auto end = size();
    if (offset <= end && count <= end - offset) return Ok{};
    return Error{Code::truncated, end, "the file ends before the bytes that it refers to"};
}

}  // namespace wire
}  // namespace copse
