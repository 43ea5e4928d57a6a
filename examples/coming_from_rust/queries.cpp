// Shows: whole questions, from space alone to box, level and time with some of the fields.
#include <cstdio>

#include "examples.hpp"

using namespace copse;

std::uint64_t ask_for_points(const Survey& survey) {
    const auto& file = survey.file;
    // [quote: query]
    read::Request request;
    request.box = file->bounds();
    request.max_level = copc::level_for_resolution(file->info, 0.001);
    request.time = temporal::TimeWindow{file->info.gps_time_min, file->info.gps_time_max};
    request.columns = {las::ColumnSet::z | las::ColumnSet::rgb, 0};

    std::uint64_t points = 0;
    read::Query query{file, request};
    io::Pump pump{query, *survey.source};  // ranges stay under way while a chunk is used
    while (pump.run().value() == wire::Step::chunk_ready) {
        const read::Chunk chunk = query.take_chunk();  // exactly the points that match
        for (const auto point : read::PointRows{chunk.points, file->header}) points += point.z() < 1e9 ? 1u : 0u;
    }
    // [/quote]
    const auto& statistics = query.statistics();
    std::printf("query: %llu requests, %llu bytes of chunks\n", static_cast<unsigned long long>(statistics.requests),
                static_cast<unsigned long long>(statistics.chunk_bytes));

    // [quote: plan]
    request.plan_only = true;
    read::Query planned{file, request};
    drive(planned, *survey.source);
    std::printf("plan: %llu nodes in %llu requests\n", static_cast<unsigned long long>(planned.plan()->nodes),
                static_cast<unsigned long long>(planned.plan()->requests));
    // [/quote]
    return points;
}
