#include "async/core.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace copse::async {
namespace {

constexpr Error kCancelled{Code::io_failed, 0, "the reader was cancelled", ECANCELED};
constexpr Error kBusy{Code::io_failed, 0, "another task of the same reader is waiting", EBUSY};

/// What the file has of a range, as far as is known.
ByteRange clipped(ByteRange range, std::optional<std::uint64_t> size) {
    if (!size) return range;
    if (range.offset >= *size) return {range.offset, 0};
    return {range.offset, std::min(range.size, *size - range.offset)};
}

}  // namespace

bool is_cancelled(const Error& error) { return error.code == Code::io_failed && error.os_error == ECANCELED; }

namespace detail {

Core::Core(std::shared_ptr<wire::PullReader> reader, std::shared_ptr<ByteSource> source, Executor& executor)
    : reader_{std::move(reader)},
      source_{std::move(source)},
      executor_{&executor},
      inbox_{std::make_shared<Inbox>(executor)} {}

Core::~Core() { shut(); }

void Core::shut() {
    inbox_->close();
    drop_transfers();
}

void Core::cancel() {
    if (inbox_->closed()) return;
    inbox_->close();
    // Transfers are the executor's. A task that waits may have dropped them before.
    executor_->post([weak = weak_from_this()] {
        if (const auto core = weak.lock()) core->drop_transfers();
    });
}

void Core::drop_transfers() {
    // Out of the map first: a source may say that it was cancelled from within the destructor.
    const auto dropped = std::exchange(under_way_, {});
    asked_.clear();
}

Error Core::fail(const Error& error) {
    failure_ = error;
    shut();
    return error;
}

void Core::start_wanted() {
    waiting_ = waiting_ || under_way_.empty();
    const auto size = source_->size();
    for (const auto range : reader_->wanted()) {
        const auto have = clipped(range, size);
        if (have.size == 0) {
            reader_->supply(range, {});
            continue;
        }
        if (!asked_.insert(range).second) continue;
        const auto id = next_id_++;
        auto& entry = under_way_[id];
        entry.wanted = range;
        entry.transfer =
            source_->start(have, [inbox = inbox_, id](Result<Bytes> bytes) { inbox->put(id, std::move(bytes)); });
    }
}

Status Core::take_letters() {
    for (auto& letter : inbox_->take()) {
        const auto found = under_way_.find(letter.id);
        if (found == under_way_.end()) continue;  // said twice, or dropped
        const auto range = found->second.wanted;
        under_way_.erase(found);
        asked_.erase(range);
        if (!letter.bytes) return letter.bytes.error();
        ++traffic_.requests;
        traffic_.bytes += letter.bytes->size();
        if (std::exchange(waiting_, false)) ++traffic_.rounds;
        reader_->supply(range, *letter.bytes);
    }
    return Ok{};
}

Task<Result<wire::Step>> Core::run(std::shared_ptr<Core> core) {
    const Turn turn{*core};
    if (!turn) co_return kBusy;
    for (;;) {
        if (core->failure_) co_return *core->failure_;
        if (core->inbox_->closed()) co_return core->fail(kCancelled);
        if (const auto status = core->take_letters(); !status) co_return core->fail(status.error());
        const auto step = core->reader_->step();
        if (step == wire::Step::failed || step == wire::Step::done) {
            core->drop_transfers();
            co_return step;
        }
        core->start_wanted();
        if (step == wire::Step::chunk_ready) co_return step;
        if (core->under_way_.empty()) continue;  // all that is wanted lies behind the end of the file
        Inbox::Wait wait{core->inbox_};
        co_await wait;
    }
}

}  // namespace detail

// ---- pump -----------------------------------------------------------------------------------------------------------

Pump::Pump(wire::PullReader& reader, std::shared_ptr<ByteSource> source, Executor& executor)
    : core_{std::make_shared<detail::Core>(std::shared_ptr<wire::PullReader>{std::shared_ptr<void>{}, &reader},
                                           std::move(source), executor)} {}
Pump::~Pump() {
    if (core_) core_->shut();
}
Pump::Pump(Pump&&) noexcept = default;

Task<Result<wire::Step>> Pump::run() { return detail::Core::run(core_); }
void Pump::cancel() { core_->cancel(); }
const Traffic& Pump::traffic() const { return core_->traffic(); }

}  // namespace copse::async
