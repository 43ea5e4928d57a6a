// EPT folders in memory, made of given points by code that shares nothing with the reader.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "copse/ept.hpp"
#include "support/made_input.hpp"
#include "support/memory_file.hpp"

#if __has_include(<zstd.h>)
#include <zstd.h>
#define COPSE_TEST_ZSTD
#endif

namespace copse::ept::testing {

class MemoryFolder final : public wire::Folder {
public:
    Result<std::unique_ptr<wire::Source>> open(const std::string& name) override {
        const auto found = files.find(name);
        if (found == files.end()) return Error{Code::io_failed, 0, "cannot open the file", 2};
        return std::unique_ptr<wire::Source>{std::make_unique<test::MemoryFile>(found->second)};
    }
    void put(const std::string& name, std::string_view text) {
        const auto bytes = std::as_bytes(std::span{text.data(), text.size()});
        files[name].assign(bytes.begin(), bytes.end());
    }
    std::map<std::string, Bytes> files;
};

inline Bytes bytes_of_text(std::string_view text) {
    const auto bytes = std::as_bytes(std::span{text.data(), text.size()});
    return {bytes.begin(), bytes.end()};
}

inline std::string metadata_json(std::string_view type, std::uint64_t points, std::string_view schema,
                                 std::string_view more = "") {
    return R"({"version": "1.1.0", "dataType": ")" + std::string{type} + R"(", "hierarchyType": "json", "points": )" +
           std::to_string(points) + R"(, "bounds": [0, 0, 0, 1024, 1024, 1024], "span": 128, "schema": [)" +
           std::string{schema} + "]" + std::string{more} + "}";
}

/// The dimensions of `records`, as PDAL and Entwine name them.
inline constexpr std::string_view kSchema = R"(
    {"name": "X", "type": "signed", "size": 4, "scale": 0.01, "offset": 100},
    {"name": "Y", "type": "signed", "size": 4, "scale": 0.01, "offset": 200},
    {"name": "Z", "type": "signed", "size": 4, "scale": 0.001, "offset": 0},
    {"name": "Intensity", "type": "unsigned", "size": 2},
    {"name": "ReturnNumber", "type": "unsigned", "size": 1},
    {"name": "NumberOfReturns", "type": "unsigned", "size": 1},
    {"name": "ScanDirectionFlag", "type": "unsigned", "size": 1},
    {"name": "EdgeOfFlightLine", "type": "unsigned", "size": 1},
    {"name": "Classification", "type": "unsigned", "size": 1},
    {"name": "ScanAngleRank", "type": "float", "size": 4},
    {"name": "UserData", "type": "unsigned", "size": 1},
    {"name": "PointSourceId", "type": "unsigned", "size": 2},
    {"name": "GpsTime", "type": "float", "size": 8},
    {"name": "ClassFlags", "type": "unsigned", "size": 1},
    {"name": "ScanChannel", "type": "unsigned", "size": 1},
    {"name": "Red", "type": "unsigned", "size": 2},
    {"name": "Green", "type": "unsigned", "size": 2},
    {"name": "Blue", "type": "unsigned", "size": 2},
    {"name": "OriginId", "type": "unsigned", "size": 4})";

/// Points of format 7 with four extra bytes, rows [first, last), as records of kSchema.
inline Bytes records_of(const las::Points& points, std::size_t first, std::size_t last) {
    Bytes bytes;
    wire::ByteWriter out{bytes};
    for (auto i = first; i < last; ++i) {
        out.i32(points.x[i]);
        out.i32(points.y[i]);
        out.i32(points.z[i]);
        out.u16(points.intensity[i]);
        out.u8(points.return_number(i));
        out.u8(points.number_of_returns(i));
        out.u8(points.flags[i] >> 4 & 1);
        out.u8(points.flags[i] >> 5 & 1);
        out.u8(points.classification[i]);
        out.f32(static_cast<float>(points.scan_angle[i] * 0.006));
        out.u8(points.user_data[i]);
        out.u16(points.point_source_id[i]);
        out.f64(points.gps_time[i]);
        out.u8(points.flags[i] & 15);
        out.u8(points.channel[i]);
        out.u16(points.red[i]);
        out.u16(points.green[i]);
        out.u16(points.blue[i]);
        for (const auto& column : points.extra) out.u8(column[i]);
    }
    return bytes;
}

inline las::Points made_points(std::size_t count, std::uint32_t seed) {
    auto points = test::survey(7, count, seed, 4);
    std::mt19937 random{seed};
    for (auto& angle : points.scan_angle) angle = static_cast<std::int16_t>(static_cast<int>(random() % 60001) - 30000);
    return points;
}

inline las::Points rows_of(const las::Points& points, std::size_t first, std::size_t last) {
    las::Points rows{points.layout, points.columns};
    rows.append(points, first, last);
    return rows;
}

/// A tile as LAZ, with chunks of 500 points, as a COPC-less writer makes it.
inline Bytes laszip_tile(las::Points points) {
    auto made = test::input_of(std::move(points));
    made.compressed = true;
    made.header.scale = {0.01, 0.01, 0.001};
    made.header.offset = {100, 200, 0};
    return test::bytes_of(made);
}

#if defined(COPSE_TEST_ZSTD)
inline Bytes compressed(ByteView bytes) {
    Bytes out(ZSTD_compressBound(bytes.size()));
    out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
    return out;
}
#endif

/// Three nodes, one of them below a page of its own: 1,200, 700 and 100 points.
struct MadeEpt {
    explicit MadeEpt(const std::string& type) : data_type{type} {
        folder->put("ept.json", metadata_json(type, 2000, kSchema, R"(, "srs": {"wkt": "LOCAL_CS[\"here\"]"})"));
        folder->put("ept-hierarchy/0-0-0-0.json", R"({"0-0-0-0": 1200, "1-1-0-1": 700, "1-0-1-0": -1})");
        folder->put("ept-hierarchy/1-0-1-0.json", R"({"1-0-1-0": 0, "2-1-2-0": 100})");
        put_tile("0-0-0-0", 0, 1200);
        put_tile("1-1-0-1", 1200, 1900);
        put_tile("2-1-2-0", 1900, 2000);
    }
    [[nodiscard]] std::string tile(const std::string& key) const {
        return "ept-data/" + key + (data_type == "laszip" ? ".laz" : data_type == "binary" ? ".bin" : ".zst");
    }
    void put_tile(const std::string& key, std::size_t first, std::size_t last) {
        auto& file = folder->files[tile(key)];
        if (data_type == "laszip") file = laszip_tile(rows_of(points, first, last));
        if (data_type == "binary") file = records_of(points, first, last);
#if defined(COPSE_TEST_ZSTD)
        if (data_type == "zstandard") file = compressed(records_of(points, first, last));
#endif
    }
    [[nodiscard]] Result<std::unique_ptr<las::PointReader>> open() const { return ept::open(folder); }

    std::string data_type;
    las::Points points = made_points(2000, 1);
    std::shared_ptr<MemoryFolder> folder = std::make_shared<MemoryFolder>();
};

inline Bytes packed(const las::Points& points) {
    Bytes bytes;
    las::pack_records(points, 0, points.size(), bytes);
    return bytes;
}

}  // namespace copse::ept::testing
