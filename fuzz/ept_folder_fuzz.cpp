// A whole EPT folder: opened or refused; every block holds the points that it declares or is an error; in sequence and
// block by block the same points. Input: files one after the other, each a number for its name, its size in 32 bits,
// its content.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

#include "copse/ept.hpp"

using namespace copse;

namespace {

class MemorySource final : public wire::Source {
public:
    explicit MemorySource(ByteView bytes) : bytes_{bytes} {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override {
        if (const auto inside = require_inside(offset, out.size()); !inside) return inside;
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return Ok{};
    }

private:
    ByteView bytes_;
};

class MemoryFolder final : public wire::Folder {
public:
    Result<std::unique_ptr<wire::Source>> open(const std::string& name) override {
        const auto found = files.find(name);
        if (found == files.end()) return Error{Code::io_failed, 0, "there is no such file", 2};
        return std::unique_ptr<wire::Source>{std::make_unique<MemorySource>(found->second)};
    }
    std::map<std::string, ByteView> files;
};

std::shared_ptr<MemoryFolder> unpack(ByteView bytes) {
    auto folder = std::make_shared<MemoryFolder>();
    wire::ByteReader in{bytes};
    while (in.ok() && in.remaining() != 0) {
        const auto number = in.u8();
        const auto content = in.bytes(in.u32());
        if (number % 6 == 0) folder->files["ept.json"] = content;
        if (number % 6 == 1) folder->files["ept-hierarchy/0-0-0-0.json"] = content;
        if (number % 6 == 2) folder->files["ept-hierarchy/1-0-0-0.json"] = content;
        const char* tile = number % 6 == 3   ? "ept-data/0-0-0-0"
                           : number % 6 == 4 ? "ept-data/1-0-0-0"
                           : number % 6 == 5 ? "ept-data/1-1-1-1"
                                             : nullptr;
        if (tile == nullptr) continue;
        for (const char* ending : {".laz", ".bin", ".zst"}) folder->files[tile + std::string{ending}] = content;
    }
    return folder;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    las::OpenOptions options;
    options.limits.max_chunk_points = 100000;
    options.limits.max_chunks = 100;
    const auto opened = ept::open(unpack(std::as_bytes(std::span{data, size})), options);
    if (!opened) {
        if (opened.error().part[0] == '\0') std::abort();
        return 0;
    }
    auto& reader = **opened;
    Bytes by_blocks;
    bool good = true;
    las::Points points{reader.info().layout, las::ColumnSet::all()};
    for (std::size_t i = 0; i < reader.blocks().size(); ++i) {
        const auto status = reader.read_block(i, points);
        good = good && status.has_value();
        if (!status) {
            if (status.error().part[0] == '\0') std::abort();
            continue;
        }
        if (points.size() != reader.blocks()[i].point_count) std::abort();
        las::pack_records(points, 0, points.size(), by_blocks);
    }
    if (!good) return 0;
    points.resize(0);
    for (;;) {
        const auto before = points.size();
        if (!reader.read_next(1000, points)) std::abort();
        if (points.size() == before) break;
    }
    Bytes in_sequence;
    las::pack_records(points, 0, points.size(), in_sequence);
    if (in_sequence != by_blocks) std::abort();
    return 0;
}
