// Shows: opening a COPC file and reading exactly the points of a box and a time window, chunk by chunk.
// The simplest example; start here. Usage: query_box_and_time FILE x0,y0,x1,y1 FROM TO   (GPS seconds in the file's
// encoding)
#include <cstdio>
#include <cstdlib>
#include <string>

#include <copse/copse.hpp>
#include <copse/io.hpp>

namespace {

int fail(const copse::Error& error) {
    std::fprintf(stderr, "offset %llu: %s\n", static_cast<unsigned long long>(error.at), error.what);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: query_box_and_time FILE x0,y0,x1,y1 FROM TO\n");
        return 2;
    }
    using namespace copse;
    auto source = io::FileSource::open(argv[1]);
    if (!source) return fail(source.error());

    // Readers do no I/O: pump() hands them the bytes they want until they have something for us.
    read::Opening opening{(*source)->size()};
    auto step = io::pump(opening, **source);
    if (!step) return fail(step.error());
    if (*step == wire::Step::failed) return fail(opening.error());
    const auto file = opening.take_file();

    read::Request request;
    if (std::sscanf(argv[2], "%lf,%lf,%lf,%lf", &request.box.min[0], &request.box.min[1], &request.box.max[0],
                    &request.box.max[1]) != 4)
        return 2;
    request.time = temporal::TimeWindow{std::strtod(argv[3], nullptr), std::strtod(argv[4], nullptr)};
    request.columns = {las::ColumnSet::z | las::ColumnSet::gps_time, 0};

    read::Query query{file, request};
    std::uint64_t count = 0;
    double lowest = copc::Box::kInfinity;
    for (;;) {
        step = io::pump(query, **source);
        if (!step) return fail(step.error());
        if (*step == wire::Step::failed) return fail(query.error());
        if (*step == wire::Step::done) break;
        const auto chunk = query.take_chunk();
        for (const auto raw_z : chunk.points.z) {
            const auto scaled = raw_z * file->header.scale[2];
            const auto z = scaled + file->header.offset[2];
            if (z < lowest) lowest = z;
        }
        count += chunk.matched;
    }
    std::printf("%llu points, lowest z %.3f, %llu chunks decoded\n", static_cast<unsigned long long>(count), lowest,
                static_cast<unsigned long long>(query.statistics().chunks_decoded));
    return 0;
}
