#include "copse/las.hpp"

namespace copse::las {
namespace {

constexpr std::size_t kDescriptionSize = 32;

}  // namespace

Result<std::vector<Vlr>> parse_vlrs(ByteView bytes, std::uint32_t count, FileOffset at) {
    // The count alone allocates nothing: a record takes at least its header's bytes.
    if (count > bytes.size() / kVlrHeaderSize)
        return Error{Code::truncated, at + bytes.size(), "there are more Variable Length Records than bytes for them"};

    wire::ByteReader in{bytes, at};
    std::vector<Vlr> vlrs;
    vlrs.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        Vlr vlr;
        vlr.at = in.offset();
        vlr.reserved = in.u16();  // LAS 1.0 wrote the mark 0xAABB here; kept, not judged
        vlr.user_id = in.fixed_string(kUserIdSize);
        vlr.record_id = in.u16();
        const auto payload_size = in.u16();
        vlr.description = in.fixed_string(kDescriptionSize);
        const auto payload = in.bytes(payload_size);
        if (!in.ok())
            return Error{Code::truncated, in.offset(), "a Variable Length Record reaches into the point data"};
        vlr.payload.assign(payload.begin(), payload.end());
        vlrs.push_back(std::move(vlr));
    }
    return vlrs;
}

Result<EvlrHeader> parse_evlr_header(ByteView bytes, FileOffset at) {
    wire::ByteReader in{bytes, at};
    EvlrHeader header;
    header.reserved = in.u16();
    header.user_id = in.fixed_string(kUserIdSize);
    header.record_id = in.u16();
    header.payload_size = in.u64();
    header.description = in.fixed_string(kDescriptionSize);
    if (!in.ok())
        return Error{Code::truncated, in.offset(),
                     "an Extended Variable Length Record header is shorter than 60 bytes"};
    return header;
}

void encode_vlr(const Vlr& vlr, Bytes& out) {
    assert(vlr.payload.size() <= 0xffff);
    wire::ByteWriter write{out};
    write.u16(vlr.reserved);
    write.fixed_string(vlr.user_id, kUserIdSize);
    write.u16(vlr.record_id);
    write.u16(static_cast<std::uint16_t>(vlr.payload.size()));
    write.fixed_string(vlr.description, kDescriptionSize);
    write.bytes(vlr.payload);
}

void encode_evlr_header(const EvlrHeader& header, Bytes& out) {
    wire::ByteWriter write{out};
    write.u16(header.reserved);
    write.fixed_string(header.user_id, kUserIdSize);
    write.u16(header.record_id);
    write.u64(header.payload_size);
    write.fixed_string(header.description, kDescriptionSize);
}

void encode_evlr(const Vlr& vlr, Bytes& out) {
    encode_evlr_header({vlr.reserved, vlr.user_id, vlr.record_id, vlr.payload.size(), vlr.description}, out);
    wire::ByteWriter{out}.bytes(vlr.payload);
}

Vlr make_wkt_vlr(std::string_view wkt) {
    Vlr vlr;
    vlr.user_id = kProjectionUser;
    vlr.record_id = kWktRecord;
    vlr.description = "OGC Coordinate System WKT";
    wire::ByteWriter{vlr.payload}.fixed_string(wkt, wkt.size() + 1);  // the text ends with a NUL
    return vlr;
}

const Vlr* find_vlr(std::span<const Vlr> vlrs, std::string_view user_id, std::uint16_t record_id) {
    for (const auto& vlr : vlrs)
        if (vlr.is(user_id, record_id)) return &vlr;
    return nullptr;
}

}  // namespace copse::las
