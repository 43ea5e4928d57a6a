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

FormatError::FormatError(const Error& error)
    : std::runtime_error{"offset " + std::to_string(error.at) + ": " + error.what}, error_{error} {}

namespace wire {

void throw_format_error(const Error& error) {
#if defined(__cpp_exceptions)
    throw FormatError{error};
#else
    (void)error;
    std::abort();
#endif
}

Result<Bytes> Source::read(ByteRange range) {
    if (range.offset > size() || size() - range.offset < range.size)
        return Error{Code::truncated, std::min(range.offset, size()),
                     "the file ends before the bytes that it refers to"};
    Bytes bytes(static_cast<std::size_t>(range.size));
    const auto status = read_into(range.offset, bytes);
    if (!status) return status.error();
    return bytes;
}

}  // namespace wire
}  // namespace copse
