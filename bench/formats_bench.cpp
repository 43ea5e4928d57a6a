// How fast are decoder, encoder and the way into and out of LAS records, by point format?
#include "sample.hpp"

namespace {

using namespace copse;

constexpr auto kColumns = las::ColumnSet::all();

const bench::File& file_of(const benchmark::State& state) {
    return bench::sample(static_cast<std::uint8_t>(state.range(0)));
}

las::Points first_chunk(const bench::File& file) {
    las::Points points{file.info.layout, kColumns};
    file.decode(file.chunks.front(), points);
    return points;
}

void decode(benchmark::State& state) {
    const auto& file = file_of(state);
    auto points = bench::room_for(file, kColumns);
    for (auto _ : state) bench::decode_together(file, points);
    bench::report(state, file.point_count(), bench::compressed_bytes(file));
}

void encode(benchmark::State& state) {
    const auto& file = file_of(state);
    const auto points = first_chunk(file);
    Bytes chunk;
    for (auto _ : state) {
        chunk.clear();
        laz::encode_chunk(file.format, points, 0, points.size(), chunk).value();
    }
    bench::report(state, points.size(), chunk.size());
}

void pack_records(benchmark::State& state) {
    const auto points = first_chunk(file_of(state));
    Bytes records;
    for (auto _ : state) {
        records.clear();
        las::pack_records(points, 0, points.size(), records);
    }
    bench::report(state, points.size(), records.size());
}

void unpack_records(benchmark::State& state) {
    auto points = first_chunk(file_of(state));
    Bytes records;
    las::pack_records(points, 0, points.size(), records);
    for (auto _ : state) las::unpack_records(records, points, 0);
    bench::report(state, points.size(), records.size());
}

void all_formats(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgName("pdrf");
    for (const int pdrf : {1, 3, 6, 7, 8}) benchmark->Arg(pdrf);
}
BENCHMARK(decode)->Apply(all_formats);
BENCHMARK(encode)->Apply(all_formats);
BENCHMARK(pack_records)->Apply(all_formats);
BENCHMARK(unpack_records)->Apply(all_formats);

}  // namespace
