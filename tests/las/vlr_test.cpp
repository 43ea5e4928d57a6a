#include <gtest/gtest.h>

#include "las/las_bytes.hpp"

namespace copse::las {
namespace {

using namespace test;

/// Two records, of 3 and 0 payload bytes, written by hand.
Bytes two_vlrs() {
    Bytes bytes(54 + 3 + 54);
    put<std::uint16_t>(bytes, 0, 0xaabb);
    put_text(bytes, 2, "LASF_Projection");
    put<std::uint16_t>(bytes, 18, 34735);
    put<std::uint16_t>(bytes, 20, 3);
    put_text(bytes, 22, "a description of thirty-two byte");
    put_text(bytes, 54, "abc");
    put_text(bytes, 57 + 2, "sixteen letters.");
    put<std::uint16_t>(bytes, 57 + 18, 1);
    return bytes;
}

Bytes good_evlr_header() {
    Bytes bytes(60);
    put<std::uint16_t>(bytes, 0, 4);
    put_text(bytes, 2, "copc");
    put<std::uint16_t>(bytes, 18, 1000);
    put<std::uint64_t>(bytes, 20, 0x123456789abcdef0);
    put_text(bytes, 28, "hierarchy");
    return bytes;
}

TEST(Vlrs, HaveTheFieldsOfTheSpecification) {
    const auto vlrs = parse_vlrs(two_vlrs(), 2, 375);
    ASSERT_TRUE(vlrs) << vlrs.error().what;
    ASSERT_EQ(vlrs->size(), 2u);
    const auto& first = (*vlrs)[0];
    EXPECT_EQ(first.reserved, 0xaabb);
    EXPECT_EQ(first.user_id, "LASF_Projection");
    EXPECT_EQ(first.record_id, 34735);
    EXPECT_EQ(first.description, "a description of thirty-two byte");
    EXPECT_EQ(first.payload, to_bytes("abc"));
    EXPECT_EQ(first.at, 375u);
    EXPECT_EQ(first.payload_at(), 429u);
    EXPECT_FALSE(first.extended);
    const auto& second = (*vlrs)[1];
    EXPECT_EQ(second.user_id, "sixteen letters.");
    EXPECT_TRUE(second.payload.empty());
    EXPECT_EQ(second.at, 432u);
}

TEST(Vlrs, RejectEveryShorterPrefix) {
    const auto whole = two_vlrs();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        const auto vlrs = parse_vlrs(cut_to(whole, size), 2, 375);
        ASSERT_FALSE(vlrs);
        EXPECT_EQ(vlrs.error().code, Code::truncated);
        EXPECT_LE(vlrs.error().at, 375 + size);
    }
}

TEST(Vlrs, ReportTheFieldThatDidNotFit) {
    const auto vlrs = parse_vlrs(cut_to(two_vlrs(), 110), 2, 375);
    ASSERT_FALSE(vlrs);
    EXPECT_EQ(vlrs.error().at, 375u + 57 + 22);  // the second record's description
}

TEST(Vlrs, LeaveBytesBehindTheLastOneAlone) {
    auto bytes = two_vlrs();
    bytes.push_back(std::byte{0xdd});
    const auto vlrs = parse_vlrs(bytes, 2, 0);
    ASSERT_TRUE(vlrs);
    EXPECT_EQ(vlrs->size(), 2u);
}

TEST(Vlrs, RejectAPayloadThatIsLongerThanTheBytes) {
    auto bytes = two_vlrs();
    put<std::uint16_t>(bytes, 57 + 20, 1);
    const auto vlrs = parse_vlrs(bytes, 2, 100);
    ASSERT_FALSE(vlrs);
    EXPECT_EQ(vlrs.error().code, Code::truncated);
    EXPECT_EQ(vlrs.error().at, 100 + bytes.size());
}

TEST(Vlrs, DoNotAllocateForAHostileCount) {
    const auto vlrs = parse_vlrs(two_vlrs(), 0xffffffff, 227);
    ASSERT_FALSE(vlrs);
    EXPECT_EQ(vlrs.error().code, Code::truncated);
}

TEST(Vlrs, AreReadFromAnyAddress) {
    const Unaligned copy{two_vlrs()};
    EXPECT_TRUE(parse_vlrs(copy.view(), 2, 0));
}

TEST(Vlrs, EncodeToTheSameBytes) {
    const auto bytes = two_vlrs();
    const auto vlrs = *parse_vlrs(bytes, 2, 0);
    Bytes again;
    for (const auto& vlr : vlrs) encode_vlr(vlr, again);
    EXPECT_EQ(again, bytes);
}

TEST(Vlrs, AreFoundByUserAndRecordId) {
    const auto vlrs = *parse_vlrs(two_vlrs(), 2, 0);
    EXPECT_EQ(find_vlr(vlrs, "LASF_Projection", 34735), &vlrs[0]);
    EXPECT_EQ(find_vlr(vlrs, "LASF_Projection", 1), nullptr);
    EXPECT_EQ(find_vlr(vlrs, "sixteen letters", 1), nullptr);
    EXPECT_EQ(find_vlr({}, "LASF_Projection", 34735), nullptr);
}

TEST(EvlrHeaders, HaveTheFieldsOfTheSpecification) {
    const auto header = parse_evlr_header(good_evlr_header(), 9000);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->reserved, 4);
    EXPECT_EQ(header->user_id, "copc");
    EXPECT_EQ(header->record_id, 1000);
    EXPECT_EQ(header->payload_size, 0x123456789abcdef0u);
    EXPECT_EQ(header->description, "hierarchy");
}

TEST(EvlrHeaders, RejectEveryShorterPrefix) {
    const auto whole = good_evlr_header();
    const std::size_t starts[] = {0, 2, 18, 20, 28, 60};
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        const auto header = parse_evlr_header(cut_to(whole, size), 9000);
        ASSERT_FALSE(header);
        EXPECT_EQ(header.error().code, Code::truncated);
        EXPECT_EQ(header.error().at, 9000 + *(std::upper_bound(std::begin(starts), std::end(starts), size) - 1));
    }
}

TEST(EvlrHeaders, AreReadFromAnyAddressAndEncodeToTheSameBytes) {
    const auto bytes = good_evlr_header();
    const Unaligned copy{bytes};
    Bytes again;
    encode_evlr_header(*parse_evlr_header(copy.view(), 0), again);
    EXPECT_EQ(again, bytes);
}

TEST(Evlrs, EncodeAsHeaderAndPayload) {
    Vlr vlr;
    vlr.user_id = "copc";
    vlr.record_id = 1000;
    vlr.payload = Bytes(70000, std::byte{5});
    Bytes bytes;
    encode_evlr(vlr, bytes);
    ASSERT_EQ(bytes.size(), 70060u);
    EXPECT_EQ(parse_evlr_header(bytes, 0)->payload_size, 70000u);
    EXPECT_EQ(bytes.back(), std::byte{5});
}

}  // namespace
}  // namespace copse::las
