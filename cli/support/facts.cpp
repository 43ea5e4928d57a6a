#include "support/facts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "copse/laz.hpp"
#include "support/crs.hpp"
#include "support/stop.hpp"

namespace copse::cli {
namespace {

/// COPC 1.0: the info record is the first VLR, at byte 375.
bool looks_like_copc(wire::Source& source) {
    std::array<std::byte, las::kVlrHeaderSize> vlr{};
    if (source.size() < copc::kInfoVlrAt + vlr.size() || !source.read_into(copc::kInfoVlrAt, vlr)) return false;
    wire::ByteReader in{vlr};
    in.skip(2);
    const auto user = in.fixed_string(16);
    return user == copc::kUserId && in.u16() == copc::kInfoRecordId;
}

const char* type_name(unsigned type) {
    constexpr std::array kNames{"undocumented", "uint8",  "int8",  "uint16", "int16", "uint32",
                                "int32",        "uint64", "int64", "float",  "double"};
    // Types 11 to 30 are arrays of two and of three.
    return kNames[type <= 10 ? type : (type - 1) % 10 + 1];
}

/// How a standard dimension is stored.
const char* standard_type(std::string_view name, const las::PointLayout& layout) {
    const bool extended = las::is_extended(layout.format);
    if (name == "X" || name == "Y" || name == "Z") return "int32";
    if (name == "GpsTime") return "double";
    if (name == "Intensity" || name == "PointSourceId" || name == "Red" || name == "Green" || name == "Blue" ||
        name == "Infrared")
        return "uint16";
    if (name == "ScanAngle") return extended ? "int16" : "int8";
    if (name == "UserData") return "uint8";
    if (name == "Classification") return extended ? "uint8" : "5 bits";
    if (name == "ReturnNumber" || name == "NumberOfReturns") return extended ? "4 bits" : "3 bits";
    if (name == "ScannerChannel") return "2 bits";
    return "1 bit";
}

DimensionFacts dimension_facts(const las::Field& field, const las::PointLayout& layout, const las::ExtraSchema& extra,
                               const las::Header& header) {
    DimensionFacts facts;
    facts.name = field.name;
    if (field.extra_index >= 0) {
        const auto& dimension = extra.dimensions[static_cast<std::size_t>(field.extra_index)];
        const auto element = std::min(field.element, 2u);
        facts.extra = true;
        facts.type = type_name(dimension.type);
        facts.description = dimension.description;
        if (dimension.has_scale()) facts.scale = dimension.scale[element];
        if (dimension.has_offset()) facts.offset = dimension.offset[element];
        return facts;
    }
    facts.type = standard_type(field.name, layout);
    if (const auto axis = std::string_view{"XYZ"}.find(field.name);
        field.name.size() == 1 && axis != std::string_view::npos) {
        facts.scale = header.scale[axis];
        facts.offset = header.offset[axis];
    }
    if (field.name == "ScanAngle" && las::is_extended(layout.format)) facts.scale = 0.006;
    return facts;
}

void add_records(Facts& facts, std::span<const las::Vlr> vlrs) {
    for (const auto& vlr : vlrs)
        facts.records.push_back(
            {vlr.user_id, vlr.description, vlr.record_id, vlr.payload.size(), vlr.at, vlr.extended});
}

void add_dimensions(Facts& facts, const las::ExtraSchema& extra) {
    for (const auto& field : las::fields_of(facts.layout, extra))
        facts.dimensions.push_back(dimension_facts(field, facts.layout, extra, facts.header));
}

std::vector<LevelFacts> count_levels(std::span<const read::Node> nodes, const copc::Info& info) {
    std::vector<LevelFacts> levels;
    for (const auto& node : nodes) {
        const auto level = static_cast<std::size_t>(node.entry.key.level);
        for (auto next = levels.size(); next <= level; ++next)
            levels.push_back({std::ldexp(info.root_spacing, -static_cast<int>(next)), 0, 0, 0});
        if (!node.entry.has_points()) continue;
        ++levels[level].nodes;
        levels[level].points += static_cast<std::uint64_t>(node.entry.point_count);
        levels[level].bytes += static_cast<std::uint64_t>(node.entry.byte_size);
    }
    return levels;
}

void gather_copc(Facts& facts, OpenedSource source, bool with_epochs) {
    auto copc = open_copc(facts.path, std::move(source), with_epochs ? read::OpenFor::time : read::OpenFor::anything);
    const auto& file = *copc.file;
    facts.kind = "COPC";
    facts.header = file.header;
    facts.layout = file.layout;
    facts.wkt = file.wkt();
    facts.crs = crs_name(facts.wkt, file.vlrs);
    facts.warnings = file.warnings;
    add_records(facts, file.vlrs);
    for (const auto& evlr : file.evlrs)
        facts.records.push_back({evlr.header.user_id, evlr.header.description, evlr.header.record_id,
                                 evlr.header.payload_size, evlr.at, true});
    add_dimensions(facts, file.extra);

    facts.copc.emplace();
    facts.copc->info = file.info;
    facts.copc->temporal = file.temporal;
    facts.has_times = true;
    facts.times = find_times(copc);
    read::HierarchyLoad load{copc.file, with_epochs && file.temporal.has_value()};
    advance(load, copc);
    const auto nodes = load.take_nodes();
    facts.copc->levels = count_levels(nodes, file.info);
    if (with_epochs && file.temporal)
        facts.copc->epochs =
            find_epochs(nodes, file.temporal->stride, facts.times.partial ? std::nan("") : facts.times.min,
                        facts.times.partial ? std::nan("") : facts.times.max);
}

/// Only the first point is read: it tells the encoding, and the date within a few hours.
TimeFacts first_time(las::PointReader& reader, const std::string& path) {
    TimeFacts facts;
    facts.partial = true;
    facts.min = facts.max = std::numeric_limits<double>::quiet_NaN();
    las::Points points{reader.info().layout, las::ColumnSet::all()};
    if (reader.info().header.point_count() != 0) check(reader.read_next(1, points), path);
    if (points.size() != 0) facts.min = facts.max = points.gps_time[0];
    facts.encoding = time::guess_encoding(reader.info().header, facts.min, facts.max);
    return facts;
}

void gather_las(Facts& facts, wire::Source& source) {
    const auto reader = checked(laz::open(source), facts.path);
    const auto& info = reader->info();
    facts.kind =
        info.header.marked_compressed() || las::find_vlr(info.vlrs, laz::kVlrUserId, laz::kVlrRecordId) != nullptr
            ? "LAZ"
            : "LAS";
    facts.header = info.header;
    facts.layout = info.layout;
    facts.restored = info.restored;
    facts.warnings = info.warnings;
    for (const auto* records : {&info.vlrs, &info.evlrs}) {
        add_records(facts, *records);
        const auto* wkt = las::find_vlr(*records, las::kProjectionUser, las::kWktRecord);
        if (wkt != nullptr && facts.wkt.empty()) {
            const auto* text = reinterpret_cast<const char*>(wkt->payload.data());
            facts.wkt.assign(text, ::strnlen(text, wkt->payload.size()));
        }
    }
    facts.crs = crs_name(facts.wkt, info.vlrs);
    add_dimensions(facts, info.extra);
    facts.has_times = las::has_gps_time(info.layout.format);
    if (facts.has_times) facts.times = first_time(*reader, facts.path);
}

}  // namespace

Facts gather_facts(const std::string& path, bool with_epochs, Sources& sources) {
    auto opened = sources.open(path);
    Facts facts;
    facts.path = path;
    facts.size = opened.source->size();
    if (looks_like_copc(*opened.source))
        gather_copc(facts, std::move(opened), with_epochs);
    else
        gather_las(facts, *opened.source);
    return facts;
}

}  // namespace copse::cli
