#include "io/nameless.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace copse::io {
namespace {

/// For file systems that know no files without a name: one is made and loses its name at once.
Descriptor open_and_unlink(const std::string& folder) {
    auto path = folder + "/.copse-XXXXXX";
    Descriptor fd{retry([&] { return ::mkostemp(path.data(), O_CLOEXEC); })};
    if (fd) ::unlink(path.c_str());
    return fd;
}

}  // namespace

Result<Descriptor> open_nameless(const std::string& folder) {
    if (folder.find('\0') != std::string::npos)
        return Error{Code::io_failed, 0, "cannot create a temporary file in this folder", EINVAL};
    Descriptor fd{
        retry([&] { return ::open(folder.c_str(), O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR); })};
    if (!fd && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) fd = open_and_unlink(folder);
    if (!fd) return os_error("cannot create a temporary file in this folder");
    return fd;
}

Status write_at(int fd, FileOffset place, ByteView bytes) {
    while (!bytes.empty()) {
        const auto count = retry([&] { return ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(place)); });
        if (count < 0) return os_error("writing temporary data failed");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        place += static_cast<FileOffset>(count);
    }
    return Ok{};
}

Status read_at(int fd, FileOffset place, std::span<std::byte> out) {
    while (!out.empty()) {
        const auto count = retry([&] { return ::pread(fd, out.data(), out.size(), static_cast<off_t>(place)); });
        if (count < 0) return os_error("reading temporary data failed");
        if (count == 0) return Error{Code::io_failed, 0, "temporary data are cut short", EIO};
        out = out.subspan(static_cast<std::size_t>(count));
        place += static_cast<FileOffset>(count);
    }
    return Ok{};
}

}  // namespace copse::io
