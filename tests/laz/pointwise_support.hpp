// Records of PDRF 0 to 5 that reach every branch of the point-wise items.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "copse/laz.hpp"
#include "laz/random.hpp"

namespace copse::laz::test {

inline las::PointLayout legacy_layout(std::uint8_t format, unsigned extra_bytes) {
    return {format, static_cast<std::uint16_t>(las::base_record_length(format) + extra_bytes)};
}

/// The items of a layout, all of one version.
inline ChunkFormat pointwise_format(las::PointLayout layout, std::uint16_t version) {
    auto format = ChunkFormat::for_layout(layout);
    for (Item& item : format.items) item.version = version;
    return format;
}

inline las::Points to_points(las::PointLayout layout, ByteView records) {
    las::Points points{layout, las::ColumnSet::all()};
    points.resize(records.size() / layout.record_length);
    las::unpack_records(records, points, 0);
    return points;
}

inline Bytes to_records(const las::Points& points) {
    Bytes records;
    las::pack_records(points, 0, points.size(), records);
    return records;
}

/// Walks from record to record; every field moves in its own way and jumps now and then.
class RecordWalk {
public:
    RecordWalk(las::PointLayout layout, std::uint32_t seed)
        : layout_{layout}, random_{seed}, record_(layout.record_length + std::size_t{63}) {
        for (auto& byte : record_) byte = static_cast<std::byte>(random_.below(256));
        for (auto& clock : clocks_) clock = any64();
    }

    Bytes records(std::size_t count) {
        Bytes all;
        for (std::size_t i = 0; i < count; ++i) {
            all.insert(all.end(), record_.begin(), record_.begin() + layout_.record_length);
            step();
        }
        return all;
    }

private:
    std::uint64_t any64() { return std::uint64_t{random_()} << 32 | random_(); }
    template <class T>
    [[nodiscard]] T get(std::size_t at) const {
        return wire::load_le<T>(record_.data() + at);
    }
    template <class T>
    void put(std::size_t at, T value) {
        wire::store_le(record_.data() + at, value);
    }
    /// A number of any magnitude, either sign, modulo 2^32.
    std::uint32_t jump() {
        const std::uint32_t size = random_() >> random_.below(32);
        return random_.once_in(2) ? size : 0u - size;
    }

    void step() {
        step_point();
        std::size_t at = 20;
        if (las::has_gps_time(layout_.format)) {
            step_time(at);
            at += 8;
        }
        if (las::has_rgb(layout_.format)) {
            step_colour(at);
            at += 6;
        }
        if (las::has_waveform(layout_.format)) {
            step_wave(at);
            at += 29;
        }
        for (; at < layout_.record_length; ++at)
            if (random_.once_in(3)) put(at, static_cast<std::uint8_t>(random_()));
    }

    void step_point() {
        for (const std::size_t axis : {0u, 4u, 8u}) {
            const std::uint32_t shift = random_.once_in(5) ? jump() : random_.below(41) - 20;
            put(axis, get<std::uint32_t>(axis) + shift);
        }
        if (random_.once_in(500)) put<std::uint32_t>(0, get<std::uint32_t>(0) + 0x80000000u);
        if (!random_.once_in(3)) put(12, static_cast<std::uint16_t>(get<std::uint16_t>(12) + jump() % 300));
        if (random_.once_in(2)) put(14, static_cast<std::uint8_t>(random_()));
        if (random_.once_in(5)) put(15, static_cast<std::uint8_t>(random_()));
        if (random_.once_in(3)) put(16, static_cast<std::uint8_t>(get<std::uint8_t>(16) + random_.below(5)));
        if (random_.once_in(6)) put(17, static_cast<std::uint8_t>(random_()));
        if (random_.once_in(9)) put(18, static_cast<std::uint16_t>(random_.once_in(2) ? random_() : random_.below(3)));
    }

    /// Several clocks, each going on by multiples of a step that changes now and then.
    void step_time(std::size_t at) {
        if (random_.once_in(5)) return;
        if (random_.once_in(10)) clock_ = random_.below(static_cast<std::uint32_t>(clocks_.size()));
        if (random_.once_in(30)) tick_ = static_cast<std::int32_t>(jump());
        if (random_.once_in(40)) clocks_[clock_] = any64();
        static constexpr std::array<std::int64_t, 14> kMultiples{1, 1, 1, 1, 0, 2, 9, 10, 300, 499, 500, 700, -3, -11};
        const auto multiple = kMultiples[random_.below(kMultiples.size())];
        const auto noise = random_.once_in(3) ? std::int64_t{random_.below(7)} - 3 : 0;
        clocks_[clock_] += static_cast<std::uint64_t>(multiple * tick_ + noise);
        put(at, clocks_[clock_]);
    }

    void step_colour(std::size_t at) {
        if (random_.once_in(4)) return;
        const bool grey = random_.once_in(3);
        for (std::size_t i = 0; i < 3; ++i) {
            const auto change = random_.once_in(4) ? random_() : random_.below(9) * (random_.once_in(2) ? 1 : 256);
            put(at + 2 * i, static_cast<std::uint16_t>(get<std::uint16_t>(at + 2 * i) + change));
            if (grey) put(at + 2 * i, get<std::uint16_t>(at));
        }
    }

    void step_wave(std::size_t at) {
        const auto offset = get<std::uint64_t>(at + 1);
        switch (random_.below(4)) {
            case 0:
                break;
            case 1:
                put(at + 1, offset + get<std::uint32_t>(at + 9));
                break;
            case 2:
                put(at + 1, offset + jump());
                break;
            default:
                put(at + 1, any64());
                break;
        }
        put(at, static_cast<std::uint8_t>(random_.below(3)));
        // Below 2 GiB, as LASzip demands of those who let a packet follow another.
        put(at + 9, random_.once_in(4) ? random_() >> 1 : 256u);
        for (const std::size_t field : {13u, 17u, 21u, 25u})
            if (random_.once_in(2)) put(at + field, get<std::uint32_t>(at + field) + jump());
    }

    las::PointLayout layout_;
    Random random_;
    Bytes record_;  // longer than a record: g++ takes the fields that a format does not have for overruns
    std::array<std::uint64_t, 6> clocks_{};  // more than a decoder follows
    std::size_t clock_ = 0;
    std::int32_t tick_ = 1000;
};

inline Bytes random_records(las::PointLayout layout, std::size_t count, std::uint32_t seed) {
    return RecordWalk{layout, seed}.records(count);
}

/// Records that nothing can predict.
inline Bytes random_bytes_records(las::PointLayout layout, std::size_t count) {
    Random random{99};
    Bytes records(layout.record_length * count);
    for (auto& byte : records) byte = static_cast<std::byte>(random.below(256));
    return records;
}

}  // namespace copse::laz::test
