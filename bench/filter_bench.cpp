// What does it cost to ask a polygon about a point, and a condition about a million of them?
#include <benchmark/benchmark.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

#include "copse/filter.hpp"

namespace {

using namespace copse;

constexpr std::size_t kPoints = 1u << 20;

/// A ring of the given number of vertices, ragged like a coast, around a place in survey coordinates.
filter::Polygon coast(std::size_t vertices) {
    std::mt19937 random{1};
    std::uniform_real_distribution<double> share{0.999, 1};
    filter::Polygon::Ring ring;
    for (std::size_t i = 0; i < vertices; ++i) {
        const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(vertices);
        const double radius = 5000 * share(random) * (1 + 0.2 * std::sin(7 * angle));
        ring.push_back({637'000 + radius * std::cos(angle), 5'100'000 + radius * std::sin(angle)});
    }
    return filter::Polygon::from_parts({{std::move(ring), {}}}).value();
}

/// Houses of eight walls in rows.
filter::Polygon town(std::size_t houses) {
    std::mt19937 random{4};
    std::uniform_real_distribution<double> share{0.6, 1};
    std::vector<filter::Polygon::Part> parts(houses);
    const auto row = static_cast<std::size_t>(std::sqrt(static_cast<double>(houses)));
    for (std::size_t house = 0; house < houses; ++house) {
        for (int i = 0; i < 8; ++i) {
            const double radius = 10 * share(random), angle = std::numbers::pi / 4 * i;
            parts[house].outer.push_back(
                {637'000 + static_cast<double>(house % row) * 25 + radius * std::cos(angle),
                 5'100'000 + static_cast<double>(house / row) * 25 + radius * std::sin(angle)});
        }
    }
    return filter::Polygon::from_parts(std::move(parts)).value();
}

las::Points random_points() {
    std::mt19937_64 random{2};
    las::PointLayout layout{6, 30};
    Bytes records(kPoints * layout.record_length);
    for (std::size_t i = 0; i + 8 <= records.size(); i += 8) wire::store_le(&records[i], random());
    las::Points points{layout, las::ColumnSet::all()};
    points.resize(kPoints);
    las::unpack_records(records, points, 0);
    return points;
}

void contains(benchmark::State& state, const filter::Polygon& area) {
    std::mt19937 random{3};
    std::uniform_real_distribution<double> x{area.min().x, area.max().x}, y{area.min().y, area.max().y};
    filter::Polygon::Ring places(kPoints);
    for (auto& place : places) place = {x(random), y(random)};
    for (auto _ : state) {
        std::size_t inside = 0;
        for (const auto place : places) inside += area.contains(place.x, place.y) ? 1 : 0;
        benchmark::DoNotOptimize(inside);
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(kPoints) * state.iterations());
}
void in_coast(benchmark::State& state) { contains(state, coast(static_cast<std::size_t>(state.range(0)))); }
void in_town(benchmark::State& state) { contains(state, town(static_cast<std::size_t>(state.range(0)))); }
BENCHMARK(in_coast)->Arg(4)->Arg(100)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(in_town)->Arg(10'000)->Unit(benchmark::kMillisecond);

void make_polygon(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(coast(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(make_polygon)->Arg(4)->Arg(100'000)->Unit(benchmark::kMillisecond);

void keep_matching(benchmark::State& state, const char* text) {
    const auto points = random_points();
    const auto expression = filter::Expression::parse(text, {}, points.layout, {}).value();
    std::vector<std::uint32_t> all(kPoints);
    std::iota(all.begin(), all.end(), 0u);
    for (auto _ : state) {
        auto rows = all;
        expression.keep_matching(points, rows);
        benchmark::DoNotOptimize(rows.data());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(kPoints) * state.iterations());
}
BENCHMARK_CAPTURE(keep_matching, one_class, "Classification == 2")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(keep_matching, classes, "Classification in (2, 6, 9, 17)")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(keep_matching, height, "Z > 123.45")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(keep_matching, last_returns, "ReturnNumber == NumberOfReturns")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(keep_matching, four_parts,
                  "Classification in (2, 9) and Intensity > 100 and Z < 1000 or not Withheld and ScanAngle < 12.5")
    ->Unit(benchmark::kMillisecond);

}  // namespace
