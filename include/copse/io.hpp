// The only room that meets the operating system: files, memory, threads, and the blocking loop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "copse/wire.hpp"

namespace copse::io {

/// Identity of a disk file: two paths that reach the same file are equal.
struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const FileId&, const FileId&) = default;
    friend auto operator<=>(const FileId&, const FileId&) = default;
};

/// How many files `FileSource`s keep open together, however many of them there are.
inline constexpr std::size_t kMostOpenSources = 200;

/// A regular file, read with pread. Safe for several threads. Says io_failed if the file shrinks while it is read.
///
/// There may be more of them than a process may have files open: the ones not used for longest are closed, and opened
/// again by their path when they are read. io_failed if another file, or a changed one, is there by then.
class FileSource final : public wire::Source {
public:
    static Result<std::unique_ptr<FileSource>> open(const std::string& path);
    ~FileSource() override;
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;
    [[nodiscard]] std::uint64_t size() const override { return size_; }
    Status read_into(FileOffset offset, std::span<std::byte> out) override;
    [[nodiscard]] FileId id() const { return id_; }
    /// False if size or modification time differ from those at opening, or the file was closed meanwhile and is gone.
    [[nodiscard]] bool unchanged() const override;

private:
    FileSource() = default;
    std::unique_ptr<class PooledFile> file_;
    std::uint64_t size_ = 0;
    FileId id_;
};

/// A folder on disk.
class FileFolder final : public wire::Folder {
public:
    explicit FileFolder(std::string path) : path_{std::move(path)} {}
    Result<std::unique_ptr<wire::Source>> open(const std::string& name) override;

private:
    std::string path_;
};

/// Bytes in memory, owned or borrowed.
class MemorySource final : public wire::Source {
public:
    explicit MemorySource(Bytes bytes) : owned_{std::move(bytes)}, view_{owned_} {}
    explicit MemorySource(ByteView bytes) : view_{bytes} {}
    MemorySource(const MemorySource&) = delete;
    MemorySource& operator=(const MemorySource&) = delete;
    [[nodiscard]] std::uint64_t size() const override { return view_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override;

private:
    Bytes owned_;
    ByteView view_;
};

/// Bytes appended to memory.
class MemorySink final : public wire::Sink {
public:
    Status append(ByteView bytes) override;
    Status patch(FileOffset offset, ByteView bytes) override;
    Status truncate(FileOffset offset) override;
    [[nodiscard]] FileOffset position() const override { return bytes_.size(); }
    [[nodiscard]] const Bytes& bytes() const { return bytes_; }
    Bytes take() { return std::move(bytes_); }

private:
    Bytes bytes_;
};

/// A file that appears under its name only when it is complete: written under a temporary name in the same folder, held
/// by a lock, then fsynced, renamed, and the folder fsynced. Left-over temporary files of the same output whose lock is
/// free are removed at creation. Destroyed without commit, it removes its temporary file. A symbolic link is followed:
/// its target is replaced. Folders, devices and pipes are refused.
enum class Overwrite : std::uint8_t { refuse, allow };
class OutputFile final : public wire::Sink {
public:
    /// io_failed with EEXIST if `path` exists and overwriting is not allowed; also checked again at commit.
    static Result<std::unique_ptr<OutputFile>> create(const std::string& path, Overwrite overwrite);
    ~OutputFile() override;
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    Status append(ByteView bytes) override;
    Status patch(FileOffset offset, ByteView bytes) override;
    Status truncate(FileOffset offset) override;
    [[nodiscard]] FileOffset position() const override { return written_ + buffer_.size(); }
    /// Writes what is buffered, fsyncs, renames. Every error of write, fsync, rename and close is reported.
    Status commit();

private:
    OutputFile() = default;
    Status flush();
    int fd_ = -1;
    std::string path_, temporary_;
    Overwrite overwrite_ = Overwrite::refuse;
    std::uint64_t written_ = 0;
    Bytes buffer_;
};

/// Removes the temporary files of all outputs of this process that are not committed: for a host that leaves at once
/// because of a signal. May be called from any thread, not from a signal handler. Writing and committing those outputs
/// fails afterwards.
void remove_unfinished_outputs();

/// Appends to a file descriptor that may be a pipe (standard output); patching is io_failed (ESPIPE). A closed pipe
/// gives EPIPE.
class StreamSink final : public wire::Sink {
public:
    explicit StreamSink(int fd) : fd_{fd} {}
    Status append(ByteView bytes) override;
    Status patch(FileOffset offset, ByteView bytes) override;
    [[nodiscard]] FileOffset position() const override { return written_; }

private:
    int fd_;
    std::uint64_t written_ = 0;
};

/// Bytes put aside in a few files that have no name: nothing of them is left when the process ends, however it ends.
/// They are compressed with LZ4 where that was built in; so planes of like bytes take less space than whole records.
/// Errors are io_failed with what the system said (ENOSPC, EDQUOT, EFBIG, EIO).
class TempFiles final : public wire::Scratch {
public:
    /// @param files how many, at most 16: writing to one of them may wait for another thread that does
    static Result<std::unique_ptr<TempFiles>> create(const std::string& folder, unsigned files = 2);
    ~TempFiles() override;
    TempFiles(const TempFiles&) = delete;
    TempFiles& operator=(const TempFiles&) = delete;
    Result<ByteRange> store(ByteView bytes) override;
    Status load(ByteRange range, std::span<std::byte> out) override;
    /// Gives whole pages back to the file system, where it knows how.
    void release(ByteRange range) override;
    [[nodiscard]] std::uint64_t held_bytes() const { return held_; }
    [[nodiscard]] std::uint64_t peak_bytes() const override { return peak_; }
    /// The first error of these files, to tell it from one of the output.
    [[nodiscard]] std::optional<Error> failure() const;

private:
    struct File {
        int fd = -1;
        std::atomic<FileOffset> end{0};
    };
    TempFiles() = default;
    Error failed(const Error& error);
    std::vector<File> files_;
    std::atomic<std::size_t> next_{0};
    std::atomic<std::uint64_t> held_{0}, peak_{0};
    mutable std::mutex failure_mutex_;
    std::optional<Error> failure_;
};

/// A file that has no name: first written, then read. Nothing of it is left when the process ends, however it ends.
class TempFile final : public wire::Sink, public wire::Source {
public:
    static Result<std::unique_ptr<TempFile>> create(const std::string& folder);
    ~TempFile() override;
    TempFile(const TempFile&) = delete;
    TempFile& operator=(const TempFile&) = delete;
    Status append(ByteView bytes) override;
    Status patch(FileOffset offset, ByteView bytes) override;
    [[nodiscard]] FileOffset position() const override { return written_ + buffer_.size(); }
    /// Between writing and reading.
    Status flush();
    [[nodiscard]] std::uint64_t size() const override { return written_; }
    Status read_into(FileOffset offset, std::span<std::byte> out) override;

private:
    TempFile() = default;
    int fd_ = -1;
    std::uint64_t written_ = 0;
    Bytes buffer_;
};

/// Space that a process like this one may still fill on the file system of a path.
struct FreeSpace {
    std::uint64_t bytes = 0;   ///< the largest number if the file system does not say
    std::uint64_t device = 0;  ///< equal: the space is the same
};
Result<FreeSpace> free_space(const std::string& path);

/// Memory that this process may use: the machine's, or less if a cgroup (version 1 or 2) says so.
std::uint64_t machine_memory();
/// Memory of this process that is in use now, and the most that ever was.
std::uint64_t resident_now();
std::uint64_t peak_resident();
/// Makes large buffers go back to the system as soon as they are freed, so that the resident size follows what is held
/// (glibc; nothing elsewhere). To be called before the buffers are made.
/// @param kept_bytes about so many may stay, to be used again without asking the system for pages
void prepare_allocator(std::uint64_t kept_bytes = 0);

/// Work on `threads` threads of a oneTBB arena of its own; 0: as many as this process may use (affinity mask and cgroup
/// quota). Items are begun in ascending order. An exception of `body` stops further items and is thrown again by
/// `for_each`.
std::unique_ptr<wire::Executor> make_executor(unsigned threads);

// ---- servers (built with libcurl, see `has_network`) ----------------------------------------------------------------

/// How servers are talked to.
struct NetworkOptions {
    /// "Name: value", sent with each request to the host of the name that was opened, and to no other.
    std::vector<std::string> headers;
    std::chrono::milliseconds timeout{30'000};  ///< for a range from its start to its last byte, with all retries
    /// An answer that brings nothing for so long is given up and asked for again; 0: a third of the timeout.
    std::chrono::milliseconds stall{0};
    unsigned retries = 4;     ///< after 429, 5xx, resets, with growing pauses; Retry-After is honoured
    unsigned in_flight = 16;  ///< requests under way at a time, of all sources together
    /// Where HTTP is spoken without TLS: some connections are opened before there are requests for them, so that ranges
    /// of one round need not connect first. (With TLS, ranges are streams of one HTTP/2 connection.)
    bool connect_ahead = true;
    /// Certificates to trust instead of the system's. Empty: those of CURL_CA_BUNDLE, SSL_CERT_FILE or AWS_CA_BUNDLE,
    /// if set, else the system's.
    std::string ca_file;
    std::uint64_t memory_cache_bytes = 64u << 20;
    std::string cache_folder;  ///< ranges are kept here from run to run; empty: not
    std::uint64_t cache_folder_bytes = std::uint64_t{1} << 30;
};

/// Connections that are kept and shared by all objects opened through it, and the cache. Runs one thread of its own,
/// which does all transfers; so they go on while their reader decodes. Must outlive its sources.
class Network {
public:
    /// Errors: built without libcurl (unsupported); the cache folder cannot be used.
    static Result<std::unique_ptr<Network>> create(NetworkOptions options = {});
    virtual ~Network() = default;
    /// Opens `http(s)://...` or `s3://bucket/key`. Fetches the first 12 KB, which tell the size; reading them
    /// afterwards makes no request.
    virtual Result<std::unique_ptr<wire::Source>> open(const std::string& name) = 0;
    /// Requests made and bytes of bodies received so far, as a server would count them.
    [[nodiscard]] virtual std::uint64_t requests() const = 0;
    [[nodiscard]] virtual std::uint64_t bytes() const = 0;
};
[[nodiscard]] bool has_network();
/// The name is one for `Network::open`: it begins with http://, https:// or s3://, in any case.
[[nodiscard]] bool is_remote_name(std::string_view name);
/// The name as messages may show it: without password, and with the values of its query string left out.
[[nodiscard]] std::string shown_name(std::string_view name);

// ---- the loop between readers and sources ---------------------------------------------------------------------------

/// Supplies a reader from a source until it has something other than hunger: returns chunk_ready, done or failed.
struct Traffic {
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;
    /// Times that ranges were asked for while nothing was under way: waits that followed each other. A range that a
    /// cache had does not count.
    std::uint64_t rounds = 0;
};
/// Each wanted range is one request; all of a round are read before the reader goes on. An I/O error of the source
/// comes back as Error; errors of the reader itself as Step::failed.
Result<wire::Step> pump(wire::PullReader& reader, wire::Source& source, Traffic* traffic = nullptr);

/// The same over and over, for sources that take their time: ranges stay under way, and new ones are asked for, while
/// the host uses what it got, and the reader goes on as soon as any has come, be it a part of a long range. Reader and
/// source must outlive it.
class Pump {
public:
    Pump(wire::PullReader& reader, wire::Source& source);
    /// Until the reader has something other than hunger.
    Result<wire::Step> run();
    /// One turn of `run`: hands in what comes next, if the reader was hungry, and lets it take a step; need_bytes when
    /// it is hungry still, with what it wants under way. For hosts that do something before they wait, such as to show
    /// how far it is: so nothing has to stand between the reader and its bytes.
    Result<wire::Step> turn();
    [[nodiscard]] const Traffic& traffic() const { return traffic_; }

private:
    friend Result<wire::Step> pump(wire::PullReader&, wire::Source&, Traffic*);
    void start_wanted();
    /// @param have what the file has of `range`
    [[nodiscard]] bool is_under_way(ByteRange have, ByteRange range) const;
    Status take_arrival();

    wire::PullReader* reader_;
    std::uint64_t size_;
    std::unique_ptr<wire::Fetch> fetch_;
    std::multimap<ByteRange, ByteRange> under_way_;  // what the file has of a range, and the range
    bool hungry_ = false;                            // by the latest step
    bool waiting_ = false;                           // nothing was under way when the latest ranges were asked for
    Traffic traffic_;
};

}  // namespace copse::io
