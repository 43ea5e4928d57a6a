// The converter: any bytes are refused, or become a file that the validator does not fail, with as many points as the
// header declares. Together with a sibling they become the same file in either order.
#include <cstdlib>
#include <optional>

#include "copse/build.hpp"
#include "copse/check.hpp"
#include "copse/io.hpp"

namespace {

using namespace copse;

constexpr std::uint64_t kMostPoints = 100'000;

void require(bool holds) {
    if (!holds) std::abort();
}

build::Options options() {
    build::Options options;
    options.grid = 32;
    options.max_node_points = 20;
    options.stride = 3;
    options.drop_waveforms = true;
    options.limits.max_chunk_points = kMostPoints;
    return options;
}

/// Not for files that declare more points than a fuzzer has time for.
bool is_small(const char*, std::uint64_t, std::uint64_t total) { return total <= kMostPoints; }

build::Outcome convert(std::span<const build::Input> inputs, io::MemorySink& sink) {
    wire::SerialExecutor executor;
    return build::convert(inputs, options(), sink, executor, nullptr, is_small);
}

void check_output(const build::Report& report, ByteView bytes, std::uint64_t declared) {
    require(report.points_in == declared && report.points_out == declared && report.bytes == bytes.size());
    io::MemorySource source{bytes};
    wire::SerialExecutor executor;
    check::Options deep;
    deep.deep = true;
    require(check::validate(source, deep, executor).verdict() != check::Verdict::fail);
}

/// A survey's next file. Of LAS it has the same places and times, so that only the last rules of order tell its points
/// apart; of LAZ the same points a metre further on.
Bytes sibling_of(ByteView bytes, const las::Header& header) {
    constexpr std::size_t kXOffsetAt = 155;  // LAS 1.4 R15, "Public Header Block"
    constexpr std::size_t kIntensityAt = 12;
    Bytes sibling{bytes.begin(), bytes.end()};
    if (header.marked_compressed()) {
        wire::store_le(sibling.data() + kXOffsetAt, header.offset[0] + 1);
        return sibling;
    }
    auto at = header.offset_to_point_data + kIntensityAt;
    for (auto left = header.point_count(); left > 0; --left, at += header.record_length) sibling.at(at) ^= std::byte{1};
    return sibling;
}

/// The output for two inputs in this order; nothing if they are refused.
std::optional<Bytes> convert_both(ByteView first, ByteView second, std::uint64_t declared) {
    io::MemorySource a{first}, b{second};
    const build::Input inputs[]{{"a", &a}, {"b", &b}};
    io::MemorySink sink;
    const auto outcome = convert(inputs, sink);
    if (!outcome.report) return std::nullopt;
    check_output(*outcome.report, sink.bytes(), declared);
    return sink.bytes();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span{data, size});
    io::MemorySource source{bytes};
    const build::Input input{"a", &source};
    io::MemorySink sink;
    const auto outcome = convert({&input, 1}, sink);
    require(outcome.report.has_value() != outcome.failure.has_value());
    if (!outcome.report) return 0;

    const auto header = las::parse_header(bytes);
    require(header.has_value());
    check_output(*outcome.report, sink.bytes(), header->point_count());
    const auto sibling = sibling_of(bytes, *header);
    const auto declared = 2 * header->point_count();
    require(convert_both(bytes, sibling, declared) == convert_both(sibling, bytes, declared));
    return 0;
}
