#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "copse/copc.hpp"

namespace copse {
namespace {

constexpr FileOffset kAt = 429;  // payload of the info VLR in every COPC file

copc::Info good_info() {
    copc::Info info;
    info.center = {500.5, -20.25, 8};
    info.half_size = 64;
    info.root_spacing = 1;
    info.root_page = {70'000, 96};
    info.gps_time_min = 3e8;
    info.gps_time_max = 3e8 + 600;
    return info;
}

Bytes good_payload() {
    Bytes out;
    copc::encode_info(good_info(), out);
    return out;
}

void put_f64(Bytes& bytes, std::size_t offset, double value) { wire::store_le(bytes.data() + offset, value); }

void expect_same(const copc::Info& a, const copc::Info& b) {
    EXPECT_EQ(a.center, b.center);
    EXPECT_EQ(a.half_size, b.half_size);
    EXPECT_EQ(a.root_spacing, b.root_spacing);
    EXPECT_EQ(a.root_page, b.root_page);
    EXPECT_EQ(a.gps_time_min, b.gps_time_min);
    EXPECT_EQ(a.gps_time_max, b.gps_time_max);
    EXPECT_EQ(a.reserved_is_zero, b.reserved_is_zero);
}

TEST(CopcInfo, KeepsTheFieldsOfAGoodPayload) {
    const auto info = copc::parse_info(good_payload(), kAt);
    ASSERT_TRUE(info);
    expect_same(*info, good_info());
}

TEST(CopcInfo, RejectsEveryShorterPrefix) {
    const auto whole = good_payload();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        // An exact-size heap copy lets AddressSanitizer catch a one-byte overread.
        const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
        const auto info = copc::parse_info(cut, kAt);
        ASSERT_FALSE(info);
        EXPECT_EQ(info.error().code, Code::truncated);
        EXPECT_EQ(info.error().at, kAt + std::min<std::size_t>(size / 8 * 8, 72));
    }
}

TEST(CopcInfo, RejectsOneByteTooMany) {
    auto bytes = good_payload();
    bytes.push_back(std::byte{0});
    const auto info = copc::parse_info(bytes, kAt);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, Code::trailing_bytes);
    EXPECT_EQ(info.error().at, kAt + copc::kInfoSize);
}

TEST(CopcInfo, RejectsAnUnusableCube) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    constexpr double kInf = std::numeric_limits<double>::infinity();
    for (const std::size_t offset : {0u, 8u, 16u, 24u, 32u}) {
        for (const double value : {kNan, kInf, -kInf, 0.0, -1.0, -0.0}) {
            if (offset < 24 && std::isfinite(value)) continue;  // any finite centre will do
            SCOPED_TRACE(testing::Message() << "offset " << offset << " value " << value);
            auto bytes = good_payload();
            put_f64(bytes, offset, value);
            const auto info = copc::parse_info(bytes, kAt);
            ASSERT_FALSE(info);
            EXPECT_EQ(info.error().code, Code::bad_value);
            EXPECT_EQ(info.error().at, kAt + offset);
        }
    }
}

TEST(CopcInfo, RejectsACubeWithoutFiniteCorners) {
    auto bytes = good_payload();
    put_f64(bytes, 24, 1e308);
    const auto info = copc::parse_info(bytes, kAt);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, Code::bad_value);
    EXPECT_EQ(info.error().at, kAt + 24);
}

TEST(CopcInfo, ReportsReservedBytesWithoutJudgingThem) {
    for (std::size_t offset = 72; offset < copc::kInfoSize; ++offset) {
        auto bytes = good_payload();
        bytes[offset] = std::byte{1};
        const auto info = copc::parse_info(bytes, kAt);
        ASSERT_TRUE(info);
        EXPECT_FALSE(info->reserved_is_zero) << offset;
    }
}

TEST(CopcInfo, ReadsAnUnalignedCopy) {
    const auto whole = good_payload();
    for (std::size_t shift = 1; shift < 8; ++shift) {
        Bytes shifted(shift);
        shifted.insert(shifted.end(), whole.begin(), whole.end());
        const auto info = copc::parse_info(ByteView{shifted}.subspan(shift), kAt);
        ASSERT_TRUE(info);
        expect_same(*info, good_info());
    }
}

TEST(CopcInfo, GivesTheLevelOfAResolution) {
    auto info = good_info();
    info.root_spacing = 1;
    EXPECT_EQ(copc::level_for_resolution(info, 100), 0);
    EXPECT_EQ(copc::level_for_resolution(info, 1), 0);
    EXPECT_EQ(copc::level_for_resolution(info, std::nextafter(1.0, 0.0)), 1);
    EXPECT_EQ(copc::level_for_resolution(info, 0.5), 1);
    EXPECT_EQ(copc::level_for_resolution(info, 0.3), 2);
    EXPECT_EQ(copc::level_for_resolution(info, 0.25), 2);
    EXPECT_EQ(copc::level_for_resolution(info, 1e-300), copc::kMaxLevel);
    EXPECT_EQ(copc::level_for_resolution(info, std::numeric_limits<double>::infinity()), 0);
}

TEST(CopcInfo, GivesTheCoarsestLevelWhoseSpacingIsFineEnough) {
    auto info = good_info();
    for (int step = 1; step < 2000; ++step) {
        info.root_spacing = 0.37 * step;
        const double resolution = 0.011 * step * step / 40;
        const int level = copc::level_for_resolution(info, resolution);
        ASSERT_LT(level, copc::kMaxLevel);
        EXPECT_LE(std::ldexp(info.root_spacing, -level), resolution);
        if (level > 0) {
            EXPECT_GT(std::ldexp(info.root_spacing, 1 - level), resolution);
        }
    }
}

}  // namespace
}  // namespace copse
