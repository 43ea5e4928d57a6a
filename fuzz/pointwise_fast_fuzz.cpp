// Point-wise chunks of any bytes: every form of the fast decoder, alone and in lockstep, against the plain one. Third
// and fourth byte: number of points, and how many of them are decoded. The chunk, its first half and an undamaged chunk
// go through lanes together.
#include <array>
#include <cstdlib>

#include "laz/codecs.hpp"
#include "laz/fast/dispatch.hpp"
#include "pointwise_fuzz.hpp"

namespace {

using namespace copse;

struct Outcome {
    Status status{Ok{}};
    Bytes records;

    Outcome(const Status& decoded, const las::Points& points) : status{decoded} {
        if (decoded) las::pack_records(points, 0, points.size(), records);
    }
};

bool same(const Outcome& a, const Outcome& b) {
    if (!a.status || !b.status)
        return !a.status && !b.status && a.status.error().code == b.status.error().code &&
               a.status.error().at == b.status.error().at &&
               std::string_view{a.status.error().what} == std::string_view{b.status.error().what};
    return a.records == b.records;
}

Outcome plain(const laz::ChunkFormat& format, ByteView chunk, std::uint64_t count, std::uint64_t rows) {
    las::Points points{format.layout, las::ColumnSet::all()};
    auto decoder = laz::make_pointwise_reference_decoder(format, chunk, 0, count, laz::Consumption::exact);
    if (!decoder) return {decoder.error(), points};
    const Status status = (*decoder)->decode(static_cast<std::size_t>(std::min(rows, count)), points);
    return {status, points};
}

void compare(const laz::ChunkFormat& format, ByteView chunk, std::uint64_t count, std::uint64_t rows) {
    las::Points calm{format.layout, las::ColumnSet::all()};
    calm.resize(300);
    las::unpack_records(Bytes(std::size_t{300} * format.layout.record_length), calm, 0);
    Bytes undamaged;
    if (!laz::encode_pointwise_chunk(format, calm, 0, calm.size(), undamaged)) std::abort();

    const std::array<ByteView, 3> chunks{chunk, chunk.first(chunk.size() / 2), undamaged};
    std::array<las::Points, 3> points;
    std::array<laz::ChunkJob, 3> jobs;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        points[i] = las::Points{format.layout, las::ColumnSet::all()};
        jobs[i].bytes = chunks[i];
        jobs[i].point_count = i == 2 ? calm.size() : count;
        jobs[i].rows = i == 2 ? ~std::uint64_t{0} : rows;
        jobs[i].out = &points[i];
    }
    laz::decode_chunks(format, jobs);
    for (std::size_t i = 0; i < jobs.size(); ++i)
        if (!same(plain(format, chunks[i], jobs[i].point_count, jobs[i].rows), {jobs[i].status, points[i]}))
            std::abort();

    las::Points alone{format.layout, las::ColumnSet::all()};
    const Status status = laz::decode_chunk(format, chunk, 0, count, alone, rows);
    if (!same(plain(format, chunk, count, rows), {status, alone})) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    auto format = fuzz::pointwise_format(data[0], data[1]);
    for (auto& item : format.items) item.version = 2;
    const std::uint64_t count = 1u + data[2] + 256u * (data[3] % 8);
    const std::uint64_t rows = (data[3] & 0x80u) != 0 ? count / 2 : count;
    for (const laz::fast::Kernel* form : laz::fast::available_kernels()) {
        laz::fast::use_kernel(*form);
        compare(format, std::as_bytes(std::span{data, size}.subspan(4)), count, rows);
    }
    return 0;
}
