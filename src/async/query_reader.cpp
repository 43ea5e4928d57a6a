#include <utility>

#include "async/core.hpp"

namespace copse::async {
namespace {

using NextChunk = Result<std::optional<read::Chunk>>;

/// Owns what it uses: the task may outlive the reader.
Task<NextChunk> next_chunk(std::shared_ptr<read::Query> query, std::shared_ptr<detail::Core> core) {
    auto run = detail::Core::run(std::move(core));
    const auto step = co_await std::move(run);
    if (!step) co_return step.error();
    if (*step == wire::Step::failed) co_return query->error();
    if (*step == wire::Step::done) co_return std::optional<read::Chunk>{};
    co_return std::optional<read::Chunk>{query->take_chunk()};
}

}  // namespace

QueryReader::QueryReader(std::shared_ptr<ByteSource> source, Executor& executor, std::shared_ptr<const read::File> file,
                         read::Request request, wire::Limits limits)
    : query_{std::make_shared<read::Query>(std::move(file), std::move(request), limits)},
      core_{std::make_shared<detail::Core>(query_, std::move(source), executor)} {}
QueryReader::~QueryReader() {
    if (core_) core_->shut();
}
QueryReader::QueryReader(QueryReader&&) noexcept = default;

Task<NextChunk> QueryReader::next() { return next_chunk(query_, core_); }
void QueryReader::cancel() { core_->cancel(); }
void QueryReader::set_read_ahead(std::uint64_t bytes) { query_->set_read_ahead(bytes); }
void QueryReader::decode_with(wire::Executor& executor) { query_->set_executor(executor); }
const std::optional<read::Plan>& QueryReader::plan() const { return query_->plan(); }
const read::Statistics& QueryReader::statistics() const { return query_->statistics(); }
std::span<const std::string> QueryReader::warnings() const { return query_->warnings(); }
const Traffic& QueryReader::traffic() const { return core_->traffic(); }

}  // namespace copse::async
