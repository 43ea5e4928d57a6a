// The blocking loop around readers without I/O.
#include <algorithm>
#include <cassert>
#include <iterator>

#include "copse/io.hpp"

namespace copse::io {
namespace {

/// What the file has of a range.
ByteRange clipped(ByteRange range, std::uint64_t size) {
    if (range.offset >= size) return {range.offset, 0};
    return {range.offset, std::min(range.size, size - range.offset)};
}

}  // namespace

Pump::Pump(wire::PullReader& reader, wire::Source& source)
    : reader_{&reader}, size_{source.size()}, fetch_{source.fetch()} {}

void Pump::start_wanted() {
    waiting_ = waiting_ || fetch_->pending() == 0;
    for (const auto range : reader_->wanted()) {
        const auto have = clipped(range, size_);
        if (have.size == 0) {
            reader_->supply(range, {});
            continue;
        }
        if (is_under_way(have, range)) continue;
        under_way_.emplace(have, range);
        fetch_->start_in_parts(have, reader_->cuts(have));
    }
}

bool Pump::is_under_way(ByteRange have, ByteRange range) const {
    // Past the end of the file there is nothing to have, but the reader is to be told.
    const auto covers = [&](const auto& asked) {
        return asked.first.offset <= have.offset && have.end() <= asked.first.end() &&
               range.size - have.size <= asked.second.size - asked.first.size;
    };
    const auto after = under_way_.upper_bound(have);
    // Nearly always the one before it.
    return std::any_of(std::make_reverse_iterator(after), under_way_.rend(), covers) ||
           (after != under_way_.end() && covers(*after));
}

Status Pump::take_arrival() {
    auto arrival = fetch_->next();
    if (!arrival) return arrival.error();
    if (!arrival->from_cache) {
        if (arrival->is_last) ++traffic_.requests;
        traffic_.bytes += arrival->bytes.size();
        if (std::exchange(waiting_, false)) ++traffic_.rounds;
    }
    const auto asked = under_way_.find(arrival->range);
    assert(asked != under_way_.end());
    auto part = arrival->part();
    if (arrival->is_last) {
        part.size = asked->second.size - arrival->given;
        under_way_.erase(asked);
    }
    reader_->hand_over(part, std::move(arrival->bytes));
    return Ok{};
}

Result<wire::Step> Pump::turn() {
    if (hungry_ && fetch_->pending() != 0) {
        do {
            if (const auto status = take_arrival(); !status) return status.error();
        } while (fetch_->ready());
    }
    const auto step = reader_->step();
    hungry_ = step == wire::Step::need_bytes;
    if (step != wire::Step::failed && step != wire::Step::done) start_wanted();
    return step;
}

Result<wire::Step> Pump::run() {
    for (;;)
        if (const auto step = turn(); !step || *step != wire::Step::need_bytes) return step;
}

Result<wire::Step> pump(wire::PullReader& reader, wire::Source& source, Traffic* traffic) {
    Pump loop{reader, source};
    for (;;) {
        const auto step = reader.step();
        if (step == wire::Step::need_bytes) loop.start_wanted();
        Status status = Ok{};
        while (status && loop.fetch_->pending() != 0) status = loop.take_arrival();
        if (traffic != nullptr) {
            traffic->requests += std::exchange(loop.traffic_.requests, 0);
            traffic->bytes += std::exchange(loop.traffic_.bytes, 0);
            traffic->rounds += std::exchange(loop.traffic_.rounds, 0);
        }
        if (!status) return status.error();
        if (step != wire::Step::need_bytes) return step;
    }
}

}  // namespace copse::io
