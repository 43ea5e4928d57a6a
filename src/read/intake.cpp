#include "read/intake.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <limits>
#include <utility>

namespace copse::read {
namespace {

ByteRange overlap(ByteRange a, ByteRange b) {
    const auto first = std::max(a.offset, b.offset);
    const auto last = std::min(a.end(), b.end());
    return {first, last > first ? last - first : 0};
}

std::vector<ByteRange> without(const std::vector<ByteRange>& gaps, ByteRange part) {
    std::vector<ByteRange> left;
    for (const auto gap : gaps) {
        const auto filled = overlap(gap, part);
        if (filled.size == 0) {
            left.push_back(gap);
            continue;
        }
        if (filled.offset > gap.offset) left.push_back({gap.offset, filled.offset - gap.offset});
        if (filled.end() < gap.end()) left.push_back({filled.end(), gap.end() - filled.end()});
    }
    return left;
}

}  // namespace

void Intake::ask(ByteRange range) { ask_together({&range, 1}, range); }

void Intake::ask_together(std::span<const ByteRange> parts, ByteRange request) {
    std::erase_if(requests_, [&](ByteRange earlier) { return !is_open(earlier); });
    for (const auto part : parts) add(part);
    if (std::find(requests_.begin(), requests_.end(), request) == requests_.end()) requests_.push_back(request);
}

void Intake::add(ByteRange range) {
    assert(range.size > 0 && range.size <= std::numeric_limits<FileOffset>::max() - range.offset);
    auto& need = needs_[range];
    if (need.users++ != 0) return;
    need.gaps = {range};
    ++open_;
}

void Intake::drop(ByteRange range) {
    const auto found = needs_.find(range);
    if (found == needs_.end() || --found->second.users != 0) return;
    if (!found->second.gaps.empty()) --open_;
    needs_.erase(found);
}

void Intake::clear() {
    needs_.clear();
    requests_.clear();
    open_ = 0;
}

Status Intake::fill(ByteRange asked, Need& need, ByteRange range, ByteView bytes) {
    const ByteRange have{range.offset, bytes.size()};
    if (const auto part = overlap(asked, have); part.size != 0 && !need.gaps.empty()) {
        const auto from =
            bytes.subspan(static_cast<std::size_t>(part.offset - range.offset), static_cast<std::size_t>(part.size));
        const auto at = static_cast<std::size_t>(part.offset - asked.offset);
        if (at == need.bytes.size()) {  // as a rule: from the front to the back
            need.bytes.reserve(static_cast<std::size_t>(asked.size));
            need.bytes.insert(need.bytes.end(), from.begin(), from.end());
        } else {
            need.bytes.resize(static_cast<std::size_t>(asked.size));
            std::copy(from.begin(), from.end(), need.bytes.begin() + static_cast<std::ptrdiff_t>(at));
        }
        need.gaps = without(need.gaps, part);
        if (need.gaps.empty()) --open_;
    }
    // Fewer bytes than their range: the file ends there.
    const ByteRange lacking{have.end(), range.size - have.size};
    for (const auto gap : need.gaps)
        if (overlap(gap, lacking).size != 0)
            return Error{Code::truncated, have.end(), "the file ends before the bytes that it refers to"};
    return Ok{};
}

Status Intake::supply(ByteRange range, ByteView bytes) {
    range.size = std::min(range.size, std::numeric_limits<FileOffset>::max() - range.offset);
    if (bytes.size() > range.size) bytes = bytes.first(static_cast<std::size_t>(range.size));
    if (const auto exact = needs_.find(range); exact != needs_.end()) return fill(range, exact->second, range, bytes);
    for (auto& [asked, need] : needs_)
        if (const auto status = fill(asked, need, range, bytes); !status) return status;
    return Ok{};
}

bool Intake::is_alone(std::map<ByteRange, Need>::const_iterator need) const {
    const auto after = std::next(need);
    if (after != needs_.end() && after->first.offset < need->first.end()) return false;
    return need == needs_.begin() || std::prev(need)->first.end() <= need->first.offset;
}

Status Intake::hand_over(ByteRange range, Bytes bytes) {
    const auto exact = needs_.find(range);
    const bool untouched = exact != needs_.end() && exact->second.bytes.empty() && !exact->second.gaps.empty();
    if (!untouched || bytes.size() != range.size || !is_alone(exact)) return supply(range, bytes);
    exact->second.bytes = std::move(bytes);
    exact->second.gaps.clear();
    --open_;
    return Ok{};
}

std::vector<FileOffset> Intake::cuts(ByteRange range) const {
    std::vector<FileOffset> ends;
    for (auto need = needs_.lower_bound({range.offset, 0}); need != needs_.end(); ++need) {
        if (need->first.offset >= range.end()) break;
        if (need->first.end() < range.end()) ends.push_back(need->first.end());
    }
    std::sort(ends.begin(), ends.end());
    return ends;
}

bool Intake::has(ByteRange range) const {
    const auto found = needs_.find(range);
    return found != needs_.end() && found->second.gaps.empty();
}

ByteView Intake::bytes(ByteRange range) const {
    assert(has(range));
    return needs_.find(range)->second.bytes;
}

bool Intake::is_open(ByteRange request) const {
    for (auto need = needs_.lower_bound({request.offset, 0}); need != needs_.end(); ++need) {
        if (need->first.offset >= request.end()) return false;
        if (need->first.end() <= request.end() && !need->second.gaps.empty()) return true;
    }
    return false;
}

void Intake::add_missing(ByteRange request, std::vector<ByteRange>& missing) const {
    const auto before = static_cast<std::ptrdiff_t>(missing.size());
    bool untouched = true;
    for (auto need = needs_.lower_bound({request.offset, 0}); need != needs_.end(); ++need) {
        if (need->first.offset >= request.end()) break;
        if (need->first.end() > request.end()) continue;
        untouched = untouched && need->second.bytes.empty();
        missing.insert(missing.end(), need->second.gaps.begin(), need->second.gaps.end());
    }
    if (!untouched || missing.size() == static_cast<std::size_t>(before)) return;
    missing.erase(missing.begin() + before, missing.end());
    missing.push_back(request);
}

std::vector<ByteRange> Intake::missing() const {
    std::vector<ByteRange> ranges;
    for (const auto request : requests_) add_missing(request, ranges);
    return ranges;
}

}  // namespace copse::read
