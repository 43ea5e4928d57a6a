// Signatures against Amazon's published examples; settings; requests for objects; what servers answer.
#include <gtest/gtest.h>

#include <cstdlib>

#include "copse/io.hpp"
#include "fault_server.hpp"
#include "io/net/s3_place.hpp"
#include "temporary_folder.hpp"

namespace copse::io::net {
namespace {

using io::testing::FaultServer;
using io::testing::partial;
using io::testing::refusal;
using io::testing::Reply;
using io::testing::Request;

const Credentials kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
constexpr std::time_t kMay2013 = 1369353600;  // 2013-05-24T00:00:00Z

Signing example() {
    Signing signing;
    signing.path = "/";
    signing.headers = {{"host", "examplebucket.s3.amazonaws.com"},
                       {"x-amz-date", "20130524T000000Z"},
                       {"x-amz-content-sha256", kEmptyPayloadHash}};
    signing.payload_hash = kEmptyPayloadHash;
    signing.region = "us-east-1";
    signing.service = "s3";
    return signing;
}

std::string signature_of(const Signing& signing, const Credentials& credentials) {
    const auto text = authorization(signing, credentials);
    return text.substr(text.rfind('=') + 1);
}

// Amazon S3 API Reference, "Signature Calculations for the Authorization Header", the examples of GET.
TEST(SignatureTest, IsThatOfThePublishedExamplesForS3) {
    auto object = example();
    object.path = "/test.txt";
    object.headers["range"] = "bytes=0-9";
    EXPECT_EQ(authorization(object, kExample),
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
              "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
              "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    auto lifecycle = example();
    lifecycle.query = "lifecycle=";
    EXPECT_EQ(signature_of(lifecycle, kExample), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    auto list = example();
    list.query = "max-keys=2&prefix=J";
    EXPECT_EQ(signature_of(list, kExample), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// AWS General Reference, "Signature Version 4 test suite", get-vanilla.
TEST(SignatureTest, IsThatOfTheTestSuite) {
    Signing vanilla;
    vanilla.path = "/";
    vanilla.headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}};
    vanilla.payload_hash = kEmptyPayloadHash;
    vanilla.region = "us-east-1";
    vanilla.service = "service";
    const Credentials suite{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
    EXPECT_EQ(signature_of(vanilla, suite), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");

    // The suite of awslabs/aws-c-auth has the same with a session token: get-vanilla-with-session-token.
    vanilla.headers["x-amz-security-token"] = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
    EXPECT_EQ(authorization(vanilla, suite),
              "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
              "SignedHeaders=host;x-amz-date;x-amz-security-token, "
              "Signature=07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
}

TEST(SignatureTest, KnowsDatesAndEncodings) {
    EXPECT_EQ(amz_date(kMay2013), "20130524T000000Z");
    EXPECT_EQ(sha256_hex({}), kEmptyPayloadHash);
    EXPECT_EQ(percent_encoded("a/b c+d=e&f?g#h%i~_-.é", Slash::keep), "a/b%20c%2Bd%3De%26f%3Fg%23h%25i~_-.%C3%A9");
    EXPECT_EQ(percent_encoded("a/b", Slash::encode), "a%2Fb");
}

class S3SettingsTest : public io::testing::TemporaryFolder {
protected:
    /// With the folder as home.
    [[nodiscard]] Environment with(std::map<std::string, std::string> variables) const {
        variables.emplace("HOME", folder_.string());
        return [variables](const char* name) {
            const auto found = variables.find(name);
            return found == variables.end() ? std::string{} : found->second;
        };
    }
    void SetUp() override {
        TemporaryFolder::SetUp();
        std::filesystem::create_directory(folder_ / ".aws");
    }
};

TEST_F(S3SettingsTest, AreAnonymousInAnEmptyEnvironment) {
    const auto settings = *find_s3_settings(with({}));
    EXPECT_FALSE(settings.credentials);
    EXPECT_EQ(settings.region, "us-east-1");
    EXPECT_EQ(settings.endpoint, "");
    EXPECT_FALSE(settings.requester_pays);
    EXPECT_TRUE(find_s3_settings([](const char*) { return std::string{}; }));
}

TEST_F(S3SettingsTest, ComeFromTheEnvironment) {
    write(".aws/credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=G\n");
    const auto settings = *find_s3_settings(with({{"AWS_ACCESS_KEY_ID", "A"},
                                                  {"AWS_SECRET_ACCESS_KEY", "B"},
                                                  {"AWS_SESSION_TOKEN", "C"},
                                                  {"AWS_DEFAULT_REGION", "eu-west-1"},
                                                  {"AWS_ENDPOINT_URL", "http://a"},
                                                  {"AWS_ENDPOINT_URL_S3", "http://b"},
                                                  {"AWS_REQUEST_PAYER", "requester"}}));
    EXPECT_EQ(settings.credentials->access_key, "A");
    EXPECT_EQ(settings.credentials->secret_key, "B");
    EXPECT_EQ(settings.credentials->session_token, "C");
    EXPECT_EQ(settings.region, "eu-west-1");
    EXPECT_EQ(settings.endpoint, "http://b");
    EXPECT_TRUE(settings.requester_pays);
}

TEST_F(S3SettingsTest, ComeFromAProfileOfTheFiles) {
    write(".aws/credentials",
          "# mine\n[default]\naws_access_key_id = A\naws_secret_access_key = B=\n\n[ work ]\naws_access_key_id=C\r\n"
          "aws_secret_access_key=D\r\naws_session_token = E\n");
    write(".aws/config",
          "[profile work]\nregion = eu-central-1\ns3 =\n  region = wrong\n[default]\nregion=us-west-2\n");
    const auto usual = *find_s3_settings(with({}));
    EXPECT_EQ(usual.credentials->access_key, "A");
    EXPECT_EQ(usual.credentials->secret_key, "B=");
    EXPECT_EQ(usual.region, "us-west-2");
    const auto work = *find_s3_settings(with({{"AWS_PROFILE", "work"}}));
    EXPECT_EQ(work.credentials->access_key, "C");
    EXPECT_EQ(work.credentials->secret_key, "D");
    EXPECT_EQ(work.credentials->session_token, "E");
    EXPECT_EQ(work.region, "eu-central-1");
    EXPECT_EQ(find_s3_settings(with({{"AWS_PROFILE", "work"}, {"AWS_REGION", "x-1"}}))->region, "x-1");
    EXPECT_FALSE(find_s3_settings(with({{"AWS_NO_SIGN_REQUEST", "YES"}}))->credentials);
}

TEST_F(S3SettingsTest, NameWhatIsMissingOrNotSupported) {
    EXPECT_FALSE(find_s3_settings(with({{"AWS_PROFILE", "nobody"}})));
    EXPECT_FALSE(find_s3_settings(with({{"AWS_ACCESS_KEY_ID", "A"}})));
    write(".aws/config", "[profile role]\nrole_arn = arn:x\n[profile login]\nsso_session = y\n");
    for (const auto* name : {"role", "login"})
        EXPECT_EQ(find_s3_settings(with({{"AWS_PROFILE", name}})).error().code, Code::unsupported);
}

S3Settings settings(const std::string& endpoint = {}) {
    S3Settings result;
    result.endpoint = endpoint;
    result.credentials = kExample;
    return result;
}

std::string url_of(const std::string& name, const S3Settings& how) {
    const auto place = S3Place::create(name, how, {});
    return place ? (*place)->request({0, 10}).url : place.error().what;
}

TEST(S3PlaceTest, PutsTheBucketInFrontOfTheHostWhereItCan) {
    EXPECT_EQ(url_of("s3://bucket/a/b.laz", settings()), "https://bucket.s3.us-east-1.amazonaws.com/a/b.laz");
    EXPECT_EQ(url_of("s3://my.bucket/a", settings()), "https://s3.us-east-1.amazonaws.com/my.bucket/a");
    EXPECT_EQ(url_of("S3://Bucket/a", settings()), "https://s3.us-east-1.amazonaws.com/Bucket/a");
    EXPECT_EQ(url_of("s3://bucket/a", settings("http://localhost:9000/")), "http://localhost:9000/bucket/a");
    EXPECT_EQ(url_of("s3://bucket/a", settings("https://host/prefix")), "https://host/prefix/bucket/a");
    auto china = settings();
    china.region = "cn-north-1";
    EXPECT_EQ(url_of("s3://bucket/a", china), "https://bucket.s3.cn-north-1.amazonaws.com.cn/a");
}

TEST(S3PlaceTest, TakesKeysAsTheyAre) {
    const auto local = settings("http://h:1");
    EXPECT_EQ(url_of("s3://b/a=1/b c+d", local), "http://h:1/b/a%3D1/b%20c%2Bd");
    EXPECT_EQ(url_of("s3://b//x//y/", local), "http://h:1/b//x//y/");
    EXPECT_EQ(url_of("s3://b/é?x#y%20", local), "http://h:1/b/%C3%A9%3Fx%23y%2520");
    EXPECT_EQ(url_of("s3://b/../c/./d", local), "http://h:1/b/../c/./d");
}

TEST(S3PlaceTest, RefusesNamesAndRegionsThatAreNone) {
    for (const auto* name : {"s3://", "s3://bucket", "s3://bucket/", "s3:///key"})
        EXPECT_FALSE(S3Place::create(name, settings(), {}));
    for (const auto* region : {"", "evil.com/", "a b", "EU"}) {
        auto wrong = settings();
        wrong.region = region;
        EXPECT_FALSE(S3Place::create("s3://bucket/key", wrong, {})) << region;
    }
    EXPECT_FALSE(S3Place::create("s3://bucket/key", settings("ftp://x"), {}));
}

std::string header_of(const HttpRequest& request, const std::string& name) {
    for (const auto& header : request.headers)
        if (header.starts_with(name + ": ")) return header.substr(name.size() + 2);
    return {};
}

TEST(S3PlaceTest, SignsRangeTokenPayerAndOwnAmazonHeaders) {
    auto how = settings();
    how.credentials->session_token = "token";
    how.requester_pays = true;
    const auto made = S3Place::create("s3://bucket/key", how, {"X-Amz-Thing: 1", "X-Other: 2"});
    const auto request = (*made)->request({5, 10});
    EXPECT_EQ(header_of(request, "Range"), "bytes=5-14");
    EXPECT_EQ(header_of(request, "x-amz-security-token"), "token");
    EXPECT_EQ(header_of(request, "x-amz-request-payer"), "requester");
    EXPECT_NE(header_of(request, "Authorization")
                  .find("SignedHeaders=host;range;x-amz-content-sha256;x-amz-date;x-amz-request-payer;"
                        "x-amz-security-token;x-amz-thing,"),
              std::string::npos);
    EXPECT_EQ(header_of(request, "X-Other"), "2");
}

AnswerHead answer(int status, const std::string& region = {}) {
    AnswerHead head;
    head.status = status;
    head.bucket_region = region;
    return head;
}

TEST(S3PlaceTest, SignsAgainForTheRegionThatTheServerNames) {
    const auto place = *S3Place::create("s3://bucket/key", settings(), {});
    const auto first = place->request({0, 10}).url;
    EXPECT_EQ(place->refused(first, answer(301, "eu-west-1"), ""), Turn::again);
    const auto second = place->request({0, 10});
    EXPECT_EQ(second.url, "https://bucket.s3.eu-west-1.amazonaws.com/key");
    EXPECT_NE(header_of(second, "Authorization").find("/eu-west-1/s3/"), std::string::npos);
    EXPECT_EQ(place->refused(second.url, answer(403, "eu-west-1"), ""), Turn::none);
    EXPECT_EQ(place->refused(second.url, answer(400),
                             "<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-west-2</Region></Error>"),
              Turn::again);
    EXPECT_EQ(place->request({0, 10}).url, "https://bucket.s3.us-west-2.amazonaws.com/key");
    EXPECT_EQ(place->refused(second.url, answer(301, "x.evil.com/"), ""), Turn::none);
}

TEST(S3PlaceTest, FollowsAmazonSignedAndOthersBare) {
    const auto place = *S3Place::create("s3://bucket/key", settings(), {"X-Secret: 1"});
    const auto first = place->request({0, 10}).url;
    EXPECT_EQ(place->redirect(first, "https://bucket.s3-us-west-2.amazonaws.com/key"), nullptr);
    EXPECT_NE(header_of(place->request({0, 10}), "Authorization"), "");
    EXPECT_EQ(place->redirect(first, "https://amazonaws.com.evil.com/key"), nullptr);
    const auto bare = place->request({0, 10});
    EXPECT_EQ(header_of(bare, "Authorization"), "");
    EXPECT_EQ(header_of(bare, "X-Secret"), "");
    EXPECT_EQ(header_of(bare, "Range"), "bytes=0-9");
}

TEST(S3PlaceTest, ExplainsRefusals) {
    const auto place = *S3Place::create("s3://bucket/key", settings(), {});
    EXPECT_STREQ(place->meaning(answer(404), "<?xml?><Error><Code>NoSuchBucket</Code></Error>"), "no such bucket");
    EXPECT_STREQ(place->meaning(answer(404), "<Code>"), "no such object, bucket or access key");
    EXPECT_EQ(place->meaning(answer(503), ""), nullptr);
    auto nobody = settings();
    nobody.credentials.reset();
    const auto anonymous = *S3Place::create("s3://bucket/key", nobody, {});
    EXPECT_NE(std::string{anonymous->meaning(answer(403), "")}.find("roles of instances"), std::string::npos);
    EXPECT_EQ(header_of(anonymous->request({0, 10}), "Authorization"), "");
}

TEST(S3PlaceTest, ReadsFromAnEndpointThatMovesTheBucketToAnotherRegion) {
    const std::string file(100'000, 'x');
    FaultServer server{[&](const Request& request) {
        const auto& signature = request.headers.at("authorization");
        if (signature.find("/eu-north-1/s3/") == std::string::npos)
            return refusal("301 Moved Permanently", {"x-amz-bucket-region: eu-north-1"});
        return partial(file, request);
    }};
    ::setenv("AWS_ENDPOINT_URL_S3", server.url("").c_str(), 1);
    ::setenv("AWS_ACCESS_KEY_ID", "A", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "B", 1);
    const auto network = *Network::create({});
    const auto source = network->open("s3://bucket/a b/c.laz");
    for (const auto* name : {"AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}) ::unsetenv(name);
    ASSERT_TRUE(source) << source.error().what;
    ASSERT_TRUE((*source)->read({70'000, 10}));
    ASSERT_EQ(server.log().size(), 3u);
    EXPECT_EQ(server.log()[2].target, "/bucket/a%20b/c.laz");
}

}  // namespace
}  // namespace copse::io::net
