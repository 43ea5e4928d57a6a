#include "ept/metadata.hpp"

#include "made_ept.hpp"

namespace copse::ept {
namespace {

using namespace testing;

constexpr std::string_view kXyz = R"({"name": "X", "type": "signed", "size": 4, "scale": 0.5, "offset": -3})";

Result<Metadata> parsed(const std::string& json) { return parse_metadata(bytes_of_text(json)); }

/// The good text with one part of it replaced.
Error error_with(const std::string& part, const std::string& by) {
    auto json = metadata_json("binary", 7, kXyz);
    const auto at = json.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    json.replace(at, part.size(), by);
    const auto metadata = parsed(json);
    if (metadata) {
        ADD_FAILURE() << "was read: " << json;
        return {};
    }
    return metadata.error();
}

TEST(EptMetadata, SaysWhatTheTilesHold) {
    const auto metadata = parsed(metadata_json(
        "zstandard", 7, kXyz,
        R"(, "boundsConforming": [1, 2, 3, 4, 5, 6], "srs": {"authority": "EPSG", "horizontal": "26912", "wkt": "W"})"));
    ASSERT_TRUE(metadata) << metadata.error().what;
    EXPECT_EQ(metadata->data_type, DataType::zstandard);
    EXPECT_EQ(metadata->points, 7u);
    ASSERT_EQ(metadata->schema.size(), 1u);
    EXPECT_EQ(metadata->schema[0].name, "X");
    EXPECT_EQ(metadata->schema[0].kind, NumberKind::signed_integer);
    EXPECT_EQ(metadata->schema[0].size, 4);
    EXPECT_EQ(metadata->schema[0].scale, 0.5);
    EXPECT_EQ(metadata->schema[0].offset, -3);
    EXPECT_EQ(metadata->bounds.min, (las::Vec3{1, 2, 3}));
    EXPECT_EQ(metadata->bounds.max, (las::Vec3{4, 5, 6}));
    EXPECT_EQ(metadata->wkt, "W");
    EXPECT_EQ(metadata->srs_code, "");
}

TEST(EptMetadata, DoesWithoutWhatIsOptional) {
    const auto metadata = parsed(metadata_json("laszip", 0, kXyz));
    ASSERT_TRUE(metadata);
    EXPECT_EQ(metadata->bounds.max, (las::Vec3{1024, 1024, 1024}));
    EXPECT_EQ(metadata->wkt, "");
    const auto by_code = parsed(metadata_json(
        "laszip", 0, kXyz, R"(, "srs": {"authority": "EPSG", "horizontal": "26912", "vertical": "5703"})"));
    ASSERT_TRUE(by_code);
    EXPECT_EQ(by_code->srs_code, "EPSG:26912+5703");
}

TEST(EptMetadata, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(error_with("1.1.0", "2.0.0").code, Code::unsupported);
    EXPECT_EQ(error_with("binary", "quantized").code, Code::unsupported);
    EXPECT_EQ(error_with("\"json\"", "\"gzip\"").code, Code::unsupported);
    EXPECT_EQ(error_with("signed", "decimal").code, Code::unsupported);
}

TEST(EptMetadata, RefusesWhatIsMissingOrOfAWrongType) {
    for (const auto& [part, by] : std::vector<std::pair<std::string, std::string>>{
             {"\"points\": 7", "\"points\": -7"},
             {"\"points\": 7", "\"points\": 7.5"},
             {"\"points\": 7", "\"points\": \"7\""},
             {"\"points\": 7", "\"points\": 99999999999999999999999"},
             {"\"points\": 7", "\"number\": 7"},
             {"\"points\": 7", "\"points\": null"},
             {"[0, 0, 0,", "[0, 0,"},
             {"[0, 0, 0,", "[0, 0, \"0\","},
             {"\"bounds\"", "\"limits\""},
             {"\"name\": \"X\"", "\"name\": \"\""},
             {"\"name\": \"X\"", "\"name\": 5"},
             {"\"size\": 4", "\"size\": 3"},
             {"\"size\": 4", "\"size\": -4"},
             {"\"size\": 4", "\"size\": 4.0"},
             {"\"size\": 4", "\"size\": 1e308"},
             {"\"scale\": 0.5", "\"scale\": 0"},
             {"\"scale\": 0.5", "\"scale\": 1e999"},
             {"\"scale\": 0.5", "\"scale\": \"0.5\""},
             {"\"offset\": -3", "\"offset\": [-3]"},
             {"\"type\": \"signed\", \"size\": 4", "\"type\": \"float\", \"size\": 2"},
             {std::string{kXyz}, "5"},
             {std::string{kXyz}, std::string{kXyz} + "," + std::string{kXyz}},
             {std::string{kXyz}, ""},
         })
        EXPECT_EQ(error_with(part, by).code, Code::bad_value) << by;
}

TEST(EptMetadata, RefusesWhatIsNoJsonObject) {
    for (const char* json : {"", "5", "[]", "null", "{", "\xff\xfe", "{\"version\": \"\xff\"}"})
        EXPECT_EQ(parsed(json).error().code, json == std::string{"{}"} ? Code::unsupported : Code::bad_value) << json;
    const auto whole = metadata_json("binary", 7, kXyz);
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parsed(whole.substr(0, size))) << size;
    EXPECT_FALSE(parsed(std::string(1000000, '[')));
    std::string nested = "{\"version\": ";
    for (int i = 0; i < 100000; ++i) nested += "[";
    for (int i = 0; i < 100000; ++i) nested += "]";
    EXPECT_FALSE(parsed(nested + "}"));
}

}  // namespace
}  // namespace copse::ept
