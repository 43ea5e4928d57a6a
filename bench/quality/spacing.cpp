#include "quality/spacing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace copse::bench {
namespace {

constexpr unsigned kAxisBits = 21;
constexpr std::size_t kBlock = 1u << 16;  // places that one call looks at

/// Number of a cell of a grid over all places; cells that follow each other along x have numbers that do.
struct Cell {
    std::int64_t x, y, z;
    [[nodiscard]] std::uint64_t number() const {
        return static_cast<std::uint64_t>(z) << 2 * kAxisBits | static_cast<std::uint64_t>(y) << kAxisBits |
               static_cast<std::uint64_t>(x);
    }
};

/// Places sorted by the numbers of their cells.
class Grid {
public:
    Grid(const std::vector<Place>& places, double cell) {
        constexpr double kInfinity = std::numeric_limits<double>::infinity();
        Place last{-kInfinity, -kInfinity, -kInfinity};
        first_ = {kInfinity, kInfinity, kInfinity};
        for (const auto& place : places) {
            for (std::size_t a = 0; a < 3; ++a) {
                first_[a] = std::min(first_[a], place[a]);
                last[a] = std::max(last[a], place[a]);
            }
        }
        const double extent = std::max({last[0] - first_[0], last[1] - first_[1], last[2] - first_[2]});
        cell_ = std::max(cell, extent / ((1 << kAxisBits) - 2));
        end_ = static_cast<std::int64_t>(extent / cell_) + 1;
        items_.reserve(places.size());
        for (const auto& place : places) items_.push_back({cell_of(place).number(), place});
        std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.number < b.number; });
    }

    /// Distances of the items [first, last) to their nearest neighbours.
    void measure(std::size_t first, std::size_t last, std::span<double> out) const {
        std::array<std::size_t, 9> hints{};  // where the nine rows of cells around the item before began
        for (std::size_t i = first; i < last; ++i) out[i] = std::sqrt(nearest(i, hints));
    }

private:
    struct Item {
        std::uint64_t number;
        Place place;
    };

    [[nodiscard]] Cell cell_of(const Place& place) const {
        const auto axis = [&](std::size_t a) { return static_cast<std::int64_t>((place[a] - first_[a]) / cell_); };
        return {axis(0), axis(1), axis(2)};
    }

    /// First item whose number is at least `number`. Fast if that is shortly behind `hint`.
    [[nodiscard]] std::size_t find(std::uint64_t number, std::size_t hint) const {
        std::size_t low = hint, step = 1;
        if (low > 0 && items_[low - 1].number >= number) low = 0;
        while (low + step < items_.size() && items_[low + step].number < number) {
            low += step;
            step *= 2;
        }
        const auto begin = items_.begin();
        const auto end = begin + static_cast<std::ptrdiff_t>(std::min(items_.size(), low + step + 1));
        const auto found =
            std::lower_bound(begin + static_cast<std::ptrdiff_t>(low), end, number,
                             [](const Item& item, std::uint64_t wanted) { return item.number < wanted; });
        return static_cast<std::size_t>(found - begin);
    }

    /// Makes `best` the least squared distance of an item to the others in the cells of a row from `from` on, to `to`.
    std::size_t search_row(std::size_t i, Cell from, std::int64_t to, std::size_t hint, double& best) const {
        const auto begin = find(from.number(), hint);
        const auto end = Cell{to, from.y, from.z}.number();
        for (std::size_t k = begin; k < items_.size() && items_[k].number <= end; ++k) {
            if (k == i) continue;
            double squared = 0;
            for (std::size_t a = 0; a < 3; ++a) {
                const double off = items_[k].place[a] - items_[i].place[a];
                squared += off * off;
            }
            best = std::min(best, squared);
        }
        return begin;
    }

    /// Looks into wider and wider blocks of cells until what lies outside is farther away than what was found.
    [[nodiscard]] double nearest(std::size_t i, std::array<std::size_t, 9>& hints) const {
        const auto own = cell_of(items_[i].place);
        double best = std::numeric_limits<double>::infinity();
        for (std::int64_t reach = 1;; reach *= 2) {
            const auto from = [reach](std::int64_t axis) { return std::max<std::int64_t>(0, axis - reach); };
            const auto to = [reach, this](std::int64_t axis) { return std::min(end_, axis + reach); };
            for (auto z = from(own.z); z <= to(own.z); ++z) {
                for (auto y = from(own.y); y <= to(own.y); ++y) {
                    std::size_t other = 0;
                    auto& hint =
                        reach == 1 ? hints[static_cast<std::size_t>((z - own.z + 1) * 3 + y - own.y + 1)] : other;
                    hint = search_row(i, {from(own.x), y, z}, to(own.x), hint, best);
                }
            }
            const double covered = static_cast<double>(reach) * cell_;
            if (best <= covered * covered || reach > end_) return best;
        }
    }

    std::vector<Item> items_;
    Place first_{};
    double cell_ = 1;
    std::int64_t end_ = 0;  ///< no cell's number is larger, on any axis
};

}  // namespace

Spacing measure_spacing(const std::vector<Place>& places, double cell, wire::Executor& executor) {
    if (places.size() < 2) return {places.size(), 0, 0, 0};
    const Grid grid{places, cell};
    std::vector<double> distances(places.size());
    executor.for_each((places.size() + kBlock - 1) / kBlock, [&](std::size_t block) {
        grid.measure(block * kBlock, std::min(places.size(), (block + 1) * kBlock), distances);
    });

    double sum = 0, squares = 0;
    for (const double distance : distances) sum += distance;
    const auto count = static_cast<double>(distances.size());
    const double mean = sum / count;
    for (const double distance : distances) squares += (distance - mean) * (distance - mean);
    const auto twentieth = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 20);
    std::nth_element(distances.begin(), twentieth, distances.end());
    return {distances.size(), mean, *twentieth, std::sqrt(squares / count) / mean};
}

}  // namespace copse::bench
