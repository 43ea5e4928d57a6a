#include <algorithm>
#include <utility>

#include "copse/las.hpp"

namespace copse::las {
namespace {

/// Slices of a block that was read whole.
class HeldBlock final : public BlockStream {
public:
    explicit HeldBlock(Points points) : points_{std::move(points)} {}
    Status next(std::size_t max_rows, Points& out) override {
        const auto last = next_ + std::min(max_rows, points_.size() - next_);
        out.append(points_, next_, last);
        next_ = last;
        return Ok{};
    }

private:
    Points points_;
    std::size_t next_ = 0;
};

}  // namespace

void PointReader::read_blocks(std::span<BlockJob> jobs) const {
    for (auto& job : jobs) job.status = read_block(job.index, *job.out);
}

Result<std::unique_ptr<BlockStream>> PointReader::open_block(std::size_t index, ColumnSet columns) const {
    Points points{info().layout, columns};
    if (const auto good = read_block(index, points); !good) return good.error();
    return std::unique_ptr<BlockStream>{std::make_unique<HeldBlock>(std::move(points))};
}

}  // namespace copse::las
