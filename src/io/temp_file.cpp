// A whole file without a name: written, then read.
#include <unistd.h>

#include "copse/io.hpp"
#include "io/nameless.hpp"

namespace copse::io {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

}  // namespace

Result<std::unique_ptr<TempFile>> TempFile::create(const std::string& folder) {
    auto fd = open_nameless(folder);
    if (!fd) return fd.error();
    std::unique_ptr<TempFile> made{new TempFile};
    made->fd_ = fd->release();
    return made;
}

TempFile::~TempFile() {
    if (fd_ >= 0) ::close(fd_);
}

Status TempFile::append(ByteView bytes) {
    if (buffer_.size() + bytes.size() > kBufferBytes)
        if (const auto status = flush(); !status) return status;
    if (bytes.size() < kBufferBytes) {
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
        return Ok{};
    }
    if (const auto status = write_at(fd_, written_, bytes); !status) return status;
    written_ += bytes.size();
    return Ok{};
}

Status TempFile::patch(FileOffset offset, ByteView bytes) {
    if (const auto status = flush(); !status) return status;
    return write_at(fd_, offset, bytes);
}

Status TempFile::flush() {
    if (const auto status = write_at(fd_, written_, buffer_); !status) return status;
    written_ += buffer_.size();
    buffer_.clear();
    return Ok{};
}

Status TempFile::read_into(FileOffset offset, std::span<std::byte> out) {
    if (const auto inside = require_inside(offset, out.size()); !inside) return inside;
    return read_at(fd_, offset, out);
}

}  // namespace copse::io
