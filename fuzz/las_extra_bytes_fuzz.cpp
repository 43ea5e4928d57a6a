// Extra bytes descriptions: every byte of a record belongs to one dimension, and the normal form is its own.
// Bytes 0 and 1 are the number of extra bytes, the rest is one record's payload.
#include <cstdint>
#include <cstdlib>

#include "copse/las.hpp"

using namespace copse;

namespace {

void check_gapless(const las::ExtraSchema& schema, unsigned extra_bytes) {
    unsigned at = 0;
    for (const auto& dimension : schema.dimensions) {
        if (dimension.byte_offset != at || dimension.size == 0) std::abort();
        at += dimension.size;
    }
    if (at != extra_bytes) std::abort();
}

las::Vlr record_of(ByteView payload) {
    las::Vlr vlr;
    vlr.user_id = "LASF_Spec";
    vlr.record_id = 4;
    vlr.payload.assign(payload.begin(), payload.end());
    return vlr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const unsigned extra_bytes = wire::load_le<std::uint16_t>(data) % 3000u;
    const las::PointLayout layout{6, static_cast<std::uint16_t>(30 + extra_bytes)};
    const auto vlr = record_of(std::as_bytes(std::span{data + 2, size - 2}));
    const auto schema = las::parse_extra_schema(std::span{&vlr, 1}, layout);
    if (!schema) return 0;
    check_gapless(*schema, extra_bytes);

    std::vector<std::string> warnings;
    const auto normal = las::normalised(*schema, &warnings);
    check_gapless(normal, extra_bytes);
    const std::vector<std::uint8_t> record(extra_bytes, 0x5a);
    for (const auto& dimension : normal.dimensions) {
        if (dimension.type < 1 || dimension.type > 10 || dimension.name.size() > 32) std::abort();
        (void)las::extra_value(dimension, record.data());
    }
    const auto payload = las::encode_extra_schema(normal);
    const auto again = record_of(payload);
    const auto parsed = las::parse_extra_schema(std::span{&again, 1}, layout);
    if (!parsed || las::encode_extra_schema(las::normalised(*parsed)) != payload) std::abort();
    return 0;
}
