// Answers of read::Query to many questions about one COPC file, for comparison with brute force.
// usage: answer_queries FILE OUT < QUESTIONS
// A question is a line of parts with tabs between them, each a word, '=' and a value:
//   box=X,Y,Z,X,Y,Z  polygon=WKT  where=CONDITION  time=FROM,TO  level=N  resolution=R
// OUT gets for every question the number of points as 64 bits, then their records.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "copse/filter.hpp"
#include "copse/io.hpp"
#include "copse/read.hpp"

namespace {

using namespace copse;

std::vector<std::string_view> split(std::string_view text, char between) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = std::min(text.find(between), text.size());
        parts.push_back(text.substr(0, end));
        if (end == text.size()) return parts;
        text.remove_prefix(end + 1);
    }
}

double number(std::string_view text) {
    double value = 0;
    const auto status = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status.ec != std::errc{} || status.ptr != text.data() + text.size())
        throw std::runtime_error{"not a number: " + std::string{text}};
    return value;
}

std::vector<double> numbers(std::string_view text, std::size_t count) {
    std::vector<double> values;
    for (const auto part : split(text, ',')) values.push_back(number(part));
    if (values.size() != count) throw std::runtime_error{"not as many numbers as there should be"};
    return values;
}

read::Request parse_question(std::string_view line, const read::File& file) {
    read::Request request;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    request.box = {{-kInfinity, -kInfinity, -kInfinity}, {kInfinity, kInfinity, kInfinity}};
    for (const auto part : split(line, '\t')) {
        const auto word = part.substr(0, part.find('='));
        const auto value = part.substr(std::min(word.size() + 1, part.size()));
        if (word == "box") {
            const auto v = numbers(value, 6);
            request.box = {{v[0], v[1], v[2]}, {v[3], v[4], v[5]}};
        } else if (word == "polygon") {
            request.polygon = filter::Polygon::from_wkt(value).value();
        } else if (word == "where") {
            request.where = filter::Expression::parse(value, file.header, file.layout, file.extra).value();
        } else if (word == "time") {
            const auto v = numbers(value, 2);
            request.time = temporal::TimeWindow{v[0], v[1]};
        } else if (word == "level") {
            request.max_level = static_cast<int>(number(value));
        } else if (word == "resolution") {
            request.max_level = copc::level_for_resolution(file.info, number(value));
        } else if (!word.empty()) {
            throw std::runtime_error{"no such part of a question: " + std::string{word}};
        }
    }
    return request;
}

void answer(std::shared_ptr<const read::File> file, read::Request request, wire::Source& source, std::FILE* out) {
    read::Query query{std::move(file), std::move(request)};
    Bytes records;
    std::uint64_t count = 0;
    while (io::pump(query, source).value() == wire::Step::chunk_ready) {
        const auto points = query.take_chunk().points;
        las::pack_records(points, 0, points.size(), records);
        count += points.size();
    }
    if (!query.warnings().empty()) throw std::runtime_error{query.warnings().front()};
    std::array<std::byte, sizeof count> head{};
    wire::store_le(head.data(), count);
    std::fwrite(head.data(), 1, head.size(), out);
    std::fwrite(records.data(), 1, records.size(), out);
}

void run(const char* path, const char* out_path) {
    auto source = std::move(io::FileSource::open(path)).value();
    read::Opening opening{source->size()};
    while (io::pump(opening, *source).value() != wire::Step::chunk_ready) {
    }
    const auto file = opening.take_file();
    std::FILE* out = std::fopen(out_path, "wb");
    if (out == nullptr) throw std::runtime_error{"the output cannot be opened"};
    for (std::string line; std::getline(std::cin, line);) answer(file, parse_question(line, *file), *source, out);
    if (std::fclose(out) != 0) throw std::runtime_error{"the output cannot be written"};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: answer_queries FILE OUT < QUESTIONS\n");
        return 2;
    }
    try {
        run(argv[1], argv[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "answer_queries: %s\n", error.what());
        return 1;
    }
    return 0;
}
