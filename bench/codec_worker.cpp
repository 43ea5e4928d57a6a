// Times our codec for bench/codec.py: a line on standard input asks for one timed run, a line answers "seconds points".
//   decode FILE all|xyz     every point, chunk after chunk, one thread
//   encode FILE             every point, in chunks of 50,000
// Words are separated by tabs. Files are loaded, and points decoded for encoding, before the clock starts.
#include <chrono>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "copse/io.hpp"
#include "copse/laz.hpp"

namespace {

using namespace copse;

struct File {
    std::unique_ptr<io::FileSource> source;
    las::FileInfo info;
    laz::ChunkFormat format;
    std::vector<laz::ChunkEntry> chunks;
    Bytes bytes;
    las::Points points;  // of the latest decoding: rows of all chunks are decoded over each other

    [[nodiscard]] ByteView chunk(const laz::ChunkEntry& entry) const {
        return ByteView{bytes}.subspan(static_cast<std::size_t>(entry.offset), static_cast<std::size_t>(entry.size));
    }
};

File load(const std::string& path) {
    File file;
    file.source = io::FileSource::open(path).value();
    file.info = las::read_file_info(*file.source).value();
    auto table = laz::read_chunk_table(*file.source, file.info).value();
    file.format = laz::ChunkFormat::from(table.record, file.info.layout);
    file.chunks = std::move(table.chunks);
    file.bytes = file.source->read({0, file.source->size()}).value();
    return file;
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double decode(File& file, las::ColumnSet columns) {
    const auto start = Clock::now();
    for (const auto& entry : file.chunks) {
        if (file.points.columns != columns || file.points.layout != file.info.layout)
            file.points = las::Points{file.info.layout, columns};
        laz::decode_chunk(file.format, file.chunk(entry), entry.offset, entry.point_count, file.points).value();
    }
    return seconds_since(start);
}

double encode(const File& file, const las::Points& points) {
    Bytes out;
    const auto start = Clock::now();
    for (std::size_t first = 0; first < points.size(); first += laz::kDefaultChunkPoints) {
        out.clear();
        laz::encode_chunk(file.format, points, first, std::min(points.size(), first + laz::kDefaultChunkPoints), out)
            .value();
    }
    return seconds_since(start);
}

las::Points all_points(const File& file) {
    las::Points all{file.info.layout, las::ColumnSet::all()};
    las::Points chunk{file.info.layout, las::ColumnSet::all()};
    for (const auto& entry : file.chunks) {
        laz::decode_chunk(file.format, file.chunk(entry), entry.offset, entry.point_count, chunk).value();
        all.append(chunk, 0, chunk.size());
    }
    return all;
}

}  // namespace

int main() {
    std::map<std::string, File> files;
    std::map<std::string, las::Points> points;
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words{line};
        std::string verb, path, selection;
        std::getline(words, verb, '\t');
        std::getline(words, path, '\t');
        std::getline(words, selection, '\t');
        if (!files.contains(path)) files.emplace(path, load(path));
        auto& file = files.at(path);
        double seconds = 0;
        if (verb == "decode") {
            seconds = decode(file, selection == "xyz" ? las::ColumnSet::xyz() : las::ColumnSet::all());
        } else {
            if (!points.contains(path)) points.emplace(path, all_points(file));
            seconds = encode(file, points.at(path));
        }
        std::uint64_t count = 0;
        for (const auto& entry : file.chunks) count += entry.point_count;
        std::cout << seconds << ' ' << count << std::endl;
    }
}
