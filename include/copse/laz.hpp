// LAZ: the LASzip record, the chunk table, and the codec of all items of PDRF 0 to 10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "copse/las.hpp"
#include "copse/wire.hpp"

namespace copse::laz {

enum class Compressor : std::uint16_t { none = 0, point_wise = 1, point_wise_chunked = 2, layered_chunked = 3 };

enum class ItemType : std::uint16_t {
    byte = 0,
    point10 = 6,
    gps_time11 = 7,
    rgb12 = 8,
    wave_packet13 = 9,
    point14 = 10,
    rgb14 = 11,
    rgb_nir14 = 12,
    wave_packet14 = 13,
    byte14 = 14,
};

struct Item {
    ItemType type = ItemType::point14;
    std::uint16_t size = 30;
    std::uint16_t version = 3;
    friend bool operator==(const Item&, const Item&) = default;
};

inline constexpr std::uint32_t kVariableChunks = 0xffffffff;
inline constexpr std::uint32_t kDefaultChunkPoints = 50000;
inline constexpr std::string_view kVlrUserId = "laszip encoded";
inline constexpr std::uint16_t kVlrRecordId = 22204;

/// Payload of the LASzip VLR: how the points of a file are compressed. `laz/coder.md` section 6.
struct LaszipRecord {
    Compressor compressor = Compressor::layered_chunked;
    std::uint16_t coder = 0;
    std::uint8_t version_major = 3;
    std::uint8_t version_minor = 4;
    std::uint16_t version_revision = 3;
    std::uint32_t options = 0;
    std::uint32_t chunk_size = kVariableChunks;  ///< points; 0 is read like kVariableChunks
    std::int64_t special_evlr_count = -1;
    std::int64_t special_evlr_offset = -1;
    std::vector<Item> items;

    [[nodiscard]] bool variable_chunks() const { return chunk_size == 0 || chunk_size == kVariableChunks; }
};

/// Parses the payload and checks it against the layout: known compressor and coder, one of the item lists of the
/// format, known versions, sizes that add up to the record length.
Result<LaszipRecord> parse_laszip_record(ByteView payload, const las::PointLayout& layout, FileOffset at);
void encode_laszip_record(const LaszipRecord& record, Bytes& out);

/// The record a writer uses: PDRF 6 to 10 layered version 3, PDRF 0 to 5 point-wise chunked version 2.
LaszipRecord make_laszip_record(const las::PointLayout& layout, std::uint32_t chunk_size);

// ---- chunk table --------------------------------------------------------------------------------------------------

struct ChunkEntry {
    FileOffset offset = 0;
    std::uint64_t size = 0;
    std::uint64_t point_count = 0;
    friend bool operator==(const ChunkEntry&, const ChunkEntry&) = default;
};

/// Where and how the chunk table of a file is to be found.
struct ChunkTableContext {
    FileOffset first_chunk = 0;  ///< offset to point data + 8
    FileOffset table = 0;        ///< position of the table
    std::uint64_t file_size = 0;
    std::uint64_t point_count = 0;               ///< of the header
    std::uint32_t chunk_size = kVariableChunks;  ///< of the LASzip record
    std::uint16_t record_length = 30;
};

/// Parses the chunk table.
/// @param bytes the file from `context.table` on: all of the table, more does no harm
/// Errors: version not 0; more chunks than fit between first_chunk and the table; chunks that run past the table;
/// point counts that do not add up to the header's; the coder's string cut short.
/// Entries of 0 points and 0 bytes are dropped.
Result<std::vector<ChunkEntry>> parse_chunk_table(ByteView bytes, const ChunkTableContext& context,
                                                  const wire::Limits& limits = {});

/// Appends the table. Point counts are written if `chunk_size` is kVariableChunks. @pre no empty entries
void encode_chunk_table(std::span<const ChunkEntry> chunks, std::uint32_t chunk_size, Bytes& out);

// ---- chunks -------------------------------------------------------------------------------------------------------

/// How the chunks of one file are coded.
struct ChunkFormat {
    las::PointLayout layout;
    Compressor compressor = Compressor::layered_chunked;
    std::vector<Item> items;

    static ChunkFormat from(const LaszipRecord& record, const las::PointLayout& layout);
    /// As `make_laszip_record`.
    static ChunkFormat for_layout(const las::PointLayout& layout);
};

/// Whether a decoder insists that every byte of the chunk is used.
enum class Consumption : std::uint8_t {
    exact,  ///< the chunk's size is known: bytes left over in a layer decoded to its end, or after the last one, are
            ///< damage
    open,   ///< the chunk's end is not known (no chunk table): see `ChunkDecoder::consumed`
};

/// Whether a chunk is decoded in one step or in several.
enum class Steps : std::uint8_t {
    one,
    several,  ///< further columns may be asked for later (ChunkDecoder::decode_further); costs 2 bytes a point
};

/// Decodes one chunk, in slices. Every read is bounds-checked; what is allocated follows the rows decoded, not the
/// counts in the file.
class ChunkDecoder {
public:
    virtual ~ChunkDecoder() = default;
    /// Rows not decoded yet.
    [[nodiscard]] virtual std::uint64_t remaining() const = 0;
    /// Appends the next min(rows, remaining()) points to `out`. After the last one the consumption is checked for all
    /// layers that were decoded. After an error the decoder is finished and the rows of `out` from this call are
    /// undefined. The error of a layered chunk is the first that decoding the whole chunk meets.
    /// @pre `out` has the layout, and at least the columns, that the decoder was opened with; others are left undefined
    virtual Status decode(std::size_t rows, las::Points& out) = 0;
    /// Decodes columns that were not asked for before, of the chunk's first `rows` points, without decoding again what
    /// they rest on: first the columns that tell which points are wanted, then, if any is, the others up to the last
    /// one. Layers that lie in no such column are never read.
    /// @param further columns that were decoded neither by `decode` nor by an earlier call
    /// @param rows    at most as many as were decoded so far
    /// @param out     holds the chunk's points from its first on, as `decode` left them; has the columns `further`
    /// @pre opened with Steps::several. Point-wise chunks are decoded whole: here `decode` has filled all columns of
    /// `out`, and nothing is left to do.
    virtual Status decode_further([[maybe_unused]] las::ColumnSet further, [[maybe_unused]] std::size_t rows,
                                  [[maybe_unused]] las::Points& out) {
        return Ok{};
    }
    /// The same in slices: a decoder of `further` for the points decoded so far, from the chunk's first on. In what it
    /// appends to, X, Y, returns and scanner channel are undefined. It is good as long as this decoder lives, and until
    /// it decodes more points. `unsupported` for point-wise chunks.
    /// @pre opened with Steps::several
    virtual Result<std::unique_ptr<ChunkDecoder>> open_further(las::ColumnSet further);
    /// Bytes of the chunk used so far: with point-wise chunks, exactly the chunk's size after the last point. A layered
    /// chunk says its size in front, so it is that from the start.
    [[nodiscard]] virtual std::uint64_t consumed() const = 0;
};

/// Starts decoding a chunk.
/// @param bytes       the chunk; must outlive the decoder
/// @param at          its file offset, for errors
/// @param point_count points in the chunk, by the chunk table or hierarchy; at least 1. A layered chunk's own count
/// must agree
/// @param columns     what to decode; layers that are not named are not read (point-wise chunks are decoded whole)
Result<std::unique_ptr<ChunkDecoder>> open_chunk(const ChunkFormat& format, ByteView bytes, FileOffset at,
                                                 std::uint64_t point_count, las::ColumnSet columns,
                                                 Consumption consumption = Consumption::exact,
                                                 Steps steps = Steps::one);

/// Decodes a chunk's first `rows` points (or all) into `out`, replacing its rows. `out.columns` says what is wanted.
/// `limit_exceeded` if there are more than limits.max_chunk_points.
Status decode_chunk(const ChunkFormat& format, ByteView bytes, FileOffset at, std::uint64_t point_count,
                    las::Points& out, std::uint64_t rows = ~std::uint64_t{0}, const wire::Limits& limits = {});

/// Takes rows as they are decoded, from the first on, some hundreds at a time, while they are in the nearest cache.
/// @param block the rows and nothing else; not there any more afterwards
/// @return whether more rows are wanted. After the last that is, damage of the chunk may or may not be found
using TakeRows = std::function<bool(const las::Points& block)>;

/// A chunk among several that are decoded in one call.
struct ChunkJob {
    ByteView bytes;
    FileOffset at = 0;              ///< of the chunk in its file, for errors
    std::uint64_t point_count = 0;  ///< by the chunk table or hierarchy
    las::Points* out = nullptr;     ///< as of `decode_chunk`
    std::uint64_t rows = ~std::uint64_t{0};
    Steps steps = Steps::one;
    /// If set, rows are handed to it and not kept: `out` is the room for a block. Chunks may then be of any size.
    TakeRows take = nullptr;
    Status status{Ok{}};  ///< how it went
    /// With Steps::several, if the status is ok: for further columns of the rows decoded. Decodes no more rows.
    std::unique_ptr<ChunkDecoder> decoder = nullptr;
};

/// Decodes chunks as `decode_chunk` does, up to a third faster than one after the other: symbols of one chunk wait for
/// each other, those of several need not. Each job's `status` says how it went; one that failed does not disturb
/// others. On the calling thread. @pre no two jobs share an `out`
void decode_chunks(const ChunkFormat& format, std::span<ChunkJob> jobs, const wire::Limits& limits = {});

/// Further columns of a chunk among several, as of ChunkDecoder::decode_further.
struct FurtherJob {
    ChunkDecoder* decoder = nullptr;
    las::ColumnSet columns;
    std::size_t rows = 0;
    las::Points* out = nullptr;
    TakeRows take = nullptr;  ///< as of `ChunkJob`. In its blocks X, Y, returns and scanner channel are undefined
    Status status{Ok{}};
};

/// Does what `decode_further` does for each job, as `decode_chunks` does what `decode_chunk` does.
/// @pre all decoders are of chunks of one format
void decode_further(std::span<FurtherJob> jobs);

/// Appends the chunk of rows [first, last) of `points`. Layered: PDRF 6 to 10 with extra bytes, byte-identical to
/// LASzip but for GPS times of -0.0 and NaN, which keep their bits. Point-wise: PDRF 0 to 5 with extra bytes, item
/// versions 1 and 2, as `format` says. `unsupported` for other items. @pre all columns of the format are present; first
/// < last
Status encode_chunk(const ChunkFormat& format, const las::Points& points, std::size_t first, std::size_t last,
                    Bytes& out);

// ---- whole files --------------------------------------------------------------------------------------------------

/// Opens a LAS or LAZ file, whichever it is, of compressor 0, 1, 2 or 3: a file with a LASzip record is what that
/// record says, else it is LAS. `source` must outlive the reader.
///
/// Reading in sequence holds one compressed chunk (at most `limits.max_chunk_bytes`), or a window of a megabyte where
/// the chunks' sizes are not known: the single chunk of compressor 1, and point-wise chunks without a table. Files
/// without a table have no `blocks()` and a warning in `info()`; with point-wise chunks of variable size they are an
/// error. `read_next` may be asked for other columns from call to call; in the midst of a layered chunk that costs
/// decoding it again.
Result<std::unique_ptr<las::PointReader>> open(wire::Source& source, const las::OpenOptions& options = {});

struct ChunkTable {
    LaszipRecord record;
    FileOffset table_at = 0;       ///< 0 if missing
    std::uint64_t table_size = 0;  ///< bytes, 0 if missing
    std::vector<ChunkEntry> chunks;
};
/// Reads the chunk table of a file: position by `laz/coder.md` section 7.2. No chunks where there is no table: in files
/// of compressor 0 (also plain LAS) and 1, and in those whose writer was interrupted. The chunks may end before the
/// table.
Result<ChunkTable> read_chunk_table(wire::Source& source, const las::FileInfo& info, const wire::Limits& limits = {});

}  // namespace copse::laz
