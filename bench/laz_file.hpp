// LAZ files in memory.
#pragma once

#include <string>
#include <vector>

#include "copse/io.hpp"
#include "copse/laz.hpp"

namespace copse::bench {

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

inline File parse(Bytes bytes) {
    File file;
    file.bytes = std::move(bytes);
    io::MemorySource source{ByteView{file.bytes}};
    file.info = las::read_file_info(source).value();
    auto table = laz::read_chunk_table(source, file.info).value();
    file.format = laz::ChunkFormat::from(table.record, file.info.layout);
    file.chunks = std::move(table.chunks);
    return file;
}

inline File load(const std::string& path) {
    const auto source = io::FileSource::open(path).value();
    return parse(source->read({0, source->size()}).value());
}

}  // namespace copse::bench
