// What drives a reader: which ranges are under way, and what becomes of those that come.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "async/inbox.hpp"
#include "copse/async.hpp"

namespace copse::async::detail {

/// Used on the executor but for `cancel`.
class Core : public std::enable_shared_from_this<Core> {
public:
    Core(std::shared_ptr<wire::PullReader> reader, std::shared_ptr<ByteSource> source, Executor& executor);
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    /// See `Pump::run`. The task owns the core.
    static Task<Result<wire::Step>> run(std::shared_ptr<Core> core);
    /// From any thread, by somebody who owns the core.
    void cancel();
    /// The same on the executor: nothing is left to be done later.
    void shut();
    [[nodiscard]] const Traffic& traffic() const { return traffic_; }

private:
    struct UnderWay {
        ByteRange wanted;
        std::unique_ptr<Transfer> transfer;
    };
    /// Marks that a task is at work, for as long as the task lives.
    class Turn {
    public:
        explicit Turn(Core& core) : core_{core.busy_ ? nullptr : &core} { core.busy_ = true; }
        ~Turn() {
            if (core_ != nullptr) core_->busy_ = false;
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        explicit operator bool() const { return core_ != nullptr; }

    private:
        Core* core_;
    };

    void start_wanted();
    Status take_letters();
    Error fail(const Error& error);
    void drop_transfers();

    std::shared_ptr<wire::PullReader> reader_;
    std::shared_ptr<ByteSource> source_;
    Executor* executor_;
    std::shared_ptr<Inbox> inbox_;
    std::map<std::uint64_t, UnderWay> under_way_;
    std::set<ByteRange> asked_;  // the ranges of those
    std::uint64_t next_id_ = 0;
    bool busy_ = false;
    bool waiting_ = false;  // nothing was under way when the latest ranges were asked for
    std::optional<Error> failure_;
    Traffic traffic_;
};

}  // namespace copse::async::detail
