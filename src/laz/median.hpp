// A running median of five: the prediction of X and Y differences. `laz/coder.md` section 4.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace copse::laz {

/// Keeps five numbers. It is not a true sliding window: what makes room for a new number is the largest or the smallest
/// of the five, and the side changes when a number arrives on the side that is not being cut.
class RunningMedian {
public:
    [[nodiscard]] std::int32_t get() const { return sorted_[2]; }

    void add(std::int32_t number) {
        // Sorted insertion by minimum and maximum: which way it goes is not predictable, so there are no branches.
        const std::size_t from = drop_largest_ ? 0 : 1;
        const std::array<std::int32_t, 4> kept{sorted_[from], sorted_[from + 1], sorted_[from + 2], sorted_[from + 3]};
        drop_largest_ = drop_largest_ ? number < get() : !(number > get());
        sorted_[0] = std::min(kept[0], number);
        for (std::size_t i = 1; i < 4; ++i) sorted_[i] = std::max(kept[i - 1], std::min(kept[i], number));
        sorted_[4] = std::max(kept[3], number);
    }

private:
    std::array<std::int32_t, 5> sorted_{};
    bool drop_largest_ = true;
};

}  // namespace copse::laz
