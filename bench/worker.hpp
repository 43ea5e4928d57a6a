// What our workers share: the protocol of bench/compare.py, a clock and a checksum.
#pragma once

#include <time.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "laz_file.hpp"

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
