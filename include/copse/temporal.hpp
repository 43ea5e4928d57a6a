// COPC Temporal Index Extension 1.0 draft 2: header, pages, samples, and which rows a time window needs.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "copse/copc.hpp"
#include "copse/wire.hpp"

namespace copse::temporal {

inline constexpr std::string_view kUserId = "copc_temporal";
inline constexpr std::uint16_t kRecordId = 1000;
inline constexpr std::size_t kHeaderSize = 32;
inline constexpr std::size_t kNodeEntrySize = 20;  ///< without samples
inline constexpr std::size_t kPagePointerSize = 48;

/// @spec COPC Temporal Index Extension 1.0 draft 2, "Header" (offsets of the C struct: the table there is wrong)
struct Header {
    std::uint32_t version = 1;
    std::uint32_t stride = 1;      ///< rows between two samples
    std::uint32_t node_count = 0;  ///< node entries in all pages
    std::uint32_t page_count = 0;
    ByteRange root_page;  ///< absolute
    std::uint32_t reserved = 0;
};

/// Parses the 32 bytes at the start of the EVLR payload. Errors: fewer bytes; version not 1 (unsupported);
/// stride 0; root page smaller than an entry while node_count is not 0, or with offset + size wrapping.
Result<Header> parse_header(ByteView payload, FileOffset at);
void encode_header(const Header& header, Bytes& out);

/// Samples of one node.
struct NodeEntry {
    copc::VoxelKey key;
    std::vector<double> samples;  ///< GPS seconds in the file's encoding, at least one
    FileOffset at = 0;            ///< of the entry in the file
};

/// A subtree whose entries are in another page.
struct PagePointer {
    copc::VoxelKey key;
    ByteRange page;
    double time_min = 0;  ///< closed range of all samples of the subtree
    double time_max = 0;
    FileOffset at = 0;
};

struct Page {
    std::vector<NodeEntry> nodes;
    std::vector<PagePointer> pages;
};

/// Parses one page. Whether pointer or node entry of a key comes first is left to the writer; a key may have both (the
/// draft's "Page Boundaries" puts a subtree's topmost node into the page above). Sample counts are compared with the
/// bytes at hand before memory is taken; sample values and time ranges are handed out as stored (`samples_are_usable`
/// judges them). Errors: an entry cut short; invalid key; a page pointer of size 0 or with offset + size wrapping; a
/// key with two node entries or two pointers.
Result<Page> parse_page(ByteView bytes, FileOffset at);

/// Appends a page in breadth-first key order; a pointer comes before a node entry of the same key.
void encode_page(const Page& page, Bytes& out);

/// Number of samples of a node: floor((rows - 1) / stride) + 1, one more if the last row is off the stride; 0 of no
/// rows.
[[nodiscard]] std::uint64_t sample_count(std::uint64_t row_count, std::uint32_t stride);
/// Row of sample `index`. @pre index < sample_count(row_count, stride)
[[nodiscard]] std::uint64_t sample_row(std::uint64_t index, std::uint32_t stride, std::uint64_t row_count);

/// Samples of a node of ours, whose rows are in the order -inf, finite ascending, +inf, NaN. Samples must be finite,
/// and a window with an open end matches infinite times, so ±inf is sampled as ±the largest finite double: such a node
/// is never pruned wrongly, and no window needs a special case. A sample at a NaN row repeats the last time of the node
/// that is a number (NaN matches no window, but the rows before must not be cut off); a node of nothing but NaN gets
/// `fallback` throughout.
/// @pre stride >= 1, `fallback` finite
std::vector<double> make_samples(std::span<const double> gps_times, std::uint32_t stride, double fallback);

/// The value that stands for `time` in a sample: itself, or ±the largest finite double for ±inf.
[[nodiscard]] double clamp_to_finite(double time);

/// Right number for the node's rows, all finite, non-decreasing.
[[nodiscard]] bool samples_are_usable(std::span<const double> samples, std::uint64_t row_count, std::uint32_t stride);

/// A closed window of GPS seconds in the file's encoding. An end left open is an infinity, which also matches points
/// whose time is that infinity. NaN times match no window, not even one with two open ends.
struct TimeWindow {
    double from = -std::numeric_limits<double>::infinity();
    double to = std::numeric_limits<double>::infinity();
    [[nodiscard]] bool contains(double time) const { return from <= time && time <= to; }
    /// from > to, or NaN.
    [[nodiscard]] bool empty() const { return !(from <= to); }
};

/// Half-open range of rows.
struct RowRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    [[nodiscard]] bool empty() const { return first >= last; }
    friend bool operator==(const RowRange&, const RowRange&) = default;
};

/// Bounds the rows (points in stored order) of a node that can lie in a time window.
///
/// @param samples    GPS times in seconds, shape (sample_count,), finite and non-decreasing: element i is the time of
///                   row i * stride, and the last element is always the time of the last row
/// @param stride     rows between two samples, at least 1
/// @param row_count  points in the node, at least 1 if `samples` is not empty
/// @param from, to   closed window, in the same time encoding as the file (LAS global encoding, bit 0); infinite ends
///                   also find rows with that infinite time, sampled as `make_samples` does
/// @return half-open row range. **Never leaves out a matching row**; may hold up to `stride - 1` others at each
///         end, so decode it and compare each point. Empty if the node cannot match.
/// Cost: two binary searches. No allocation, no failure.
/// @pre samples_are_usable(samples, row_count, stride)
/// @spec COPC Temporal Index Extension 1.0 draft 2, "Sampling Rules"
RowRange candidate_rows(std::span<const double> samples, std::uint32_t stride, std::uint64_t row_count, double from,
                        double to);

}  // namespace copse::temporal
