#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>

#include "copse/filter.hpp"
#include "filter/orientation.hpp"

namespace copse::filter {
namespace {

using Position = Polygon::Position;
using Ring = Polygon::Ring;
using Part = Polygon::Part;

// ---- a slow answer: every edge of every ring, exact by the long sum
// ---------------------------------------------------

bool lies_on(Position a, Position b, Position p) {
    return p.x >= std::min(a.x, b.x) && p.x <= std::max(a.x, b.x) && p.y >= std::min(a.y, b.y) &&
           p.y <= std::max(a.y, b.y) && summed_orientation(a, b, p) == 0;
}

bool on_ring(const Ring& ring, Position p) {
    for (std::size_t i = 0; i < ring.size(); ++i)
        if (lies_on(ring[i], ring[(i + 1) % ring.size()], p)) return true;
    return false;
}

/// Counts the edges below the position, where `Polygon` counts those to the right.
bool in_ring(const Ring& ring, Position p) {
    bool odd = false;
    for (std::size_t i = 0; i < ring.size(); ++i) {
        auto a = ring[i], b = ring[(i + 1) % ring.size()];
        if (a.x > b.x) std::swap(a, b);
        if (a.x <= p.x && p.x < b.x && summed_orientation(a, b, p) > 0) odd = !odd;
    }
    return odd;
}

bool in_part(const Part& part, Position p) {
    if (!on_ring(part.outer, p) && !in_ring(part.outer, p)) return false;
    return std::none_of(part.holes.begin(), part.holes.end(),
                        [&](const Ring& hole) { return !on_ring(hole, p) && in_ring(hole, p); });
}

bool in_any(const std::vector<Part>& parts, Position p) {
    return std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return in_part(part, p); });
}

bool edge_meets(const Ring& ring, Position min, Position max) {
    // A segment meets a rectangle if it meets one of its sides or an end lies in it.
    const auto inside = [&](Position p) { return p.x >= min.x && p.x <= max.x && p.y >= min.y && p.y <= max.y; };
    const Ring corners{min, {max.x, min.y}, max, {min.x, max.y}};
    for (std::size_t i = 0; i < ring.size(); ++i) {
        const auto a = ring[i], b = ring[(i + 1) % ring.size()];
        if (std::max(a.x, b.x) < min.x || std::min(a.x, b.x) > max.x || std::max(a.y, b.y) < min.y ||
            std::min(a.y, b.y) > max.y)
            continue;
        if (inside(a) || inside(b)) return true;
        for (std::size_t k = 0; k < 4; ++k) {
            const auto c = corners[k], d = corners[(k + 1) % 4];
            if (lies_on(a, b, c) || lies_on(a, b, d) || lies_on(c, d, a)) return true;
            if (summed_orientation(a, b, c) * summed_orientation(a, b, d) < 0 &&
                summed_orientation(c, d, a) * summed_orientation(c, d, b) < 0)
                return true;
        }
    }
    return false;
}

Relation slow_relation(const std::vector<Part>& parts, Position min, Position max) {
    // Where no outer ring is near, it does not matter that a hole reaches out so far.
    double low_x = INFINITY, low_y = INFINITY, high_x = -INFINITY, high_y = -INFINITY;
    for (const auto& part : parts)
        for (const auto p : part.outer) {
            low_x = std::min(low_x, p.x), low_y = std::min(low_y, p.y);
            high_x = std::max(high_x, p.x), high_y = std::max(high_y, p.y);
        }
    min = {std::max(min.x, low_x), std::max(min.y, low_y)};
    max = {std::min(max.x, high_x), std::min(max.y, high_y)};
    if (min.x > max.x || min.y > max.y) return Relation::outside;
    for (const auto& part : parts) {
        if (edge_meets(part.outer, min, max)) return Relation::crossing;
        for (const auto& hole : part.holes)
            if (edge_meets(hole, min, max)) return Relation::crossing;
    }
    return in_any(parts, min) ? Relation::inside : Relation::outside;
}

// ---- areas
// ------------------------------------------------------------------------------------------------------------

using Random = std::mt19937;

/// Vertices anywhere on a small grid: rings cross themselves, touch, repeat positions and run along each other.
std::vector<Part> tangled_parts(Random& random, int grid) {
    const auto ring = [&] {
        for (;;) {
            Ring made(3 + random() % 8);
            for (auto& p : made)
                p = {static_cast<double>(random() % static_cast<unsigned>(grid)),
                     static_cast<double>(random() % static_cast<unsigned>(grid))};
            if (Polygon::from_parts({{made, {}}})) return made;
        }
    };
    std::vector<Part> parts(1 + random() % 3);
    for (auto& part : parts) {
        part.outer = ring();
        for (auto holes = random() % 3; holes > 0; --holes) part.holes.push_back(ring());
    }
    return parts;
}

/// A ring around a centre that does not cross itself.
Ring star(Random& random, Position centre, double radius, std::size_t vertices) {
    std::uniform_real_distribution<double> share{0.6, 1};
    Ring ring;
    for (std::size_t i = 0; i < vertices; ++i) {
        const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(vertices);
        const double r = radius * share(random);
        ring.push_back({centre.x + r * std::cos(angle), centre.y + r * std::sin(angle)});
    }
    return ring;
}

Ring moved(Ring ring, double scale, Position by) {
    for (auto& p : ring) p = {p.x * scale + by.x, p.y * scale + by.y};
    return ring;
}
std::vector<Part> moved(std::vector<Part> parts, double scale, Position by) {
    for (auto& part : parts) {
        part.outer = moved(part.outer, scale, by);
        for (auto& hole : part.holes) hole = moved(hole, scale, by);
    }
    return parts;
}

Polygon polygon_of(std::vector<Part> parts) { return Polygon::from_parts(std::move(parts)).value(); }

// ---- contains
// -----------------------------------------------------------------------------------------------------------

TEST(Polygon, HasItsBoundaryAndTheBoundariesOfItsHoles) {
    const auto area = polygon_of({{{{0, 0}, {10, 0}, {10, 10}, {0, 10}}, {{{4, 4}, {6, 4}, {6, 6}, {4, 6}, {4, 4}}}}});
    for (const auto p :
         Ring{{0, 0}, {10, 10}, {0, 10}, {5, 0}, {10, 3}, {7, 10}, {1, 1}, {4, 4}, {5, 4}, {6, 5}, {6, 6}})
        EXPECT_TRUE(area.contains(p.x, p.y)) << p.x << ' ' << p.y;
    for (const auto p : Ring{{-1, 0}, {11, 10}, {5, -1}, {5, 5}, {4.5, 5.5}})
        EXPECT_FALSE(area.contains(p.x, p.y)) << p.x << ' ' << p.y;
    EXPECT_EQ(area.min(), (Position{0, 0}));
    EXPECT_EQ(area.max(), (Position{10, 10}));
}

TEST(Polygon, DecidesAtTheLastBitOfACoordinate) {
    const auto triangle = polygon_of({{{{0, 0}, {1, 3}, {2, 0}}, {}}});
    // The edge from (0, 0) to (1, 3) at x = 1/3: no double is on it there, so the two next to it are on its two sides.
    const double third = 1.0 / 3.0;
    EXPECT_FALSE(triangle.contains(third, 1)) << "1/3 is rounded down";
    EXPECT_TRUE(triangle.contains(std::nextafter(third, 1), 1));
    EXPECT_TRUE(triangle.contains(0.5, 1.5));
    EXPECT_FALSE(triangle.contains(0.5, std::nextafter(1.5, 2)));
}

TEST(Polygon, AnswersAsAllItsEdgesOnATangledGrid) {
    Random random{11};
    for (int i = 0; i < 1500; ++i) {
        const int grid = 3 + static_cast<int>(random() % 7);
        const auto parts = tangled_parts(random, grid);
        const auto area = polygon_of(parts);
        // Half steps too: on edges, between vertices, beside all of it.
        for (double x = -1; x <= grid; x += 0.5)
            for (double y = -1; y <= grid; y += 0.5)
                ASSERT_EQ(area.contains(x, y), in_any(parts, {x, y})) << i << ": " << x << ' ' << y;
    }
}

TEST(Polygon, AnswersAsAllItsEdgesInSurveyCoordinates) {
    Random random{12};
    for (int i = 0; i < 60; ++i) {
        // Coordinates as a reader computes them: raw * 0.001 + offset, in two rounded operations.
        const Position origin{637'000, 5'100'000};
        auto snapped = [&](Position p) {
            return Position{std::round(p.x) * 0.001 + origin.x, std::round(p.y) * 0.001 + origin.y};
        };
        Part part{star(random, {0, 0}, 3000, 5 + random() % 40), {star(random, {0, 0}, 1500, 3 + random() % 20)}};
        for (auto& p : part.outer) p = snapped(p);
        for (auto& p : part.holes[0]) p = snapped(p);
        const std::vector parts{part};
        const auto area = polygon_of(parts);
        std::uniform_real_distribution<double> place{-3100, 3100};
        for (int k = 0; k < 2000; ++k) {
            // Anywhere, and beside a position on an edge.
            Position p = snapped({place(random), place(random)});
            if (k % 2 == 0) {
                const auto& ring = k % 4 == 0 ? part.outer : part.holes[0];
                const auto at = random() % ring.size();
                const auto a = ring[at], b = ring[(at + 1) % ring.size()];
                const double along = static_cast<double>(random() % 9) / 8;
                p = {a.x + (b.x - a.x) * along, a.y + (b.y - a.y) * along};
                if (k % 8 == 0) p.x = std::nextafter(p.x, k % 16 == 0 ? 0 : 1e9);
            }
            ASSERT_EQ(area.contains(p.x, p.y), in_any(parts, p)) << i << ": " << p.x << ' ' << p.y;
        }
        for (const auto p : part.outer) ASSERT_TRUE(area.contains(p.x, p.y));
        for (const auto p : part.holes[0]) ASSERT_TRUE(area.contains(p.x, p.y));
    }
}

TEST(Polygon, AnswersAsAllItsEdgesWhateverTheSizeOfItsNumbers) {
    Random random{13};
    struct Frame {
        double scale;
        Position by;
    };
    const Frame frames[]{{1e300, {-3e300, -3e300}}, {2e307, {-8e307, -8e307}},
                         {1e-300, {0, 0}},          {std::numeric_limits<double>::denorm_min(), {0, 0}},
                         {0x1p-52, {1, 1}},         {1e-9, {1e7, -1e7}}};
    for (int i = 0; i < 600; ++i) {
        const auto& frame = frames[random() % std::size(frames)];
        const auto parts = moved(tangled_parts(random, 9), frame.scale, frame.by);
        const auto made = Polygon::from_parts(parts);
        if (!made) continue;  // rounding has made two of three positions the same
        const auto& area = *made;
        for (int k = 0; k < 200; ++k) {
            const Position grid{static_cast<double>(random() % 19) / 2, static_cast<double>(random() % 19) / 2};
            const Position p = moved(Ring{grid}, frame.scale, frame.by)[0];
            ASSERT_EQ(area.contains(p.x, p.y), in_any(parts, p)) << i << ": " << p.x << ' ' << p.y;
        }
    }
}

TEST(Polygon, AnswersAsAllItsEdgesWhereHolesReachFarOut) {
    Random random{14};
    for (int i = 0; i < 300; ++i) {
        auto parts = tangled_parts(random, 8);
        const double far = std::ldexp(1.0, static_cast<int>(random() % 1000));
        parts[0].holes.push_back({{-far, 1}, {far, 2.5}, {3, far}});
        parts[0].holes.push_back({{-far, -far}, {far, far}, {far, far / 2 + 1}});
        const auto area = polygon_of(parts);
        for (double x = -1; x <= 8; x += 0.25)
            for (double y = -1; y <= 8; y += 1)
                ASSERT_EQ(area.contains(x, y), in_any(parts, {x, y})) << i << ": " << x << ' ' << y;
    }
}

TEST(Polygon, AnswersAsAllItsEdgesAlongSliversAndFlatEdges) {
    Random random{15};
    for (int i = 0; i < 400; ++i) {
        const double thin = std::ldexp(1.0, -static_cast<int>(random() % 50));
        std::uniform_real_distribution<double> height{-thin, thin};
        // A long flat band whose edges pass many cells of a picture within a hair of the rows' ends.
        Ring ring{{0, 0}};
        for (double x = 1; x < 32; ++x) ring.push_back({x, 16 + height(random)});
        ring.push_back({32, 0});
        ring.push_back({32, 32});
        for (double x = 31; x > 0; --x) ring.push_back({x, 16 + 2 * thin + height(random)});
        ring.push_back({0, 32});
        const std::vector<Part> parts{{ring, {}}};
        const auto area = polygon_of(parts);
        std::uniform_real_distribution<double> x_of{0, 32}, y_of{16 - 2 * thin, 16 + 4 * thin}, wide{14.9, 17.1};
        for (int k = 0; k < 200; ++k) {
            const Position p{x_of(random), k % 2 == 0 ? y_of(random) : wide(random)};
            ASSERT_EQ(area.contains(p.x, p.y), in_any(parts, p)) << i << ": " << p.x << ' ' << p.y;
        }
    }
}

TEST(Polygon, AnswersAsAllItsEdgesWithThousandsOfThem) {
    Random random{16};
    // A comb: all edges are as tall as the area, so no band of y helps.
    Ring comb;
    for (int i = 0; i < 500; ++i) {
        comb.push_back({i * 2.0, (i % 7) * 0.01});
        comb.push_back({i * 2.0 + 1, 100 + (i % 5) * 0.01});
    }
    comb.push_back({1000, -5});
    const std::vector<std::vector<Part>> areas{
        {{star(random, {0, 0}, 100, 5000), {star(random, {0, 0}, 50, 3000)}}, {star(random, {150, 40}, 80, 999), {}}},
        {{comb, {}}}};
    for (const auto& parts : areas) {
        const auto area = polygon_of(parts);
        std::uniform_real_distribution<double> x_of{area.min().x - 1, area.max().x + 1};
        std::uniform_real_distribution<double> y_of{area.min().y - 1, area.max().y + 1};
        for (int k = 0; k < 1000; ++k) {
            const Position p{x_of(random), y_of(random)};
            ASSERT_EQ(area.contains(p.x, p.y), in_any(parts, p)) << p.x << ' ' << p.y;
        }
        for (std::size_t k = 0; k < parts[0].outer.size(); k += 37)
            ASSERT_TRUE(area.contains(parts[0].outer[k].x, parts[0].outer[k].y));
    }
}

TEST(Polygon, AnswersAsAllItsEdgesInATownOfHouses) {
    Random random{21};
    // Houses with courts, some of which overlap a neighbour; one wall around a block of them.
    std::vector<Part> parts{{{{-1, -1}, {31, -1}, {31, 31}, {-1, 31}}, {{{0, 0}, {30, 0}, {30, 30}, {0, 30}}}}};
    for (int i = 0; i < 225; ++i) {
        const Position centre{(i % 15) * 2.0 + 1, std::floor(i / 15) * 2.0 + 1};
        parts.push_back({star(random, centre, i % 9 == 0 ? 1.4 : 0.9, 4 + random() % 5),
                         {star(random, centre, 0.3, 3 + random() % 4)}});
    }
    const auto area = polygon_of(parts);
    std::uniform_real_distribution<double> place{-2, 32};
    for (int k = 0; k < 5000; ++k) {
        const Position p{place(random), place(random)};
        ASSERT_EQ(area.contains(p.x, p.y), in_any(parts, p)) << p.x << ' ' << p.y;
    }
    for (const auto& part : parts)
        for (const auto p : part.outer) ASSERT_TRUE(area.contains(p.x, p.y));
}

TEST(Polygon, HasNothingThatIsNotANumberOrNotFinite) {
    const auto area = polygon_of({{{{-1, -1}, {1, -1}, {0, 1}}, {}}});
    for (const double odd :
         {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
        EXPECT_FALSE(area.contains(odd, 0));
        EXPECT_FALSE(area.contains(0, odd));
    }
}

TEST(Polygon, IsTheSameWhereverARingBeginsAndWhicheverWayItGoes) {
    Random random{17};
    auto ring = star(random, {0, 0}, 10, 9);
    const auto area = polygon_of({{ring, {}}});
    std::uniform_real_distribution<double> place{-10, 10};
    for (std::size_t turn = 0; turn < 2 * ring.size(); ++turn) {
        std::rotate(ring.begin(), ring.begin() + 1, ring.end());
        if (turn == ring.size()) std::reverse(ring.begin(), ring.end());
        auto closed = ring;
        closed.push_back(ring.front());
        const auto again = polygon_of({{turn % 2 == 0 ? ring : closed, {}}});
        for (int k = 0; k < 200; ++k) {
            const double x = place(random), y = place(random);
            ASSERT_EQ(again.contains(x, y), area.contains(x, y));
        }
    }
}

// ---- relation
// -----------------------------------------------------------------------------------------------------------

TEST(Polygon, TellsHowARectangleLies) {
    const auto area = polygon_of({{{{0, 0}, {10, 0}, {10, 10}, {0, 10}}, {{{4, 4}, {6, 4}, {6, 6}, {4, 6}}}}});
    EXPECT_EQ(area.relation({1, 1}, {2, 2}), Relation::inside);
    EXPECT_EQ(area.relation({4.5, 4.5}, {5.5, 5.5}), Relation::outside) << "in the hole";
    EXPECT_EQ(area.relation({3, 3}, {5, 5}), Relation::crossing);
    EXPECT_EQ(area.relation({-5, -5}, {15, 15}), Relation::crossing) << "around the area";
    EXPECT_EQ(area.relation({11, 0}, {12, 10}), Relation::outside);
    EXPECT_EQ(area.relation({2, 2}, {2, 2}), Relation::inside) << "a point";
    EXPECT_EQ(area.relation({1, 1}, {std::nan(""), 2}), Relation::crossing);
    EXPECT_EQ(area.relation({2, 2}, {1, 1}), Relation::crossing);
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(area.relation({-infinity, -infinity}, {infinity, infinity}), Relation::crossing);
    EXPECT_EQ(area.relation({11, -infinity}, {infinity, infinity}), Relation::outside);
}

/// `outside` and `inside` must be right; where an edge is near, `crossing` may be said too often, but not always.
void check_relation(const std::vector<Part>& parts, const Polygon& area, Position min, Position max, int& told) {
    const auto right = slow_relation(parts, min, max);
    const auto said = area.relation(min, max);
    if (said != Relation::crossing) {
        ASSERT_EQ(said, right) << min.x << ' ' << min.y << ' ' << max.x << ' ' << max.y;
    }
    told += said == right ? 1 : 0;
}

TEST(Polygon, IsNeverWrongAboutARectangle) {
    Random random{18};
    int asked = 0, told = 0;
    for (int i = 0; i < 700; ++i) {
        const auto parts = tangled_parts(random, 9);
        const auto area = polygon_of(parts);
        for (int k = 0; k < 60; ++k, ++asked) {
            const Position min{static_cast<double>(random() % 44) / 4 - 1, static_cast<double>(random() % 44) / 4 - 1};
            const Position max{min.x + static_cast<double>(random() % 12) / 4,
                               min.y + static_cast<double>(random() % 12) / 4};
            check_relation(parts, area, min, max, told);
            if (HasFatalFailure()) return;
        }
    }
    EXPECT_EQ(told, asked) << "few edges are all looked at";
}

TEST(Polygon, IsNeverWrongAboutARectangleBesideThousandsOfEdges) {
    Random random{19};
    const std::vector<Part> parts{{star(random, {0, 0}, 100, 4000), {star(random, {0, 0}, 50, 2000)}}};
    const auto area = polygon_of(parts);
    std::uniform_real_distribution<double> place{-110, 110};
    std::exponential_distribution<double> size{0.3};
    int told = 0;
    constexpr int kAsked = 1500;
    for (int k = 0; k < kAsked; ++k) {
        const Position min{place(random), place(random)};
        check_relation(parts, area, min, {min.x + size(random), min.y + size(random)}, told);
        if (HasFatalFailure()) return;
    }
    EXPECT_GT(told, kAsked * 95 / 100);
}

TEST(Polygon, IsNeverWrongAboutARectangleOfHugeOrTinyNumbers) {
    Random random{20};
    for (const double scale : {1e300, 1e-300, std::numeric_limits<double>::denorm_min()}) {
        int told = 0;
        for (int i = 0; i < 60; ++i) {
            const auto parts = moved(tangled_parts(random, 9), scale, {0, 0});
            const auto area = polygon_of(parts);
            for (int k = 0; k < 40; ++k) {
                const double x = static_cast<double>(random() % 9), y = static_cast<double>(random() % 9);
                const double width = static_cast<double>(random() % 3), height = static_cast<double>(random() % 3);
                check_relation(parts, area, {x * scale, y * scale}, {(x + width) * scale, (y + height) * scale}, told);
                if (HasFatalFailure()) return;
            }
        }
        EXPECT_EQ(told, 60 * 40);
    }
}

// ---- what is no polygon
// -------------------------------------------------------------------------------------------------

TEST(Polygon, IsMadeOfRingsOfThreeDifferentFinitePositions) {
    const Ring good{{0, 0}, {1, 0}, {0, 1}};
    const auto refused = [](std::vector<Part> parts) {
        const auto area = Polygon::from_parts(std::move(parts));
        return !area && area.error().code == Code::bad_value;
    };
    EXPECT_TRUE(refused({}));
    EXPECT_TRUE(refused({{{}, {}}}));
    EXPECT_TRUE(refused({{{{0, 0}, {1, 0}}, {}}}));
    EXPECT_TRUE(refused({{{{0, 0}, {1, 0}, {0, 0}, {1, 0}, {1, 0}}, {}}})) << "two positions, again and again";
    EXPECT_TRUE(refused({{good, {{{0, 0}, {0, 0}, {0, 0}}}}}));
    EXPECT_TRUE(refused({{good, {}}, {{{0, 0}, {1, 1}}, {}}}));
    EXPECT_TRUE(refused({{{{0, 0}, {1, 0}, {0, std::nan("")}}, {}}}));
    EXPECT_TRUE(refused({{{{0, 0}, {std::numeric_limits<double>::infinity(), 0}, {0, 1}}, {}}}));
    EXPECT_FALSE(refused({{good, {good}}}));
    EXPECT_FALSE(refused({{{{0, 0}, {1, 1}, {2, 2}}, {}}})) << "no area, but a boundary";
}

TEST(Polygon, OfNoAreaIsItsBoundary) {
    const auto line = polygon_of({{{{0, 0}, {1, 1}, {3, 3}}, {}}});
    EXPECT_TRUE(line.contains(0, 0));
    EXPECT_TRUE(line.contains(2, 2));
    EXPECT_FALSE(line.contains(2, std::nextafter(2, 3)));
    const auto level = polygon_of({{{{0, 5}, {1, 5}, {3, 5}}, {}}});
    EXPECT_TRUE(level.contains(2, 5));
    EXPECT_FALSE(level.contains(2, std::nextafter(5, 6)));
    const auto upright = polygon_of({{{{5, 0}, {5, 1}, {5, 3}}, {}}});
    EXPECT_TRUE(upright.contains(5, 2));
    EXPECT_FALSE(upright.contains(std::nextafter(5, 4), 2));
}

}  // namespace
}  // namespace copse::filter
