#include "ept/record_format.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace copse::ept {
namespace {

constexpr std::size_t kNameBytes = 32;
constexpr std::uint8_t kHasScale = 8, kHasOffset = 16;  // options of an Extra Bytes descriptor
constexpr double kDegreesPerStep = 0.006;

/// Names of PDAL, which are those of EPT, with what older versions called some of them.
const std::map<std::string, Field, std::less<>>& standard_names() {
    static const std::map<std::string, Field, std::less<>> names{
        {"X", Field::x},
        {"Y", Field::y},
        {"Z", Field::z},
        {"Intensity", Field::intensity},
        {"ReturnNumber", Field::return_number},
        {"NumberOfReturns", Field::number_of_returns},
        {"ScanDirectionFlag", Field::scan_direction_flag},
        {"EdgeOfFlightLine", Field::edge_of_flight_line},
        {"Classification", Field::classification},
        {"ClassFlags", Field::class_flags},
        {"Synthetic", Field::synthetic},
        {"KeyPoint", Field::key_point},
        {"Withheld", Field::withheld},
        {"Overlap", Field::overlap},
        {"ScanChannel", Field::scanner_channel},
        {"ScannerChannel", Field::scanner_channel},
        {"ScanAngleRank", Field::scan_angle},
        {"ScanAngle", Field::scan_angle},
        {"UserData", Field::user_data},
        {"PointSourceId", Field::point_source_id},
        {"GpsTime", Field::gps_time},
        {"Red", Field::red},
        {"Green", Field::green},
        {"Blue", Field::blue},
        {"Infrared", Field::infrared},
    };
    return names;
}

Field field_of(const std::string& name) {
    const auto found = standard_names().find(name);
    return found == standard_names().end() ? Field::extra : found->second;
}

bool is_coordinate(Field field) { return field <= Field::z; }

/// The type of an Extra Bytes descriptor.
std::uint8_t extra_type(const Dimension& dimension) {
    const std::uint8_t doubled = dimension.size == 1 ? 1 : dimension.size == 2 ? 3 : dimension.size == 4 ? 5 : 7;
    switch (dimension.kind) {
        case NumberKind::unsigned_integer:
            return doubled;
        case NumberKind::signed_integer:
            return static_cast<std::uint8_t>(doubled + 1);
        case NumberKind::floating:
            break;
    }
    return dimension.size == 4 ? 9 : 10;
}

las::ExtraDimension extra_dimension(const Dimension& dimension, std::uint16_t at) {
    las::ExtraDimension extra;
    extra.name = dimension.name.substr(0, kNameBytes);
    extra.type = extra_type(dimension);
    extra.size = dimension.size;
    extra.byte_offset = at;
    if (dimension.scale) extra.options |= kHasScale;
    if (dimension.offset) extra.options |= kHasOffset;
    extra.scale[0] = dimension.scale.value_or(1);
    extra.offset[0] = dimension.offset.value_or(0);
    return extra;
}

/// Scales are for coordinates and for what becomes extra bytes, which keep them.
bool is_scaled(const Dimension& dimension) {
    return dimension.scale.value_or(1) != 1 || dimension.offset.value_or(0) != 0;
}

Status add_standard(const Dimension& dimension, Field field, RecordFormat& out) {
    if (!is_coordinate(field)) {
        if (is_scaled(dimension))
            return Error{Code::unsupported, 0, "a dimension of LAS other than X, Y, Z has a scale or offset"};
        return Ok{};
    }
    if (dimension.kind == NumberKind::floating)
        return Error{Code::unsupported, 0, "X, Y and Z must be stored as scaled integers, not floating point numbers"};
    const auto axis = static_cast<std::size_t>(field);
    out.scale[axis] = dimension.scale.value_or(1);
    out.offset[axis] = dimension.offset.value_or(0);
    return Ok{};
}

Status add_extra(const Dimension& dimension, std::uint64_t& extra_bytes, RecordFormat& out) {
    if (dimension.name.size() > kNameBytes)
        out.warnings.push_back("the name of dimension \"" + dimension.name + "\" is cut to 32 bytes");
    if (extra_bytes + dimension.size > 0xffff)
        return Error{Code::limit_exceeded, 0, "the dimensions of a point are too many for a LAS record"};
    out.extra.dimensions.push_back(extra_dimension(dimension, static_cast<std::uint16_t>(extra_bytes)));
    extra_bytes += dimension.size;
    return Ok{};
}

// ---- values -------------------------------------------------------------------------------------------------------

constexpr const char* kDoesNotFit = "the value does not fit into its field of a LAS point";

/// The records of one dimension.
struct Cells {
    const std::byte* first;
    std::size_t stride;
    std::size_t count;
    FileOffset at;  ///< of the first
};

/// Calls use(row, value) with values of the type in which they are stored, until it says false: that is the error.
template <class T, class Use>
Status for_each_stored(const Cells& cells, Use& use) {
    for (std::size_t row = 0; row < cells.count; ++row)
        if (!use(row, wire::load_le<T>(cells.first + row * cells.stride)))
            return Error{Code::bad_value, cells.at + row * cells.stride, kDoesNotFit};
    return Ok{};
}

template <class Use>
Status for_each_value(const Dimension& dimension, const Cells& cells, Use use) {
    switch (extra_type(dimension)) {
        case 1:
            return for_each_stored<std::uint8_t>(cells, use);
        case 2:
            return for_each_stored<std::int8_t>(cells, use);
        case 3:
            return for_each_stored<std::uint16_t>(cells, use);
        case 4:
            return for_each_stored<std::int16_t>(cells, use);
        case 5:
            return for_each_stored<std::uint32_t>(cells, use);
        case 6:
            return for_each_stored<std::int32_t>(cells, use);
        case 7:
            return for_each_stored<std::uint64_t>(cells, use);
        case 8:
            return for_each_stored<std::int64_t>(cells, use);
        case 9:
            return for_each_stored<float>(cells, use);
        default:
            return for_each_stored<double>(cells, use);
    }
}

/// Whether the stored value is a whole number from `least` to `most`, which both are below 2^53.
template <class T>
bool is_within(T value, std::int64_t least, std::int64_t most) {
    if constexpr (std::is_floating_point_v<T>) {
        // Written so that NaN fails.
        const double number = value;
        return number >= static_cast<double>(least) && number <= static_cast<double>(most) &&
               std::trunc(number) == number;
    } else {
        return std::cmp_greater_equal(value, least) && std::cmp_less_equal(value, most);
    }
}

/// Values from `least` to `most`, each given to set(row, value).
template <class Set>
Status store_whole(const Dimension& dimension, const Cells& cells, std::int64_t least, std::int64_t most, Set set) {
    return for_each_value(dimension, cells, [&](std::size_t row, auto value) {
        if (!is_within(value, least, most)) return false;
        set(row, static_cast<std::int64_t>(value));
        return true;
    });
}

template <class T>
Status store_column(const Dimension& dimension, const Cells& cells, std::size_t first, las::Column<T>& column) {
    using Limits = std::numeric_limits<T>;
    auto* to = column.data() + first;
    return store_whole(dimension, cells, Limits::min(), Limits::max(),
                       [to](std::size_t row, std::int64_t value) { to[row] = static_cast<T>(value); });
}

/// Values of `bits` bits, or-ed into bytes that are zero there.
Status store_bits(const Dimension& dimension, const Cells& cells, std::size_t first, unsigned shift, unsigned bits,
                  las::Column<std::uint8_t>& column) {
    auto* to = column.data() + first;
    return store_whole(dimension, cells, 0, (std::int64_t{1} << bits) - 1, [to, shift](std::size_t row, auto value) {
        to[row] = static_cast<std::uint8_t>(to[row] | value << shift);
    });
}

/// Degrees, as PDAL has them: whole ranks of formats 0 to 5 and multiples of 0.006 of the others come out as they were.
Status store_scan_angle(const Dimension& dimension, const Cells& cells, std::int16_t* to) {
    constexpr double kMostDegrees = 180;
    return for_each_value(dimension, cells, [to](std::size_t row, auto value) {
        const auto degrees = static_cast<double>(value);
        if (!(std::abs(degrees) <= kMostDegrees)) return false;
        to[row] = static_cast<std::int16_t>(std::lround(degrees / kDegreesPerStep));
        return true;
    });
}

Status store_gps_time(const Dimension& dimension, const Cells& cells, double* to) {
    constexpr std::int64_t kMostExact = std::int64_t{1} << 53;
    return for_each_value(dimension, cells, [to](std::size_t row, auto value) {
        if constexpr (std::is_integral_v<decltype(value)>)
            if (!is_within(value, -kMostExact, kMostExact)) return false;
        to[row] = static_cast<double>(value);
        return true;
    });
}

void store_extra(const RecordField& field, const Cells& cells, std::size_t first, las::Points& out) {
    for (std::size_t byte = 0; byte < field.dimension.size; ++byte) {
        auto* to = out.extra[field.extra_byte + byte].data() + first;
        const auto* from = cells.first + byte;
        for (std::size_t row = 0; row < cells.count; ++row)
            to[row] = std::to_integer<std::uint8_t>(from[row * cells.stride]);
    }
}

Status store(const RecordField& field, const Cells& cells, std::size_t first, las::Points& out) {
    const auto& dimension = field.dimension;
    const auto bits = [&](unsigned shift, unsigned count, las::Column<std::uint8_t>& column) {
        return store_bits(dimension, cells, first, shift, count, column);
    };
    switch (field.field) {
        case Field::x:
            return store_column(dimension, cells, first, out.x);
        case Field::y:
            return store_column(dimension, cells, first, out.y);
        case Field::z:
            return store_column(dimension, cells, first, out.z);
        case Field::intensity:
            return store_column(dimension, cells, first, out.intensity);
        case Field::return_number:
            return bits(0, 4, out.returns);
        case Field::number_of_returns:
            return bits(4, 4, out.returns);
        case Field::scan_direction_flag:
            return bits(4, 1, out.flags);
        case Field::edge_of_flight_line:
            return bits(5, 1, out.flags);
        case Field::classification:
            return store_column(dimension, cells, first, out.classification);
        case Field::class_flags:
            return bits(0, 4, out.flags);
        case Field::synthetic:
            return bits(0, 1, out.flags);
        case Field::key_point:
            return bits(1, 1, out.flags);
        case Field::withheld:
            return bits(2, 1, out.flags);
        case Field::overlap:
            return bits(3, 1, out.flags);
        case Field::scanner_channel:
            return bits(0, 2, out.channel);
        case Field::scan_angle:
            return store_scan_angle(dimension, cells, out.scan_angle.data() + first);
        case Field::user_data:
            return store_column(dimension, cells, first, out.user_data);
        case Field::point_source_id:
            return store_column(dimension, cells, first, out.point_source_id);
        case Field::gps_time:
            return store_gps_time(dimension, cells, out.gps_time.data() + first);
        case Field::red:
            return store_column(dimension, cells, first, out.red);
        case Field::green:
            return store_column(dimension, cells, first, out.green);
        case Field::blue:
            return store_column(dimension, cells, first, out.blue);
        case Field::infrared:
            return store_column(dimension, cells, first, out.nir);
        case Field::extra:
            break;
    }
    store_extra(field, cells, first, out);
    return Ok{};
}

}  // namespace

Result<RecordFormat> plan_records(std::span<const Dimension> schema) {
    RecordFormat format;
    std::uint64_t extra_bytes = 0;
    std::uint32_t found = 0;
    for (const auto& dimension : schema) {
        const auto field = field_of(dimension.name);
        format.fields.push_back({field, dimension, format.record_size, static_cast<std::uint16_t>(extra_bytes)});
        format.record_size += dimension.size;
        const auto good =
            field == Field::extra ? add_extra(dimension, extra_bytes, format) : add_standard(dimension, field, format);
        if (!good) return good.error();
        // Two names of one field: their values could contradict each other.
        const auto bit = field == Field::extra ? 0u : 1u << static_cast<unsigned>(field);
        if ((found & bit) != 0) return Error{Code::bad_value, 0, "two dimensions of the schema mean the same"};
        found |= bit;
    }
    const auto has = [&](Field field) { return (found >> static_cast<unsigned>(field) & 1u) != 0; };
    if (!has(Field::x) || !has(Field::y) || !has(Field::z))
        return Error{Code::bad_value, 0, "the schema must have X, Y and Z"};

    const bool has_colour = has(Field::red) || has(Field::green) || has(Field::blue);
    format.layout.format = has(Field::infrared) ? 8 : has_colour ? 7 : 6;
    const auto length = las::base_record_length(format.layout.format) + extra_bytes;
    if (length > 0xffff)
        return Error{Code::limit_exceeded, 0, "the dimensions of a point are too many for a LAS record"};
    format.layout.record_length = static_cast<std::uint16_t>(length);
    return format;
}

Status append_records(const RecordFormat& format, ByteView records, FileOffset at, las::Points& out) {
    assert(out.layout == format.layout && records.size() % format.record_size == 0);
    const auto first = out.size();
    const auto count = records.size() / format.record_size;
    out.resize(first + count);
    las::for_each_column(out, [&](auto& column) {
        std::fill(column.begin() + static_cast<std::ptrdiff_t>(first), column.end(),
                  typename std::decay_t<decltype(column)>::value_type{});
    });
    for (const auto& field : format.fields) {
        const Cells cells{records.data() + field.at, format.record_size, count, at + field.at};
        if (const auto good = store(field, cells, first, out); !good) return good;
    }
    return Ok{};
}

}  // namespace copse::ept
