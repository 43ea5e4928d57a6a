#include "compare/tally.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace copse::compare {
namespace {

using P = RecordPlace;

constexpr std::size_t kPlaceDimensions = 4;  // X, Y, Z, GpsTime come first

auto place_of(const std::byte* record) {
    return std::tuple{wire::load_le<std::int64_t>(record + P::x), wire::load_le<std::int64_t>(record + P::y),
                      wire::load_le<std::int64_t>(record + P::z)};
}

std::uint64_t time_of(const std::byte* record) { return wire::load_le<std::uint64_t>(record + P::gps_time); }

/// By place, then time (negative ones after positive ones: any order will do), then the bytes.
int compare_records(const std::byte* a, const std::byte* b, std::size_t size) {
    const auto left = std::tuple{place_of(a), time_of(a)}, right = std::tuple{place_of(b), time_of(b)};
    if (left != right) return left < right ? -1 : 1;
    return std::memcmp(a, b, size);
}

/// Calls `use` with each run of neighbours that have the same key.
template <class T, class KeyOf, class Use>
void for_each_run(std::span<T> items, const KeyOf& key_of, const Use& use) {
    for (std::size_t first = 0; first < items.size();) {
        auto last = first + 1;
        while (last < items.size() && key_of(items[last]) == key_of(items[first])) ++last;
        use(items.subspan(first, last - first));
        first = last;
    }
}

}  // namespace

void Tally::add(const RecordTable& table) {
    std::vector<Left> lefts;
    std::size_t unbalanced = 0;
    for (std::size_t i = 0; i < table.size(); ++i) unbalanced += table.count(i) != 0 ? 1u : 0u;
    lefts.reserve(unbalanced);
    for (std::size_t i = 0; i < table.size(); ++i)
        if (table.count(i) != 0) lefts.push_back({static_cast<std::uint32_t>(i), table.count(i)});
    if (schema_->may_tie()) match_ties(*schema_, table, lefts);
    std::sort(lefts.begin(), lefts.end(), [&](const Left& a, const Left& b) {
        return compare_records(table.record(a.record), table.record(b.record), schema_->record_size()) < 0;
    });
    for_each_run(
        std::span{lefts}, [&](const Left& left) { return place_of(table.record(left.record)); },
        [&](std::span<Left> run) { pair_place(table, run); });
}

void Tally::pair_place(const RecordTable& table, std::span<Left> lefts) {
    for_each_run(
        lefts, [&](const Left& left) { return time_of(table.record(left.record)); },
        [&](std::span<Left> run) { pair_run(table, run); });
    pair_run(table, lefts);
    for (const auto& left : lefts)
        if (left.count != 0) count_single(table.record(left.record), left.count);
}

/// The first that A has too many of with the first that B has too many of, and so on.
void Tally::pair_run(const RecordTable& table, std::span<Left> lefts) {
    auto a = lefts.begin(), b = lefts.begin();
    for (;;) {
        a = std::find_if(a, lefts.end(), [](const Left& left) { return left.count > 0; });
        b = std::find_if(b, lefts.end(), [](const Left& left) { return left.count < 0; });
        if (a == lefts.end() || b == lefts.end()) return;
        const auto pairs = std::min(a->count, -b->count);
        count_pair(table.record(a->record), table.record(b->record), static_cast<std::uint64_t>(pairs));
        a->count -= pairs;
        b->count += pairs;
    }
}

void Tally::count_pair(const std::byte* a, const std::byte* b, std::uint64_t count) {
    changed_ += count;
    const auto dimensions = schema_->dimensions();
    for (std::size_t d = 0; d < dimensions.size(); ++d)
        if (schema_->differ(dimensions[d], a, b)) differing_[d] += count;
    show(Kind::changed, count, a, b);
}

void Tally::count_single(const std::byte* record, std::int64_t count) {
    const auto points = static_cast<std::uint64_t>(count < 0 ? -count : count);
    if (count > 0) {
        only_in_a_ += points;
        show(Kind::only_in_a, points, record, nullptr);
    } else {
        only_in_b_ += points;
        show(Kind::only_in_b, points, nullptr, record);
    }
}

bool Tally::less(const Found& a, const Found& b) const {
    const auto size = schema_->record_size();
    if (const int order = compare_records(a.key().data(), b.key().data(), size); order != 0) return order < 0;
    if (a.kind != b.kind) return a.kind < b.kind;
    return a.kind == Kind::changed && compare_records(a.b.data(), b.b.data(), size) < 0;
}

void Tally::show(Kind kind, std::uint64_t count, const std::byte* a, const std::byte* b) {
    if (shown_ == 0) return;
    const auto size = schema_->record_size();
    // Most come too late: seen before anything is copied.
    if (found_.size() == shown_ && compare_records(a != nullptr ? a : b, found_.back().key().data(), size) > 0) return;
    Found found{kind, count, {}, {}};
    if (a != nullptr) found.a.assign(a, a + size);
    if (b != nullptr) found.b.assign(b, b + size);
    const auto before = [this](const Found& left, const Found& right) { return less(left, right); };
    found_.insert(std::upper_bound(found_.begin(), found_.end(), found, before), std::move(found));
    if (found_.size() > shown_) found_.pop_back();
}

Difference Tally::describe(const Found& found) const {
    Difference difference{found.kind, found.count, {}, {}};
    const auto text = [&](const Dimension& dimension, const Bytes& record) {
        return record.empty() ? std::string{} : schema_->text(dimension, record.data());
    };
    const auto dimensions = schema_->dimensions();
    for (std::size_t d = 0; d < dimensions.size(); ++d) {
        Value value{dimensions[d].name, text(dimensions[d], found.a), text(dimensions[d], found.b)};
        if (found.kind == Kind::changed && schema_->differ(dimensions[d], found.a.data(), found.b.data()))
            difference.changes.push_back(value);
        if (d < kPlaceDimensions) difference.place.push_back(std::move(value));
    }
    return difference;
}

void Tally::finish(Report& report) const {
    report.same = only_in_a_ + only_in_b_ + changed_ == 0;
    if (report.same) return;
    report.only_in_a = only_in_a_;
    report.only_in_b = only_in_b_;
    report.changed = changed_;
    report.equal = report.points_a - only_in_a_ - changed_;
    for (std::size_t d = 0; d < differing_.size(); ++d)
        if (differing_[d] != 0) report.dimensions.push_back({schema_->dimensions()[d].name, differing_[d]});
    for (const auto& found : found_) report.first.push_back(describe(found));
}

}  // namespace copse::compare
