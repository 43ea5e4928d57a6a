#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "build/clouds.hpp"
#include "build/converting.hpp"
#include "support/whole_file.hpp"

namespace copse::build {
namespace {

using namespace testing;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

Options small_nodes(std::uint64_t max_node_points = 200) {
    Options options;
    options.grid = 32;
    options.max_node_points = max_node_points;
    return options;
}

// ---- points ---------------------------------------------------------------------------------------------------------

TEST(Convert, HoldsEveryPointOfEveryFormatOnce) {
    for (const auto format : std::to_array<std::uint8_t>({0, 1, 2, 3, 6, 7, 8}))
        for (const bool compressed : {false, true}) {
            SCOPED_TRACE(::testing::Message() << int{format} << (compressed ? " LAZ" : " LAS"));
            auto input = input_of(survey(format, 3000, format));
            input.compressed = compressed;
            Report report;
            const auto bytes = converted(input, small_nodes(), &report);
            const auto output = take_apart(bytes);
            EXPECT_EQ(output.file.layout.format, las::copc_format_for(format));
            EXPECT_EQ(output.records(), records_as(input.points, las::copc_format_for(format)));
            EXPECT_EQ(report.points_in, 3000u);
            EXPECT_EQ(report.points_out, 3000u);
            EXPECT_GT(report.nodes, 10u);
            EXPECT_EQ(faults(bytes), "");
        }
}

TEST(Convert, UnitesFormatsInTheOneThatHoldsAll) {
    const auto a = input_of(survey(1, 800, 1)), b = input_of(survey(2, 900, 2)), c = input_of(survey(8, 700, 3));
    const auto bytes = converted({{"a", bytes_of(a)}, {"b", bytes_of(b)}, {"c", bytes_of(c)}}, small_nodes());
    auto expected = records_as(a.points, 8);
    for (const auto* other : {&b, &c})
        for (auto& record : records_as(other->points, 8)) expected.push_back(std::move(record));
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(take_apart(bytes).records(), expected);
    EXPECT_EQ(faults(bytes), "");
}

TEST(Convert, TakesAFormatThatHoldsMore) {
    auto options = small_nodes();
    options.pdrf = 7;
    const auto input = input_of(survey(6, 500, 1));
    EXPECT_EQ(take_apart(converted(input, options)).records(), records_as(input.points, 7));
}

TEST(Convert, KeepsExtraBytes) {
    const auto input = input_of(survey(7, 2000, 4, 11));
    const auto output = take_apart(converted(input, small_nodes()));
    EXPECT_EQ(output.records(), records_as(input.points, 7));
    // Nothing described them: each byte gets a name.
    EXPECT_EQ(output.file.extra.dimensions.size(), 11u);
    EXPECT_EQ(output.file.extra.undescribed, 0u);
}

TEST(Convert, GivesValidFilesOfDegenerateClouds) {
    const std::pair<const char*, las::Points> clouds[] = {
        {"box", box_cloud(5000, 100000)},     {"dense box", box_cloud(5000, 20)}, {"line", line_cloud(3000, 1 << 20)},
        {"one place", one_place_cloud(3000)}, {"copies", copies_cloud(3000)},     {"outlier", outlier_cloud(3000)},
        {"lattice", lattice_cloud(5000, 64)}, {"one point", box_cloud(1, 10)},
    };
    for (const auto& [name, points] : clouds) {
        SCOPED_TRACE(name);
        const auto bytes = converted(input_of(points), small_nodes());
        EXPECT_EQ(take_apart(bytes).records(), records_as(points, 6));
        EXPECT_EQ(faults(bytes), "");
    }
}

TEST(Convert, LeafNodesHoldAtMostTheCapAndNodesAboveAtMostOnePointACell) {
    const auto output = take_apart(converted(input_of(survey(6, 20000, 5)), small_nodes(500)));
    for (const auto& [key, node] : output.nodes) {
        SCOPED_TRACE(copc::to_string(key));
        bool has_children = false;
        for (unsigned octant = 0; octant < 8; ++octant) has_children |= output.nodes.contains(key.child(octant));
        if (!has_children) {
            EXPECT_LE(node.points.size(), 500u);
        }
        if (!has_children) continue;
        std::map<std::array<long, 3>, int> cells;
        const double edge = std::ldexp(output.info.half_size, 1 - key.level) / 32;
        const auto& header = output.file.header;
        for (std::size_t row = 0; row < node.points.size(); ++row) {
            std::array<long, 3> cell{};
            const std::int32_t raw[] = {node.points.x[row], node.points.y[row], node.points.z[row]};
            for (std::size_t a = 0; a < 3; ++a) {
                const double corner = output.info.center[a] - output.info.half_size;
                // Half a quantum keeps points on a cell's edge in the cell that the integers say.
                cell[a] =
                    static_cast<long>(std::floor((raw[a] * header.scale[a] + header.offset[a] - corner) / edge + 1e-7));
            }
            EXPECT_EQ(++cells[cell], 1);
        }
    }
}

// ---- sameness -------------------------------------------------------------------------------------------------------

TEST(Convert, GivesTheSameBytesForAnyThreadsOrderAndNames) {
    std::vector<MadeInput> inputs{input_of(survey(6, 2500, 1)), input_of(survey(6, 2500, 2)),
                                  input_of(survey(7, 1500, 3))};
    inputs[1].compressed = true;
    inputs[1].vlrs = {vlr_of("b", 2, 10), vlr_of("a", 7, 3)};
    inputs[2].vlrs = {vlr_of("a", 7, 3), vlr_of("c", 1, 9)};
    inputs[0].points.append(copies_cloud(300), 0, 300);
    std::vector<NamedFile> files;
    for (const auto& input : inputs) files.push_back({"file" + std::to_string(files.size()), bytes_of(input)});

    const auto expected = run(files, small_nodes()).bytes;
    ASSERT_FALSE(expected.empty());
    for (const unsigned threads : {2u, 8u}) EXPECT_EQ(run(files, small_nodes(), threads).bytes, expected);
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name > b.name; });
    EXPECT_EQ(run(files, small_nodes(), 3).bytes, expected);
    std::rotate(files.begin(), files.begin() + 1, files.end());
    for (auto& file : files) std::reverse(file.name.begin(), file.name.end());
    EXPECT_EQ(run(files, small_nodes()).bytes, expected);
}

TEST(Convert, GivesTheSameBytesWhateverTheOrderOfThePoints) {
    auto input = input_of(survey(6, 4000, 1));
    input.points.append(copies_cloud(500), 0, 500);
    const auto expected = converted(input, small_nodes());
    for (std::uint64_t seed = 1; seed < 4; ++seed) {
        input.points = shuffled(input.points, seed);
        input.compressed = seed == 2;
        EXPECT_EQ(converted(input, small_nodes()), expected);
    }
}

// ---- times ----------------------------------------------------------------------------------------------------------

TEST(Convert, KeepsNonFiniteTimesAndTheirNodesInTheIndex) {
    auto input = input_of(survey(6, 6000, 6));
    for (std::size_t i = 0; i < input.points.size(); ++i) {
        if (i % 40 == 0) input.points.gps_time[i] = kNan;
        if (i % 40 == 1) input.points.gps_time[i] = kInfinity;
        if (i % 40 == 2) input.points.gps_time[i] = -kInfinity;
    }
    auto options = small_nodes(300);
    options.stride = 7;
    Report report;
    const auto bytes = converted(input, options, &report);
    const auto output = take_apart(bytes);
    EXPECT_EQ(report.non_finite_times, 450u);
    EXPECT_EQ(output.records(), records_as(input.points, 6));
    EXPECT_EQ(output.info.gps_time_min, 3e8 + 1.0 / 1024);
    EXPECT_EQ(output.info.gps_time_max, 3e8 + 2999.0 / 1024);
    for (const auto& [key, node] : output.nodes) {
        EXPECT_TRUE(temporal::samples_are_usable(node.samples, node.points.size(), 7)) << copc::to_string(key);
        EXPECT_EQ(node.samples, temporal::make_samples(node.points.gps_time, 7, output.info.gps_time_min));
        for (std::size_t row = 1; row < node.points.size(); ++row) {
            const double before = node.points.gps_time[row - 1], after = node.points.gps_time[row];
            EXPECT_TRUE(before <= after || std::isnan(after));
            EXPECT_FALSE(std::isnan(before) && !std::isnan(after));
        }
    }
    EXPECT_EQ(faults(bytes), "");
}

TEST(Convert, LeavesNodesOfNothingButNanOutOfRanges) {
    auto input = input_of(survey(6, 20000, 7));
    for (std::size_t i = 0; i < input.points.size(); ++i)
        if (input.points.x[i] > 50000) input.points.gps_time[i] = kNan;
    auto options = small_nodes(50);
    options.stride = 1;
    const auto bytes = converted(input, options);
    const auto output = take_apart(bytes);
    const auto root =
        temporal::parse_page(part_of(bytes, output.temporal->root_page), output.temporal->root_page.offset).value();
    ASSERT_FALSE(root.pages.empty());
    for (const auto& pointer : root.pages) {
        double least = kInfinity, most = -kInfinity;
        for (const auto& [key, node] : output.nodes) {
            if (!pointer.key.is_ancestor_of(key)) continue;
            for (const double time : node.points.gps_time) {
                if (std::isnan(time)) continue;
                least = std::min(least, time);
                most = std::max(most, time);
            }
        }
        if (least > most) least = most = output.info.gps_time_min;
        EXPECT_EQ(pointer.time_min, least);
        EXPECT_EQ(pointer.time_max, most);
    }
    EXPECT_EQ(faults(bytes), "");
}

TEST(Convert, MakesATemporalIndexWhenTimesVary) {
    auto input = input_of(survey(6, 500, 1));
    EXPECT_TRUE(take_apart(converted(input)).temporal);
    Options options;
    options.temporal_index = TemporalIndex::never;
    EXPECT_FALSE(take_apart(converted(input, options)).temporal);

    std::fill(input.points.gps_time.begin(), input.points.gps_time.end(), 42.0);
    EXPECT_FALSE(take_apart(converted(input)).temporal);
    options.temporal_index = TemporalIndex::always;
    EXPECT_TRUE(take_apart(converted(input, options)).temporal);
    EXPECT_EQ(refused({{"a.las", bytes_of(input_of(survey(2, 9, 1)))}}, options).kind, FailureKind::bad_request);
}

TEST(Convert, MakesNoIndexOfWeekSecondsOfSeveralWeeksUnlessAsked) {
    auto a = input_of(survey(6, 300, 1)), b = input_of(survey(6, 300, 2));
    for (auto* input : {&a, &b}) {
        input->header.global_encoding = 0;
        for (auto& time : input->points.gps_time) time -= 3e8;
    }
    b.header.creation_day = 107;
    const std::vector<NamedFile> files{{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}};
    EXPECT_FALSE(take_apart(converted(files)).temporal);
    Options options;
    options.temporal_index = TemporalIndex::always;
    EXPECT_TRUE(take_apart(converted(files, options)).temporal);
    b.header.creation_day = 101;  // 10 April 2024 was a Wednesday: the same week
    EXPECT_TRUE(take_apart(converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}})).temporal);
}

TEST(Convert, RefusesContradictingTimeTypesUnlessTold) {
    auto a = input_of(survey(6, 30, 1)), b = input_of(survey(6, 30, 2));
    b.header.global_encoding = 0;
    for (auto& time : b.points.gps_time) time = 1000;
    const std::vector<NamedFile> files{{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}};
    EXPECT_TRUE(names_both(refused(files)));
    Options options;
    options.gps_time = las::GpsTimeKind::week_seconds;
    EXPECT_EQ(take_apart(converted(files, options)).file.header.global_encoding, las::kGlobalEncodingWkt);
    options.gps_time = las::GpsTimeKind::adjusted_standard;
    EXPECT_EQ(take_apart(converted(files, options)).file.header.global_encoding,
              las::kGlobalEncodingWkt | las::kGlobalEncodingAdjustedGpsTime);
}

TEST(Convert, ComparesTimeTypesAsTheyAreMeant) {
    // Marked as week seconds, but far beyond a week: adjusted standard time all the same.
    auto a = input_of(survey(6, 30, 1)), b = input_of(survey(6, 30, 2));
    b.header.global_encoding = 0;
    Report report;
    const auto both = converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}}, {}, &report);
    EXPECT_EQ(las::declared_gps_time_kind(take_apart(both).file.header), las::GpsTimeKind::adjusted_standard);
    ASSERT_EQ(report.warnings.size(), 1u);
    EXPECT_NE(report.warnings[0].find("b.las"), std::string::npos);
    // Alone, its bit stays as it is; and a file without times contradicts nothing.
    EXPECT_EQ(take_apart(converted(b)).file.header.global_encoding, las::kGlobalEncodingWkt);
    auto c = input_of(survey(2, 30, 3));
    c.header.global_encoding = 0;
    EXPECT_FALSE(run({{"a", bytes_of(a)}, {"c", bytes_of(c)}}).outcome.failure);
}

// ---- coordinates ----------------------------------------------------------------------------------------------------

TEST(Convert, CopiesRawIntegersAndAnOffsetOffTheGrid) {
    auto input = input_of(survey(6, 100, 1));
    input.header.scale = {0.01, 0.02, 0.003};
    input.header.offset = {100.0000001, -7.5, 1e-9};
    const auto output = take_apart(converted(input));
    EXPECT_EQ(output.file.header.scale, input.header.scale);
    EXPECT_EQ(output.file.header.offset, input.header.offset);
    EXPECT_EQ(output.records(), records_as(input.points, 6));
}

/// World coordinates of all points, sorted.
std::vector<las::Vec3> places(const las::Points& points, const las::Header& header) {
    std::vector<las::Vec3> all;
    for (std::size_t i = 0; i < points.size(); ++i)
        all.push_back({points.x[i] * header.scale[0] + header.offset[0],
                       points.y[i] * header.scale[1] + header.offset[1],
                       points.z[i] * header.scale[2] + header.offset[2]});
    return all;
}

/// By the time that marks each point.
std::map<double, las::Vec3> places_by_time(const Output& output) {
    std::map<double, las::Vec3> all;
    for (const auto& [key, node] : output.nodes) {
        const auto of_node = places(node.points, output.file.header);
        for (std::size_t i = 0; i < of_node.size(); ++i) all[node.points.gps_time[i]] = of_node[i];
    }
    return all;
}

void number_times(las::Points& points, double first) {
    for (std::size_t i = 0; i < points.size(); ++i) points.gps_time[i] = first + static_cast<double>(i);
}

TEST(Convert, UnitesScalesWithoutLoss) {
    auto a = input_of(survey(6, 400, 1)), b = input_of(survey(6, 400, 2));
    a.header.scale = {0.01, 0.01, 0.01};
    b.header.scale = {0.025, 0.01, 0.001};
    a.header.offset = {5000, 0, 10};
    b.header.offset = {6000, 0, 10.5};
    number_times(a.points, 3e8);
    number_times(b.points, 4e8);
    Report report;
    const auto bytes = converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}}, small_nodes(), &report);
    const auto output = take_apart(bytes);
    EXPECT_EQ(output.file.header.scale, (las::Vec3{0.005, 0.01, 0.001}));
    EXPECT_EQ(report.rounded_coordinates, 0u);
    const auto found = places_by_time(output);
    ASSERT_EQ(found.size(), 800u);
    for (const auto* input : {&a, &b}) {
        const auto expected = places(input->points, input->header);
        for (std::size_t i = 0; i < expected.size(); ++i)
            for (std::size_t axis = 0; axis < 3; ++axis)
                ASSERT_NEAR(found.at(input->points.gps_time[i])[axis], expected[i][axis], 1e-9);
    }
    EXPECT_EQ(faults(bytes), "");
}

TEST(Convert, RoundsOffsetsThatDoNotFitTheScaleAndCountsIt) {
    auto a = input_of(survey(6, 400, 1)), b = input_of(survey(6, 400, 2));
    b.header.offset = {0.004, 1, 0};
    number_times(a.points, 3e8);
    number_times(b.points, 4e8);
    Report report;
    const auto output = take_apart(converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}}, {}, &report));
    EXPECT_EQ(report.rounded_coordinates, 400u);
    const auto found = places_by_time(output);
    for (const auto* input : {&a, &b}) {
        const auto expected = places(input->points, input->header);
        for (std::size_t i = 0; i < expected.size(); ++i)
            ASSERT_NEAR(found.at(input->points.gps_time[i])[0], expected[i][0], 0.005000001);
    }
}

TEST(Convert, MovesTheOffsetWhereTilesAreFarApart) {
    auto a = input_of(survey(6, 100, 1)), b = input_of(survey(6, 100, 2));
    b.header.offset = {30'000'000, 0, 0};  // more than 2^31 quanta from a's
    number_times(a.points, 3e8);
    number_times(b.points, 4e8);
    const auto bytes = converted({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}});
    const auto found = places_by_time(take_apart(bytes));
    const auto expected = places(b.points, b.header);
    for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(found.at(b.points.gps_time[i])[0], expected[i][0], 1e-7);
    EXPECT_EQ(faults(bytes), "");
}

TEST(Convert, RefusesWhatDoesNotFitInto32BitsAndNamesFilesScaleAndExtent) {
    auto a = input_of(survey(6, 10, 1)), b = input_of(survey(6, 10, 2));
    b.header.offset = {60'000'000, 0, 0};
    const std::vector<NamedFile> files{{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}};
    const auto failure = refused(files);
    EXPECT_TRUE(names_both(failure));
    EXPECT_NE(failure.message.find("0.01"), std::string::npos);
    EXPECT_NE(failure.message.find("6000"), std::string::npos);
    Options options;
    options.scale = las::Vec3{0.1, 0.01, 0.01};
    Report report;
    const auto bytes = converted(files, options, &report);
    EXPECT_GT(report.rounded_coordinates, 0u);
    EXPECT_EQ(faults(bytes), "");
}

TEST(Convert, DoesNotTakeScalesForEqualThatAreNearlySo) {
    auto input = input_of(survey(6, 100, 1));
    std::fill(input.points.x.begin(), input.points.x.end(), 100'000'000);
    Options options;
    options.scale = las::Vec3{0.009999999, 0.01, 0.01};
    const auto output = take_apart(converted(input, options));
    for (const auto& [key, node] : output.nodes)
        for (const auto x : node.points.x)
            EXPECT_NEAR(x * output.file.header.scale[0] + output.file.header.offset[0], 1'000'000, 0.005);
}

TEST(Convert, TurnsANegativeScaleRound) {
    auto input = input_of(survey(6, 300, 1));
    input.header.scale[1] = -0.01;
    number_times(input.points, 3e8);
    const auto bytes = converted(input, small_nodes(50));
    const auto output = take_apart(bytes);
    EXPECT_EQ(output.file.header.scale[1], 0.01);
    const auto found = places_by_time(output);
    const auto expected = places(input.points, input.header);
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(found.at(input.points.gps_time[i])[1], expected[i][1], 1e-9);
    EXPECT_EQ(faults(bytes), "");
}

TEST(Convert, PlansTheCubeFromHeadersAndStartsAgainWhereTheyLie) {
    auto input = input_of(survey(6, 1000, 1));
    Report report;
    auto output = take_apart(converted(input, small_nodes(), &report));
    EXPECT_EQ(report.rescans, 0u);
    const double honest = output.info.half_size;
    EXPECT_NEAR(honest, 500, 5);

    input.box_grown_by = {100, 0, 0};  // wide, but believable
    output = take_apart(converted(input, small_nodes(), &report));
    EXPECT_EQ(report.rescans, 0u);
    EXPECT_NEAR(output.info.half_size, honest + 100, 0.02);

    for (const las::Vec3 grown : {las::Vec3{-1, -1, 0}, {1e7, 0, 0}, {0, kInfinity, 0}, {0, 0, kNan}}) {
        input.box_grown_by = grown;
        const auto bytes = converted(input, small_nodes(), &report);
        output = take_apart(bytes);
        EXPECT_EQ(report.rescans, 1u);
        EXPECT_EQ(output.info.half_size, honest);
        EXPECT_EQ(faults(bytes), "");
    }
}

TEST(Convert, TakesBoundsFromThePoints) {
    auto input = input_of(survey(6, 1000, 1));
    const auto truth = take_apart(converted(input)).file.header;
    input.box_grown_by = {50, 60, 70};
    const auto header = take_apart(converted(input)).file.header;
    EXPECT_EQ(header.min, truth.min);
    EXPECT_EQ(header.max, truth.max);
    EXPECT_EQ(header.max[0], *std::max_element(input.points.x.begin(), input.points.x.end()) * 0.01);
}

// ---- contradictions -------------------------------------------------------------------------------------------------

TEST(Convert, RefusesExtraBytesThatDiffer) {
    const auto a = input_of(survey(6, 10, 1, 2)), b = input_of(survey(6, 10, 2, 3));
    EXPECT_TRUE(names_both(refused({{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}})));
}

TEST(Convert, RefusesToDropColoursUnasked) {
    Options options;
    options.pdrf = 6;
    const auto failure = refused({{"a.las", bytes_of(input_of(survey(3, 10, 1)))}}, options);
    EXPECT_EQ(failure.kind, FailureKind::bad_request);
    EXPECT_EQ(failure.file, "a.las");
    options.pdrf = 7;
    EXPECT_EQ(refused({{"a.las", bytes_of(input_of(survey(8, 10, 1)))}}, options).kind, FailureKind::bad_request);
}

TEST(Convert, DropsWaveformsOnlyWhenAsked) {
    auto input = input_of(survey(4, 50, 1));
    input.header.global_encoding |= las::kGlobalEncodingWaveformInternal;
    input.vlrs = {vlr_of("LASF_Spec", 100, 26), vlr_of("other", 1, 4)};
    const std::vector<NamedFile> files{{"a.las", bytes_of(input)}};
    EXPECT_EQ(refused(files).kind, FailureKind::bad_request);
    Options options;
    options.drop_waveforms = true;
    Report report;
    const auto bytes = converted(files, options, &report);
    const auto output = take_apart(bytes);
    EXPECT_EQ(output.records(), records_as(input.points, 6));
    EXPECT_EQ(output.file.header.global_encoding, las::kGlobalEncodingWkt | las::kGlobalEncodingAdjustedGpsTime);
    EXPECT_EQ(las::find_vlr(output.file.vlrs, "LASF_Spec", 100), nullptr);
    EXPECT_NE(las::find_vlr(output.file.vlrs, "other", 1), nullptr);
    const auto told = [&](const char* word) {
        return std::any_of(report.warnings.begin(), report.warnings.end(),
                           [&](const std::string& warning) { return warning.find(word) != std::string::npos; });
    };
    EXPECT_TRUE(told("waveforms are left out"));
    EXPECT_TRUE(told("LASF_Spec/100"));
}

TEST(Convert, RefusesOptionsThatMakeNoTree) {
    const std::vector<NamedFile> files{{"a.las", bytes_of(input_of(survey(6, 10, 1)))}};
    for (const std::uint32_t grid : {0u, 16u, 100u, 1024u}) {
        Options options;
        options.grid = grid;
        EXPECT_EQ(refused(files, options).kind, FailureKind::bad_request);
    }
    Options options;
    options.max_node_points = 0;
    EXPECT_EQ(refused(files, options).kind, FailureKind::bad_request);
    options = {};
    options.pdrf = 5;
    EXPECT_EQ(refused(files, options).kind, FailureKind::bad_request);
    options = {};
    options.scale = las::Vec3{0.01, 0, 0.01};
    EXPECT_EQ(refused(files, options).kind, FailureKind::bad_request);
}

// ---- reference systems ----------------------------------------------------------------------------------------------

/// Understands "PROJCS[...]" and "wkt2:...", which are the same if they end the same; GeoTIFF keys of which the last
/// byte says which.
class FakeCrs final : public CrsService {
public:
    std::string wkt1_from_geotiff(std::span<const las::Vlr> vlrs) override {
        const auto last = static_cast<char>(vlrs.front().payload.back());
        return last == '?' ? "" : std::string{"PROJCS["} + last + "]";
    }
    std::string wkt1_from_wkt(const std::string& wkt) override {
        return wkt.starts_with("wkt2:") ? "PROJCS[" + wkt.substr(5) + "]" : "";
    }
    bool same(const std::string& a, const std::string& b) override { return a.back() == b.back() && a[7] == b[7]; }
    bool geographic(const std::string& wkt) override { return wkt.find("degrees") != std::string::npos; }
};

las::Vlr geotiff_keys(char what, std::uint16_t count = 1) {
    auto vlr = vlr_of("LASF_Projection", 34735, 16);
    wire::store_le<std::uint16_t>(vlr.payload.data() + 6, count);
    vlr.payload.back() = static_cast<std::byte>(what);
    return vlr;
}

std::vector<NamedFile> two_files(std::vector<las::Vlr> of_a, std::vector<las::Vlr> of_b) {
    auto a = input_of(survey(6, 10, 1)), b = input_of(survey(6, 10, 2));
    a.vlrs = std::move(of_a);
    b.vlrs = std::move(of_b);
    // The first in rank decides: make it a.
    b.header.creation_day = 200;
    return {{"a.las", bytes_of(a)}, {"b.las", bytes_of(b)}};
}

std::string wkt_in(const Conversion& conversion) {
    if (conversion.outcome.failure) return "failed: " + conversion.outcome.failure->message;
    const auto output = take_apart(conversion.bytes);
    const auto* vlr = las::find_vlr(output.file.vlrs, "LASF_Projection", 2112);
    return vlr == nullptr ? "" : reinterpret_cast<const char*>(vlr->payload.data());
}

TEST(ConvertCrs, KeepsWkt1LetterByLetterAndTurnsWkt2IntoIt) {
    FakeCrs crs;
    EXPECT_EQ(wkt_in(run(two_files({wkt_vlr("PROJCS [x]\0\0")}, {wkt_vlr("PROJCS [x]")}), {}, 1, &crs)), "PROJCS [x]");
    EXPECT_EQ(wkt_in(run(two_files({wkt_vlr("wkt2:x")}, {wkt_vlr("PROJCS[x]")}), {}, 1, &crs)), "PROJCS[x]");
    EXPECT_EQ(wkt_in(run(two_files({wkt_vlr("PROJCS[x]")}, {wkt_vlr("PROJCS[x, in other words]")}), {}, 1, &crs)),
              "PROJCS[x]");
    EXPECT_EQ(wkt_in(run(two_files({}, {}), {}, 1, &crs)), "");
}

TEST(ConvertCrs, RefusesDifferentOnesAndNamesBothFiles) {
    FakeCrs crs;
    EXPECT_TRUE(names_both(refused(two_files({wkt_vlr("PROJCS[x]")}, {wkt_vlr("PROJCS[y]")}), {}, &crs)));
    EXPECT_TRUE(names_both(refused(two_files({wkt_vlr("PROJCS[x]")}, {geotiff_keys('y')}), {}, &crs)));
    EXPECT_TRUE(names_both(refused(two_files({wkt_vlr("PROJCS[x]")}, {wkt_vlr("PROJCS[x, in other words]")}))));
    EXPECT_TRUE(names_both(refused(two_files({geotiff_keys('x')}, {geotiff_keys('y')}))));
    EXPECT_TRUE(names_both(refused(two_files({wkt_vlr("PROJCS[x]")}, {geotiff_keys('?')}), {}, &crs)));
}

TEST(ConvertCrs, TurnsGeotiffKeysIntoWktOrCarriesThem) {
    FakeCrs crs;
    const auto understood = run(two_files({geotiff_keys('x')}, {geotiff_keys('x')}), {}, 1, &crs);
    EXPECT_EQ(wkt_in(understood), "PROJCS[x]");
    EXPECT_EQ(las::find_vlr(take_apart(understood.bytes).file.vlrs, "LASF_Projection", 34735), nullptr);
    for (auto* service : {static_cast<CrsService*>(nullptr), static_cast<CrsService*>(&crs)}) {
        const auto kept = run(two_files({geotiff_keys('?')}, {geotiff_keys('?')}), {}, 1, service);
        EXPECT_EQ(wkt_in(kept), "");
        EXPECT_NE(las::find_vlr(take_apart(kept.bytes).file.vlrs, "LASF_Projection", 34735), nullptr);
        EXPECT_NE(kept.outcome.report->warnings.at(0).find("kept as GeoTIFF only"), std::string::npos);
    }
    // A directory without keys says nothing.
    EXPECT_EQ(wkt_in(run(two_files({geotiff_keys('x', 0)}, {wkt_vlr("PROJCS[y]")}), {}, 1, &crs)), "PROJCS[y]");
}

TEST(ConvertCrs, IsTakenOverByFilesWithoutOneAndAssignedWhereAskedFor) {
    FakeCrs crs;
    const auto taken = run(two_files({}, {wkt_vlr("PROJCS[x]")}), {}, 1, &crs);
    EXPECT_EQ(wkt_in(taken), "PROJCS[x]");
    ASSERT_EQ(taken.outcome.report->warnings.size(), 1u);
    EXPECT_NE(taken.outcome.report->warnings[0].find("a.las"), std::string::npos);
    Options options;
    options.assigned_wkt = "wkt2:z";
    EXPECT_EQ(wkt_in(run(two_files({}, {}), options, 1, &crs)), "PROJCS[z]");
    EXPECT_TRUE(names_both(refused(two_files({wkt_vlr("PROJCS[x]")}, {}), options, &crs)));
    // Where nobody needs it, that is said.
    const auto unused = run(two_files({wkt_vlr("PROJCS[x]")}, {wkt_vlr("PROJCS[x]")}), options, 1, &crs);
    EXPECT_EQ(wkt_in(unused), "PROJCS[x]");
    ASSERT_EQ(unused.outcome.report->warnings.size(), 1u);
    EXPECT_NE(unused.outcome.report->warnings[0].find("not used"), std::string::npos);
}

// ---- header and records ---------------------------------------------------------------------------------------------

TEST(Convert, FillsTheHeaderByTheRules) {
    auto a = input_of(survey(6, 300, 1)), b = input_of(survey(6, 200, 2));
    a.header.guid.fill(7);
    b.header.guid.fill(7);
    a.header.file_source_id = b.header.file_source_id = 12;
    a.header.system_identifier = "scanner one";
    b.header.system_identifier = "scanner two";
    b.header.creation_day = 3;
    b.header.creation_year = 2025;
    Options options;
    options.software = "copse 1.2.3";
    const auto bytes = converted({{"a", bytes_of(a)}, {"b", bytes_of(b)}}, options);
    const auto output = take_apart(bytes);
    const auto& header = output.file.header;
    EXPECT_EQ(header.guid, a.header.guid);
    EXPECT_EQ(header.file_source_id, 12);
    EXPECT_EQ(header.system_identifier, "");
    EXPECT_EQ(header.generating_software, "copse 1.2.3");
    EXPECT_EQ(header.creation_year, 2025);
    EXPECT_EQ(header.creation_day, 3);
    EXPECT_EQ(header.version_minor, 4);
    EXPECT_EQ(header.legacy_point_count, 0u);
    EXPECT_EQ(header.point_count_14, 500u);
    std::array<std::uint64_t, 15> by_return{};
    for (const auto& [key, node] : output.nodes)
        for (std::size_t row = 0; row < node.points.size(); ++row)
            if (node.points.return_number(row) != 0) ++by_return[node.points.return_number(row) - 1u];
    EXPECT_EQ(header.points_by_return_14, by_return);
    EXPECT_EQ(output.info.root_spacing, 2 * output.info.half_size / 128);
}

std::vector<std::string> names_of(const std::vector<las::Vlr>& vlrs) {
    std::vector<std::string> names;
    for (const auto& vlr : vlrs) names.push_back(vlr.user_id + "/" + std::to_string(vlr.record_id));
    return names;
}

TEST(Convert, CarriesRecordsSortedAndOnce) {
    auto a = input_of(survey(7, 50, 1, 3)), b = input_of(survey(7, 50, 2, 3));
    a.vlrs = {vlr_of("z", 1, 5), wkt_vlr("PROJCS[x]"), vlr_of("m", 9, 4, 'b'), vlr_of("copc_temporal", 1000, 40)};
    b.vlrs = {vlr_of("m", 9, 4, 'a'), vlr_of("z", 1, 5), vlr_of("lascompatible", 1, 4)};
    b.evlrs = {vlr_of("big", 3, 70000), vlr_of("a", 1, 1), vlr_of("z", 1, 5)};
    const auto bytes = converted({{"a", bytes_of(a)}, {"b", bytes_of(b)}});
    const auto output = take_apart(bytes);
    EXPECT_EQ(names_of(output.file.vlrs),
              (std::vector<std::string>{"copc/1", "laszip encoded/22204", "LASF_Projection/2112", "LASF_Spec/4", "m/9",
                                        "m/9", "z/1"}));
    EXPECT_EQ(output.file.vlrs[4].payload[0], std::byte{'a'});
    EXPECT_EQ(names_of(output.file.evlrs),
              (std::vector<std::string>{"copc_temporal/1000", "copc/1000", "a/1", "big/3"}));
    const auto& last = output.file.evlrs.back();
    EXPECT_EQ(last.payload_at() + last.payload.size(), bytes.size());
    EXPECT_EQ(faults(bytes), "");
}

TEST(Convert, KeepsHeaderAndRecordsWithin64KiB) {
    auto input = input_of(survey(6, 50, 1));
    for (std::uint16_t i = 0; i < 12; ++i) input.vlrs.push_back(vlr_of("bulky", i, 10000));
    const auto bytes = converted(input);
    const auto output = take_apart(bytes);
    EXPECT_LE(output.file.header.offset_to_point_data, 64u << 10);
    EXPECT_GT(output.file.header.offset_to_point_data, 55u << 10);
    EXPECT_EQ(output.file.vlrs.size() + output.file.evlrs.size(), 2u + 2u + 12u);
    EXPECT_EQ(faults(bytes), "");
}

TEST(Convert, PutsBothRootPagesWhereAReaderFindsThemInOneRound) {
    auto options = small_nodes(60);
    options.stride = 2;
    const auto bytes = converted(input_of(survey(6, 30000, 1)), options);
    const auto output = take_apart(bytes);
    const auto& evlrs = output.file.evlrs;
    ASSERT_EQ(names_of(evlrs), (std::vector<std::string>{"copc_temporal/1000", "copc/1000"}));
    EXPECT_EQ(output.temporal->root_page.offset, evlrs[0].payload_at() + temporal::kHeaderSize);
    EXPECT_EQ(output.info.root_page.offset, evlrs[1].payload_at());
    EXPECT_LE(output.info.root_page.size, 16u << 10);
    EXPECT_LE(output.temporal->root_page.size, 16u << 10);
    EXPECT_GT(output.temporal->page_count, 1u);
    EXPECT_EQ(output.temporal->node_count, output.nodes.size());
    EXPECT_EQ(faults(bytes), "");
}

TEST(Convert, ChoosesAStrideThatKeepsNodesAt32Samples) {
    Report report;
    const auto output = take_apart(converted(input_of(survey(6, 20000, 1)), small_nodes(3000), &report));
    EXPECT_EQ(report.stride, 97u);  // 3,000 / 31, rounded up
    for (const auto& [key, node] : output.nodes)
        if (node.points.size() <= 3000) {
            EXPECT_LE(node.samples.size(), 32u);
        }
}

TEST(Convert, ReportsLevelsThatAddUp) {
    Report report;
    const auto bytes = converted(input_of(survey(6, 20000, 1)), small_nodes(), &report);
    std::uint64_t nodes = 0, points = 0;
    for (const auto& level : report.levels) {
        EXPECT_GT(level.nodes, 0u);
        EXPECT_GT(level.bytes, 0u);
        nodes += level.nodes;
        points += level.points;
    }
    EXPECT_EQ(nodes, report.nodes);
    EXPECT_EQ(points, 20000u);
    EXPECT_EQ(report.bytes, bytes.size());
    EXPECT_TRUE(report.temporal_index);
    EXPECT_EQ(report.hierarchy_pages, report.temporal_pages);
}

// ---- nothing, damage, failures --------------------------------------------------------------------------------------

TEST(Convert, GivesAValidFileOfNoPoints) {
    std::vector<std::vector<NamedFile>> sets{{}};
    for (const bool compressed : {false, true}) {
        auto input = input_of(survey(6, 0, 1));
        input.compressed = compressed;
        input.header.min = {1, 2, 3};
        sets.push_back({{"a.las", bytes_of(input)}});
    }
    for (const auto& files : sets) {
        const auto bytes = converted(files);
        const auto output = take_apart(bytes);
        EXPECT_EQ(output.file.header.point_count(), 0u);
        EXPECT_EQ(output.file.header.min, las::Vec3{});
        EXPECT_EQ(output.info.half_size, 1);
        EXPECT_EQ(output.info.root_spacing, 2.0 / 128);
        ASSERT_EQ(output.nodes.size(), 1u);
        EXPECT_EQ(output.nodes.begin()->second.entry, copc::Entry{});
        EXPECT_FALSE(output.temporal);
        EXPECT_EQ(faults(bytes), "");
    }
}

TEST(Convert, SaysWhereADamagedInputBreaksWhichRule) {
    auto input = input_of(survey(6, 3000, 1));
    for (const bool compressed : {false, true}) {
        input.compressed = compressed;
        auto bytes = bytes_of(input);
        bytes.resize(bytes.size() - (compressed ? 1000 : 45));
        const auto failure = refused({{"good.las", bytes_of(input_of(survey(6, 10, 2)))}, {"a.las", bytes}});
        EXPECT_EQ(failure.kind, FailureKind::bad_data);
        EXPECT_EQ(failure.file, "a.las");
        EXPECT_NE(failure.message.find("a.las"), std::string::npos);
        EXPECT_GT(failure.error.at, 0u);
    }
}

TEST(Convert, RefusesFilesWithOtherThanTheDeclaredNumberOfPoints) {
    auto input = input_of(survey(6, 3000, 1));
    input.compressed = true;
    auto bytes = bytes_of(input);
    for (const std::uint64_t claimed : {2999u, 3001u, 1u << 30}) {
        wire::store_le<std::uint64_t>(bytes.data() + 247, claimed);
        EXPECT_EQ(refused({{"a.las", bytes}}).kind, FailureKind::bad_data);
    }
    input.compressed = false;
    bytes = bytes_of(input);
    for (const std::uint64_t claimed : {std::uint64_t{3001}, std::uint64_t{1} << 33, ~std::uint64_t{0}}) {
        wire::store_le<std::uint64_t>(bytes.data() + 247, claimed);
        EXPECT_EQ(refused({{"a.las", bytes}}).kind, FailureKind::bad_data);
    }
}

/// Fails at the n-th call of read.
class FailingSource final : public wire::Source {
public:
    FailingSource(const Bytes& bytes, int good_reads) : bytes_{bytes}, left_{good_reads} {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override {
        if (left_-- <= 0) return Error{Code::io_failed, offset, "the disk is gone", 5};
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return Ok{};
    }

private:
    const Bytes& bytes_;
    int left_;
};

TEST(Convert, TellsAFailingDiskFromDamage) {
    auto input = input_of(survey(6, 3000, 1));
    input.compressed = true;
    const auto bytes = bytes_of(input);
    int good_reads = 0;
    for (;; ++good_reads) {
        FailingSource source{bytes, good_reads};
        const Input named{"a.las", &source};
        io::MemorySink sink;
        wire::SerialExecutor executor;
        const auto outcome = convert({&named, 1}, {}, sink, executor);
        if (outcome.report) break;
        ASSERT_EQ(outcome.failure->kind, FailureKind::io) << outcome.failure->message;
        ASSERT_EQ(outcome.failure->file, "a.las");
    }
    EXPECT_GT(good_reads, 6);
}

TEST(Convert, ReportsAFullDiskAtAnyByte) {
    const auto bytes = bytes_of(input_of(survey(6, 3000, 1)));
    const auto whole = converted({{"a.las", bytes}}, small_nodes());
    for (std::size_t size = 0; size < whole.size(); size += 997) {
        io::MemorySource source{ByteView{bytes}};
        const Input named{"a.las", &source};
        test::MemoryFile sink;
        sink.fill_up_at(size);
        wire::SerialExecutor executor;
        const auto outcome = convert({&named, 1}, small_nodes(), sink, executor);
        ASSERT_TRUE(outcome.failure);
        ASSERT_EQ(outcome.failure->kind, FailureKind::io);
    }
}

TEST(Convert, StopsWhenTheProgressCallbackSaysSo) {
    const std::vector<NamedFile> files{{"a.las", bytes_of(input_of(survey(6, 3000, 1)))}};
    std::vector<std::string> stages;
    (void)run(files, small_nodes(), 2, nullptr, [&](const char* stage, std::uint64_t done, std::uint64_t total) {
        EXPECT_LE(done, total);
        if (stages.empty() || stages.back() != stage) stages.emplace_back(stage);
        return true;
    });
    EXPECT_EQ(stages, (std::vector<std::string>{"scan", "route", "build"}));
    for (const auto& last : stages) {
        const auto result = run(files, small_nodes(), 1, nullptr,
                                [&](const char* stage, std::uint64_t, std::uint64_t) { return stage != last; });
        ASSERT_TRUE(result.outcome.failure);
        EXPECT_EQ(result.outcome.failure->kind, FailureKind::stopped);
    }
}

// ---- real files -----------------------------------------------------------------------------------------------------

/// All points of a file as the output should hold them.
std::vector<Bytes> records_of_input(const Bytes& bytes, std::uint8_t format) {
    io::MemorySource source{ByteView{bytes}};
    const auto reader = laz::open(source).value();
    las::Points points{reader->info().layout, las::ColumnSet::all()};
    for (std::size_t before = 1; before != points.size();) {
        before = points.size();
        EXPECT_TRUE(reader->read_next(100000, points));
    }
    return records_as(std::move(points), format);
}

TEST(ConvertSharedData, GivesValidFilesOfTheSamePoints) {
    const std::filesystem::path folder{COPSE_SHARED_DATA};
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the folder of shared test data is absent";
    Options options;
    options.drop_waveforms = true;
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        const auto ending = entry.path().extension();
        if (ending != ".las" && ending != ".laz") continue;
        SCOPED_TRACE(entry.path().filename());
        const auto input = test::whole_file(entry.path());
        if (entry.path().filename() == "garbage_nVariableLength.las") {
            EXPECT_EQ(refused({{"a.las", input}}).kind, FailureKind::bad_data);
            continue;
        }
        const auto bytes = converted({{"a.las", input}}, options);
        const auto output = take_apart(bytes);
        EXPECT_EQ(output.records(), records_of_input(input, output.file.layout.format));
        EXPECT_EQ(faults(bytes), "");
        ++files;
    }
    EXPECT_GE(files, 40);
}

TEST(ConvertSharedData, UnitesTheFourTilesOfLoneStar) {
    const auto folder = std::filesystem::path{COPSE_SHARED_DATA} / "lone-star-split";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the folder of shared test data is absent";
    std::vector<NamedFile> files;
    for (const auto& entry : std::filesystem::directory_iterator{folder})
        files.push_back({entry.path().filename(), test::whole_file(entry.path())});
    const auto bytes = run(files, {}, 2).bytes;
    EXPECT_EQ(take_apart(bytes).records().size(), 518'862u);
    EXPECT_EQ(faults(bytes), "");
    std::reverse(files.begin(), files.end());
    EXPECT_EQ(run(files, {}, 1).bytes, bytes);
}

}  // namespace
}  // namespace copse::build
