#include <gtest/gtest.h>

#include <limits>

#include "las/las_bytes.hpp"

namespace copse::las {
namespace {

using namespace test;

/// A descriptor written by hand at the offsets of the specification's table.
Bytes descriptor(std::uint8_t type, std::uint8_t options, std::string_view name) {
    Bytes bytes(192);
    put<std::uint8_t>(bytes, 2, type);
    put<std::uint8_t>(bytes, 3, options);
    put_text(bytes, 4, name);
    return bytes;
}

Vlr record_of(std::initializer_list<Bytes> descriptors, FileOffset at = 1000) {
    Vlr vlr;
    vlr.user_id = "LASF_Spec";
    vlr.record_id = 4;
    vlr.at = at;
    for (const auto& one : descriptors) vlr.payload.insert(vlr.payload.end(), one.begin(), one.end());
    return vlr;
}

PointLayout layout_with(unsigned extra_bytes) { return {6, static_cast<std::uint16_t>(30 + extra_bytes)}; }

ExtraSchema parsed(std::vector<Vlr> vlrs, unsigned extra_bytes) {
    auto schema = parse_extra_schema(vlrs, layout_with(extra_bytes));
    EXPECT_TRUE(schema) << schema.error().what;
    return *schema;
}

std::vector<std::string> names(const ExtraSchema& schema) {
    std::vector<std::string> result;
    for (const auto& dimension : schema.dimensions) result.push_back(dimension.name);
    return result;
}

using Names = std::vector<std::string>;

/// Every byte of a record belongs to one dimension, in order.
void expect_gapless(const ExtraSchema& schema, unsigned extra_bytes) {
    unsigned at = 0;
    for (const auto& dimension : schema.dimensions) {
        EXPECT_EQ(dimension.byte_offset, at) << dimension.name;
        at += dimension.size;
    }
    EXPECT_EQ(at, extra_bytes);
}

Bytes full_descriptor() {
    auto bytes = descriptor(4, 31, "height above ground");
    for (std::size_t i = 0; i < 3; ++i) {
        put<std::int64_t>(bytes, 40 + 8 * i, -1 - static_cast<int>(i));
        put<std::int64_t>(bytes, 64 + 8 * i, -100);
        put<std::int64_t>(bytes, 88 + 8 * i, 100);
        put<double>(bytes, 112 + 8 * i, 0.01);
        put<double>(bytes, 136 + 8 * i, 5);
    }
    put_text(bytes, 160, "in metres");
    return bytes;
}

TEST(ExtraSchema, HasTheFieldsOfTheSpecification) {
    const auto schema = parsed({record_of({full_descriptor()})}, 2);
    ASSERT_EQ(schema.dimensions.size(), 1u);
    const auto& dimension = schema.dimensions[0];
    EXPECT_EQ(dimension.name, "height above ground");
    EXPECT_EQ(dimension.description, "in metres");
    EXPECT_EQ(dimension.type, 4);
    EXPECT_EQ(dimension.options, 31);
    EXPECT_TRUE(dimension.has_no_data() && dimension.has_min() && dimension.has_max());
    EXPECT_EQ(wire::load_le<std::int64_t>(dimension.no_data[1].data()), -2);
    EXPECT_EQ(wire::load_le<std::int64_t>(dimension.min[0].data()), -100);
    EXPECT_EQ(wire::load_le<std::int64_t>(dimension.max[2].data()), 100);
    EXPECT_EQ(dimension.scale[0], 0.01);
    EXPECT_EQ(dimension.offset[2], 5);
    EXPECT_EQ(dimension.size, 2);
    EXPECT_EQ(dimension.byte_offset, 0);
    EXPECT_FALSE(schema.exceeds_record);
    EXPECT_EQ(schema.undescribed, 0);
}

TEST(ExtraSchema, HasScaleOneAndOffsetZeroWhereTheOptionsDoNotNameThem) {
    auto bytes = full_descriptor();
    put<std::uint8_t>(bytes, 3, 7);
    const auto schema = parsed({record_of({bytes})}, 2);
    EXPECT_EQ(schema.dimensions[0].scale[0], 1);
    EXPECT_EQ(schema.dimensions[0].offset[0], 0);
}

TEST(ExtraSchema, EncodesToTheSameBytes) {
    const auto record = record_of({full_descriptor(), descriptor(30, 0, "array"), descriptor(0, 3, "blob")});
    EXPECT_EQ(encode_extra_schema(parsed({record}, 2 + 24 + 3)), record.payload);
}

TEST(ExtraSchema, IsReadFromSeveralRecordsOneAfterTheOther) {
    Vlr other;
    other.user_id = "NIIRS10";
    other.record_id = 4;
    other.payload = Bytes(10);
    const auto schema = parsed(
        {record_of({descriptor(3, 0, "a")}), other, record_of({descriptor(1, 0, "b"), descriptor(9, 0, "c")})}, 7);
    EXPECT_EQ(names(schema), (Names{"a", "b", "c"}));
    expect_gapless(schema, 7);
}

TEST(ExtraSchema, RejectsEveryPayloadThatIsNotAMultipleOf192Bytes) {
    const auto whole = record_of({full_descriptor(), full_descriptor()});
    for (std::size_t size = 0; size <= whole.payload.size(); ++size) {
        SCOPED_TRACE(size);
        auto cut = whole;
        cut.payload = cut_to(whole.payload, size);
        const auto schema = parse_extra_schema(std::span{&cut, 1}, layout_with(4));
        EXPECT_EQ(schema.has_value(), size % 192 == 0);
        if (schema) continue;
        EXPECT_EQ(schema.error().code, Code::truncated);
        EXPECT_EQ(schema.error().at, 1054 + size);
    }
    auto longer = whole;
    longer.payload.push_back(std::byte{0});
    EXPECT_FALSE(parse_extra_schema(std::span{&longer, 1}, layout_with(4)));
}

TEST(ExtraSchema, ReportsWhereATypeAbove30Lies) {
    for (std::uint8_t type = 0; type <= 30; ++type) {
        const auto good = record_of({descriptor(type, 1, "x")});
        EXPECT_TRUE(parse_extra_schema(std::span{&good, 1}, layout_with(24)));
    }
    const auto bad = record_of({full_descriptor(), descriptor(31, 0, "x")});
    const auto schema = parse_extra_schema(std::span{&bad, 1}, layout_with(4));
    ASSERT_FALSE(schema);
    EXPECT_EQ(schema.error().code, Code::bad_value);
    EXPECT_EQ(schema.error().at, 1054u + 192 + 2);
}

TEST(ExtraSchema, LeavesOutDescriptorsThatDoNotFitTheRecord) {
    const auto schema =
        parsed({record_of({descriptor(3, 0, "a"), descriptor(10, 0, "too long"), descriptor(1, 0, "behind")})}, 5);
    EXPECT_TRUE(schema.exceeds_record);
    EXPECT_EQ(names(schema), (Names{"a", "ExtraBytes0"}));
    EXPECT_EQ(schema.undescribed, 3);
    expect_gapless(schema, 5);
}

TEST(ExtraSchema, DescribesUndescribedBytesUnderANewName) {
    const auto schema = parsed({record_of({descriptor(1, 0, "ExtraBytes0")})}, 4);
    EXPECT_EQ(names(schema), (Names{"ExtraBytes0", "ExtraBytes1"}));
    EXPECT_EQ(schema.dimensions[1].type, 0);
    EXPECT_EQ(schema.dimensions[1].size, 3);
    EXPECT_EQ(normalised(schema).dimensions.size(), 4u);
    EXPECT_EQ(names(normalised(schema)), (Names{"ExtraBytes0", "ExtraBytes1", "ExtraBytes2", "ExtraBytes3"}));
    EXPECT_TRUE(parsed({}, 0).dimensions.empty());
}

TEST(ExtraSchema, DescribesManyUndescribedBytesInPiecesThatAnOptionsByteHolds) {
    const auto schema = parsed({}, 600);
    EXPECT_EQ(names(schema), (Names{"ExtraBytes0", "ExtraBytes1", "ExtraBytes2"}));
    expect_gapless(schema, 600);
    Vlr again = record_of({});
    again.payload = encode_extra_schema(schema);
    expect_gapless(parsed({again}, 600), 600);
    EXPECT_EQ(normalised(schema).dimensions.back().name, "ExtraBytes599");
}

TEST(NormalisedSchema, SplitsArraysIntoScalars) {
    auto array = descriptor(23, 31, "triple");  // three of uint16
    for (std::size_t i = 0; i < 3; ++i) {
        put<std::uint64_t>(array, 40 + 8 * i, i);
        put<double>(array, 112 + 8 * i, static_cast<double>(i + 1));
        put<double>(array, 136 + 8 * i, static_cast<double>(i) * 10);
    }
    const auto schema = parsed({record_of({array, descriptor(12, 0, "pair")})}, 8);
    expect_gapless(schema, 8);
    const auto split = normalised(schema);
    EXPECT_EQ(names(split), (Names{"triple0", "triple1", "triple2", "pair0", "pair1"}));
    expect_gapless(split, 8);
    EXPECT_EQ(split.dimensions[2].type, 3);
    EXPECT_EQ(split.dimensions[2].scale[0], 3);
    EXPECT_EQ(split.dimensions[2].offset[0], 20);
    EXPECT_EQ(wire::load_le<std::uint64_t>(split.dimensions[2].no_data[0].data()), 2u);
    EXPECT_EQ(split.dimensions[4].type, 2);
}

TEST(NormalisedSchema, SplitsUndocumentedBytesIntoUnsignedOnes) {
    const auto split = normalised(parsed({record_of({descriptor(0, 3, "blob")})}, 3));
    EXPECT_EQ(names(split), (Names{"blob0", "blob1", "blob2"}));
    for (const auto& dimension : split.dimensions) {
        EXPECT_EQ(dimension.type, 1);
        EXPECT_EQ(dimension.options, 0);
    }
    expect_gapless(split, 3);
}

TEST(NormalisedSchema, GivesNoNameTwiceAndNoneAbove32Bytes) {
    const std::string longest(32, 'n');
    const auto split =
        normalised(parsed({record_of({descriptor(0, 2, longest), descriptor(11, 0, longest), descriptor(11, 0, "a"),
                                      descriptor(1, 0, "a0"), descriptor(0, 1, "a")})},
                          2 + 2 + 2 + 1 + 1));
    const auto cut = longest.substr(0, 31);
    EXPECT_EQ(names(split), (Names{cut + "0", cut + "1", cut + "2", cut + "3", "a1", "a2", "a0", "a3"}));
}

TEST(NormalisedSchema, DropsIntegersThatADoubleDoesNotHold) {
    constexpr std::int64_t kLimit = std::int64_t{1} << 53;
    auto wide = descriptor(7, 7, "wide");
    put<std::uint64_t>(wide, 40, std::numeric_limits<std::uint64_t>::max());
    put<std::uint64_t>(wide, 64, 0);
    put<std::uint64_t>(wide, 88, static_cast<std::uint64_t>(kLimit));
    auto narrow = descriptor(8, 7, "signed");
    put<std::int64_t>(narrow, 40, -kLimit - 1);
    put<std::int64_t>(narrow, 64, -kLimit);
    put<std::int64_t>(narrow, 88, kLimit + 1);
    auto real = descriptor(10, 1, "real");
    put<double>(real, 40, -std::numeric_limits<double>::max());

    std::vector<std::string> warnings;
    const auto schema = normalised(parsed({record_of({wide, narrow, real})}, 24), &warnings);
    EXPECT_EQ(schema.dimensions[0].options, 6);
    EXPECT_EQ(wire::load_le<std::uint64_t>(schema.dimensions[0].no_data[0].data()), 0u);
    EXPECT_EQ(schema.dimensions[1].options, 2);
    EXPECT_EQ(schema.dimensions[2].options, 1);
    ASSERT_EQ(warnings.size(), 3u);
    EXPECT_NE(warnings[0].find("\"wide\": no_data 18446744073709551615"), std::string::npos) << warnings[0];
    EXPECT_NE(warnings[1].find("no_data -9007199254740993"), std::string::npos) << warnings[1];
}

TEST(NormalisedSchema, IsItsOwnNormalForm) {
    const auto once =
        normalised(parsed({record_of({full_descriptor(), descriptor(25, 0, "t"), descriptor(0, 2, "b")})}, 20));
    EXPECT_EQ(encode_extra_schema(normalised(once)), encode_extra_schema(once));
    Vlr again = record_of({});
    again.payload = encode_extra_schema(once);
    EXPECT_EQ(encode_extra_schema(parsed({again}, 20)), again.payload);
}

TEST(NormalisedSchema, OfManyEqualNamesTakesNoSquareOfThem) {
    std::vector<Vlr> vlrs;
    for (int i = 0; i < 200; ++i) {
        vlrs.push_back(record_of({}));
        for (int k = 0; k < 300; ++k) {
            const auto one = descriptor(0, 1, "n");
            vlrs.back().payload.insert(vlrs.back().payload.end(), one.begin(), one.end());
        }
    }
    const auto schema = normalised(parsed(vlrs, 60000));
    EXPECT_EQ(schema.dimensions.back().name, "n59999");
}

TEST(ExtraValue, ReadsEveryScalarTypeAndArrayElements) {
    const std::uint8_t bytes[] = {99, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    ExtraDimension dimension;
    dimension.byte_offset = 1;
    const double expected[] = {0, 254, -2, 65534, -2, 4294967294, -2, 18446744073709551614.0, -2};
    for (std::uint8_t type = 1; type <= 8; ++type) {
        dimension.type = type;
        EXPECT_EQ(extra_value(dimension, bytes), expected[type]) << int{type};
    }
    std::uint8_t reals[12];
    wire::store_le(reals, 1.5f);
    wire::store_le(reals + 4, -0.25);
    dimension.byte_offset = 0;
    dimension.type = 9;
    EXPECT_EQ(extra_value(dimension, reals), 1.5);
    dimension.byte_offset = 4;
    dimension.type = 10;
    EXPECT_EQ(extra_value(dimension, reals), -0.25);
    dimension.type = 24;  // three of int16
    const std::uint8_t shorts[] = {0, 0, 0, 0, 1, 0, 2, 0, 0xff, 0xff};
    EXPECT_EQ(extra_value(dimension, shorts, 0), 1);
    EXPECT_EQ(extra_value(dimension, shorts, 2), -1);
}

}  // namespace
}  // namespace copse::las
