#include <utility>

#include "copse/async.hpp"

namespace copse::async {
namespace {

/// Wants the start of a file whose size is not known yet: what `read::Opening` asks for first.
class FrontReader final : public wire::PullReader {
public:
    wire::Step step() override { return front ? wire::Step::done : wire::Step::need_bytes; }
    [[nodiscard]] std::vector<ByteRange> wanted() const override {
        if (front) return {};
        return {{0, wire::kFirstRead}};
    }
    void supply(ByteRange, ByteView bytes) override { front.emplace(bytes.begin(), bytes.end()); }
    [[nodiscard]] const Error& error() const override { return none_; }

    std::optional<Bytes> front;

private:
    Error none_;
};

}  // namespace

Task<Result<std::shared_ptr<const read::File>>> open(std::shared_ptr<ByteSource> source, Executor& executor,
                                                     wire::Limits limits, read::OpenFor purpose) {
    FrontReader front;
    if (!source->size()) {
        Pump pump{front, source, executor};
        auto run = pump.run();
        const auto step = co_await std::move(run);
        if (!step) co_return step.error();
    }
    const auto size = source->size();
    if (!size) co_return Error{Code::unsupported, 0, "the source does not know the size of the file"};

    read::Opening opening{*size, limits, purpose};
    if (front.front && opening.step() == wire::Step::need_bytes) opening.supply({0, front.front->size()}, *front.front);
    Pump pump{opening, source, executor};
    auto run = pump.run();
    const auto step = co_await std::move(run);
    if (!step) co_return step.error();
    if (*step == wire::Step::failed) co_return opening.error();
    co_return opening.take_file();
}

}  // namespace copse::async
