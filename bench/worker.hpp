// What our workers share: the protocol of bench/compare.py, a clock, a checksum, and files in memory.
#pragma once

#include <time.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "copse/io.hpp"
#include "copse/laz.hpp"

namespace copse::bench {

/// One line of the protocol, words separated by tabs: VERB FILE SELECTION REPEATS FORM. Trailing words may be missing.
struct Request {
    std::string verb;
    std::string file;
    std::string selection;
    unsigned repeats = 1;
    std::string form;  ///< of the decoder; empty: the best one this processor has
};

inline Request parse_request(const std::string& line) {
    std::istringstream words{line};
    Request request;
    std::string repeats;
    for (auto* word : {&request.verb, &request.file, &request.selection, &repeats, &request.form})
        std::getline(words, *word, '\t');
    if (!repeats.empty()) request.repeats = static_cast<unsigned>(std::stoul(repeats));
    return request;
}

/// Processor time of this thread: what others do on the machine meanwhile does not count.
inline double nanoseconds_now() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Nanoseconds that `work()` takes, a mean of `repeats`.
template <class Work>
double nanoseconds_of(unsigned repeats, Work&& work) {
    const auto start = nanoseconds_now();
    for (unsigned i = 0; i < repeats; ++i) work();
    return (nanoseconds_now() - start) / repeats;
}

constexpr std::array<std::uint32_t, 256> make_crc32_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        table[i] = i;
        for (int bit = 0; bit < 8; ++bit) table[i] = table[i] >> 1 ^ ((table[i] & 1) != 0 ? 0xedb88320u : 0);
    }
    return table;
}

/// CRC-32 as in gzip and PNG: what zlib, and so every language, calls crc32.
class Crc32 {
public:
    void add(ByteView bytes) {
        static constexpr auto kTable = make_crc32_table();
        for (const auto byte : bytes)
            state_ = kTable[(state_ ^ std::to_integer<std::uint32_t>(byte)) & 0xff] ^ state_ >> 8;
    }
    [[nodiscard]] std::uint32_t value() const { return ~state_; }

private:
    std::uint32_t state_ = 0xffffffff;
};

/// A LAZ file in memory.
struct File {
    Bytes bytes;
    las::FileInfo info;
    laz::ChunkFormat format;
    std::vector<laz::ChunkEntry> chunks;

    [[nodiscard]] ByteView chunk(const laz::ChunkEntry& entry) const {
        return ByteView{bytes}.subspan(static_cast<std::size_t>(entry.offset), static_cast<std::size_t>(entry.size));
    }
    void decode(const laz::ChunkEntry& entry, las::Points& out) const {
        laz::decode_chunk(format, chunk(entry), entry.offset, entry.point_count, out).value();
    }
    [[nodiscard]] laz::ChunkJob job(const laz::ChunkEntry& entry, las::Points& out) const {
        return {.bytes = chunk(entry), .at = entry.offset, .point_count = entry.point_count, .out = &out};
    }
    [[nodiscard]] std::uint64_t point_count() const {
        std::uint64_t count = 0;
        for (const auto& entry : chunks) count += entry.point_count;
        return count;
    }
};

inline File load(const std::string& path) {
    const auto source = io::FileSource::open(path).value();
    File file;
    file.bytes = source->read({0, source->size()}).value();
    file.info = las::read_file_info(*source).value();
    auto table = laz::read_chunk_table(*source, file.info).value();
    file.format = laz::ChunkFormat::from(table.record, file.info.layout);
    file.chunks = std::move(table.chunks);
    return file;
}

inline std::string hex(std::uint32_t value) {
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%08x", value);
    return text.data();
}

/// Answers requests, one line each, until there are no more.
template <class Worker>
void serve(Worker& worker) {
    for (std::string line; std::getline(std::cin, line);) std::cout << worker.answer(parse_request(line)) << std::endl;
}

}  // namespace copse::bench
