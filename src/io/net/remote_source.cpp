#include "io/net/remote_source.hpp"

#include <algorithm>
#include <cassert>

namespace copse::io::net {
namespace {

class RemoteFetch final : public wire::Fetch {
public:
    explicit RemoteFetch(RemoteSource& source) : source_{source} {}
    ~RemoteFetch() override { source_.cancel(under_way_); }
    RemoteFetch(const RemoteFetch&) = delete;
    RemoteFetch& operator=(const RemoteFetch&) = delete;

    void start(ByteRange range) override { under_way_.push_back(source_.start(range, inbox_)); }
    void start_in_parts(ByteRange range, std::vector<FileOffset> cuts) override {
        under_way_.push_back(source_.start(range, inbox_, std::move(cuts)));
    }

    Result<wire::Arrival> next() override {
        assert(!under_way_.empty());
        auto landing = inbox_->take();
        if (landing.is_last) std::erase(under_way_, landing.transfer);
        auto arrival = source_.receive(std::move(landing));
        // The others are of no use to a reader that fails.
        if (!arrival) source_.cancel(under_way_);
        return arrival;
    }

    [[nodiscard]] std::size_t pending() const override { return under_way_.size(); }
    [[nodiscard]] bool ready() const override { return !inbox_->empty(); }

private:
    RemoteSource& source_;
    std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
    std::vector<std::shared_ptr<RangeTransfer>> under_way_;
};

}  // namespace

RemoteSource::RemoteSource(Transfers& transfers, MemoryCache& memory, std::shared_ptr<CachedObject> disk,
                           std::shared_ptr<RemoteObject> object, Bytes head)
    : transfers_{transfers},
      memory_{memory},
      memory_object_{memory.add_object()},
      disk_{std::move(disk)},
      object_{std::move(object)},
      head_{std::move(head)} {}

RemoteSource::~RemoteSource() { memory_.drop_object(memory_object_); }

std::unique_ptr<wire::Fetch> RemoteSource::fetch() { return std::make_unique<RemoteFetch>(*this); }

ByteRange RemoteSource::fill(ByteRange range, Bytes& out) {
    auto missing = range;
    if (range.offset < head_.size()) {
        const auto count = std::min<std::uint64_t>(head_.size() - range.offset, range.size);
        out.resize(static_cast<std::size_t>(range.size));
        std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(range.offset), count, out.begin());
        missing = {range.offset + count, range.size - count};
    }
    if (missing.size != 0) missing = memory_.fill(memory_object_, missing, range, out);
    if (missing.size != 0 && disk_ != nullptr) missing = fill_from_disk(missing, range, out);
    return missing;
}

ByteRange RemoteSource::fill_from_disk(ByteRange wanted, ByteRange whole, Bytes& out) {
    const auto missing = disk_->fill(wanted, whole, out);
    const auto keep = [&](FileOffset from, FileOffset to) {
        if (from == to) return;
        const auto found =
            ByteView{out}.subspan(static_cast<std::size_t>(from - whole.offset), static_cast<std::size_t>(to - from));
        memory_.put(memory_object_, from, found);
    };
    keep(wanted.offset, missing.offset);
    keep(missing.end(), wanted.end());
    return missing;
}

std::shared_ptr<RangeTransfer> RemoteSource::start(ByteRange range, const std::shared_ptr<Inbox>& inbox,
                                                   std::vector<FileOffset> cuts) {
    const auto inside = require_inside(range.offset, range.size);
    Bytes bytes;
    const auto missing = inside ? fill(range, bytes) : ByteRange{range.offset, 0};
    auto transfer = std::make_shared<RangeTransfer>(object_, inbox, range, std::move(bytes), missing);
    if (!inside) transfer->error = inside.error();
    if (!cuts.empty() && transfer->can_land_in_parts()) transfer->land_in_parts(std::move(cuts));
    if (missing.size == 0) {
        inbox->land({transfer, {}});
    } else {
        transfers_.submit(transfer);
    }
    return transfer;
}

Result<wire::Arrival> RemoteSource::receive(Landing landing) {
    auto& transfer = *landing.transfer;
    const auto range = transfer.range;
    if (landing.is_last && transfer.error) return *transfer.error;
    if (transfer.lands_in_parts()) {
        const bool was_here = landing.given < transfer.present();
        if (!was_here) keep(range.offset + landing.given, landing.part);
        return wire::Arrival{range, std::move(landing.part), was_here, landing.given, landing.is_last};
    }
    const auto missing = transfer.missing;
    if (missing.size != 0) {
        const auto fetched = ByteView{transfer.bytes}.subspan(static_cast<std::size_t>(missing.offset - range.offset),
                                                              static_cast<std::size_t>(missing.size));
        keep(missing.offset, fetched);
    }
    return wire::Arrival{range, std::move(transfer.bytes), missing.size == 0};
}

void RemoteSource::keep(FileOffset at, ByteView fetched) {
    memory_.put(memory_object_, at, fetched);
    if (disk_ != nullptr) disk_->put(at, fetched);
}

void RemoteSource::cancel(const std::vector<std::shared_ptr<RangeTransfer>>& transfers) {
    if (transfers.empty()) return;
    for (const auto& transfer : transfers) transfer->cancel();
    transfers_.notice_cancelled();
}

Status RemoteSource::read_into(FileOffset offset, std::span<std::byte> out) {
    const auto inbox = std::make_shared<Inbox>();
    start({offset, out.size()}, inbox);
    const auto arrival = receive(inbox->take());
    if (!arrival) return arrival.error();
    std::copy(arrival->bytes.begin(), arrival->bytes.end(), out.begin());
    return Ok{};
}

}  // namespace copse::io::net
