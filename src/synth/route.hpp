// The net of streets and the drive through it, in a plane (u, v) whose axes are the streets' directions.
//
//        row 2   +----------------+          Rows run along u, `block` metres apart; connectors join them at their ends
//        by turns.
//                |                           A drive starts at (0, 0), or comes back the same way.
//        row 1   +----------------+
//                                 |
//        row 0   +----------------+
#pragma once

#include <cstdint>

namespace copse::synth {

/// A straight street. `along` is u for rows and v for connectors, `lateral` the other coordinate minus the street's
/// own.
struct Street {
    std::uint64_t id = 0;  ///< even: row id / 2; odd: the connector above it
    bool is_row = true;
    double center = 0;  ///< lateral coordinate of its middle
    double first = 0;   ///< where houses and trees begin along it
    double last = 0;    ///< ... and end
};

/// Where the vehicle is and heads, and in which street.
struct Pose {
    double u = 0, v = 0;
    double heading_u = 1, heading_v = 0;  ///< of length 1
    Street street;
};

class Route {
public:
    /// @param length metres driven
    explicit Route(double length);
    [[nodiscard]] double length() const { return length_; }
    /// @param driven metres from the start of the drive, [0, length]
    [[nodiscard]] Pose pose(double driven, bool backwards) const;

private:
    struct Corner;
    [[nodiscard]] Pose on_center_line(double distance) const;
    [[nodiscard]] Street row(std::uint64_t index) const;
    [[nodiscard]] Street connector(std::uint64_t index) const;

    double length_;
    double width_;  // of a row
};

}  // namespace copse::synth
