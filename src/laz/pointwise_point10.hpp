// The item POINT10: everything that a point of format 0 has. `laz/pointwise.md` sections 3 and 8.1.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "laz/layered_coding.hpp"
#include "laz/median.hpp"
#include "laz/pointwise_item.hpp"
#include "laz/pointwise_tables.hpp"
#include "laz/wrapping.hpp"

namespace copse::laz {

/// The 20 bytes of the item. Bytes of several bit fields stay whole: so they are coded.
struct Point10 {
    std::int32_t x = 0, y = 0, z = 0;
    std::uint16_t intensity = 0;
    std::uint8_t bits = 0;        // |edge direction n2 n1 n0 r2 r1 r0|
    std::uint8_t class_byte = 0;  // |withheld key-point synthetic class4 ... class0|
    std::uint8_t rank = 0;        // of the scan angle; signed in the record, not so here
    std::uint8_t user_data = 0;
    std::uint16_t source = 0;

    [[nodiscard]] unsigned return_number() const { return bits & 7u; }
    [[nodiscard]] unsigned number_of_returns() const { return bits >> 3u & 7u; }
    [[nodiscard]] unsigned scan_direction() const { return bits >> 6u & 1u; }

    static Point10 load(const std::byte* from) {
        Point10 point;
        point.x = wire::load_le<std::int32_t>(from);
        point.y = wire::load_le<std::int32_t>(from + 4);
        point.z = wire::load_le<std::int32_t>(from + 8);
        point.intensity = wire::load_le<std::uint16_t>(from + 12);
        point.bits = wire::load_le<std::uint8_t>(from + 14);
        point.class_byte = wire::load_le<std::uint8_t>(from + 15);
        point.rank = wire::load_le<std::uint8_t>(from + 16);
        point.user_data = wire::load_le<std::uint8_t>(from + 17);
        point.source = wire::load_le<std::uint16_t>(from + 18);
        return point;
    }
    void store(std::byte* to) const {
        wire::store_le(to, x);
        wire::store_le(to + 4, y);
        wire::store_le(to + 8, z);
        wire::store_le(to + 12, intensity);
        wire::store_le(to + 14, bits);
        wire::store_le(to + 15, class_byte);
        wire::store_le(to + 16, rank);
        wire::store_le(to + 17, user_data);
        wire::store_le(to + 18, source);
    }
};

/// Codes `value` if `coded`; otherwise it is `known`, and an encoder has made sure of that.
template <class Coder, class Value, class Code>
void code_if(bool coded, Coder& coder, Value& value, const std::remove_const_t<Value>& known, Code&& code) {
    if (coded)
        code(value);
    else
        code_nothing(coder, value, known);
}

/// Version 2. What is known of a point before it is coded depends on its place among the returns of its pulse.
class Point10V2 {
public:
    using Value = Point10;

    /// Heights, intensities and medians do not learn from the first point.
    void start(const Point10& first) { last_ = first; }

    template <class Coder, class Point>
    void code(Coder& coder, Point& point) {
        std::uint32_t changed = 0;
        if constexpr (kEncodes<Coder>) changed = changes(point);
        code_symbol(coder, changed_, changed);

        code_if(changed & kBits, coder, point.bits, last_.bits,
                [&](auto& value) { code_symbol(coder, bits_.at(last_.bits), value); });
        const unsigned map = return_map(point);
        code_if(changed & kIntensity, coder, point.intensity, last_intensity_[map],
                [&](auto& value) { code_integer(coder, intensity_, value, last_intensity_[map], std::min(map, 3u)); });
        last_intensity_[map] = point.intensity;
        code_if(changed & kClass, coder, point.class_byte, last_.class_byte,
                [&](auto& value) { code_symbol(coder, class_.at(last_.class_byte), value); });
        code_if(changed & kRank, coder, point.rank, last_.rank,
                [&](auto& value) { code_byte_difference(coder, rank_[point.scan_direction()], value, last_.rank); });
        code_if(changed & kUserData, coder, point.user_data, last_.user_data,
                [&](auto& value) { code_symbol(coder, user_data_.at(last_.user_data), value); });
        code_if(changed & kSource, coder, point.source, last_.source,
                [&](auto& value) { code_integer(coder, source_, value, last_.source); });
        code_coordinates(coder, point, map);
        last_ = point;
    }

private:
    // Bits of the symbol that says which values were not as expected.
    enum : std::uint32_t {
        kSource = 1u << 0,
        kUserData = 1u << 1,
        kRank = 1u << 2,
        kClass = 1u << 3,
        kIntensity = 1u << 4,
        kBits = 1u << 5,
    };

    /// Class of a pair of number of returns (row) and return number (column).
    static unsigned return_map(const Point10& point) {
        return kReturnClasses[point.number_of_returns()][point.return_number()];
    }

    /// How many returns lie between this one and the last of its pulse.
    static unsigned return_level(const Point10& point) {
        const unsigned r = point.return_number();
        const unsigned n = point.number_of_returns();
        return n > r ? n - r : r - n;
    }

    [[nodiscard]] std::uint32_t changes(const Point10& point) const {
        const auto differs = [](unsigned a, unsigned b, std::uint32_t bit) { return a != b ? bit : 0; };
        return differs(point.bits, last_.bits, kBits) |
               differs(point.intensity, last_intensity_[return_map(point)], kIntensity) |
               differs(point.class_byte, last_.class_byte, kClass) | differs(point.rank, last_.rank, kRank) |
               differs(point.user_data, last_.user_data, kUserData) | differs(point.source, last_.source, kSource);
    }

    /// The magnitude class of a difference as context of the next number: even, and from `limit` on all the same.
    static unsigned even_up_to(unsigned k, unsigned limit) { return k < limit ? k & ~1u : limit; }

    template <class Coder, class Point>
    void code_coordinates(Coder& coder, Point& point, unsigned map) {
        const unsigned single = point.number_of_returns() == 1 ? 1 : 0;
        code_shifted(coder, x_, point.x, last_.x, x_medians_[map], single);
        code_shifted(coder, y_, point.y, last_.y, y_medians_[map], single + even_up_to(x_.k(), 20));
        std::int32_t& height = last_heights_[return_level(point)];
        code_integer(coder, z_, point.z, height, single + even_up_to((x_.k() + y_.k()) / 2, 18));
        height = point.z;
    }

    /// A coordinate as the step from the last point, which is predicted by the median of earlier steps.
    template <class Coder, class Integers, class Coordinate>
    static void code_shifted(Coder& coder, Integers& integers, Coordinate& value, std::int32_t last,
                             RunningMedian& median, unsigned context) {
        std::int32_t step = 0;
        if constexpr (kEncodes<Coder>) step = wrapping_subtract(value, last);
        code_integer(coder, integers, step, median.get(), context);
        if constexpr (!kEncodes<Coder>) value = wrapping_add(last, step);
        median.add(step);
    }

    Point10 last_;
    std::array<RunningMedian, 16> x_medians_, y_medians_;  // by return map
    std::array<std::uint16_t, 16> last_intensity_{};       // by return map
    std::array<std::int32_t, 8> last_heights_{};           // by return level

    SymbolModel<64> changed_;
    LazyModels<256, 256> bits_, class_, user_data_;  // by the last value
    IntegerCoder<16, 4> intensity_;
    std::array<SymbolModel<256>, 2> rank_;  // by scan direction
    IntegerCoder<16, 1> source_;
    IntegerCoder<32, 2> x_;
    IntegerCoder<32, 22> y_;
    IntegerCoder<32, 20> z_;
};

/// Version 1. Coordinates come first, and returns play no part.
class Point10V1 {
public:
    using Value = Point10;

    void start(const Point10& first) { last_ = first; }

    template <class Coder, class Point>
    void code(Coder& coder, Point& point) {
        const unsigned k = code_coordinates(coder, point);
        std::uint32_t changed = 0;
        if constexpr (kEncodes<Coder>) changed = changes(point);
        code_symbol(coder, changed_, changed);

        code_if(changed & kIntensity, coder, point.intensity, last_.intensity,
                [&](auto& value) { code_integer(coder, intensity_, value, last_.intensity); });
        code_if(changed & kBits, coder, point.bits, last_.bits,
                [&](auto& value) { code_symbol(coder, bits_.at(last_.bits), value); });
        code_if(changed & kClass, coder, point.class_byte, last_.class_byte,
                [&](auto& value) { code_symbol(coder, class_.at(last_.class_byte), value); });
        code_if(changed & kRank, coder, point.rank, last_.rank,
                [&](auto& value) { code_integer(coder, rank_, value, last_.rank, k < 3 ? 1 : 0); });
        code_if(changed & kUserData, coder, point.user_data, last_.user_data,
                [&](auto& value) { code_symbol(coder, user_data_.at(last_.user_data), value); });
        code_if(changed & kSource, coder, point.source, last_.source,
                [&](auto& value) { code_integer(coder, source_, value, last_.source); });
        last_ = point;
    }

private:
    // Not the order of version 2: the two highest have changed places.
    enum : std::uint32_t {
        kSource = 1u << 0,
        kUserData = 1u << 1,
        kRank = 1u << 2,
        kClass = 1u << 3,
        kBits = 1u << 4,
        kIntensity = 1u << 5,
    };

    /// The last three steps of a coordinate; their median predicts the next.
    class Steps {
    public:
        [[nodiscard]] std::int32_t median() const {
            const auto [a, b, c] = steps_;
            return std::max(std::min(a, b), std::min(std::max(a, b), c));
        }
        void add(std::int32_t step) {
            steps_[next_] = step;
            next_ = (next_ + 1) % steps_.size();
        }

    private:
        std::array<std::int32_t, 3> steps_{};
        std::size_t next_ = 0;
    };

    [[nodiscard]] std::uint32_t changes(const Point10& point) const {
        const auto differs = [](unsigned a, unsigned b, std::uint32_t bit) { return a != b ? bit : 0; };
        return differs(point.intensity, last_.intensity, kIntensity) | differs(point.bits, last_.bits, kBits) |
               differs(point.class_byte, last_.class_byte, kClass) | differs(point.rank, last_.rank, kRank) |
               differs(point.user_data, last_.user_data, kUserData) | differs(point.source, last_.source, kSource);
    }

    /// Returns the mean magnitude class of the two steps.
    template <class Coder, class Point>
    unsigned code_coordinates(Coder& coder, Point& point) {
        code_shifted(coder, x_, point.x, last_.x, x_steps_, 0);
        code_shifted(coder, y_, point.y, last_.y, y_steps_, std::min(x_.k(), 19u));
        const unsigned k = (x_.k() + y_.k()) / 2;
        code_integer(coder, z_, point.z, last_.z, std::min(k, 19u));
        return k;
    }

    template <class Coder, class Integers, class Coordinate>
    static void code_shifted(Coder& coder, Integers& integers, Coordinate& value, std::int32_t last, Steps& steps,
                             unsigned context) {
        std::int32_t step = 0;
        if constexpr (kEncodes<Coder>) step = wrapping_subtract(value, last);
        code_integer(coder, integers, step, steps.median(), context);
        if constexpr (!kEncodes<Coder>) value = wrapping_add(last, step);
        steps.add(step);
    }

    Point10 last_;
    Steps x_steps_, y_steps_;

    IntegerCoder<32, 1> x_;
    IntegerCoder<32, 20> y_, z_;
    SymbolModel<64> changed_;
    IntegerCoder<16, 1> intensity_;
    LazyModels<256, 256> bits_, class_, user_data_;  // by the last value
    IntegerCoder<8, 2> rank_;
    IntegerCoder<16, 1> source_;
};

}  // namespace copse::laz
