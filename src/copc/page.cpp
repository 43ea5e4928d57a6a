#include <algorithm>
#include <numeric>
#include <optional>

#include "copse/copc.hpp"

namespace copse::copc {

namespace {
// Fields of an entry by their place. COPC 1.0, "hierarchy VLR".
constexpr FileOffset kOffsetAt = 16;
constexpr FileOffset kByteSizeAt = 24;
constexpr FileOffset kPointCountAt = 28;

Result<Entry> parse_entry(wire::ByteReader& in) {
    const FileOffset at = in.offset();
    Entry entry;
    entry.key = {in.i32(), in.i32(), in.i32(), in.i32()};
    entry.offset = in.u64();
    entry.byte_size = in.i32();
    entry.point_count = in.i32();

    if (!entry.key.valid())
        return Error{Code::bad_value, at, "VoxelKey must have level 0 to 30 and x, y, z in [0, 2^level)"};
    if (entry.point_count < -1)
        return Error{Code::bad_value, at + kPointCountAt, "pointCount of a hierarchy entry must be -1, 0 or positive"};
    if (entry.point_count == 0) return entry;  // offset and size mean nothing here
    if (entry.byte_size <= 0)
        return Error{Code::bad_value, at + kByteSizeAt,
                     "byteSize must be positive where there are points or a child page"};
    if (~FileOffset{0} - entry.offset < static_cast<FileOffset>(entry.byte_size))
        return Error{Code::bad_value, at + kOffsetAt, "offset and byteSize of a hierarchy entry exceed 64 bits"};
    return entry;
}

// Two empty entries of one key say the same and contradict nothing.
bool repeats(const Entry& a, const Entry& b) {
    return a.key == b.key && ((a.has_points() && b.has_points()) || (a.is_page() && b.is_page()));
}

// Chunks, then pages, then empty entries: those that may not be repeated lie side by side once sorted.
int rank(const Entry& entry) { return entry.has_points() ? 0 : entry.is_page() ? 1 : 2; }

bool sorts_before(const Entry& a, const Entry& b) { return a.key != b.key ? a.key < b.key : rank(a) < rank(b); }

// Index of the first entry that repeats an earlier one.
std::optional<std::size_t> find_repeated(const std::vector<Entry>& entries) {
    if (std::is_sorted(entries.begin(), entries.end(), sorts_before)) {
        const auto first = std::adjacent_find(entries.begin(), entries.end(), repeats);
        if (first == entries.end()) return std::nullopt;
        return static_cast<std::size_t>(first - entries.begin()) + 1;
    }
    std::vector<std::size_t> order(entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (sorts_before(entries[a], entries[b])) return true;
        return !sorts_before(entries[b], entries[a]) && a < b;
    });
    std::optional<std::size_t> found;
    for (std::size_t i = 1; i < order.size(); ++i)
        if (repeats(entries[order[i - 1]], entries[order[i]])) found = std::min(found.value_or(order[i]), order[i]);
    return found;
}
}  // namespace

Result<std::vector<Entry>> parse_page(ByteView bytes, FileOffset at) {
    if (bytes.size() % kEntrySize != 0)
        return Error{Code::truncated, at + bytes.size() / kEntrySize * kEntrySize,
                     "hierarchy page is not a whole number of 32-byte entries"};
    wire::ByteReader in{bytes, at};
    std::vector<Entry> entries;
    entries.reserve(bytes.size() / kEntrySize);
    while (in.remaining() > 0) {
        const auto entry = parse_entry(in);
        if (!entry) return entry.error();
        entries.push_back(*entry);
    }
    if (const auto repeated = find_repeated(entries))
        return Error{Code::bad_value, at + *repeated * kEntrySize, "hierarchy page names the same node twice"};
    return entries;
}

void encode_page(std::span<const Entry> entries, Bytes& out) {
    out.reserve(out.size() + entries.size() * kEntrySize);
    wire::ByteWriter to{out};
    for (const Entry& entry : entries) {
        to.i32(entry.key.level);
        to.i32(entry.key.x);
        to.i32(entry.key.y);
        to.i32(entry.key.z);
        to.u64(entry.offset);
        to.i32(entry.byte_size);
        to.i32(entry.point_count);
    }
}

}  // namespace copse::copc
