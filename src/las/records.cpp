// Records to columns and back. Column by column over blocks of rows that stay in the first-level cache: each inner loop
// is a plain strided copy without branches.
#include <algorithm>

#include "copse/las.hpp"

namespace copse::las {
namespace {

constexpr std::size_t kRowsPerBlock = 256;

/// Where the fields of a record lie. @spec LAS 1.4 R15, "Point Data Record Format ..."
/// Formats 0 to 5 and 6 to 10 differ after the intensity; 0 marks a field that the format does not have.
struct Offsets {
    std::size_t user_data, scan_angle, point_source_id, gps_time, rgb, nir, wave, extra;
};

constexpr std::size_t kXAt = 0, kYAt = 4, kZAt = 8, kIntensityAt = 12, kReturnsAt = 14, kLegacyClassAt = 15,
                      kExtendedFlagsAt = 15, kExtendedClassAt = 16;

Offsets offsets_of(std::uint8_t format) {
    Offsets at{};
    at.extra = base_record_length(format);
    if (is_extended(format)) {
        at.user_data = 17;
        at.scan_angle = 18;
        at.point_source_id = 20;
        at.gps_time = 22;
        at.rgb = has_rgb(format) ? 30 : 0;
        at.nir = has_nir(format) ? 36 : 0;
        at.wave = has_waveform(format) ? at.extra - std::tuple_size_v<WavePacket> : 0;
        return at;
    }
    at.scan_angle = 16;
    at.user_data = 17;
    at.point_source_id = 18;
    at.gps_time = has_gps_time(format) ? 20 : 0;
    at.rgb = !has_rgb(format) ? 0 : has_gps_time(format) ? 28 : 20;
    at.wave = has_waveform(format) ? at.extra - std::tuple_size_v<WavePacket> : 0;
    return at;
}

/// Rows of a block of records.
struct Records {
    const std::byte* first;
    std::size_t stride;
    std::size_t count;
};

template <class T>
void read_field(const Records& in, std::size_t at, T* out) {
    const std::byte* from = in.first + at;
    for (std::size_t i = 0; i < in.count; ++i) out[i] = wire::load_le<T>(from + i * in.stride);
}

template <class Use>
void read_two_bytes(const Records& in, std::size_t at, Use&& use) {
    const std::byte* from = in.first + at;
    for (std::size_t i = 0; i < in.count; ++i)
        use(i, std::to_integer<unsigned>(from[i * in.stride]), std::to_integer<unsigned>(from[i * in.stride + 1]));
}

// Bytes 14 and 15 of formats 0 to 5: |edge direction n2 n1 n0 r2 r1 r0| |withheld key synthetic class4 ... class0|
void unpack_legacy_bits(const Records& in, Points& out, std::size_t row) {
    auto* returns = out.returns.data() + row;
    read_two_bytes(in, kReturnsAt, [=](std::size_t i, unsigned bits, unsigned) {
        returns[i] = static_cast<std::uint8_t>((bits & 7u) | (bits << 1u & 0x70u));
    });
    std::fill_n(out.channel.data() + row, in.count, std::uint8_t{0});
    if (out.columns.has(ColumnSet::flags)) {
        auto* flags = out.flags.data() + row;
        read_two_bytes(in, kReturnsAt, [=](std::size_t i, unsigned bits, unsigned class_byte) {
            flags[i] = static_cast<std::uint8_t>(class_byte >> 5u | (bits >> 6u) << 4u);
        });
    }
    if (out.columns.has(ColumnSet::classification)) {
        auto* classes = out.classification.data() + row;
        read_two_bytes(in, kReturnsAt, [=](std::size_t i, unsigned, unsigned class_byte) {
            classes[i] = static_cast<std::uint8_t>(class_byte & 31u);
        });
    }
    if (out.columns.has(ColumnSet::scan_angle)) {
        const std::byte* from = in.first + 16;
        auto* angles = out.scan_angle.data() + row;
        for (std::size_t i = 0; i < in.count; ++i) angles[i] = wire::load_le<std::int8_t>(from + i * in.stride);
    }
}

// Bytes 14 and 15 of formats 6 to 10: |n3 ... n0 r3 ... r0| |edge direction channel1 channel0 overlap withheld key
// synthetic|
void unpack_extended_bits(const Records& in, Points& out, std::size_t row) {
    read_field(in, kReturnsAt, out.returns.data() + row);
    auto* channel = out.channel.data() + row;
    read_two_bytes(in, kReturnsAt, [=](std::size_t i, unsigned, unsigned bits) {
        channel[i] = static_cast<std::uint8_t>(bits >> 4u & 3u);
    });
    if (out.columns.has(ColumnSet::flags)) {
        auto* flags = out.flags.data() + row;
        read_two_bytes(in, kReturnsAt, [=](std::size_t i, unsigned, unsigned bits) {
            flags[i] = static_cast<std::uint8_t>((bits & 15u) | (bits >> 6u) << 4u);
        });
    }
    if (out.columns.has(ColumnSet::classification)) read_field(in, kExtendedClassAt, out.classification.data() + row);
}

void unpack_block(const Records& in, const Offsets& at, Points& out, std::size_t row) {
    const auto has = [&](std::uint32_t field) { return out.columns.has(field); };
    const bool extended = is_extended(out.layout.format);

    read_field(in, kXAt, out.x.data() + row);
    read_field(in, kYAt, out.y.data() + row);
    if (has(ColumnSet::z)) read_field(in, kZAt, out.z.data() + row);
    if (has(ColumnSet::intensity)) read_field(in, kIntensityAt, out.intensity.data() + row);
    if (extended)
        unpack_extended_bits(in, out, row);
    else
        unpack_legacy_bits(in, out, row);
    if (extended && has(ColumnSet::scan_angle)) read_field(in, at.scan_angle, out.scan_angle.data() + row);
    if (has(ColumnSet::user_data)) read_field(in, at.user_data, out.user_data.data() + row);
    if (has(ColumnSet::point_source_id)) read_field(in, at.point_source_id, out.point_source_id.data() + row);
    if (has(ColumnSet::gps_time)) {
        if (at.gps_time != 0)
            read_field(in, at.gps_time, out.gps_time.data() + row);
        else
            std::fill_n(out.gps_time.data() + row, in.count, 0.0);
    }
    if (has(ColumnSet::rgb)) {
        read_field(in, at.rgb, out.red.data() + row);
        read_field(in, at.rgb + 2, out.green.data() + row);
        read_field(in, at.rgb + 4, out.blue.data() + row);
    }
    if (has(ColumnSet::nir)) read_field(in, at.nir, out.nir.data() + row);
    if (has(ColumnSet::wave))
        for (std::size_t i = 0; i < in.count; ++i)
            std::memcpy(out.wave[row + i].data(), in.first + at.wave + i * in.stride, sizeof(WavePacket));
    for (unsigned k = 0; k < out.extra.size(); ++k)
        if (out.columns.has_extra(k)) read_field(in, at.extra + k, out.extra[k].data() + row);
}

/// Rows of a block of records to be written; every byte is zero before.
struct Target {
    std::byte* first;
    std::size_t stride;
    std::size_t count;
};

template <class T>
void write_field(const T* in, const Target& out, std::size_t at) {
    std::byte* to = out.first + at;
    for (std::size_t i = 0; i < out.count; ++i) wire::store_le(to + i * out.stride, in[i]);
}

/// Sets one byte of each record to `value(i)`, together with what is there already.
template <class Value>
void merge_byte(const Target& out, std::size_t at, Value&& value) {
    std::byte* to = out.first + at;
    for (std::size_t i = 0; i < out.count; ++i) to[i * out.stride] |= static_cast<std::byte>(value(i));
}

void pack_legacy_bits(const Points& in, std::size_t row, const Target& out) {
    const auto* returns = in.returns.data() + row;
    merge_byte(out, kReturnsAt, [=](std::size_t i) { return (returns[i] & 7u) | (returns[i] >> 1u & 0x38u); });
    if (in.columns.has(ColumnSet::flags)) {
        const auto* flags = in.flags.data() + row;
        merge_byte(out, kReturnsAt, [=](std::size_t i) { return (flags[i] & 0x30u) << 2u; });
        merge_byte(out, kLegacyClassAt, [=](std::size_t i) { return (flags[i] & 7u) << 5u; });
    }
    if (in.columns.has(ColumnSet::classification)) {
        const auto* classes = in.classification.data() + row;
        merge_byte(out, kLegacyClassAt, [=](std::size_t i) { return classes[i] & 31u; });
    }
    if (in.columns.has(ColumnSet::scan_angle)) {
        const auto* angles = in.scan_angle.data() + row;
        merge_byte(out, 16, [=](std::size_t i) { return static_cast<unsigned>(angles[i]) & 0xffu; });
    }
}

void pack_extended_bits(const Points& in, std::size_t row, const Target& out) {
    write_field(in.returns.data() + row, out, kReturnsAt);
    const auto* channel = in.channel.data() + row;
    merge_byte(out, kExtendedFlagsAt, [=](std::size_t i) { return (channel[i] & 3u) << 4u; });
    if (in.columns.has(ColumnSet::flags)) {
        const auto* flags = in.flags.data() + row;
        merge_byte(out, kExtendedFlagsAt, [=](std::size_t i) { return (flags[i] & 15u) | (flags[i] & 0x30u) << 2u; });
    }
    if (in.columns.has(ColumnSet::classification)) write_field(in.classification.data() + row, out, kExtendedClassAt);
}

void pack_block(const Points& in, std::size_t row, const Offsets& at, const Target& out) {
    const auto has = [&](std::uint32_t field) { return in.columns.has(field); };
    const bool extended = is_extended(in.layout.format);

    write_field(in.x.data() + row, out, kXAt);
    write_field(in.y.data() + row, out, kYAt);
    if (has(ColumnSet::z)) write_field(in.z.data() + row, out, kZAt);
    if (has(ColumnSet::intensity)) write_field(in.intensity.data() + row, out, kIntensityAt);
    if (extended)
        pack_extended_bits(in, row, out);
    else
        pack_legacy_bits(in, row, out);
    if (extended && has(ColumnSet::scan_angle)) write_field(in.scan_angle.data() + row, out, at.scan_angle);
    if (has(ColumnSet::user_data)) write_field(in.user_data.data() + row, out, at.user_data);
    if (has(ColumnSet::point_source_id)) write_field(in.point_source_id.data() + row, out, at.point_source_id);
    if (has(ColumnSet::gps_time) && at.gps_time != 0) write_field(in.gps_time.data() + row, out, at.gps_time);
    if (has(ColumnSet::rgb)) {
        write_field(in.red.data() + row, out, at.rgb);
        write_field(in.green.data() + row, out, at.rgb + 2);
        write_field(in.blue.data() + row, out, at.rgb + 4);
    }
    if (has(ColumnSet::nir)) write_field(in.nir.data() + row, out, at.nir);
    if (has(ColumnSet::wave))
        for (std::size_t i = 0; i < out.count; ++i)
            std::memcpy(out.first + at.wave + i * out.stride, in.wave[row + i].data(), sizeof(WavePacket));
    for (unsigned k = 0; k < in.extra.size(); ++k)
        if (in.columns.has_extra(k)) write_field(in.extra[k].data() + row, out, at.extra + k);
}

}  // namespace

void unpack_records(ByteView records, Points& out, std::size_t first_row) {
    const std::size_t stride = out.layout.record_length;
    assert(stride != 0 && records.size() % stride == 0);
    const std::size_t count = records.size() / stride;
    assert(first_row <= out.size() && count <= out.size() - first_row);

    const auto at = offsets_of(out.layout.format);
    for (std::size_t done = 0; done < count; done += kRowsPerBlock)
        unpack_block({records.data() + done * stride, stride, std::min(kRowsPerBlock, count - done)}, at, out,
                     first_row + done);
}

void pack_records(const Points& points, std::size_t first, std::size_t last, Bytes& out) {
    assert(first <= last && last <= points.size());
    const std::size_t stride = points.layout.record_length;
    const std::size_t count = last - first;
    const std::size_t begin = out.size();
    out.resize(begin + count * stride);

    const auto at = offsets_of(points.layout.format);
    for (std::size_t done = 0; done < count; done += kRowsPerBlock)
        pack_block(points, first + done, at,
                   {out.data() + begin + done * stride, stride, std::min(kRowsPerBlock, count - done)});
}

}  // namespace copse::las
