// What does one step of the running median cost, in the reference and in the fast decoder?
// CMakeLists.txt compiles this for the processor at hand, so the fast one is the form that it would choose.
#include "sample.hpp"

#define COPSE_LAZ_FORM measured
#include "laz/fast/simd.hpp"
#include "laz/median.hpp"

namespace {

using namespace copse;

/// X differences in the order of the points, as the median meets them.
std::vector<std::int32_t> differences() {
    const auto& file = bench::sample(6);
    las::Points points{file.info.layout, las::ColumnSet::xy()};
    file.decode(file.chunks.front(), points);
    std::vector<std::int32_t> result;
    for (std::size_t i = 1; i < points.size(); ++i)
        result.push_back(static_cast<std::int32_t>(std::int64_t{points.x[i]} - points.x[i - 1]));
    return result;
}

template <class Median>
void add(benchmark::State& state) {
    const auto numbers = differences();
    for (auto _ : state) {
        Median median;
        for (const auto number : numbers) {
            benchmark::DoNotOptimize(median.get());
            median.add(number);
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(numbers.size()) * state.iterations());
}
BENCHMARK(add<laz::RunningMedian>)->Name("reference");
BENCHMARK(add<laz::fast::measured::Median>)->Name("fast");

}  // namespace
