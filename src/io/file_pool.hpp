// Files of which only so many are open at a time.
#pragma once

#include <sys/stat.h>

#include <list>
#include <mutex>
#include <string>

#include "copse/io.hpp"

namespace copse::io {

/// What tells a file from another one and from a later state of itself.
struct FileState {
    FileId id;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;

    static FileState of(const struct stat& status);
    friend bool operator==(const FileState&, const FileState&) = default;
};

/// A file that the pool opens, closes and opens again.
class PooledFile {
public:
    /// Opens a regular file; devices, pipes and folders are refused.
    static Result<std::unique_ptr<PooledFile>> open(const std::string& path);
    ~PooledFile();
    PooledFile(const PooledFile&) = delete;
    PooledFile& operator=(const PooledFile&) = delete;

    [[nodiscard]] const FileState& state() const { return state_; }

    /// Whether the file is what it was at first. One that is closed must still be where it was.
    [[nodiscard]] bool unchanged() const;

    /// Keeps the file open while it lives.
    class Pin {
    public:
        Pin(PooledFile& file, int fd) : file_{&file}, fd_{fd} {}
        ~Pin();
        Pin(Pin&& other) noexcept : file_{std::exchange(other.file_, nullptr)}, fd_{other.fd_} {}
        Pin& operator=(Pin&&) = delete;
        [[nodiscard]] int fd() const { return fd_; }

    private:
        PooledFile* file_;
        int fd_;
    };
    /// The file, open. Waits where so many are in use that none can be closed for it.
    Result<Pin> pin();

private:
    friend class FilePool;
    PooledFile() = default;
    std::string path_;
    FileState state_;
    // Of the pool, under its lock.
    int fd_ = -1;
    bool opening_ = false;
    unsigned pins_ = 0;
    std::list<PooledFile*>::iterator place_;  ///< among the open ones
};

}  // namespace copse::io
