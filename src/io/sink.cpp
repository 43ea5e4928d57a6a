// Memory and streams as sinks of bytes.
#include "copse/io.hpp"
#include "io/files.hpp"

namespace copse::io {

Status MemorySink::append(ByteView bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return Ok{};
}

Status MemorySink::patch(FileOffset offset, ByteView bytes) {
    if (offset > bytes_.size() || bytes_.size() - offset < bytes.size())
        return Error{Code::io_failed, offset, "bytes can be patched only where some were written before", EINVAL};
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
    return Ok{};
}

Status MemorySink::truncate(FileOffset offset) {
    bytes_.resize(static_cast<std::size_t>(std::min<FileOffset>(offset, bytes_.size())));
    return Ok{};
}

Status StreamSink::append(ByteView bytes) {
    if (const auto status = write_all(fd_, bytes, written_); !status) return status;
    written_ += bytes.size();
    return Ok{};
}

Status StreamSink::patch(FileOffset offset, ByteView) {
    return Error{Code::io_failed, offset, "a stream cannot be written at an earlier place", ESPIPE};
}

}  // namespace copse::io
