#include "build/record_order.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <tuple>

#include "build/morton.hpp"
#include "build/radix_sort.hpp"

namespace copse::build {
namespace {

std::uint64_t mixed(std::uint64_t state, std::uint64_t word) {
    state = (state ^ word) * 0x9e3779b97f4a7c15u;
    state ^= state >> 32;
    state *= 0xd6e8feb86659fd93u;
    return state ^ state >> 29;
}

int compare_bytes(ByteView a, ByteView b) { return std::memcmp(a.data(), b.data(), std::min(a.size(), b.size())); }

/// A raw coordinate as an unsigned number of the same order.
std::uint32_t biased(std::int32_t raw) { return static_cast<std::uint32_t>(raw) ^ 0x80000000u; }

/// Whether place a comes before b in Morton order of the raw integers: the axis that differs in the highest bit
/// decides, z before y before x.
int compare_places(const las::Points& p, std::uint32_t a, std::uint32_t b) {
    const auto order = [](std::uint32_t left, std::uint32_t right) { return left < right ? -1 : left > right ? 1 : 0; };
    const std::uint32_t x = biased(p.x[a]) ^ biased(p.x[b]), y = biased(p.y[a]) ^ biased(p.y[b]),
                        z = biased(p.z[a]) ^ biased(p.z[b]);
    const auto lower_top_bit = [](std::uint32_t left, std::uint32_t right) {
        return left < right && left < (left ^ right);
    };
    if (!lower_top_bit(z, x) && !lower_top_bit(z, y) && z != 0) return order(biased(p.z[a]), biased(p.z[b]));
    if (!lower_top_bit(y, x) && y != 0) return order(biased(p.y[a]), biased(p.y[b]));
    return order(biased(p.x[a]), biased(p.x[b]));
}

/// The first 42 bits in which the Morton codes of some rows can differ.
class MortonPrefix {
public:
    MortonPrefix(const las::Points& points, std::span<const std::uint32_t> rows) : points_{&points} {
        std::uint32_t differing = 0;
        for (const auto row : rows)
            differing |= (biased(points.x[row]) ^ biased(points.x[rows[0]])) |
                         (biased(points.y[row]) ^ biased(points.y[rows[0]])) |
                         (biased(points.z[row]) ^ biased(points.z[rows[0]]));
        shift_ = static_cast<unsigned>(std::max(0, static_cast<int>(std::bit_width(differing)) - kBits));
    }
    std::uint64_t operator()(std::uint32_t row) const {
        return axis(points_->x[row]) | axis(points_->y[row]) << 1 | axis(points_->z[row]) << 2;
    }

private:
    static constexpr int kBits = 14;
    [[nodiscard]] std::uint64_t axis(std::int32_t raw) const {
        return spread_bits(biased(raw) >> shift_ & ((1u << kBits) - 1));
    }
    const las::Points* points_;
    unsigned shift_ = 0;
};

/// Runs shorter than this are finished by comparing rows.
constexpr std::size_t kShortRun = 48;

}  // namespace

std::uint64_t record_hash(ByteView record) {
    std::uint64_t state = 0;
    std::size_t at = 0;
    for (; record.size() - at >= 8; at += 8) state = mixed(state, wire::load_le<std::uint64_t>(record.data() + at));
    if (at < record.size()) {
        std::array<std::byte, 8> rest{};
        std::copy(record.begin() + static_cast<std::ptrdiff_t>(at), record.end(), rest.begin());
        state = mixed(state, wire::load_le<std::uint64_t>(rest.data()));
    }
    return mixed(state, record.size());
}

void TieBreaker::pack(std::uint32_t row, Packed& out) const {
    if (out.valid && out.row == row) return;
    out.record.clear();
    las::pack_records(*points_, row, std::size_t{row} + 1, out.record);
    out.hash = record_hash(out.record);
    out.row = row;
    out.valid = true;
}

int TieBreaker::compare(std::uint32_t a, std::uint32_t b) {
    // The winner so far meets one challenger after the other: keep whichever side is known already.
    if (a_.valid && b_.valid && (b_.row == a || a_.row == b)) std::swap(a_, b_);
    pack(a, a_);
    pack(b, b_);
    if (a_.hash != b_.hash) return a_.hash < b_.hash ? -1 : 1;
    return compare_bytes(a_.record, b_.record);
}

std::uint64_t time_order(double gps_time) {
    if (std::isnan(gps_time)) return ~std::uint64_t{0};
    const auto bits = std::bit_cast<std::uint64_t>(gps_time);
    constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
    return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

bool NodeSorter::less(std::uint32_t a, std::uint32_t b) {
    const auto& p = *points_;
    const auto key = [&p](std::uint32_t row) {
        return std::tuple{time_order(p.gps_time[row]), p.point_source_id[row], p.channel[row], p.return_number(row)};
    };
    const auto left = key(a), right = key(b);
    if (left != right) return left < right;
    if (const int places = compare_places(p, a, b); places != 0) return places < 0;
    a_.clear();
    b_.clear();
    las::pack_records(p, a, std::size_t{a} + 1, a_);
    las::pack_records(p, b, std::size_t{b} + 1, b_);
    return compare_bytes(a_, b_) < 0;
}

/// Clouds of copies of one point exist; comparing them pair by pair would take far longer than looking through them.
bool NodeSorter::all_equal(std::span<const std::uint32_t> rows) {
    a_.clear();
    las::pack_records(*points_, rows[0], std::size_t{rows[0]} + 1, a_);
    return std::all_of(rows.begin() + 1, rows.end(), [this](std::uint32_t row) {
        b_.clear();
        las::pack_records(*points_, row, std::size_t{row} + 1, b_);
        return compare_bytes(a_, b_) == 0;
    });
}

/// Sorts by as many upper bits of the key's range as fit into a word beside the row's place, then finishes the runs of
/// rows that these bits do not tell apart.
template <class KeyOf>
void NodeSorter::sort_by(std::span<std::uint32_t> rows, const KeyOf& key_of, unsigned depth) {
    const std::size_t count = rows.size();
    keys_.resize(count);
    std::uint64_t lowest = ~std::uint64_t{0}, highest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        keys_[i] = key_of(rows[i]);
        lowest = std::min(lowest, keys_[i]);
        highest = std::max(highest, keys_[i]);
    }
    const auto place_bits = static_cast<unsigned>(std::bit_width(count - 1));
    const auto key_bits = static_cast<unsigned>(std::bit_width(highest - lowest));
    const unsigned kept = std::min(key_bits, 64 - place_bits);
    if (kept == 0) return finish(rows, depth);

    words_.resize(count);
    scratch_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto upper = (keys_[i] - lowest) >> (key_bits - kept);
        words_[i] = upper << place_bits | i;
    }
    radix_sort(words_, scratch_, place_bits, place_bits + kept);
    const std::uint64_t place_mask = (std::uint64_t{1} << place_bits) - 1;
    sorted_.resize(count);
    for (std::size_t i = 0; i < count; ++i) sorted_[i] = rows[words_[i] & place_mask];
    std::copy(sorted_.begin(), sorted_.end(), rows.begin());

    // `finish` uses the same memory: note the long runs first.
    std::vector<std::pair<std::size_t, std::size_t>> long_runs;
    for (std::size_t first = 0; first < count;) {
        std::size_t last = first + 1;
        while (last < count && words_[last] >> place_bits == words_[first] >> place_bits) ++last;
        if (last - first >= kShortRun)
            long_runs.emplace_back(first, last);
        else if (last - first > 1)
            finish(rows.subspan(first, last - first), depth);
        first = last;
    }
    for (const auto& [first, last] : long_runs) finish(rows.subspan(first, last - first), depth);
}

void NodeSorter::finish(std::span<std::uint32_t> rows, unsigned depth) {
    if (rows.size() < kShortRun || depth == 2) {
        if (rows.size() >= kShortRun && all_equal(rows)) return;
        std::sort(rows.begin(), rows.end(), [this](std::uint32_t a, std::uint32_t b) { return less(a, b); });
        return;
    }
    // A long run of one time, or of times that agree in their upper bits: by rank of the time first if it differs.
    const auto& p = *points_;
    const auto time = time_order(p.gps_time[rows[0]]);
    const bool one_time =
        std::all_of(rows.begin(), rows.end(), [&](std::uint32_t row) { return time_order(p.gps_time[row]) == time; });
    if (!one_time) return sort_by(rows, [&p](std::uint32_t row) { return time_order(p.gps_time[row]); }, 1);
    const MortonPrefix place{p, rows};
    sort_by(
        rows,
        [&p, &place](std::uint32_t row) {
            return std::uint64_t{p.point_source_id[row]} << 48 | std::uint64_t{p.channel[row]} << 46 |
                   std::uint64_t{p.return_number(row)} << 42 | place(row);
        },
        2);
}

/// Puts rows that consist of few runs of ascending times into order, if the runs do not overlap.
bool NodeSorter::join_runs(Rows rows) {
    struct Run {
        std::uint64_t first_time, last_time;
        std::size_t first, last;
    };
    const auto& p = *points_;
    const std::size_t most_runs = rows.size() / 32 + 1;
    std::vector<Run> runs;
    std::uint64_t before = ~std::uint64_t{0};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto time = time_order(p.gps_time[rows[i]]);
        if (time < before || i == 0) {
            if (runs.size() == most_runs) return false;
            if (!runs.empty()) {
                runs.back().last_time = before;
                runs.back().last = i;
            }
            runs.push_back({time, time, i, i});
        }
        before = time;
    }
    runs.back().last_time = before;
    runs.back().last = rows.size();
    if (runs.size() == 1) return true;

    std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
        return std::tuple{a.first_time, a.last_time, a.first} < std::tuple{b.first_time, b.last_time, b.first};
    });
    for (std::size_t r = 1; r < runs.size(); ++r)
        if (runs[r].first_time < runs[r - 1].last_time) return false;
    sorted_.resize(rows.size());
    auto to = sorted_.begin();
    for (const auto& run : runs)
        to = std::copy(rows.begin() + static_cast<std::ptrdiff_t>(run.first),
                       rows.begin() + static_cast<std::ptrdiff_t>(run.last), to);
    std::copy(sorted_.begin(), sorted_.end(), rows.begin());
    return true;
}

void NodeSorter::sort_few(Rows rows) {
    const auto& p = *points_;
    const auto key = [&p](std::uint32_t row) {
        return std::uint64_t{p.point_source_id[row]} << 16 | std::uint64_t{p.channel[row]} << 8 | p.return_number(row);
    };
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto row = rows[i];
        const auto row_key = key(row);
        std::size_t at = i;
        for (; at > 0; --at) {
            const auto other = key(rows[at - 1]);
            if (other < row_key || (other == row_key && !less(row, rows[at - 1]))) break;
            rows[at] = rows[at - 1];
        }
        rows[at] = row;
    }
}

/// Orders the rows of each time. @pre they are sorted by time
void NodeSorter::sort_ties(Rows rows) {
    const auto& p = *points_;
    constexpr std::size_t kFew = 16;
    std::vector<std::pair<std::size_t, std::size_t>> many;  // `finish` uses memory that is in use here
    std::uint64_t time = time_order(p.gps_time[rows[0]]);
    for (std::size_t first = 0; first < rows.size();) {
        std::size_t last = first + 1;
        std::uint64_t next = 0;
        while (last < rows.size() && (next = time_order(p.gps_time[rows[last]])) == time) ++last;
        if (last - first > kFew)
            many.emplace_back(first, last);
        else if (last - first > 1)
            sort_few(rows.subspan(first, last - first));
        first = last;
        time = next;
    }
    for (const auto& [first, last] : many) finish(rows.subspan(first, last - first), 1);
}

void NodeSorter::sort(Rows rows) {
    if (rows.size() < 2) return;
    if (join_runs(rows)) return sort_ties(rows);
    const auto& p = *points_;
    sort_by(rows, [&p](std::uint32_t row) { return time_order(p.gps_time[row]); }, 0);
}

}  // namespace copse::build
