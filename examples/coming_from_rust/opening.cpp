// Shows: a byte source of one's own, blocking and asynchronous, and opening a file.
#include <cstdio>
#include <fstream>

#include "examples.hpp"

using namespace copse;

// [quote: drive]
wire::Step drive(wire::PullReader& reader, wire::Source& source) {
    const auto step = io::pump(reader, source).value();                 // throws what the source says
    if (step == wire::Step::failed) throw FormatError{reader.error()};  // what the file says
    return step;
}
// [/quote]

// [quote: open]
Survey open_survey(const std::string& path) {
    Survey survey;
    survey.source = io::FileSource::open(path).value();
    read::Opening opening{survey.source->size()};
    drive(opening, *survey.source);
    survey.file = opening.take_file();

    const copc::Info& info = survey.file->info;
    const double root_edge = 2 * info.half_size;
    const int level = copc::level_for_resolution(info, 0.5);
    std::printf("open: root cube %.1f, spacing %.2f, 0.5 from level %d on\n", root_edge, info.root_spacing, level);
    return survey;
}
// [/quote]

namespace {

// [quote: own source]
class StreamSource final : public wire::Source {
public:
    explicit StreamSource(const std::string& path) : file_{path, std::ios::binary | std::ios::ate} {
        size_ = static_cast<std::uint64_t>(file_.tellg());
    }
    [[nodiscard]] std::uint64_t size() const override { return size_; }
    Status read_into(FileOffset offset, std::span<std::byte> out) override {
        if (const auto inside = require_inside(offset, out.size()); !inside) return inside;
        file_.seekg(static_cast<std::streamoff>(offset));
        file_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
        if (!file_) return Error{Code::io_failed, offset, "reading failed"};
        return Ok{};
    }

private:
    std::ifstream file_;
    std::uint64_t size_ = 0;
};
// [/quote]

// [quote: own async source]
class LoopSource final : public async::ByteSource {
public:
    LoopSource(async::Executor& loop, wire::Source& bytes) : loop_{&loop}, bytes_{&bytes} {}
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return bytes_->size(); }
    std::unique_ptr<async::Transfer> start(ByteRange range, async::Completion done) override {
        // An event loop begins to read here, and calls `done` when the bytes are there.
        loop_->post([=, bytes = bytes_] { done(bytes->read(range)); });
        return nullptr;
    }

private:
    async::Executor* loop_;
    wire::Source* bytes_;
};

async::Task<Result<std::uint64_t>> count(std::shared_ptr<async::ByteSource> source, async::Executor& executor) {
    auto opening = async::open(source, executor);
    const auto file = co_await std::move(opening);
    if (!file) co_return file.error();
    async::QueryReader reader{source, executor, *file, {}};
    std::uint64_t points = 0;
    for (;;) {
        auto next = reader.next();
        const auto chunk = co_await std::move(next);
        if (!chunk) co_return chunk.error();
        if (!*chunk) co_return points;
        points += (*chunk)->matched;
    }
}
// [/quote]

}  // namespace

std::uint64_t count_with_own_source(const std::string& path) {
    StreamSource source{path};
    read::Opening opening{source.size()};
    drive(opening, source);
    const auto file = opening.take_file();
    read::Request request;
    request.count_only = true;
    read::Query query{file, request};
    while (drive(query, source) == wire::Step::chunk_ready) (void)query.take_chunk();
    return query.statistics().points;
}

std::uint64_t count_with_coroutine(const std::string& path) {
    StreamSource bytes{path};
    async::Loop loop;
    return loop.run(count(std::make_shared<LoopSource>(loop, bytes), loop)).value();
}
