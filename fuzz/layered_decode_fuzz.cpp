// Layered chunks of any bytes. The point count is the chunk's own, so that what is behind it is reached. Every form of
// the fast decoder must give the points and the verdict of the plain decoder: at once, in slices, in two steps, and
// beside two undamaged chunks, which must not notice. What can be decoded can be encoded and decoded again.
#include <array>
#include <cstdlib>
#include <cstring>
#include <map>

#include "layered_fuzz.hpp"
#include "laz/codecs.hpp"
#include "laz/fast/dispatch.hpp"

namespace {

using namespace copse;

struct Outcome {
    Status status{Ok{}};
    Bytes records;
};

void expect(bool good) {
    if (!good) std::abort();
}

void expect_same(const Outcome& expected, const Outcome& actual) {
    expect(bool{expected.status} == bool{actual.status} && expected.records == actual.records);
    if (expected.status) return;
    const Error &one = expected.status.error(), &other = actual.status.error();
    expect(one.code == other.code && one.at == other.at && std::strcmp(one.what, other.what) == 0);
}

Outcome outcome_of(const Status& status, const las::Points& points) {
    Outcome outcome{status, {}};
    if (status) las::pack_records(points, 0, points.size(), outcome.records);
    return outcome;
}

Outcome decode_with(Result<std::unique_ptr<laz::ChunkDecoder>> decoder, las::Points points, std::size_t slice) {
    if (!decoder) return {decoder.error(), {}};
    Status status{Ok{}};
    while (status && (*decoder)->remaining() != 0) status = (*decoder)->decode(slice, points);
    return outcome_of(status, points);
}

constexpr std::size_t kAllRows = std::size_t{1} << 20;

struct Input {
    laz::ChunkFormat format;
    ByteView chunk;
    std::uint64_t count = 1;

    [[nodiscard]] las::Points no_points(las::ColumnSet columns) const { return {format.layout, columns}; }
    [[nodiscard]] Outcome by_reference(las::ColumnSet columns) const {
        return decode_with(
            laz::make_layered_reference_decoder(format, chunk, 0, count, columns, laz::Consumption::exact),
            no_points(columns), kAllRows);
    }
    [[nodiscard]] Outcome by_form(las::ColumnSet columns, std::size_t slice) const {
        return decode_with(laz::open_chunk(format, chunk, 0, count, columns), no_points(columns), slice);
    }
};

/// A chunk that there is nothing wrong with, and its points.
struct Neighbour {
    Bytes chunk;
    std::uint64_t count = 0;
    Bytes records;
};

/// Two chunks of a format, one longer than a block: made of few values, so that channels and returns switch.
const std::array<Neighbour, 2>& neighbours(const laz::ChunkFormat& format) {
    static std::map<std::pair<std::uint16_t, std::uint16_t>, std::array<Neighbour, 2>> made;
    const std::uint16_t length = format.layout.record_length;
    auto& both = made[{length, static_cast<std::uint16_t>(format.layout.format << 8 | format.items[0].version)}];
    if (both[0].count != 0) return both;
    std::uint32_t random = 1;
    for (Neighbour& one : both) {
        one.count = &one == &both[0] ? 20 : 400;
        for (std::size_t i = 0; i < one.count * length; ++i) {
            random = random * 1664525 + 1013904223;
            one.records.push_back(static_cast<std::byte>(i % length == 15 ? (random >> 24) & 0x3f : random >> 30));
        }
        const las::Points points = fuzz::points_of(format.layout, one.records);
        expect(bool{laz::encode_chunk(format, points, 0, points.size(), one.chunk)});
    }
    return both;
}

Outcome in_a_lane(const Input& input, las::ColumnSet columns) {
    const auto& [shorter, longer] = neighbours(input.format);
    const auto all = las::ColumnSet::all();
    std::array<las::Points, 3> points{input.no_points(columns), input.no_points(columns), input.no_points(columns)};
    std::array<laz::ChunkJob, 3> jobs;
    const std::array<ByteView, 3> chunks{shorter.chunk, input.chunk, longer.chunk};
    const std::array<std::uint64_t, 3> counts{shorter.count, input.count, longer.count};
    for (std::size_t i = 0; i < 3; ++i) {
        jobs[i].bytes = chunks[i];
        jobs[i].point_count = counts[i];
        jobs[i].out = &points[i];
    }
    laz::decode_chunks(input.format, jobs);
    if (columns == all) {
        expect_same({Ok{}, shorter.records}, outcome_of(jobs[0].status, points[0]));
        expect_same({Ok{}, longer.records}, outcome_of(jobs[2].status, points[2]));
    }
    const auto kept = outcome_of(jobs[1].status, points[1]);

    las::Points taken = input.no_points(columns);
    jobs[1].take = [&](const las::Points& block) {
        taken.append(block, 0, block.size());
        return true;
    };
    laz::decode_chunks(input.format, jobs);
    expect_same(kept, outcome_of(jobs[1].status, taken));
    return kept;
}

/// What further columns leave undefined.
void take_xy(const las::Points& from, las::Points& to) {
    expect(from.size() == to.size());
    to.x = from.x, to.y = from.y, to.returns = from.returns, to.channel = from.channel;
}

/// Some columns first, then the others: each step as the plain decoder has it for its columns.
void take_two_steps(const Input& input, las::ColumnSet first) {
    const las::ColumnSet further = las::ColumnSet::all() - first;
    auto decoder =
        laz::open_chunk(input.format, input.chunk, 0, input.count, first, laz::Consumption::exact, laz::Steps::several);
    if (!decoder) return;
    las::Points points = input.no_points(las::ColumnSet::all());
    Status status{Ok{}};
    while (status && (*decoder)->remaining() != 0) status = (*decoder)->decode(100, points);
    if (!status) return;
    status = (*decoder)->decode_further(further, points.size(), points);
    las::Points found = input.no_points(further);
    if (status) found.append(points, 0, points.size());
    const auto reference = input.by_reference(further);
    expect_same(reference, outcome_of(status, found));

    las::Points room = input.no_points(further), taken = room;
    std::array<laz::FurtherJob, 1> jobs;
    jobs[0] = {decoder->get(), further, points.size(), &room};
    jobs[0].take = [&](const las::Points& block) {
        taken.append(block, 0, block.size());
        return true;
    };
    laz::decode_further(jobs);
    if (jobs[0].status) take_xy(points, taken);
    expect_same(reference, outcome_of(jobs[0].status, taken));
}

void expect_to_be_encoded_again(const Input& input, const Bytes& records) {
    const las::Points points = fuzz::points_of(input.format.layout, records);
    Bytes again;
    expect(bool{laz::encode_chunk(input.format, points, 0, points.size(), again)});
    const Input coded{input.format, again, input.count};
    expect_same({Ok{}, records}, coded.by_form(las::ColumnSet::all(), kAllRows));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    Input input{fuzz::layered_format(data[0], data[1]), std::as_bytes(std::span{data, size}.subspan(4))};
    const las::ColumnSet some{static_cast<std::uint32_t>(data[2] | data[3] << 8) & las::ColumnSet::all().fields,
                              data[3]};
    if (input.chunk.size() >= input.format.layout.record_length + 4u)
        input.count = wire::load_le<std::uint32_t>(input.chunk.data() + input.format.layout.record_length);
    // Two bytes can stand for a thousand points; a fuzzer's time is better spent on short chunks.
    if (input.count == 0 || input.count > 4096) return 0;

    const Outcome expected = input.by_reference(las::ColumnSet::all());
    const Outcome expected_part = input.by_reference(some);
    if (!expected.status && expected.status.error().at > input.chunk.size()) std::abort();
    for (const laz::fast::Kernel* form : laz::fast::available_kernels()) {
        laz::fast::use_kernel(*form);
        expect_same(expected, input.by_form(las::ColumnSet::all(), kAllRows));
        expect_same(expected, input.by_form(las::ColumnSet::all(), 3));
        expect_same(expected_part, input.by_form(some, 7));
        expect_same(expected, in_a_lane(input, las::ColumnSet::all()));
        expect_same(expected_part, in_a_lane(input, some));
        take_two_steps(input, some);
    }
    if (expected.status) expect_to_be_encoded_again(input, expected.records);
    return 0;
}
