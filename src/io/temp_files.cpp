// Bytes put aside in files without a name.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "copse/io.hpp"
#include "io/files.hpp"
#include "io/nameless.hpp"
#include "io/temp_blocks.hpp"

namespace copse::io {
namespace {

/// An offset says in its upper bits which file is meant.
constexpr unsigned kFileShift = 56;
constexpr FileOffset kPlaceMask = (FileOffset{1} << kFileShift) - 1;
constexpr unsigned kMostFiles = 16;
constexpr std::uint64_t kPageBytes = 4096;  // of file systems; smaller ones free a little less

/// Packed bytes between memory and file: one of a fixed size for each thread, so that it counts little.
struct Window {
    static constexpr std::size_t kFull = std::size_t{256} << 10;
    std::array<std::byte, kFull + kPackedBound> bytes;

    static Window& of_this_thread() {
        thread_local const auto window = std::make_unique<Window>();
        return *window;
    }
};

constexpr std::uint64_t blocks_of(std::uint64_t bytes) { return (bytes + kBlockBytes - 1) / kBlockBytes; }

/// Writes a piece. Where it goes is known as soon as its packed size is, or there is too much of it to wait for that;
/// then as much of the file is set aside as it can take at most, and what it does not take stays a hole.
class PieceWriter {
public:
    PieceWriter(int fd, std::atomic<FileOffset>& end) : fd_{fd}, end_{end} {}

    Status write(ByteView piece) {
        while (!piece.empty()) {
            const auto block = piece.first(std::min(piece.size(), kBlockBytes));
            piece = piece.subspan(block.size());
            filled_ += pack_block(block, window_.bytes.data() + filled_);
            if (filled_ < Window::kFull) continue;
            if (const auto status = flush(piece.size() + blocks_of(piece.size()) * kBlockHeader); !status)
                return status;
        }
        return flush(0);
    }
    [[nodiscard]] FileOffset place() const { return place_; }
    [[nodiscard]] std::uint64_t size() const { return written_; }

private:
    Status flush(std::uint64_t most_to_come) {
        if (!placed_) place_ = end_.fetch_add(filled_ + most_to_come, std::memory_order_relaxed);
        placed_ = true;
        const auto status = write_at(fd_, place_ + written_, ByteView{window_.bytes}.first(filled_));
        written_ += filled_;
        filled_ = 0;
        return status;
    }

    int fd_;
    std::atomic<FileOffset>& end_;
    Window& window_ = Window::of_this_thread();
    std::size_t filled_ = 0;
    bool placed_ = false;
    FileOffset place_ = 0;
    std::uint64_t written_ = 0;
};

class PieceReader {
public:
    PieceReader(int fd, FileOffset place, std::uint64_t size) : fd_{fd}, place_{place}, left_{size} {}

    Status read(std::span<std::byte> out) {
        while (!out.empty()) {
            const auto block = out.first(std::min(out.size(), kBlockBytes));
            if (const auto status = read_block(block); !status) return status;
            out = out.subspan(block.size());
        }
        return Ok{};
    }

private:
    Status read_block(std::span<std::byte> block) {
        const Error damaged{Code::io_failed, 0, "temporary data have changed", EIO};
        if (const auto status = have(kBlockHeader); !status) return status;
        const auto size = packed_size(window_.bytes.data() + begin_);
        if (size > kBlockBytes) return damaged;
        if (const auto status = have(kBlockHeader + size); !status) return status;
        if (!unpack_block(ByteView{window_.bytes}.subspan(begin_, kBlockHeader + size), block)) return damaged;
        begin_ += kBlockHeader + size;
        return Ok{};
    }

    /// Sees to it that so many bytes of the piece are in the window.
    Status have(std::size_t count) {
        if (end_ - begin_ >= count) return Ok{};
        std::copy(window_.bytes.begin() + static_cast<std::ptrdiff_t>(begin_),
                  window_.bytes.begin() + static_cast<std::ptrdiff_t>(end_), window_.bytes.begin());
        end_ -= std::exchange(begin_, 0);
        const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(left_, window_.bytes.size() - end_));
        if (end_ + more < count) return Error{Code::io_failed, 0, "temporary data are cut short", EIO};
        if (const auto status = read_at(fd_, place_, std::span{window_.bytes}.subspan(end_, more)); !status)
            return status;
        end_ += more;
        place_ += more;
        left_ -= more;
        return Ok{};
    }

    int fd_;
    FileOffset place_;
    std::uint64_t left_;
    Window& window_ = Window::of_this_thread();
    std::size_t begin_ = 0, end_ = 0;
};

}  // namespace

Result<std::unique_ptr<TempFiles>> TempFiles::create(const std::string& folder, unsigned files) {
    std::unique_ptr<TempFiles> made{new TempFiles};
    made->files_ = std::vector<File>(std::clamp(files, 1u, kMostFiles));
    for (auto& file : made->files_) {
        auto fd = open_nameless(folder);
        if (!fd) return fd.error();
        file.fd = fd->release();
    }
    return made;
}

TempFiles::~TempFiles() {
    for (const auto& file : files_)
        if (file.fd >= 0) ::close(file.fd);
}

Result<ByteRange> TempFiles::store(ByteView bytes) {
    const auto index = next_.fetch_add(1, std::memory_order_relaxed) % files_.size();
    auto& file = files_[index];
    PieceWriter writer{file.fd, file.end};
    if (const auto status = writer.write(bytes); !status) return failed(status.error());
    const auto held = held_.fetch_add(writer.size(), std::memory_order_relaxed) + writer.size();
    auto peak = peak_.load(std::memory_order_relaxed);
    while (peak < held && !peak_.compare_exchange_weak(peak, held, std::memory_order_relaxed)) {
    }
    return ByteRange{(FileOffset{index} << kFileShift) | writer.place(), writer.size()};
}

Status TempFiles::load(ByteRange range, std::span<std::byte> out) {
    const auto index = range.offset >> kFileShift;
    if (index >= files_.size()) return failed({Code::io_failed, 0, "no temporary data were stored there", EINVAL});
    PieceReader reader{files_[index].fd, range.offset & kPlaceMask, range.size};
    if (const auto status = reader.read(out); !status) return failed(status.error());
    return Ok{};
}

void TempFiles::release(ByteRange range) {
    const auto index = range.offset >> kFileShift;
    if (range.size == 0 || index >= files_.size()) return;
    const auto begin = ((range.offset & kPlaceMask) + kPageBytes - 1) / kPageBytes * kPageBytes;
    const auto end = ((range.offset & kPlaceMask) + range.size) / kPageBytes * kPageBytes;
    // Whole pages only: the others hold neighbours' bytes too. Where the file system cannot do it, the space is taken
    // until the end, and counted so.
    const auto punch = [&] {
        return ::fallocate(files_[index].fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin),
                           static_cast<off_t>(end - begin));
    };
    if (begin < end && retry(punch) != 0) return;
    held_.fetch_sub(range.size, std::memory_order_relaxed);
}

Error TempFiles::failed(const Error& error) {
    const std::scoped_lock lock{failure_mutex_};
    if (!failure_) failure_ = error;
    return error;
}

std::optional<Error> TempFiles::failure() const {
    const std::scoped_lock lock{failure_mutex_};
    return failure_;
}

}  // namespace copse::io
