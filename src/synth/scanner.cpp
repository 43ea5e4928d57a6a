#include "synth/scanner.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace copse::synth {

namespace {
constexpr std::size_t kBlockRows = 8192;
constexpr double kSensorHeight = 2.3;
constexpr double kEchoNoise = 0.006;      // metres
constexpr std::uint64_t kPoseEvery = 16;  // pulses

// The mirrors' planes are turned against the direction of travel by 30 degrees, one to each side.
constexpr double kYawSine = 0.5;
constexpr double kYawCosine = 0.8660254037844386;

// The net is turned against the map's axes by 28 degrees: 8, 15, 17 is a right triangle.
constexpr double kNetCosine = 15.0 / 17;
constexpr double kNetSine = 8.0 / 17;
constexpr double kNetX = 320, kNetY = 110;  // of (0, 0), from the offset

constexpr std::uint8_t kGroundClass = 2;
constexpr std::uint8_t kRoadClass = 11;

// Classes of LAS 1.4 R15, "Classification": ground, high vegetation, building, low point (noise), road surface.
struct Look {
    std::uint8_t classification;
    std::uint8_t reflectance;
    std::array<std::uint8_t, 3> colour;
    std::uint8_t near_infrared;
};
constexpr std::array<Look, 8> kLooks{{
    {kRoadClass, 90, {92, 93, 97}, 70},         // road
    {kGroundClass, 130, {150, 146, 138}, 110},  // pavement
    {kGroundClass, 160, {88, 128, 58}, 190},    // grass
    {6, 150, {176, 158, 140}, 120},             // wall
    {6, 35, {58, 68, 80}, 40},                  // window
    {5, 120, {62, 104, 44}, 220},               // leaves
    {5, 100, {96, 78, 62}, 90},                 // trunk
    {7, 20, {40, 40, 44}, 40},                  // bird
}};

constexpr std::uint8_t kWithheld = 1u << 2;

double mirror_step(double points_per_metre) {
    // Lines about as far apart as points on the road: a rotation has the more pulses the more points there are.
    return 1 / std::floor(std::clamp(std::sqrt(75 * points_per_metre), 128.0, 4096.0));
}

std::int32_t quantised(double metres) { return static_cast<std::int32_t>(std::floor(metres / kScale + 0.5)); }

std::uint16_t colour_of(int base, int noise) {
    return static_cast<std::uint16_t>(std::clamp(base + noise, 0, 255) * 256);
}
}  // namespace

struct Scanner::Echo {
    double distance = 0;
    Surface surface = Surface::road;
    std::uint64_t object = 0;
};

struct Scanner::Pulse {
    std::uint64_t number = 0;
    std::uint8_t channel = 0;
    double angle = 0;  // turns from straight down, to the right positive, [-0.5, 0.5)
    Ray ray{};
    double du = 0, dv = 0;  // the ray's direction in the plane of the net
    std::array<Echo, 4> echoes{};
    std::size_t echo_count = 0;
};

Scanner::Scanner(const Scene& scene, const Route& route, const Drive& drive)
    : scene_{scene},
      route_{route},
      drive_{drive},
      random_{drive.seed},
      step_{mirror_step(static_cast<double>(drive.points) / route.length())},
      pose_{route.pose(0, drive.backwards)} {}

void Scanner::start_pulse(Pulse& pulse) {
    if (pulses_ % kPoseEvery == 0) {
        const double driven = route_.length() * (static_cast<double>(done_) / static_cast<double>(drive_.points));
        pose_ = route_.pose(driven, drive_.backwards);
        ground_ = scene_.terrain(pose_.u, pose_.v);
    }
    pulse.number = pulses_++;
    // 0.3 turns more: a line does not begin where the one before began.
    const double turns = static_cast<double>(pulse.number) * step_ * (1 + 0.3 * step_);
    const double rotation = std::floor(turns + 0.5);
    pulse.angle = turns - rotation;
    pulse.channel = static_cast<std::uint64_t>(rotation) % 4 == 3 ? 1 : 0;  // every fourth line is the second scanner's

    const double sideways = sine(pulse.angle);
    const double forward = sideways * (pulse.channel == 0 ? kYawSine : -kYawSine);
    const double right = sideways * kYawCosine;
    pulse.du = pose_.heading_u * forward + pose_.heading_v * right;
    pulse.dv = pose_.heading_v * forward - pose_.heading_u * right;
    const bool is_row = pose_.street.is_row;
    pulse.ray = {is_row ? pose_.u : pose_.v,
                 (is_row ? pose_.v : pose_.u) - pose_.street.center,
                 ground_ + kSensorHeight,
                 is_row ? pulse.du : pulse.dv,
                 is_row ? pulse.dv : pulse.du,
                 -cosine(pulse.angle),
                 kSensorHeight};
}

void Scanner::collect_echoes(Pulse& pulse) {
    const auto word = random_.next();
    auto& echoes = pulse.echoes;
    std::size_t count = 0;
    const auto behind = scene_.cast(pose_.street, pulse.ray);
    const auto crown = scene_.find_crown(pose_.street, pulse.ray);
    if (crown && (!behind || crown->leave < behind->distance)) {
        // One to three leaves, the later ones the deeper; sometimes nothing gets through.
        count = 1 + (word & 3u) % 3;
        const double depth = crown->leave - crown->enter;
        double reached = 0;
        for (std::size_t i = 0; i < count; ++i) {
            reached += (1 - reached) * part(word, static_cast<unsigned>(8 + 10 * i), 10) * 0.8;
            echoes[i] = {crown->enter + depth * reached, Surface::leaves, crown->object};
        }
        if (behind && (word >> 2 & 3u) != 0) echoes[count++] = {behind->distance, behind->surface, behind->object};
    } else if (behind) {
        echoes[count++] = {behind->distance, behind->surface, behind->object};
    }
    if (count == 1 && word >> 50 == 0) echoes[0] = {echoes[0].distance * part(word, 8, 10), Surface::bird, 0};
    pulse.echo_count = static_cast<std::size_t>(std::min<std::uint64_t>(count, drive_.points - done_));
}

void Scanner::write_colours(const Echo& echo, std::uint64_t noise, las::Points& points, std::size_t row) {
    const auto& look = kLooks[static_cast<std::size_t>(echo.surface)];
    const bool has_own_colour = echo.surface == Surface::wall || echo.surface == Surface::leaves;
    const auto shade = static_cast<int>(noise >> 40 & 15u) - 8;
    std::array<std::uint16_t, 3> colour{};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto own = has_own_colour ? static_cast<int>(echo.object >> (32 + 8 * i) & 31u) - 16 : 0;
        colour[i] = colour_of(look.colour[i] + own, shade + static_cast<int>(noise >> (44 + 2 * i) & 3u));
    }
    points.red[row] = colour[0];
    points.green[row] = colour[1];
    points.blue[row] = colour[2];
    if (points.columns.has(las::ColumnSet::nir))
        points.nir[row] = colour_of(look.near_infrared, static_cast<int>(noise >> 50 & 15u) - 8);
}

void Scanner::write(const Pulse& pulse, las::Points& points, std::size_t row) {
    const bool is_extended = las::is_extended(points.layout.format);
    for (std::size_t i = 0; i < pulse.echo_count; ++i, ++row) {
        const Echo& echo = pulse.echoes[i];
        const auto& look = kLooks[static_cast<std::size_t>(echo.surface)];
        const auto word = random_.next();
        const double distance = echo.distance + kEchoNoise * bell(word);
        const double u = pose_.u + distance * pulse.du;
        const double v = pose_.v + distance * pulse.dv;
        double z = pulse.ray.up + distance * pulse.ray.d_up;
        const double lateral = pulse.ray.lateral + distance * pulse.ray.d_lateral;
        const double ground = scene_.terrain(u, v) + Scene::step_at(lateral);
        // Flat rays find the ground as if it were level; what they hit is the real one. Nothing lies below it.
        const bool is_ground = echo.surface <= Surface::grass;
        if (is_ground) z = ground + kEchoNoise * bell(word * 0x9e3779b97f4a7c15u);
        if (echo.surface == Surface::grass) z += 0.08 * part(word, 20, 8);
        z = std::max(z, ground - 0.03);

        points.x[row] = quantised(kNetX + kNetCosine * u - kNetSine * v);
        points.y[row] = quantised(kNetY + kNetSine * u + kNetCosine * v);
        points.z[row] = quantised(z);
        points.returns[row] = static_cast<std::uint8_t>((i + 1) | pulse.echo_count << 4);
        points.channel[row] = is_extended ? pulse.channel : 0;
        // LAS 1.2 has no class for roads.
        points.classification[row] =
            is_extended || look.classification != kRoadClass ? look.classification : kGroundClass;
        points.flags[row] = is_extended && echo.surface == Surface::bird ? kWithheld : 0;
        const double fading = 1 / (1 + echo.distance / 25);
        const double strength =
            look.reflectance * fading * (1 + 0.08 * bell(mix(word))) / static_cast<double>(pulse.echo_count);
        points.intensity[row] = static_cast<std::uint16_t>(std::max(1.0, std::floor(strength * 100)));
        // Units of 0.006 degrees, or whole degrees up to 90 to either side.
        points.scan_angle[row] =
            is_extended ? static_cast<std::int16_t>(std::floor(pulse.angle * 60'000 + 0.5))
                        : static_cast<std::int16_t>(std::clamp(std::floor(pulse.angle * 360 + 0.5), -90.0, 90.0));
        points.user_data[row] = static_cast<std::uint8_t>(pose_.street.id);
        points.point_source_id[row] = drive_.number;
        if (points.columns.has(las::ColumnSet::rgb)) write_colours(echo, word, points, row);
        pulse_of_row_[row] = pulse.number;
    }
}

// The clock runs evenly over the pulses of a block, with or without echoes; a block takes its share of the drive.
void Scanner::spread_times(las::Points& points, std::uint64_t first_point) const {
    const double per_point = drive_.duration / static_cast<double>(drive_.points);
    const double start = static_cast<double>(first_point) * per_point;
    const double length = static_cast<double>(points.size()) * per_point;
    const auto first_pulse = pulse_of_row_[0];
    const auto pulses = static_cast<double>(pulses_ - first_pulse);
    for (std::size_t row = 0; row < points.size(); ++row)
        points.gps_time[row] =
            drive_.gps_start + (start + length * (static_cast<double>(pulse_of_row_[row] - first_pulse) / pulses));
}

void Scanner::scan(las::Points& points) {
    const auto first_point = done_;
    const auto left = drive_.points - done_;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, kBlockRows));
    constexpr std::size_t kMostEchoes = std::tuple_size_v<decltype(Pulse::echoes)>;
    points.resize(wanted + kMostEchoes);
    pulse_of_row_.resize(wanted + kMostEchoes);
    std::size_t rows = 0;
    Pulse pulse;
    while (rows < wanted) {
        start_pulse(pulse);
        collect_echoes(pulse);
        write(pulse, points, rows);
        rows += pulse.echo_count;
        done_ += pulse.echo_count;
    }
    points.resize(rows);
    if (rows > 0) spread_times(points, first_point);
}

}  // namespace copse::synth
