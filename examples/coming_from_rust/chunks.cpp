// Shows: one chunk with the fields of choice, its columns, rows in a box and a window, points from rows.
#include <cstdio>

#include "examples.hpp"

using namespace copse;

std::uint64_t look_at_chunks(const Survey& survey) {
    auto tree = read::Tree::create(survey.file).value();
    load(tree, *survey.source, {});

    std::uint64_t points = 0;
    for (const auto& key : tree.visible({})) {
        // [quote: chunk]
        const copc::Entry& entry = *tree.find(key);
        const Bytes bytes = survey.source->read(entry.range()).value();
        read::Request fields;
        fields.columns = {las::ColumnSet::z | las::ColumnSet::gps_time | las::ColumnSet::intensity, 0};
        const read::Chunk chunk = read::decode_chunk(*survey.file, entry, bytes, fields).value();
        // [/quote]

        // [quote: columns]
        const las::Points& columns = chunk.points;
        if (columns.columns.has(las::ColumnSet::intensity))  // the columns that were asked for, and no others
            for (const std::uint16_t intensity : columns.intensity) (void)intensity;
        const double scaled = columns.x[0] * survey.file->header.scale[0];
        const double x = scaled + survey.file->header.offset[0];
        // [/quote]

        // [quote: rows]
        copc::Box box = survey.file->bounds();
        box.max[0] = survey.file->info.center[0];
        const auto in_box = read::rows_in(chunk.points, survey.file->header, box);
        const auto in_window = read::rows_in(chunk.points, temporal::TimeWindow{0, 1e12});
        if (!in_box || !in_window) continue;  // a column that they take was not asked for
        // [/quote]

        // [quote: points]
        for (const read::PointRef point : read::PointRows{chunk.points, survey.file->header, *in_box})
            if (point.x() > box.max[0] || point.gps_time() < 0) std::printf("never\n");
        const read::PointRef first{chunk.points, survey.file->header, 0};
        if (first.x() != x || first.return_number() > first.number_of_returns()) std::printf("never\n");
        // [/quote]

        // [quote: matching]
        fields.box = box;
        fields.time = temporal::TimeWindow{0, 1e12};
        const read::Chunk matching = read::decode_chunk(*survey.file, entry, bytes, fields).value();
        // [/quote]
        if (matching.matched != in_box->size()) std::printf("never\n");
        points += in_window->size();
    }
    return points;
}
