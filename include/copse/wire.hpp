// Bytes and numbers, errors and results, and the interfaces through which the core asks for bytes.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace copse {

/// Position of a byte, counted from the start of the file.
using FileOffset = std::uint64_t;

/// Half-open range of file bytes: [offset, offset + size).
struct ByteRange {
    FileOffset offset = 0;
    std::uint64_t size = 0;

    /// One past the last byte. The caller has made sure that the sum does not wrap.
    [[nodiscard]] FileOffset end() const { return offset + size; }
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
    friend auto operator<=>(const ByteRange&, const ByteRange&) = default;
};

/// What kind of rule was broken.
enum class Code : std::uint8_t {
    truncated,       ///< the file, record or layer ends before the value does
    trailing_bytes,  ///< something is longer than its content
    bad_value,       ///< a value that the specification forbids, or that contradicts another one
    unsupported,     ///< legal, but not something this library reads
    limit_exceeded,  ///< larger than `wire::Limits` or a memory limit allows
    io_failed,       ///< the disk, server or operating system refused
};

/// The code as a stable lower-case word, e.g. "bad_value".
[[nodiscard]] const char* to_string(Code code);

/// What went wrong and where. Small, without allocation.
struct Error {
    Code code = Code::bad_value;
    FileOffset at = 0;      ///< first byte that is wrong or missing, from the start of the file
    const char* what = "";  ///< static text: which rule was broken, in the specification's own words
    int os_error = 0;       ///< errno where code is io_failed, else 0
    int http_status = 0;    ///< what a server answered where code is io_failed and that is what is wrong, else 0
    /// Where the input is a folder of files (EPT): name of the file within it, NUL-terminated. Else empty.
    std::array<char, 56> part{};

    /// The same error, said of a file of the folder. A name of more than 55 bytes is cut.
    [[nodiscard]] Error in_part(std::string_view name) const;
};

/// The file that an error is about: `input`, or the part of it that the error names.
[[nodiscard]] std::string file_of(const Error& error, const std::string& input);

/// Thrown by `Result::value()`: for applications that prefer one `try` around many calls. The core never throws it.
class FormatError : public std::runtime_error {
public:
    explicit FormatError(const Error& error);
    [[nodiscard]] const Error& error() const { return error_; }

private:
    Error error_;
};

namespace wire {
[[noreturn]] void throw_format_error(const Error& error);
}

/// A value or an `Error`. Member names are those of `std::expected`.
template <class T>
class [[nodiscard]] Result {
public:
    // Implicit on purpose: `return value;` and `return Error{...};` both read well.
    Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}  // NOLINT
    Result(const Error& error) : state_{std::in_place_index<1>, error} {}  // NOLINT

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    [[nodiscard]] explicit operator bool() const { return has_value(); }

    T& operator*() & { return checked(); }
    const T& operator*() const& { return const_cast<Result*>(this)->checked(); }
    T&& operator*() && { return std::move(checked()); }
    T* operator->() { return &checked(); }
    const T* operator->() const { return &const_cast<Result*>(this)->checked(); }

    [[nodiscard]] const Error& error() const {
        assert(!has_value());
        return *std::get_if<1>(&state_);
    }

    /// The value; throws `FormatError` if there is none.
    T& value() & {
        if (!has_value()) wire::throw_format_error(error());
        return checked();
    }
    T&& value() && {
        if (!has_value()) wire::throw_format_error(error());
        return std::move(checked());
    }

private:
    T& checked() {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    std::variant<T, Error> state_;
};

struct Ok {};
using Status = Result<Ok>;

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

namespace wire {

/// Upper bounds for what one file may make the library allocate. A size from a file is compared with these, or with the
/// bytes at hand, before anything is allocated.
struct Limits {
    std::uint64_t max_header_bytes = 64u << 20;  ///< header and VLRs together
    std::uint64_t max_evlr_bytes = 256u << 20;   ///< one EVLR payload that is held whole
    std::uint64_t max_page_bytes = 64u << 20;    ///< one hierarchy or temporal page
    std::uint64_t max_pages_bytes = 1u << 30;    ///< all pages that one reader holds
    std::uint64_t max_chunk_bytes = 0x7fffffff;  ///< one compressed chunk (COPC: byteSize is int32)
    std::uint64_t max_chunk_points = 1u << 26;   ///< points of one chunk decoded as a whole
    std::uint64_t max_chunks = 1u << 26;         ///< entries of a chunk table, nodes of a hierarchy
};

/// Reads a little-endian T from unaligned memory. @pre the caller has checked that sizeof(T) bytes are there.
template <class T>
[[nodiscard]] inline T load_le(const void* from) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, from, sizeof value);
    if constexpr (std::endian::native == std::endian::big && sizeof(T) > 1) {
        auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
        std::reverse(bytes.begin(), bytes.end());
        value = std::bit_cast<T>(bytes);
    }
    return value;
}

/// Writes a little-endian T to unaligned memory.
template <class T>
inline void store_le(void* to, T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if constexpr (std::endian::native == std::endian::big && sizeof(T) > 1) {
        auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
        std::reverse(bytes.begin(), bytes.end());
        value = std::bit_cast<T>(bytes);
    }
    std::memcpy(to, &value, sizeof value);
}

/// Takes values off the front of a byte string. Sticky: past the end it returns zero and remembers, so a parser is a
/// list of fields in file order with one check at its end.
class ByteReader {
public:
    /// @param bytes what to read; must outlive the reader
    /// @param at    file offset of the first byte, for error messages
    explicit ByteReader(ByteView bytes, FileOffset at = 0) : bytes_{bytes}, at_{at} {}

    std::uint8_t u8() { return number<std::uint8_t>(); }
    std::uint16_t u16() { return number<std::uint16_t>(); }
    std::uint32_t u32() { return number<std::uint32_t>(); }
    std::uint64_t u64() { return number<std::uint64_t>(); }
    std::int8_t i8() { return number<std::int8_t>(); }
    std::int16_t i16() { return number<std::int16_t>(); }
    std::int32_t i32() { return number<std::int32_t>(); }
    std::int64_t i64() { return number<std::int64_t>(); }
    float f32() { return number<float>(); }
    double f64() { return number<double>(); }

    /// The next `count` bytes, or an empty view (and not ok) if there are fewer.
    ByteView bytes(std::uint64_t count) {
        if (!take(count)) return {};
        return bytes_.subspan(pos_ - static_cast<std::size_t>(count), static_cast<std::size_t>(count));
    }
    void skip(std::uint64_t count) { (void)bytes(count); }

    /// Passes over `count` bytes and says whether all were zero.
    bool skip_zeros(std::uint64_t count) {
        const auto view = bytes(count);
        return std::all_of(view.begin(), view.end(), [](std::byte b) { return b == std::byte{0}; });
    }

    /// A NUL-padded text field: up to the first NUL, at most `count` bytes; bytes after the NUL are ignored.
    std::string fixed_string(std::uint64_t count) {
        const auto view = bytes(count);
        const auto* text = reinterpret_cast<const char*>(view.data());
        return {text, text == nullptr ? 0 : ::strnlen(text, view.size())};
    }

    [[nodiscard]] bool ok() const { return ok_; }
    /// File offset of the next value; after a failure, of the first value that did not fit.
    [[nodiscard]] FileOffset offset() const { return at_ + pos_; }
    [[nodiscard]] std::size_t position() const { return pos_; }
    [[nodiscard]] std::size_t remaining() const { return bytes_.size() - pos_; }

private:
    bool take(std::uint64_t count) {
        // Subtract, never add: pos_ + count could wrap.
        if (!ok_ || bytes_.size() - pos_ < count) {
            ok_ = false;
            return false;
        }
        pos_ += static_cast<std::size_t>(count);
        return true;
    }
    template <class T>
    T number() {
        if (!take(sizeof(T))) return T{};
        return load_le<T>(bytes_.data() + (pos_ - sizeof(T)));
    }

    ByteView bytes_;
    FileOffset at_ = 0;
    std::size_t pos_ = 0;
    bool ok_ = true;
};

/// Appends little-endian values to a byte vector.
class ByteWriter {
public:
    explicit ByteWriter(Bytes& out) : out_{&out} {}

    void u8(std::uint8_t v) { number(v); }
    void u16(std::uint16_t v) { number(v); }
    void u32(std::uint32_t v) { number(v); }
    void u64(std::uint64_t v) { number(v); }
    void i16(std::int16_t v) { number(v); }
    void i32(std::int32_t v) { number(v); }
    void i64(std::int64_t v) { number(v); }
    void f32(float v) { number(v); }
    void f64(double v) { number(v); }
    void bytes(ByteView view) { out_->insert(out_->end(), view.begin(), view.end()); }
    void zeros(std::size_t count) { out_->resize(out_->size() + count); }
    /// Text cut or NUL-padded to exactly `count` bytes.
    void fixed_string(std::string_view text, std::size_t count) {
        const auto used = std::min(text.size(), count);
        bytes(std::as_bytes(std::span{text.data(), used}));
        zeros(count - used);
    }
    [[nodiscard]] std::size_t size() const { return out_->size(); }

private:
    template <class T>
    void number(T value) {
        const auto at = out_->size();
        out_->resize(at + sizeof value);
        store_le(out_->data() + at, value);
    }
    Bytes* out_;
};

/// Bytes of a range that was fetched: all of it, or the next part.
struct Arrival {
    ByteRange range;          ///< as it was asked for
    Bytes bytes;              ///< of the range, from `given` on
    bool from_cache = false;  ///< no disk or server was asked
    std::uint64_t given = 0;  ///< bytes of the range that earlier arrivals brought
    bool is_last = true;      ///< the range has come whole

    /// Where the bytes lie.
    [[nodiscard]] ByteRange part() const { return {range.offset + given, bytes.size()}; }
};

/// Ranges of one source that are under way at the same time. Used by one thread at a time; the source must outlive it.
/// Destroying it cancels what has not come.
class Fetch {
public:
    virtual ~Fetch() = default;
    /// Asks for a range and does not wait. One request each: what is to be read together is asked for together.
    /// Ranges are begun in the order of the calls.
    virtual void start(ByteRange range) = 0;
    /// The same, but what has come of the range may be given before the rest: in file order, each byte once. Unless a
    /// source knows better, the range is given whole.
    /// @param cuts where parts best end; ascending, inside the range
    virtual void start_in_parts(ByteRange range, std::vector<FileOffset> cuts) {
        (void)cuts;
        start(range);
    }
    /// Waits for a range, or a part of one that was started so, and gives it, in the order in which they come. After an
    /// error nothing more will come. @pre pending() != 0
    virtual Result<Arrival> next() = 0;
    /// Ranges started and not yet given whole by `next`.
    [[nodiscard]] virtual std::size_t pending() const = 0;
    /// Whether `next` would give something without waiting for a server.
    [[nodiscard]] virtual bool ready() const = 0;
};

/// What a reader of COPC files asks for first, and a remote source to learn the size: header, COPC info and the usual
/// VLRs in what a new connection brings in its first round trip (ten segments of 1,460 bytes, RFC 6928), less what TLS
/// and the answer's headers take of it.
inline constexpr std::uint64_t kFirstRead = 12u << 10;

/// Random access to a file's bytes: a disk file, a memory block, a remote object. `io` implements it.
/// All calls may be made from several threads at once.
class Source {
public:
    virtual ~Source() = default;
    /// Size in bytes at the time of opening.
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    /// Fills `out` with the bytes at `offset`. A short file is `Code::truncated` at the file's end.
    virtual Status read_into(FileOffset offset, std::span<std::byte> out) = 0;
    /// The bytes of `range`. The range is compared with `size()` before memory is taken.
    virtual Result<Bytes> read(ByteRange range);
    /// For reading many ranges. Unless a source knows better, each is read when `Fetch::next` is called, in order.
    [[nodiscard]] virtual std::unique_ptr<Fetch> fetch();
    /// False if it is known that the file is not the one that was opened any more.
    [[nodiscard]] virtual bool unchanged() const { return true; }

protected:
    /// The rule for every source: a range past the end is damage of the file that refers to it, and what is missing
    /// begins at the file's end.
    [[nodiscard]] Status require_inside(FileOffset offset, std::uint64_t count) const;
};

/// Files that belong together and are reached by their names: a folder on disk, a prefix of a bucket. `io` implements
/// it. All calls may be made from several threads at once.
class Folder {
public:
    virtual ~Folder() = default;
    /// @param name relative to the folder, parts separated by '/', none of them ".."
    virtual Result<std::unique_ptr<Source>> open(const std::string& name) = 0;
};

/// Where a file is written: appended for the most part, with a few patches at the front. `io` implements it.
class Sink {
public:
    virtual ~Sink() = default;
    virtual Status append(ByteView bytes) = 0;
    /// Overwrites bytes that were appended before.
    virtual Status patch(FileOffset offset, ByteView bytes) = 0;
    /// Forgets everything from `offset` on, so that it can be written again. Sinks that cannot say `unsupported`.
    virtual Status truncate(FileOffset offset);
    /// Bytes appended so far.
    [[nodiscard]] virtual FileOffset position() const = 0;
};

/// Bytes put aside for a while: data that do not fit into memory. `io` implements it with temporary files.
/// All calls may be made from several threads at once.
class Scratch {
public:
    virtual ~Scratch() = default;
    /// Puts bytes aside and says where.
    virtual Result<ByteRange> store(ByteView bytes) = 0;
    /// Fills `out` with what `store` put into the range: exactly as many bytes as were stored, which need not be as
    /// many as the range has (they may be compressed). @pre stored and not released
    virtual Status load(ByteRange range, std::span<std::byte> out) = 0;
    /// The bytes of a range that `store` gave are not needed any more: their space may be used again.
    virtual void release(ByteRange range) = 0;
    /// The most bytes of space that were held at a time.
    [[nodiscard]] virtual std::uint64_t peak_bytes() const = 0;
};

/// Runs independent pieces of work, in parallel if the host likes. `io` has one on oneTBB; tests use a serial one.
class Executor {
public:
    virtual ~Executor() = default;
    /// Calls `body(i)` once for every i in [0, count), in any order, and returns when all are done.
    virtual void for_each(std::size_t count, const std::function<void(std::size_t)>& body) = 0;
    /// How many calls may run at the same time, at least 1.
    [[nodiscard]] virtual unsigned concurrency() const = 0;
};

/// Runs everything in the calling thread.
class SerialExecutor final : public Executor {
public:
    void for_each(std::size_t count, const std::function<void(std::size_t)>& body) override {
        for (std::size_t i = 0; i < count; ++i) body(i);
    }
    [[nodiscard]] unsigned concurrency() const override { return 1; }
};

/// What a reader without I/O wants next.
enum class Step : std::uint8_t {
    need_bytes,   ///< fetch the ranges of `wanted()` and `supply()` them, in any order
    chunk_ready,  ///< a result can be taken
    failed,       ///< `error()` says why; final
    done,         ///< nothing more will come; final
};

/// The vocabulary shared by all readers without I/O: the host calls `step()`, fetches what is `wanted()`, hands it in
/// by `supply()`, and takes results when there are some. See `io::pump`.
class PullReader {
public:
    virtual ~PullReader() = default;
    virtual Step step() = 0;
    /// Ranges not yet supplied, in the order in which they help most. Stable between two calls of `step()`. Not empty
    /// after `need_bytes`.
    [[nodiscard]] virtual std::vector<ByteRange> wanted() const = 0;
    /// Hands in the bytes of a wanted range, of a part of one (what is still `wanted()` is then the rest), or of a
    /// range that holds wanted ones. Ranges may come in any order and twice; what was not asked for is ignored. Fewer
    /// bytes than their range mean that the file ends there. The bytes are copied or used up before it returns.
    virtual void supply(ByteRange range, ByteView bytes) = 0;
    /// The same with bytes that the host does not need any more; a reader may keep them instead of a copy.
    virtual void hand_over(ByteRange range, Bytes bytes) { supply(range, bytes); }
    /// Where parts of a wanted range best end, so that each can be used as it is: ascending, inside the range.
    [[nodiscard]] virtual std::vector<FileOffset> cuts(ByteRange range) const {
        (void)range;
        return {};
    }
    /// @pre step() returned failed
    [[nodiscard]] virtual const Error& error() const = 0;
};

}  // namespace wire
}  // namespace copse
