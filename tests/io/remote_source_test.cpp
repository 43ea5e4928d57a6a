// Remote sources against a server that plays every fault there is.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <future>
#include <set>

#include "copse/io.hpp"
#include "fault_server.hpp"

namespace copse::io {
namespace {

using namespace testing;
using std::chrono::milliseconds;

constexpr std::size_t kHead = wire::kFirstRead;
constexpr std::size_t kMostWhole = 65'536;  // of a server that ignores ranges

std::string numbers(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (auto& c : text) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
    return text;
}

std::string text_of(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class RemoteSourceTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (!has_network()) GTEST_SKIP() << "built without libcurl";
        for (const auto* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
            ::unsetenv(name);
    }
    static std::unique_ptr<Network> network(NetworkOptions options = {}) {
        return *Network::create(std::move(options));
    }
    static NetworkOptions impatient() {
        NetworkOptions options;
        options.timeout = milliseconds{300};
        return options;
    }
    const std::string file_ = numbers(300'000);
};

/// Opens, reads one range, and says what went wrong, if anything.
struct Outcome {
    std::optional<Error> open_error, read_error;
    std::string text;
    std::uint64_t requests = 0, bytes = 0;
};
Outcome read_through(const std::string& url, ByteRange range, NetworkOptions options = {}) {
    const auto network = *Network::create(std::move(options));
    Outcome outcome;
    if (const auto source = network->open(url); !source) {
        outcome.open_error = source.error();
    } else if (const auto bytes = (*source)->read(range); !bytes) {
        outcome.read_error = bytes.error();
    } else {
        outcome.text = text_of(*bytes);
    }
    outcome.requests = network->requests();
    outcome.bytes = network->bytes();
    return outcome;
}

TEST_F(RemoteSourceTest, TakesTheSizeFromTheFirst12KilobytesAndReadsThemNoMore) {
    FaultServer server{[&](const Request& request) { return partial(file_, request); }};
    const auto net = network();
    const auto source = *net->open(server.url());
    EXPECT_EQ(source->size(), file_.size());
    EXPECT_EQ(text_of(*source->read({100, 5000})), file_.substr(100, 5000));
    EXPECT_EQ(net->requests(), 1u);
    EXPECT_EQ(text_of(*source->read({12'000, 1000})), file_.substr(12'000, 1000));  // only what lies behind them
    EXPECT_EQ(net->requests(), 2u);
    EXPECT_EQ(net->bytes(), 13'000u);
    EXPECT_EQ(server.sent(), net->bytes());
    const auto log = server.log();
    ASSERT_EQ(log.size(), 2u);
    EXPECT_EQ(log[0].headers.at("range"), "bytes=0-12287");
    EXPECT_EQ(log[1].headers.at("range"), "bytes=12288-12999");
    EXPECT_EQ(log[0].headers.at("accept-encoding"), "identity");
}

TEST_F(RemoteSourceTest, FetchesWhatItFetchedOnceNoMore) {
    FaultServer server{[&](const Request& request) { return partial(file_, request); }};
    const auto net = network();
    const auto source = *net->open(server.url());
    ASSERT_TRUE(source->read({100'000, 1000}));
    const auto fetch = source->fetch();
    fetch->start({100'200, 300});
    fetch->start({100'900, 200});  // its second half is new
    const auto first = fetch->next(), second = fetch->next();
    EXPECT_TRUE(first->from_cache);
    EXPECT_EQ(text_of(first->bytes), file_.substr(100'200, 300));
    EXPECT_FALSE(second->from_cache);
    EXPECT_EQ(text_of(second->bytes), file_.substr(100'900, 200));
    EXPECT_EQ(server.log().back().headers.at("range"), "bytes=101000-101099");
    EXPECT_EQ(net->requests(), 3u);
}

TEST_F(RemoteSourceTest, ReadsFilesOfEverySmallSize) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, kHead - 1, kHead, kHead + 1, kMostWhole, kMostWhole + 1}) {
        SCOPED_TRACE(size);
        const auto file = numbers(size);
        FaultServer with{[&](const Request& request) { return partial(file, request); }};
        FaultServer without{[&](const Request&) { return Reply{.body = file}; }};
        for (auto* server : {&with, &without}) {
            if (server == &without && size > kMostWhole) continue;
            const auto net = network();
            const auto source = net->open(server->url());
            ASSERT_TRUE(source) << source.error().what;
            EXPECT_EQ((*source)->size(), size);
            EXPECT_EQ(text_of(*(*source)->read({0, size})), file);
            EXPECT_EQ(net->requests(), size > kHead && server == &with ? 2u : 1u);
        }
    }
}

TEST_F(RemoteSourceTest, SaysThatAServerIgnoresRangesBeforeTheBodyHasCome) {
    const auto large = numbers(20'000'000);
    FaultServer server{[&](const Request&) { return Reply{.body = large}; }};
    const auto outcome = read_through(server.url(), {0, 1});
    ASSERT_TRUE(outcome.open_error);
    EXPECT_STREQ(outcome.open_error->what, "the server ignores range requests: it sends the whole file");
    EXPECT_EQ(outcome.open_error->http_status, 200);
    EXPECT_EQ(outcome.bytes, 0u);
}

TEST_F(RemoteSourceTest, TakesAWholeFileOfUnknownLengthOnlyIfItIsSmall) {
    for (const std::size_t size : {kHead, kMostWhole, kMostWhole + 1}) {
        const auto file = numbers(size);
        FaultServer server{[&](const Request&) {
            return Reply{.headers = {"Connection: close"}, .body = file, .then = Then::close, .says_length = false};
        }};
        EXPECT_EQ(read_through(server.url(), {0, kHead}).open_error.has_value(), size > kMostWhole);
    }
}

/// The first answers are of one kind, the others of another.
Answer first_then(std::size_t from, std::size_t count, const Answer& fault, const Answer& good) {
    return [=](const Request& request) {
        return request.number >= from && request.number < from + count ? fault(request) : good(request);
    };
}

TEST_F(RemoteSourceTest, AsksAgainAfterPassingFaults) {
    const Answer good = [&](const Request& request) { return partial(file_, request); };
    const auto broken = [&](Then then, std::size_t sent) {
        return [this, then, sent](const Request& request) {
            auto reply = partial(file_, request);
            reply.sent = sent;
            reply.then = then;
            return reply;
        };
    };
    const std::pair<const char*, Answer> faults[] = {
        {"503", [](const Request&) { return refusal("503 Service Unavailable", {"Retry-After: 0"}); }},
        {"500", [](const Request&) { return refusal("500 Oops"); }},
        {"429", [](const Request&) { return refusal("429 Too Many Requests"); }},
        {"cut", broken(Then::close, 700)},
        {"cut before all", broken(Then::close, 0)},
        {"reset", broken(Then::reset, 700)},
    };
    for (const auto& [name, fault] : faults) {
        for (const std::size_t from : {0u, 1u}) {
            SCOPED_TRACE(name);
            FaultServer server{first_then(from, 2, fault, good)};
            const auto outcome = read_through(server.url(), {200'000, 5000});
            EXPECT_EQ(outcome.text, file_.substr(200'000, 5000));
            EXPECT_EQ(outcome.requests, 4u);
            EXPECT_EQ(server.log().size(), 4u);
            EXPECT_LE(outcome.bytes, server.sent());
        }
    }
}

TEST_F(RemoteSourceTest, GoesOnWhereTheConnectionBrokeOff) {
    FaultServer server{[&](const Request& request) {
        auto reply = partial(file_, request);
        if (request.number == 1) reply.sent = 3000, reply.then = Then::close;
        return reply;
    }};
    const auto outcome = read_through(server.url(), {200'000, 5000});
    EXPECT_EQ(outcome.text, file_.substr(200'000, 5000));
    EXPECT_EQ(server.log().back().headers.at("range"), "bytes=203000-204999");
    EXPECT_EQ(outcome.bytes, server.sent());
}

/// All arrivals of one range that is asked for in parts.
std::vector<wire::Arrival> arrivals_of(wire::Source& source, ByteRange range, std::vector<FileOffset> cuts,
                                       std::optional<Error>* failure = nullptr) {
    std::vector<wire::Arrival> arrivals;
    const auto fetch = source.fetch();
    fetch->start_in_parts(range, std::move(cuts));
    while (fetch->pending() != 0) {
        auto arrival = fetch->next();
        if (!arrival) {
            EXPECT_NE(failure, nullptr) << arrival.error().what;
            if (failure != nullptr) *failure = arrival.error();
            break;
        }
        EXPECT_EQ(arrival->range, range);
        arrivals.push_back(*std::move(arrival));
    }
    return arrivals;
}

std::vector<ByteRange> parts_of(const std::vector<wire::Arrival>& arrivals) {
    std::vector<ByteRange> parts;
    for (const auto& arrival : arrivals) parts.push_back(arrival.part());
    return parts;
}

TEST_F(RemoteSourceTest, GivesPartsOfARangeBeforeTheRestHasCome) {
    std::promise<void> seen;
    FaultServer server{[&](const Request& request) {
        auto reply = partial(file_, request);
        // The rest is sent when the first parts have been used.
        if (request.number == 1) reply.sent = 31'000, reply.then = Then::close;
        if (request.number == 2) seen.get_future().wait();
        return reply;
    }};
    const auto net = network();
    const auto source = *net->open(server.url());
    const auto fetch = source->fetch();
    // Cuts that are none are passed over.
    fetch->start_in_parts({100'000, 50'000},
                          {99'000, 100'000, 110'000, 105'000, 110'000, 130'000, 140'000, 150'000, 160'000});
    std::vector<wire::Arrival> arrivals;
    while (fetch->pending() != 0) {
        auto arrival = fetch->next();
        ASSERT_TRUE(arrival) << arrival.error().what;
        EXPECT_EQ(text_of(arrival->bytes), file_.substr(arrival->part().offset, arrival->part().size));
        EXPECT_FALSE(arrival->from_cache);
        arrivals.push_back(*std::move(arrival));
        if (arrivals.size() == 2) seen.set_value();
    }
    EXPECT_EQ(parts_of(arrivals),
              (std::vector<ByteRange>{{100'000, 10'000}, {110'000, 20'000}, {130'000, 10'000}, {140'000, 10'000}}));
    EXPECT_TRUE(arrivals.back().is_last);
    EXPECT_EQ(std::count_if(arrivals.begin(), arrivals.end(), [](const auto& part) { return part.is_last; }), 1);
    EXPECT_EQ(server.log().back().headers.at("range"), "bytes=131000-149999");
    EXPECT_EQ(net->bytes(), server.sent());
    // And they are kept like others.
    EXPECT_EQ(text_of(*source->read({105'000, 40'000})), file_.substr(105'000, 40'000));
    EXPECT_EQ(net->requests(), 3u);
}

TEST_F(RemoteSourceTest, GivesWhatIsHereOfARangeAtOnceAndTheRestInParts) {
    std::promise<void> seen;
    FaultServer server{[&](const Request& request) {
        if (request.number == 1) seen.get_future().wait();
        return partial(file_, request);
    }};
    const auto net = network();
    const auto source = *net->open(server.url());
    const auto fetch = source->fetch();
    fetch->start_in_parts({1000, 99'000}, {5000, 50'000});
    std::vector<wire::Arrival> arrivals;
    while (fetch->pending() != 0) {
        auto arrival = fetch->next();
        ASSERT_TRUE(arrival) << arrival.error().what;
        EXPECT_EQ(text_of(arrival->bytes), file_.substr(arrival->part().offset, arrival->part().size));
        EXPECT_EQ(arrival->from_cache, arrivals.empty());
        arrivals.push_back(*std::move(arrival));
        if (arrivals.size() == 1) seen.set_value();
    }
    EXPECT_EQ(parts_of(arrivals),
              (std::vector<ByteRange>{{1000, kHead - 1000}, {kHead, 50'000 - kHead}, {50'000, 50'000}}));
    EXPECT_TRUE(arrivals.back().is_last);
    EXPECT_EQ(net->bytes(), 100'000u);
    EXPECT_EQ(text_of(*source->read({11'000, 80'000})), file_.substr(11'000, 80'000));
    EXPECT_EQ(net->requests(), 2u);
}

TEST_F(RemoteSourceTest, GivesNoPartsWhereNothingProvesThatTheRestIsOfTheSameFile) {
    FaultServer server{[&](const Request& request) {
        auto reply = partial(file_, request, "");
        if (request.number == 1) reply.sent = 30'000, reply.then = Then::close;
        return reply;
    }};
    const auto net = network();
    const auto source = *net->open(server.url());
    const auto arrivals = arrivals_of(*source, {100'000, 50'000}, {110'000});
    ASSERT_EQ(parts_of(arrivals), (std::vector<ByteRange>{{100'000, 50'000}}));
    EXPECT_EQ(text_of(arrivals[0].bytes), file_.substr(100'000, 50'000));
}

TEST_F(RemoteSourceTest, EndsWithAnErrorAfterPartsOfAFileThatChanged) {
    FaultServer server{[&](const Request& request) {
        auto reply = partial(file_, request, request.number < 2 ? "\"v1\"" : "\"v2\"");
        if (request.number == 1) reply.sent = 30'000, reply.then = Then::close;
        return reply;
    }};
    const auto net = network();
    const auto source = *net->open(server.url());
    std::optional<Error> failure;
    const auto arrivals = arrivals_of(*source, {100'000, 50'000}, {110'000}, &failure);
    EXPECT_EQ(parts_of(arrivals), (std::vector<ByteRange>{{100'000, 10'000}}));
    ASSERT_TRUE(failure);
    EXPECT_STREQ(failure->what, "the file changed on the server while it was read");
    EXPECT_FALSE(source->unchanged());
}

TEST_F(RemoteSourceTest, GivesARangeWholeOfWhichMoreIsHereThanItsFront) {
    FaultServer server{[&](const Request& request) { return partial(file_, request); }};
    const auto net = network();
    const auto source = *net->open(server.url());
    ASSERT_TRUE(source->read({120'000, 1000}));
    // The back is here, then all.
    for (const ByteRange range : {ByteRange{110'000, 11'000}, ByteRange{112'000, 9000}}) {
        const auto arrivals = arrivals_of(*source, range, {range.offset + 700, range.offset + 5000});
        ASSERT_EQ(parts_of(arrivals), std::vector{range});
        EXPECT_EQ(text_of(arrivals[0].bytes), file_.substr(range.offset, range.size));
    }
    EXPECT_EQ(net->requests(), 3u);
}

TEST_F(RemoteSourceTest, StartsOverWhereNothingProvesThatTheFileIsTheSame) {
    FaultServer server{[&](const Request& request) {
        auto reply = partial(file_, request, "");
        if (request.number == 1) reply.sent = 3000, reply.then = Then::close;
        return reply;
    }};
    EXPECT_EQ(read_through(server.url(), {200'000, 5000}).text, file_.substr(200'000, 5000));
    EXPECT_EQ(server.log().back().headers.at("range"), "bytes=200000-204999");
}

TEST_F(RemoteSourceTest, AsksAgainWhenAnAnswerComesToAStandstill) {
    FaultServer server{[&](const Request& request) {
        auto reply = partial(file_, request);
        if (request.number == 1) reply.sent = 3000, reply.then = Then::stall;
        return reply;
    }};
    NetworkOptions options;
    options.timeout = std::chrono::seconds{60};
    options.stall = milliseconds{200};
    EXPECT_EQ(read_through(server.url(), {200'000, 5000}, options).text, file_.substr(200'000, 5000));
    EXPECT_EQ(server.log().back().headers.at("range"), "bytes=203000-204999");
}

TEST_F(RemoteSourceTest, CountsWhatTheServerSawThoughAKeptConnectionWasClosedWithoutAnAnswer) {
    FaultServer server{[&](const Request& request) {
        if (request.number == 1) return Reply{.then = Then::hang_up};
        return partial(file_, request);
    }};
    const auto outcome = read_through(server.url(), {200'000, 5000});
    EXPECT_EQ(outcome.text, file_.substr(200'000, 5000));
    EXPECT_EQ(outcome.requests, server.log().size());
}

TEST_F(RemoteSourceTest, GivesUpAfterSoManyRepetitions) {
    FaultServer server{[](const Request&) { return refusal("503 Busy"); }};
    NetworkOptions options;
    options.retries = 2;
    const auto outcome = read_through(server.url(), {0, 1}, options);
    EXPECT_EQ(outcome.open_error->http_status, 503);
    EXPECT_EQ(outcome.open_error->code, Code::io_failed);
    EXPECT_EQ(server.log().size(), 3u);
}

TEST_F(RemoteSourceTest, DoesNotWaitForAPauseThatPassesTheDeadline) {
    FaultServer server{[](const Request&) { return refusal("503 Busy", {"Retry-After: 3600"}); }};
    const auto outcome = read_through(server.url(), {0, 1});
    EXPECT_EQ(outcome.open_error->http_status, 503);
    EXPECT_EQ(server.log().size(), 1u);
}

TEST_F(RemoteSourceTest, NamesRefusals) {
    const std::tuple<const char*, int, const char*, const char*> cases[] = {
        {"401 Unauthorized", 401, "the server asks for credentials",
         "the server asks for credentials since the file was opened; have they expired?"},
        {"403 Forbidden", 403, "the server refuses access; wrong credentials, or signed URL expired?",
         "the server refuses access since the file was opened; signed URL expired?"},
        {"404 Not Found", 404, "no such file on the server", "the file is gone from the server since it was opened"},
    };
    for (const auto& [status, number, at_open, later] : cases) {
        const Answer no = [&, text = status](const Request&) { return refusal(text); };
        FaultServer at_once{no};
        const auto first = read_through(at_once.url(), {0, 1});
        ASSERT_TRUE(first.open_error);
        EXPECT_STREQ(first.open_error->what, at_open);
        EXPECT_EQ(first.open_error->http_status, number);
        EXPECT_EQ(first.requests, 1u);
        FaultServer in_the_middle{first_then(1, 100, no, [&](const Request& r) { return partial(file_, r); })};
        const auto second = read_through(in_the_middle.url(), {100'000, 10});
        ASSERT_TRUE(second.read_error);
        EXPECT_STREQ(second.read_error->what, later);
        EXPECT_EQ(second.read_error->at, 100'000u);
    }
}

TEST_F(RemoteSourceTest, NeverMixesTwoStatesOfAFile) {
    const auto other = numbers(300'001);
    const std::pair<const char*, Answer> changes[] = {
        {"etag", [&](const Request& r) { return partial(file_, r, "\"v2\""); }},
        {"size", [&](const Request& r) { return partial(other, r, ""); }},
        {"whole", [&](const Request&) { return Reply{.headers = {"ETag: \"v2\""}, .body = other}; }},
        {"shorter", [&](const Request& r) { return partial(file_.substr(0, 90'000), r); }},
    };
    for (const auto& [name, change] : changes) {
        SCOPED_TRACE(name);
        FaultServer server{first_then(1, 100, change, [&](const Request& r) { return partial(file_, r); })};
        const auto net = network();
        const auto source = *net->open(server.url());
        EXPECT_TRUE(source->unchanged());
        const auto bytes = source->read({100'000, 10});
        ASSERT_FALSE(bytes);
        EXPECT_STREQ(bytes.error().what, "the file changed on the server while it was read");
        EXPECT_FALSE(source->unchanged());
    }
}

TEST_F(RemoteSourceTest, ComparesTheDateWhereEtagsAreWeak) {
    for (const bool changes : {false, true}) {
        FaultServer server{[&](const Request& r) {
            auto reply = partial(file_, r, "W/\"" + std::to_string(r.number) + "\"");
            reply.headers.push_back(changes && r.number > 0 ? "Last-Modified: Tue, 02 Jan 2024 00:00:00 GMT"
                                                            : "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT");
            return reply;
        }};
        EXPECT_EQ(read_through(server.url(), {100'000, 10}).read_error.has_value(), changes);
    }
}

TEST_F(RemoteSourceTest, RefusesAnswersThatAreNotWhatWasAskedFor) {
    const auto with = [&](const std::string& content_range, std::vector<std::string> headers = {},
                          std::size_t size = 10) {
        return [=](const Request&) {
            Reply reply{.status = "206 Partial Content", .headers = headers, .body = std::string(size, 'x')};
            if (!content_range.empty()) reply.headers.push_back("Content-Range: " + content_range);
            return reply;
        };
    };
    const std::pair<const char*, Answer> faults[] = {
        {"another offset", with("bytes 100001-100010/300000")},
        {"no Content-Range", with("")},
        {"nonsense", with("bytes ten-twelve/300000")},
        {"shorter", with("bytes 100000-100008/300000", {}, 9)},
        {"longer", with("bytes 100000-100010/300000", {}, 11)},
        {"longer than said", with("bytes 100000-100009/300000", {}, 11)},
        {"gzip", with("bytes 100000-100009/300000", {"Content-Encoding: gzip"})},
        {"whole", [&](const Request&) { return Reply{.headers = {"ETag: \"v1\""}, .body = file_}; }},
        {"416", [&](const Request&) { return refusal("416 No", {"Content-Range: bytes */300000"}); }},
        {"204", [&](const Request&) { return Reply{.status = "204 No Content"}; }},
        {"304",
         [&](const Request&) {
             return Reply{.status = "304 Not Modified", .then = Then::close, .says_length = false};
         }},
    };
    for (const auto& [name, fault] : faults) {
        SCOPED_TRACE(name);
        FaultServer server{first_then(1, 100, fault, [&](const Request& r) { return partial(file_, r); })};
        const auto outcome = read_through(server.url(), {100'000, 10});
        ASSERT_TRUE(outcome.read_error);
        EXPECT_EQ(outcome.read_error->code, Code::io_failed);
        EXPECT_EQ(server.log().size(), 2u);  // asking again would not help
    }
}

TEST_F(RemoteSourceTest, EndsWithinTheDeadlineWhenAServerStalls) {
    for (const std::size_t from : {0u, 1u}) {
        FaultServer server{first_then(
            from, 100,
            [&](const Request& r) {
                auto reply = partial(file_, r);
                reply.sent = 0;
                reply.then = Then::stall;
                return reply;
            },
            [&](const Request& r) { return partial(file_, r); })};
        const auto outcome = read_through(server.url(), {100'000, 10}, impatient());
        const auto& error = from == 0 ? outcome.open_error : outcome.read_error;
        ASSERT_TRUE(error);
        EXPECT_STREQ(error->what, "the server did not answer in time");
        EXPECT_EQ(error->os_error, ETIMEDOUT);
    }
}

TEST_F(RemoteSourceTest, SaysWhenNobodyIsThere) {
    std::string url;
    {
        const FaultServer server{[](const Request&) { return Reply{}; }};
        url = server.url();
    }
    const auto outcome = read_through(url, {0, 1});
    ASSERT_TRUE(outcome.open_error);
    EXPECT_STREQ(outcome.open_error->what, "no connection to the server");
    EXPECT_EQ(outcome.open_error->os_error, ECONNREFUSED);
    EXPECT_EQ(outcome.requests, 0u);
    EXPECT_STREQ(read_through("http://", {0, 1}).open_error->what, "this is no http address");
}

TEST_F(RemoteSourceTest, FollowsRedirectionsAndRemembersThem) {
    FaultServer server{[&](const Request& r) {
        if (r.target == "/file") return refusal("302 Found", {"Location: /elsewhere?sig=1"});
        return partial(file_, r);
    }};
    const auto outcome = read_through(server.url(), {100'000, 10});
    EXPECT_EQ(outcome.text, file_.substr(100'000, 10));
    ASSERT_EQ(server.log().size(), 3u);
    EXPECT_EQ(outcome.requests, 3u);
    EXPECT_EQ(server.log()[2].target, "/elsewhere?sig=1");
}

TEST_F(RemoteSourceTest, GoesBackToTheOriginWhenTheTargetOfARedirectionExpires) {
    std::atomic<int> signature{0};
    FaultServer server{[&](const Request& r) {
        if (r.target == "/file") return refusal("302 Found", {"Location: /signed" + std::to_string(++signature)});
        return r.number == 2 ? refusal("403 Expired") : partial(file_, r);
    }};
    const auto outcome = read_through(server.url(), {100'000, 10});
    EXPECT_EQ(outcome.text, file_.substr(100'000, 10));
    EXPECT_EQ(server.log().back().target, "/signed2");
}

TEST_F(RemoteSourceTest, KeepsSecretsFromOtherHosts) {
    FaultServer other{[&](const Request& r) { return partial(file_, r); }};
    FaultServer server{[&](const Request&) { return refusal("307 Away", {"Location: " + other.url("/x")}); }};
    NetworkOptions options;
    options.headers = {"X-Secret: 1", "Authorization: Bearer 2"};
    const auto url = "http://user:pass@127.0.0.1:" + std::to_string(server.port()) + "/file";
    EXPECT_EQ(read_through(url, {100'000, 10}, options).text, file_.substr(100'000, 10));
    EXPECT_TRUE(server.log()[0].has("x-secret"));
    EXPECT_TRUE(server.log()[0].has("authorization"));
    ASSERT_EQ(other.log().size(), 2u);
    for (const auto& request : other.log()) {
        EXPECT_FALSE(request.has("x-secret"));
        EXPECT_FALSE(request.has("authorization"));
    }
}

TEST_F(RemoteSourceTest, SendsUserAndPasswordOfTheAddress) {
    FaultServer server{[&](const Request& r) { return partial(file_, r); }};
    const auto url = "http://user:p%40ss@127.0.0.1:" + std::to_string(server.port()) + "/file";
    EXPECT_EQ(read_through(url, {100'000, 10}).text.size(), 10u);
    for (const auto& request : server.log()) EXPECT_EQ(request.headers.at("authorization"), "Basic dXNlcjpwQHNz");
}

TEST_F(RemoteSourceTest, EndsRedirectionsThatLeadNowhere) {
    const std::pair<const char*, const char*> cases[] = {
        {"/file", "the server redirects in circles"},
        {"", "the server redirects without saying where to"},
        {"ftp://a/b", "the server redirects to something that is no http address"},
    };
    for (const auto& [location, what] : cases) {
        FaultServer server{[&, to = location](const Request&) {
            return refusal("301 Moved",
                           *to == '\0' ? std::vector<std::string>{} : std::vector{std::string{"Location: "} + to});
        }};
        EXPECT_STREQ(read_through(server.url(), {0, 1}).open_error->what, what);
    }
}

TEST_F(RemoteSourceTest, HasManyRangesUnderWayAndUsesConnectionsAgain) {
    std::mutex mutex;
    std::condition_variable all;
    int there = 0;
    FaultServer server{[&](const Request& r) {
        if (r.number > 0 && r.number <= 6) {
            // Nobody is answered before all have asked.
            std::unique_lock lock{mutex};
            if (++there == 6) all.notify_all();
            all.wait(lock, [&] { return there >= 6; });
        }
        return partial(file_, r);
    }};
    NetworkOptions options;
    options.in_flight = 6;
    const auto net = network(options);
    const auto source = *net->open(server.url());
    for (int round = 0; round < 3; ++round) {
        const auto fetch = source->fetch();
        std::set<FileOffset> open;
        for (std::uint64_t i = 0; i < 12; ++i) {
            const ByteRange range{70'000 + 50'000 * static_cast<std::uint64_t>(round) + 3000 * i, 2000};
            fetch->start(range);
            open.insert(range.offset);
        }
        EXPECT_EQ(fetch->pending(), 12u);
        while (fetch->pending() != 0) {
            const auto arrival = fetch->next();
            ASSERT_TRUE(arrival) << arrival.error().what;
            EXPECT_EQ(text_of(arrival->bytes), file_.substr(arrival->range.offset, 2000));
            EXPECT_EQ(open.erase(arrival->range.offset), 1u);
        }
    }
    EXPECT_EQ(net->requests(), 37u);
    EXPECT_LE(server.connection_count(), 7u);
}

TEST_F(RemoteSourceTest, ConnectsForTheNextRoundWhileTheFirstAnswerIsUnderWay) {
    std::atomic<const FaultServer*> self{nullptr};
    FaultServer server{[&](const Request& r) {
        // Without the connections ahead the first answer never comes.
        while (r.number == 0 && (self == nullptr || self.load()->connection_count() < 4)) std::this_thread::yield();
        return partial(file_, r);
    }};
    self = &server;
    const auto net = network();
    const auto source = *net->open(server.url());
    const auto fetch = source->fetch();
    for (std::uint64_t i = 0; i < 3; ++i) fetch->start({100'000 + 10'000 * i, 10});
    while (fetch->pending() != 0) ASSERT_TRUE(fetch->next());
    std::set<std::size_t> used;
    for (const auto& request : server.log()) used.insert(request.connection);
    EXPECT_LE(used.size(), 4u);
    EXPECT_LT(*used.rbegin(), 4u);  // none had to connect
}

TEST_F(RemoteSourceTest, DoesWithoutConnectionsThatTheServerClosedMeanwhile) {
    FaultServer server{[&](const Request& r) { return partial(file_, r); }};
    NetworkOptions options;
    const auto net = network(options);
    const auto source = *net->open(server.url());
    while (server.connection_count() < 4) std::this_thread::yield();
    server.hang_up();
    EXPECT_EQ(text_of(*source->read({100'000, 10})), file_.substr(100'000, 10));
    EXPECT_EQ(server.log().size(), 2u);
}

TEST_F(RemoteSourceTest, OpensNoConnectionAheadIfToldNotTo) {
    FaultServer server{[&](const Request& r) { return partial(file_, r); }};
    NetworkOptions options;
    options.connect_ahead = false;
    const auto net = network(options);
    const auto source = *net->open(server.url());
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(source->read({100'000 + 10'000 * i, 10}));
    EXPECT_EQ(server.connection_count(), 1u);
}

TEST_F(RemoteSourceTest, StopsTransfersThatNobodyWaitsForAnyMore) {
    FaultServer server{[&](const Request& r) {
        auto reply = partial(file_, r);
        if (r.number > 0) reply.sent = 1, reply.then = Then::stall;
        return reply;
    }};
    const auto net = network();
    const auto source = *net->open(server.url());
    auto fetch = source->fetch();
    fetch->start({100'000, 10});
    fetch->start({200'000, 10});
    server.await(3);
    fetch.reset();
    server.await_hang_ups(2);
    EXPECT_EQ(net->requests(), 3u);
}

TEST_F(RemoteSourceTest, IsReadByManyThreadsAtOnce) {
    FaultServer server{[&](const Request& r) { return partial(file_, r); }};
    const auto net = network();
    const auto source = *net->open(server.url());
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (unsigned t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (std::uint64_t i = 0; i < 30; ++i) {
                const ByteRange range{(t * 7919 + i * 10'007) % 290'000, 5000};
                const auto bytes = source->read(range);
                if (!bytes || text_of(*bytes) != file_.substr(range.offset, range.size)) ++wrong;
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(net->requests(), server.log().size());
    EXPECT_EQ(net->bytes(), server.sent());
}

TEST_F(RemoteSourceTest, ComparesARangeWithTheSizeBeforeItAsks) {
    FaultServer server{[&](const Request& r) { return partial(file_, r); }};
    const auto net = network();
    const auto source = *net->open(server.url());
    EXPECT_EQ(source->read({299'999, 2}).error().code, Code::truncated);
    const auto fetch = source->fetch();
    fetch->start({~std::uint64_t{0}, 5});
    EXPECT_EQ(fetch->next().error().code, Code::truncated);
    EXPECT_EQ(net->requests(), 1u);
}

TEST_F(RemoteSourceTest, GoesThroughTheProxyOfTheEnvironmentUnlessToldNotTo) {
    FaultServer proxy{[&](const Request& r) { return partial(file_, r); }};
    ::setenv("http_proxy", proxy.url("").c_str(), 1);
    EXPECT_EQ(read_through("http://example.invalid/a", {0, 10}).text, file_.substr(0, 10));
    EXPECT_EQ(proxy.log()[0].target, "http://example.invalid/a");
    ::setenv("no_proxy", "example.invalid", 1);
    EXPECT_TRUE(read_through("http://example.invalid/a", {0, 10}).open_error);
    ::unsetenv("http_proxy");
    ::unsetenv("no_proxy");
}

TEST_F(RemoteSourceTest, RefusesHeadersThatWouldBreakTheRequest) {
    for (const auto* header : {"no colon", ": x", "A: b\r\nC: d", "A: b\n"}) {
        NetworkOptions options;
        options.headers = {header};
        EXPECT_EQ(Network::create(options).error().code, Code::bad_value) << header;
    }
}

}  // namespace
}  // namespace copse::io
