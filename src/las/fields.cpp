#include <algorithm>
#include <array>
#include <cassert>
#include <string>

#include "copse/las.hpp"

namespace copse::las {
namespace {

bool always(std::uint8_t) { return true; }

struct Standard {
    const char* name;
    Dimension dimension;
    std::uint32_t columns;
    bool (*in_format)(std::uint8_t);
};

constexpr std::array kStandard{
    Standard{"X", Dimension::x, 0, always},
    Standard{"Y", Dimension::y, 0, always},
    Standard{"Z", Dimension::z, ColumnSet::z, always},
    Standard{"Intensity", Dimension::intensity, ColumnSet::intensity, always},
    Standard{"ReturnNumber", Dimension::return_number, 0, always},
    Standard{"NumberOfReturns", Dimension::number_of_returns, 0, always},
    Standard{"ScanDirectionFlag", Dimension::scan_direction_flag, ColumnSet::flags, always},
    Standard{"EdgeOfFlightLine", Dimension::edge_of_flight_line, ColumnSet::flags, always},
    Standard{"Classification", Dimension::classification, ColumnSet::classification, always},
    Standard{"Synthetic", Dimension::synthetic, ColumnSet::flags, always},
    Standard{"KeyPoint", Dimension::key_point, ColumnSet::flags, always},
    Standard{"Withheld", Dimension::withheld, ColumnSet::flags, always},
    Standard{"Overlap", Dimension::overlap, ColumnSet::flags, is_extended},
    Standard{"ScannerChannel", Dimension::scanner_channel, 0, is_extended},
    Standard{"ScanAngle", Dimension::scan_angle, ColumnSet::scan_angle, always},
    Standard{"UserData", Dimension::user_data, ColumnSet::user_data, always},
    Standard{"PointSourceId", Dimension::point_source_id, ColumnSet::point_source_id, always},
    Standard{"GpsTime", Dimension::gps_time, ColumnSet::gps_time, has_gps_time},
    Standard{"Red", Dimension::red, ColumnSet::rgb, has_rgb},
    Standard{"Green", Dimension::green, ColumnSet::rgb, has_rgb},
    Standard{"Blue", Dimension::blue, ColumnSet::rgb, has_rgb},
    Standard{"Infrared", Dimension::infrared, ColumnSet::nir, has_nir},
};

/// Elements of an extra dimension's value: 1 of a scalar, 2 or 3 of an array, all bytes of an undocumented one.
unsigned element_count(const ExtraDimension& dimension) {
    return dimension.type == 0 ? dimension.size : (dimension.type - 1u) / 10 + 1;
}

/// Fields of the extra dimensions under the names that they have in a file of ours, where arrays are taken apart.
void append_extra_fields(const ExtraSchema& extra, std::vector<Field>& fields) {
    const auto scalars = normalised(extra).dimensions;
    std::size_t scalar = 0;
    for (std::size_t i = 0; i < extra.dimensions.size(); ++i) {
        const auto count = element_count(extra.dimensions[i]);
        for (unsigned element = 0; element < count; ++element, ++scalar) {
            assert(scalar < scalars.size());
            Field field{scalars[scalar].name, {}, std::nullopt, static_cast<int>(i), element};
            for (unsigned byte = 0; byte < scalars[scalar].size; ++byte)
                field.columns.extra |= std::uint64_t{1} << std::min(scalars[scalar].byte_offset + byte, 63u);
            fields.push_back(std::move(field));
        }
    }
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

struct ListItem {
    std::string name;
    std::size_t at = 0;  ///< in the list
};

/// Takes the list apart at its commas. A name in double quotes, as in the header line of a CSV file, may hold anything;
/// two quotes in it stand for one.
Result<std::vector<ListItem>> split_list(std::string_view list) {
    std::vector<ListItem> items;
    std::size_t at = 0;
    for (;;) {
        while (at < list.size() && list[at] == ' ') ++at;
        ListItem item{{}, at};
        if (at < list.size() && list[at] == '"') {
            for (++at;; ++at) {
                if (at >= list.size())
                    return Error{Code::bad_value, item.at, "a quoted field name has no closing quote"};
                if (list[at] == '"' && (at + 1 == list.size() || list[at + 1] != '"')) break;
                if (list[at] == '"') ++at;
                item.name.push_back(list[at]);
            }
            ++at;
            while (at < list.size() && list[at] == ' ') ++at;
            if (at < list.size() && list[at] != ',')
                return Error{Code::bad_value, at, "a comma is missing between two field names"};
        } else {
            const auto end = std::min(list.find(',', at), list.size());
            item.name = trimmed(list.substr(at, end - at));
            at = end;
        }
        items.push_back(std::move(item));
        if (at >= list.size()) return items;
        ++at;
    }
}

}  // namespace

std::vector<Field> fields_of(const PointLayout& layout, const ExtraSchema& extra) {
    std::vector<Field> fields;
    for (const auto& standard : kStandard)
        if (standard.in_format(layout.format))
            fields.push_back({standard.name, {standard.columns, 0}, standard.dimension, -1, 0});
    append_extra_fields(extra, fields);
    return fields;
}

Result<std::vector<Field>> parse_fields(std::string_view list, const PointLayout& layout, const ExtraSchema& extra) {
    const auto items = split_list(list);
    if (!items) return items.error();

    const auto known = fields_of(layout, extra);
    std::vector<Field> fields;
    for (const auto& item : *items) {
        const auto found =
            std::find_if(known.begin(), known.end(), [&](const Field& field) { return field.name == item.name; });
        if (found == known.end()) return Error{Code::bad_value, item.at, kUnknownField};
        fields.push_back(*found);
    }
    return fields;
}

ColumnSet columns_of(std::span<const Field> fields) {
    ColumnSet columns;
    for (const auto& field : fields) columns = columns | field.columns;
    return columns;
}

ExtraNumber extra_number(const ExtraDimension& dimension, unsigned element) {
    assert(element < element_count(dimension));
    ExtraNumber number;
    number.type = dimension.type == 0 ? 1 : (dimension.type - 1u) % 10 + 1;
    number.size = visit_extra_type(number.type, [](auto zero) { return static_cast<unsigned>(sizeof zero); });
    number.first_byte = dimension.byte_offset + element * number.size;
    number.scaled = dimension.has_scale() || dimension.has_offset();
    if (dimension.has_scale()) number.scale = dimension.scale[element];
    if (dimension.has_offset()) number.offset = dimension.offset[element];
    return number;
}

}  // namespace copse::las
