// What was found in a file, before anything is judged. Loading is lenient: a part that cannot be read leaves its
// problem behind, and loading goes on with whatever does not need that part.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "copse/check.hpp"
#include "copse/copc.hpp"
#include "copse/las.hpp"
#include "copse/laz.hpp"
#include "copse/temporal.hpp"
#include "copse/wire.hpp"

namespace copse::check {

// Fields of the public header block. LAS 1.4 R15, "Public Header Block".
namespace field {
inline constexpr FileOffset kGlobalEncoding = 6;
inline constexpr FileOffset kVersionMajor = 24;
inline constexpr FileOffset kVersionMinor = 25;
inline constexpr FileOffset kHeaderSize = 94;
inline constexpr FileOffset kOffsetToPointData = 96;
inline constexpr FileOffset kVlrCount = 100;
inline constexpr FileOffset kPointFormat = 104;
inline constexpr FileOffset kRecordLength = 105;
inline constexpr FileOffset kLegacyPointCount = 107;
inline constexpr FileOffset kLegacyPointsByReturn = 111;
inline constexpr FileOffset kScale = 131;
inline constexpr FileOffset kOffset = 155;
inline constexpr FileOffset kBounds = 179;  // max x, min x, max y, min y, max z, min z
inline constexpr FileOffset kWaveformOffset = 227;
inline constexpr FileOffset kEvlrOffset = 235;
inline constexpr FileOffset kEvlrCount = 243;
inline constexpr FileOffset kPointCount = 247;
inline constexpr FileOffset kPointsByReturn = 255;
}  // namespace field

// Fields of the COPC info payload. COPC 1.0, "info VLR".
namespace info_field {
inline constexpr FileOffset kCenter = 0;
inline constexpr FileOffset kHalfSize = 24;
inline constexpr FileOffset kSpacing = 32;
inline constexpr FileOffset kRootPage = 40;
inline constexpr FileOffset kGpsTimeMin = 56;
inline constexpr FileOffset kGpsTimeMax = 64;
inline constexpr FileOffset kReserved = 72;
}  // namespace info_field

// Fields of a hierarchy entry. COPC 1.0, "hierarchy VLR".
namespace entry_field {
inline constexpr FileOffset kOffset = 16;
inline constexpr FileOffset kByteSize = 24;
inline constexpr FileOffset kPointCount = 28;
}  // namespace entry_field

/// A VLR or EVLR without its payload.
struct Record {
    FileOffset at = 0;
    bool extended = false;
    std::uint16_t reserved = 0;
    std::string user_id;
    std::uint16_t record_id = 0;
    std::uint64_t payload_size = 0;

    [[nodiscard]] ByteRange payload() const {
        return {at + (extended ? las::kEvlrHeaderSize : las::kVlrHeaderSize), payload_size};
    }
    [[nodiscard]] bool is(std::string_view user, std::uint16_t id) const { return record_id == id && user_id == user; }
};

/// Where the LASzip record and the chunk table are and what they say.
struct LazFacts {
    const Record* record = nullptr;
    std::optional<laz::LaszipRecord> laszip;
    std::optional<Error> laszip_problem;
    std::optional<std::int64_t> pointer;  // as stored before the first chunk
    std::optional<FileOffset> table_at;   // where the pointer leads, if it leads anywhere
    std::optional<std::vector<laz::ChunkEntry>> chunks;
    std::optional<Error> table_problem;
    std::uint64_t table_size = 0;  // of the table that says the same in the canonical coding
    bool table_canonical = false;  // the file's bytes are those
};

inline constexpr std::uint32_t kNoPage = std::numeric_limits<std::uint32_t>::max();

/// A page of the hierarchy or of the temporal index, whether it could be read or not.
struct PageFact {
    ByteRange range;
    copc::VoxelKey key;         // of the subtree
    FileOffset pointer_at = 0;  // the field that holds its offset; the size stands behind it
    std::uint32_t parent = kNoPage;
    std::optional<Error> problem;
};

struct HierarchyNode {
    copc::Entry entry;
    FileOffset at = 0;
    std::uint32_t page = 0;
};

struct HierarchyFacts {
    std::vector<PageFact> pages;       // parents before children
    std::vector<HierarchyNode> nodes;  // by key; of one key: data entries before page pointers, then by file offset
    [[nodiscard]] bool complete() const;

    /// The first data entry of a key, or nullptr.
    [[nodiscard]] const HierarchyNode* find(const copc::VoxelKey& key) const;
    /// Index of the same; nodes.size() if there is none.
    [[nodiscard]] std::size_t find_index(const copc::VoxelKey& key) const;
};

struct TemporalNode {
    copc::VoxelKey key;
    FileOffset at = 0;
    std::uint32_t page = 0;
    std::uint32_t sample_count = 0;
    std::uint64_t first_sample = 0;  // in TemporalFacts::samples
};

struct TemporalPointer {
    copc::VoxelKey key;
    FileOffset at = 0;
    std::uint32_t page = 0;   // that it stands in
    std::uint32_t child = 0;  // that it leads to
    double time_min = 0;
    double time_max = 0;
};

struct TemporalFacts {
    const Record* record = nullptr;
    bool header_whole = false;
    temporal::Header header;
    std::vector<PageFact> pages;      // parents before children
    std::vector<TemporalNode> nodes;  // by key, then by file offset
    std::vector<TemporalPointer> pointers;
    std::vector<double> samples;
    [[nodiscard]] bool complete() const;

    [[nodiscard]] const TemporalNode* find(const copc::VoxelKey& key) const;
    [[nodiscard]] std::span<const double> samples_of(const TemporalNode& node) const {
        return std::span{samples}.subspan(static_cast<std::size_t>(node.first_sample), node.sample_count);
    }
};

/// Points that break a rule: how many, and the first of them in file order.
struct Offence {
    std::uint64_t count = 0;
    FileOffset chunk = 0;   // of the first
    std::uint64_t row = 0;  // within the chunk
    copc::VoxelKey key;     // of the chunk's node; level -1 if the file has no nodes
    double value = 0;

    void add(std::uint64_t offending_row, double offending_value) {
        if (count++ > 0) return;
        row = offending_row;
        value = offending_value;
    }
    void merge(const Offence& later) {
        if (later.count == 0) return;
        const auto sum = count + later.count;
        if (count == 0) *this = later;
        count = sum;
    }
};

/// What decoding all points showed.
struct PointFacts {
    std::uint64_t chunks = 0;
    std::uint64_t broken_chunks = 0;  // that do not decode; their points count for nothing below
    std::optional<Error> first_break;
    std::uint64_t points = 0;
    std::array<std::uint64_t, 16> by_return{};
    std::array<std::int32_t, 3> raw_min{std::numeric_limits<std::int32_t>::max(),
                                        std::numeric_limits<std::int32_t>::max(),
                                        std::numeric_limits<std::int32_t>::max()};
    std::array<std::int32_t, 3> raw_max{std::numeric_limits<std::int32_t>::min(),
                                        std::numeric_limits<std::int32_t>::min(),
                                        std::numeric_limits<std::int32_t>::min()};
    double time_min = std::numeric_limits<double>::infinity();  // of the finite times
    double time_max = -std::numeric_limits<double>::infinity();
    std::uint16_t max_colour = 0;
    Offence outside_node;
    Offence outside_bounds;
    Offence unsorted;
    Offence wrong_sample;
    Offence return_above_count;
    Offence non_finite;
    Offence crowded;  // points in a grid cell that holds one already
    std::uint64_t crowded_nodes = 0;
    std::uint64_t interior_nodes = 0;  // nodes with children whose grid was looked at
    bool stopped = false;              // by the caller, before the end

    [[nodiscard]] bool complete() const { return broken_chunks == 0 && !stopped; }
    void merge(const PointFacts& later);
};

struct Facts {
    wire::Limits limits;
    std::uint64_t size = 0;
    std::optional<Error> io_error;

    // LAS
    Bytes head;  // the first bytes, at most 375
    bool signature = false;
    bool header_whole = false;  // the fields of its version are all there
    las::Header header;
    std::vector<Record> vlrs;
    std::optional<Error> vlr_problem;
    FileOffset vlr_end = 0;
    std::vector<Record> evlrs;
    std::optional<Error> evlr_problem;
    FileOffset evlr_end = 0;  // 0 without EVLRs
    std::optional<las::ExtraSchema> extra;
    std::optional<Error> extra_problem;
    FileOffset extra_at = 0;  // of the first descriptor, or the header's record length
    std::string wkt;
    const Record* wkt_record = nullptr;

    LazFacts laz;

    // COPC
    bool claims_copc = false;  // there is something that looks like a COPC info record
    const Record* info_record = nullptr;
    std::optional<copc::Info> info;
    std::optional<Error> info_problem;
    HierarchyFacts hierarchy;
    std::optional<TemporalFacts> temporal;

    std::optional<PointFacts> points;

    [[nodiscard]] las::PointLayout layout() const { return {header.format(), header.record_length}; }
    /// The point format is one that LAS 1.4 defines: only then may las be asked about it.
    [[nodiscard]] bool format_known() const { return header_whole && header.format() <= 10; }
    [[nodiscard]] bool has_waveform() const { return format_known() && las::has_waveform(header.format()); }
    /// Format and record length make sense together.
    [[nodiscard]] bool layout_known() const;
    [[nodiscard]] FileOffset info_at() const { return info_record == nullptr ? 0 : info_record->payload().offset; }
    /// First byte after the point data and its chunk table: where EVLRs begin, or the end of the file.
    [[nodiscard]] FileOffset point_data_end() const;
};

/// Bounds of `range` within a file of `size` bytes, safe against wrapping.
[[nodiscard]] inline bool inside(const ByteRange& range, std::uint64_t size) {
    return range.offset <= size && range.size <= size - range.offset;
}
[[nodiscard]] inline bool inside(const ByteRange& range, const ByteRange& outer) {
    return range.offset >= outer.offset && range.offset - outer.offset <= outer.size &&
           range.size <= outer.size - (range.offset - outer.offset);
}

/// Fills `into` with file bytes. False, and facts.io_error set, if the source fails. @pre inside(range, facts.size)
bool fetch(wire::Source& source, Facts& facts, ByteRange range, Bytes& into);

/// Pages seen so far: no byte may belong to two of them.
class PageMap {
public:
    /// False if `range` shares a byte with one that was added before; then it is not added.
    bool add(const ByteRange& range);

private:
    std::map<FileOffset, FileOffset> ends_;  // by start
};

/// Why a page cannot be read: size, place in the file, outside all payloads (not empty, ascending), a byte of another
/// page.
std::optional<Error> page_problem(const PageFact& page, const Facts& facts, std::span<const ByteRange> payloads,
                                  PageMap& seen);

// Loaders, in this order. Each does nothing once facts.io_error is set.
void load_las(wire::Source& source, Facts& facts);
void load_laz(wire::Source& source, Facts& facts);
void load_hierarchy(wire::Source& source, Facts& facts);
void load_temporal(wire::Source& source, Facts& facts);
void load_points(wire::Source& source, const Options& options, wire::Executor& executor, Facts& facts);

}  // namespace copse::check
