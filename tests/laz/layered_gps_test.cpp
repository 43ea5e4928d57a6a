// The encoder's choices for GPS times: bytes of the GPS layer compared with LASzip's for the same times.
#include "laz/layered_gps.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "laz/hex.hpp"

namespace copse::laz {
namespace {

constexpr std::uint64_t kStart = 0x4190000000000000;

/// Codes times that follow each other by `steps`, and decodes them again.
std::string layer_of(const std::vector<std::int64_t>& steps) {
    ArithmeticEncoder out;
    GpsSequences encoder{kStart};
    std::vector<std::uint64_t> times;
    std::uint64_t time = kStart;
    for (const std::int64_t step : steps) {
        times.push_back(time += static_cast<std::uint64_t>(step));
        encoder.encode(out, time);
    }
    const Bytes bytes = out.finish();

    ArithmeticDecoder in{bytes, 0};
    GpsSequences decoder{kStart};
    for (const std::uint64_t expected : times) EXPECT_EQ(decoder.decode(in), expected);
    EXPECT_TRUE(in.ok());
    EXPECT_TRUE(in.at_end());
    return test::to_hex(bytes);
}

TEST(GpsSequences, TakeAMultipleOfTwoToThe31ForTheSmallest) {
    // A reference of -1 and a difference of -2^31: the quotient fits a float, but not LASzip's int32.
    constexpr std::int64_t kMin = -(std::int64_t{1} << 31);
    EXPECT_EQ(layer_of({-1, kMin, 1, 0x7fffffff, kMin, kMin}),
              "0251b12b095d4fcfc27ff1e703467230216dd289f8fd7040f60b000000");
}

TEST(GpsSequences, RoundHalvesAwayFromZero) {
    EXPECT_EQ(layer_of({2, 1, -1, 3, -3, 5, -5, 19, -19, -20, -21, 997, 999, 1000, 1001}),
              "0253a5de022b28866a68777c07f00eb8ef7c4d1359d1f5f1237a3b5f000000");
}

TEST(GpsSequences, RoundWhatIsJustBelowAHalfToZero) {
    // 8388607 / 16777215 is the float before 0.5; adding 0.5 in single precision, as older LASzips did, would give 1.
    EXPECT_EQ(layer_of({16777215, 8388607, 8388608, -8388607, -8388608}),
              "26c84fe19a9bb55c5c43ad6a180024f6a1cf20cc49aecf000000");
}

}  // namespace
}  // namespace copse::laz
