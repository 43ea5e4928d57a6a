// Raw records of any LAS or LAZ file, as our decoder sees them: for comparison with other readers.
// usage: dump_records FILE OUT
#include <cstdio>

#include "copse/io.hpp"
#include "copse/laz.hpp"

namespace {

int fail(const copse::Error& error) {
    std::fprintf(stderr, "offset %llu: %s\n", static_cast<unsigned long long>(error.at), error.what);
    return 1;
}

int dump(const char* path, const char* out_path) {
    using namespace copse;
    const auto source = io::FileSource::open(path);
    if (!source) return fail(source.error());
    auto reader = laz::open(**source, {.compatibility = las::Compatibility::keep, .limits = {}});
    if (!reader) return fail(reader.error());
    const auto& layout = (*reader)->info().layout;
    std::FILE* out = std::fopen(out_path, "wb");
    if (out == nullptr) return 3;
    std::uint64_t count = 0;
    for (;;) {
        las::Points points{layout, las::ColumnSet::all()};
        const auto status = (*reader)->read_next(50000, points);
        if (!status) return fail(status.error());
        if (points.size() == 0) break;
        Bytes records;
        las::pack_records(points, 0, points.size(), records);
        std::fwrite(records.data(), 1, records.size(), out);
        count += points.size();
    }
    if (std::fclose(out) != 0) return 3;
    std::printf("{\"count\": %llu, \"format\": %d, \"record_length\": %d}\n", static_cast<unsigned long long>(count),
                layout.format, layout.record_length);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: dump_records FILE OUT\n");
        return 2;
    }
    return dump(argv[1], argv[2]);
}
