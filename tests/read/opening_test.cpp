#include <gtest/gtest.h>

#include "read/reading.hpp"

namespace copse::read {
namespace {

using namespace test;

las::Vlr record(std::string user_id, std::uint16_t id, std::size_t size, std::byte value = std::byte{'x'}) {
    las::Vlr vlr;
    vlr.user_id = std::move(user_id);
    vlr.record_id = id;
    vlr.payload = Bytes(size, value);
    return vlr;
}

las::Vlr wkt_record(std::size_t size = 100) { return record("LASF_Projection", 2112, size); }

MadeFile small_file(const std::function<void(Recipe&)>& change = {}) {
    Recipe recipe;
    if (change) change(recipe);
    return make_copc(scattered_points({6, 30}, 300, 3), recipe);
}

MadeFile large_file(const std::function<void(Recipe&)>& change = {}) {
    Recipe recipe;
    recipe.depth = 4;
    if (change) change(recipe);
    return make_copc(scattered_points({6, 30}, 20000, 3), recipe);
}

TEST(Opening, TellsWhatIsInTheFile) {
    const auto made = small_file([](Recipe& r) { r.vlrs = {wkt_record(12)}; });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->header.point_count(), 300u);
    EXPECT_EQ(file->layout, (las::PointLayout{6, 30}));
    EXPECT_EQ(file->info.root_page, made.info.root_page);
    EXPECT_EQ(file->size, made.bytes.size());
    EXPECT_EQ(file->vlrs.size(), 3u);
    EXPECT_EQ(file->wkt(), "xxxxxxxxxxxx");
    EXPECT_EQ(file->evlrs.size(), 2u);
    EXPECT_TRUE(file->evlrs_complete);
    ASSERT_TRUE(file->temporal);
    EXPECT_EQ(file->temporal->stride, 16u);
    EXPECT_EQ(file->temporal_payload, made.index_payload);
    ASSERT_TRUE(file->temporal_root);
    EXPECT_FALSE(file->temporal_root->nodes.empty());
    EXPECT_TRUE(file->warnings.empty());
}

TEST(Opening, TakesOneRoundForAFileThatTheFirstReadHolds) {
    const auto made = make_copc(scattered_points({6, 30}, 50, 3), {});
    ASSERT_LE(made.bytes.size(), wire::kFirstRead);
    Trips trips;
    ASSERT_TRUE(open_file(made.bytes, &trips));
    EXPECT_EQ(trips.rounds.size(), 1u);
    EXPECT_EQ(trips.bytes(), made.bytes.size());
}

TEST(Opening, TakesTwoRoundsAlsoWhereVlrsReachPastTheFirstRead) {
    const auto made = large_file([](Recipe& r) { r.vlrs = {record("mine", 1, 20000), wkt_record(30000)}; });
    Trips trips;
    const auto file = open_file(made.bytes, &trips);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->temporal_root);
    EXPECT_EQ(file->wkt(), std::string(30000, 'x'));
    ASSERT_EQ(trips.rounds.size(), 2u);
    EXPECT_EQ(trips.rounds[0], (std::vector<ByteRange>{{0, wire::kFirstRead}}));
    EXPECT_EQ(trips.rounds[1][0].offset, wire::kFirstRead);  // what is there is not fetched twice
    EXPECT_EQ(trips.rounds[1][0].end(), file->header.offset_to_point_data);
}

TEST(Opening, TakesTwoRoundsAndAtMost128KilobytesForAFileOfOurs) {
    const auto made = large_file([](Recipe& r) { r.vlrs = {wkt_record()}; });
    Trips trips;
    const auto file = open_file(made.bytes, &trips);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->temporal_root);
    EXPECT_EQ(trips.rounds.size(), 2u);
    EXPECT_LE(trips.bytes(), 128u << 10);
}

TEST(Opening, TakesTwoRoundsAlsoWithoutACrs) {
    const auto made = large_file();
    Trips trips;
    const auto file = open_file(made.bytes, &trips);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->temporal_root);
    EXPECT_TRUE(file->evlrs_complete);
    EXPECT_EQ(trips.rounds.size(), 2u);
}

TEST(Opening, SpendsNoRoundOnEvlrsThatItDoesNotNeed) {
    const auto made = large_file([](Recipe& r) {
        r.vlrs = {wkt_record()};
        r.evlrs_after = {record("mine", 1, 100000), record("mine", 2, 100000), record("mine", 3, 10)};
    });
    Trips trips;
    const auto file = open_file(made.bytes, &trips);
    ASSERT_TRUE(file);
    EXPECT_EQ(trips.rounds.size(), 2u);
    EXPECT_FALSE(file->evlrs_complete);
}

TEST(Opening, FindsTheIndexBehindOtherEvlrs) {
    const auto made = large_file([](Recipe& r) {
        r.index_first = false;
        r.evlrs_before = {record("mine", 1, 70000), record("mine", 2, 200000)};
        r.evlrs_after = {record("mine", 3, 10)};
    });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->temporal_root);
    EXPECT_EQ(file->evlrs.size(), 5u);
    EXPECT_TRUE(file->evlrs_complete);
    ASSERT_EQ(file->small_evlrs.size(), 1u);
    EXPECT_TRUE(file->small_evlrs[0].is("mine", 3));
    EXPECT_TRUE(file->small_evlrs[0].extended);
}

TEST(Opening, FindsTheCrsInAnEvlr) {
    const auto made = large_file([](Recipe& r) { r.evlrs_after = {record("mine", 1, 100000), wkt_record(50000)}; });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->wkt(), std::string(50000, 'x'));
}

TEST(Opening, FindsExtraByteDescriptorsInAnEvlr) {
    las::ExtraDimension height;
    height.name = "Height";
    height.type = 6;
    height.size = 4;
    auto descriptors = record("LASF_Spec", 4, 0);
    descriptors.payload = las::encode_extra_schema({{height}, false, 0});
    Recipe recipe;
    recipe.vlrs = {wkt_record()};
    recipe.evlrs_after = {record("mine", 1, 100000), descriptors};
    const auto made = make_copc(scattered_points({6, 34}, 20000, 3), recipe);
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    ASSERT_EQ(file->extra.dimensions.size(), 1u);
    EXPECT_EQ(file->extra.dimensions[0].name, "Height");
}

TEST(Opening, ReadsVlrsBeyondTheFirst64Kilobytes) {
    const auto made = small_file([](Recipe& r) {
        for (std::uint16_t i = 0; i < 5; ++i) r.vlrs.push_back(record("mine", i, 50000));
        r.vlrs.push_back(wkt_record());
    });
    Trips trips;
    const auto file = open_file(made.bytes, &trips);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->vlrs.size(), 8u);
    EXPECT_EQ(file->wkt().size(), 100u);
    EXPECT_EQ(trips.rounds.size(), 2u);
}

TEST(Opening, FindsTheIndexAmongTheVlrs) {
    // What las2las -move_evlrs_to_vlrs leaves: the record is somewhere else, its offsets are not mended.
    const auto original = small_file();
    const auto payload = part_of(original.bytes, original.index_payload);
    const auto made = small_file([&](Recipe& r) {
        r.with_index = false;
        r.vlrs = {record("copc_temporal", 1000, 0)};
        r.vlrs[0].payload.assign(payload.begin(), payload.end());
    });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->temporal);
    EXPECT_EQ(file->warnings.size(), 1u);
    Request request;
    request.time = temporal::TimeWindow{1000, 1010};
    const auto answer = ask(file, made.bytes, request);
    EXPECT_TRUE(answer.statistics.index_used);
    EXPECT_TRUE(answer.warnings.empty());
    EXPECT_EQ(records_of(answer.chunks), brute_force(made, request));
}

// ---- a temporal index that is stale or broken ---------------------------------------------------------------------

TEST(OpeningIndex, IsRelocatedIfItsOffsetsAreStale) {
    for (const std::uint64_t moved : {std::uint64_t{60}, std::uint64_t{100000}, ~std::uint64_t{499}}) {
        const auto made = small_file([&](Recipe& r) { r.index_moved_by = moved; });
        const auto file = open_file(made.bytes);
        ASSERT_TRUE(file);
        ASSERT_TRUE(file->temporal);
        EXPECT_EQ(file->temporal->root_page, made.index_pages[0]);
        ASSERT_FALSE(file->temporal_root->pages.empty());
        EXPECT_EQ(file->temporal_root->pages[0].page, made.index_pages[1]);
        ASSERT_EQ(file->warnings.size(), 1u);
        EXPECT_NE(file->warnings[0].find("moved"), std::string::npos);
    }
}

TEST(OpeningIndex, IsNotUsedIfRelocatedWithAnotherNumberOfNodes) {
    const auto made = small_file([](Recipe& r) {
        r.levels_per_page = r.index_levels_per_page = 9;
        r.index_moved_by = 100000;
        r.edit_index_header = [](temporal::Header& header) { ++header.node_count; };
    });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    EXPECT_FALSE(file->temporal);
    EXPECT_EQ(file->warnings.size(), 1u);
}

TEST(OpeningIndex, IsNotUsedIfItsTimesAreOutsideTheInfoRange) {
    const auto made = small_file(
        [](Recipe& r) { r.edit_info = [](copc::Info& info) { info.gps_time_max = info.gps_time_min + 1; }; });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    EXPECT_FALSE(file->temporal);
    EXPECT_FALSE(file->temporal_root);
    EXPECT_EQ(file->warnings.size(), 1u);
}

TEST(OpeningIndex, IsUsedIfTheInfoRangeIsNotSet) {
    const auto made = small_file(
        [](Recipe& r) { r.edit_info = [](copc::Info& info) { info.gps_time_min = info.gps_time_max = 0; }; });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->temporal);
}

TEST(OpeningIndex, IsUsedIfTimesAreInfinite) {
    auto points = scattered_points({6, 30}, 300, 3);
    copse::test::spoil_times(points, 1);
    const auto made = make_copc(std::move(points));
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->temporal);
    EXPECT_TRUE(file->warnings.empty());
}

TEST(OpeningIndex, CostsNotTheFileIfItIsBroken) {
    const auto made = small_file();
    Request request;
    request.time = temporal::TimeWindow{1000, 2050};
    const auto all = brute_force(made, request);
    std::mt19937 random{5};
    for (int i = 0; i < 80; ++i) {
        auto bytes = made.bytes;
        for (int k = 0; k < 3; ++k)
            bytes[static_cast<std::size_t>(made.index_payload.offset + random() % made.index_payload.size)] =
                static_cast<std::byte>(random());
        const auto file = open_file(bytes);
        ASSERT_TRUE(file);
        const auto answer = ask(file, bytes, request);
        ASSERT_FALSE(answer.error) << answer.error->what;
        // A damaged index may exclude what it should not; it never brings in what does not match.
        ASSERT_TRUE(is_part_of(records_of(answer.chunks), all));
        Request without = request;
        without.use_index = UseIndex::never;
        ASSERT_EQ(records_of(ask(file, bytes, without).chunks), all);
    }
}

TEST(OpeningIndex, OfAnUnknownVersionIsLeftAlone) {
    const auto made =
        small_file([](Recipe& r) { r.edit_index_header = [](temporal::Header& header) { header.version = 2; }; });
    const auto file = open_file(made.bytes);
    ASSERT_TRUE(file);
    EXPECT_FALSE(file->temporal);
    ASSERT_EQ(file->warnings.size(), 1u);
}

// ---- damage -------------------------------------------------------------------------------------------------------

TEST(OpeningErrors, ReportEveryShorterFile) {
    const auto made = small_file();
    std::size_t opened = 0;
    for (std::size_t size = 0; size < made.bytes.size(); size += size < 1000 ? 1 : 37) {
        SCOPED_TRACE(size);
        // An exact-size heap copy lets AddressSanitizer catch a one-byte overread.
        const Bytes cut{made.bytes.begin(), made.bytes.begin() + static_cast<std::ptrdiff_t>(size)};
        Opening opening{cut.size()};
        const auto step = feed(opening, cut);
        opened += step == wire::Step::chunk_ready ? 1 : 0;
        if (step == wire::Step::failed) {
            EXPECT_EQ(opening.error().code, Code::truncated) << opening.error().what;
        }
    }
    EXPECT_EQ(opened, 0u) << "the EVLRs end with the file";
}

TEST(OpeningErrors, NameAFileThatIsNotCopc) {
    const auto made = small_file();
    const auto damaged = [&](std::size_t at, std::uint8_t value) {
        auto bytes = made.bytes;
        bytes[at] = static_cast<std::byte>(value);
        return opening_error(bytes);
    };
    EXPECT_EQ(damaged(0, 'X').at, 0u);
    EXPECT_EQ(damaged(25, 3).code, Code::unsupported);
    EXPECT_EQ(damaged(104, 0x80 | 3).code, Code::bad_value);  // a record of 30 bytes is too short for PDRF 3
    EXPECT_EQ(damaged(104, 0x80 | 1).code, Code::unsupported);
    EXPECT_EQ(damaged(377, 'C').at, 375u);
    EXPECT_EQ(damaged(393, 2).at, 375u);
    // A record that reaches too far is not what is wrong with a file whose first record is another.
    auto plain = made.bytes;
    plain[375 + 2] = std::byte{'l'};
    plain[375 + 20] = plain[375 + 21] = std::byte{0xff};
    EXPECT_EQ(opening_error(plain).code, Code::unsupported);
    EXPECT_EQ(opening_error(plain).at, 375u);
    EXPECT_EQ(damaged(97, 0).at, 96u);  // inside the header
    EXPECT_EQ(damaged(96 + 3, 0xff).code, Code::limit_exceeded);
}

TEST(OpeningErrors, NameWhatIsWrongWithTheRootPage) {
    const auto root = [](ByteRange page) {
        return small_file([&](Recipe& r) { r.edit_info = [&](copc::Info& info) { info.root_page = page; }; }).bytes;
    };
    constexpr FileOffset kRootPageAt = 429 + 40;
    EXPECT_EQ(opening_error(root({1000, 0})).at, kRootPageAt + 8);
    EXPECT_EQ(opening_error(root({~FileOffset{0} - 31, 64})).at, kRootPageAt);
    EXPECT_EQ(opening_error(root({1000, 1u << 30})).code, Code::limit_exceeded);
    EXPECT_EQ(opening_error(root({1000, 1u << 25})).code, Code::truncated);
    EXPECT_EQ(opening_error(root({1000, 33})).code, Code::truncated);
}

TEST(OpeningErrors, ReportEvlrsThatRunPastTheEnd) {
    const auto offset =
        small_file([](Recipe& r) { r.edit_header = [](las::Header& h) { h.evlr_offset = ~std::uint64_t{0} - 10; }; });
    EXPECT_EQ(opening_error(offset.bytes).code, Code::truncated);
    const auto count = small_file([](Recipe& r) { r.edit_header = [](las::Header& h) { h.evlr_count += 1; }; });
    EXPECT_EQ(opening_error(count.bytes).code, Code::truncated);
    const auto many = small_file([](Recipe& r) { r.edit_header = [](las::Header& h) { h.evlr_count = 0xffffffff; }; });
    EXPECT_EQ(opening_error(many.bytes).code, Code::limit_exceeded);
}

TEST(OpeningErrors, ComeToAnEndWhateverTheBytes) {
    const auto made = small_file();
    std::mt19937 random{1};
    for (int i = 0; i < 1000; ++i) {
        auto bytes = made.bytes;
        const auto changes = 1 + random() % 4;
        for (std::uint32_t k = 0; k < changes; ++k) {
            // Mostly where the structure is.
            const auto at = random() % 3 == 0 ? made.index_payload.offset - 60 +
                                                    random() % (bytes.size() - made.index_payload.offset + 60)
                                              : random() % 700;
            bytes[static_cast<std::size_t>(at)] = static_cast<std::byte>(random());
        }
        Opening opening{bytes.size()};
        feed(opening, bytes);
    }
}

}  // namespace
}  // namespace copse::read
