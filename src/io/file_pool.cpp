#include "io/file_pool.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>

#include "io/files.hpp"

namespace copse::io {
namespace {

/// Only files whose size is known and that can be read at any place. Devices and pipes are neither.
Status require_regular(const struct stat& status) {
    if (S_ISREG(status.st_mode)) return Ok{};
    if (S_ISDIR(status.st_mode)) return Error{Code::io_failed, 0, "this is a folder, not a file", EISDIR};
    return Error{Code::io_failed, 0, "this is a device, pipe or socket, not a regular file", ESPIPE};
}

struct Opened {
    Descriptor fd;
    FileState state;
};

Result<Opened> open_regular(const std::string& path) {
    // A NUL would cut the name short and open another file.
    if (path.find('\0') != std::string::npos) return Error{Code::io_failed, 0, "cannot open the file", ENOENT};
    // O_NONBLOCK: opening a pipe without a writer must fail below, not wait. It means nothing to a regular file.
    Descriptor fd{retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); })};
    if (!fd) return os_error("cannot open the file");
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return os_error("cannot ask for the file's size");
    if (const auto regular = require_regular(status); !regular) return regular.error();
    return Opened{std::move(fd), FileState::of(status)};
}

/// Leaves a quarter of what the process may have open to others.
std::size_t most_open() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kMostOpenSources;
    return static_cast<std::size_t>(std::clamp<rlim_t>(limit.rlim_cur / 4 * 3, 1, kMostOpenSources));
}

bool too_many_open(const Error& error) { return error.os_error == EMFILE || error.os_error == ENFILE; }

}  // namespace

/// The open files of the process, the one used last in front. Pinning one that is open costs a lock and no system call;
/// the lock is not held while files are opened or read.
class FilePool {
public:
    static FilePool& instance() {
        static FilePool pool;
        return pool;
    }

    Result<FileState> open(PooledFile& file) {
        std::unique_lock lock{mutex_};
        return open(file, lock);
    }

    Result<PooledFile::Pin> pin(PooledFile& file) {
        std::unique_lock lock{mutex_};
        // Two threads may want the same closed file: one opens it, the other waits.
        changed_.wait(lock, [&] { return !file.opening_; });
        if (file.fd_ < 0) {
            file.opening_ = true;
            const auto state = open(file, lock);
            file.opening_ = false;
            changed_.notify_all();
            if (!state) return state.error();
            if (*state != file.state_) {
                close(file);
                return Error{Code::io_failed, 0, "the file changed while it was read", 0};
            }
        }
        ++file.pins_;
        open_.splice(open_.begin(), open_, file.place_);
        return PooledFile::Pin{file, file.fd_};
    }

    void unpin(PooledFile& file) {
        const std::lock_guard lock{mutex_};
        if (--file.pins_ == 0) changed_.notify_all();
    }

    bool unchanged(const PooledFile& file) {
        const std::lock_guard lock{mutex_};
        struct stat status{};
        const int failed = file.fd_ >= 0 ? ::fstat(file.fd_, &status) : ::stat(file.path_.c_str(), &status);
        return failed == 0 && FileState::of(status) == file.state_;
    }

    void remove(PooledFile& file) {
        const std::lock_guard lock{mutex_};
        if (file.fd_ >= 0) close(file);
    }

private:
    /// Opens the file, which is not open, as soon as there is room. The lock is held before and after.
    Result<FileState> open(PooledFile& file, std::unique_lock<std::mutex>& lock) {
        for (;;) {
            const auto most = most_open();
            while (used_ >= most && !close_one()) changed_.wait(lock);
            ++used_;
            lock.unlock();
            auto opened = open_regular(file.path_);
            lock.lock();
            if (opened) return adopt(file, *std::move(opened));
            --used_;
            changed_.notify_all();
            // The process has files open that are not of the pool, or a lower limit than ours: make do with fewer.
            if (!too_many_open(opened.error()) || open_.empty()) return opened.error();
            if (!close_one()) changed_.wait(lock);
        }
    }

    FileState adopt(PooledFile& file, Opened opened) {
        file.fd_ = opened.fd.release();
        open_.push_front(&file);
        file.place_ = open_.begin();
        return opened.state;
    }

    void close(PooledFile& file) {
        ::close(file.fd_);
        file.fd_ = -1;
        open_.erase(file.place_);
        --used_;
        changed_.notify_all();
    }

    /// Closes the file that was not used for longest. False if all are in use.
    bool close_one() {
        const auto found = std::find_if(open_.rbegin(), open_.rend(), [](auto* file) { return file->pins_ == 0; });
        if (found == open_.rend()) return false;
        close(**found);
        return true;
    }

    std::mutex mutex_;
    std::condition_variable changed_;  ///< there may be room, or a file was opened
    std::list<PooledFile*> open_;
    std::size_t used_ = 0;  ///< open, or being opened
};

FileState FileState::of(const struct stat& status) {
    return {{status.st_dev, status.st_ino},
            static_cast<std::uint64_t>(status.st_size),
            static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
}

Result<std::unique_ptr<PooledFile>> PooledFile::open(const std::string& path) {
    std::unique_ptr<PooledFile> file{new PooledFile};
    file->path_ = path;
    const auto state = FilePool::instance().open(*file);
    if (!state) return state.error();
    file->state_ = *state;
    return file;
}

PooledFile::~PooledFile() { FilePool::instance().remove(*this); }

PooledFile::Pin::~Pin() {
    if (file_ != nullptr) FilePool::instance().unpin(*file_);
}

Result<PooledFile::Pin> PooledFile::pin() { return FilePool::instance().pin(*this); }

bool PooledFile::unchanged() const { return FilePool::instance().unchanged(*this); }

}  // namespace copse::io
