#include <gtest/gtest.h>

#include "copse/laz.hpp"
#include "laz/arithmetic_coder.hpp"
#include "laz/chunk_table.hpp"
#include "laz/damage.hpp"
#include "laz/hex.hpp"
#include "laz/integer_coder.hpp"
#include "laz/random.hpp"

namespace copse::laz {
namespace {

using namespace test;

// The vectors V8 of `laz/coder.md`, behind version and count.
constexpr std::string_view kVariableTable =
    "0000000003000000"
    "5523bd943a8e226cc3c5de88c34d000000";
constexpr std::string_view kFixedTable =
    "0000000003000000"
    "7271c0cf66d8bc70000000";
constexpr std::uint64_t kChunkBytes = 12345 + 23456 + 6789;

ChunkTableContext variable_context() {
    ChunkTableContext context;
    context.first_chunk = 383;
    context.table = 383 + kChunkBytes;
    context.file_size = context.table + 25;
    context.point_count = 3500;
    return context;
}

ChunkTableContext fixed_context() {
    auto context = variable_context();
    context.chunk_size = 1500;
    return context;
}

std::vector<ChunkEntry> variable_chunks() {
    return {{383, 12345, 1000}, {383 + 12345, 23456, 2000}, {383 + 12345 + 23456, 6789, 500}};
}

std::vector<ChunkEntry> fixed_chunks() {
    return {{383, 12345, 1500}, {383 + 12345, 23456, 1500}, {383 + 12345 + 23456, 6789, 500}};
}

Bytes encoded(std::span<const ChunkEntry> chunks, std::uint32_t chunk_size) {
    Bytes bytes;
    encode_chunk_table(chunks, chunk_size, bytes);
    return bytes;
}

void expect_error(ByteView bytes, const ChunkTableContext& context, Code code, FileOffset at,
                  const wire::Limits& limits = {}) {
    const auto table = parse_chunk_table(bytes, context, limits);
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, code) << table.error().what;
    EXPECT_EQ(table.error().at, at) << table.error().what;
}

TEST(ChunkTable, ReadsTheVectorOfVariableChunks) {
    const auto table = parse_chunk_table(from_hex(kVariableTable), variable_context());
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(*table, variable_chunks());
}

TEST(ChunkTable, ReadsTheVectorOfFixedChunks) {
    const auto table = parse_chunk_table(from_hex(kFixedTable), fixed_context());
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(*table, fixed_chunks());
}

TEST(ChunkTable, EncodesTheVectors) {
    EXPECT_EQ(to_hex(encoded(variable_chunks(), kVariableChunks)), kVariableTable);
    EXPECT_EQ(to_hex(encoded(fixed_chunks(), 1500)), kFixedTable);
}

TEST(ChunkTable, RejectsEveryShorterPrefix) {
    const auto check = [](std::string_view hex, const ChunkTableContext& context) {
        const auto whole = from_hex(hex);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            SCOPED_TRACE(size);
            const auto table = parse_chunk_table(cut_to(whole, size), context);
            ASSERT_FALSE(table);
            EXPECT_EQ(table.error().code, Code::truncated);
            EXPECT_EQ(table.error().at, context.table + (size < 8 ? size / 4 * 4 : size));
        }
    };
    check(kVariableTable, variable_context());
    check(kFixedTable, fixed_context());
}

TEST(ChunkTable, DoesNotLookAtBytesBehindIt) {
    const auto table = parse_sized_chunk_table(grow_by(from_hex(kVariableTable), 9), variable_context(), {});
    ASSERT_TRUE(table);
    EXPECT_EQ(table->chunks, variable_chunks());
    EXPECT_EQ(table->size, kVariableTable.size() / 2);
}

TEST(ChunkTable, IsReadFromAnUnalignedCopy) {
    const Unaligned copy{from_hex(kVariableTable)};
    const auto table = parse_chunk_table(copy.view(), variable_context());
    ASSERT_TRUE(table);
    EXPECT_EQ(*table, variable_chunks());
}

TEST(ChunkTable, RejectsAnotherVersion) {
    const auto context = variable_context();
    expect_error(with<std::uint32_t>(from_hex(kVariableTable), 0, 1), context, Code::unsupported, context.table);
}

TEST(ChunkTable, RejectsMoreChunksThanFitBeforeIt) {
    auto context = variable_context();
    for (const std::uint32_t count : {2000u, 0xffffffffu})
        expect_error(with<std::uint32_t>(from_hex(kVariableTable), 4, count), context, Code::bad_value,
                     context.table + 4);
    context.table = context.first_chunk - 1;
    expect_error(from_hex(kVariableTable), context, Code::bad_value, context.table);
}

TEST(ChunkTable, HoldsToTheLimitOfChunks) {
    wire::Limits limits;
    limits.max_chunks = 2;
    const auto context = variable_context();
    expect_error(from_hex(kVariableTable), context, Code::limit_exceeded, context.table + 4, limits);
}

TEST(ChunkTable, RejectsChunksThatRunPastIt) {
    auto context = variable_context();
    --context.table;
    expect_error(from_hex(kVariableTable), context, Code::bad_value, context.table + 8);
}

TEST(ChunkTable, RejectsPointsThatAreNotTheHeaders) {
    for (const std::uint64_t points : {0u, 1u, 3499u}) {
        auto context = variable_context();
        context.point_count = points;
        expect_error(from_hex(kVariableTable), context, Code::bad_value, context.table + 8);
    }
    for (const std::uint64_t points : {std::uint64_t{3501}, ~std::uint64_t{0}}) {
        auto context = variable_context();
        context.point_count = points;
        expect_error(from_hex(kVariableTable), context, Code::bad_value, context.table + 4);
    }
}

TEST(ChunkTable, RejectsFixedChunksThatAreNotAsManyAsThePointsNeed) {
    for (const std::uint64_t points : {3001u, 4500u}) {
        auto context = fixed_context();
        context.point_count = points;
        const auto table = parse_chunk_table(from_hex(kFixedTable), context);
        ASSERT_TRUE(table);
        EXPECT_EQ(table->back().point_count, points - 3000);
    }
    auto context = fixed_context();
    context.point_count = 3000;
    expect_error(from_hex(kFixedTable), context, Code::bad_value, context.table + 8);
    context.point_count = 4501;
    expect_error(from_hex(kFixedTable), context, Code::bad_value, context.table + 4);
}

TEST(ChunkTable, OfAFileWithoutPointsIsEightBytes) {
    const auto bytes = encoded({}, 50000);
    EXPECT_EQ(to_hex(bytes), "0000000000000000");
    ChunkTableContext context;
    context.first_chunk = context.table = 235;
    context.file_size = 243;
    const auto table = parse_chunk_table(bytes, context);
    ASSERT_TRUE(table);
    EXPECT_TRUE(table->empty());
    context.point_count = 1;
    expect_error(bytes, context, Code::bad_value, context.table + 4);
}

/// A table of any numbers, also such as encode_chunk_table does not write. Version and count in front.
Bytes raw_table(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& entries, bool variable) {
    Bytes bytes;
    wire::ByteWriter write{bytes};
    write.u32(0);
    write.u32(static_cast<std::uint32_t>(entries.size()));
    ArithmeticEncoder coder;
    IntegerCoder<32, 2> numbers;
    std::int32_t last_points = 0, last_size = 0;
    for (const auto& [points, size] : entries) {
        if (variable) numbers.encode(coder, static_cast<std::int32_t>(points), last_points, 0);
        numbers.encode(coder, static_cast<std::int32_t>(size), last_size, 1);
        last_points = static_cast<std::int32_t>(points);
        last_size = static_cast<std::int32_t>(size);
    }
    write.bytes(coder.finish());
    return bytes;
}

TEST(ChunkTable, DropsEntriesWithoutPointsAndBytes) {
    auto context = variable_context();
    const auto table = parse_chunk_table(raw_table({{0, 0}, {3500, 100}, {0, 0}}, true), context);
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(*table, (std::vector<ChunkEntry>{{383, 100, 3500}}));
    context.chunk_size = 5000;
    const auto fixed = parse_chunk_table(raw_table({{0, 0}, {0, 100}, {0, 0}}, false), context);
    ASSERT_TRUE(fixed) << fixed.error().what;
    EXPECT_EQ(*fixed, *table);
    // The one that some writers put into a file without points.
    context.point_count = 0;
    context.table = context.first_chunk;
    const auto none = parse_chunk_table(raw_table({{0, 0}}, false), context);
    ASSERT_TRUE(none) << none.error().what;
    EXPECT_TRUE(none->empty());
}

TEST(ChunkTable, RejectsPointsWithoutBytesAndBytesWithoutPoints) {
    const auto context = variable_context();
    expect_error(raw_table({{3500, 0}}, true), context, Code::bad_value, context.table + 8);
    expect_error(raw_table({{0, 100}, {3500, 200}}, true), context, Code::bad_value, context.table + 8);
}

TEST(ChunkTable, DoesNotWrapWhereSizesAddUpToMoreThan32Bits) {
    auto context = variable_context();
    context.table = context.first_chunk + 3 * std::uint64_t{0xffffffff};
    context.file_size = context.table + 100;
    const auto table =
        parse_chunk_table(raw_table({{1000, 0xffffffff}, {2000, 0xffffffff}, {500, 0xffffffff}}, true), context);
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(table->back().offset, context.first_chunk + 2 * std::uint64_t{0xffffffff});
    --context.table;
    EXPECT_FALSE(
        parse_chunk_table(raw_table({{1000, 0xffffffff}, {2000, 0xffffffff}, {500, 0xffffffff}}, true), context));
}

TEST(ChunkTable, ReadsBackWhatItEncodes) {
    Random random{7};
    for (unsigned round = 0; round < 100; ++round) {
        SCOPED_TRACE(round);
        std::vector<ChunkEntry> chunks(random.below(60));
        ChunkTableContext context;
        context.first_chunk = context.table = 500;
        for (ChunkEntry& chunk : chunks) {
            chunk = {context.table, 34 + (random() >> random.below(32)) % 0xffffff00u,
                     1 + (random() >> random.below(32)) / 2};
            context.table += chunk.size;
            context.point_count += chunk.point_count;
        }
        context.file_size = context.table + max_chunk_table_size(static_cast<std::uint32_t>(chunks.size()));
        const auto bytes = encoded(chunks, kVariableChunks);
        EXPECT_LE(bytes.size(), max_chunk_table_size(static_cast<std::uint32_t>(chunks.size())));
        const auto table = parse_sized_chunk_table(bytes, context, {});
        ASSERT_TRUE(table) << table.error().what;
        EXPECT_EQ(table->chunks, chunks);
        EXPECT_EQ(table->size, bytes.size());
    }
}

}  // namespace
}  // namespace copse::laz
