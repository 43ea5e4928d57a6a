// What is left of damaged inputs, and what the report says of the rest.
#include <gtest/gtest.h>

#include <numeric>

#include "build/converting.hpp"
#include "copse/laz.hpp"

namespace copse::build {
namespace {

using namespace testing;

constexpr std::size_t kPoints = 6000, kChunk = 500;

Options skipping(bool skip = true) {
    Options options;
    options.grid = 32;
    options.max_node_points = 200;
    options.skip_damaged = skip;
    return options;
}

MadeInput chunked(std::uint8_t format, std::uint32_t seed = 1) {
    auto input = input_of(survey(format, kPoints, seed));
    input.compressed = true;
    input.chunk_points = kChunk;
    return input;
}

std::vector<las::PointBlock> blocks_of(const Bytes& file) {
    io::MemorySource source{ByteView{file}};
    const auto reader = laz::open(source, {}).value();
    return {reader->blocks().begin(), reader->blocks().end()};
}

/// Breaks the structure of a chunk of format 6 to 8: a layer becomes longer than the chunk.
void damage_chunk(Bytes& file, const las::PointBlock& block, std::uint8_t format) {
    const auto first_layer_size = block.bytes.offset + las::base_record_length(format) + 4;
    wire::store_le<std::uint32_t>(file.data() + first_layer_size, 0x7fffffff);
}

/// Records of the rows, as the output should hold them.
std::vector<Bytes> rows_but(const las::Points& points, std::span<const las::PointBlock> lost, std::uint8_t format) {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < points.size(); ++row) {
        const bool is_lost = std::any_of(lost.begin(), lost.end(), [row](const las::PointBlock& block) {
            return row >= block.first_point && row < block.first_point + block.point_count;
        });
        if (!is_lost) rows.push_back(row);
    }
    return records_as(points.gather(rows), format);
}

void expect_sums(const Report& report, std::uint64_t declared) {
    EXPECT_EQ(report.points_in + report.skipped_points, declared);
    EXPECT_EQ(report.points_out, report.points_in);
    std::uint64_t told = 0;
    for (const auto& part : report.skipped) told += part.points;
    EXPECT_EQ(told, report.skipped_points);
}

TEST(SkipDamaged, LeavesOutDamagedChunksAloneAndNamesThem) {
    for (const std::uint8_t format : {std::uint8_t{6}, std::uint8_t{7}, std::uint8_t{8}}) {
        auto input = chunked(format);
        const auto whole = bytes_of(input);
        const auto blocks = blocks_of(whole);
        ASSERT_EQ(blocks.size(), kPoints / kChunk);
        for (const auto& damaged : {std::vector<std::size_t>{0}, std::vector<std::size_t>{4},
                                    std::vector<std::size_t>{11}, std::vector<std::size_t>{2, 3, 7, 8, 9}}) {
            auto bytes = whole;
            std::vector<las::PointBlock> lost;
            for (const auto index : damaged) {
                damage_chunk(bytes, blocks[index], format);
                lost.push_back(blocks[index]);
            }
            Report report;
            const auto output = converted({{"a.laz", bytes}}, skipping(), &report);
            EXPECT_EQ(faults(output), "");
            EXPECT_EQ(take_apart(output).records(), rows_but(input.points, lost, format));
            expect_sums(report, kPoints);
            ASSERT_EQ(report.skipped.size(), lost.size());
            for (std::size_t i = 0; i < lost.size(); ++i) {
                EXPECT_EQ(report.skipped[i].file, "a.laz");
                EXPECT_EQ(report.skipped[i].points, kChunk);
                EXPECT_GE(report.skipped[i].error.at, lost[i].bytes.offset);
                EXPECT_LE(report.skipped[i].error.at, lost[i].bytes.offset + lost[i].bytes.size);
            }
            for (const unsigned threads : {2u, 8u}) EXPECT_EQ(run({{"b", bytes}}, skipping(), threads).bytes, output);
            if (damaged.size() > 1) continue;
            const auto failure = refused({{"a.laz", bytes}}, skipping(false));
            EXPECT_EQ(failure.kind, FailureKind::bad_data);
            EXPECT_EQ(failure.error.at, report.skipped[0].error.at);
        }
    }
}

TEST(SkipDamaged, ChangesNothingOfSoundInputs) {
    const std::vector<NamedFile> files{{"a.laz", bytes_of(chunked(6, 1))}, {"b.laz", bytes_of(chunked(1, 2))}};
    Report report;
    EXPECT_EQ(converted(files, skipping(), &report), converted(files, skipping(false)));
    EXPECT_EQ(report.skipped_points, 0u);
    EXPECT_TRUE(report.skipped.empty());
}

TEST(SkipDamaged, KeepsWhatATruncatedLasFileStillHolds) {
    auto input = input_of(survey(6, kPoints, 1));
    const auto whole = bytes_of(input);
    const auto begin = las::parse_header(whole).value().offset_to_point_data;
    for (const std::size_t left : {std::size_t{0}, std::size_t{1}, std::size_t{2999}, kPoints - 1}) {
        auto bytes = whole;
        bytes.resize(begin + left * 30 + 17);
        Report report;
        const auto output =
            converted({{"a.las", bytes}, {"b.las", bytes_of(input_of(survey(6, 100, 2)))}}, skipping(), &report);
        EXPECT_EQ(faults(output), "");
        EXPECT_EQ(report.points_in, left + 100);
        expect_sums(report, kPoints + 100);
        ASSERT_EQ(report.skipped.size(), 1u);
        EXPECT_EQ(report.skipped[0].file, "a.las");
        EXPECT_EQ(report.skipped[0].error.code, Code::truncated);
        EXPECT_EQ(refused({{"a.las", bytes}}, skipping(false)).error.at, report.skipped[0].error.at);
    }
}

/// Without the table, which lies at the end, chunks are found one after the other.
TEST(SkipDamaged, KeepsTheChunksBeforeTheEndOfATruncatedLazFile) {
    for (const std::uint8_t format : {std::uint8_t{1}, std::uint8_t{6}}) {
        SCOPED_TRACE(int{format});
        auto input = chunked(format);
        auto bytes = bytes_of(input);
        const auto cut = blocks_of(bytes)[7];
        bytes.resize(cut.bytes.offset + cut.bytes.size / 2);
        Report report;
        const auto output = converted({{"a.laz", bytes}}, skipping(), &report);
        EXPECT_EQ(faults(output), "");
        expect_sums(report, kPoints);
        EXPECT_GE(report.points_in, 7 * kChunk);
        ASSERT_EQ(report.skipped.size(), 1u);
        EXPECT_GE(report.skipped[0].error.at, cut.bytes.offset);
        EXPECT_EQ(run({{"a.laz", bytes}}, skipping(), 4).bytes, output);
        EXPECT_EQ(refused({{"a.laz", bytes}}, skipping(false)).kind, FailureKind::bad_data);
    }
}

TEST(SkipDamaged, ReadsFilesInSequenceUpToTheDamage) {
    auto input = chunked(6);
    auto bytes = bytes_of(input);
    const auto damaged = blocks_of(bytes)[5];
    wire::store_le<std::uint64_t>(bytes.data() + las::parse_header(bytes).value().offset_to_point_data, 0);
    ASSERT_TRUE(blocks_of(bytes).empty());
    EXPECT_EQ(take_apart(converted({{"a.laz", bytes}}, skipping())).records(), records_as(input.points, 6));

    damage_chunk(bytes, damaged, 6);
    Report report;
    const auto output = converted({{"a.laz", bytes}, {"b.laz", bytes_of(chunked(6, 9))}}, skipping(), &report);
    EXPECT_EQ(faults(output), "");
    expect_sums(report, 2 * kPoints);
    EXPECT_GE(report.points_in, kPoints + 5 * kChunk);
    ASSERT_EQ(report.skipped.size(), 1u);
    EXPECT_EQ(report.skipped[0].file, "a.laz");
    EXPECT_GE(report.skipped[0].error.at, damaged.bytes.offset);
    EXPECT_EQ(refused({{"a.laz", bytes}}, skipping(false)).error.at, report.skipped[0].error.at);
}

TEST(SkipDamaged, MakesAValidFileWhereNothingCanBeRead) {
    auto bytes = bytes_of(chunked(6));
    for (const auto& block : blocks_of(bytes)) damage_chunk(bytes, block, 6);
    Report report;
    const auto output = converted({{"a.laz", bytes}}, skipping(), &report);
    EXPECT_EQ(faults(output), "");
    expect_sums(report, kPoints);
    EXPECT_EQ(report.points_in, 0u);
    EXPECT_EQ(report.skipped.size(), kPoints / kChunk);
}

TEST(SkipDamaged, NamesTheFirstThousandPartsAndCountsAll) {
    auto input = chunked(6);
    input.chunk_points = 4;
    auto bytes = bytes_of(input);
    for (const auto& block : blocks_of(bytes)) damage_chunk(bytes, block, 6);
    Report report;
    converted({{"a.laz", bytes}}, skipping(), &report);
    EXPECT_EQ(report.skipped_points, kPoints);
    ASSERT_EQ(report.skipped.size(), 1000u);
    EXPECT_TRUE(std::is_sorted(report.skipped.begin(), report.skipped.end(),
                               [](const Skipped& a, const Skipped& b) { return a.error.at < b.error.at; }));
}

/// The header's box says too little as well: everything is read twice, and counted once.
TEST(SkipDamaged, CountsPartsOnceWhereInputsAreReadAgain) {
    auto input = chunked(6);
    input.box_grown_by = {-100, -100, 0};
    auto bytes = bytes_of(input);
    const auto block = blocks_of(bytes)[6];
    damage_chunk(bytes, block, 6);
    Report report;
    const auto output = converted({{"a.laz", bytes}}, skipping(), &report);
    EXPECT_EQ(report.rescans, 1u);
    expect_sums(report, kPoints);
    EXPECT_EQ(report.skipped_points, kChunk);
    EXPECT_EQ(faults(output), "");
    EXPECT_EQ(run({{"a.laz", bytes}}, skipping(), 5).bytes, output);
}

TEST(SkipDamaged, DoesNotExcuseADiskThatFails) {
    class FailingSource final : public wire::Source {
    public:
        explicit FailingSource(const Bytes& bytes) : bytes_{bytes} {}
        [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
        Status read_into(FileOffset offset, std::span<std::byte> out) override {
            if (const auto inside = require_inside(offset, out.size()); !inside) return inside;
            if (offset <= bytes_.size() / 2 && offset + out.size() > bytes_.size() / 2)
                return Error{Code::io_failed, offset, "the disk is gone", 5};
            std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
            return Ok{};
        }

    private:
        const Bytes& bytes_;
    };
    const auto bytes = bytes_of(chunked(6));
    FailingSource source{bytes};
    const Input input{"a.laz", &source};
    io::MemorySink sink;
    wire::SerialExecutor executor;
    const auto outcome = convert({&input, 1}, skipping(), sink, executor);
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(outcome.failure->kind, FailureKind::io);
    EXPECT_EQ(outcome.failure->file, "a.laz");
}

TEST(SkipDamaged, LeavesOutWholeFilesThatCannotBeOpened) {
    constexpr std::size_t kCountAt = 247;  // LAS 1.4 R15, "Public Header Block"
    const auto good = bytes_of(chunked(6));
    auto other_count = good, no_signature = good;
    wire::store_le<std::uint64_t>(other_count.data() + kCountAt, kPoints + 40);
    no_signature[0] = std::byte{'X'};
    const auto alone = converted({{"good.laz", good}}, skipping());
    const std::pair<Bytes, std::uint64_t> files[] = {{other_count, kPoints + 40}, {no_signature, 0}};
    for (const auto& [bytes, declared] : files) {
        const auto result = run({{"a.laz", bytes}, {"good.laz", good}}, skipping());
        ASSERT_TRUE(result.outcome.report);
        EXPECT_EQ(result.bytes, alone);
        ASSERT_EQ(result.outcome.report->skipped.size(), 1u);
        EXPECT_EQ(result.outcome.report->skipped[0].file, "a.laz");
        EXPECT_EQ(result.outcome.report->skipped_points, declared);

        const auto failure = refused({{"good.laz", good}, {"a.laz", bytes}});
        EXPECT_EQ(failure.kind, FailureKind::bad_data);
        EXPECT_EQ(failure.file, "a.laz");
        EXPECT_EQ(refused({{"a.laz", bytes}}, skipping()).file, "a.laz");  // nothing is left
    }
}

}  // namespace
}  // namespace copse::build
