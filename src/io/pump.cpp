// The blocking loop around readers without I/O.
#include "copse/io.hpp"

namespace copse::io {
namespace {

/// Ranges that touch are fetched together up to this many bytes, so that memory stays bounded.
constexpr std::uint64_t kMaxRequestBytes = 8u << 20;

/// What the file has of a range.
ByteRange clipped(ByteRange range, std::uint64_t size) {
    if (range.offset >= size) return {range.offset, 0};
    return {range.offset, std::min(range.size, size - range.offset)};
}

/// One past the last of the ranges from `first` on that follow each other without a gap and are small enough together.
std::size_t run_end(std::span<const ByteRange> sorted, std::size_t first, std::uint64_t size) {
    const auto start = sorted[first].offset;
    auto end = clipped(sorted[first], size).end();
    auto last = first + 1;
    for (; last < sorted.size() && sorted[last].offset == end; ++last) {
        const auto next = clipped(sorted[last], size);
        if (next.size == 0 || next.end() - start > kMaxRequestBytes) break;
        end = next.end();
    }
    return last;
}

Status fetch(wire::PullReader& reader, wire::Source& source, std::span<const ByteRange> run, Traffic& traffic) {
    const auto size = source.size();
    const auto start = run.front().offset;
    const auto end = clipped(run.back(), size).end();
    Bytes bytes;
    if (end > start) {
        auto read = source.read({start, end - start});
        if (!read) return read.error();
        bytes = std::move(*read);
        ++traffic.requests;
        traffic.bytes += bytes.size();
    }
    for (const auto range : run) {
        const auto have = clipped(range, size);
        reader.supply(range, ByteView{bytes}.subspan(static_cast<std::size_t>(have.offset - start),
                                                     static_cast<std::size_t>(have.size)));
    }
    return Ok{};
}

}  // namespace

Result<wire::Step> pump(wire::PullReader& reader, wire::Source& source, Traffic* traffic) {
    Traffic uncounted;
    Traffic& count = traffic != nullptr ? *traffic : uncounted;
    for (;;) {
        const auto step = reader.step();
        if (step != wire::Step::need_bytes) return step;
        auto ranges = reader.wanted();
        assert(!ranges.empty());
        // A disk is read fastest forwards.
        std::sort(ranges.begin(), ranges.end());
        ++count.rounds;
        for (std::size_t first = 0; first < ranges.size();) {
            const auto last = run_end(ranges, first, source.size());
            if (const auto status = fetch(reader, source, std::span{ranges}.subspan(first, last - first), count);
                !status)
                return status.error();
            first = last;
        }
    }
}

}  // namespace copse::io
