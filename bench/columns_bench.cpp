// What does each column of a layered chunk cost beside X and Y, which everything else needs?
#include "sample.hpp"

namespace {

using namespace copse;
using las::ColumnSet;

struct Named {
    const char* name;
    ColumnSet columns;
};
constexpr Named kColumns[] = {
    {"x y", ColumnSet::xy()},
    {"z", {ColumnSet::z, 0}},
    {"classification", {ColumnSet::classification, 0}},
    {"flags", {ColumnSet::flags, 0}},
    {"intensity", {ColumnSet::intensity, 0}},
    {"scan angle", {ColumnSet::scan_angle, 0}},
    {"user data", {ColumnSet::user_data, 0}},
    {"point source", {ColumnSet::point_source_id, 0}},
    {"gps time", {ColumnSet::gps_time, 0}},
    {"rgb", {ColumnSet::rgb, 0}},
    {"nir", {ColumnSet::nir, 0}},
    {"all", ColumnSet::all()},
};

void decode(benchmark::State& state) {
    const auto& file = bench::sample(8);
    const auto& wanted = kColumns[state.range(0)];
    auto points = bench::room_for(file, wanted.columns);
    for (auto _ : state) bench::decode_each(file, points);
    bench::report(state, file.point_count(), bench::compressed_bytes(file));
    state.SetLabel(wanted.name);
}
BENCHMARK(decode)->DenseRange(0, std::size(kColumns) - 1);

}  // namespace
