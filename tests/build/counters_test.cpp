// Inputs of more points than 32 bits can count. Nobody reads them to the end here.
#include <gtest/gtest.h>

#include <cstring>

#include "build/converting.hpp"
#include "build/partition.hpp"
#include "build/routing.hpp"

namespace copse::build {
namespace {

using namespace testing;

constexpr std::uint64_t kClaimed = (std::uint64_t{1} << 32) + 1;
constexpr std::uint64_t kBlock = 50'000;

/// As many points as are asked for, on a sheet.
class EndlessReader final : public las::PointReader {
public:
    explicit EndlessReader(bool in_blocks) {
        const auto sample = bytes_of(input_of(survey(6, 10, 1)));
        io::MemorySource source{ByteView{sample}};
        info_ = las::read_file_info(source).value();
        info_.header.point_count_14 = kClaimed;
        info_.header.min = {0, 0, 0};
        info_.header.max = {(1 << 20) * info_.header.scale[0], (1 << 20) * info_.header.scale[1], 0};
        for (std::uint64_t first = 0; in_blocks && first < kClaimed; first += kBlock)
            blocks_.push_back({first, std::min(kBlock, kClaimed - first), {1000 + first, 20}});
    }
    [[nodiscard]] const las::FileInfo& info() const override { return info_; }
    Status read_next(std::size_t max_rows, las::Points& out) override {
        const auto count = std::min<std::uint64_t>(max_rows, kClaimed - next_);
        fill(next_, count, out);
        next_ += count;
        return Ok{};
    }
    [[nodiscard]] std::span<const las::PointBlock> blocks() const override { return blocks_; }
    Status read_block(std::size_t index, las::Points& out) const override {
        out.resize(0);
        fill(blocks_[index].first_point, blocks_[index].point_count, out);
        return Ok{};
    }

private:
    static void fill(std::uint64_t first, std::uint64_t count, las::Points& out) {
        const auto begin = out.size();
        out.resize(begin + static_cast<std::size_t>(count));
        las::for_each_column(out, [&](auto& column) {
            std::memset(column.data() + begin, 0, (column.size() - begin) * sizeof(column[0]));
        });
        for (std::size_t i = 0; i < count; ++i) {
            const auto bits = (first + i) * 0x9e3779b97f4a7c15u;
            out.x[begin + i] = static_cast<std::int32_t>(bits >> 44);
            out.y[begin + i] = static_cast<std::int32_t>(bits >> 24 & 0xfffff);
        }
    }
    las::FileInfo info_;
    std::vector<las::PointBlock> blocks_;
    std::uint64_t next_ = 0;
};

TEST(Counters, OfPlannedReadingHave64Bits) {
    std::vector<OpenInput> inputs(2);
    for (auto& input : inputs) input.reader = std::make_unique<EndlessReader>(true);
    std::vector<ReadTask> tasks;
    ASSERT_FALSE(plan_reading(inputs, false, tasks));
    std::uint64_t points = 0;
    for (const auto& task : tasks) points += task.points;
    EXPECT_EQ(points, 2 * kClaimed);

    inputs.resize(1);
    inputs[0].reader = std::make_unique<EndlessReader>(false);
    ASSERT_FALSE(plan_reading(inputs, false, tasks));
    ASSERT_EQ(tasks.size(), 1u);
    EXPECT_EQ(tasks[0].points, kClaimed);
}

TEST(Counters, OfPilesHave64Bits) {
    static_assert(std::is_same_v<decltype(std::declval<Pile>().rows()), std::uint64_t>);
    static_assert(std::is_same_v<decltype(Partition::rows), std::uint64_t>);
    static_assert(std::is_same_v<decltype(CellRange::points), std::uint64_t>);
    const std::vector<std::uint64_t> counts{kClaimed, 0, 0, 0, 0, 0, 0, kClaimed};
    EXPECT_EQ(cut_cube(counts, 1, 3 * kClaimed).front().points, 2 * kClaimed);
    EXPECT_EQ(cut_cube(counts, 1, kClaimed).size(), 8u);
}

}  // namespace
}  // namespace copse::build
