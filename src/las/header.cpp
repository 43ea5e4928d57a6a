#include <cmath>

#include "copse/las.hpp"

namespace copse::las {
namespace {

// Offsets of fields that can be wrong. @spec LAS 1.4 R15, "Public Header Block"
constexpr FileOffset kVersionMajorAt = 24;
constexpr FileOffset kVersionMinorAt = 25;
constexpr FileOffset kHeaderSizeAt = 94;
constexpr FileOffset kFormatAt = 104;
constexpr FileOffset kRecordLengthAt = 105;
constexpr FileOffset kScaleAt = 131;
constexpr FileOffset kOffsetAt = 155;

constexpr std::uint8_t kNewestFormat = 10;
constexpr std::uint8_t kUndefinedCompressionBit = 0x40;

std::uint16_t own_header_size(std::uint8_t version_minor) {
    if (version_minor >= 4) return kHeaderSize14;
    return version_minor == 3 ? kHeaderSize13 : kHeaderSize12;
}

/// Whether the 64-bit counters are the ones that hold.
bool counts_in_64_bits(const Header& header) {
    if (header.version_minor < 4) return false;  // the header has no such fields
    return is_extended(header.format()) || header.legacy_point_count == 0;
}

Vec3 read_vec3(wire::ByteReader& in) {
    return {in.f64(), in.f64(), in.f64()};  // braces: evaluated left to right
}

void write_vec3(wire::ByteWriter& out, const Vec3& values) {
    for (const double value : values) out.f64(value);
}

/// The fields that every version has, after the signature.
void read_common_fields(wire::ByteReader& in, Header& header) {
    header.file_source_id = in.u16();
    // LAS 1.0 and 1.1 call these two bytes reserved; writers put the GPS time bit there all the same.
    header.global_encoding = in.u16();
    for (auto& byte : header.guid) byte = in.u8();
    header.version_major = in.u8();
    header.version_minor = in.u8();
    header.system_identifier = in.fixed_string(32);
    header.generating_software = in.fixed_string(32);
    header.creation_day = in.u16();
    header.creation_year = in.u16();
    header.header_size = in.u16();
    header.offset_to_point_data = in.u32();
    header.vlr_count = in.u32();
    header.point_format_byte = in.u8();
    header.record_length = in.u16();
    header.legacy_point_count = in.u32();
    for (auto& count : header.legacy_points_by_return) count = in.u32();
    header.scale = read_vec3(in);
    header.offset = read_vec3(in);
    for (std::size_t axis = 0; axis < 3; ++axis) {
        header.max[axis] = in.f64();
        header.min[axis] = in.f64();
    }
}

void read_version_fields(wire::ByteReader& in, Header& header) {
    if (header.version_minor >= 3) header.waveform_offset = in.u64();
    if (header.version_minor < 4) return;
    header.evlr_offset = in.u64();
    header.evlr_count = in.u32();
    header.point_count_14 = in.u64();
    for (auto& count : header.points_by_return_14) count = in.u64();
}

Status check_version(const Header& header, FileOffset at) {
    if (header.version_major != 1)
        return Error{Code::unsupported, at + kVersionMajorAt, "Version Major is not 1: only LAS 1.0 to 1.4 are read"};
    if (header.version_minor > 4)
        return Error{Code::unsupported, at + kVersionMinorAt, "Version Minor is above 4: only LAS 1.0 to 1.4 are read"};
    return Ok{};
}

Status check_point_format(const Header& header, FileOffset at) {
    if ((header.point_format_byte & kUndefinedCompressionBit) != 0)
        return Error{Code::unsupported, at + kFormatAt,
                     "Point Data Record Format has bit 6 set, a compression of unknown kind"};
    if (header.format() > kNewestFormat)
        return Error{Code::unsupported, at + kFormatAt, "Point Data Record Format is above 10"};
    if (header.record_length < base_record_length(header.format()))
        return Error{Code::bad_value, at + kRecordLengthAt,
                     "Point Data Record Length is shorter than the record format's fields"};
    return Ok{};
}

Status check_scale_and_offset(const Header& header, FileOffset at) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const FileOffset shift = axis * sizeof(double);
        if (!std::isfinite(header.scale[axis]) || header.scale[axis] == 0)
            return Error{Code::bad_value, at + kScaleAt + shift, "a scale factor must be finite and not zero"};
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const FileOffset shift = axis * sizeof(double);
        if (!std::isfinite(header.offset[axis]))
            return Error{Code::bad_value, at + kOffsetAt + shift, "an offset must be finite"};
    }
    return Ok{};
}

}  // namespace

std::uint64_t Header::point_count() const { return counts_in_64_bits(*this) ? point_count_14 : legacy_point_count; }

std::array<std::uint64_t, 15> Header::points_by_return() const {
    if (counts_in_64_bits(*this)) return points_by_return_14;
    std::array<std::uint64_t, 15> counts{};
    std::copy(legacy_points_by_return.begin(), legacy_points_by_return.end(), counts.begin());
    return counts;
}

Result<Header> parse_header(ByteView bytes, FileOffset at) {
    wire::ByteReader in{bytes, at};
    const auto signature = in.fixed_string(4);
    if (in.ok() && signature != "LASF")
        return Error{Code::bad_value, at, "the file does not begin with the File Signature \"LASF\""};

    Header header;
    read_common_fields(in, header);
    if (!in.ok()) return Error{Code::truncated, in.offset(), "the file ends inside the Public Header Block"};
    if (const auto good = check_version(header, at); !good) return good.error();
    read_version_fields(in, header);
    if (!in.ok()) return Error{Code::truncated, in.offset(), "the file ends inside the Public Header Block"};

    if (header.header_size < own_header_size(header.version_minor))
        return Error{Code::bad_value, at + kHeaderSizeAt, "Header Size is smaller than the header of this LAS version"};
    if (const auto good = check_point_format(header, at); !good) return good.error();
    if (const auto good = check_scale_and_offset(header, at); !good) return good.error();
    return header;
}

void encode_header(const Header& header, Bytes& out) {
    assert(header.header_size >= own_header_size(header.version_minor));
    wire::ByteWriter write{out};
    const std::size_t begin = write.size();

    write.fixed_string("LASF", 4);
    write.u16(header.file_source_id);
    write.u16(header.global_encoding);
    write.bytes(std::as_bytes(std::span{header.guid}));
    write.u8(header.version_major);
    write.u8(header.version_minor);
    write.fixed_string(header.system_identifier, 32);
    write.fixed_string(header.generating_software, 32);
    write.u16(header.creation_day);
    write.u16(header.creation_year);
    write.u16(header.header_size);
    write.u32(header.offset_to_point_data);
    write.u32(header.vlr_count);
    write.u8(header.point_format_byte);
    write.u16(header.record_length);
    write.u32(header.legacy_point_count);
    for (const auto count : header.legacy_points_by_return) write.u32(count);
    write_vec3(write, header.scale);
    write_vec3(write, header.offset);
    for (std::size_t axis = 0; axis < 3; ++axis) {
        write.f64(header.max[axis]);
        write.f64(header.min[axis]);
    }
    if (header.version_minor >= 3) write.u64(header.waveform_offset);
    if (header.version_minor >= 4) {
        write.u64(header.evlr_offset);
        write.u32(header.evlr_count);
        write.u64(header.point_count_14);
        for (const auto count : header.points_by_return_14) write.u64(count);
    }
    write.zeros(header.header_size - (write.size() - begin));
}

}  // namespace copse::las
