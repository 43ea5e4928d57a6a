// Files and memory as sources of bytes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copse/io.hpp"
#include "io/files.hpp"

namespace copse::io {
namespace {

std::int64_t modified_ns(const struct stat& status) {
    return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
}

/// Only files whose size is known and that can be read at any place. Devices and pipes are neither.
Status require_regular(const struct stat& status) {
    if (S_ISREG(status.st_mode)) return Ok{};
    if (S_ISDIR(status.st_mode)) return Error{Code::io_failed, 0, "this is a folder, not a file", EISDIR};
    return Error{Code::io_failed, 0, "this is a device, pipe or socket, not a regular file", ESPIPE};
}

}  // namespace

Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path) {
    // A NUL would cut the name short and open another file.
    if (path.find('\0') != std::string::npos) return Error{Code::io_failed, 0, "cannot open the file", ENOENT};
    // O_NONBLOCK: opening a pipe without a writer must fail below, not wait. It means nothing to a regular file.
    Descriptor fd{retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); })};
    if (!fd) return os_error("cannot open the file");
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return os_error("cannot ask for the file's size");
    if (const auto regular = require_regular(status); !regular) return regular.error();

    std::unique_ptr<FileSource> source{new FileSource};
    source->fd_ = fd.release();
    source->size_ = static_cast<std::uint64_t>(status.st_size);
    source->modified_ns_ = modified_ns(status);
    source->id_ = {status.st_dev, status.st_ino};
    return source;
}

FileSource::~FileSource() {
    if (fd_ >= 0) ::close(fd_);
}

Status FileSource::read_into(FileOffset offset, std::span<std::byte> out) {
    if (const auto inside = require_inside(offset, out.size()); !inside) return inside;
    while (!out.empty()) {
        const auto count = retry([&] { return ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset)); });
        if (count < 0) return os_error("reading failed", offset);
        if (count == 0) return Error{Code::io_failed, offset, "the file became shorter while it was read", EIO};
        out = out.subspan(static_cast<std::size_t>(count));
        offset += static_cast<FileOffset>(count);
    }
    return Ok{};
}

bool FileSource::unchanged() const {
    struct stat status{};
    return ::fstat(fd_, &status) == 0 && static_cast<std::uint64_t>(status.st_size) == size_ &&
           modified_ns(status) == modified_ns_;
}

Status MemorySource::read_into(FileOffset offset, std::span<std::byte> out) {
    if (const auto inside = require_inside(offset, out.size()); !inside) return inside;
    const auto from = view_.subspan(static_cast<std::size_t>(offset), out.size());
    std::copy(from.begin(), from.end(), out.begin());
    return Ok{};
}

}  // namespace copse::io
