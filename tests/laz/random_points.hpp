// Random points that reach every branch of the layered codec.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "copse/las.hpp"
#include "laz/random.hpp"

namespace copse::laz::test {

/// A survey of a random character: how often each attribute changes, and how, is drawn once for all its points.
class RandomPoints {
public:
    RandomPoints(las::PointLayout layout, std::uint32_t seed) : random_{seed}, points_{layout, las::ColumnSet::all()} {
        for (auto& rate : rates_) rate = kRates[random_.below(kRates.size())];
        for (auto& clock : clocks_) clock = 0x4190000000000000u + (std::uint64_t{random_()} << 20);
        gps_step_ = random_.once_in(3) ? random_() : 1 + random_.below(100000);
    }

    las::Points make(std::size_t count) {
        points_.resize(count);
        for (std::size_t row = 0; row < count; ++row) fill(row);
        return points_;
    }

private:
    // An attribute changes once in so many points; 0: never.
    static constexpr std::array<std::uint32_t, 5> kRates{0, 1, 2, 10, 200};
    enum Attribute { kChannel, kReturns, kTime, kPosition, kFields, kColour, kExtra, kWave, kAttributes };

    bool changes(Attribute attribute) { return rates_[attribute] != 0 && random_.once_in(rates_[attribute]); }

    /// The value of the row before, or of the first row a random one.
    template <class Column>
    auto before(const Column& column, std::size_t row) {
        return row == 0 ? static_cast<typename Column::value_type>(random_()) : column[row - 1];
    }
    template <class Column>
    void draw(Column& column, std::size_t row, bool change, std::uint32_t range) {
        using Value = typename Column::value_type;
        const Value last = before(column, row);
        // A small step as a rule, now and then anything.
        const auto step = random_.once_in(8) ? random_() : random_.below(range);
        column[row] = change ? static_cast<Value>(static_cast<std::uint32_t>(last) + step) : last;
    }
    template <class Column>
    void draw_bits(Column& column, std::size_t row, bool change, std::uint32_t end) {
        column[row] = static_cast<std::uint8_t>((change ? random_() : before(column, row)) % end);
    }

    void fill(std::size_t row) {
        draw_bits(points_.channel, row, changes(kChannel), 4);
        draw_bits(points_.returns, row, changes(kReturns), 256);
        fill_position(row);
        draw(points_.intensity, row, changes(kFields), 300);
        draw_bits(points_.classification, row, changes(kFields), 256);
        draw_bits(points_.flags, row, changes(kFields), 64);
        draw(points_.scan_angle, row, changes(kFields), 50);
        draw_bits(points_.user_data, row, changes(kFields), 256);
        draw(points_.point_source_id, row, changes(kFields), 3);
        points_.gps_time[row] = std::bit_cast<double>(next_time(row));
        if (points_.columns.has(las::ColumnSet::rgb)) fill_colour(row);
        if (points_.columns.has(las::ColumnSet::nir)) draw(points_.nir, row, changes(kColour), 600);
        if (points_.columns.has(las::ColumnSet::wave)) fill_wave(row);
        for (auto& column : points_.extra) draw(column, row, changes(kExtra), 4);
    }

    void fill_position(std::size_t row) {
        for (auto* column : {&points_.x, &points_.y, &points_.z}) {
            draw(*column, row, changes(kPosition), 2000);
            if (!changes(kPosition) || !random_.once_in(50)) continue;
            using Limits = std::numeric_limits<std::int32_t>;
            (*column)[row] = random_.once_in(2) ? Limits::min() : Limits::max();
        }
    }

    void fill_colour(std::size_t row) {
        const bool change = changes(kColour);
        for (auto* column : {&points_.red, &points_.green, &points_.blue}) draw(*column, row, change, 700);
        if (change && random_.once_in(3)) points_.green[row] = points_.blue[row] = points_.red[row];
    }

    /// Several clocks that tick in all multiples of a step, and values that are no times at all.
    std::uint64_t next_time(std::size_t row) {
        if (row != 0 && !changes(kTime)) return std::bit_cast<std::uint64_t>(points_.gps_time[row - 1]);
        if (random_.once_in(60)) {
            using Limits = std::numeric_limits<double>;
            const std::array<double, 6> odd{
                0.0, -0.0, Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), Limits::denorm_min()};
            return std::bit_cast<std::uint64_t>(odd[random_.below(odd.size())]);
        }
        if (random_.once_in(100)) return random_.bits64();
        if (random_.once_in(20)) clock_ = random_.below(clocks_.size());
        static constexpr std::array<std::int64_t, 16> multiples{1,  1,  1,   1,   0,    2,  5,  9,
                                                                10, 77, 499, 500, 5000, -1, -9, -40};
        const auto multiple = multiples[random_.below(multiples.size())];
        const auto jitter = random_.once_in(2) ? random_.below(20) : 0;
        clocks_[clock_] += static_cast<std::uint64_t>(multiple) * gps_step_ + jitter;
        return clocks_[clock_];
    }

    void fill_wave(std::size_t row) {
        las::WavePacket packet = row == 0 ? las::WavePacket{} : points_.wave[row - 1];
        if (changes(kWave)) {
            const auto offset = wire::load_le<std::uint64_t>(&packet[1]);
            const auto size = wire::load_le<std::uint32_t>(&packet[9]);
            const std::array<std::uint64_t, 5> offsets{offset, offset + size, offset + random_.below(5000),
                                                       offset - random_(), random_.bits64()};
            packet[0] = static_cast<std::uint8_t>(random_());
            wire::store_le(&packet[1], offsets[random_.below(offsets.size())]);
            if (random_.once_in(2)) wire::store_le(&packet[9], random_.once_in(4) ? random_() : random_.below(300));
            for (std::size_t at = 13; at < 29; at += 4)
                if (random_.once_in(2)) wire::store_le(&packet[at], random_());
        }
        points_.wave[row] = packet;
    }

    Random random_;
    las::Points points_;
    std::array<std::uint32_t, kAttributes> rates_{};
    std::array<std::uint64_t, 6> clocks_{};  // more than the four sequences a channel can follow
    std::size_t clock_ = 0;
    std::uint64_t gps_step_ = 1;
};

}  // namespace copse::laz::test
