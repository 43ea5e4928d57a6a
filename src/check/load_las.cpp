// Header, VLRs and EVLRs, without a judgement. A field is taken as it stands: one bad field must not hide the next.
#include <algorithm>

#include "check/facts.hpp"

namespace copse::check {

namespace {

constexpr std::size_t kMaxRecords = 1u << 20;  // VLRs, or EVLRs, that are looked at
constexpr std::size_t kMaxWktBytes = 1u << 20;

std::uint16_t header_size_of(std::uint8_t version_minor) {
    if (version_minor <= 2) return las::kHeaderSize12;
    return version_minor == 3 ? las::kHeaderSize13 : las::kHeaderSize14;
}

void read_bounds(wire::ByteReader& in, las::Header& header) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
        header.max[axis] = in.f64();
        header.min[axis] = in.f64();
    }
}

las::Header read_header(ByteView bytes) {
    wire::ByteReader in{bytes};
    las::Header header;
    in.skip(4);
    header.file_source_id = in.u16();
    header.global_encoding = in.u16();
    in.skip(header.guid.size());
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
    for (auto& scale : header.scale) scale = in.f64();
    for (auto& offset : header.offset) offset = in.f64();
    read_bounds(in, header);
    if (header.version_minor >= 3) header.waveform_offset = in.u64();
    if (header.version_minor >= 4) {
        header.evlr_offset = in.u64();
        header.evlr_count = in.u32();
        header.point_count_14 = in.u64();
        for (auto& count : header.points_by_return_14) count = in.u64();
    }
    return header;
}

bool load_header(wire::Source& source, Facts& facts) {
    if (!fetch(source, facts, {0, std::min<std::uint64_t>(facts.size, las::kHeaderSize14)}, facts.head)) return false;
    const auto& head = facts.head;
    facts.signature = head.size() >= 4 && std::memcmp(head.data(), "LASF", 4) == 0;
    if (!facts.signature || head.size() <= field::kVersionMinor) return false;
    const auto minor = std::to_integer<std::uint8_t>(head[field::kVersionMinor]);
    if (head.size() < header_size_of(minor)) return false;
    facts.header = read_header(head);
    facts.header_whole = true;
    return true;
}

Record read_record(wire::ByteReader& in, bool extended) {
    Record record;
    record.extended = extended;
    record.at = in.offset();
    record.reserved = in.u16();
    record.user_id = in.fixed_string(16);
    record.record_id = in.u16();
    record.payload_size = extended ? in.u64() : in.u16();
    in.skip(32);
    return record;
}

void load_vlrs(wire::Source& source, Facts& facts) {
    const auto& header = facts.header;
    facts.vlr_end = header.header_size;
    const auto end = std::min<FileOffset>(header.offset_to_point_data, facts.size);
    if (header.header_size > end) return;  // the header's own rules say what is wrong
    const ByteRange area{header.header_size, end - header.header_size};
    if (area.size > facts.limits.max_header_bytes) {
        facts.vlr_problem =
            Error{Code::limit_exceeded, field::kOffsetToPointData, "header and VLRs are too large to be held"};
        return;
    }
    Bytes bytes;
    if (!fetch(source, facts, area, bytes)) return;
    wire::ByteReader in{bytes, area.offset};
    const auto file_ends = end == facts.size;
    for (std::uint32_t i = 0; i < header.vlr_count; ++i) {
        const auto at = in.offset();
        if (in.remaining() < las::kVlrHeaderSize) {
            facts.vlr_problem =
                file_ends
                    ? Error{Code::truncated, facts.size, "the file ends before the VLRs that the header counts"}
                    : Error{Code::bad_value, at, "the VLRs that the header counts do not fit before the point data"};
            return;
        }
        auto record = read_record(in, false);
        if (in.remaining() < record.payload_size) {
            facts.vlr_problem = file_ends ? Error{Code::truncated, facts.size, "the file ends within a VLR"}
                                          : Error{Code::bad_value, at + 20, "a VLR runs into the point data"};
            return;
        }
        in.skip(record.payload_size);
        facts.vlrs.push_back(std::move(record));
        facts.vlr_end = in.offset();
    }
}

void load_evlrs(wire::Source& source, Facts& facts) {
    const auto& header = facts.header;
    if (header.evlr_count == 0) return;
    if (header.evlr_offset < header.offset_to_point_data || header.evlr_offset > facts.size) {
        const auto code = header.evlr_offset > facts.size ? Code::truncated : Code::bad_value;
        const auto at = header.evlr_offset > facts.size ? facts.size : field::kEvlrOffset;
        facts.evlr_problem =
            Error{code, at, "the first EVLR does not lie between the point data and the end of the file"};
        return;
    }
    auto at = header.evlr_offset;
    for (std::uint32_t i = 0; i < header.evlr_count; ++i) {
        if (facts.size - at < las::kEvlrHeaderSize) {
            facts.evlr_problem =
                Error{Code::truncated, facts.size, "the file ends before the EVLRs that the header counts"};
            return;
        }
        if (facts.evlrs.size() == kMaxRecords) {
            facts.evlr_problem = Error{Code::limit_exceeded, field::kEvlrCount, "more EVLRs than can be held"};
            return;
        }
        Bytes bytes;
        if (!fetch(source, facts, {at, las::kEvlrHeaderSize}, bytes)) return;
        wire::ByteReader in{bytes, at};
        auto record = read_record(in, true);
        const auto payload = record.payload();
        if (!inside(payload, facts.size)) {
            facts.evlr_problem = Error{Code::truncated, facts.size, "the file ends within an EVLR"};
            return;
        }
        facts.evlrs.push_back(std::move(record));
        at = facts.evlr_end = payload.offset + payload.size;
    }
}

void load_extra_schema(wire::Source& source, Facts& facts) {
    if (!facts.layout_known()) return;
    facts.extra_at = field::kRecordLength;
    std::vector<las::Vlr> descriptors;
    for (const auto* records : {&facts.vlrs, &facts.evlrs}) {
        for (const auto& record : *records) {
            if (!record.is(las::kSpecUser, las::kExtraBytesRecord)) continue;
            if (record.payload_size > 65535u * las::kExtraBytesDescriptorSize) {
                facts.extra_problem =
                    Error{Code::bad_value, record.at + 20, "more extra byte descriptors than a record has bytes"};
                return;
            }
            las::Vlr vlr;
            vlr.user_id = record.user_id;
            vlr.record_id = record.record_id;
            vlr.extended = record.extended;
            vlr.at = record.at;
            if (!fetch(source, facts, record.payload(), vlr.payload)) return;
            if (descriptors.empty()) facts.extra_at = record.payload().offset;
            descriptors.push_back(std::move(vlr));
        }
    }
    auto schema = las::parse_extra_schema(descriptors, facts.layout());
    if (schema)
        facts.extra = *std::move(schema);
    else
        facts.extra_problem = schema.error();
}

void load_wkt(wire::Source& source, Facts& facts) {
    for (const auto* records : {&facts.vlrs, &facts.evlrs})
        for (const auto& record : *records)
            if (facts.wkt_record == nullptr && record.is(las::kProjectionUser, las::kWktRecord))
                facts.wkt_record = &record;
    if (facts.wkt_record == nullptr) return;
    auto range = facts.wkt_record->payload();
    range.size = std::min<std::uint64_t>(range.size, kMaxWktBytes);
    Bytes bytes;
    if (!fetch(source, facts, range, bytes)) return;
    facts.wkt = wire::ByteReader{bytes}.fixed_string(bytes.size());
}

}  // namespace

void load_las(wire::Source& source, Facts& facts) {
    facts.size = source.size();
    if (!load_header(source, facts)) return;
    load_vlrs(source, facts);
    if (!facts.io_error) load_evlrs(source, facts);
    if (!facts.io_error) load_extra_schema(source, facts);
    if (!facts.io_error) load_wkt(source, facts);
}

}  // namespace copse::check
