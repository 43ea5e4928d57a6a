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

/// Records that agree in all that no tie can change, by place. One side chooses, the other is chosen.
struct Group {
    const Schema& schema;
    const RecordTable& table;
    std::span<Left> lefts;
    Side chooser = Side::a;

    [[nodiscard]] Side chosen() const { return chooser == Side::a ? Side::b : Side::a; }
    [[nodiscard]] bool chooses(const Left& left) const { return (left.count > 0) == (chooser == Side::a); }
    [[nodiscard]] const std::byte* record(const Left& left) const { return table.record(left.record); }

    /// Calls `use` with each of the other side that could have been rounded to a place.
    template <class Use>
    void for_each_at(const Place& place, const Use& use) const {
        std::vector<Place> stored{place};
        for (std::size_t axis = 0; axis < 3; ++axis) {
            if (!schema.tie_axes(chosen())[axis]) continue;
            for (std::size_t i = 0, known = stored.size(); i < known; ++i)
                for (const int step : {-1, 1}) {
                    stored.push_back(stored[i]);
                    stored.back()[axis] += step;
                }
        }
        for (const auto& other : stored) {
            const auto before = [this](const Left& left, const Place& value) { return place_of(record(left)) < value; };
            for (auto at = std::lower_bound(lefts.begin(), lefts.end(), other, before);
                 at != lefts.end() && place_of(record(*at)) == other; ++at) {
                if (at->count == 0 || chooses(*at)) continue;
                const auto places = places_of(record(*at));
                if (std::find(places.begin(), places.end(), place) != places.end())
                    use(static_cast<std::uint32_t>(at - lefts.begin()));
            }
        }
    }
};

/// The most pairs of some records of one side and any of the other: a flow that is grown along paths on which earlier
/// choices are changed.
class Matching {
public:
    Matching(const Group& group, std::span<const std::uint32_t> choosers) : group_{group} {
        for (const auto index : choosers) {
            const auto first = static_cast<std::uint32_t>(edges_.size());
            const auto chooser = static_cast<std::uint32_t>(choosers_.size());
            for (const auto& place : places_of(group_.record(group_.lefts[index])))
                group_.for_each_at(place, [&](std::uint32_t other) { add_edge(first, chooser, other); });
            choosers_.push_back({index, first, static_cast<std::uint32_t>(edges_.size())});
        }
        number_others();
    }

    void run() {
        for (std::uint32_t i = 0; i < choosers_.size(); ++i)
            while (count_of(choosers_[i].left) != 0 && grow_from(i)) {
            }
    }

private:
    struct Edge {
        std::uint32_t chooser = 0, other = 0;
        std::int64_t flow = 0;
    };
    struct Chooser {
        std::uint32_t left = 0, first_edge = 0, last_edge = 0;
        std::uint32_t seen = 0;          // in which search
        std::uint32_t taken_by = kNone;  // edge of an earlier chooser to what this one would give up
        std::uint32_t given_up = kNone;  // this one's edge to it
    };
    struct Other {
        std::uint32_t left = 0, first_edge = 0, last_edge = 0;  // of edges_by_other_
        std::uint32_t seen = 0;
    };

    /// Both may have ties on different axes, and meet at one place only; those of one axis may meet at two.
    void add_edge(std::uint32_t first, std::uint32_t chooser, std::uint32_t other) {
        const auto known = [=](const Edge& edge) { return edge.other == other; };
        if (std::none_of(edges_.begin() + first, edges_.end(), known)) edges_.push_back({chooser, other, 0});
    }

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
        choosers_[start].seen = search_;
        choosers_[start].taken_by = kNone;
        for (std::size_t next = 0; next < queue_.size() && next < kMostSteps; ++next) {
            const auto& chooser = choosers_[queue_[next]];
            for (auto e = chooser.first_edge; e < chooser.last_edge; ++e) {
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
            auto& chooser = choosers_[edge.chooser];
            if (edge.flow == 0 || chooser.seen == search_) continue;
            chooser.seen = search_;
            chooser.taken_by = wanted_by;
            chooser.given_up = edges_by_other_[i];
            queue_.push_back(edge.chooser);
        }
    }

    void grow_along(std::uint32_t last, std::uint32_t start) {
        auto pairs = std::min(count_of(choosers_[start].left), count_of(others_[edges_[last].other].left));
        for (auto e = last; choosers_[edges_[e].chooser].taken_by != kNone; e = choosers_[edges_[e].chooser].taken_by)
            pairs = std::min(pairs, edges_[choosers_[edges_[e].chooser].given_up].flow);
        take(choosers_[start].left, pairs);
        take(others_[edges_[last].other].left, pairs);
        for (auto e = last;;) {
            const auto& chooser = choosers_[edges_[e].chooser];
            edges_[e].flow += pairs;
            if (chooser.taken_by == kNone) return;
            edges_[chooser.given_up].flow -= pairs;
            e = chooser.taken_by;
        }
    }

    Group group_;
    std::vector<Chooser> choosers_;
    std::vector<Other> others_;
    std::vector<Edge> edges_;
    std::vector<std::uint32_t> edges_by_other_, queue_;
    std::uint32_t search_ = 0;
};

void match_group(const Group& group) {
    const auto& axes = group.schema.tie_axes(group.chosen());
    const bool others_tie = std::find(axes.begin(), axes.end(), true) != axes.end();
    std::vector<std::uint32_t> choosers;
    const auto match = [&] {
        if (!choosers.empty()) Matching{group, choosers}.run();
        choosers.clear();
    };
    for (std::uint32_t i = 0; i < group.lefts.size(); ++i) {
        const auto& left = group.lefts[i];
        // Without ties on either side only equal records would do, and of these one side has none.
        if (!group.chooses(left) || (!others_tie && ties_of(group.record(left)) == 0)) continue;
        choosers.push_back(i);
        if (choosers.size() == kMostTied) match();
    }
    match();
}

}  // namespace

void match_ties(const Schema& schema, const RecordTable& table, std::span<Left> lefts) {
    const auto axes = [&](Side side) {
        const auto& ties = schema.tie_axes(side);
        return std::count(ties.begin(), ties.end(), true);
    };
    // It is for the side with more choices to choose.
    const auto chooser = axes(Side::a) >= axes(Side::b) ? Side::a : Side::b;
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
        if (last - first > 1) match_group({schema, table, lefts.subspan(first, last - first), chooser});
        first = last;
    }
}

}  // namespace copse::compare
