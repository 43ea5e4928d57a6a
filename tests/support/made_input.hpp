// LAS and LAZ files in memory, made of given points.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "copse/las.hpp"
#include "copse/laz.hpp"
#include "support/memory_file.hpp"
#include "support/random_points.hpp"

namespace copse::test {

/// What an input is to look like. The header's counts, sizes and bounds are filled in.
struct MadeInput {
    las::Header header;
    std::vector<las::Vlr> vlrs;
    std::vector<las::Vlr> evlrs;
    las::Points points;
    bool compressed = false;
    std::size_t chunk_points = 500;
    las::Vec3 box_grown_by{};  ///< what the header's box says too much on either side, CRS units
};

inline las::Vlr vlr_of(std::string user_id, std::uint16_t record_id, std::size_t size, char fill = 'x') {
    las::Vlr vlr;
    vlr.user_id = std::move(user_id);
    vlr.record_id = record_id;
    vlr.payload.assign(size, static_cast<std::byte>(fill));
    return vlr;
}

inline las::Vlr wkt_vlr(const std::string& text) {
    auto vlr = vlr_of("LASF_Projection", 2112, 0);
    for (const char c : text) vlr.payload.push_back(static_cast<std::byte>(c));
    vlr.payload.push_back(std::byte{0});
    return vlr;
}

inline void fill_bounds(const MadeInput& made, las::Header& header) {
    const auto axis = [&](std::size_t a, const las::Column<std::int32_t>& raw) {
        const auto [least, most] = std::minmax_element(raw.begin(), raw.end());
        header.min[a] = *least * header.scale[a] + header.offset[a] - made.box_grown_by[a];
        header.max[a] = *most * header.scale[a] + header.offset[a] + made.box_grown_by[a];
    };
    if (made.points.size() == 0) return;
    axis(0, made.points.x);
    axis(1, made.points.y);
    axis(2, made.points.z);
}

inline void append_points(const MadeInput& made, Bytes& file) {
    if (!made.compressed) {
        las::pack_records(made.points, 0, made.points.size(), file);
        return;
    }
    const auto table_position_at = file.size();
    file.resize(file.size() + 8);
    const auto format = laz::ChunkFormat::for_layout(made.points.layout);
    std::vector<laz::ChunkEntry> chunks;
    for (std::size_t first = 0; first < made.points.size(); first += made.chunk_points) {
        const auto last = std::min(first + made.chunk_points, made.points.size());
        const auto at = file.size();
        EXPECT_TRUE(laz::encode_chunk(format, made.points, first, last, file));
        chunks.push_back({at, file.size() - at, last - first});
    }
    wire::store_le<std::uint64_t>(file.data() + table_position_at, file.size());
    laz::encode_chunk_table(chunks, static_cast<std::uint32_t>(made.chunk_points), file);
}

/// The file. LAS 1.4 for formats 6 to 10, LAS 1.2 for the others unless the header says 1.4.
inline Bytes bytes_of(const MadeInput& made) {
    auto header = made.header;
    const auto& layout = made.points.layout;
    if (!las::is_extended(layout.format) && made.evlrs.empty()) header.version_minor = 2;
    header.header_size = header.version_minor < 4 ? las::kHeaderSize12 : las::kHeaderSize14;
    header.point_format_byte = static_cast<std::uint8_t>(layout.format | (made.compressed ? 0x80 : 0));
    header.record_length = layout.record_length;
    if (las::is_extended(layout.format))
        header.point_count_14 = made.points.size();
    else
        header.legacy_point_count = static_cast<std::uint32_t>(made.points.size());
    fill_bounds(made, header);

    auto vlrs = made.vlrs;
    if (made.compressed) {
        auto laszip = vlr_of(std::string{laz::kVlrUserId}, laz::kVlrRecordId, 0);
        laz::encode_laszip_record(laz::make_laszip_record(layout, static_cast<std::uint32_t>(made.chunk_points)),
                                  laszip.payload);
        vlrs.push_back(std::move(laszip));
    }
    Bytes records;
    for (const auto& vlr : vlrs) las::encode_vlr(vlr, records);
    header.vlr_count = static_cast<std::uint32_t>(vlrs.size());
    header.offset_to_point_data = static_cast<std::uint32_t>(header.header_size + records.size());
    header.evlr_count = static_cast<std::uint32_t>(made.evlrs.size());

    Bytes file;
    las::encode_header(header, file);
    file.insert(file.end(), records.begin(), records.end());
    append_points(made, file);
    if (!made.evlrs.empty()) {
        header.evlr_offset = file.size();
        for (const auto& vlr : made.evlrs) las::encode_evlr(vlr, file);
        Bytes mended;
        las::encode_header(header, mended);
        std::copy(mended.begin(), mended.end(), file.begin());
    }
    return file;
}

/// Points of any format on a sheet, with times that ascend and return numbers that are allowed.
inline las::Points survey(std::uint8_t format, std::size_t count, std::uint32_t seed, std::uint16_t extra_bytes = 0) {
    auto points = random_points(layout_of(format, extra_bytes), count, seed);
    std::mt19937 random{seed + 1};
    for (std::size_t i = 0; i < count; ++i) {
        points.x[i] = static_cast<std::int32_t>(random() % 100000);
        points.y[i] = static_cast<std::int32_t>(random() % 80000);
        const auto pulse = 1 + random() % 5;
        points.returns[i] = static_cast<std::uint8_t>(1 + random() % pulse + pulse * 16);
        points.z[i] = points.x[i] / 10 + static_cast<std::int32_t>(random() % 100);
        if (las::has_gps_time(format)) points.gps_time[i] = 3e8 + static_cast<double>(i / 2) / 1024;
    }
    return points;
}

inline MadeInput input_of(las::Points points) {
    MadeInput made;
    made.points = std::move(points);
    made.header.global_encoding = las::kGlobalEncodingAdjustedGpsTime;
    made.header.creation_year = 2024;
    made.header.creation_day = 100;
    return made;
}

}  // namespace copse::test
