#include <gtest/gtest.h>

#include <cmath>

#include "las/las_bytes.hpp"

namespace copse::las {
namespace {

using namespace test;

Bytes descriptor(std::uint8_t type, std::string_view name) {
    Bytes bytes(192);
    put<std::uint8_t>(bytes, 2, type);
    put_text(bytes, 4, name);
    return bytes;
}

/// A compatibility file's info: two extra bytes of its own around the mode's (writers append, but readers must not
/// rely on it), and a count of `points`.
FileInfo compatible_info(std::uint8_t stored, bool with_nir, std::uint32_t points) {
    FileInfo info;
    info.header.version_minor = 2;
    info.header.header_size = 227;
    info.header.point_format_byte = stored;
    info.header.legacy_point_count = points;
    info.header.record_length = static_cast<std::uint16_t>(base_record_length(stored) + 2 + 5 + (with_nir ? 2 : 0));
    info.layout = {stored, info.header.record_length};

    Vlr extra;
    extra.user_id = "LASF_Spec";
    extra.record_id = 4;
    const auto add = [&](std::uint8_t type, std::string_view name) {
        const auto bytes = descriptor(type, name);
        extra.payload.insert(extra.payload.end(), bytes.begin(), bytes.end());
    };
    add(1, "own first");
    add(4, "LAS 1.4 scan angle");
    add(1, "LAS 1.4 extended returns");
    add(1, "LAS 1.4 classification");
    add(1, "LAS 1.4 flags and channel");
    if (with_nir) add(3, "LAS 1.4 NIR band");
    add(1, "own last");

    Vlr record;
    record.user_id = "lascompatible";
    record.record_id = 22204;
    record.payload = Bytes(156);
    put<std::uint16_t>(record.payload, 2, 3);
    put<std::uint64_t>(record.payload, 28, points);
    for (std::uint64_t i = 0; i < 15; ++i) put<std::uint64_t>(record.payload, 36 + 8 * i, 100 + i);

    Vlr wkt;
    wkt.user_id = "LASF_Projection";
    wkt.record_id = 2112;
    info.vlrs = {extra, record, wkt};
    info.header.vlr_count = 3;
    info.extra = *parse_extra_schema(info.vlrs, info.layout);
    return info;
}

/// What LASzip's writer makes of a point of format 6 to 10. `laz/pointwise.md`, "Restoring a point".
Points stored_in_compatibility_mode(const Points& original, const CompatibilityPlan& plan) {
    Points stored{plan.stored, ColumnSet::all()};
    stored.resize(original.size());
    stored.x = original.x;
    stored.y = original.y;
    stored.z = original.z;
    stored.intensity = original.intensity;
    stored.user_data = original.user_data;
    stored.point_source_id = original.point_source_id;
    stored.gps_time = original.gps_time;
    stored.red = original.red;
    stored.green = original.green;
    stored.blue = original.blue;
    stored.wave = original.wave;
    for (std::size_t k = 0; k < plan.kept.size(); ++k) stored.extra[plan.kept[k]] = original.extra[k];

    for (std::size_t row = 0; row < original.size(); ++row) {
        const auto angle = original.scan_angle[row];
        const auto rank = static_cast<std::int8_t>(std::clamp<long>(std::lround(angle * 0.006), -128, 127));
        const auto increment = static_cast<std::uint16_t>(angle - scan_angle_from_rank(rank));
        stored.scan_angle[row] = rank;
        stored.extra[plan.scan_angle][row] = static_cast<std::uint8_t>(increment & 255u);
        stored.extra[plan.scan_angle + 1u][row] = static_cast<std::uint8_t>(increment >> 8u);

        const int r = original.return_number(row), n = original.number_of_returns(row);
        int legacy_r = std::min(r, 7), legacy_n = n;
        if (n > 7) {
            legacy_n = 7;
            legacy_r = r <= 4 ? r : std::clamp(7 - (n - r), 4, 7);
        }
        stored.returns[row] = static_cast<std::uint8_t>(legacy_r | legacy_n << 4);
        stored.extra[plan.returns][row] = static_cast<std::uint8_t>((r - legacy_r) << 4 | (n - legacy_n));

        const auto code = original.classification[row];
        stored.classification[row] = code > 31 ? 0 : code;
        stored.extra[plan.classification][row] = code > 31 ? code : 0;
        stored.flags[row] = static_cast<std::uint8_t>(original.flags[row] & ~8u);
        stored.channel[row] = 0;
        stored.extra[plan.flags][row] = static_cast<std::uint8_t>((original.flags[row] >> 3u & 1u) |
                                                                  static_cast<unsigned>(original.channel[row]) << 1u);
        if (plan.nir) {
            stored.extra[*plan.nir][row] = static_cast<std::uint8_t>(original.nir[row] & 255u);
            stored.extra[*plan.nir + 1u][row] = static_cast<std::uint8_t>(original.nir[row] >> 8u);
        }
    }
    return stored;
}

struct Case {
    std::uint8_t stored, restored;
    bool with_nir;
};
constexpr Case kCases[] = {{1, 6, false}, {3, 7, false}, {3, 8, true}, {4, 9, false}, {5, 10, true}};

TEST(Compatibility, RestoresEveryPointBitForBit) {
    for (const auto& test_case : kCases) {
        SCOPED_TRACE(int{test_case.restored});
        const auto plan = find_compatibility(compatible_info(test_case.stored, test_case.with_nir, 1));
        ASSERT_TRUE(plan);
        ASSERT_EQ(plan->restored.format, test_case.restored);
        ASSERT_EQ(plan->restored.extra_bytes(), 2);

        Points original{plan->restored, ColumnSet::all()};
        original.resize(70000);  // every scan angle, and every pair of returns many times
        unpack_records(random_bytes(original.size() * plan->restored.record_length, 1), original, 0);
        for (std::size_t row = 0; row < original.size(); ++row)
            original.scan_angle[row] = static_cast<std::int16_t>(static_cast<std::uint16_t>(row));

        auto points = stored_in_compatibility_mode(original, *plan);
        // Through the bytes of a stored record, so that only what fits a legacy record goes in.
        Bytes records;
        pack_records(points, 0, points.size(), records);
        unpack_records(records, points, 0);
        restore_points(*plan, points);
        EXPECT_EQ(points.layout, plan->restored);

        Bytes expected, actual;
        pack_records(original, 0, original.size(), expected);
        pack_records(points, 0, points.size(), actual);
        EXPECT_TRUE(actual == expected);
    }
}

TEST(Compatibility, RestoresHeaderRecordsAndSchema) {
    auto info = compatible_info(3, true, 44);
    const auto plan = *find_compatibility(info);
    restore_info(plan, info);
    EXPECT_TRUE(info.restored);
    EXPECT_EQ(info.layout, (PointLayout{8, 40}));
    EXPECT_EQ(info.header.version_minor, 4);
    EXPECT_EQ(info.header.header_size, 375);
    EXPECT_EQ(info.header.format(), 8);
    EXPECT_EQ(info.header.record_length, 40);
    EXPECT_EQ(info.header.point_count(), 44u);
    EXPECT_EQ(info.header.points_by_return()[14], 114u);
    EXPECT_EQ(info.header.legacy_point_count, 0u);
    EXPECT_EQ(info.header.global_encoding, kGlobalEncodingWkt);
    EXPECT_EQ(info.header.vlr_count, 2u);
    EXPECT_EQ(find_vlr(info.vlrs, "lascompatible", 22204), nullptr);
    const auto again = parse_extra_schema(info.vlrs, info.layout);
    ASSERT_TRUE(again);
    for (const ExtraSchema* schema : {&*again, &std::as_const(info.extra)}) {
        ASSERT_EQ(schema->dimensions.size(), 2u);
        EXPECT_EQ(schema->dimensions[0].name, "own first");
        EXPECT_EQ(schema->dimensions[1].name, "own last");
        EXPECT_EQ(schema->dimensions[1].byte_offset, 1);
    }
    EXPECT_TRUE(info.warnings.empty());
}

TEST(Compatibility, DropsAnExtraBytesRecordOfNothingElse) {
    auto info = compatible_info(1, false, 1);
    auto& payload = info.vlrs[0].payload;
    payload = cut_to(ByteView{payload}.subspan(192), 4 * 192);
    info.layout.record_length = 33;
    info.extra = *parse_extra_schema(info.vlrs, info.layout);
    const auto plan = *find_compatibility(info);
    restore_info(plan, info);
    EXPECT_EQ(find_vlr(info.vlrs, "LASF_Spec", 4), nullptr);
    EXPECT_TRUE(info.extra.dimensions.empty());
    EXPECT_EQ(info.layout, (PointLayout{6, 30}));
}

TEST(Compatibility, TrustsTheHeadersCountAndSaysSo) {
    auto info = compatible_info(1, false, 7);
    put<std::uint64_t>(info.vlrs[1].payload, 28, 8);
    restore_info(*find_compatibility(info), info);
    EXPECT_EQ(info.header.point_count(), 7u);
    EXPECT_EQ(info.warnings.size(), 1u);
}

TEST(Compatibility, IsNotSeenWhereAnythingIsMissing) {
    const auto good = compatible_info(3, true, 1);
    ASSERT_TRUE(find_compatibility(good));
    const auto seen = [&](auto damage) {
        auto info = good;
        damage(info);
        if (auto schema = parse_extra_schema(info.vlrs, info.layout)) info.extra = *schema;
        return find_compatibility(info).has_value();
    };
    EXPECT_TRUE(seen([](FileInfo&) {}));
    EXPECT_TRUE(seen([](FileInfo& info) { info.vlrs[1].payload.resize(174); }));
    EXPECT_FALSE(seen([](FileInfo& info) { info.header.version_minor = 4; }));
    EXPECT_FALSE(seen([](FileInfo& info) { info.header.point_format_byte = 2; }));
    EXPECT_FALSE(seen([](FileInfo& info) { info.vlrs[1].user_id = "laszip encoded"; }));
    EXPECT_FALSE(seen([](FileInfo& info) { info.vlrs[1].payload.resize(155); }));
    for (std::size_t k = 1; k <= 4; ++k) {
        EXPECT_FALSE(seen([k](FileInfo& info) { put<std::uint8_t>(info.vlrs[0].payload, k * 192 + 4, 'l'); }));
        EXPECT_FALSE(seen([k](FileInfo& info) { put<std::uint8_t>(info.vlrs[0].payload, k * 192 + 2, 2); }));
    }
    EXPECT_FALSE(seen([](FileInfo& info) { info.layout.record_length = 34 + 4; }));  // the last ones do not fit
}

}  // namespace
}  // namespace copse::las
