// Header, VLRs and EVLRs of a whole file. Oddities of real files are read past with a warning; what would change the
// points or lose a record is an error.
#include <algorithm>

#include "copse/las.hpp"

namespace copse::las {
namespace {

constexpr FileOffset kOffsetToPointDataAt = 96;
constexpr FileOffset kVlrCountAt = 100;
constexpr FileOffset kEvlrOffsetAt = 235;
constexpr std::uint16_t kWaveformPackets = 65535;  // of kSpecUser

void warn(FileInfo& info, std::string sentence) { info.warnings.push_back(std::move(sentence)); }

Status read_header(wire::Source& source, const wire::Limits& limits, FileInfo& info) {
    const auto bytes = source.read({0, std::min<std::uint64_t>(kHeaderSize14, info.file_size)});
    if (!bytes) return bytes.error();
    auto header = parse_header(*bytes);
    if (!header) return header.error();
    info.header = *std::move(header);

    const std::uint64_t begin = info.header.header_size, end = info.header.offset_to_point_data;
    if (end < begin) return Error{Code::bad_value, kOffsetToPointDataAt, "Offset to Point Data lies inside the header"};
    // The count is looked at first: where it is rubbish, the file is not merely cut.
    if (info.header.vlr_count > (end - begin) / kVlrHeaderSize)
        return Error{Code::bad_value, kVlrCountAt,
                     "Number of Variable Length Records is larger than the bytes before the point data hold"};
    if (end > info.file_size)
        return Error{Code::truncated, info.file_size, "the file ends before the Offset to Point Data"};
    if (end > limits.max_header_bytes)
        return Error{Code::limit_exceeded, kOffsetToPointDataAt, "header and VLRs are larger than the limit"};
    return Ok{};
}

Status read_vlrs(wire::Source& source, FileInfo& info) {
    const ByteRange range{info.header.header_size,
                          std::uint64_t{info.header.offset_to_point_data} - info.header.header_size};
    const auto bytes = source.read(range);
    if (!bytes) return bytes.error();
    auto vlrs = parse_vlrs(*bytes, info.header.vlr_count, range.offset);
    if (!vlrs) return vlrs.error();
    info.vlrs = *std::move(vlrs);

    const FileOffset after =
        info.vlrs.empty() ? range.offset : info.vlrs.back().payload_at() + info.vlrs.back().payload.size();
    const auto gap = ByteView{*bytes}.subspan(static_cast<std::size_t>(after - range.offset));
    // LAS 1.0 closed the VLRs with this mark, and some writers kept it.
    constexpr std::array kPointDataMark{std::byte{0xdd}, std::byte{0xcc}};
    if (!gap.empty() && !std::equal(gap.begin(), gap.end(), kPointDataMark.begin(), kPointDataMark.end()))
        warn(info, std::to_string(gap.size()) + " bytes between the last VLR and the point data are passed over");
    return Ok{};
}

/// The EVLR at `at`, whose payload may be left in the file.
Result<Vlr> read_evlr(wire::Source& source, FileOffset at, const wire::Limits& limits, std::uint64_t& payload_size) {
    const std::uint64_t left = source.size() - at;  // the caller has made sure of at <= size
    if (left < kEvlrHeaderSize)
        return Error{Code::truncated, source.size(), "the file ends inside an Extended Variable Length Record header"};
    const auto bytes = source.read({at, kEvlrHeaderSize});
    if (!bytes) return bytes.error();
    const auto header = parse_evlr_header(*bytes, at);
    if (!header) return header.error();

    Vlr evlr{header->reserved, header->user_id, header->record_id, header->description, {}, true, at};
    payload_size = header->payload_size;
    if (payload_size > left - kEvlrHeaderSize)
        return Error{Code::truncated, source.size(), "the file ends inside an Extended Variable Length Record"};
    if (evlr.is(kSpecUser, kWaveformPackets)) return evlr;  // as large as the points, and of no use here
    if (payload_size > limits.max_evlr_bytes)
        return Error{Code::limit_exceeded, at + 20, "an Extended Variable Length Record is larger than the limit"};
    auto payload = source.read({evlr.payload_at(), payload_size});
    if (!payload) return payload.error();
    evlr.payload = *std::move(payload);
    return evlr;
}

Status read_evlrs(wire::Source& source, const wire::Limits& limits, FileInfo& info) {
    const auto& header = info.header;
    if (header.version_minor < 4 || header.evlr_count == 0) return Ok{};
    if (header.evlr_offset == 0) {
        warn(info, "the header names " + std::to_string(header.evlr_count) + " EVLRs but no place; none are read");
        return Ok{};
    }
    if (header.evlr_offset < header.offset_to_point_data)
        return Error{Code::bad_value, kEvlrOffsetAt, "Start of First EVLR lies before the point data"};
    if (header.evlr_offset > info.file_size)
        return Error{Code::truncated, info.file_size, "the file ends before the Start of First EVLR"};

    FileOffset at = header.evlr_offset;
    std::uint64_t held = 0;
    for (std::uint32_t i = 0; i < header.evlr_count; ++i) {
        std::uint64_t payload_size = 0;
        auto evlr = read_evlr(source, at, limits, payload_size);
        if (!evlr) return evlr.error();
        // Many small ones must not take more memory than one large one.
        held += kEvlrHeaderSize + evlr->payload.size();
        if (held > limits.max_evlr_bytes)
            return Error{Code::limit_exceeded, at, "the Extended Variable Length Records are larger than the limit"};
        at += kEvlrHeaderSize + payload_size;  // within the file, as read_evlr has checked
        info.evlrs.push_back(*std::move(evlr));
    }
    return Ok{};
}

void look_at_counts(FileInfo& info) {
    const auto& header = info.header;
    if (header.version_minor < 4 || header.legacy_point_count == 0) return;
    if (header.legacy_point_count == header.point_count_14) return;
    // Writers of formats 0 to 5 leave the new count at zero, and nobody reads the legacy one of formats 6 to 10.
    if (!is_extended(header.format()) && header.point_count_14 == 0) return;
    warn(info, "the header's legacy number of points is " + std::to_string(header.legacy_point_count) +
                   " and the 64-bit one " + std::to_string(header.point_count_14) + "; " +
                   std::to_string(header.point_count()) + " are read");
}

Status read_extra_schema(FileInfo& info) {
    const bool in_vlrs = find_vlr(info.vlrs, kSpecUser, kExtraBytesRecord) != nullptr;
    auto schema = parse_extra_schema(in_vlrs ? info.vlrs : info.evlrs, info.layout);
    if (!schema) return schema.error();
    info.extra = *std::move(schema);
    if (info.extra.exceeds_record)
        warn(info, "the extra bytes are described as longer than a record has room for; what does not fit is left out");
    return Ok{};
}

}  // namespace

Result<FileInfo> read_file_info(wire::Source& source, const OpenOptions& options) {
    FileInfo info;
    info.file_size = source.size();
    if (const auto good = read_header(source, options.limits, info); !good) return good.error();
    if (const auto good = read_vlrs(source, info); !good) return good.error();
    if (const auto good = read_evlrs(source, options.limits, info); !good) return good.error();
    info.layout = {info.header.format(), info.header.record_length};
    look_at_counts(info);
    if (const auto good = read_extra_schema(info); !good) return good.error();
    return info;
}

}  // namespace copse::las
