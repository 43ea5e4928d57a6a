// A file that appears under its name only when it is complete.
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>
#include <optional>

#include "copse/io.hpp"
#include "io/files.hpp"

namespace copse::io {
namespace {

constexpr std::size_t kBufferBytes = 1u << 20;
constexpr std::size_t kTagDigits = 16;
constexpr std::string_view kSuffix = ".copse-tmp";
constexpr int kMaxLinks = 40;  // as the kernel's own limit

// ---- names --------------------------------------------------------------------------------------------------------

/// Folder with a slash at its end (or empty: the working folder), and name within it.
struct Place {
    std::string folder;
    std::string name;
    [[nodiscard]] std::string folder_path() const { return folder.empty() ? "." : folder; }
};

Place split(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {"", path};
    return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

/// The same for every run that writes this output, so that left-overs are found again: ".NAME." with long names cut and
/// told apart by a hash, for a temporary name must not be longer than a name may be.
std::string temporary_prefix(const std::string& name) {
    constexpr std::size_t kLongest = NAME_MAX - kTagDigits - kSuffix.size() - 2;
    if (name.size() <= kLongest) return "." + name + ".";
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    std::array<char, kTagDigits + 1> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
    // Appended piece by piece: g++ 12 sees an overlap in "." + std::string that is not there.
    std::string prefix{"."};
    return prefix.append(name, 0, kLongest - kTagDigits).append(digits.data()).append(".");
}

std::string random_tag() {
    std::uint64_t value = 0;
    if (::getrandom(&value, sizeof value, 0) != sizeof value) value = static_cast<std::uint64_t>(::getpid());
    std::array<char, kTagDigits + 1> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(value));
    return digits.data();
}

bool is_temporary_of(std::string_view entry, std::string_view prefix) {
    if (entry.size() != prefix.size() + kTagDigits + kSuffix.size()) return false;
    const auto tag = entry.substr(prefix.size(), kTagDigits);
    return entry.starts_with(prefix) && entry.ends_with(kSuffix) &&
           tag.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The file that a path names after all symbolic links, whether it exists or not: the output replaces the target of a
/// link, not the link.
Result<std::string> follow_links(std::string path) {
    for (int links = 0; links < kMaxLinks; ++links) {
        std::array<char, PATH_MAX> target{};
        const auto length = ::readlink(path.c_str(), target.data(), target.size());
        if (length < 0) return path;  // no link, or not there
        const std::string next{target.data(), static_cast<std::size_t>(length)};
        path = next.starts_with('/') ? next : split(path).folder + next;
    }
    return Error{Code::io_failed, 0, "the output is a symbolic link that leads nowhere", ELOOP};
}

// ---- locks and left-overs -----------------------------------------------------------------------------------------

bool is_still_at(int fd, const std::string& path) {
    struct stat opened{}, named{};
    return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

void remove_if_unlocked(const std::string& path) {
    const Descriptor fd{retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); })};
    if (!fd || retry([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) return;
    // The owner may have renamed it between our opening and locking: then the name is another file's, or nobody's.
    if (is_still_at(fd.get(), path)) ::unlink(path.c_str());
}

/// Tidying is a courtesy: a folder that cannot be listed is left as it is.
void remove_left_overs(const Place& place) {
    const auto prefix = temporary_prefix(place.name);
    DIR* folder = ::opendir(place.folder_path().c_str());
    if (folder == nullptr) return;
    std::vector<std::string> found;
    while (const auto* entry = ::readdir(folder))
        if (is_temporary_of(entry->d_name, prefix)) found.push_back(place.folder + entry->d_name);
    ::closedir(folder);
    for (const auto& path : found) remove_if_unlocked(path);
}

// ---- outputs of this process, for a host that must leave at once
// -----------------------------------------------------

std::mutex unfinished_mutex;
std::vector<std::string>& unfinished() {
    static auto* paths = new std::vector<std::string>;  // never destroyed: signals may come while the process ends
    return *paths;
}

/// Creates a file and notes it. Nobody who removes what is noted can come between the two.
Descriptor create_unfinished(const std::string& path) {
    const std::scoped_lock lock{unfinished_mutex};
    unfinished().push_back(path);
    Descriptor fd{
        retry([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666); })};
    if (!fd) unfinished().pop_back();
    return fd;
}

void forget(const std::string& path) {
    const std::scoped_lock lock{unfinished_mutex};
    std::erase(unfinished(), path);
}

// ---- temporary files ----------------------------------------------------------------------------------------------

struct Temporary {
    Descriptor fd;
    std::string path;
};

Result<Temporary> create_temporary(const Place& place) {
    const auto prefix = place.folder + temporary_prefix(place.name);
    for (;;) {
        Temporary made{Descriptor{}, prefix + random_tag() + std::string{kSuffix}};
        made.fd = create_unfinished(made.path);
        if (!made.fd && errno == EEXIST) continue;
        if (!made.fd) return os_error("cannot create a file in the output's folder");
        if (retry([&] { return ::flock(made.fd.get(), LOCK_EX); }) != 0) {
            const auto error = os_error("cannot lock the temporary file");
            ::unlink(made.path.c_str());
            forget(made.path);
            return error;
        }
        // Before we had the lock, another run may have taken the file for a left-over.
        if (is_still_at(made.fd.get(), made.path)) return made;
        forget(made.path);
    }
}

// ---- the last steps -----------------------------------------------------------------------------------------------

/// Rename that fails with EEXIST where the new name is taken.
int rename_to_free_name(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    // The file system does not know the flag. A second name is refused just as well if it is taken.
    if (::link(from.c_str(), to.c_str()) != 0) {
        if (errno == EEXIST) return -1;
        if (::access(to.c_str(), F_OK) == 0) {
            errno = EEXIST;
            return -1;
        }
        return ::rename(from.c_str(), to.c_str());
    }
    ::unlink(from.c_str());
    return 0;
}

Status sync_folder(const std::string& path) {
    const Descriptor folder{retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
    if (!folder) {
        // A folder that may be written and not read cannot be synced; the file is complete all the same.
        if (errno == EACCES) return Ok{};
        return os_error("cannot open the output's folder");
    }
    if (retry([&] { return ::fsync(folder.get()); }) != 0 && errno != EINVAL && errno != ENOTSUP)
        return os_error("cannot sync the output's folder");
    return Ok{};
}

/// What is there under the output's name: nothing, or a regular file with its mode.
Result<std::optional<mode_t>> existing(const std::string& path, Overwrite overwrite) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return std::optional<mode_t>{};
        return os_error("cannot look at the output");
    }
    if (S_ISDIR(status.st_mode)) return Error{Code::io_failed, 0, "the output is a folder", EISDIR};
    if (!S_ISREG(status.st_mode)) return Error{Code::io_failed, 0, "the output is a device, pipe or socket", ESPIPE};
    if (overwrite == Overwrite::refuse) return Error{Code::io_failed, 0, "the output exists already", EEXIST};
    return std::optional<mode_t>{status.st_mode & 07777u};
}

}  // namespace

Result<std::unique_ptr<OutputFile>> OutputFile::create(const std::string& path, Overwrite overwrite) {
    if (path.find('\0') != std::string::npos)
        return Error{Code::io_failed, 0, "cannot create a file in the output's folder", EINVAL};
    auto target = follow_links(path);
    if (!target) return target.error();
    const auto place = split(*target);
    if (place.name.empty() || place.name == "." || place.name == "..")
        return Error{Code::io_failed, 0, "the output is a folder", EISDIR};
    // Asked for by the given name first: a link that leads nowhere is taken as well.
    struct stat given{};
    if (overwrite == Overwrite::refuse && ::lstat(path.c_str(), &given) == 0 && S_ISLNK(given.st_mode))
        return Error{Code::io_failed, 0, "the output exists already", EEXIST};
    const auto old_mode = existing(*target, overwrite);
    if (!old_mode) return old_mode.error();

    remove_left_overs(place);
    auto temporary = create_temporary(place);
    if (!temporary) return temporary.error();
    // What replaces a file keeps its permissions, as writing into it would.
    if (*old_mode) (void)::fchmod(temporary->fd.get(), **old_mode);

    std::unique_ptr<OutputFile> file{new OutputFile};
    file->fd_ = temporary->fd.release();
    file->path_ = *target;
    file->temporary_ = temporary->path;
    file->overwrite_ = overwrite;
    return file;
}

OutputFile::~OutputFile() {
    if (fd_ < 0) return;
    // Unlinked while the lock is held, so that nobody else can take the name in between.
    if (!temporary_.empty()) {
        ::unlink(temporary_.c_str());
        forget(temporary_);
    }
    ::close(fd_);
}

Status OutputFile::append(ByteView bytes) {
    if (bytes.size() >= kBufferBytes) {
        if (const auto status = flush(); !status) return status;
        if (const auto status = write_all(fd_, bytes, written_); !status) return status;
        written_ += bytes.size();
        return Ok{};
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return buffer_.size() < kBufferBytes ? Status{Ok{}} : flush();
}

Status OutputFile::flush() {
    if (const auto status = write_all(fd_, buffer_, written_); !status) return status;
    written_ += buffer_.size();
    buffer_.clear();
    return Ok{};
}

Status OutputFile::patch(FileOffset offset, ByteView bytes) {
    if (offset > position() || position() - offset < bytes.size())
        return Error{Code::io_failed, offset, "bytes can be patched only where some were written before", EINVAL};
    if (const auto status = flush(); !status) return status;
    while (!bytes.empty()) {
        const auto count = retry([&] { return ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
        if (count < 0) return os_error("writing failed", offset);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<FileOffset>(count);
    }
    return Ok{};
}

Status OutputFile::truncate(FileOffset offset) {
    if (const auto status = flush(); !status) return status;
    offset = std::min<FileOffset>(offset, written_);
    if (retry([&] { return ::ftruncate(fd_, static_cast<off_t>(offset)); }) != 0 ||
        ::lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0)
        return os_error("cannot shorten the output", offset);
    written_ = offset;
    return Ok{};
}

Status OutputFile::commit() {
    if (const auto status = flush(); !status) return status;
    if (retry([&] { return ::fsync(fd_); }) != 0) return os_error("cannot sync the output");
    // Closing a second descriptor reports what close has to say (a quota on a network file system) while the first one
    // still holds the lock.
    const int second = ::fcntl(fd_, F_DUPFD_CLOEXEC, 0);
    if (second >= 0 && ::close(second) != 0) return os_error("cannot close the output");

    const bool refuse = overwrite_ == Overwrite::refuse;
    if ((refuse ? rename_to_free_name(temporary_, path_) : ::rename(temporary_.c_str(), path_.c_str())) != 0)
        return os_error(errno == EEXIST ? "the output exists already"
                                        : "cannot rename the temporary file to the output");
    forget(temporary_);
    temporary_.clear();
    ::close(std::exchange(fd_, -1));
    return sync_folder(split(path_).folder_path());
}

void remove_unfinished_outputs() {
    const std::scoped_lock lock{unfinished_mutex};
    for (const auto& path : unfinished()) ::unlink(path.c_str());
    unfinished().clear();
}

}  // namespace copse::io
