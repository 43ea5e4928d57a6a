#include "filter/values.hpp"

#include <type_traits>

namespace copse::filter {
namespace {

using las::Dimension;

/// out[i] = value(row) for the i-th row of the block.
template <class T, class Value>
void fill(const Block& block, T* out, Value value) {
    const auto count = block.rows.size();
    if (block.is_dense()) {
        const std::size_t first = block.rows.front();
        for (std::size_t i = 0; i < count; ++i) out[i] = value(first + i);
    } else {
        for (std::size_t i = 0; i < count; ++i) out[i] = value(block.rows[i]);
    }
}

bool is_coordinate(const las::Field& field) { return field.dimension && *field.dimension <= Dimension::z; }

template <class T>
constexpr Kind kind_of() {
    if (std::is_floating_point_v<T>) return Kind::f64;
    if (std::is_same_v<T, std::uint64_t>) return Kind::u64;
    return sizeof(T) < 4 || std::is_same_v<T, std::int32_t> ? Kind::i32 : Kind::i64;
}

}  // namespace

FieldValues::FieldValues(const las::Field& field, const las::Header& header, const las::PointLayout& layout,
                         const las::ExtraSchema& extra)
    : dimension_{field.dimension} {
    if (is_coordinate(field)) {
        const auto axis = static_cast<std::size_t>(*field.dimension);
        scale_ = header.scale[axis];
        offset_ = header.offset[axis];
        kind_ = Kind::f64;
    } else if (dimension_ == Dimension::gps_time) {
        kind_ = Kind::f64;
    } else if (dimension_ == Dimension::scan_angle) {
        kind_ = las::is_extended(layout.format) ? Kind::f64 : Kind::i32;
    } else if (!dimension_) {
        extra_ = las::extra_number(extra.dimensions[static_cast<std::size_t>(field.extra_index)], field.element);
        las::visit_extra_type(extra_.type, [&](auto zero) {
            using T = decltype(zero);
            kind_ = extra_.scaled ? Kind::f64 : kind_of<T>();
            is_float_ = !extra_.scaled && std::is_same_v<T, float>;
        });
    }
}

void FieldValues::load(const Block& block, Values& out) const {
    if (dimension_)
        load_standard(block, out);
    else
        load_extra(block, out);
}

void FieldValues::load_standard(const Block& block, Values& out) const {
    const auto& points = *block.points;
    const auto column = [&](const auto& values) {
        fill(block, out.i32.data(), [from = values.data()](std::size_t row) { return std::int32_t{from[row]}; });
    };
    const auto bits = [&](const auto& values, unsigned shift, unsigned mask) {
        fill(block, out.i32.data(), [from = values.data(), shift, mask](std::size_t row) {
            return static_cast<std::int32_t>(from[row] >> shift & mask);
        });
    };
    const auto coordinate = [&](const auto& values) {
        fill(block, out.f64.data(), [from = values.data(), scale = scale_, offset = offset_](std::size_t row) {
            return from[row] * scale + offset;
        });
    };
    switch (*dimension_) {
        case Dimension::x:
            return coordinate(points.x);
        case Dimension::y:
            return coordinate(points.y);
        case Dimension::z:
            return coordinate(points.z);
        case Dimension::intensity:
            return column(points.intensity);
        case Dimension::return_number:
            return bits(points.returns, 0, 15);
        case Dimension::number_of_returns:
            return bits(points.returns, 4, 15);
        case Dimension::scan_direction_flag:
            return bits(points.flags, 4, 1);
        case Dimension::edge_of_flight_line:
            return bits(points.flags, 5, 1);
        case Dimension::classification:
            return column(points.classification);
        case Dimension::synthetic:
            return bits(points.flags, 0, 1);
        case Dimension::key_point:
            return bits(points.flags, 1, 1);
        case Dimension::withheld:
            return bits(points.flags, 2, 1);
        case Dimension::overlap:
            return bits(points.flags, 3, 1);
        case Dimension::scanner_channel:
            return column(points.channel);
        case Dimension::scan_angle:
            if (kind_ == Kind::i32) return column(points.scan_angle);
            // Units of 0.006 degrees: a division by 1000 is rounded once, a product with 0.006 twice.
            return fill(block, out.f64.data(),
                        [from = points.scan_angle.data()](std::size_t row) { return from[row] * 6 / 1000.0; });
        case Dimension::user_data:
            return column(points.user_data);
        case Dimension::point_source_id:
            return column(points.point_source_id);
        case Dimension::gps_time:
            return fill(block, out.f64.data(), [from = points.gps_time.data()](std::size_t row) { return from[row]; });
        case Dimension::red:
            return column(points.red);
        case Dimension::green:
            return column(points.green);
        case Dimension::blue:
            return column(points.blue);
        case Dimension::infrared:
            return column(points.nir);
    }
}

void FieldValues::load_extra(const Block& block, Values& out) const {
    auto& bits = out.u64;
    fill(block, bits.data(), [](std::size_t) { return std::uint64_t{0}; });
    const auto count = block.rows.size();
    for (unsigned byte = 0; byte < extra_.size; ++byte) {
        const auto* from = block.points->extra[extra_.first_byte + byte].data();
        for (std::size_t i = 0; i < count; ++i) bits[i] |= std::uint64_t{from[block.rows[i]]} << (8 * byte);
    }
    las::visit_extra_type(extra_.type, [&](auto zero) {
        using T = decltype(zero);
        for (std::size_t i = 0; i < count; ++i) {
            const auto number = las::number_of_bits<T>(bits[i]);
            if (extra_.scaled)
                out.f64[i] = static_cast<double>(number) * extra_.scale + extra_.offset;
            else if constexpr (kind_of<T>() == Kind::f64)
                out.f64[i] = number;
            else if constexpr (kind_of<T>() == Kind::i32)
                out.i32[i] = number;
            else if constexpr (kind_of<T>() == Kind::i64)
                out.i64[i] = number;
        }
    });
}

}  // namespace copse::filter
