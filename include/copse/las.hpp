// LAS 1.0 to 1.4: header, VLRs and EVLRs, point formats, extra bytes, points as columns.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "copse/wire.hpp"

namespace copse::las {

using Vec3 = std::array<double, 3>;

// ---- header -------------------------------------------------------------------------------------------------------

inline constexpr std::uint16_t kHeaderSize12 = 227;  // LAS 1.0, 1.1, 1.2
inline constexpr std::uint16_t kHeaderSize13 = 235;
inline constexpr std::uint16_t kHeaderSize14 = 375;
inline constexpr std::size_t kVlrHeaderSize = 54;
inline constexpr std::size_t kUserIdSize = 16;  ///< of a VLR or EVLR, filled up with zeros
inline constexpr std::size_t kEvlrHeaderSize = 60;

inline constexpr std::uint16_t kGlobalEncodingAdjustedGpsTime = 1u << 0;
inline constexpr std::uint16_t kGlobalEncodingWaveformInternal = 1u << 1;
inline constexpr std::uint16_t kGlobalEncodingWaveformExternal = 1u << 2;
inline constexpr std::uint16_t kGlobalEncodingSyntheticReturns = 1u << 3;
inline constexpr std::uint16_t kGlobalEncodingWkt = 1u << 4;

/// The public header block, as stored. Fields that a version does not have are zero.
/// @spec LAS 1.4 R15, "Public Header Block"
struct Header {
    std::uint16_t file_source_id = 0;
    std::uint16_t global_encoding = 0;
    std::array<std::uint8_t, 16> guid{};
    std::uint8_t version_major = 1;
    std::uint8_t version_minor = 4;
    std::string system_identifier;    ///< 32 bytes, up to the first NUL; any bytes, not necessarily UTF-8
    std::string generating_software;  ///< likewise
    std::uint16_t creation_day = 0;   ///< day of the year, 1 is January 1
    std::uint16_t creation_year = 0;
    std::uint16_t header_size = kHeaderSize14;
    std::uint32_t offset_to_point_data = 0;
    std::uint32_t vlr_count = 0;
    std::uint8_t point_format_byte = 6;  ///< as stored: bits 7 and 6 mark compression
    std::uint16_t record_length = 30;
    std::uint32_t legacy_point_count = 0;
    std::array<std::uint32_t, 5> legacy_points_by_return{};
    Vec3 scale{0.01, 0.01, 0.01};
    Vec3 offset{};
    Vec3 min{};
    Vec3 max{};
    std::uint64_t waveform_offset = 0;  ///< LAS 1.3 and later
    std::uint64_t evlr_offset = 0;      ///< LAS 1.4
    std::uint32_t evlr_count = 0;
    std::uint64_t point_count_14 = 0;
    std::array<std::uint64_t, 15> points_by_return_14{};

    /// Point data record format, 0 to 10, without the compression bits.
    [[nodiscard]] std::uint8_t format() const { return point_format_byte & 0x3f; }
    [[nodiscard]] bool marked_compressed() const { return (point_format_byte & 0x80) != 0; }
    /// The count that holds: in a LAS 1.4 header the 64-bit one for formats 6 to 10, and for formats 0 to 5 the legacy
    /// one, or the 64-bit one where the legacy count is 0. Before LAS 1.4 the legacy one.
    [[nodiscard]] std::uint64_t point_count() const;
    /// Points by return number; element 0 is return 1. Same rule as `point_count`.
    [[nodiscard]] std::array<std::uint64_t, 15> points_by_return() const;
};

/// Parses the header. `bytes` begins at the file's first byte and may hold more than the header; 375 bytes always
/// suffice for LAS 1.4, 227 for LAS 1.0 to 1.2.
/// Errors: no "LASF" signature; version not 1.0 to 1.4 (unsupported); header size below the version's; format above 10;
/// format byte with bit 6 set; record length below the format's; scale zero or not finite; offset not finite.
/// Bounds are not judged.
Result<Header> parse_header(ByteView bytes, FileOffset at = 0);

/// Appends the header in the layout of its own version (header_size bytes; bytes beyond the version's own are zero).
void encode_header(const Header& header, Bytes& out);

// ---- variable length records --------------------------------------------------------------------------------------

/// A VLR or EVLR.
struct Vlr {
    std::uint16_t reserved = 0;
    std::string user_id;  ///< up to the first NUL of 16 bytes
    std::uint16_t record_id = 0;
    std::string description;  ///< up to the first NUL of 32 bytes
    Bytes payload;
    bool extended = false;  ///< stored as EVLR
    FileOffset at = 0;      ///< of the record's header in the file it was read from

    [[nodiscard]] FileOffset payload_at() const { return at + (extended ? kEvlrHeaderSize : kVlrHeaderSize); }
    [[nodiscard]] bool is(std::string_view user, std::uint16_t id) const { return record_id == id && user_id == user; }
};

/// Parses `count` VLRs.
/// @param bytes the file from the end of the header (header_size) to the offset to point data
Result<std::vector<Vlr>> parse_vlrs(ByteView bytes, std::uint32_t count, FileOffset at);

/// An EVLR's header without its payload.
struct EvlrHeader {
    std::uint16_t reserved = 0;
    std::string user_id;
    std::uint16_t record_id = 0;
    std::uint64_t payload_size = 0;
    std::string description;
};
/// @pre nothing; fewer than 60 bytes is `truncated`
Result<EvlrHeader> parse_evlr_header(ByteView bytes, FileOffset at);

/// Appends VLR header and payload. @pre payload of at most 65,535 bytes
void encode_vlr(const Vlr& vlr, Bytes& out);
void encode_evlr_header(const EvlrHeader& header, Bytes& out);
void encode_evlr(const Vlr& vlr, Bytes& out);

// Who records of the LAS specification are named after, and their numbers.
inline constexpr std::string_view kSpecUser = "LASF_Spec";
inline constexpr std::string_view kProjectionUser = "LASF_Projection";
inline constexpr std::uint16_t kExtraBytesRecord = 4;  ///< of kSpecUser
inline constexpr std::uint16_t kWktRecord = 2112;      ///< of kProjectionUser

/// The record of a coordinate system. @spec LAS 1.4 R15, "OGC Coordinate System WKT"
Vlr make_wkt_vlr(std::string_view wkt);

/// The first record that matches, or nullptr.
const Vlr* find_vlr(std::span<const Vlr> vlrs, std::string_view user_id, std::uint16_t record_id);

// ---- point formats ------------------------------------------------------------------------------------------------

/// Bytes of a record of PDRF 0 to 10 without extra bytes.
[[nodiscard]] std::uint16_t base_record_length(std::uint8_t format);
[[nodiscard]] bool has_gps_time(std::uint8_t format);  ///< all but 0 and 2
[[nodiscard]] bool has_rgb(std::uint8_t format);       ///< 2, 3, 5, 7, 8, 10
[[nodiscard]] bool has_nir(std::uint8_t format);       ///< 8, 10
[[nodiscard]] bool has_waveform(std::uint8_t format);  ///< 4, 5, 9, 10
[[nodiscard]] inline bool is_extended(std::uint8_t format) { return format >= 6; }

/// Point format and record length: what a decoder must know of a file.
struct PointLayout {
    std::uint8_t format = 6;
    std::uint16_t record_length = 30;
    [[nodiscard]] std::uint16_t extra_bytes() const {
        return static_cast<std::uint16_t>(record_length - base_record_length(format));
    }
    friend bool operator==(const PointLayout&, const PointLayout&) = default;
};

// ---- extra bytes --------------------------------------------------------------------------------------------------

/// One described dimension of the extra bytes. @spec LAS 1.4 R15, "Extra Bytes" (LASF_Spec, 4)
struct ExtraDimension {
    std::string name;  ///< up to the first NUL of 32 bytes
    std::string description;
    std::uint8_t type = 0;     ///< 0 undocumented, 1 to 10 scalars, 11 to 30 deprecated arrays
    std::uint8_t options = 0;  ///< as stored; bits: 0 no_data, 1 min, 2 max, 3 scale, 4 offset. For type 0: the size
    std::array<std::array<std::byte, 8>, 3> no_data{};  ///< anytype values, as stored
    std::array<std::array<std::byte, 8>, 3> min{};
    std::array<std::array<std::byte, 8>, 3> max{};
    std::array<double, 3> scale{1, 1, 1};  ///< 1 and 0 where the options do not name them
    std::array<double, 3> offset{};
    std::uint16_t byte_offset = 0;  ///< within the extra bytes of a record
    std::uint16_t size = 0;         ///< bytes

    [[nodiscard]] bool has_no_data() const { return (options & 1u) != 0 && type != 0; }
    [[nodiscard]] bool has_min() const { return (options & 2u) != 0 && type != 0; }
    [[nodiscard]] bool has_max() const { return (options & 4u) != 0 && type != 0; }
    [[nodiscard]] bool has_scale() const { return (options & 8u) != 0 && type != 0; }
    [[nodiscard]] bool has_offset() const { return (options & 16u) != 0 && type != 0; }
};

inline constexpr std::size_t kExtraBytesDescriptorSize = 192;

/// What the records say about the extra bytes, in record order and without gaps: undescribed bytes at the end become
/// dimensions of type 0, of at most 255 bytes each, named "ExtraBytes0", "ExtraBytes1", ... (skipping names in use).
struct ExtraSchema {
    std::vector<ExtraDimension> dimensions;
    bool exceeds_record =
        false;  ///< the descriptors claim more bytes than a record has; those that do not fit are left out
    std::uint16_t undescribed = 0;  ///< bytes at the end that no descriptor covers; 0 once `normalised`
};

/// Reads all LASF_Spec/4 records in file order, one after the other.
/// Errors: a payload that is not a multiple of 192 bytes; a type above 30.
Result<ExtraSchema> parse_extra_schema(std::span<const Vlr> vlrs, const PointLayout& layout);

/// The schema with arrays split into `Name0`, `Name1`, ..., type 0 into unsigned bytes (undescribed ones named
/// `ExtraBytes0`, `ExtraBytes1`, ...), and integers outside ±2^53 dropped from min, max and no_data, each told in
/// `warnings`, if given. A name is cut where its number would not fit into 32 bytes. The record's bytes stay.
ExtraSchema normalised(const ExtraSchema& schema, std::vector<std::string>* warnings = nullptr);

/// Payload of one LASF_Spec/4 record.
Bytes encode_extra_schema(const ExtraSchema& schema);
/// The record with it.
Vlr make_extra_bytes_vlr(const ExtraSchema& schema);

/// Value of a scalar dimension (types 1 to 10) in one record's extra bytes, without scale and offset; element `index`
/// of an array type. 64-bit integers above 2^53 are rounded.
double extra_value(const ExtraDimension& dimension, const std::uint8_t* record_extra_bytes, unsigned index = 0);

// ---- GPS time -----------------------------------------------------------------------------------------------------

enum class GpsTimeKind : std::uint8_t { week_seconds, adjusted_standard };

/// What the header's bit 0 says. @spec LAS 1.4 R15, "Global Encoding"
[[nodiscard]] inline GpsTimeKind declared_gps_time_kind(const Header& header) {
    return (header.global_encoding & kGlobalEncodingAdjustedGpsTime) != 0 ? GpsTimeKind::adjusted_standard
                                                                          : GpsTimeKind::week_seconds;
}

// ---- points as columns --------------------------------------------------------------------------------------------

/// Which columns of a point are wanted or present. X, Y, returns and scanner channel always are: everything else needs
/// them, and they are one layer of a LAZ chunk.
struct ColumnSet {
    enum : std::uint32_t {
        z = 1u << 0,
        classification = 1u << 1,
        flags = 1u << 2,
        intensity = 1u << 3,
        scan_angle = 1u << 4,
        user_data = 1u << 5,
        point_source_id = 1u << 6,
        gps_time = 1u << 7,
        rgb = 1u << 8,
        nir = 1u << 9,
        wave = 1u << 10,
    };
    std::uint32_t fields = 0;
    std::uint64_t extra = 0;  ///< bit k: extra byte k; bit 63: byte 63 and all after it

    static constexpr ColumnSet all() { return {0x7ff, ~std::uint64_t{0}}; }
    static constexpr ColumnSet xy() { return {0, 0}; }
    static constexpr ColumnSet xyz() { return {z, 0}; }
    [[nodiscard]] bool has(std::uint32_t field) const { return (fields & field) == field; }
    [[nodiscard]] bool has_extra(unsigned byte) const { return (extra >> (byte < 63 ? byte : 63) & 1u) != 0; }
    ColumnSet operator|(ColumnSet other) const { return {fields | other.fields, extra | other.extra}; }
    ColumnSet operator-(ColumnSet other) const { return {fields & ~other.fields, extra & ~other.extra}; }
    friend bool operator==(const ColumnSet&, const ColumnSet&) = default;
};

/// std::allocator whose default construction leaves numbers uninitialised: a decoder writes every row anyway.
template <class T>
struct UninitialisedAllocator : std::allocator<T> {
    template <class U>
    struct rebind {
        using other = UninitialisedAllocator<U>;
    };
    UninitialisedAllocator() = default;
    template <class U>
    UninitialisedAllocator(const UninitialisedAllocator<U>&) {}  // NOLINT
    template <class U>
    void construct(U* at) {
        ::new (static_cast<void*>(at)) U;
    }
    template <class U, class... Args>
    void construct(U* at, Args&&... args) {
        ::new (static_cast<void*>(at)) U(std::forward<Args>(args)...);
    }
};
template <class T>
using Column = std::vector<T, UninitialisedAllocator<T>>;

using WavePacket = std::array<std::uint8_t, 29>;

/// Points in stored order, one array per attribute, each of `size()` elements (or empty where not in `columns`).
/// Values are those of the record, unscaled. One set of columns serves all formats; what differs:
///   scan_angle   formats 0-5: rank in whole degrees, -128 to 127; formats 6-10: units of 0.006 degrees
///   gps_time     0.0 for formats 0 and 2
struct Points {
    PointLayout layout;
    ColumnSet columns;
    Column<std::int32_t> x, y, z;  ///< raw integers; coordinate = raw * scale + offset
    Column<std::uint8_t> returns;  ///< bits 0-3 return number, bits 4-7 number of returns
    Column<std::uint8_t> channel;  ///< scanner channel, 0 to 3
    Column<std::uint8_t> classification;
    Column<std::uint8_t> flags;  ///< bits 0-3 synthetic, key-point, withheld, overlap; 4 scan direction; 5 edge
    Column<std::uint16_t> intensity;
    Column<std::int16_t> scan_angle;
    Column<std::uint8_t> user_data;
    Column<std::uint16_t> point_source_id;
    Column<double> gps_time;  ///< seconds, in the file's own encoding
    Column<std::uint16_t> red, green, blue, nir;
    Column<WavePacket> wave;
    std::vector<Column<std::uint8_t>> extra;  ///< extra[k][row]: one column per extra byte; empty column if not wanted

    Points() = default;
    /// No rows yet. Columns that the format does not have are dropped from `columns` (gps_time is kept: zeros).
    Points(PointLayout point_layout, ColumnSet wanted);

    [[nodiscard]] std::size_t size() const { return x.size(); }
    /// Sets the number of rows. New rows are uninitialised.
    void resize(std::size_t rows);
    /// Appends rows [first, last) of `other`, which has at least these columns and the same layout.
    void append(const Points& other, std::size_t first, std::size_t last);
    /// Appends the rows of `other` that `rows` names, in that order.
    void append(const Points& other, std::span<const std::uint32_t> rows);
    /// Moves the columns of `from`, of as many rows, into these points, beside what is there.
    void take_columns(Points&& from);
    /// Forgets all columns but these. X, Y, returns and channel stay.
    void keep_columns(ColumnSet kept);
    /// A copy of the given rows, in the given order.
    [[nodiscard]] Points gather(std::span<const std::uint32_t> rows) const;

    [[nodiscard]] std::uint8_t return_number(std::size_t row) const { return returns[row] & 15u; }
    [[nodiscard]] std::uint8_t number_of_returns(std::size_t row) const {
        return static_cast<std::uint8_t>(returns[row] >> 4u);
    }
};

/// Calls `use(column)` for every column of `points` that its columns name (x and y, returns, channel always; each
/// extra byte separately): for code that treats all columns alike.
template <class PointsRef, class Use>
void for_each_column(PointsRef& points, Use&& use) {
    use(points.x);
    use(points.y);
    use(points.returns);
    use(points.channel);
    const auto has = [&](std::uint32_t field) { return points.columns.has(field); };
    if (has(ColumnSet::z)) use(points.z);
    if (has(ColumnSet::classification)) use(points.classification);
    if (has(ColumnSet::flags)) use(points.flags);
    if (has(ColumnSet::intensity)) use(points.intensity);
    if (has(ColumnSet::scan_angle)) use(points.scan_angle);
    if (has(ColumnSet::user_data)) use(points.user_data);
    if (has(ColumnSet::point_source_id)) use(points.point_source_id);
    if (has(ColumnSet::gps_time)) use(points.gps_time);
    if (has(ColumnSet::rgb)) {
        use(points.red);
        use(points.green);
        use(points.blue);
    }
    if (has(ColumnSet::nir)) use(points.nir);
    if (has(ColumnSet::wave)) use(points.wave);
    for (unsigned k = 0; k < points.extra.size(); ++k)
        if (points.columns.has_extra(k)) use(points.extra[k]);
}

/// Takes LAS records apart into rows [first_row, first_row + n) of `out`, n = records.size() / record_length.
/// @pre out has room for the rows; records.size() is a multiple of out.layout.record_length
void unpack_records(ByteView records, Points& out, std::size_t first_row);

/// Appends rows [first, last) as LAS records of points.layout. Bit for bit the inverse of `unpack_records`.
/// Columns that are not present are written as zero.
void pack_records(const Points& points, std::size_t first, std::size_t last, Bytes& out);

/// Turns points of formats 0 to 5 into 6, 7 or 8, and 9 and 10 into 6 and 8, in place: class 12 becomes overlap with
/// class 0, rank becomes scan angle, missing GPS times are 0.0, missing colours 0; wave packets go. Rows and extra
/// bytes stay. `laz/pointwise.md` sections 10.3 and 11. @pre target is 6, 7 or 8
void convert_points(Points& points, std::uint8_t target_format);

/// PDRF 6, 7 or 8 that holds everything of `format` but wave packets.
[[nodiscard]] std::uint8_t copc_format_for(std::uint8_t format);

/// Scan angle in units of 0.006 degrees of a rank in whole degrees.
[[nodiscard]] std::int16_t scan_angle_from_rank(std::int8_t rank);

// ---- fields by name ------------------------------------------------------------------------------------------------

/// The standard dimensions, in PDAL's order.
enum class Dimension : std::uint8_t {
    x,
    y,
    z,
    intensity,
    return_number,
    number_of_returns,
    scan_direction_flag,
    edge_of_flight_line,
    classification,
    synthetic,
    key_point,
    withheld,
    overlap,
    scanner_channel,
    scan_angle,
    user_data,
    point_source_id,
    gps_time,
    red,
    green,
    blue,
    infrared,
};

/// A dimension by PDAL's name, or an extra dimension.
struct Field {
    std::string name;
    ColumnSet columns;                   ///< what must be decoded for it
    std::optional<Dimension> dimension;  ///< empty for an extra dimension
    int extra_index = -1;                ///< index into the schema's dimensions, or -1
    unsigned element = 0;                ///< of an array type
};

/// `what` of the error about a name that no field has.
inline constexpr const char* kUnknownField = "the points have no field of this name";

/// Standard dimensions of a format, in PDAL's order: X Y Z Intensity ReturnNumber NumberOfReturns ScanDirectionFlag
/// EdgeOfFlightLine Classification Synthetic KeyPoint Withheld Overlap ScannerChannel ScanAngle UserData PointSourceId
/// GpsTime Red Green Blue Infrared as far as the format has them, then the extra dimensions by name, arrays taken apart
/// as in `normalised`.
std::vector<Field> fields_of(const PointLayout& layout, const ExtraSchema& extra);
/// The fields named in a comma-separated list, case-sensitive. A name in double quotes may hold anything; two quotes in
/// it stand for one. bad_value with `at` = position in the text of the first unknown name (`kUnknownField`).
Result<std::vector<Field>> parse_fields(std::string_view list, const PointLayout& layout, const ExtraSchema& extra);
[[nodiscard]] ColumnSet columns_of(std::span<const Field> fields);

/// One number among the extra bytes of a record. @spec LAS 1.4 R15, "Extra Bytes"
struct ExtraNumber {
    unsigned type = 1;  ///< 1 to 10
    unsigned size = 1;  ///< bytes, little-endian
    unsigned first_byte = 0;
    bool scaled = false;  ///< its value is number * scale + offset, in two rounded operations
    double scale = 1;
    double offset = 0;
};
/// Element `element` of a dimension: of an array its n-th value, of an undocumented one its n-th byte.
[[nodiscard]] ExtraNumber extra_number(const ExtraDimension& dimension, unsigned element);

/// Calls `use` with a zero of the C++ type of an ExtraNumber's `type`.
template <class Use>
decltype(auto) visit_extra_type(unsigned type, Use&& use) {
    switch (type) {
        case 2:
            return use(std::int8_t{});
        case 3:
            return use(std::uint16_t{});
        case 4:
            return use(std::int16_t{});
        case 5:
            return use(std::uint32_t{});
        case 6:
            return use(std::int32_t{});
        case 7:
            return use(std::uint64_t{});
        case 8:
            return use(std::int64_t{});
        case 9:
            return use(float{});
        case 10:
            return use(double{});
        default:
            return use(std::uint8_t{});
    }
}

/// A number of such a type whose bytes are the lowest ones of `bits`.
template <class T>
[[nodiscard]] T number_of_bits(std::uint64_t bits) {
    if constexpr (std::is_same_v<T, float>)
        return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    else if constexpr (std::is_same_v<T, double>)
        return std::bit_cast<double>(bits);
    else
        return static_cast<T>(bits);
}

// ---- whole files --------------------------------------------------------------------------------------------------

/// All that a LAS or LAZ file holds besides its points.
struct FileInfo {
    Header header;  ///< after undoing compatibility mode, if `restored`
    std::vector<Vlr> vlrs;
    std::vector<Vlr> evlrs;
    PointLayout layout;  ///< of the points as they are handed out
    ExtraSchema extra;
    bool restored = false;  ///< LASzip compatibility mode was undone: formats 6-10 out of 1, 3, 4, 5
    std::uint64_t file_size = 0;
    std::vector<std::string> warnings;  ///< oddities that were read past, one sentence each
};

/// Whether LASzip's compatibility mode is undone when a file has it.
enum class Compatibility : std::uint8_t { restore, keep };

struct OpenOptions {
    Compatibility compatibility = Compatibility::restore;
    wire::Limits limits;
};

/// Points of a part of a file that can be read on its own.
struct PointBlock {
    std::uint64_t first_point = 0;
    std::uint64_t point_count = 0;
    ByteRange bytes;
};

/// A block among several that are read in one call.
struct BlockJob {
    std::size_t index = 0;
    Points* out = nullptr;  ///< as of `PointReader::read_block`
    Status status{Ok{}};    ///< how it went
};

/// The points of one block in slices.
class BlockStream {
public:
    virtual ~BlockStream() = default;
    /// Appends up to `max_rows` of the next points to `out`; nothing at the end of the block.
    virtual Status next(std::size_t max_rows, Points& out) = 0;
};

/// A whole LAS or LAZ file, point by point in file order, or block by block in any order.
class PointReader {
public:
    virtual ~PointReader() = default;
    [[nodiscard]] virtual const FileInfo& info() const = 0;

    /// Appends up to `max_rows` of the next points to `out`, in file order. Appends nothing at the end. A file that
    /// ends before the points its header declares is an error. After an error `out` holds points that came before it.
    /// @pre out.layout == info().layout
    virtual Status read_next(std::size_t max_rows, Points& out) = 0;

    /// The parts that can be read independently (chunks of LAZ, runs of up to 50,000 records of LAS). Empty if the file
    /// can only be read in sequence (one single chunk, or no chunk table).
    [[nodiscard]] virtual std::span<const PointBlock> blocks() const = 0;
    /// Decodes block `index` into `out`, replacing its rows; may be called from several threads at once.
    virtual Status read_block(std::size_t index, Points& out) const = 0;
    /// Does for each job what `read_block` does, faster than one after the other where blocks are compressed. One that
    /// fails does not disturb others. @pre no two jobs share an `out`
    virtual void read_blocks(std::span<BlockJob> jobs) const;
    /// Opens block `index` for reading in slices: for blocks whose points should not be held at a time. What is held is
    /// the block's bytes, and its points too where a reader knows no better. The reader must outlive the stream; slices
    /// have the columns of `columns`.
    virtual Result<std::unique_ptr<BlockStream>> open_block(std::size_t index, ColumnSet columns) const;
};

/// Header, VLRs and EVLRs of a file; nothing of LAZ is looked at and compatibility mode is not undone. The payload of
/// a waveform data packets record (LASF_Spec, 65535) stays in the file. The EVLRs together are held to
/// `limits.max_evlr_bytes`. Whether all declared points are there is found when they are read.
Result<FileInfo> read_file_info(wire::Source& source, const OpenOptions& options = {});

/// Opens an uncompressed LAS file. `source` must outlive the reader. Of a file that ends too early the whole records
/// that are there can be read; then comes `truncated`, at the file's end. Its last block stands for all that is
/// missing.
Result<std::unique_ptr<PointReader>> open_las(wire::Source& source, const OpenOptions& options = {});

// ---- LASzip compatibility mode ------------------------------------------------------------------------------------

/// How legacy points with "LAS 1.4 ..." extra bytes turn back into formats 6 to 10. `laz/pointwise.md` section 10.
struct CompatibilityPlan {
    PointLayout stored;                                                        ///< format 1, 3, 4 or 5
    PointLayout restored;                                                      ///< format 6 to 10
    std::uint16_t scan_angle = 0, returns = 0, classification = 0, flags = 0;  ///< byte positions among the extra bytes
    std::optional<std::uint16_t> nir;
    std::vector<std::uint16_t> kept;  ///< positions of the other extra bytes, in order
};

/// The plan, if the file is one of compatibility mode; empty otherwise.
std::optional<CompatibilityPlan> find_compatibility(const FileInfo& info);
/// Rewrites header, VLRs, layout and schema as those of the original LAS 1.4 file.
void restore_info(const CompatibilityPlan& plan, FileInfo& info);
/// Rewrites points of plan.stored (all columns present) as points of plan.restored.
void restore_points(const CompatibilityPlan& plan, Points& points);

}  // namespace copse::las
