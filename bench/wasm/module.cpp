// What bench/wasm/copse.mjs calls: one LAZ file in memory, its chunks decoded one at a time.
#include <optional>

#include "copse/laz.hpp"

#define COPSE_EXPORT(name) __attribute__((export_name(#name))) name

namespace {

using namespace copse;

class MemorySource final : public wire::Source {
public:
    explicit MemorySource(ByteView bytes) : bytes_{bytes} {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override {
        if (offset > bytes_.size() || bytes_.size() - offset < out.size())
            return Error{Code::truncated, bytes_.size(), "the file ends before the bytes asked for"};
        const auto from = bytes_.subspan(static_cast<std::size_t>(offset), out.size());
        std::copy(from.begin(), from.end(), out.begin());
        return Ok{};
    }

private:
    ByteView bytes_;
};

struct File {
    Bytes bytes;
    las::FileInfo info;
    laz::ChunkFormat format;
    std::vector<laz::ChunkEntry> chunks;
    las::Points points;
    Bytes records;
};

File file;
const char* error = "";

Status open_file() {
    MemorySource source{file.bytes};
    auto info = las::read_file_info(source);
    if (!info) return info.error();
    auto table = laz::read_chunk_table(source, *info);
    if (!table) return table.error();
    file.info = std::move(*info);
    file.format = laz::ChunkFormat::from(table->record, file.info.layout);
    file.chunks = std::move(table->chunks);
    return Ok{};
}

bool succeeded(const Status& status) {
    if (!status) error = status.error().what;
    return status.has_value();
}

}  // namespace

extern "C" {

/// Room for the bytes of a file, to be filled before `open`. What was open is closed.
std::byte* COPSE_EXPORT(reserve)(std::uint32_t size) {
    file = File{};
    file.bytes.resize(size);
    return file.bytes.data();
}

bool COPSE_EXPORT(open)() { return succeeded(open_file()); }

std::uint32_t COPSE_EXPORT(chunk_count)() { return static_cast<std::uint32_t>(file.chunks.size()); }
std::uint32_t COPSE_EXPORT(chunk_points)(std::uint32_t index) {
    return static_cast<std::uint32_t>(file.chunks[index].point_count);
}
std::uint32_t COPSE_EXPORT(chunk_offset)(std::uint32_t index) {
    return static_cast<std::uint32_t>(file.chunks[index].offset);
}
std::uint32_t COPSE_EXPORT(chunk_size)(std::uint32_t index) {
    return static_cast<std::uint32_t>(file.chunks[index].size);
}
std::uint32_t COPSE_EXPORT(point_format)() { return file.info.layout.format; }
std::uint32_t COPSE_EXPORT(record_length)() { return file.info.layout.record_length; }

/// Decodes a chunk into columns: all, or X, Y and Z.
bool COPSE_EXPORT(decode)(std::uint32_t index, bool xyz_only) {
    const las::Points empty{file.info.layout, xyz_only ? las::ColumnSet::xyz() : las::ColumnSet::all()};
    if (file.points.columns != empty.columns || file.points.layout != empty.layout) file.points = empty;
    const auto& entry = file.chunks[index];
    const auto chunk =
        ByteView{file.bytes}.subspan(static_cast<std::size_t>(entry.offset), static_cast<std::size_t>(entry.size));
    return succeeded(laz::decode_chunk(file.format, chunk, entry.offset, entry.point_count, file.points));
}

/// The decoded chunk as LAS records; columns that were not decoded are zero.
const std::byte* COPSE_EXPORT(records)() {
    file.records.clear();
    las::pack_records(file.points, 0, file.points.size(), file.records);
    return file.records.data();
}

/// Why a call returned false: text that ends with a NUL.
const char* COPSE_EXPORT(error_text)() { return error; }
}
