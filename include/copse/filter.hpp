// Which points are wanted, besides boxes and times: polygons, and expressions over attributes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "copse/las.hpp"
#include "copse/wire.hpp"

namespace copse::filter {

/// How a rectangle lies to an area.
enum class Relation : std::uint8_t { outside, inside, crossing };

/// An area of one or more polygons with holes. Closed: points on an outer ring or on the ring of a hole belong to it.
/// What lies inside a ring is told by the even-odd rule, so rings may cross themselves. A hole takes its inside away,
/// without its ring. Immutable; copies share their rings. All calls may be made from several threads at once.
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
    /// POLYGON and MULTIPOLYGON of WKT, in any case; Z and M are read and left out. EMPTY and EWKT's "SRID=...;" are
    /// errors. `at` of an error is the position in the text.
    static Result<Polygon> from_wkt(std::string_view text);
    /// The parts that `from_wkt` makes a polygon of, for who changes them first.
    static Result<std::vector<Part>> parts_from_wkt(std::string_view text);

    /// Exact: the sign of each orientation is that of real arithmetic on the doubles given. Where parts overlap, a
    /// point inside any of them is inside; a hole takes away only from its own part. NaN is outside. Cost: one look
    /// into a picture of the area; near a ring, the edges that cross a narrow band of y.
    [[nodiscard]] bool contains(double x, double y) const;
    /// For leaving out and taking whole nodes. `outside` and `inside` are certain; `crossing` may also be said where it
    /// is neither. @param min, max corners of the closed rectangle
    [[nodiscard]] Relation relation(Position min, Position max) const;
    /// The smallest rectangle around all parts.
    [[nodiscard]] Position min() const;
    [[nodiscard]] Position max() const;

private:
    struct Data;
    explicit Polygon(std::shared_ptr<const Data> data) : data_{std::move(data)} {}
    std::shared_ptr<const Data> data_;
};

/// A condition on the attributes of a point, e.g. `Classification == 2 && Intensity > 100`.
///
///   or          A or B, A || B
///   and         A and B, A && B         binds tighter than or
///   not         not A, ! A              binds tighter than and; stands for all of a comparison
///   comparison  == != < <= > >=         of a name and a number, either way round, or of two names
///   list        in (2, 9), not in (7)   the name equals one of the numbers
///   name alone  Withheld                is not 0
///   ( )
///
/// Words in any case. Names are those of the dimensions (see `las::fields_of`), case-sensitive, extra bytes too; names
/// with other characters than letters, digits and '_', and such as are words, stand in double quotes (two quotes in it
/// stand for one). Numbers are decimal: `-2`, `2.5`, `.5`, `1e3`. X, Y, Z and scaled extra dimensions are compared with
/// scale and offset applied (raw * scale + offset in two rounded operations), ScanAngle in degrees, GpsTime as stored.
/// Integers are compared exactly with any number and any other dimension, not as doubles. With what is a double (a
/// float), a number is compared as the nearest double (float): as one reads what `copse query` prints, but for X, Y and
/// Z, which may lie next to the double that their decimals give. NaN compares as in C++: unequal to all, and neither
/// less nor greater.
class Expression {
public:
    struct Node;  ///< of the tree; not for users
    /// Errors (bad_value, `at` is the position in the text): not an expression; a name that is no dimension of these
    /// points (`what` is las::kUnknownField, `at` where the name begins); nested more than 100 deep.
    static Result<Expression> parse(std::string_view text, const las::Header& header, const las::PointLayout& layout,
                                    const las::ExtraSchema& extra);
    /// Columns that must be decoded to know.
    [[nodiscard]] las::ColumnSet columns() const;
    /// Keeps, of ascending rows of `points`, those for which the condition holds. @pre points has `columns()`
    void keep_matching(const las::Points& points, std::vector<std::uint32_t>& rows) const;

private:
    Expression(std::shared_ptr<const Node> root, las::ColumnSet columns) : root_{std::move(root)}, columns_{columns} {}
    std::shared_ptr<const Node> root_;
    las::ColumnSet columns_;
};

}  // namespace copse::filter
