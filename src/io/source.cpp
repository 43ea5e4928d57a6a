// Files and memory as sources of bytes.
#include <unistd.h>

#include "copse/io.hpp"
#include "io/file_pool.hpp"
#include "io/files.hpp"

namespace copse::io {

Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path) {
    auto file = PooledFile::open(path);
    if (!file) return file.error();
    std::unique_ptr<FileSource> source{new FileSource};
    source->file_ = *std::move(file);
    source->size_ = source->file_->state().size;
    source->id_ = source->file_->state().id;
    return source;
}

FileSource::~FileSource() = default;

Status FileSource::read_into(FileOffset offset, std::span<std::byte> out) {
    if (const auto inside = require_inside(offset, out.size()); !inside) return inside;
    const auto pin = file_->pin();
    if (!pin) return pin.error();
    while (!out.empty()) {
        const auto count =
            retry([&] { return ::pread(pin->fd(), out.data(), out.size(), static_cast<off_t>(offset)); });
        if (count < 0) return os_error("reading failed", offset);
        if (count == 0) return Error{Code::io_failed, offset, "the file became shorter while it was read", EIO};
        out = out.subspan(static_cast<std::size_t>(count));
        offset += static_cast<FileOffset>(count);
    }
    return Ok{};
}

bool FileSource::unchanged() const { return file_->unchanged(); }

Result<std::unique_ptr<wire::Source>> FileFolder::open(const std::string& name) {
    auto source = FileSource::open(path_ + (path_.ends_with('/') ? "" : "/") + name);
    if (!source) return source.error();
    return std::unique_ptr<wire::Source>{*std::move(source)};
}

Status MemorySource::read_into(FileOffset offset, std::span<std::byte> out) {
    if (const auto inside = require_inside(offset, out.size()); !inside) return inside;
    const auto from = view_.subspan(static_cast<std::size_t>(offset), out.size());
    std::copy(from.begin(), from.end(), out.begin());
    return Ok{};
}

}  // namespace copse::io
