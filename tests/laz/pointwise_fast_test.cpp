// The fast decoder of point-wise chunks, in every form, against the plain one: real files, odd points, damage.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "laz/codecs.hpp"
#include "laz/damage.hpp"
#include "laz/fast_support.hpp"
#include "laz/pointwise_support.hpp"
#include "support/memory_file.hpp"
#include "support/whole_file.hpp"

namespace copse::laz {
namespace {

using las::ColumnSet;
using las::Points;
using test::by_form;
using test::Chunk;
using test::kAllRows;
using test::Outcome;
using test::Random;
using test::same;
using test::together;
namespace fs = std::filesystem;

class PointwiseFast : public test::EachForm {
protected:
    Random random_{17};
};
COPSE_FOR_EACH_FORM(PointwiseFast);

/// The truth.
Outcome by_plain(const Chunk& chunk, ColumnSet columns = ColumnSet::all(), std::uint64_t rows = kAllRows,
                 Consumption consumption = Consumption::exact) {
    return test::outcome_of(
        make_pointwise_reference_decoder(chunk.format, chunk.bytes, chunk.at, chunk.point_count, consumption), chunk,
        columns, rows);
}

Chunk pointwise_chunk(const ChunkFormat& format, const Points& points, FileOffset at = 0) {
    Chunk chunk{format, {}, points.size(), at};
    EXPECT_TRUE(encode_pointwise_chunk(format, points, 0, points.size(), chunk.bytes));
    return chunk;
}

/// Points of a random character: walks, noise, points that are all alike in some column, correctors of class 32.
Points odd_records(las::PointLayout layout, Random& random, std::size_t count) {
    if (random.once_in(6)) return test::to_points(layout, test::random_bytes_records(layout, count));
    Points points = test::to_points(layout, test::random_records(layout, count, random()));
    if (random.once_in(4)) test::jump_half_around(points, random);
    const std::uint32_t rate = random.once_in(2) ? 3 : 20;
    las::for_each_column(points, [&](auto& column) {
        if (random.once_in(rate)) std::fill(column.begin(), column.end(), column.front());
    });
    return points;
}

/// Calls `use(format)` for PDRF 0 to 5 with some number of extra bytes.
template <class Use>
void for_pointwise_formats(Random& random, Use&& use) {
    for (std::uint8_t point_format = 0; point_format <= 5; ++point_format) {
        const std::uint32_t extra_bytes = random.once_in(6) ? 100 : random.below(6);
        SCOPED_TRACE(testing::Message() << "format " << int{point_format} << ", " << extra_bytes << " extra bytes");
        use(test::pointwise_format(test::legacy_layout(point_format, extra_bytes), 2));
        if (testing::Test::HasFatalFailure()) return;
    }
}

std::vector<const Chunk*> pointers_to(const std::vector<Chunk>& chunks) {
    std::vector<const Chunk*> pointers;
    for (const Chunk& chunk : chunks) pointers.push_back(&chunk);
    return pointers;
}

void expect_same_together(const std::vector<Chunk>& chunks) {
    const auto outcomes = together(pointers_to(chunks));
    for (std::size_t i = 0; i < chunks.size(); ++i)
        ASSERT_TRUE(same(by_plain(chunks[i]), outcomes[i])) << "chunk " << i;
}

// ---- undamaged chunks ---------------------------------------------------------------------------------------------

std::vector<fs::path> shared_laz_files() {
    std::vector<fs::path> paths;
    if (!fs::is_directory(COPSE_SHARED_DATA)) return paths;
    for (const auto& entry : fs::recursive_directory_iterator{COPSE_SHARED_DATA})
        if (entry.path().extension() == ".laz") paths.push_back(entry.path());
    return paths;
}

std::vector<Chunk> chunks_of_file(const fs::path& path) {
    copse::test::MemoryFile source{copse::test::whole_file(path)};
    std::vector<Chunk> chunks;
    const auto info = las::read_file_info(source);
    if (!info) return chunks;
    const auto table = read_chunk_table(source, *info);
    if (!table || table->record.compressor != Compressor::point_wise_chunked) return chunks;
    const auto format = ChunkFormat::from(table->record, info->layout);
    for (const ChunkEntry& entry : table->chunks)
        chunks.push_back({format, source.read({entry.offset, entry.size}).value(), entry.point_count, entry.offset});
    return chunks;
}

TEST_P(PointwiseFast, DecodesRealChunksAsThePlainDecoder) {
    if (shared_laz_files().empty()) GTEST_SKIP() << "no shared data folder";
    std::size_t count = 0;
    for (const fs::path& path : shared_laz_files()) {
        SCOPED_TRACE(path.filename());
        const auto chunks = chunks_of_file(path);
        count += chunks.size();
        if (chunks.empty()) continue;
        const auto outcomes = together(pointers_to(chunks));
        for (std::size_t i = 0; i < chunks.size(); ++i) {
            const Outcome expected = by_plain(chunks[i]);
            ASSERT_TRUE(expected.status);
            ASSERT_TRUE(same(expected, by_form(chunks[i]))) << "chunk " << i;
            ASSERT_TRUE(same(expected, outcomes[i])) << "chunk " << i << ", in a lane";
        }
    }
    EXPECT_GT(count, 40u);
}

TEST_P(PointwiseFast, DecodesOddPointsAsThePlainDecoder) {
    for (unsigned round = 0; round < 15; ++round)
        for_pointwise_formats(random_, [&](const ChunkFormat& format) {
            const Points points = odd_records(format.layout, random_, 1 + random_.below(3000));
            const Chunk chunk = pointwise_chunk(format, points, 1000);
            const Outcome expected = by_plain(chunk);
            ASSERT_EQ(expected.records, test::to_records(points));
            ASSERT_TRUE(same(expected, by_form(chunk))) << "round " << round;
        });
}

TEST_P(PointwiseFast, DecodesChunksTogetherAsOneByOne) {
    for (unsigned round = 0; round < 6; ++round)
        for_pointwise_formats(random_, [&](const ChunkFormat& format) {
            std::vector<Chunk> chunks;
            const std::size_t count = 1 + random_.below(7);
            for (std::size_t i = 0; i < count; ++i) {
                const std::size_t points = random_.once_in(4) ? 1 + random_.below(3) : 1 + random_.below(2000);
                chunks.push_back(pointwise_chunk(format, odd_records(format.layout, random_, points), 10 * i));
            }
            expect_same_together(chunks);
        });
}

TEST_P(PointwiseFast, DecodesAnySlices) {
    for_pointwise_formats(random_, [&](const ChunkFormat& format) {
        const Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 2000));
        auto decoder = open_chunk(format, chunk.bytes, 0, 2000, ColumnSet::all());
        ASSERT_TRUE(decoder);
        EXPECT_EQ((*decoder)->consumed(), format.layout.record_length + 4u);
        Points points{format.layout, ColumnSet::all()};
        while ((*decoder)->remaining() != 0) ASSERT_TRUE((*decoder)->decode(1 + random_.below(700), points));
        EXPECT_EQ((*decoder)->consumed(), chunk.bytes.size());
        ASSERT_EQ(test::to_records(points), by_plain(chunk).records);
    });
}

TEST_P(PointwiseFast, StopsAfterAnyNumberOfRows) {
    for_pointwise_formats(random_, [&](const ChunkFormat& format) {
        const Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 600));
        for (const std::uint64_t rows : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{257},
                                         std::uint64_t{599}, std::uint64_t{random_.below(600)}}) {
            ASSERT_TRUE(same(by_plain(chunk, ColumnSet::all(), rows), by_form(chunk, ColumnSet::all(), rows))) << rows;
            Points points{format.layout, ColumnSet::all()};
            ASSERT_TRUE(decode_chunk(format, chunk.bytes, 0, 600, points, rows));
            EXPECT_EQ(points.size(), rows);
        }
    });
}

TEST_P(PointwiseFast, FillsTheColumnsThatAreWanted) {
    for_pointwise_formats(random_, [&](const ChunkFormat& format) {
        const Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 700));
        for (const ColumnSet columns : test::single_columns(format.layout)) {
            ASSERT_TRUE(same(by_plain(chunk, columns), by_form(chunk, columns))) << columns.fields;
            ASSERT_TRUE(same(by_plain(chunk, columns), together({&chunk, &chunk}, columns)[1])) << columns.fields;
        }
    });
}

TEST_P(PointwiseFast, GivesFormatsWithoutAGpsTimeZeros) {
    const auto layout = test::legacy_layout(2, 0);
    const Chunk chunk = pointwise_chunk(test::pointwise_format(layout, 2), odd_records(layout, random_, 500));
    Points points{layout, ColumnSet::all()};
    points.resize(500);
    std::fill(points.gps_time.begin(), points.gps_time.end(), 1.0);
    ASSERT_TRUE(decode_chunk(chunk.format, chunk.bytes, 0, 500, points));
    EXPECT_EQ(points.gps_time, las::Column<double>(500, 0.0));
    EXPECT_EQ(points.channel, las::Column<std::uint8_t>(500, std::uint8_t{0}));
}

TEST_P(PointwiseFast, TakesTheCountOfEachReturnIntoAccount) {
    // All 256 bytes of return number, number of returns and flags, each after each other.
    const auto layout = test::legacy_layout(0, 0);
    Bytes records = test::random_records(layout, 70000, 3);
    for (std::size_t row = 0; row < 70000; ++row) {
        const std::size_t step = row % 256, from = row / 256 % 256;
        records[row * 20 + 14] = static_cast<std::byte>(from + step * step);
    }
    const Chunk chunk = pointwise_chunk(test::pointwise_format(layout, 2), test::to_points(layout, records));
    EXPECT_TRUE(same(by_plain(chunk), by_form(chunk)));
    expect_same_together({chunk, chunk, chunk});
}

TEST_P(PointwiseFast, FollowsFourSequencesOfTimes) {
    // Lanes that switch, begin anew, stand still and go on at different points.
    const auto layout = test::legacy_layout(1, 0);
    std::vector<Chunk> chunks;
    for (const std::size_t clocks : {std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{5}}) {
        Points points = test::to_points(layout, test::random_records(layout, 3000, 4));
        std::vector<std::uint64_t> times(clocks);
        for (auto& time : times) time = random_.bits64();
        std::size_t clock = 0;
        for (double& time : points.gps_time) {
            if (random_.once_in(20)) clock = random_.below(clocks);
            static constexpr std::array<std::uint64_t, 8> kSteps{0, 1, 1, 2, 12, 499, 500, 100000};
            times[clock] += kSteps[random_.below(kSteps.size())] * 1000 + random_.below(3);
            time = std::bit_cast<double>(times[clock]);
        }
        chunks.push_back(pointwise_chunk(test::pointwise_format(layout, 2), points));
    }
    for (const Chunk& chunk : chunks) ASSERT_TRUE(same(by_plain(chunk), by_form(chunk)));
    expect_same_together(chunks);
}

TEST_P(PointwiseFast, LeavesItemsOfVersion1ToThePlainDecoder) {
    std::vector<Chunk> chunks;
    for (const std::size_t count : {500u, 20u, 700u}) {
        const auto layout = test::legacy_layout(5, 3);
        chunks.push_back(pointwise_chunk(test::pointwise_format(layout, 1), odd_records(layout, random_, count)));
        ASSERT_TRUE(same(by_plain(chunks.back()), by_form(chunks.back())));
    }
    expect_same_together(chunks);
}

TEST_P(PointwiseFast, KnowsWavePacketsUnderBothVersions) {
    auto format = test::pointwise_format(test::legacy_layout(4, 0), 2);
    for (const std::uint16_t version : {std::uint16_t{1}, std::uint16_t{2}}) {
        format.items.back().version = version;
        const Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 500));
        ASSERT_TRUE(by_plain(chunk).status);
        EXPECT_TRUE(same(by_plain(chunk), by_form(chunk)));
    }
}

TEST_P(PointwiseFast, ReadsAChunkWhoseEndIsNotKnown) {
    const auto format = test::pointwise_format(test::legacy_layout(3, 1), 2);
    Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 500));
    const std::size_t size = chunk.bytes.size();
    chunk.bytes = test::grow_by(chunk.bytes, 1000);
    auto decoder = open_chunk(format, chunk.bytes, 0, 500, ColumnSet::all(), Consumption::open);
    ASSERT_TRUE(decoder);
    Points points{format.layout, ColumnSet::all()};
    ASSERT_TRUE((*decoder)->decode(500, points));
    EXPECT_EQ((*decoder)->consumed(), size);
}

// ---- damaged chunks -----------------------------------------------------------------------------------------------

class PointwiseDamage : public PointwiseFast {
protected:
    std::set<std::string> faults_;  // texts of errors met

    /// Decodes alone and in lanes, between a shorter chunk and a longer one that are not damaged.
    void compare(const Chunk& chunk) {
        const Outcome expected = by_plain(chunk);
        if (!expected.status) faults_.insert(expected.status.error().what);
        ASSERT_TRUE(same(expected, by_form(chunk)));
        const Chunk shorter = pointwise_chunk(chunk.format, neighbour(chunk.format.layout, 7));
        const Chunk longer = pointwise_chunk(chunk.format, neighbour(chunk.format.layout, 700));
        const auto lanes = together({&shorter, &chunk, &longer});
        ASSERT_TRUE(same(expected, lanes[1])) << "in a lane";
        ASSERT_TRUE(same(by_plain(shorter), lanes[0]));
        ASSERT_TRUE(same(by_plain(longer), lanes[2]));
    }
    void compare(Chunk chunk, Bytes bytes) {
        chunk.bytes = std::move(bytes);
        compare(chunk);
    }

private:
    static Points neighbour(las::PointLayout layout, std::size_t count) {
        return test::to_points(layout, test::random_records(layout, count, 8));
    }
};
COPSE_FOR_EACH_FORM(PointwiseDamage);

TEST_P(PointwiseDamage, GivesTheErrorOfEveryShorterPrefix) {
    for_pointwise_formats(random_, [&](const ChunkFormat& format) {
        const Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 30), 300);
        const std::size_t step = 1 + chunk.bytes.size() / 150;
        for (std::size_t size = 0; size < chunk.bytes.size(); size += step) {
            SCOPED_TRACE(size);
            compare(chunk, test::cut_to(chunk.bytes, size));
            if (HasFatalFailure()) return;
        }
    });
    EXPECT_EQ(faults_.size(), 3u);
}

TEST_P(PointwiseDamage, GivesTheErrorOfBytesLeftOver) {
    for_pointwise_formats(random_, [&](const ChunkFormat& format) {
        const Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 300), 300);
        for (const std::size_t more : {1u, 4u, 5000u}) compare(chunk, test::grow_by(chunk.bytes, more));
    });
    EXPECT_EQ(faults_.size(), 1u);
}

TEST_P(PointwiseDamage, GivesTheErrorOfAWrongPointCount) {
    for_pointwise_formats(random_, [&](const ChunkFormat& format) {
        Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 600), 300);
        for (const std::uint64_t count : {1u, 2u, 599u, 601u, 5000u, 300000u}) {
            chunk.point_count = count;
            compare(chunk);
        }
    });
}

TEST_P(PointwiseDamage, GivesTheErrorOfAnImpossibleBeginning) {
    for_pointwise_formats(random_, [&](const ChunkFormat& format) {
        const Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 300), 300);
        compare(chunk, test::with(chunk.bytes, format.layout.record_length, std::uint32_t{0xffffffff}));
        compare(chunk, test::with(chunk.bytes, format.layout.record_length, std::uint32_t{0xfeffffff}));
    });
}

TEST_P(PointwiseDamage, GivesThePointsOrTheErrorOfAnyChangedBytes) {
    for (unsigned round = 0; round < 3; ++round)
        for_pointwise_formats(random_, [&](const ChunkFormat& format) {
            const Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 400), 300);
            for (unsigned copy = 0; copy < 15; ++copy) {
                Bytes damaged = chunk.bytes;
                const unsigned changes = random_.once_in(2) ? 1 : 20;
                for (unsigned i = 0; i < changes; ++i)
                    damaged[random_.below(damaged.size())] = static_cast<std::byte>(random_());
                compare(chunk, std::move(damaged));
                if (HasFatalFailure()) return;
            }
        });
    EXPECT_GE(faults_.size(), 3u);
}

TEST_P(PointwiseDamage, StopsAtTheFirstPointsOfNoise) {
    for_pointwise_formats(random_, [&](const ChunkFormat& format) {
        for (unsigned round = 0; round < 30; ++round) {
            Chunk noise{format, Bytes(format.layout.record_length + random_.below(3000)), 5000, 0};
            for (auto& byte : noise.bytes) byte = static_cast<std::byte>(random_());
            compare(noise);
            if (HasFatalFailure()) return;
        }
    });
}

TEST_P(PointwiseFast, TellsEachJobWhatIsWrongWithIt) {
    const auto format = test::pointwise_format(test::legacy_layout(3, 0), 2);
    const Chunk chunk = pointwise_chunk(format, odd_records(format.layout, random_, 300));
    std::array<Points, 4> points;
    points.fill(Points{format.layout, ColumnSet::all()});
    std::array<ChunkJob, 4> jobs;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        jobs[i].bytes = chunk.bytes;
        jobs[i].point_count = 300;
        jobs[i].out = &points[i];
    }
    jobs[0].point_count = 0;
    jobs[1].rows = 0;
    jobs[2].rows = 100;
    wire::Limits limits;
    limits.max_chunk_points = 200;
    decode_chunks(format, jobs, limits);
    EXPECT_EQ(jobs[0].status.error().code, Code::bad_value);
    EXPECT_TRUE(jobs[1].status);
    EXPECT_EQ(points[1].size(), 0u);
    EXPECT_TRUE(jobs[2].status);
    EXPECT_EQ(points[2].size(), 100u);
    EXPECT_EQ(jobs[3].status.error().code, Code::limit_exceeded);
}

}  // namespace
}  // namespace copse::laz
