// How long a conversion's codec takes alone: decodes every chunk of the inputs, then encodes the points of every chunk
// of the output, all columns, on THREADS threads. Files are loaded, and the output's points decoded, before the clock
// starts. For bench/convert.py.
//
// usage: codec_floor THREADS OUT.copc.laz INPUT.laz...   prints "DECODE_SECONDS ENCODE_SECONDS DECODED_POINTS
// ENCODED_POINTS"
#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>

#include "build/parallel.hpp"
#include "laz_file.hpp"

namespace {

using namespace copse;
using bench::File;

constexpr std::size_t kTogether = 3;  // chunks that one call decodes: symbols of one wait, those of three need not
constexpr std::uint64_t kBatchPoints = 10'000'000;  // of the output that are in memory at a time
using Group = std::vector<las::Points>;

struct Seconds {
    double wall = 0;
    double cpu = 0;  ///< of all threads
    Seconds& operator+=(const Seconds& other) {
        wall += other.wall;
        cpu += other.cpu;
        return *this;
    }
};

/// What `work()` takes.
template <class Work>
Seconds seconds_of(const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    const auto cpu_start = std::clock();
    work();
    return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
            static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC};
}

void decode(const File& file, std::span<const laz::ChunkEntry> chunks, std::span<las::Points> out) {
    std::vector<laz::ChunkJob> jobs;
    for (std::size_t i = 0; i < chunks.size(); ++i) jobs.push_back(file.job(chunks[i], out[i]));
    laz::decode_chunks(file.format, jobs);
    for (auto& job : jobs) job.status.value();
}

/// Decodes all chunks, three at a time, into memory that is used again and again.
Seconds seconds_of_decoding(const File& file, wire::Executor& executor) {
    build::Pool<Group> pool;
    const std::span<const laz::ChunkEntry> chunks{file.chunks};
    return seconds_of([&] {
        executor.for_each((chunks.size() + kTogether - 1) / kTogether, [&](std::size_t i) {
            pool.with(
                [&] {
                    return std::make_unique<Group>(kTogether, las::Points{file.info.layout, las::ColumnSet::all()});
                },
                [&](Group& group) {
                    const auto first = i * kTogether;
                    decode(file, chunks.subspan(first, std::min(kTogether, chunks.size() - first)), group);
                });
        });
    });
}

/// Encodes each element of `decoded` as a chunk.
Seconds seconds_of_encoding(const laz::ChunkFormat& format, std::span<const las::Points> decoded,
                            wire::Executor& executor) {
    build::Pool<Bytes> pool;
    return seconds_of([&] {
        executor.for_each(decoded.size(), [&](std::size_t i) {
            pool.with([] { return std::make_unique<Bytes>(); },
                      [&](Bytes& bytes) {
                          bytes.clear();
                          laz::encode_chunk(format, decoded[i], 0, decoded[i].size(), bytes).value();
                      });
        });
    });
}

/// Encodes what is in the chunks of a file again, as many of them at a time as fit into memory.
Seconds seconds_of_encoding_again(const File& file, wire::Executor& executor) {
    Seconds seconds;
    const std::span<const laz::ChunkEntry> chunks{file.chunks};
    for (std::size_t first = 0; first < chunks.size();) {
        std::size_t last = first;
        for (std::uint64_t points = 0; last < chunks.size() && points < kBatchPoints; ++last)
            points += chunks[last].point_count;
        std::vector<las::Points> decoded(last - first, las::Points{file.info.layout, las::ColumnSet::all()});
        executor.for_each(decoded.size(), [&](std::size_t i) { file.decode(chunks[first + i], decoded[i]); });
        seconds += seconds_of_encoding(file.format, decoded, executor);
        first = last;
    }
    return seconds;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 4) {
        std::cerr << "usage: codec_floor THREADS OUT.copc.laz INPUT.laz...\n";
        return 2;
    }
    const auto executor = io::make_executor(static_cast<unsigned>(std::stoul(arguments[1])));
    Seconds decoding;
    std::uint64_t decoded = 0;
    for (int i = 3; i < count; ++i) {
        const auto file = bench::load(arguments[i]);
        decoding += seconds_of_decoding(file, *executor);
        decoded += file.point_count();
    }
    const auto output = bench::load(arguments[2]);
    const auto encoding = seconds_of_encoding_again(output, *executor);
    std::cout << decoding.wall << ' ' << encoding.wall << ' ' << decoding.cpu << ' ' << encoding.cpu << ' ' << decoded
              << ' ' << output.point_count() << '\n';
}
