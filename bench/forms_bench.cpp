// How fast is each form of the layered decoder, one chunk or several at a time?
#include "laz/fast/dispatch.hpp"
#include "sample.hpp"

namespace {

using namespace copse;

void decode(benchmark::State& state) {
    const auto kernels = laz::fast::available_kernels();
    const auto form = static_cast<std::size_t>(state.range(0));
    if (form >= kernels.size()) return state.SkipWithError("this processor has no such form");
    const auto* const best = &laz::fast::kernel();
    laz::fast::use_kernel(*kernels[form]);

    const auto& file = bench::sample(static_cast<std::uint8_t>(state.range(1)));
    const bool several = state.range(2) != 0;
    const auto columns = state.range(3) != 0 ? las::ColumnSet::xyz() : las::ColumnSet::all();
    auto points = bench::room_for(file, columns);
    for (auto _ : state) several ? bench::decode_together(file, points) : bench::decode_each(file, points);
    bench::report(state, file.point_count(), bench::compressed_bytes(file));
    state.SetLabel(kernels[form]->name);
    laz::fast::use_kernel(*best);
}
BENCHMARK(decode)->ArgNames({"form", "pdrf", "several", "xyz"})->ArgsProduct({{0, 1, 2}, {6, 7}, {0, 1}, {0, 1}});

}  // namespace
