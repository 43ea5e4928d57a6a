// A vehicle with two rotating scanners: one drive through the scene, as points in time order.
#pragma once

#include <cstdint>

#include "copse/las.hpp"
#include "synth/numbers.hpp"
#include "synth/route.hpp"
#include "synth/scene.hpp"

namespace copse::synth {

inline constexpr double kScale = 0.001;
inline constexpr las::Vec3 kOffset{565'000, 5'934'000, 0};

/// One drive.
struct Drive {
    std::uint64_t points = 0;
    std::uint16_t number = 1;  ///< point source id
    double gps_start = 0;
    double duration = 0;  ///< seconds
    bool backwards = false;
    std::uint64_t seed = 0;  ///< of the noise
};

class Scanner {
public:
    Scanner(const Scene& scene, const Route& route, const Drive& drive);

    /// Replaces the rows of `points` by the next ones; none at the end. @pre all columns of the layout are present
    void scan(las::Points& points);

private:
    struct Echo;
    struct Pulse;
    void start_pulse(Pulse& pulse);
    void collect_echoes(Pulse& pulse);
    void write(const Pulse& pulse, las::Points& points, std::size_t row);
    void write_colours(const Echo& echo, std::uint64_t noise, las::Points& points, std::size_t row);
    void spread_times(las::Points& points, std::uint64_t first_point) const;

    const Scene& scene_;
    const Route& route_;
    Drive drive_;
    Random random_;
    double step_;               // turns of the mirror between two pulses
    std::uint64_t pulses_ = 0;  // fired so far, with and without echoes
    std::uint64_t done_ = 0;    // points so far
    Pose pose_;
    double ground_ = 0;  // under the vehicle
    std::vector<std::uint64_t> pulse_of_row_;
};

}  // namespace copse::synth
