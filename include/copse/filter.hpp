// Which points are wanted, besides boxes and times: polygons, and expressions over attributes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "copse/las.hpp"
#include "copse/wire.hpp"

namespace copse::filter {

/// How a rectangle lies to an area.
enum class Relation : std::uint8_t { outside, inside, crossing };

/// An area of one or more polygons with holes. Closed: points on an outer ring or on the ring of a hole belong to it.
/// Immutable; copies share their rings.
class Polygon {
public:
    struct Position {
        double x = 0, y = 0;
        friend bool operator==(const Position&, const Position&) = default;
    };
    using Ring = std::vector<Position>;  ///< first and last position may be equal or not; either direction
    struct Part {
        Ring outer;
        std::vector<Ring> holes;
    };

    /// Errors (bad_value): no part; a ring of fewer than three different positions; a coordinate that is not finite.
    static Result<Polygon> from_parts(std::vector<Part> parts);
    /// POLYGON and MULTIPOLYGON of WKT, in any case; Z and M are read and left out. `at` of an error is the position in
    /// the text.
    static Result<Polygon> from_wkt(std::string_view text);

    /// Exact: the sign of each orientation is that of real arithmetic on the doubles given. Where parts overlap, a
    /// point inside any of them is inside; a hole takes away only from its own part. Cost: the edges that cross a
    /// narrow band of y.
    [[nodiscard]] bool contains(double x, double y) const;
    /// For leaving out and taking whole nodes. `outside` and `inside` are certain; `crossing` may also be said where it
    /// is neither. @param min, max corners of the closed rectangle
    [[nodiscard]] Relation relation(Position min, Position max) const;
    /// The smallest rectangle around all parts.
    [[nodiscard]] Position min() const;
    [[nodiscard]] Position max() const;

private:
    struct Data;
    std::shared_ptr<const Data> data_;
};

/// A condition on the attributes of a point, e.g. `Classification == 2 && Intensity > 100`.
///
/// Names are those of the dimensions (see `las::fields_of`), with extra bytes by name; names with other characters than
/// letters, digits and '_' stand in double quotes. Numbers; == != < <= > >=, `in (2, 9)`; && || ! and, or, not;
/// parentheses. X, Y, Z and scaled extra dimensions are compared with scale and offset applied (raw * scale + offset in
/// two rounded operations), ScanAngle in degrees, GpsTime as stored. Integers of 64 bits are compared exactly, not as
/// doubles. NaN compares as in C++.
class Expression {
public:
    /// Errors (bad_value, `at` is the position in the text): not an expression; a name that is no dimension of these
    /// points; nested more than 100 deep.
    static Result<Expression> parse(std::string_view text, const las::Header& header, const las::PointLayout& layout,
                                    const las::ExtraSchema& extra);
    /// Columns that must be decoded to know.
    [[nodiscard]] las::ColumnSet columns() const;
    /// Keeps, of ascending rows of `points`, those for which the condition holds. @pre points has `columns()`
    void keep_matching(const las::Points& points, std::vector<std::uint32_t>& rows) const;

private:
    struct Node;
    std::shared_ptr<const Node> root_;
    las::ColumnSet columns_;
};

}  // namespace copse::filter
