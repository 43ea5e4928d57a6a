// Whole LAS files: opened or refused with an offset inside the file; in sequence and block by block the same points.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "copse/las.hpp"

using namespace copse;

namespace {

class MemorySource final : public wire::Source {
public:
    explicit MemorySource(ByteView bytes) : bytes_{bytes} {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override {
        if (offset > bytes_.size() || bytes_.size() - offset < out.size())
            return Error{Code::truncated, bytes_.size(), "the file ends here"};
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return Ok{};
    }

private:
    ByteView bytes_;
};

Bytes read_in_sequence(las::PointReader& reader) {
    las::Points points{reader.info().layout, las::ColumnSet::all()};
    for (;;) {
        const std::size_t before = points.size();
        if (!reader.read_next(1000, points) || points.size() == before) break;
    }
    Bytes records;
    las::pack_records(points, 0, points.size(), records);
    return records;
}

Bytes read_by_blocks(const las::PointReader& reader) {
    Bytes records;
    las::Points points{reader.info().layout, las::ColumnSet::all()};
    for (std::size_t i = 0; i < reader.blocks().size(); ++i)
        if (reader.read_block(i, points)) las::pack_records(points, 0, points.size(), records);
    return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    MemorySource source{std::as_bytes(std::span{data, size})};
    const auto reader = las::open_las(source);
    if (!reader) {
        if (reader.error().at > size) std::abort();
        return 0;
    }
    if (read_in_sequence(**reader) != read_by_blocks(**reader)) std::abort();
    return 0;
}
