#include "compare/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace copse::compare {
namespace {

using Type = Dimension::Type;

constexpr std::size_t kMostExtraBytes = 0xffff;
constexpr std::size_t kWaveBytes = sizeof(las::WavePacket);
constexpr std::size_t kNamesTold = 8;
constexpr double kDegreesPerStep = 0.006;

std::vector<Dimension> standard_dimensions() {
    using P = RecordPlace;
    return {{"X", Type::coordinate, P::x, 8, 0, 0, 0, {}},
            {"Y", Type::coordinate, P::y, 8, 0, 0, 1, {}},
            {"Z", Type::coordinate, P::z, 8, 0, 0, 2, {}},
            {"GpsTime", Type::gps_time, P::gps_time, 8, 0, 0, 0, {}},
            {"Intensity", Type::bits, P::intensity, 2, 0, 0, 0, {}},
            {"ReturnNumber", Type::bits, P::returns, 1, 0, 4, 0, {}},
            {"NumberOfReturns", Type::bits, P::returns, 1, 4, 4, 0, {}},
            {"ScanDirectionFlag", Type::bits, P::flags, 1, 4, 1, 0, {}},
            {"EdgeOfFlightLine", Type::bits, P::flags, 1, 5, 1, 0, {}},
            {"Classification", Type::bits, P::classification, 1, 0, 0, 0, {}},
            {"Synthetic", Type::bits, P::flags, 1, 0, 1, 0, {}},
            {"KeyPoint", Type::bits, P::flags, 1, 1, 1, 0, {}},
            {"Withheld", Type::bits, P::flags, 1, 2, 1, 0, {}},
            {"Overlap", Type::bits, P::flags, 1, 3, 1, 0, {}},
            {"ScannerChannel", Type::bits, P::channel, 1, 0, 0, 0, {}},
            {"ScanAngle", Type::scan_angle, P::scan_angle, 2, 0, 0, 0, {}},
            {"UserData", Type::bits, P::user_data, 1, 0, 0, 0, {}},
            {"PointSourceId", Type::bits, P::point_source_id, 2, 0, 0, 0, {}},
            {"Red", Type::bits, P::red, 2, 0, 0, 0, {}},
            {"Green", Type::bits, P::green, 2, 0, 0, 0, {}},
            {"Blue", Type::bits, P::blue, 2, 0, 0, 0, {}},
            {"Infrared", Type::bits, P::nir, 2, 0, 0, 0, {}}};
}

/// What makes extra dimensions of two files the same. Files exist that have a name twice: then their order counts.
struct ExtraKey {
    std::string name;
    std::uint8_t type = 0;
    std::uint64_t scale = 0, offset = 0;  // bits
    std::size_t occurrence = 0;
    friend auto operator<=>(const ExtraKey&, const ExtraKey&) = default;
};

std::vector<ExtraKey> keys_of(std::span<const las::ExtraDimension> extra) {
    std::map<ExtraKey, std::size_t> seen;
    std::vector<ExtraKey> keys;
    for (const auto& dimension : extra) {
        ExtraKey key{dimension.name, dimension.type, std::bit_cast<std::uint64_t>(dimension.scale[0]),
                     std::bit_cast<std::uint64_t>(dimension.offset[0]), 0};
        const auto occurrence = seen[key]++;
        key.occurrence = occurrence;
        keys.push_back(std::move(key));
    }
    return keys;
}

const char* type_name(std::uint8_t type) {
    constexpr std::array kNames{"uint8", "int8",   "uint16", "int16", "uint32",
                                "int32", "uint64", "int64",  "float", "double"};
    return type >= 1 && type <= kNames.size() ? kNames[type - 1u] : "bytes";
}

/// Names that stand for several dimensions get what tells them apart.
void tell_apart(std::span<Dimension> dimensions) {
    std::map<std::string, std::size_t> uses;
    for (const auto& dimension : dimensions) ++uses[dimension.name];
    for (auto& dimension : dimensions) {
        if (dimension.type != Type::extra || uses[dimension.name] == 1) continue;
        const auto& extra = dimension.extra;
        dimension.name += fmt::format(" ({}, * {} + {})", type_name(extra.type), extra.scale[0], extra.offset[0]);
    }
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesTold); ++i)
        text += (i == 0 ? "\"" : ", \"") + names[i] + "\"";
    if (names.size() > kNamesTold) text += fmt::format(" and {} more", names.size() - kNamesTold);
    return text;
}

// ---- text ---------------------------------------------------------------------------------------------------------

/// Decimals that show a number of a file: those of 0.001 are 3.
int decimals_of(double value) {
    constexpr int kMost = 9;
    double power = 1;
    for (int decimals = 0; decimals < kMost; ++decimals, power *= 10)
        if (const double scaled = value * power;
            std::abs(scaled - std::round(scaled)) <= 1e-9 * std::abs(scaled) + 1e-12)
            return decimals;
    return kMost;
}

std::string coordinate_text(const Scaling& grid, std::int64_t steps) {
    const int decimals = std::max(decimals_of(grid.scale), decimals_of(grid.offset));
    return fmt::format("{:.{}f}", coordinate(grid, steps), decimals);
}

/// NaNs differ in their bits only.
std::string float_text(double value, std::uint64_t bits) {
    return std::isnan(value) ? fmt::format("nan (0x{:x})", bits) : fmt::format("{}", value);
}

std::uint64_t unsigned_at(const std::byte* at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8u | std::to_integer<std::uint64_t>(at[i]);
    return value;
}

std::string hex_text(const std::byte* at, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += fmt::format("{:02x}", std::to_integer<unsigned>(at[i]));
    return text;
}

std::string extra_text(const las::ExtraDimension& extra, const std::byte* at) {
    const auto bits = unsigned_at(at, extra.size);
    if (extra.type == 9 || extra.type == 10) {
        const double value = extra.type == 9
                                 ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                                 : std::bit_cast<double>(bits);
        return float_text(value * extra.scale[0] + extra.offset[0], bits);
    }
    const bool is_signed = extra.type % 2 == 0;
    const auto unused = 64 - 8u * extra.size;
    const auto number = static_cast<std::int64_t>(bits << unused) >> unused;
    if (extra.scale[0] == 1 && extra.offset[0] == 0)
        return is_signed ? fmt::format("{}", number) : fmt::format("{}", bits);
    const double raw = is_signed ? static_cast<double>(number) : static_cast<double>(bits);
    return fmt::format("{}", raw * extra.scale[0] + extra.offset[0]);
}

std::uint64_t bits_of(const Dimension& dimension, const std::byte* record) {
    const auto value = unsigned_at(record + dimension.at, dimension.size);
    return dimension.bits == 0 ? value : value >> dimension.shift & ((1u << dimension.bits) - 1u);
}

}  // namespace

Result<Schema> Schema::plan(std::span<const FileFacts> files) {
    Schema schema;
    schema.dimensions_ = standard_dimensions();
    schema.record_size_ = RecordPlace::more;
    schema.plan_coordinates(files);
    schema.plan_times(files);
    schema.plan_wave(files);
    if (const auto status = schema.plan_extra(files); !status) return status.error();
    schema.record_size_ = (schema.record_size_ + 7) / 8 * 8;
    schema.plan_parting();
    return schema;
}

void Schema::plan_coordinates(std::span<const FileFacts> files) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
        std::array<std::vector<Scaling>, 2> sides;
        for (const auto& file : files)
            if (file.points != 0) sides[file.side == Side::a ? 0 : 1].push_back(file.scaling[axis]);
        grids_[axis] = choose_grid(sides[0], sides[1]);
    }
    for (const auto& file : files) {
        files_.push_back({{AxisMap{file.scaling[0], grids_[0].scaling}, AxisMap{file.scaling[1], grids_[1].scaling},
                           AxisMap{file.scaling[2], grids_[2].scaling}},
                          {}});
        for (std::size_t axis = 0; axis < 3 && file.points != 0; ++axis)
            if (files_.back().axes[axis].may_tie()) may_tie_ = tie_axes_[file.side == Side::a ? 0 : 1][axis] = true;
    }
}

void Schema::plan_parting() {
    const auto words = may_tie_ ? record_size_ / 8 : 3;
    for (std::size_t word = 0; word < words; ++word)
        if (word >= 3 || !(tie_axes_[0][word] || tie_axes_[1][word])) parting_.push_back(word);
}

std::string Schema::moved_text(const std::array<double, 3>& moved) const {
    std::string text;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        if (moved[axis] == 0) continue;
        text += fmt::format("{} {} to {:g} (moved by at most {:.3g})", text.empty() ? "" : ",", dimensions_[axis].name,
                            step(axis), moved[axis] * step(axis));
    }
    return text.empty() ? text : "coordinates of different scales or offsets are compared rounded:" + text;
}

void Schema::plan_times(std::span<const FileFacts> files) {
    const FileFacts* first = nullptr;
    for (const auto& file : files) {
        if (!las::has_gps_time(file.layout.format) || file.points == 0) continue;
        if (first == nullptr) first = &file;
        if (file.time_kind == first->time_kind) continue;
        warnings_.emplace_back(
            "some headers say that GPS times are week seconds and some that they are adjusted standard GPS seconds: "
            "they are compared as they stand");
        return;
    }
}

void Schema::plan_wave(std::span<const FileFacts> files) {
    const auto has_wave = [](const FileFacts& file) { return las::has_waveform(file.layout.format); };
    with_wave_ = !files.empty() && std::all_of(files.begin(), files.end(), has_wave);
    if (with_wave_) {
        dimensions_.push_back({"WavePacket", Type::bytes, record_size_, kWaveBytes, 0, 0, 0, {}});
        record_size_ += kWaveBytes;
    } else if (std::any_of(files.begin(), files.end(), has_wave)) {
        warnings_.emplace_back("some files have no wave packets: those of the others are not compared");
    }
}

Status Schema::plan_extra(std::span<const FileFacts> files) {
    struct Place {
        std::size_t at = 0;
        std::size_t files = 0;
        std::size_t dimension = 0;
    };
    std::map<ExtraKey, Place> places;
    for (std::size_t f = 0; f < files.size(); ++f) {
        const auto keys = keys_of(files[f].extra);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const auto& extra = files[f].extra[i];
            const auto [place, is_new] = places.try_emplace(keys[i], Place{record_size_, 0, dimensions_.size()});
            if (is_new) {
                dimensions_.push_back({extra.name, Type::extra, record_size_, extra.size, 0, 0, 0, extra});
                record_size_ += extra.size;
            }
            ++place->second.files;
            for (std::uint16_t byte = 0; byte < extra.size; ++byte)
                files_[f].extra.push_back(
                    {static_cast<std::uint16_t>(extra.byte_offset + byte), place->second.at + byte});
        }
        if (record_size_ > RecordPlace::more + kWaveBytes + kMostExtraBytes)
            return Error{Code::limit_exceeded, 0, "the extra bytes of all files together are longer than a record", 0};
    }
    tell_apart(dimensions_);
    std::vector<std::string> missing;
    for (const auto& [key, place] : places)
        if (place.files != files.size()) missing.push_back(dimensions_[place.dimension].name);
    if (!missing.empty())
        warnings_.push_back(
            fmt::format("not all files have the extra bytes {}: zeros stand for what is missing", listed(missing)));
    return Ok{};
}

bool Schema::differ(const Dimension& dimension, const std::byte* a, const std::byte* b) const {
    if (dimension.bits != 0) return bits_of(dimension, a) != bits_of(dimension, b);
    return !std::equal(a + dimension.at, a + dimension.at + dimension.size, b + dimension.at);
}

std::string Schema::text(const Dimension& dimension, const std::byte* record) const {
    const auto* at = record + dimension.at;
    switch (dimension.type) {
        case Type::coordinate:
            return coordinate_text(grids_[dimension.axis].scaling, wire::load_le<std::int64_t>(at));
        case Type::gps_time:
            return float_text(wire::load_le<double>(at), unsigned_at(at, 8));
        case Type::scan_angle:
            return fmt::format("{:.3f}", wire::load_le<std::int16_t>(at) * kDegreesPerStep);
        case Type::bytes:
            return hex_text(at, dimension.size);
        case Type::extra:
            return extra_text(dimension.extra, at);
        case Type::bits:
            break;
    }
    return fmt::format("{}", bits_of(dimension, record));
}

}  // namespace copse::compare
