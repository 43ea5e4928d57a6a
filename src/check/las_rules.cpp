// Rules of LAS 1.4 that hold for every LAS or LAZ file. COPC narrows some of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "check/facts.hpp"
#include "check/rule.hpp"

namespace copse::check {

namespace {

constexpr const char* kHeaderBlock = "LAS 1.4 R15, \"Public Header Block\"";
constexpr const char* kVlrSection = "LAS 1.4 R15, \"Variable Length Records\"";
constexpr const char* kEvlrSection = "LAS 1.4 R15, \"Extended Variable Length Records\"";
constexpr const char* kCrsSection = "LAS 1.4 R15, \"Coordinate Reference System (CRS) Representation\"";

// ---- is it LAS at all ---------------------------------------------------------------------------------------------

void judge_signature(const Facts& facts, Judgement& judgement) {
    if (facts.signature) return;
    const auto cut = facts.head.size() < 4 &&
                     std::equal(facts.head.begin(), facts.head.end(), std::as_bytes(std::span{"LASF", 4}).begin());
    if (cut)
        judgement.fail(facts.size, Code::truncated, [] { return "the file ends within its signature"; });
    else
        judgement.fail(0, Code::bad_value, [] { return "not a LAS file: it does not begin with LASF"; });
}

void judge_header_present(const Facts& facts, Judgement& judgement) {
    if (!facts.signature) return judgement.not_applicable();
    if (!facts.header_whole)
        judgement.fail(facts.size, Code::truncated,
                       [&] { return fmt::format("the file ends after {} bytes", facts.size); });
}

constexpr JudgedRule kIdentityRules[] = {
    {{"fileSignature", "The file begins with the characters LASF", kHeaderBlock}, judge_signature},
    {{"header", "The public header block is whole", kHeaderBlock}, judge_header_present},
};

// ---- header -------------------------------------------------------------------------------------------------------

void judge_major(const Facts& facts, Judgement& judgement) {
    const auto major = facts.header.version_major;
    if (major != 1)
        judgement.fail(field::kVersionMajor, Code::unsupported, [&] { return fmt::format("major version {}", major); });
}

void judge_minor(const Facts& facts, Judgement& judgement) {
    const auto minor = facts.header.version_minor;
    if (facts.claims_copc ? minor != 4 : minor > 4)
        judgement.fail(field::kVersionMinor, facts.claims_copc ? Code::bad_value : Code::unsupported,
                       [&] { return fmt::format("minor version {}", minor); });
}

void judge_header_length(const Facts& facts, Judgement& judgement) {
    const auto size = facts.header.header_size;
    const auto minor = facts.header.version_minor;
    const auto least = minor <= 2 ? las::kHeaderSize12 : minor == 3 ? las::kHeaderSize13 : las::kHeaderSize14;
    if (facts.claims_copc ? size != las::kHeaderSize14 : size < least)
        judgement.fail(field::kHeaderSize, Code::bad_value, [&] { return fmt::format("header size {}", size); });
}

void judge_point_format(const Facts& facts, Judgement& judgement) {
    const auto byte = facts.header.point_format_byte;
    const auto format = facts.header.format();
    const auto known = (byte & 0x40u) == 0 && (facts.claims_copc ? format >= 6 && format <= 8 : format <= 10);
    if (!known)
        judgement.fail(field::kPointFormat, Code::bad_value,
                       [&] { return fmt::format("point data record format byte {}", byte); });
}

void judge_record_length(const Facts& facts, Judgement& judgement) {
    const auto format = facts.header.format();
    if (!facts.format_known()) return judgement.not_applicable();
    const auto length = facts.header.record_length;
    const auto least = las::base_record_length(format);
    if (length < least)
        judgement.fail(field::kRecordLength, Code::bad_value,
                       [&] { return fmt::format("record length {}, format {} takes {}", length, format, least); });
}

void judge_global_encoding(const Facts& facts, Judgement& judgement) {
    const auto encoding = facts.header.global_encoding;
    if ((encoding & 0xffe0u) != 0)
        judgement.warn(field::kGlobalEncoding, [&] { return fmt::format("reserved bits are set: {:#06x}", encoding); });
    const auto waveform_bits = las::kGlobalEncodingWaveformInternal | las::kGlobalEncodingWaveformExternal;
    if ((encoding & waveform_bits) != 0 && !facts.has_waveform())
        judgement.warn(field::kGlobalEncoding,
                       [&] { return fmt::format("waveform bits are set for format {}", facts.header.format()); });
}

void judge_scale(const Facts& facts, Judgement& judgement) {
    const auto& scale = facts.header.scale;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto at = field::kScale + 8 * axis;
        if (!std::isfinite(scale[axis]) || scale[axis] == 0)
            judgement.fail(at, Code::bad_value,
                           [&] { return fmt::format("{} scale is {}", "XYZ"[axis], scale[axis]); });
        else if (scale[axis] < 0)
            judgement.warn(at, [&] { return fmt::format("{} scale is {}", "XYZ"[axis], scale[axis]); });
        if (!std::isfinite(facts.header.offset[axis]))
            judgement.fail(field::kOffset + 8 * axis, Code::bad_value,
                           [&] { return fmt::format("{} offset is {}", "XYZ"[axis], facts.header.offset[axis]); });
    }
}

void judge_bounds(const Facts& facts, Judgement& judgement) {
    const auto& header = facts.header;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto low = header.min[axis];
        const auto high = header.max[axis];
        if (std::isfinite(low) && std::isfinite(high) && (low <= high || header.point_count() == 0)) continue;
        const auto at = field::kBounds + 16 * axis + (std::isfinite(high) && !std::isfinite(low) ? 8 : 0);
        judgement.fail(at, Code::bad_value, [&] { return fmt::format("{} from {} to {}", "XYZ"[axis], low, high); });
    }
}

void judge_offset_to_points(const Facts& facts, Judgement& judgement) {
    const auto offset = facts.header.offset_to_point_data;
    if (offset < facts.header.header_size)
        judgement.fail(field::kOffsetToPointData, Code::bad_value,
                       [&] { return fmt::format("offset to point data {} lies within the header", offset); });
    else if (offset > facts.size)
        judgement.fail(facts.size, Code::truncated,
                       [&] { return fmt::format("point data begin at {}, the file ends at {}", offset, facts.size); });
}

void judge_waveform(const Facts& facts, Judgement& judgement) {
    const auto& header = facts.header;
    if (header.version_minor < 3 || facts.has_waveform()) return judgement.not_applicable();
    if (header.waveform_offset != 0)
        judgement.warn(field::kWaveformOffset, [&] {
            return fmt::format("start of waveform data is {} though there are no waveforms", header.waveform_offset);
        });
}

constexpr JudgedRule kHeaderRules[] = {
    {{"majorVersion", "The major version is 1", kHeaderBlock}, judge_major},
    {{"minorVersion", "The minor version is 4 (of LAS that is not COPC: 0 to 4)", kHeaderBlock}, judge_minor},
    {{"headerLength", "The header size is 375 (of LAS that is not COPC: at least that of its version)", kHeaderBlock},
     judge_header_length},
    {{"pointDataRecordFormat", "The point data record format is 6, 7 or 8 (of LAS that is not COPC: 0 to 10)",
      "COPC 1.0, \"LAS PDRF 6, 7, or 8\""},
     judge_point_format},
    {{"recordLength", "A point record is at least as long as its format asks", kHeaderBlock}, judge_record_length},
    {{"globalEncoding", "Reserved and waveform bits of the global encoding are 0", kHeaderBlock, Verdict::warn},
     judge_global_encoding},
    {{"scaleAndOffset", "Scales are finite and not 0, offsets are finite", kHeaderBlock}, judge_scale},
    {{"bounds", "The bounds are finite and no minimum is above its maximum", kHeaderBlock}, judge_bounds},
    {{"offsetToPointData", "Point data begin behind the header and within the file", kHeaderBlock},
     judge_offset_to_points},
    {{"waveform", "Without waveforms the start of waveform data is 0", kHeaderBlock, Verdict::warn}, judge_waveform},
};

// ---- records ------------------------------------------------------------------------------------------------------

void judge_vlrs(const Facts& facts, Judgement& judgement) {
    if (facts.vlr_problem) judgement.fail(*facts.vlr_problem);
}

void judge_vlr_slack(const Facts& facts, Judgement& judgement) {
    const auto data = facts.header.offset_to_point_data;
    if (facts.vlr_problem || data < facts.vlr_end || data > facts.size) return judgement.not_applicable();
    // LAS allows user data there, and 1.0 wanted two bytes of signature.
    if (data > facts.vlr_end)
        judgement.warn(facts.vlr_end,
                       [&] { return fmt::format("{} bytes that no record describes", data - facts.vlr_end); });
}

void judge_reserved(const Facts& facts, Judgement& judgement) {
    // LAS 1.0 wants the signature 0xAABB there, and many writers of 1.1 to 1.3 kept it.
    if (facts.header.version_minor < 4) return judgement.not_applicable();
    for (const auto* records : {&facts.vlrs, &facts.evlrs})
        for (const auto& record : *records)
            if (record.reserved != 0)
                judgement.warn(record.at, [&] {
                    return fmt::format("{}/{}: reserved is {:#06x}", record.user_id, record.record_id, record.reserved);
                });
}

void judge_evlrs(const Facts& facts, Judgement& judgement) {
    if (facts.evlr_problem) judgement.fail(*facts.evlr_problem);
}

void judge_file_end(const Facts& facts, Judgement& judgement) {
    if (facts.evlr_problem || facts.evlrs.empty()) return judgement.not_applicable();
    if (facts.evlr_end < facts.size)
        judgement.fail(facts.evlr_end, Code::trailing_bytes,
                       [&] { return fmt::format("{} bytes follow the last EVLR", facts.size - facts.evlr_end); });
}

void judge_point_data(const Facts& facts, Judgement& judgement) {
    const auto& header = facts.header;
    if (facts.laz.record != nullptr || header.marked_compressed() || !facts.layout_known() ||
        header.offset_to_point_data > facts.size)
        return judgement.not_applicable();
    const auto end = std::max<FileOffset>(facts.point_data_end(), header.offset_to_point_data);
    const auto room = (end - header.offset_to_point_data) / header.record_length;
    if (header.point_count() > room)
        judgement.fail(end, Code::truncated, [&] {
            return fmt::format("room for {} points, the header counts {}", room, header.point_count());
        });
    else if (header.point_count() * header.record_length < end - header.offset_to_point_data)
        judgement.warn(header.offset_to_point_data + header.point_count() * header.record_length,
                       [] { return "bytes follow the last point"; });
}

void judge_extra_bytes(const Facts& facts, Judgement& judgement) {
    if (facts.extra_problem) return judgement.fail(*facts.extra_problem);
    if (!facts.extra) return judgement.not_applicable();
    const auto& extra = *facts.extra;
    if (extra.exceeds_record)
        judgement.fail(facts.extra_at, Code::bad_value, [&] {
            return fmt::format("the descriptors claim more than the {} extra bytes of a record",
                               facts.layout().extra_bytes());
        });
    if (extra.undescribed > 0)
        judgement.warn(facts.extra_at,
                       [&] { return fmt::format("{} extra bytes of a record have no descriptor", extra.undescribed); });
    for (const auto& dimension : extra.dimensions)
        if (dimension.type > 10)
            judgement.warn(facts.extra_at, [&] {
                return fmt::format("\"{}\" has the deprecated array type {}", dimension.name, dimension.type);
            });
}

constexpr JudgedRule kRecordRules[] = {
    {{"vlrCount", "The VLRs that the header counts lie between header and point data", kVlrSection}, judge_vlrs},
    {{"vlrSlack", "No bytes lie between the last VLR and the point data", kVlrSection, Verdict::warn}, judge_vlr_slack},
    {{"evlrCount", "The EVLRs that the header counts lie between the point data and the end of the file", kEvlrSection},
     judge_evlrs},
    {{"fileEnd", "The file ends with its last EVLR", kEvlrSection}, judge_file_end},
    {{"recordReserved", "Reserved fields of VLRs and EVLRs are 0", kVlrSection, Verdict::warn}, judge_reserved},
    {{"pointData", "Point data hold the records that the header counts", "LAS 1.4 R15, \"Point Data Records\""},
     judge_point_data},
    {{"extraBytes", "Descriptors cover the extra bytes of a record", "LAS 1.4 R15, \"Extra Bytes\""},
     judge_extra_bytes},
};

// ---- counts and CRS -----------------------------------------------------------------------------------------------

/// Offset of the by-return field of return `index` + 1.
FileOffset by_return_at(const las::Header& header, std::size_t index) {
    const auto use_64 =
        header.version_minor >= 4 && (las::is_extended(header.format()) || header.legacy_point_count == 0);
    return use_64 ? field::kPointsByReturn + 8 * index : field::kLegacyPointsByReturn + 4 * index;
}

/// Against the points themselves. Those of return number 0 are in no field; the input is to blame, not the writer.
void judge_by_return_of_points(const Facts& facts, Judgement& judgement) {
    const auto& header = facts.header;
    const auto& points = *facts.points;
    const auto declared = header.points_by_return();
    const std::size_t fields = las::is_extended(header.format()) ? 15 : 5;
    for (std::size_t i = 0; i < fields; ++i) {
        const auto found = points.by_return[i + 1];
        if (declared[i] == found) continue;
        judgement.fail(by_return_at(header, i), Code::bad_value, [&] {
            return fmt::format("return {}: {} points, the header says {}", i + 1, found, declared[i]);
        });
    }
    if (points.by_return[0] > 0)
        judgement.warn(by_return_at(header, 0), [&] {
            return fmt::format("{} points have return number 0 and are in no field", points.by_return[0]);
        });
}

void judge_by_return(const Facts& facts, Judgement& judgement) {
    if (facts.points && facts.points->complete()) return judge_by_return_of_points(facts, judgement);
    const auto& header = facts.header;
    auto left = header.point_count();
    for (const auto count : header.points_by_return()) {
        if (count > left) {
            judgement.fail(by_return_at(header, 0), Code::bad_value, [&] {
                return fmt::format("the counts by return pass the point count {}", header.point_count());
            });
            return;
        }
        left -= count;
    }
    if (left > 0)
        judgement.warn(by_return_at(header, 0), [&] {
            return fmt::format("{} points are in no count by return; they may have return number 0", left);
        });
}

void judge_legacy_count(const Facts& facts, Judgement& judgement) {
    const auto& header = facts.header;
    if (header.version_minor < 4 || !las::is_extended(header.format())) return judgement.not_applicable();
    const auto legacy = header.legacy_point_count;
    if (legacy == 0) return;
    if (legacy == header.point_count_14)
        judgement.warn(field::kLegacyPointCount,
                       [&] { return fmt::format("{}, though it must be 0 for formats 6 to 10", legacy); });
    else
        judgement.fail(field::kLegacyPointCount, Code::bad_value,
                       [&] { return fmt::format("{}, the 64-bit count is {}", legacy, header.point_count_14); });
}

void judge_legacy_by_return(const Facts& facts, Judgement& judgement) {
    const auto& header = facts.header;
    if (header.version_minor < 4 || !las::is_extended(header.format())) return judgement.not_applicable();
    for (std::size_t i = 0; i < header.legacy_points_by_return.size(); ++i) {
        const auto legacy = header.legacy_points_by_return[i];
        const auto at = field::kLegacyPointsByReturn + 4 * i;
        if (legacy == 0) continue;
        if (legacy == header.points_by_return_14[i])
            judgement.warn(at, [&] {
                return fmt::format("return {}: {}, though it must be 0 for formats 6 to 10", i + 1, legacy);
            });
        else
            judgement.fail(at, Code::bad_value, [&] {
                return fmt::format("return {}: {}, the 64-bit count is {}", i + 1, legacy,
                                   header.points_by_return_14[i]);
            });
    }
}

void judge_wkt_bit(const Facts& facts, Judgement& judgement) {
    if (!las::is_extended(facts.header.format())) return judgement.not_applicable();
    if ((facts.header.global_encoding & las::kGlobalEncodingWkt) == 0)
        judgement.fail(field::kGlobalEncoding, Code::bad_value,
                       [&] { return fmt::format("global encoding is {:#06x}", facts.header.global_encoding); });
}

bool is_geographic(std::string_view wkt) {
    if (wkt.starts_with("COMPD_CS") || wkt.starts_with("COMPOUNDCRS") || wkt.starts_with("BOUNDCRS"))
        return wkt.find("PROJCS[") == wkt.npos && wkt.find("PROJCRS[") == wkt.npos &&
               (wkt.find("GEOGCS[") != wkt.npos || wkt.find("GEOGCRS[") != wkt.npos);
    return wkt.starts_with("GEOGCS") || wkt.starts_with("GEOGCRS");
}

/// Brackets are balanced outside quotes. A text that was cut short or damaged rarely passes.
bool is_whole(std::string_view wkt) {
    int depth = 0;
    bool quoted = false;
    for (const auto c : wkt) {
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == '[' || c == '(') ++depth;
        if ((c == ']' || c == ')') && --depth < 0) return false;
    }
    return depth == 0 && !quoted;
}

void judge_wkt(const Facts& facts, Judgement& judgement) {
    if (!las::is_extended(facts.header.format())) return judgement.not_applicable();
    if (facts.wkt_record == nullptr)
        return judgement.warn(std::nullopt, [] { return "there is no WKT record: the coordinate system is unknown"; });
    const auto at = facts.wkt_record->payload().offset;
    if (facts.wkt.empty())
        judgement.warn(at, [] { return "the WKT record is empty: the coordinate system is unknown"; });
    if (!is_whole(facts.wkt)) judgement.warn(at, [] { return "the WKT's brackets or quotes do not match"; });
    if (facts.wkt_record->extended)
        judgement.warn(at, [] { return "the WKT record is an EVLR, where many readers do not look"; });
    if (is_geographic(facts.wkt))
        judgement.warn(at, [] { return "coordinates are geographic: the octree mixes degrees and metres"; });
}

constexpr JudgedRule kCountRules[] = {
    {{"pointCountByReturn", "The points by return add up to the point count and are those of the points", kHeaderBlock},
     judge_by_return},
    {{"legacyPointCount", "The legacy point count is 0", kHeaderBlock}, judge_legacy_count},
    {{"legacyPointCountByReturn", "The legacy points by return are 0", kHeaderBlock}, judge_legacy_by_return},
    {{"wktBit", "The WKT bit of the global encoding is set", kCrsSection}, judge_wkt_bit},
    {{"wkt", "A VLR holds the coordinate system as WKT, and it is projected", kCrsSection, Verdict::warn}, judge_wkt},
};

}  // namespace

std::span<const JudgedRule> identity_rules() { return kIdentityRules; }
std::span<const JudgedRule> header_rules() { return kHeaderRules; }
std::span<const JudgedRule> record_rules() { return kRecordRules; }
std::span<const JudgedRule> count_rules() { return kCountRules; }

}  // namespace copse::check
