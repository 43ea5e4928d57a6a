#include "io/files.hpp"

#include <poll.h>
#include <unistd.h>

namespace copse::io {

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }  // NOLINT: equal on Linux only

}  // namespace

Status write_all(int fd, ByteView bytes, FileOffset at) {
    while (!bytes.empty()) {
        const auto count = retry([&] { return ::write(fd, bytes.data(), bytes.size()); });
        if (count < 0 && would_block(errno)) {
            pollfd ready{fd, POLLOUT, 0};
            (void)retry([&] { return ::poll(&ready, 1, -1); });
            continue;
        }
        if (count < 0) return os_error("writing failed", at);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        at += static_cast<FileOffset>(count);
    }
    return Ok{};
}

}  // namespace copse::io
