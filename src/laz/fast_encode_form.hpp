// One form of the fast encoder: everything below is compiled for the instruction set of the file that includes this,
// into a namespace of its own, COPSE_ENCODE_FORM. Nothing here uses an inline function of a shared header that could
// end up as the program's only copy: a processor without these instructions would meet it.
#pragma once

#include "laz/fast_encode_layers.hpp"
#include "laz/fast_encode_xy.hpp"

#define COPSE_ENCODE_TEXT_OF(name) #name
#define COPSE_ENCODE_TEXT(name) COPSE_ENCODE_TEXT_OF(name)

namespace copse::laz::fast_encode::COPSE_ENCODE_FORM {

/// Finds out what layer 1 must tell of others: whether GPS time, scan angle and point source differ from those of the
/// channel's last point.
struct ChangeFinder {
    struct Values {
        u64 gps_time;
        i16 scan_angle;
        u16 point_source;
    };
    Values last[kChannels];
    bool used[kChannels];

    static Values values(const Columns& c, u32 row) {
        return {bits_of(c.gps_time[row]), c.scan_angle[row], c.point_source[row]};
    }

    void open(const Columns& c) {
        for (bool& u : used) u = false;
        last[c.channel[0]] = values(c, 0);
        used[c.channel[0]] = true;
    }

    void find(const Columns& c, u32 first, u32 count, u8* changes) {
        for (u32 i = 0; i < count; ++i) {
            const u32 row = first + i;
            const u32 channel = c.channel[row];
            if (!used[channel]) {
                used[channel] = true;
                last[channel] = values(c, row - 1);
            }
            const Values before = last[channel];
            const Values now = last[channel] = values(c, row);
            changes[i] =
                static_cast<u8>((now.gps_time != before.gps_time ? u32{XyLayer::kGpsTimeChanged} : 0) |
                                (now.scan_angle != before.scan_angle ? u32{XyLayer::kScanAngleChanged} : 0) |
                                (now.point_source != before.point_source ? u32{XyLayer::kPointSourceChanged} : 0));
        }
    }

    /// The same where all rows are of one channel: simple loops over columns, and none over constant ones.
    static void find_in_one_channel(const ChunkInput& input, u32 first, u32 count, u8* changes) {
        std::memset(changes, 0, count);
        const Columns& c = input.columns;
        if ((input.layers >> kGpsTime & 1u) != 0) mark_times(c.gps_time + first, count, changes);
        if ((input.layers >> kScanAngle & 1u) != 0)
            mark(c.scan_angle + first, count, XyLayer::kScanAngleChanged, changes);
        if ((input.layers >> kPointSource & 1u) != 0)
            mark(c.point_source + first, count, XyLayer::kPointSourceChanged, changes);
    }

private:
    template <class Value>
    static void mark(const Value* column, u32 count, u32 bit, u8* changes) {
        for (u32 i = 0; i < count; ++i)
            changes[i] = static_cast<u8>(changes[i] | (column[i] != *(column + i - 1) ? bit : 0));
    }
    static void mark_times(const double* times, u32 count, u8* changes) {
        for (u32 i = 0; i < count; ++i)
            changes[i] = static_cast<u8>(
                changes[i] | (bits_of(times[i]) != bits_of(*(times + i - 1)) ? u32{XyLayer::kGpsTimeChanged} : 0));
    }
};

struct Chunk {
    ChunkInput input;
    ChangeFinder changes;
    Contexts contexts;  // of RGB and NIR
    XyLayer xy;
    ZLayer z;
    SymbolLayer<ClassificationField> classification;
    SymbolLayer<FlagsField> flags;
    IntensityLayer intensity;
    ScanAngleLayer scan_angle;
    SymbolLayer<UserDataField> user_data;
    PointSourceLayer point_source;
    GpsTimeLayer gps_time;
    RgbLayer rgb;
    NirLayer nir;

    [[nodiscard]] bool has(Layer layer) const { return (input.layers >> layer & 1u) != 0; }
};

inline void* open(const ChunkInput& input) {
    auto& chunk = *static_cast<Chunk*>(input.memory.more(input.memory.owner, sizeof(Chunk)));
    const Columns& c = input.columns;
    const Memory& memory = input.memory;
    const u32 channel = c.channel[0];
    chunk.input = input;
    chunk.changes.open(c);
    chunk.contexts.open(input.rgb_version4, channel);
    chunk.xy.open(memory, channel, {c.x[0], c.y[0], c.returns[0]});
    if (chunk.has(kZ)) chunk.z.channels.open(memory, channel, c.z[0]);
    if (chunk.has(kClassification)) chunk.classification.channels.open(memory, channel, c.classification[0]);
    if (chunk.has(kFlags)) chunk.flags.channels.open(memory, channel, c.flags[0]);
    if (chunk.has(kIntensity)) chunk.intensity.channels.open(memory, channel, c.intensity[0]);
    if (chunk.has(kScanAngle)) chunk.scan_angle.channels.open(memory, channel, c.scan_angle[0]);
    if (chunk.has(kUserData)) chunk.user_data.channels.open(memory, channel, c.user_data[0]);
    if (chunk.has(kPointSource)) chunk.point_source.channels.open(memory, channel, c.point_source[0]);
    if (chunk.has(kGpsTime)) chunk.gps_time.channels.open(memory, channel, c.gps_time[0]);
    if (chunk.has(kRgb)) chunk.rgb.items.open(channel, {c.red[0], c.green[0], c.blue[0]});
    if (chunk.has(kNir)) chunk.nir.items.open(channel, c.nir[0]);
    return &chunk;
}

inline void encode(void* opened, u32 first, u32 last, Stream* streams) {
    auto& chunk = *static_cast<Chunk*>(opened);
    const Columns& c = chunk.input.columns;
    const u32 count = last - first;
    u8 changes[kBlockRows];
    Side sides[kBlockRows];
    u8 steps[kBlockRows];
    if (chunk.input.one_channel)
        ChangeFinder::find_in_one_channel(chunk.input, first, count, changes);
    else
        chunk.changes.find(c, first, count, changes);

    const Block block{chunk.input.memory, first, count, sides, steps};
    chunk.xy.encode(block, c, changes, sides, streams[kXy]);
    if (chunk.has(kZ)) chunk.z.encode(block, c.z, streams[kZ]);
    if (chunk.has(kClassification)) chunk.classification.encode(block, c.classification, streams[kClassification]);
    if (chunk.has(kFlags)) chunk.flags.encode(block, c.flags, streams[kFlags]);
    if (chunk.has(kIntensity)) chunk.intensity.encode(block, c.intensity, streams[kIntensity]);
    if (chunk.has(kScanAngle)) chunk.scan_angle.encode(block, c.scan_angle, streams[kScanAngle]);
    if (chunk.has(kUserData)) chunk.user_data.encode(block, c.user_data, streams[kUserData]);
    if (chunk.has(kPointSource)) chunk.point_source.encode(block, c.point_source, streams[kPointSource]);
    if (chunk.has(kGpsTime)) chunk.gps_time.encode(block, c.gps_time, streams[kGpsTime]);
    if (!chunk.has(kRgb) && !chunk.has(kNir)) return;
    chunk.contexts.follow(c.channel + first, count, steps);
    if (chunk.has(kRgb)) chunk.rgb.encode(block, c, streams[kRgb]);
    if (chunk.has(kNir)) chunk.nir.encode(block, c.nir, streams[kNir]);
}

/// Extra bytes that are coded together.
struct Bytes {
    ByteInput input;
    Contexts contexts;
    ByteLayer layers[kByteGroup];
};

inline void* open_bytes(const ByteInput& input) {
    auto& bytes = *static_cast<Bytes*>(input.memory.more(input.memory.owner, sizeof(Bytes)));
    bytes.input = input;
    bytes.contexts.open(input.version4, input.channel[0]);
    for (u32 k = 0; k < input.count; ++k) bytes.layers[k].items.open(input.channel[0], input.columns[k][0]);
    return &bytes;
}

inline void encode_bytes(void* opened, u32 first, u32 last, Stream* streams) {
    auto& bytes = *static_cast<Bytes*>(opened);
    u8 steps[kBlockRows];
    bytes.contexts.follow(bytes.input.channel + first, last - first, steps);
    const Block block{bytes.input.memory, first, last - first, nullptr, steps};
    for (u32 k = 0; k < bytes.input.count; ++k) bytes.layers[k].encode(block, bytes.input.columns[k], streams[k]);
}

extern const Form kForm;
const Form kForm{COPSE_ENCODE_TEXT(COPSE_ENCODE_FORM), &open, &encode, &open_bytes, &encode_bytes};

}  // namespace copse::laz::fast_encode::COPSE_ENCODE_FORM
