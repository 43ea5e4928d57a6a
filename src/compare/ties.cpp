#include "compare/ties.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <tuple>
#include <vector>

namespace copse::compare {
namespace {

constexpr std::size_t kMostTied = 1u << 14;  // matched together
constexpr std::size_t kMostSteps = 1000;     // of a search for another choice
constexpr std::uint32_t kNone = ~std::uint32_t{0};

using Place = std::array<std::int64_t, 3>;

std::uint8_t ties_of(const std::byte* record) { return std::to_integer<std::uint8_t>(record[RecordPlace::ties]); }

Place place_of(const std::byte* record) {
    return {wire::load_le<std::int64_t>(record), wire::load_le<std::int64_t>(record + 8),
            wire::load_le<std::int64_t>(record + 16)};
}

/// All that no tie can change.
int compare_kept(const Schema& schema, const std::byte* a, const std::byte* b) {
    for (const auto word : schema.parting()) {
        auto left = wire::load_le<std::uint64_t>(a + word * 8), right = wire::load_le<std::uint64_t>(b + word * 8);
        if (word == RecordPlace::ties / 8) {
            constexpr auto kTies = std::uint64_t{0xff} << RecordPlace::ties % 8 * 8;
            left &= ~kTies;
            right &= ~kTies;
        }
        if (left != right) return left < right ? -1 : 1;
    }
    return 0;
}

/// The steps that a record's coordinates could have been rounded to; those that it has come first.
std::vector<Place> places_of(const std::byte* record) {
    std::vector<Place> places{place_of(record)};
    for (unsigned axis = 0; axis < 3; ++axis) {
        const auto tie = static_cast<Tie>(ties_of(record) >> 2 * axis & 3u);
        if (tie == Tie::none) continue;
        for (std::size_t i = 0, known = places.size(); i < known; ++i) {
            places.push_back(places[i]);
            places.back()[axis] += tie == Tie::above ? 1 : -1;
        }
    }
    return places;
}

/// Records that agree in all that no tie can change, by place, those without ties first.
struct Group {
    const RecordTable& table;
    std::span<Left> lefts;

    [[nodiscard]] auto key(const Left& left) const {
        const auto* record = table.record(left.record);
        return std::tuple{place_of(record), ties_of(record)};
    }
    /// The record without ties at a place; kNone if it is not there.
    [[nodiscard]] std::uint32_t find(const Place& place) const {
        const auto wanted = std::tuple{place, std::uint8_t{0}};
        const auto at = std::lower_bound(lefts.begin(), lefts.end(), wanted,
                                         [this](const Left& left, const auto& value) { return key(left) < value; });
        return at != lefts.end() && key(*at) == wanted ? static_cast<std::uint32_t>(at - lefts.begin()) : kNone;
    }
};

/// The most pairs between some records with ties and those without: a flow that is grown along paths on which earlier
/// choices are changed.
class Matching {
public:
    Matching(Group group, std::span<const std::uint32_t> tied) : group_{group} {
        for (const auto index : tied) {
            const auto& left = group_.lefts[index];
            tied_.push_back({index, static_cast<std::uint32_t>(edges_.size())});
            for (const auto& place : places_of(group_.table.record(left.record))) {
                const auto other = group_.find(place);
                if (other != kNone && group_.lefts[other].count * left.count < 0)
                    edges_.push_back({static_cast<std::uint32_t>(tied_.size() - 1), other, 0});
            }
            tied_.back().last_edge = static_cast<std::uint32_t>(edges_.size());
        }
        number_others();
    }

    void run() {
        for (std::uint32_t tied = 0; tied < tied_.size(); ++tied)
            while (count_of(tied_[tied].left) != 0 && grow_from(tied)) {
            }
    }

private:
    struct Edge {
        std::uint32_t tied = 0, other = 0;
        std::int64_t flow = 0;
    };
    struct Tied {
        std::uint32_t left = 0, first_edge = 0, last_edge = 0;
        std::uint32_t seen = 0;          // in which search
        std::uint32_t taken_by = kNone;  // edge of an earlier record with ties to what this one would give up
        std::uint32_t given_up = kNone;  // this one's edge to it
    };
    struct Other {
        std::uint32_t left = 0, first_edge = 0, last_edge = 0;  // of edges_by_other_
        std::uint32_t seen = 0;
    };

    /// Turns edges' indices of others into numbers from 0 on.
    void number_others() {
        edges_by_other_.resize(edges_.size());
        for (std::uint32_t i = 0; i < edges_.size(); ++i) edges_by_other_[i] = i;
        std::sort(edges_by_other_.begin(), edges_by_other_.end(),
                  [this](auto a, auto b) { return std::tuple{edges_[a].other, a} < std::tuple{edges_[b].other, b}; });
        for (std::uint32_t i = 0; i < edges_.size(); ++i) {
            auto& edge = edges_[edges_by_other_[i]];
            if (others_.empty() || others_.back().left != edge.other) others_.push_back({edge.other, i, i});
            others_.back().last_edge = i + 1;
            edge.other = static_cast<std::uint32_t>(others_.size() - 1);
        }
    }

    [[nodiscard]] std::int64_t count_of(std::uint32_t left) const { return std::abs(group_.lefts[left].count); }
    void take(std::uint32_t left, std::int64_t pairs) {
        auto& count = group_.lefts[left].count;
        count += count > 0 ? -pairs : pairs;
    }

    /// Pairs some of a record with what is left of another, directly or after others have chosen anew.
    bool grow_from(std::uint32_t start) {
        ++search_;
        queue_.assign(1, start);
        tied_[start].seen = search_;
        tied_[start].taken_by = kNone;
        for (std::size_t next = 0; next < queue_.size() && next < kMostSteps; ++next) {
            const auto& tied = tied_[queue_[next]];
            for (auto e = tied.first_edge; e < tied.last_edge; ++e) {
                auto& other = others_[edges_[e].other];
                if (count_of(other.left) != 0) {
                    grow_along(e, start);
                    return true;
                }
                if (other.seen == search_) continue;
                other.seen = search_;
                look_at_choices(other, e);
            }
        }
        return false;
    }

    /// Whoever was paired with `other` may look for another one.
    void look_at_choices(const Other& other, std::uint32_t wanted_by) {
        for (auto i = other.first_edge; i < other.last_edge; ++i) {
            const auto& edge = edges_[edges_by_other_[i]];
            auto& tied = tied_[edge.tied];
            if (edge.flow == 0 || tied.seen == search_) continue;
            tied.seen = search_;
            tied.taken_by = wanted_by;
            tied.given_up = edges_by_other_[i];
            queue_.push_back(edge.tied);
        }
    }

    void grow_along(std::uint32_t last, std::uint32_t start) {
        auto pairs = std::min(count_of(tied_[start].left), count_of(others_[edges_[last].other].left));
        for (auto e = last; tied_[edges_[e].tied].taken_by != kNone; e = tied_[edges_[e].tied].taken_by)
            pairs = std::min(pairs, edges_[tied_[edges_[e].tied].given_up].flow);
        take(tied_[start].left, pairs);
        take(others_[edges_[last].other].left, pairs);
        for (auto e = last;;) {
            const auto& tied = tied_[edges_[e].tied];
            edges_[e].flow += pairs;
            if (tied.taken_by == kNone) return;
            edges_[tied.given_up].flow -= pairs;
            e = tied.taken_by;
        }
    }

    Group group_;
    std::vector<Tied> tied_;
    std::vector<Other> others_;
    std::vector<Edge> edges_;
    std::vector<std::uint32_t> edges_by_other_, queue_;
    std::uint32_t search_ = 0;
};

void match_group(const Group& group) {
    std::vector<std::uint32_t> tied;
    const auto match = [&] {
        if (!tied.empty()) Matching{group, tied}.run();
        tied.clear();
    };
    for (std::uint32_t i = 0; i < group.lefts.size(); ++i) {
        if (ties_of(group.table.record(group.lefts[i].record)) == 0) continue;
        tied.push_back(i);
        if (tied.size() == kMostTied) match();
    }
    match();
}

}  // namespace

void match_ties(const Schema& schema, const RecordTable& table, std::span<Left> lefts) {
    std::sort(lefts.begin(), lefts.end(), [&](const Left& a, const Left& b) {
        const auto *left = table.record(a.record), *right = table.record(b.record);
        if (const int order = compare_kept(schema, left, right); order != 0) return order < 0;
        return std::tuple{place_of(left), ties_of(left)} < std::tuple{place_of(right), ties_of(right)};
    });
    for (std::size_t first = 0; first < lefts.size();) {
        auto last = first + 1;
        while (last < lefts.size() &&
               compare_kept(schema, table.record(lefts[first].record), table.record(lefts[last].record)) == 0)
            ++last;
        if (last - first > 1) match_group({table, lefts.subspan(first, last - first)});
        first = last;
    }
}

}  // namespace copse::compare
