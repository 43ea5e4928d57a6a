// A COPC file of three nodes and a few hundred points, put together field by field, with the place of each part.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "copse/copc.hpp"
#include "copse/las.hpp"
#include "copse/laz.hpp"
#include "copse/temporal.hpp"
#include "copse/wire.hpp"

namespace copse::test {

inline constexpr double kScale = 0.01;
inline constexpr double kHalfSize = 64;
inline constexpr las::Vec3 kCenter{1000, 2000, 500};
inline constexpr std::uint32_t kStride = 8;

struct NodeRecipe {
    copc::VoxelKey key;
    las::Points points;  // no rows: an empty node
};

/// What the file is to be like. Defaults make a file that obeys every rule.
struct Recipe {
    std::vector<NodeRecipe> nodes;  // in file order
    bool temporal_index = true;
    bool wkt = true;
    bool extra_descriptor = true;
    std::uint16_t global_encoding = las::kGlobalEncodingWkt | las::kGlobalEncodingAdjustedGpsTime;
    double spacing = 2 * kHalfSize / 128;
};

struct SmallCopc {
    Bytes bytes;
    FileOffset info = 429;      // payloads
    FileOffset laszip_vlr = 0;  // VLR header
    FileOffset extra_vlr = 0;
    FileOffset wkt_vlr = 0;
    FileOffset point_data = 0;            // the 8 bytes before the first chunk
    std::vector<laz::ChunkEntry> chunks;  // of the nodes with points, in recipe order
    FileOffset table = 0;
    FileOffset temporal_evlr = 0;
    FileOffset temporal = 0;  // payload: header, root page, child page
    FileOffset temporal_child_page = 0;
    FileOffset hierarchy_evlr = 0;
    FileOffset hierarchy = 0;  // payload: root page, child page
    FileOffset hierarchy_child_page = 0;
};

inline constexpr las::PointLayout kLayout{7, 38};
inline constexpr copc::VoxelKey kRoot{0, 0, 0, 0};
inline constexpr copc::VoxelKey kLeaf{1, 0, 0, 0};
inline constexpr copc::VoxelKey kPaged{1, 1, 1, 1};

/// Points of a node, one per cell of its grid along a diagonal, GPS times ascending from `time`.
inline las::Points make_points(const copc::VoxelKey& key, std::size_t count, double time) {
    las::Points points{kLayout, las::ColumnSet::all()};
    points.resize(count);
    const auto edge = std::ldexp(2 * kHalfSize, -key.level);
    const std::array cell{key.x, key.y, key.z};
    const std::array columns{&points.x, &points.y, &points.z};
    for (std::size_t row = 0; row < count; ++row) {
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const auto low = kCenter[axis] - kHalfSize + edge * cell[axis];
            const auto at = low + edge * (static_cast<double>(row) + 0.5) / 128;
            (*columns[axis])[row] = static_cast<std::int32_t>(std::lround(at / kScale));
        }
        const auto small = static_cast<std::uint8_t>(row);
        points.returns[row] = row % 3 == 2 ? 0x22 : 0x21;
        points.channel[row] = 0;
        points.classification[row] = row % 2 == 0 ? 2 : 5;
        points.flags[row] = 0;
        points.intensity[row] = static_cast<std::uint16_t>(row * 300);
        points.scan_angle[row] = static_cast<std::int16_t>(row * 10);
        points.user_data[row] = small;
        points.point_source_id[row] = 7;
        points.gps_time[row] = time + static_cast<double>(row) * 0.5;
        points.red[row] = static_cast<std::uint16_t>(1000 * row);
        points.green[row] = static_cast<std::uint16_t>(500 * row);
        points.blue[row] = 0;
        points.extra[0][row] = small;
        points.extra[1][row] = 1;
    }
    return points;
}

inline Recipe good_recipe() {
    Recipe recipe;
    recipe.nodes.push_back({kRoot, make_points(kRoot, 40, 1e8)});
    recipe.nodes.push_back({kLeaf, make_points(kLeaf, 30, 1e8 + 1000)});
    recipe.nodes.push_back({kPaged, make_points(kPaged, 20, 1e8 + 2000)});
    return recipe;
}

namespace detail {

inline void count_and_bound(const Recipe& recipe, las::Header& header) {
    std::array<std::int32_t, 3> low;
    std::array<std::int32_t, 3> high;
    low.fill(std::numeric_limits<std::int32_t>::max());
    high.fill(std::numeric_limits<std::int32_t>::min());
    for (const auto& node : recipe.nodes) {
        const auto& points = node.points;
        const std::array columns{&points.x, &points.y, &points.z};
        for (std::size_t row = 0; row < points.size(); ++row) {
            ++header.point_count_14;
            if (points.return_number(row) > 0) ++header.points_by_return_14[points.return_number(row) - 1u];
            for (std::size_t axis = 0; axis < 3; ++axis) {
                low[axis] = std::min(low[axis], (*columns[axis])[row]);
                high[axis] = std::max(high[axis], (*columns[axis])[row]);
            }
        }
    }
    if (header.point_count_14 == 0) return;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        header.min[axis] = low[axis] * kScale;
        header.max[axis] = high[axis] * kScale;
    }
}

inline copc::Info make_info(const Recipe& recipe) {
    copc::Info info;
    info.center = kCenter;
    info.half_size = kHalfSize;
    info.root_spacing = recipe.spacing;
    auto low = std::numeric_limits<double>::infinity();
    auto high = -low;
    for (const auto& node : recipe.nodes) {
        for (const auto time : node.points.gps_time) {
            if (!std::isfinite(time)) continue;
            low = std::min(low, time);
            high = std::max(high, time);
        }
    }
    if (low <= high) {
        info.gps_time_min = low;
        info.gps_time_max = high;
    }
    return info;
}

inline las::Vlr make_vlr(std::string user, std::uint16_t id, Bytes payload) {
    las::Vlr vlr;
    vlr.user_id = std::move(user);
    vlr.record_id = id;
    vlr.payload = std::move(payload);
    return vlr;
}

inline Bytes to_bytes(std::string_view text) {
    const auto view = std::as_bytes(std::span{text});
    Bytes bytes{view.begin(), view.end()};
    bytes.push_back(std::byte{0});
    return bytes;
}

inline Bytes extra_payload() {
    las::ExtraSchema schema;
    for (std::uint16_t i = 0; i < 2; ++i) {
        las::ExtraDimension dimension;
        dimension.name = i == 0 ? "Amplitude" : "Quality";
        dimension.type = 1;
        dimension.size = 1;
        dimension.byte_offset = i;
        schema.dimensions.push_back(dimension);
    }
    return las::encode_extra_schema(schema);
}

/// The temporal pages: a root page of all nodes but those of kPaged's subtree, which get a page of their own.
inline void append_temporal(const Recipe& recipe, const copc::Info& info, Bytes& out, SmallCopc& made) {
    temporal::Page root;
    temporal::Page child;
    std::uint32_t nodes = 0;
    for (const auto& node : recipe.nodes) {
        if (node.points.size() == 0) continue;
        temporal::NodeEntry entry{node.key, temporal::make_samples(node.points.gps_time, kStride, info.gps_time_min),
                                  0};
        (kPaged.is_ancestor_of(node.key) ? child : root).nodes.push_back(std::move(entry));
        ++nodes;
    }
    Bytes child_bytes;
    temporal::encode_page(child, child_bytes);
    const auto payload = out.size() + las::kEvlrHeaderSize;
    temporal::PagePointer pointer{kPaged, {0, child_bytes.size()}, 0, 0, 0};
    if (!child.nodes.empty()) {
        pointer.time_min = child.nodes.front().samples.front();
        pointer.time_max = child.nodes.back().samples.back();
        root.pages.push_back(pointer);
    }
    Bytes root_bytes;
    temporal::encode_page(root, root_bytes);
    const auto root_at = payload + temporal::kHeaderSize;
    if (!root.pages.empty()) {
        root.pages.front().page.offset = root_at + root_bytes.size();
        root_bytes.clear();
        temporal::encode_page(root, root_bytes);
    }
    temporal::Header header;
    header.stride = kStride;
    header.node_count = nodes;
    header.page_count = root.pages.empty() ? 1 : 2;
    header.root_page = {root_at, root_bytes.size()};

    auto vlr = make_vlr(std::string{temporal::kUserId}, temporal::kRecordId, {});
    temporal::encode_header(header, vlr.payload);
    vlr.payload.insert(vlr.payload.end(), root_bytes.begin(), root_bytes.end());
    vlr.payload.insert(vlr.payload.end(), child_bytes.begin(), child_bytes.end());
    vlr.extended = true;
    made.temporal_evlr = out.size();
    made.temporal = payload;
    made.temporal_child_page = root_at + root_bytes.size();
    las::encode_evlr(vlr, out);
}

inline ByteRange append_hierarchy(const Recipe& recipe, Bytes& out, SmallCopc& made) {
    std::vector<copc::Entry> root;
    std::vector<copc::Entry> child;
    std::size_t chunk = 0;
    for (const auto& node : recipe.nodes) {
        copc::Entry entry{node.key};
        if (node.points.size() > 0) {
            const auto& place = made.chunks[chunk++];
            entry.offset = place.offset;
            entry.byte_size = static_cast<std::int32_t>(place.size);
            entry.point_count = static_cast<std::int32_t>(place.point_count);
        }
        (kPaged.is_ancestor_of(node.key) ? child : root).push_back(entry);
    }
    made.hierarchy_evlr = out.size();
    made.hierarchy = out.size() + las::kEvlrHeaderSize;
    const auto root_size = (root.size() + (child.empty() ? 0 : 1)) * copc::kEntrySize;
    made.hierarchy_child_page = made.hierarchy + root_size;
    if (!child.empty())
        root.push_back(
            {kPaged, made.hierarchy_child_page, static_cast<std::int32_t>(child.size() * copc::kEntrySize), -1});
    auto vlr = make_vlr(std::string{copc::kUserId}, copc::kHierarchyRecordId, {});
    vlr.extended = true;
    copc::encode_page(root, vlr.payload);
    copc::encode_page(child, vlr.payload);
    las::encode_evlr(vlr, out);
    return {made.hierarchy, root_size};
}

inline void append_chunks(const Recipe& recipe, Bytes& out, SmallCopc& made) {
    made.point_data = out.size();
    out.resize(out.size() + 8);
    for (const auto& node : recipe.nodes) {
        if (node.points.size() == 0) continue;
        const auto at = out.size();
        const auto status =
            laz::encode_chunk(laz::ChunkFormat::for_layout(kLayout), node.points, 0, node.points.size(), out);
        if (!status) throw FormatError{status.error()};
        made.chunks.push_back({at, out.size() - at, node.points.size()});
    }
    made.table = out.size();
    laz::encode_chunk_table(made.chunks, laz::kVariableChunks, out);
    wire::store_le<std::int64_t>(out.data() + made.point_data, static_cast<std::int64_t>(made.table));
}

inline Bytes laszip_payload() {
    Bytes payload;
    laz::encode_laszip_record(laz::make_laszip_record(kLayout, laz::kVariableChunks), payload);
    return payload;
}

}  // namespace detail

inline SmallCopc make_copc(const Recipe& recipe) {
    SmallCopc made;
    las::Header header;
    header.global_encoding = recipe.global_encoding;
    header.point_format_byte = 0x80 | kLayout.format;
    header.record_length = kLayout.record_length;
    header.scale = {kScale, kScale, kScale};
    detail::count_and_bound(recipe, header);
    auto info = detail::make_info(recipe);

    Bytes info_payload;
    copc::encode_info(info, info_payload);
    std::vector<las::Vlr> vlrs{detail::make_vlr("copc", 1, info_payload),
                               detail::make_vlr("laszip encoded", 22204, detail::laszip_payload())};
    if (recipe.extra_descriptor) vlrs.push_back(detail::make_vlr("LASF_Spec", 4, detail::extra_payload()));
    if (recipe.wkt) vlrs.push_back(detail::make_vlr("LASF_Projection", 2112, detail::to_bytes("PROJCS[\"test\"]")));

    auto& out = made.bytes;
    out.resize(las::kHeaderSize14);
    for (const auto& vlr : vlrs) {
        if (vlr.is("laszip encoded", 22204)) made.laszip_vlr = out.size();
        if (vlr.is("LASF_Spec", 4)) made.extra_vlr = out.size();
        if (vlr.is("LASF_Projection", 2112)) made.wkt_vlr = out.size();
        las::encode_vlr(vlr, out);
    }
    header.vlr_count = static_cast<std::uint32_t>(vlrs.size());
    header.offset_to_point_data = static_cast<std::uint32_t>(out.size());
    detail::append_chunks(recipe, out, made);
    header.evlr_offset = out.size();
    header.evlr_count = recipe.temporal_index ? 2 : 1;
    if (recipe.temporal_index) detail::append_temporal(recipe, info, out, made);
    info.root_page = detail::append_hierarchy(recipe, out, made);

    Bytes front;
    las::encode_header(header, front);
    std::copy(front.begin(), front.end(), out.begin());
    front.clear();
    copc::encode_info(info, front);
    std::copy(front.begin(), front.end(), out.begin() + static_cast<std::ptrdiff_t>(made.info));
    return made;
}

}  // namespace copse::test
