#include "io/memory.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "copse/io.hpp"
#include "io/cgroup.hpp"
#include "support/sanitized.hpp"
#include "temporary_folder.hpp"

namespace copse::io {
namespace {

TEST(CgroupPathTest, IsThatOfVersionTwoUnlessAControllerIsNamed) {
    EXPECT_EQ(cgroup_path("0::/user.slice/a\n"), "/user.slice/a");
    EXPECT_EQ(cgroup_path("5:cpu:/x\n0::/y\n"), "/y");
    EXPECT_EQ(cgroup_path("5:cpu:/x\n"), "");
    EXPECT_EQ(cgroup_path(""), "");
    EXPECT_EQ(cgroup_path("5:cpu,memory:/x:y\n0::/z\n", "memory"), "/x:y");
    EXPECT_EQ(cgroup_path("5:cpu:/x\n0::/z\n", "memory"), "");
    EXPECT_EQ(cgroup_path("5:memoryless:/x\n", "memory"), "");
}

TEST(CgroupPathTest, HasParentsUpToTheRoot) {
    EXPECT_EQ(with_parents("/a/b"), (std::vector<std::string>{"/a/b", "/a", ""}));
    EXPECT_EQ(with_parents("/"), (std::vector<std::string>{""}));
    EXPECT_EQ(with_parents(""), (std::vector<std::string>{""}));
}

class AllowedMemoryTest : public testing::TemporaryFolder {
protected:
    static constexpr std::uint64_t kGigabyte = 1'000'000'000;

    void SetUp() override {
        TemporaryFolder::SetUp();
        std::filesystem::create_directories(folder_ / "proc/self");
        std::filesystem::create_directories(folder_ / "cgroup/outer/inner");
        std::filesystem::create_directories(folder_ / "cgroup/unified/outer");
        std::filesystem::create_directories(folder_ / "cgroup/memory/outer/inner");
        write("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:         1000000 kB\n");
    }
    [[nodiscard]] std::uint64_t allowed() const { return allowed_memory(path("proc"), path("cgroup")); }
};

TEST_F(AllowedMemoryTest, IsTheMachinesWithoutACgroup) { EXPECT_EQ(allowed(), 16'000'000ull * 1024); }

TEST_F(AllowedMemoryTest, FollowsTheTightestLimitAbove) {
    write("proc/self/cgroup", "0::/outer/inner\n");
    write("cgroup/outer/inner/memory.max", "max\n");
    EXPECT_EQ(allowed(), 16'000'000ull * 1024);
    write("cgroup/outer/inner/memory.max", "8000000000\n");
    EXPECT_EQ(allowed(), 8 * kGigabyte);
    write("cgroup/outer/memory.max", "4000000000\n");
    EXPECT_EQ(allowed(), 4 * kGigabyte);
    write("cgroup/outer/memory.high", "3000000000\n");
    EXPECT_EQ(allowed(), 3 * kGigabyte);
}

TEST_F(AllowedMemoryTest, FollowsAContainersOwnLimit) {
    write("proc/self/cgroup", "0::/of/the/host\n");
    write("cgroup/memory.max", "2000000000\n");
    EXPECT_EQ(allowed(), 2 * kGigabyte);
}

TEST_F(AllowedMemoryTest, FollowsVersionTwoBesideVersionOne) {
    write("proc/self/cgroup", "4:memory:/\n0::/outer\n");
    write("cgroup/unified/outer/memory.max", "2000000000\n");
    EXPECT_EQ(allowed(), 2 * kGigabyte);
}

TEST_F(AllowedMemoryTest, FollowsVersionOneLimits) {
    write("proc/self/cgroup", "9:name=systemd:/\n4:memory:/outer/inner\n0::/\n");
    write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    EXPECT_EQ(allowed(), 16'000'000ull * 1024) << "a number near 2^63 is \"no limit\"";
    write("cgroup/memory/outer/memory.limit_in_bytes", "1000000000\n");
    EXPECT_EQ(allowed(), kGigabyte);
    write("cgroup/memory/outer/inner/memory.limit_in_bytes", "500000000\n");
    EXPECT_EQ(allowed(), kGigabyte / 2);
}

TEST_F(AllowedMemoryTest, IsUnlimitedWhereNothingIsSaid) {
    write("proc/meminfo", "nonsense\n");
    EXPECT_EQ(allowed(), std::numeric_limits<std::uint64_t>::max());
}

TEST(MachineMemoryTest, IsALikelyNumber) {
    EXPECT_GT(machine_memory(), 1u << 20);
    EXPECT_LT(machine_memory(), std::uint64_t{1} << 50);
}

TEST(ResidentMemoryTest, GrowsWithTouchedPagesAndShrinksWhenTheyAreFreed) {
    if (test::kSanitized) GTEST_SKIP() << "a sanitizer keeps what is freed";
    prepare_allocator();
    constexpr std::uint64_t kBuffer = 1u << 20, kBuffers = 64, kSlack = 8u << 20;
    const auto before = resident_now();
    ASSERT_GT(before, 0u);
    {
        std::vector<std::vector<char>> buffers;
        for (std::uint64_t i = 0; i < kBuffers; ++i) buffers.emplace_back(kBuffer, 'x');
        EXPECT_GE(resident_now() + kSlack, before + kBuffers * kBuffer);
    }
    EXPECT_LT(resident_now(), before + kSlack);
    EXPECT_GE(peak_resident() + kSlack, before + kBuffers * kBuffer);
}

}  // namespace
}  // namespace copse::io
