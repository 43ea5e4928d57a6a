// Shows: the query of ../query_box_and_time (read that first) as a coroutine on Asio's event loop, of a file on a web
// server. One thread does it all: while points are looked at, the next ranges are under way.
// Usage: asio_query http://HOST[:PORT]/PATH x0,y0,x1,y1 FROM TO   (GPS seconds in the file's encoding)
#include <cstdio>
#include <cstdlib>
#include <string>

#include <copse/copse.hpp>

#include "http_source.hpp"

namespace {

using namespace copse;

struct Summary {
    std::uint64_t points = 0;
    std::uint64_t chunks = 0;
    double lowest = copc::Box::kInfinity;
    async::Traffic traffic;
};

async::Task<Result<Summary>> ask(std::shared_ptr<async::ByteSource> source, async::Executor& executor,
                                 read::Request request) {
    auto opening = async::open(source, executor);
    const auto file = co_await std::move(opening);
    if (!file) co_return file.error();

    async::QueryReader reader{source, executor, *file, std::move(request)};
    Summary summary;
    for (;;) {
        auto next = reader.next();
        const auto chunk = co_await std::move(next);
        if (!chunk) co_return chunk.error();
        if (!*chunk) break;
        for (const auto raw_z : (*chunk)->points.z) {
            const auto scaled = raw_z * (*file)->header.scale[2];
            summary.lowest = std::min(summary.lowest, scaled + (*file)->header.offset[2]);
        }
        summary.points += (*chunk)->matched;
    }
    summary.chunks = reader.statistics().chunks_decoded;
    summary.traffic = reader.traffic();
    co_return summary;
}

int print(const Result<Summary>& summary) {
    if (!summary) {
        std::fprintf(stderr, "offset %llu: %s\n", static_cast<unsigned long long>(summary.error().at),
                     summary.error().what);
        return 1;
    }
    std::printf("%llu points, lowest z %.3f, %llu chunks decoded\n", static_cast<unsigned long long>(summary->points),
                summary->lowest, static_cast<unsigned long long>(summary->chunks));
    std::fprintf(stderr, "after opening: %llu requests, %llu bytes, waited for %llu times\n",
                 static_cast<unsigned long long>(summary->traffic.requests),
                 static_cast<unsigned long long>(summary->traffic.bytes),
                 static_cast<unsigned long long>(summary->traffic.rounds));
    return 0;
}

/// http://HOST[:PORT]/PATH
std::optional<HttpTarget> parse_url(std::string url) {
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) return std::nullopt;
    url.erase(0, kScheme.size());
    const auto slash = url.find('/');
    if (slash == std::string::npos || slash == 0) return std::nullopt;
    const auto host = url.substr(0, slash);
    const auto colon = host.rfind(':');
    if (colon == std::string::npos) return HttpTarget{host, "80", url.substr(slash)};
    return HttpTarget{host.substr(0, colon), host.substr(colon + 1), url.substr(slash)};
}

}  // namespace

int main(int argc, char** argv) {
    const auto target = argc == 5 ? parse_url(argv[1]) : std::nullopt;
    read::Request request;
    if (!target || std::sscanf(argv[2], "%lf,%lf,%lf,%lf", &request.box.min[0], &request.box.min[1],
                               &request.box.max[0], &request.box.max[1]) != 4) {
        std::fprintf(stderr, "usage: asio_query http://HOST[:PORT]/PATH x0,y0,x1,y1 FROM TO\n");
        return 2;
    }
    request.time = temporal::TimeWindow{std::strtod(argv[3], nullptr), std::strtod(argv[4], nullptr)};
    request.columns = {las::ColumnSet::z | las::ColumnSet::gps_time, 0};

    asio::io_context context;
    AsioExecutor executor{context};
    int exit_code = 1;
    const auto running = async::start(executor, ask(std::make_shared<HttpSource>(context, *target), executor, request),
                                      [&](const Result<Summary>& summary) { exit_code = print(summary); });
    context.run();
    return exit_code;
}
