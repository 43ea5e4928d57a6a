// Ranges of remote objects, kept in a folder from run to run.
//
//   CACHEDIR.TAG                     backups leave the folder out
//   lock                             held by whoever makes room
//   <name>/state                     size, ETag and date of the object, whose address <name> is a hash of
//   <name>/<state>-<offset>-<size>   bytes of the object in that state
//
// Every file begins with a checksum of what follows it, and appears under its name when it is whole. So a file that is
// damaged, half written or of another state is as good as none, and any number of processes may use the folder at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "io/http_answer.hpp"

namespace copse::io::net {

class DiskCache;

/// What the cache has of one object. Safe for several threads. Must not outlive the cache.
class CachedObject {
public:
    CachedObject(DiskCache& cache, std::string folder);
    /// In which state the object was when it was read last; nothing if it is not known.
    [[nodiscard]] const std::optional<ObjectState>& state() const { return state_; }
    /// Forgets what belongs to another state. An object without a validator is not kept.
    void begin(const ObjectState& state);
    /// See `MemoryCache::fill`. What is found is checked.
    ByteRange fill(ByteRange wanted, ByteRange whole, Bytes& out);
    void put(FileOffset at, ByteView bytes);

private:
    using Extents = std::map<FileOffset, std::uint64_t>;  // none inside another
    [[nodiscard]] std::string path_of(ByteRange extent) const;
    void list();
    void remember(ByteRange extent);
    std::optional<ByteRange> holding(FileOffset at) const;
    /// Copies `part` of the extent. False, and the extent forgotten, if its file is not what it should be.
    bool copy(ByteRange extent, ByteRange part, ByteRange whole, Bytes& out);

    DiskCache& cache_;
    const std::string folder_;
    std::optional<ObjectState> state_;
    std::string state_name_;
    bool keeps_ = false;
    std::mutex mutex_;
    Extents extents_;
};

class DiskCache {
public:
    /// Makes the folder if need be.
    static Result<std::unique_ptr<DiskCache>> create(const std::string& folder, std::uint64_t limit);
    ~DiskCache();
    DiskCache(const DiskCache&) = delete;
    DiskCache& operator=(const DiskCache&) = delete;
    /// @param address without anything that is secret or changes
    std::shared_ptr<CachedObject> object(const std::string& address);

    /// Whether something so large is kept at all.
    [[nodiscard]] bool takes(std::uint64_t size) const { return size <= limit_ / 4; }
    /// Writes a file with its checksum. A disk that is full, or any other fault, only means that nothing is kept.
    void write(const std::string& path, ByteView content);
    /// The content of a file that `write` wrote; nothing if there is none or it is damaged (it is removed then).
    [[nodiscard]] std::optional<Bytes> read(const std::string& path, std::uint64_t most) const;

private:
    DiskCache(std::string folder, std::uint64_t limit) : folder_{std::move(folder)}, limit_{limit} {}
    void make_room();

    const std::string folder_;
    const std::uint64_t limit_;
    std::atomic<std::uint64_t> written_{0};  // since there was room made
    std::atomic<std::uint64_t> next_name_{0};
};

}  // namespace copse::io::net
