#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "copse/io.hpp"
#include "copse/las.hpp"
#include "copse/laz.hpp"
#include "copse/synth.hpp"

namespace copse {
namespace {

using synth::FileKind;
using synth::Options;

constexpr std::array<std::uint8_t, 5> kFormats{1, 3, 6, 7, 8};

Bytes file_of(const Options& options, std::size_t pass) {
    io::MemorySink sink;
    const auto status = synth::write_pass(options, pass, sink);
    EXPECT_TRUE(status);
    return sink.take();
}

struct Survey {
    las::FileInfo info;
    las::Points points;
};

Survey read(const Options& options, std::size_t pass) {
    io::MemorySource source{file_of(options, pass)};
    auto reader = laz::open(source);
    Survey survey;
    EXPECT_TRUE(reader) << reader.error().what;
    if (!reader) return survey;
    survey.info = (*reader)->info();
    survey.points = las::Points{survey.info.layout, las::ColumnSet::all()};
    EXPECT_TRUE((*reader)->read_next(options.points + 1, survey.points));
    return survey;
}

Options small(std::uint8_t pdrf, FileKind kind = FileKind::las) {
    Options options;
    options.points = 100'003;
    options.passes = 3;
    options.pdrf = pdrf;
    options.kind = kind;
    return options;
}

// FNV-1a, 64 bits.
std::uint64_t digest(ByteView bytes) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const auto byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3u;
    return hash;
}

TEST(Synth, PlansOnePassAWeek) {
    auto options = small(6, FileKind::laz);
    options.passes = 12;
    const auto passes = synth::plan(options);
    ASSERT_EQ(passes.size(), 12u);
    EXPECT_EQ(passes[0].file_name, "pass_01.laz");
    EXPECT_EQ(passes[11].file_name, "pass_12.laz");
    std::uint64_t points = 0;
    for (std::size_t i = 0; i < passes.size(); ++i) {
        points += passes[i].points;
        if (i == 0) continue;
        EXPECT_NEAR(passes[i].gps_start - passes[i - 1].gps_start, 7 * 86'400, 4 * 3600);
    }
    EXPECT_EQ(points, options.points);
    options.kind = FileKind::las;
    options.passes = 100;
    EXPECT_EQ(synth::plan(options)[6].file_name, "pass_007.las");
    options.passes = 0;
    EXPECT_TRUE(synth::plan(options).empty());
}

TEST(Synth, WritesTheSameBytesForTheSameOptions) {
    for (const auto kind : {FileKind::las, FileKind::laz})
        for (const auto pdrf : kFormats) EXPECT_EQ(file_of(small(pdrf, kind), 1), file_of(small(pdrf, kind), 1));
}

TEST(Synth, WritesTheSamePointsOnEveryMachine) {
    // Frozen: a change here is a change of every survey made so far.
    const std::array<std::uint64_t, 5> expected{0xe290f687aa882916, 0xad71b24acedf3a15, 0xec227e67ba6ea26b,
                                                0xe323fbf07fae1380, 0x7f3b9c3c47a46c02};
    for (std::size_t i = 0; i < kFormats.size(); ++i) {
        const auto bytes = file_of(small(kFormats[i]), 1);
        const auto header = las::parse_header(bytes);
        ASSERT_TRUE(header);
        EXPECT_EQ(digest(ByteView{bytes}.subspan(header->offset_to_point_data)), expected[i])
            << "format " << int{kFormats[i]} << ": 0x" << std::hex
            << digest(ByteView{bytes}.subspan(header->offset_to_point_data));
    }
}

TEST(Synth, DiffersWithSeedAndPass) {
    auto other = small(6);
    other.seed = 2;
    EXPECT_NE(file_of(small(6), 0), file_of(other, 0));
    EXPECT_NE(file_of(small(6), 0), file_of(small(6), 1));
}

TEST(Synth, HasTheSamePointsInLasAndLaz) {
    for (const auto pdrf : kFormats) {
        const auto las = read(small(pdrf), 2);
        const auto laz = read(small(pdrf, FileKind::laz), 2);
        ASSERT_EQ(las.points.size(), laz.points.size());
        Bytes a, b;
        las::pack_records(las.points, 0, las.points.size(), a);
        las::pack_records(laz.points, 0, laz.points.size(), b);
        EXPECT_EQ(a, b) << int{pdrf};
    }
}

TEST(Synth, WritesTheNumberOfPointsOfThePlan) {
    for (const std::uint64_t points : {0u, 1u, 2u, 3u, 7u, 8192u, 30'001u}) {
        auto options = small(7);
        options.points = points;
        const auto passes = synth::plan(options);
        for (std::size_t i = 0; i < passes.size(); ++i) {
            const auto survey = read(options, i);
            EXPECT_EQ(survey.points.size(), passes[i].points);
            EXPECT_EQ(survey.info.header.point_count(), passes[i].points);
        }
    }
}

TEST(Synth, NamesItsTimesAndItsReferenceSystem) {
    for (const auto pdrf : kFormats) {
        const auto survey = read(small(pdrf), 1);
        const auto& header = survey.info.header;
        const bool is_extended = las::is_extended(pdrf);
        EXPECT_EQ(header.format(), pdrf);
        EXPECT_EQ(header.version_minor, is_extended ? 4 : 2);
        EXPECT_EQ(header.global_encoding, is_extended ? 17 : 1);
        EXPECT_EQ(header.scale, (las::Vec3{0.001, 0.001, 0.001}));
        EXPECT_EQ(header.creation_year, 2024);
        EXPECT_EQ(header.creation_day, 141);  // May 20
        const auto* wkt = las::find_vlr(survey.info.vlrs, "LASF_Projection", 2112);
        const auto* keys = las::find_vlr(survey.info.vlrs, "LASF_Projection", 34735);
        EXPECT_EQ(wkt != nullptr, is_extended);
        EXPECT_EQ(keys != nullptr, !is_extended);
        if (wkt != nullptr) {
            const std::string text{reinterpret_cast<const char*>(wkt->payload.data()), wkt->payload.size()};
            EXPECT_EQ(text.back(), '\0');
            EXPECT_EQ(std::count(text.begin(), text.end(), '['), std::count(text.begin(), text.end(), ']'));
            EXPECT_NE(text.find("AUTHORITY[\"EPSG\",\"25832\"]"), std::string::npos);
        }
        if (keys != nullptr) {
            EXPECT_EQ(keys->payload.size(), 40u);
        }
    }
}

TEST(Synth, HasTimesInOrderWithinTheDrive) {
    for (const auto pdrf : kFormats) {
        const auto options = small(pdrf);
        const auto passes = synth::plan(options);
        for (std::size_t pass = 0; pass < passes.size(); ++pass) {
            const auto survey = read(options, pass);
            const auto& times = survey.points.gps_time;
            EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
            EXPECT_EQ(times.front(), passes[pass].gps_start);
            EXPECT_GT(times.back(), times.front() + 20);
            EXPECT_LT(times.back(), times.front() + 60);
        }
    }
}

TEST(Synth, KeepsTheReturnsOfAPulseTogether) {
    const auto survey = read(small(6), 0);
    const auto& points = survey.points;
    std::array<std::size_t, 5> pulses{};
    for (std::size_t row = 0; row < points.size();) {
        const auto number = points.number_of_returns(row);
        ASSERT_GE(number, 1);
        ASSERT_LE(number, 4);
        ASSERT_LE(row + number, points.size());
        for (std::size_t i = 0; i < number; ++i) {
            ASSERT_EQ(points.return_number(row + i), i + 1);
            ASSERT_EQ(points.number_of_returns(row + i), number);
            ASSERT_EQ(points.gps_time[row + i], points.gps_time[row]);
            ASSERT_EQ(points.scan_angle[row + i], points.scan_angle[row]);
        }
        if (row > 0) {
            ASSERT_GT(points.gps_time[row], points.gps_time[row - 1]);
        }
        ++pulses[number];
        row += number;
    }
    for (std::size_t number = 1; number < pulses.size(); ++number) EXPECT_GT(pulses[number], 50u) << number;
}

TEST(Synth, ShowsStreetsHousesAndTrees) {
    for (const auto pdrf : kFormats) {
        const auto survey = read(small(pdrf), 0);
        const auto& points = survey.points;
        std::array<std::size_t, 256> classes{};
        for (const auto classification : points.classification) ++classes[classification];
        const auto share = [&](std::size_t classification) {
            return static_cast<double>(classes[classification]) / static_cast<double>(points.size());
        };
        EXPECT_GT(share(2) + share(11), 0.4);
        EXPECT_GT(share(6), 0.1);
        EXPECT_GT(share(5), 0.01);
        EXPECT_LT(share(7), 0.001);
        EXPECT_EQ(classes[11] > 0, las::is_extended(pdrf));
        const std::set<std::uint8_t> channels{points.channel.begin(), points.channel.end()};
        EXPECT_EQ(channels.size(), las::is_extended(pdrf) ? 2u : 1u);
        const std::set<std::uint16_t> sources{points.point_source_id.begin(), points.point_source_id.end()};
        EXPECT_EQ(sources, (std::set<std::uint16_t>{1}));
        const auto [low, high] = std::minmax_element(points.scan_angle.begin(), points.scan_angle.end());
        EXPECT_GE(*low, las::is_extended(pdrf) ? -30'000 : -90);
        EXPECT_LE(*high, las::is_extended(pdrf) ? 30'000 : 90);
        EXPECT_LT(*low, las::is_extended(pdrf) ? -15'000 : -80);
        if (las::has_rgb(pdrf)) {
            EXPECT_GT(std::set<std::uint16_t>(points.green.begin(), points.green.end()).size(), 30u);
        }
        if (las::has_nir(pdrf)) {
            EXPECT_GT(std::set<std::uint16_t>(points.nir.begin(), points.nir.end()).size(), 30u);
        }
    }
}

TEST(Synth, RunsItsStreetsOnSlopesAndAtAnAngleToTheAxes) {
    const auto survey = read(small(6), 0);
    const auto& points = survey.points;
    const auto& header = survey.info.header;
    // Of a street along an axis the box would be full from end to end; one at an angle leaves corners empty.
    std::set<std::pair<int, int>> cells;
    double lowest = 1e9, highest = -1e9;
    for (std::size_t row = 0; row < points.size(); ++row) {
        if (points.classification[row] != 11) continue;
        const double x = points.x[row] * header.scale[0] + header.offset[0];
        const double y = points.y[row] * header.scale[1] + header.offset[1];
        const double z = points.z[row] * header.scale[2] + header.offset[2];
        cells.emplace(static_cast<int>(x / 10), static_cast<int>(y / 10));
        lowest = std::min(lowest, z);
        highest = std::max(highest, z);
    }
    EXPECT_GT(highest - lowest, 3);
    std::set<int> columns, rows;
    for (const auto& [column, row] : cells) {
        columns.insert(column);
        rows.insert(row);
    }
    EXPECT_GT(columns.size(), 12u);
    EXPECT_GT(rows.size(), 12u);
    EXPECT_LT(cells.size(), columns.size() * rows.size() / 2);
}

TEST(Synth, CoversTheSameStreetsInEveryPass) {
    const auto options = small(6);
    std::array<std::set<std::pair<int, int>>, 2> cells;
    for (std::size_t pass = 0; pass < 2; ++pass) {
        const auto survey = read(options, pass);
        for (std::size_t row = 0; row < survey.points.size(); ++row)
            if (survey.points.classification[row] == 11)
                cells[pass].emplace(survey.points.x[row] / 4000, survey.points.y[row] / 4000);
    }
    std::size_t both = 0;
    for (const auto& cell : cells[0]) both += cells[1].contains(cell) ? 1 : 0;
    EXPECT_GT(both * 10, cells[0].size() * 9);
}

TEST(Synth, RefusesOtherFormats) {
    for (const int pdrf : {0, 2, 4, 5, 9, 10, 11, 255}) {
        io::MemorySink sink;
        const auto options = small(static_cast<std::uint8_t>(pdrf));
        const auto status = synth::write_pass(options, 0, sink);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, Code::unsupported);
        EXPECT_EQ(sink.position(), 0u);
    }
}

TEST(Synth, HandsOnTheErrorsOfItsSink) {
    struct FullSink final : wire::Sink {
        Status append(ByteView bytes) override {
            EXPECT_LT(bytes.size(), 4u << 20) << "a survey is written in pieces";
            if (room < bytes.size()) return Error{Code::io_failed, position_, "disk full", 28};
            room -= bytes.size();
            position_ += bytes.size();
            return Ok{};
        }
        Status patch(FileOffset, ByteView) override { return Ok{}; }
        [[nodiscard]] FileOffset position() const override { return position_; }
        std::uint64_t room = 0;
        FileOffset position_ = 0;
    };
    for (const auto kind : {FileKind::las, FileKind::laz}) {
        for (const std::uint64_t room : {0u, 100u, 2000u, 100'000u}) {
            FullSink sink;
            sink.room = room;
            const auto status = synth::write_pass(small(6, kind), 0, sink);
            ASSERT_FALSE(status);
            EXPECT_EQ(status.error().code, Code::io_failed);
        }
    }
}

}  // namespace
}  // namespace copse
