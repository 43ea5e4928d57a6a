// Damaged files: each field, each prefix, each byte.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "check/judging.hpp"

namespace copse {
namespace {

using check::Verdict;
using test::find;
using test::get;
using test::judge;
using test::put;
using test::SmallCopc;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Spoils a good file; returns where the validator must point.
using Spoil = std::function<FileOffset(SmallCopc&)>;

struct Damage {
    const char* name;
    const char* id;
    Verdict verdict;
    Spoil spoil;
};

template <class T>
Spoil set(FileOffset at, T value) {
    return [=](SmallCopc& made) {
        put<T>(made.bytes, at, value);
        return at;
    };
}

/// As `set`, relative to a part of the file; the expected place may lie in another field than the damage.
template <class T>
Spoil set_in(FileOffset SmallCopc::* part, FileOffset field, T value) {
    return [=](SmallCopc& made) {
        const auto at = made.*part + field;
        put<T>(made.bytes, at, value);
        return at;
    };
}
Spoil then_at(Spoil spoil, FileOffset SmallCopc::* part, FileOffset field) {
    return [=](SmallCopc& made) {
        spoil(made);
        return made.*part + field;
    };
}
Spoil then_at(Spoil spoil, FileOffset at) {
    return [=](SmallCopc& made) {
        spoil(made);
        return at;
    };
}
Spoil then_at_end(Spoil spoil) {
    return [=](SmallCopc& made) {
        spoil(made);
        return FileOffset{made.bytes.size()};
    };
}

constexpr FileOffset kEntry = 32;
constexpr FileOffset kLayoutSize = test::kLayout.record_length;

void expect(const Damage& damage) {
    SCOPED_TRACE(damage.name);
    auto made = test::make_copc(test::good_recipe());
    const auto at = damage.spoil(made);
    const auto report = judge(made.bytes);
    const auto* finding = find(report, damage.id);
    ASSERT_NE(finding, nullptr) << test::complaints(report);
    EXPECT_EQ(finding->verdict, damage.verdict) << test::complaints(report);
    EXPECT_EQ(finding->offset, at) << test::complaints(report);
    EXPECT_FALSE(finding->info.empty());
    EXPECT_FALSE(finding->description.empty());
    EXPECT_FALSE(finding->spec.empty());
    // No consequence is reported before its cause.
    if (damage.verdict == Verdict::fail) {
        EXPECT_EQ(report.first_failure(), finding) << test::complaints(report);
    } else {
        EXPECT_EQ(report.verdict(), Verdict::warn) << test::complaints(report);
    }
}

TEST(ValidateDamage, OfTheHeaderIsNamed) {
    const auto fail = Verdict::fail;
    const auto warn = Verdict::warn;
    const Damage damages[] = {
        {"signature", "fileSignature", fail, set<char>(0, 'X')},
        {"major version", "majorVersion", fail, set<std::uint8_t>(24, 2)},
        {"minor version", "minorVersion", fail, set<std::uint8_t>(25, 3)},
        {"header size", "headerLength", fail, set<std::uint16_t>(94, 376)},
        {"format 5", "pointDataRecordFormat", fail, set<std::uint8_t>(104, 0x85)},
        {"format bit 6", "pointDataRecordFormat", fail, set<std::uint8_t>(104, 0xc7)},
        {"not compressed", "compressedBit", fail, set<std::uint8_t>(104, 7)},
        {"record length", "recordLength", fail, set<std::uint16_t>(105, 35)},
        {"reserved encoding bit", "globalEncoding", warn, set<std::uint16_t>(6, 0x31)},
        {"waveform bit", "globalEncoding", warn, set<std::uint16_t>(6, 0x15)},
        {"no WKT bit", "wktBit", fail, set<std::uint16_t>(6, 1)},
        {"Y scale 0", "scaleAndOffset", fail, set(139, 0.0)},
        {"Z scale NaN", "scaleAndOffset", fail, set(147, kNan)},
        {"Z offset infinite", "scaleAndOffset", fail, set(171, std::numeric_limits<double>::infinity())},
        {"max X NaN", "bounds", fail, set(179, kNan)},
        {"min Z NaN", "bounds", fail, set(219, kNan)},
        {"min Y above max", "bounds", fail, then_at(set(203, 1e6), 195)},
        {"max X loose", "tightBounds", warn, set(179, 1060.0)},
        {"min X loose", "tightBounds", warn, set(187, 936.01)},
        {"max X outside cube", "bounds within cube", fail, set(179, 1064.02)},
        {"min Z outside cube", "bounds within cube", fail, set(219, 435.0)},
        {"max X cuts points off", "xyz", fail,
         [](SmallCopc& made) {
             put(made.bytes, 179, 1060.0 - 80);
             return made.chunks[2].offset;
         }},
        {"offset to points in header", "offsetToPointData", fail, set<std::uint32_t>(96, 374)},
        {"offset to points past end", "offsetToPointData", fail, then_at_end(set<std::uint32_t>(96, 1u << 30))},
        {"one VLR too many", "vlrCount", fail,
         [](SmallCopc& made) {
             put<std::uint32_t>(made.bytes, 100, 5);
             return made.point_data;
         }},
        {"waveform offset", "waveform", warn, set<std::uint64_t>(227, 1)},
        {"EVLRs before points", "evlrCount", fail, set<std::uint64_t>(235, 400)},
        {"EVLRs past end", "evlrCount", fail, then_at_end(set<std::uint64_t>(235, ~std::uint64_t{0}))},
        {"one EVLR too many", "evlrCount", fail, then_at_end(set<std::uint32_t>(243, 3))},
        {"one EVLR too few", "fileEnd", fail,
         [](SmallCopc& made) {
             put<std::uint32_t>(made.bytes, 243, 1);
             return made.hierarchy_evlr;
         }},
        {"by return", "pointCountByReturn", fail, set<std::uint64_t>(263, 1)},
        {"return 15", "pointCountByReturn", fail, set<std::uint64_t>(367, 1)},
        {"legacy count", "legacyPointCount", fail, set<std::uint32_t>(107, 89)},
        {"legacy count as before R15", "legacyPointCount", warn, set<std::uint32_t>(107, 90)},
        {"legacy by return", "legacyPointCountByReturn", fail, set<std::uint32_t>(127, 5)},
    };
    for (const auto& damage : damages) expect(damage);
}

TEST(ValidateDamage, OfVlrsIsNamed) {
    const auto fail = Verdict::fail;
    const auto warn = Verdict::warn;
    const Damage damages[] = {
        {"info user id", "copc-info", fail, then_at(set<char>(377, 'x'), 375)},
        {"info user id longer", "copc-info", fail, then_at(set<char>(381, 'x'), 375)},
        {"info record id", "copc-info", fail, then_at(set<std::uint16_t>(393, 2), 375)},
        {"info reserved field", "recordReserved", warn, set<std::uint16_t>(375, 1)},
        {"half size 0", "copc-info", fail, set_in(&SmallCopc::info, 24, 0.0)},
        {"half size NaN", "copc-info", fail, set_in(&SmallCopc::info, 24, kNan)},
        {"spacing negative", "copc-info", fail, set_in(&SmallCopc::info, 32, -1.0)},
        {"center infinite", "copc-info", fail, set_in(&SmallCopc::info, 8, std::numeric_limits<double>::infinity())},
        {"reserved element", "infoReserved", fail,
         then_at(set_in<std::uint64_t>(&SmallCopc::info, 152, 1), &SmallCopc::info, 72)},
        {"gps minimum NaN", "gpsTimeRange", fail, set_in(&SmallCopc::info, 56, kNan)},
        {"gps maximum NaN", "gpsTimeRange", fail, set_in(&SmallCopc::info, 64, kNan)},
        {"gps minimum above maximum", "gpsTimeRange", fail, set_in(&SmallCopc::info, 56, 1e12)},
        {"gps maximum wide", "gpsTime", warn, set_in(&SmallCopc::info, 64, 1e9)},
        {"root page offset", "hierarchyPages", fail, set_in<std::uint64_t>(&SmallCopc::info, 40, 600)},
        {"root page outside", "hierarchyPages", fail, set_in<std::uint64_t>(&SmallCopc::info, 40, ~std::uint64_t{0})},
        {"root page size odd", "hierarchyPages", fail,
         then_at(set_in<std::uint64_t>(&SmallCopc::info, 48, 95), &SmallCopc::info, 48)},
        {"root page empty", "hierarchyPages", fail,
         then_at(set_in<std::uint64_t>(&SmallCopc::info, 48, 0), &SmallCopc::info, 48)},
        {"LASzip user id", "laszip-encoded", fail, then_at(set_in<char>(&SmallCopc::laszip_vlr, 2, 'L'), 104)},
        {"LASzip compressor", "laszip-encoded", fail, set_in<std::uint16_t>(&SmallCopc::laszip_vlr, 54, 9)},
        {"fixed chunks", "laszipChunkSize", fail, set_in<std::uint32_t>(&SmallCopc::laszip_vlr, 54 + 12, 50000)},
        {"chunk size 0", "laszipChunkSize", warn, set_in<std::uint32_t>(&SmallCopc::laszip_vlr, 54 + 12, 0)},
        {"extra bytes type", "extraBytes", fail, set_in<std::uint8_t>(&SmallCopc::extra_vlr, 54 + 2, 31)},
        {"extra bytes too many", "extraBytes", fail,
         then_at(set_in<std::uint8_t>(&SmallCopc::extra_vlr, 54 + 2, 9), &SmallCopc::extra_vlr, 54)},
        {"WKT empty", "wkt", warn, set_in<char>(&SmallCopc::wkt_vlr, 54, 0)},
        {"WKT geographic", "wkt", warn,
         [](SmallCopc& made) {
             const std::string_view text{"GEOGCS[\"test\"]"};
             std::memcpy(made.bytes.data() + made.wkt_vlr + 54, text.data(), text.size());
             return made.wkt_vlr + 54;
         }},
    };
    for (const auto& damage : damages) expect(damage);
}

TEST(ValidateDamage, OfTheHierarchyIsNamed) {
    const auto fail = Verdict::fail;
    const auto h = &SmallCopc::hierarchy;
    // Entries: 0 root, 1 leaf, 2 pointer to the child page; 3 the paged node, in the child page.
    const Damage damages[] = {
        {"no hierarchy record", "copc-hierarchy", fail, then_at_end(set_in<char>(&SmallCopc::hierarchy_evlr, 2, 'x'))},
        {"level -1", "hierarchyKeys", fail, set_in<std::int32_t>(h, kEntry, -1)},
        {"level 31", "hierarchyKeys", fail, set_in<std::int32_t>(h, kEntry, 31)},
        {"x outside", "hierarchyKeys", fail, then_at(set_in<std::int32_t>(h, kEntry + 4, 2), h, kEntry)},
        {"root key twice", "hierarchyKeysUnique", fail, then_at(set_in<std::int32_t>(h, kEntry, 0), h, kEntry)},
        {"count -2", "hierarchyCounts", fail, set_in<std::int32_t>(h, kEntry + 28, -2)},
        {"child page not of its key", "hierarchyPageKeys", fail,
         then_at(set_in<std::int32_t>(h, 2 * kEntry + 4, 0), h, 3 * kEntry)},
        {"child page past the record", "hierarchyPages", fail,
         then_at(set_in<std::int32_t>(h, 2 * kEntry + 24, 64), h, 2 * kEntry + 16)},
        {"child page size negative", "hierarchyPages", fail, set_in<std::int32_t>(h, 2 * kEntry + 24, -32)},
        {"child page is its parent", "hierarchyPages", fail,
         [](SmallCopc& made) {
             put<std::uint64_t>(made.bytes, made.hierarchy + 2 * kEntry + 16, made.hierarchy);
             return made.hierarchy + 2 * kEntry + 16;
         }},
        {"chunk size 0", "nodeChunks", fail, set_in<std::int32_t>(h, kEntry + 24, 0)},
        {"chunk size off", "chunkTableHierarchy", fail,
         [](SmallCopc& made) {
             const auto at = made.hierarchy + kEntry + 24;
             put<std::int32_t>(made.bytes, at, get<std::int32_t>(made.bytes, at) - 1);
             return at;
         }},
        {"point count off", "chunkTableHierarchy", fail,
         [](SmallCopc& made) {
             const auto at = made.hierarchy + kEntry + 28;
             put<std::int32_t>(made.bytes, at, get<std::int32_t>(made.bytes, at) + 1);
             return at;
         }},
    };
    for (const auto& damage : damages) expect(damage);
}

TEST(ValidateDamage, OfKeysIsFoundByPoints) {
    // A key that is valid, unique and reachable, but another: only the points can tell.
    expect({"leaf moved", "xyz", Verdict::fail, [](SmallCopc& made) {
                put<std::int32_t>(made.bytes, made.hierarchy + kEntry + 8, 1);
                put<std::int32_t>(made.bytes, made.temporal + 32 + 20 + 8 * 6 + 8, 1);
                return made.chunks[1].offset;
            }});
}

TEST(ValidateDamage, OfUnreachableNodesIsNamed) {
    auto recipe = test::good_recipe();
    recipe.nodes.erase(recipe.nodes.begin());
    recipe.temporal_index = false;
    const auto made = test::make_copc(recipe);
    const auto report = judge(made.bytes);
    ASSERT_NE(report.first_failure(), nullptr);
    EXPECT_EQ(report.first_failure()->id, "rootNode");
    EXPECT_EQ(find(report, "nodesReachable")->verdict, Verdict::fail);
    EXPECT_EQ(find(report, "nodesReachable")->offset, made.hierarchy);
}

TEST(ValidateDamage, OfEmptyEntriesIsNamed) {
    auto recipe = test::good_recipe();
    recipe.nodes[0].points = {};
    auto made = test::make_copc(recipe);
    put<std::uint64_t>(made.bytes, made.hierarchy + 16, 5);
    auto report = judge(made.bytes);
    EXPECT_EQ(report.first_failure()->id, "emptyEntries");
    EXPECT_EQ(report.first_failure()->offset, made.hierarchy + 16);
    put<std::uint64_t>(made.bytes, made.hierarchy + 16, 0);
    put<std::int32_t>(made.bytes, made.hierarchy + 24, 5);
    report = judge(made.bytes);
    EXPECT_EQ(report.first_failure()->id, "emptyEntries");
    EXPECT_EQ(report.first_failure()->offset, made.hierarchy + 24);
}

TEST(ValidateDamage, OfChunksAndTheirTableIsNamed) {
    const auto fail = Verdict::fail;
    const Damage damages[] = {
        {"table position in header", "chunkTablePosition", fail, set_in<std::int64_t>(&SmallCopc::point_data, 0, 5)},
        {"table position past end", "chunkTablePosition", fail,
         then_at_end(set_in<std::int64_t>(&SmallCopc::point_data, 0, 1 << 30))},
        {"table position is its own", "chunkTablePosition", fail,
         [](SmallCopc& made) {
             put<std::int64_t>(made.bytes, made.point_data, static_cast<std::int64_t>(made.point_data));
             return made.point_data;
         }},
        {"table version", "chunkTable", fail, set_in<std::uint32_t>(&SmallCopc::table, 0, 1)},
        {"table count", "chunkTable", fail, set_in<std::uint32_t>(&SmallCopc::table, 4, 2)},
        {"table count absurd", "chunkTable", fail, set_in<std::uint32_t>(&SmallCopc::table, 4, 0xffffffff)},
        {"chunk's own point count", "chunksDecode", fail,
         [](SmallCopc& made) {
             const auto at = made.chunks[1].offset + 38;
             put<std::uint32_t>(made.bytes, at, 31);
             return at;
         }},
        {"point outside its node", "xyz", fail,
         [](SmallCopc& made) {
             // The first point of a chunk is stored as it is.
             put<std::int32_t>(made.bytes, made.chunks[1].offset, 100500);
             return made.chunks[1].offset;
         }},

    };
    for (const auto& damage : damages) expect(damage);
}

TEST(ValidateDamage, OfTheOrderOfTimesFailsOnlyWithAnIndex) {
    for (const auto indexed : {true, false}) {
        auto recipe = test::good_recipe();
        recipe.temporal_index = indexed;
        auto& times = recipe.nodes[1].points.gps_time;
        std::swap(times[9], times[10]);  // not sampled
        const auto made = test::make_copc(recipe);
        const auto report = judge(made.bytes);
        const auto* finding = find(report, "sortedGpsTime");
        ASSERT_NE(finding, nullptr);
        EXPECT_EQ(report.verdict(), indexed ? Verdict::fail : Verdict::warn) << test::complaints(report);
        EXPECT_EQ(finding->verdict, indexed ? Verdict::fail : Verdict::warn);
        EXPECT_EQ(finding->offset, made.chunks[1].offset);
        EXPECT_EQ(finding->info, "1 point earlier than the one before; the first: node 1-0-0-0, row 10");
    }
}

TEST(ValidateDamage, OfTheTemporalIndexIsNamed) {
    const auto fail = Verdict::fail;
    const auto t = &SmallCopc::temporal;
    // Root page: pointer (48), root node (20 + 6 samples), leaf (20 + 5 samples). encode_page writes by key: root,
    // leaf, pointer.
    const auto probe = test::make_copc(test::good_recipe());
    const auto root = FileOffset{32};
    const auto leaf = root + 20 + 8 * temporal::sample_count(40, test::kStride);
    const auto pointer = leaf + 20 + 8 * temporal::sample_count(30, test::kStride);
    const auto child = probe.temporal_child_page - probe.temporal;
    ASSERT_EQ(child, pointer + 48);
    const Damage damages[] = {
        {"version", "temporalVersion", fail, set_in<std::uint32_t>(t, 0, 2)},
        {"stride 0", "temporalStride", fail, set_in<std::uint32_t>(t, 4, 0)},
        {"stride", "temporalSampleCount", fail, then_at(set_in<std::uint32_t>(t, 4, 4), t, root + 16)},
        {"node count", "temporalNodeCount", fail, set_in<std::uint32_t>(t, 8, 4)},
        {"page count", "temporalPageCount", fail, set_in<std::uint32_t>(t, 12, 1)},
        {"root page offset", "temporalPages", fail, set_in<std::uint64_t>(t, 16, 0)},
        {"root page empty", "temporalPages", fail, set_in<std::uint32_t>(t, 24, 0)},
        {"reserved", "temporalReserved", fail, set_in<std::uint32_t>(t, 28, 1)},
        {"key invalid", "temporalKeys", fail, set_in<std::int32_t>(t, leaf, 40)},
        {"key of no node", "temporalNodes", fail, then_at(set_in<std::int32_t>(t, leaf + 4, 1), t, 0)},
        {"key outside its page", "temporalKeys", fail, then_at(set_in<std::int32_t>(t, child + 4, 0), t, child)},
        {"sample NaN", "temporalSamples", fail, set_in(t, leaf + 20 + 8, kNan)},
        {"sample falls", "temporalSamples", fail, set_in(t, leaf + 20 + 8, 1e8)},
        {"sample off", "temporalSampleTimes", fail, then_at(set_in(t, leaf + 20 + 8, 1e8 + 1004.5), t, leaf)},
        {"child page offset", "temporalPages", fail, set_in<std::uint64_t>(t, pointer + 20, 1)},
        {"subtree minimum", "temporalSubtreeRange", fail, set_in(t, pointer + 32, 1e8)},
        {"subtree maximum", "temporalSubtreeRange", fail, set_in(t, pointer + 40, 1e9)},
        {"subtree minimum NaN", "temporalSubtreeRange", fail, set_in(t, pointer + 32, kNan)},
        {"info range ends before a sample", "temporalRange", fail,
         then_at(set_in(&SmallCopc::info, 64, 1e8 + 2003), t, child + 20 + 8)},
    };
    for (const auto& damage : damages) expect(damage);
}

TEST(ValidateDamage, OfTwoKindsIsReportedInBothPlaces) {
    auto made = test::make_copc(test::good_recipe());
    put<std::uint32_t>(made.bytes, 107, 5);
    put<std::uint64_t>(made.bytes, made.info + 72, 1);
    put<std::uint32_t>(made.bytes, made.temporal + 28, 1);
    const auto report = judge(made.bytes);
    for (const auto* id : {"legacyPointCount", "infoReserved", "temporalReserved"})
        EXPECT_EQ(find(report, id)->verdict, Verdict::fail) << id;
}

TEST(ValidateDamage, ByCuttingIsCaughtAtEveryLength) {
    const auto made = test::make_copc(test::good_recipe());
    for (std::size_t size = 0; size < made.bytes.size(); ++size) {
        SCOPED_TRACE(size);
        const auto report = judge(ByteView{made.bytes}.first(size));
        ASSERT_EQ(report.verdict(), Verdict::fail);
        const auto* failure = report.first_failure();
        EXPECT_EQ(failure->code, Code::truncated) << test::complaints(report);
        EXPECT_EQ(failure->offset, size) << test::complaints(report);
    }
}

TEST(ValidateDamage, ByOneByteTooManyIsCaught) {
    auto made = test::make_copc(test::good_recipe());
    const auto size = made.bytes.size();
    made.bytes.push_back(std::byte{0});
    const auto report = judge(made.bytes);
    ASSERT_NE(report.first_failure(), nullptr);
    EXPECT_EQ(report.first_failure()->id, "fileEnd");
    EXPECT_EQ(report.first_failure()->code, Code::trailing_bytes);
    EXPECT_EQ(report.first_failure()->offset, size);
}

/// Bytes that hold values, not structure: another value there is another good file, or an odd one.
std::vector<ByteRange> free_bytes(const SmallCopc& made) {
    std::vector<ByteRange> free{
        {4, 20},               // source id to GUID
        {26, 68},              // texts and date
        {131, 104},            // scales, offsets, bounds: judged by value; waveform offset: warn
        {375, 2},              // reserved: warn
        {382, 11},             // user id behind its NUL
        {397, 32},             // description
        {made.info, 40},       // cube and spacing: judged by value
        {made.info + 56, 16},  // time range: judged by value
        {made.laszip_vlr, 2},
        {made.laszip_vlr + 17, 1},
        {made.laszip_vlr + 22, 32},
        {made.laszip_vlr + 54 + 4, 8},    // version of the compressor, options
        {made.laszip_vlr + 54 + 16, 16},  // special EVLRs
        {made.extra_vlr, 20},             // not found: undescribed bytes, warn
        {made.extra_vlr + 22, 32 + 2 * 192},
        {made.wkt_vlr, 21},  // a shorter one leaves slack, warn
        {made.wkt_vlr + 22, made.point_data - made.wkt_vlr - 22},
        {made.temporal_evlr - 4, 4},  // what the coder of the chunk table appends and nobody reads
        {made.temporal_evlr, 20},     // not found: there is no temporal index
        {made.temporal_evlr + 28, 32},
        {made.hierarchy_evlr, 2},
        {made.hierarchy_evlr + 7, 11},
        {made.hierarchy_evlr + 28, 32},
    };
    for (int item = 0; item < 3; ++item)  // version 2 is read as 3
        free.push_back({made.laszip_vlr + 54 + 34 + 6 * static_cast<FileOffset>(item) + 4, 1});
    constexpr FileOffset kSizes = 4 + 4 * 12;  // point count and layer sizes
    for (const auto& chunk : made.chunks) {
        free.push_back({chunk.offset, kLayoutSize});
        const auto coded = chunk.offset + kLayoutSize + kSizes;  // another value is another point
        free.push_back({coded, chunk.offset + chunk.size - coded});
    }
    return free;
}

TEST(ValidateDamage, OfAnyByteOfStructureIsCaught) {
    const auto made = test::make_copc(test::good_recipe());
    const auto free = free_bytes(made);
    std::string missed;
    for (std::size_t at = 0; at < made.bytes.size(); ++at) {
        const auto is_free = std::any_of(free.begin(), free.end(), [&](const ByteRange& range) {
            return at >= range.offset && at - range.offset < range.size;
        });
        for (const auto mask : is_free ? std::vector{0x80} : std::vector{0x01, 0xff}) {
            auto bytes = made.bytes;
            bytes[at] ^= static_cast<std::byte>(mask);
            const auto report = judge(bytes);  // whatever the byte, it returns
            if (!is_free && report.verdict() != Verdict::fail)
                missed += std::to_string(at) + " ^ " + std::to_string(mask) + "\n";
        }
    }
    EXPECT_EQ(missed, "");
}

TEST(ValidateDamage, OfFilesThatAreNoCopcIsJudgedByLasRules) {
    auto made = test::make_copc(test::good_recipe());
    std::memcpy(made.bytes.data() + 377, "nope", 4);
    put<std::uint32_t>(made.bytes, 107, 5);
    const auto report = judge(made.bytes);
    EXPECT_EQ(report.first_failure()->id, "copc-info");
    EXPECT_EQ(report.first_failure()->info.substr(0, 15), "not a COPC file");
    EXPECT_EQ(find(report, "legacyPointCount")->verdict, Verdict::fail);
    EXPECT_EQ(find(report, "chunkTable")->verdict, Verdict::pass);
    EXPECT_EQ(find(report, "chunksDecode")->verdict, Verdict::pass) << test::complaints(report);
    EXPECT_EQ(find(report, "hierarchyPages"), nullptr);
}

TEST(ValidateDamage, OfUncompressedLasIsFoundInItsRecords) {
    const auto points = test::make_points(test::kRoot, 40, 1e8);
    las::Header header;
    header.global_encoding = las::kGlobalEncodingWkt;
    header.point_format_byte = test::kLayout.format;
    header.record_length = test::kLayout.record_length;
    header.scale = {test::kScale, test::kScale, test::kScale};
    header.offset_to_point_data = header.header_size;
    test::detail::count_and_bound({{{test::kRoot, points}}}, header);
    Bytes bytes;
    las::encode_header(header, bytes);
    las::pack_records(points, 0, points.size(), bytes);

    auto report = judge(bytes);
    EXPECT_EQ(report.first_failure()->id, "copc-info");
    EXPECT_EQ(find(report, "pointData")->verdict, Verdict::pass);
    EXPECT_EQ(find(report, "pointCountByReturn")->verdict, Verdict::pass) << test::complaints(report);
    EXPECT_EQ(find(report, "xyz")->verdict, Verdict::pass) << test::complaints(report);
    EXPECT_EQ(find(report, "laszip-encoded"), nullptr);

    put<std::int32_t>(bytes, header.header_size + 38, 0);
    EXPECT_EQ(find(judge(bytes), "xyz")->info,
              "1 point outside the bounds of the header; the first: chunk at 375, row 1");

    bytes.pop_back();
    report = judge(bytes);
    EXPECT_EQ(report.first_failure()->id, "pointData");
    EXPECT_EQ(report.first_failure()->code, Code::truncated);
    EXPECT_EQ(report.first_failure()->offset, bytes.size());
    EXPECT_EQ(find(report, "xyz"), nullptr);
}

TEST(ValidateDamage, OfAFileThatIsNotLasStopsThere) {
    const Bytes text(1000, std::byte{'x'});
    const auto report = judge(text);
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].id, "fileSignature");
    EXPECT_EQ(report.findings[0].offset, FileOffset{0});
}

}  // namespace
}  // namespace copse
