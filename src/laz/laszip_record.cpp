// The LASzip VLR's payload, and the item lists of the point formats. `laz/coder.md` section 6.
#include <algorithm>

#include "copse/laz.hpp"

namespace copse::laz {
namespace {

constexpr std::size_t kFixedSize = 34;
constexpr std::size_t kItemSize = 6;
constexpr FileOffset kCoderAt = 2;
constexpr FileOffset kItemCountAt = 32;

constexpr std::uint16_t kGpsTimeSize = 8;
constexpr std::uint16_t kRgbSize = 6;
constexpr std::uint16_t kRgbNirSize = 8;
constexpr std::uint16_t kWavePacketSize = 29;

/// The items of a point record, in record order, with the versions that writers use.
std::vector<Item> items_of(const las::PointLayout& layout) {
    const auto format = layout.format;
    std::vector<Item> items;
    if (las::is_extended(format)) {
        items.push_back({ItemType::point14, 30, 3});
        if (las::has_nir(format))
            items.push_back({ItemType::rgb_nir14, kRgbNirSize, 3});
        else if (las::has_rgb(format))
            items.push_back({ItemType::rgb14, kRgbSize, 3});
        if (las::has_waveform(format)) items.push_back({ItemType::wave_packet14, kWavePacketSize, 3});
        if (layout.extra_bytes() != 0) items.push_back({ItemType::byte14, layout.extra_bytes(), 3});
        return items;
    }
    items.push_back({ItemType::point10, 20, 2});
    if (las::has_gps_time(format)) items.push_back({ItemType::gps_time11, kGpsTimeSize, 2});
    if (las::has_rgb(format)) items.push_back({ItemType::rgb12, kRgbSize, 2});
    // Version 1 whatever the others are: LASzip knows no other one.
    if (las::has_waveform(format)) items.push_back({ItemType::wave_packet13, kWavePacketSize, 1});
    if (layout.extra_bytes() != 0) items.push_back({ItemType::byte, layout.extra_bytes(), 2});
    return items;
}

/// The layered codec exists for POINT14 alone, and POINT14 has no other.
bool fits_format(Compressor compressor, std::uint8_t format) {
    switch (compressor) {
        case Compressor::none:
            return true;
        case Compressor::point_wise:
        case Compressor::point_wise_chunked:
            return !las::is_extended(format);
        case Compressor::layered_chunked:
            return las::is_extended(format);
    }
    return false;
}

bool known_version(const Item& item) {
    switch (item.type) {
        case ItemType::byte:
        case ItemType::point10:
        case ItemType::gps_time11:
        case ItemType::rgb12:
        case ItemType::wave_packet13:
            return item.version == 1 || item.version == 2;
        // Version 2 of these is what a prototype called its version 3.
        case ItemType::point14:
        case ItemType::rgb14:
        case ItemType::rgb_nir14:
        case ItemType::byte14:
            return item.version >= 2 && item.version <= 4;
        case ItemType::wave_packet14:
            return item.version == 3 || item.version == 4;
    }
    return false;
}

Status check_compression(const LaszipRecord& record, const las::PointLayout& layout, FileOffset at) {
    if (static_cast<std::uint16_t>(record.compressor) > static_cast<std::uint16_t>(Compressor::layered_chunked))
        return Error{Code::unsupported, at, "the compressor of the LASzip record is none of 0 to 3"};
    if (!fits_format(record.compressor, layout.format))
        return Error{
            Code::bad_value, at,
            "the compressor of the LASzip record does not fit the point format: 1 and 2 are for formats 0 to 5, "
            "3 for 6 to 10"};
    if (record.coder != 0)
        return Error{Code::unsupported, at + kCoderAt, "the coder of the LASzip record is not 0, arithmetic coding"};
    return Ok{};
}

Status check_items(const LaszipRecord& record, const las::PointLayout& layout, FileOffset at) {
    const auto expected = items_of(layout);
    for (std::size_t i = 0; i < std::min(expected.size(), record.items.size()); ++i) {
        const Item& item = record.items[i];
        const FileOffset item_at = at + kFixedSize + i * kItemSize;
        if (item.type != expected[i].type)
            return Error{Code::bad_value, item_at,
                         "the item types of the LASzip record are not those of the point format"};
        if (item.size != expected[i].size)
            return Error{Code::bad_value, item_at + 2,
                         "the item sizes of the LASzip record do not add up to the record length"};
        // Stored points have no coding that a version could name.
        if (record.compressor != Compressor::none && !known_version(item))
            return Error{Code::unsupported, item_at + 4, "unknown version of an item in the LASzip record"};
    }
    if (expected.size() != record.items.size())
        return Error{Code::bad_value, at + kItemCountAt,
                     "the number of items in the LASzip record is not that of the point format and record length"};
    return Ok{};
}

}  // namespace

Result<LaszipRecord> parse_laszip_record(ByteView payload, const las::PointLayout& layout, FileOffset at) {
    wire::ByteReader in{payload, at};
    LaszipRecord record;
    record.compressor = static_cast<Compressor>(in.u16());
    record.coder = in.u16();
    record.version_major = in.u8();
    record.version_minor = in.u8();
    record.version_revision = in.u16();
    record.options = in.u32();
    record.chunk_size = in.u32();
    record.special_evlr_count = in.i64();
    record.special_evlr_offset = in.i64();
    const std::size_t item_count = in.u16();
    for (std::size_t i = 0; i < item_count && in.ok(); ++i)
        record.items.push_back({static_cast<ItemType>(in.u16()), in.u16(), in.u16()});

    if (!in.ok())
        return Error{Code::truncated, in.offset(), "the LASzip record is shorter than its 34 bytes and items"};
    if (in.remaining() != 0)
        return Error{Code::trailing_bytes, in.offset(), "the LASzip record is longer than its 34 bytes and items"};
    if (const auto good = check_compression(record, layout, at); !good) return good.error();
    if (const auto good = check_items(record, layout, at); !good) return good.error();
    return record;
}

void encode_laszip_record(const LaszipRecord& record, Bytes& out) {
    assert(record.compressor == Compressor::none || record.chunk_size != 0);
    wire::ByteWriter write{out};
    write.u16(static_cast<std::uint16_t>(record.compressor));
    write.u16(record.coder);
    write.u8(record.version_major);
    write.u8(record.version_minor);
    write.u16(record.version_revision);
    write.u32(record.options);
    write.u32(record.chunk_size);
    write.i64(record.special_evlr_count);
    write.i64(record.special_evlr_offset);
    write.u16(static_cast<std::uint16_t>(record.items.size()));
    for (const Item& item : record.items) {
        write.u16(static_cast<std::uint16_t>(item.type));
        write.u16(item.size);
        write.u16(item.version);
    }
}

LaszipRecord make_laszip_record(const las::PointLayout& layout, std::uint32_t chunk_size) {
    LaszipRecord record;
    record.compressor = las::is_extended(layout.format) ? Compressor::layered_chunked : Compressor::point_wise_chunked;
    record.chunk_size = chunk_size;
    record.items = items_of(layout);
    return record;
}

ChunkFormat ChunkFormat::from(const LaszipRecord& record, const las::PointLayout& layout) {
    ChunkFormat format{layout, record.compressor, record.items};
    if (record.compressor == Compressor::layered_chunked)
        for (Item& item : format.items) item.version = std::max<std::uint16_t>(item.version, 3);
    return format;
}

ChunkFormat ChunkFormat::for_layout(const las::PointLayout& layout) {
    return from(make_laszip_record(layout, kVariableChunks), layout);
}

}  // namespace copse::laz
