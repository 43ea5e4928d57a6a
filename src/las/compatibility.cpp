// LASzip's compatibility mode: points of formats 6 to 10 stored as 1, 3, 4, 5 with extra bytes for what does not fit.
// `laz/pointwise.md`, "LASzip's compatibility mode".
#include <algorithm>

#include "copse/las.hpp"

namespace copse::las {
namespace {

constexpr const char* kCompatibleUser = "lascompatible";
constexpr std::uint16_t kCompatibleRecord = 22204;
constexpr std::size_t kPayloadSize = 156;
constexpr std::size_t kPayloadSize15 = 174;  // of a LAS 1.5 file
constexpr std::size_t kPointCountAt = 28;

struct Attribute {
    std::string_view name;
    std::uint8_t type;  // of an extra bytes descriptor: 1 u8, 3 u16, 4 i16
};
constexpr std::array<Attribute, 5> kAttributes{{{"LAS 1.4 scan angle", 4},
                                                {"LAS 1.4 extended returns", 1},
                                                {"LAS 1.4 classification", 1},
                                                {"LAS 1.4 flags and channel", 1},
                                                {"LAS 1.4 NIR band", 3}}};

std::optional<std::uint16_t> find_attribute(const ExtraSchema& schema, const Attribute& attribute) {
    for (const auto& dimension : schema.dimensions)
        if (dimension.name == attribute.name && dimension.type == attribute.type) return dimension.byte_offset;
    return std::nullopt;
}

bool may_hold_extended_points(const Header& header) {
    const auto format = header.format();
    return header.version_minor <= 3 && (format == 1 || format == 3 || format == 4 || format == 5);
}

const Vlr* find_record(std::span<const Vlr> vlrs) {
    const auto* vlr = find_vlr(vlrs, kCompatibleUser, kCompatibleRecord);
    if (vlr == nullptr) return nullptr;
    return vlr->payload.size() == kPayloadSize || vlr->payload.size() == kPayloadSize15 ? vlr : nullptr;
}

std::uint8_t restored_format(std::uint8_t stored, bool with_nir) {
    switch (stored) {
        case 1:
            return 6;
        case 3:
            return with_nir ? 8 : 7;
        case 4:
            return 9;
        default:
            return 10;
    }
}

/// Extra bytes that belong to the file itself, in order.
std::vector<std::uint16_t> positions_kept(const CompatibilityPlan& plan) {
    std::vector<bool> used(plan.stored.extra_bytes());
    const auto mark = [&](std::uint16_t at, unsigned size) { std::fill_n(used.begin() + at, size, true); };
    mark(plan.scan_angle, 2);
    mark(plan.returns, 1);
    mark(plan.classification, 1);
    mark(plan.flags, 1);
    if (plan.nir) mark(*plan.nir, 2);
    std::vector<std::uint16_t> kept;
    for (std::uint16_t k = 0; k < used.size(); ++k)
        if (!used[k]) kept.push_back(k);
    return kept;
}

// ---- header and records -------------------------------------------------------------------------------------------

/// Takes the mode's descriptors out of the extra bytes records: the first of each name, as `find_attribute` does.
class DescriptorFilter {
public:
    explicit DescriptorFilter(const CompatibilityPlan& plan) { wanted_.back() = plan.nir.has_value(); }

    Bytes without_attributes(const Bytes& descriptors) {
        Bytes kept;
        for (std::size_t at = 0; at + kExtraBytesDescriptorSize <= descriptors.size();
             at += kExtraBytesDescriptorSize) {
            const auto descriptor = ByteView{descriptors}.subspan(at, kExtraBytesDescriptorSize);
            if (!take(descriptor)) kept.insert(kept.end(), descriptor.begin(), descriptor.end());
        }
        return kept;
    }

private:
    bool take(ByteView descriptor) {
        wire::ByteReader in{descriptor};
        in.skip(2);
        const auto type = in.u8();
        in.skip(1);
        const auto name = in.fixed_string(32);
        for (std::size_t i = 0; i < kAttributes.size(); ++i) {
            if (!wanted_[i] || name != kAttributes[i].name || type != kAttributes[i].type) continue;
            wanted_[i] = false;
            return true;
        }
        return false;
    }

    std::array<bool, kAttributes.size()> wanted_{true, true, true, true, true};
};

void restore_records(const CompatibilityPlan& plan, std::vector<Vlr>& vlrs) {
    std::erase_if(vlrs, [](const Vlr& vlr) { return vlr.is(kCompatibleUser, kCompatibleRecord); });
    DescriptorFilter filter{plan};
    for (auto& vlr : vlrs)
        if (vlr.is(kSpecUser, kExtraBytesRecord)) vlr.payload = filter.without_attributes(vlr.payload);
    std::erase_if(vlrs, [](const Vlr& vlr) { return vlr.is(kSpecUser, kExtraBytesRecord) && vlr.payload.empty(); });
}

void restore_counters(ByteView payload, FileInfo& info) {
    auto& header = info.header;
    const std::uint64_t stored_points = header.point_count();
    wire::ByteReader in{payload.subspan(kPointCountAt)};
    if (in.u64() != stored_points)
        info.warnings.push_back(
            "the compatibility record and the header name different numbers of points; the header's holds");
    header.point_count_14 = stored_points;
    for (auto& count : header.points_by_return_14) count = in.u64();
    header.legacy_point_count = 0;
    header.legacy_points_by_return = {};
}

/// The schema without the mode's dimensions; what is left moves together.
ExtraSchema restored_schema(const CompatibilityPlan& plan, const ExtraSchema& schema) {
    ExtraSchema result;
    result.exceeds_record = schema.exceeds_record;
    result.undescribed = schema.undescribed;
    std::uint16_t at = 0;
    for (const auto& dimension : schema.dimensions) {
        // A dimension lies either wholly inside the mode's bytes or wholly outside.
        if (!std::binary_search(plan.kept.begin(), plan.kept.end(), dimension.byte_offset)) continue;
        result.dimensions.push_back(dimension);
        result.dimensions.back().byte_offset = at;
        at = static_cast<std::uint16_t>(at + dimension.size);
    }
    return result;
}

// ---- points -------------------------------------------------------------------------------------------------------

std::uint16_t two_bytes(const Points& points, std::size_t at, std::size_t row) {
    return static_cast<std::uint16_t>(points.extra[at][row] | points.extra[at + 1][row] << 8u);
}

void restore_angles(const CompatibilityPlan& plan, Points& points) {
    for (std::size_t row = 0; row < points.size(); ++row) {
        const auto base = scan_angle_from_rank(static_cast<std::int8_t>(points.scan_angle[row]));
        const auto increment = two_bytes(points, plan.scan_angle, row);
        // Modulo 2^16, as 16-bit fields add up; sums of valid files never wrap.
        points.scan_angle[row] = static_cast<std::int16_t>(static_cast<std::uint16_t>(base + increment));
    }
}

void restore_bytes(const CompatibilityPlan& plan, Points& points) {
    const auto& returns = points.extra[plan.returns];
    const auto& classification = points.extra[plan.classification];
    const auto& flags = points.extra[plan.flags];
    for (std::size_t row = 0; row < points.size(); ++row) {
        const unsigned number = points.return_number(row) + (returns[row] >> 4u);
        const unsigned count = points.number_of_returns(row) + (returns[row] & 15u);
        points.returns[row] = static_cast<std::uint8_t>((number & 15u) | (count & 15u) << 4u);
        points.classification[row] = static_cast<std::uint8_t>(points.classification[row] + classification[row]);
        points.flags[row] = static_cast<std::uint8_t>(points.flags[row] | (flags[row] & 1u) << 3u);
        points.channel[row] = flags[row] >> 1u & 3u;
    }
}

void restore_nir(const CompatibilityPlan& plan, Points& points) {
    if (!has_nir(plan.restored.format)) return;
    points.nir.resize(points.size());
    for (std::size_t row = 0; row < points.size(); ++row)
        points.nir[row] = plan.nir ? two_bytes(points, *plan.nir, row) : std::uint16_t{0};
}

}  // namespace

std::optional<CompatibilityPlan> find_compatibility(const FileInfo& info) {
    if (!may_hold_extended_points(info.header) || find_record(info.vlrs) == nullptr) return std::nullopt;
    const auto angle = find_attribute(info.extra, kAttributes[0]);
    const auto returns = find_attribute(info.extra, kAttributes[1]);
    const auto classification = find_attribute(info.extra, kAttributes[2]);
    const auto flags = find_attribute(info.extra, kAttributes[3]);
    if (!angle || !returns || !classification || !flags) return std::nullopt;

    CompatibilityPlan plan;
    plan.stored = info.layout;
    plan.scan_angle = *angle;
    plan.returns = *returns;
    plan.classification = *classification;
    plan.flags = *flags;
    if (has_rgb(plan.stored.format)) plan.nir = find_attribute(info.extra, kAttributes[4]);
    plan.kept = positions_kept(plan);
    plan.restored.format = restored_format(plan.stored.format, plan.nir.has_value());
    plan.restored.record_length =
        static_cast<std::uint16_t>(base_record_length(plan.restored.format) + plan.kept.size());
    return plan;
}

void restore_info(const CompatibilityPlan& plan, FileInfo& info) {
    auto& header = info.header;
    const auto* record = find_record(info.vlrs);
    assert(record != nullptr);
    restore_counters(record->payload, info);
    restore_records(plan, info.vlrs);

    header.version_minor = 4;
    header.header_size = std::max(header.header_size, kHeaderSize14);
    header.vlr_count = static_cast<std::uint32_t>(info.vlrs.size());
    header.point_format_byte = static_cast<std::uint8_t>((header.point_format_byte & 0xc0u) | plan.restored.format);
    header.record_length = plan.restored.record_length;
    // The writer cleared the bit, which formats 1 to 5 must not have.
    if (find_vlr(info.vlrs, kProjectionUser, kWktRecord) != nullptr) header.global_encoding |= kGlobalEncodingWkt;

    info.extra = restored_schema(plan, info.extra);
    info.layout = plan.restored;
    info.restored = true;
}

void restore_points(const CompatibilityPlan& plan, Points& points) {
    assert(points.layout == plan.stored);
    restore_angles(plan, points);
    restore_bytes(plan, points);
    restore_nir(plan, points);

    std::vector<Column<std::uint8_t>> kept;
    kept.reserve(plan.kept.size());
    for (const auto at : plan.kept) kept.push_back(std::move(points.extra[at]));
    points.extra = std::move(kept);
    points.columns = Points{plan.restored, ColumnSet::all()}.columns;
    points.layout = plan.restored;
}

}  // namespace copse::las
