// Small steps shared by the files of this room: system calls that are repeated, and errors made of errno.
#pragma once

#include <cerrno>
#include <span>

#include "copse/wire.hpp"

namespace copse::io {

/// An io_failed error of the current errno. @param what static text
[[nodiscard]] inline Error os_error(const char* what, FileOffset at = 0) {
    return Error{Code::io_failed, at, what, errno};
}

/// Repeats a system call that a signal interrupted.
template <class Call>
auto retry(Call&& call) {
    for (;;) {
        const auto result = call();
        if (result >= 0 || errno != EINTR) return result;
    }
}

/// A file descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_{fd} {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : fd_{other.release()} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

/// Writes all of `bytes` at the descriptor's position. Waits where the descriptor is set not to block.
Status write_all(int fd, ByteView bytes, FileOffset at);

}  // namespace copse::io
