#include "io/net/disk_cache.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <vector>

#include "io/files.hpp"
#include "io/net/sigv4.hpp"

namespace copse::io::net {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChecksumBytes = 64;  // SHA-256 in hex
constexpr std::size_t kHashSize = 32, kStateNameSize = 16;
constexpr std::string_view kTemporary = ".new-";
constexpr std::uint64_t kMostStateBytes = 16'384;
constexpr const char* kTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n# Made by copse; may be removed at any time.\n";

ByteView bytes_of(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }

std::string short_hash(std::string_view text) { return sha256_hex(bytes_of(text)).substr(0, kHashSize); }

/// A file is good under its own name only: one that was copied over another is as bad as a damaged one.
std::string checksum_of(const std::string& path, ByteView content) {
    return sha256_hex(bytes_of(sha256_hex(content) + path.substr(path.rfind('/') + 1)));
}

std::string text_of_state(const ObjectState& state) {
    return "copse cache 1\n" + std::to_string(state.size) + '\n' + state.etag + '\n' + state.last_modified + '\n';
}

std::optional<ObjectState> parse_state(std::string_view text) {
    std::vector<std::string> lines;
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    ObjectState state;
    if (lines.size() != 4 || lines[0] != "copse cache 1") return std::nullopt;
    const auto* last = lines[1].data() + lines[1].size();
    if (std::from_chars(lines[1].data(), last, state.size).ptr != last) return std::nullopt;
    state.etag = lines[2];
    state.last_modified = lines[3];
    return state.has_validator() ? std::optional{state} : std::nullopt;
}

/// "<state>-<offset>-<size>"
std::optional<ByteRange> parse_extent(std::string_view name, std::string_view state) {
    if (!name.starts_with(state) || name.size() <= state.size() + 3 || name[state.size()] != '-') return std::nullopt;
    ByteRange extent;
    const auto* at = name.data() + state.size() + 1;
    const auto* const end = name.data() + name.size();
    const auto offset = std::from_chars(at, end, extent.offset);
    if (offset.ec != std::errc{} || offset.ptr == end || *offset.ptr != '-') return std::nullopt;
    const auto size = std::from_chars(offset.ptr + 1, end, extent.size);
    if (size.ec != std::errc{} || size.ptr != end || extent.size == 0) return std::nullopt;
    return extent;
}

bool read_all(int fd, std::span<std::byte> out) {
    while (!out.empty()) {
        const auto count = retry([&] { return ::read(fd, out.data(), out.size()); });
        if (count <= 0) return false;
        out = out.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

struct Entry {
    std::string path;
    std::uint64_t size = 0;
    timespec used{};
    bool is_temporary = false;
};

bool is_hex(std::string_view text, std::size_t size) {
    return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_temporary(std::string_view name) { return name.starts_with(kTemporary); }

/// The folder may be one that people keep other things in: only what this file has named is looked at.
bool is_ours(std::string_view name) {
    const auto dash = name.find('-');
    return name == "state" || is_temporary(name) ||
           (dash != std::string_view::npos && is_hex(name.substr(0, dash), kStateNameSize));
}

/// Names in a folder; none if it cannot be read.
std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code fault;
    for (fs::directory_iterator at{folder, fault}, end; !fault && at != end; at.increment(fault))
        names.push_back(at->path().filename().string());
    return names;
}

std::vector<Entry> list_entries(const std::string& folder) {
    std::vector<Entry> entries;
    for (const auto& object : names_in(folder)) {
        if (!is_hex(object, kHashSize)) continue;
        for (const auto& name : names_in(folder + '/' + object)) {
            auto path = folder + '/' + object + '/' + name;
            struct stat status{};
            if (is_ours(name) && ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode))
                entries.push_back(
                    {std::move(path), static_cast<std::uint64_t>(status.st_size), status.st_mtim, is_temporary(name)});
        }
    }
    return entries;
}

}  // namespace

Result<std::unique_ptr<DiskCache>> DiskCache::create(const std::string& folder, std::uint64_t limit) {
    std::error_code fault;
    // What was fetched with credentials is not for everybody on this machine.
    if (fs::create_directories(folder, fault)) fs::permissions(folder, fs::perms::owner_all, fault);
    const Error unusable{Code::io_failed, 0, "the cache folder cannot be used", fault ? fault.value() : errno};
    if (fault) return unusable;
    const Descriptor tag{::open((folder + "/CACHEDIR.TAG").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (tag) {
        if (const auto written = write_all(tag.get(), bytes_of(kTag), 0); !written) return written.error();
    } else if (errno != EEXIST) {
        return os_error("the cache folder cannot be used");
    }
    if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0) return os_error("the cache folder cannot be used");
    std::unique_ptr<DiskCache> cache{new DiskCache{folder, limit}};
    cache->make_room();
    return cache;
}

DiskCache::~DiskCache() {
    if (written_ != 0) make_room();
}

std::shared_ptr<CachedObject> DiskCache::object(const std::string& address) {
    const auto folder = folder_ + '/' + short_hash(address);
    ::mkdir(folder.c_str(), 0700);
    return std::make_shared<CachedObject>(*this, folder);
}

void DiskCache::write(const std::string& path, ByteView content) {
    // Room is made for the next quarter of the limit at a time, so that the folder is not looked through for each file.
    if (written_ + content.size() > limit_ / 4) make_room();
    const auto temporary = path.substr(0, path.rfind('/') + 1) + std::string{kTemporary} + std::to_string(::getpid()) +
                           '-' + std::to_string(next_name_++);
    const Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file) return;
    const auto checksum = checksum_of(path, content);
    const bool whole = write_all(file.get(), bytes_of(checksum), 0) && write_all(file.get(), content, 0);
    if (!whole || ::rename(temporary.c_str(), path.c_str()) != 0) ::unlink(temporary.c_str());
    written_ += content.size() + checksum.size();
}

std::optional<Bytes> DiskCache::read(const std::string& path, std::uint64_t most) const {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    std::string checksum(kChecksumBytes, '\0');
    Bytes content(
        size > kChecksumBytes && size - kChecksumBytes <= most ? static_cast<std::size_t>(size) - kChecksumBytes : 0);
    if (content.empty() || !read_all(file.get(), std::as_writable_bytes(std::span{checksum})) ||
        !read_all(file.get(), content) || checksum != checksum_of(path, content)) {
        ::unlink(path.c_str());
        return std::nullopt;
    }
    // The time of the file is when it was used.
    ::futimens(file.get(), nullptr);
    return content;
}

void DiskCache::make_room() {
    const Descriptor lock{::open((folder_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    // Whoever holds it makes room for everybody.
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
    written_ = 0;
    auto entries = list_entries(folder_);
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::pair{a.used.tv_sec, a.used.tv_nsec} < std::pair{b.used.tv_sec, b.used.tv_nsec};
    });
    std::uint64_t held = 0;
    for (const auto& entry : entries) held += entry.size;
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    for (const auto& entry : entries) {
        // A process that writes for an hour at a file of the cache has died.
        const bool forgotten = entry.is_temporary && entry.used.tv_sec < now - 3600;
        if (!forgotten && held <= limit_ / 4 * 3) continue;
        if (::unlink(entry.path.c_str()) == 0) held -= entry.size;
    }
}

CachedObject::CachedObject(DiskCache& cache, std::string folder) : cache_{cache}, folder_{std::move(folder)} {
    const auto content = cache_.read(folder_ + "/state", kMostStateBytes);
    if (!content) return;
    const std::string_view text{reinterpret_cast<const char*>(content->data()), content->size()};
    state_ = parse_state(text);
    if (!state_) return;
    state_name_ = short_hash(text).substr(0, kStateNameSize);
    keeps_ = true;
    list();
}

void CachedObject::list() {
    for (const auto& name : names_in(folder_))
        if (const auto extent = parse_extent(name, state_name_)) remember(*extent);
}

void CachedObject::begin(const ObjectState& state) {
    const std::lock_guard lock{mutex_};
    keeps_ = state.has_validator();
    if (state_ == state || !keeps_) return;
    const auto text = text_of_state(state);
    state_ = state;
    state_name_ = short_hash(text).substr(0, kStateNameSize);
    extents_.clear();
    for (const auto& name : names_in(folder_))
        if (is_ours(name) && !is_temporary(name)) ::unlink((folder_ + '/' + name).c_str());
    cache_.write(folder_ + "/state", bytes_of(text));
}

std::string CachedObject::path_of(ByteRange extent) const {
    return folder_ + '/' + state_name_ + '-' + std::to_string(extent.offset) + '-' + std::to_string(extent.size);
}

void CachedObject::remember(ByteRange extent) {
    if (extent.offset > state_->size || extent.size > state_->size - extent.offset) return;
    const auto before = holding(extent.offset);
    if (before && before->end() >= extent.end()) return;
    auto next = extents_.lower_bound(extent.offset);
    while (next != extents_.end() && next->first + next->second <= extent.end()) next = extents_.erase(next);
    extents_.insert_or_assign(extent.offset, extent.size);
}

std::optional<ByteRange> CachedObject::holding(FileOffset at) const {
    // None lies inside another: of those that begin before, the last one ends last.
    auto extent = extents_.upper_bound(at);
    if (extent == extents_.begin()) return std::nullopt;
    --extent;
    if (at - extent->first >= extent->second) return std::nullopt;
    return ByteRange{extent->first, extent->second};
}

bool CachedObject::copy(ByteRange extent, ByteRange part, ByteRange whole, Bytes& out) {
    const auto content = cache_.read(path_of(extent), extent.size);
    if (!content || content->size() != extent.size) {
        extents_.erase(extent.offset);
        return false;
    }
    out.resize(static_cast<std::size_t>(whole.size));
    std::copy_n(content->begin() + static_cast<std::ptrdiff_t>(part.offset - extent.offset), part.size,
                out.begin() + static_cast<std::ptrdiff_t>(part.offset - whole.offset));
    return true;
}

ByteRange CachedObject::fill(ByteRange wanted, ByteRange whole, Bytes& out) {
    const std::lock_guard lock{mutex_};
    auto first = wanted.offset, end = wanted.end();
    while (first < end) {
        const auto extent = holding(first);
        if (!extent) break;
        const auto to = std::min(end, extent->end());
        if (copy(*extent, {first, to - first}, whole, out)) first = to;
    }
    while (first < end) {
        const auto extent = holding(end - 1);
        if (!extent) break;
        const auto from = std::max(first, extent->offset);
        if (copy(*extent, {from, end - from}, whole, out)) end = from;
    }
    return {first, end - first};
}

void CachedObject::put(FileOffset at, ByteView bytes) {
    const std::lock_guard lock{mutex_};
    const ByteRange extent{at, bytes.size()};
    if (!keeps_ || bytes.empty() || !cache_.takes(bytes.size())) return;
    const auto known = holding(at);
    if (known && known->end() >= extent.end()) return;
    cache_.write(path_of(extent), bytes);
    remember(extent);
}

}  // namespace copse::io::net
