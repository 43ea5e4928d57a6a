// Points for the programs on Google Benchmark.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <map>

#include "copse/synth.hpp"
#include "laz_file.hpp"

namespace copse::bench {

/// The file that the environment variable COPSE_BENCH_FILE names, whatever its format, or 200,000 made points.
inline const File& sample(std::uint8_t pdrf) {
    static std::map<std::uint8_t, File> samples;
    const auto found = samples.find(pdrf);
    if (found != samples.end()) return found->second;
    if (const char* path = std::getenv("COPSE_BENCH_FILE")) return samples.emplace(pdrf, load(path)).first->second;
    io::MemorySink sink;
    const synth::Options options{.points = 200'000, .passes = 1, .pdrf = pdrf, .kind = synth::FileKind::laz, .seed = 1};
    synth::write_pass(options, 0, sink).value();
    return samples.emplace(pdrf, parse(sink.take())).first->second;
}

inline std::vector<las::Points> room_for(const File& file, las::ColumnSet columns) {
    return {file.chunks.size(), las::Points{file.info.layout, columns}};
}

inline void decode_each(const File& file, std::vector<las::Points>& out) {
    for (std::size_t i = 0; i < file.chunks.size(); ++i) file.decode(file.chunks[i], out[i]);
}

inline void decode_together(const File& file, std::vector<las::Points>& out) {
    std::vector<laz::ChunkJob> jobs;
    for (std::size_t i = 0; i < file.chunks.size(); ++i) jobs.push_back(file.job(file.chunks[i], out[i]));
    laz::decode_chunks(file.format, jobs);
    for (auto& job : jobs) job.status.value();
}

/// Points, and bytes of their compressed or plain form, per second.
inline void report(benchmark::State& state, std::uint64_t points, std::uint64_t bytes) {
    state.SetItemsProcessed(static_cast<std::int64_t>(points) * state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}

inline std::uint64_t compressed_bytes(const File& file) {
    std::uint64_t bytes = 0;
    for (const auto& entry : file.chunks) bytes += entry.size;
    return bytes;
}

}  // namespace copse::bench
