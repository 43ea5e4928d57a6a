// Several chunks in one call: each as if it had been alone.
#include <gtest/gtest.h>

#include "laz/fast_support.hpp"

namespace copse::laz {
namespace {

using las::ColumnSet;
using las::Points;
using test::Chunk;
using test::chunk_of;
using test::ChunkParts;
using test::for_formats;
using test::odd_points;
using test::outcome_of;
using test::Random;
using test::same;

/// Chunks, how many rows of each are wanted, and what is compared: decode_chunk of each alone.
struct Batch {
    explicit Batch(ChunkFormat of) : format{std::move(of)} {}

    ChunkFormat format;
    std::vector<Chunk> chunks;
    std::vector<std::uint64_t> rows;
    ColumnSet columns = ColumnSet::all();
    wire::Limits limits;

    void add(Chunk chunk, std::uint64_t wanted = test::kAllRows) {
        chunk.at = 100000 * (chunks.size() + 1);
        chunks.push_back(std::move(chunk));
        rows.push_back(wanted);
    }

    void compare() const {
        std::vector<Points> points(chunks.size(), Points{format.layout, columns});
        std::vector<ChunkJob> jobs(chunks.size());
        for (std::size_t i = 0; i < chunks.size(); ++i) {
            points[i].resize(i % 3);  // rows that are there are replaced
            jobs[i] = {chunks[i].bytes, chunks[i].at, chunks[i].point_count, &points[i], rows[i]};
        }
        for (unsigned time = 0; time < 2; ++time) {  // a second time, over what the first left
            decode_chunks(format, jobs, limits);
            for (std::size_t i = 0; i < chunks.size(); ++i) {
                Points alone{format.layout, columns};
                const Status status =
                    decode_chunk(format, chunks[i].bytes, chunks[i].at, chunks[i].point_count, alone, rows[i], limits);
                ASSERT_TRUE(same(outcome_of(status, alone), outcome_of(jobs[i].status, points[i])))
                    << "chunk " << i << " of " << chunks.size() << ", time " << time;
                ASSERT_TRUE(!status || alone.size() == std::min(rows[i], chunks[i].point_count));
                // The limit is not the reference's affair, nor is a count of 0.
                if (rows[i] > limits.max_chunk_points && chunks[i].point_count > limits.max_chunk_points) continue;
                if (chunks[i].point_count == 0) continue;
                ASSERT_TRUE(same(test::by_reference_of_whole(chunks[i], columns, rows[i]), outcome_of(status, alone)));
            }
        }
    }
};

class DecodeChunks : public test::EachForm {
protected:
    Random random_{81};

    Chunk chunk(const ChunkFormat& format, std::size_t count) {
        return chunk_of(format, odd_points(format.layout, random_, count));
    }
    /// Chunks of one survey, whose points are of the same kind: the case that lanes are made for.
    std::vector<Chunk> survey(const ChunkFormat& format, std::size_t chunks, std::size_t longest) {
        const Points points = odd_points(format.layout, random_, chunks * longest);
        std::vector<Chunk> cut;
        for (std::size_t i = 0, row = 0; i < chunks; ++i) {
            Points part{format.layout, ColumnSet::all()};
            const std::size_t count = 1 + random_.below(longest);
            part.append(points, row, row + count);
            row += count;
            cut.push_back(chunk_of(format, part));
        }
        return cut;
    }
    Chunk damaged(const Chunk& good) {
        ChunkParts parts{good};
        for (unsigned i = 0; i < 3; ++i) {
            Bytes& layer = parts.layers[random_.once_in(3) ? 0 : random_.below(parts.layers.size())];
            if (layer.empty()) continue;
            switch (random_.below(6)) {
                case 0:
                    layer.pop_back();
                    break;
                case 1:
                    layer.resize(1 + random_.below(layer.size()));
                    break;
                case 2:
                    layer.push_back(std::byte{0});
                    break;
                case 3:
                    layer.front() = std::byte{0xff};
                    break;
                default:
                    layer[random_.below(layer.size())] ^= static_cast<std::byte>(1 + random_.below(255));
            }
        }
        return parts.put_into(good);
    }
};
COPSE_FOR_EACH_FORM(DecodeChunks);

TEST_P(DecodeChunks, GivesEachChunkItsPoints) {
    for (const std::size_t jobs : {0u, 1u, 2u, 3u, 4u, 7u, 20u})
        for_formats(random_, [&](const ChunkFormat& format) {
            Batch batch{format};
            for (std::size_t i = 0; i < jobs; ++i) batch.add(chunk(format, 1 + random_.below(jobs < 7 ? 1200 : 300)));
            batch.compare();
        });
}

TEST_P(DecodeChunks, GivesChunksOfOneSurveyTheirPoints) {
    for (unsigned round = 0; round < 3; ++round)
        for_formats(random_, [&](const ChunkFormat& format) {
            Batch batch{format};
            for (Chunk& part : survey(format, 2 + random_.below(6), 800)) batch.add(std::move(part));
            batch.compare();
            batch.columns = Points{format.layout, test::random_columns(random_)}.columns;
            batch.compare();
        });
}

TEST_P(DecodeChunks, DecodesColoursAndTimesThatChangeInEveryLane) {
    // The lanes take a symbol of a layer together only where all of them have one.
    for (const int version : {3, 4})
        for (unsigned round = 0; round < 6; ++round) {
            const auto format = test::layered_format(test::layout_of(8, 1), static_cast<std::uint16_t>(version));
            Points points = odd_points(format.layout, random_, 4000);
            std::uint64_t time = random_.bits64();
            const std::uint32_t calm = round % 2 == 0 ? 200 : 4;
            for (std::size_t row = 0; row < points.size(); ++row) {
                time += random_.once_in(calm) ? random_.bits64() : 1000u * (1 + random_.below(3)) + random_.below(5);
                points.gps_time[row] = std::bit_cast<double>(time);
                for (auto* column : {&points.red, &points.green, &points.blue, &points.nir})
                    (*column)[row] = static_cast<std::uint16_t>(random_() & (random_.once_in(2) ? 0xffffu : 0xfu));
                if (random_.once_in(calm)) points.blue[row] = points.green[row] = points.red[row];
            }
            Batch batch{format};
            for (std::size_t row = 0; row < 4000; row += 1000) {
                Points part{format.layout, ColumnSet::all()};
                part.append(points, row, row + 1000 - random_.below(300));
                batch.add(chunk_of(format, part));
            }
            batch.compare();
        }
}

TEST_P(DecodeChunks, StopsEachChunkAtItsRow) {
    for (unsigned round = 0; round < 3; ++round)
        for_formats(random_, [&](const ChunkFormat& format) {
            Batch batch{format};
            for (unsigned i = 0; i < 8; ++i) {
                const std::uint64_t rows[]{0, 1, 2, 257, random_.below(600), test::kAllRows};
                batch.add(chunk(format, 1 + random_.below(600)), rows[random_.below(6)]);
            }
            batch.compare();
        });
}

TEST_P(DecodeChunks, ReportsDamageAsForAChunkAlone) {
    for (unsigned round = 0; round < 3; ++round)
        for_formats(random_, [&](const ChunkFormat& format) {
            Batch batch{format};
            for (unsigned i = 0; i < 6; ++i) {
                Chunk next = chunk(format, 1 + random_.below(600));
                if (random_.once_in(2)) next = damaged(next);
                batch.add(std::move(next), random_.once_in(4) ? random_.below(600) : test::kAllRows);
            }
            batch.compare();
        });
}

TEST_P(DecodeChunks, ReportsTheFirstOfTwoFaultsWhicheverBlocksTheLanesTake) {
    // Z ends first, XY later but still in the block that a chunk alone would be decoded in; shorter neighbours cut that
    // block in pieces.
    const auto format = test::layered_format(test::layout_of(6, 0), 3);
    for (const std::size_t length : {300u, 900u, 1500u}) {
        const Chunk good = chunk_of(format, test::RandomPoints{format.layout, 2}.make(length));
        for (const double z_part : {0.02, 0.1, 0.3, 0.7})
            for (const double xy_part : {0.1, 0.25, 0.5, 0.9}) {
                ChunkParts parts{good};
                const auto shorten = [&](std::size_t layer, double part) {
                    Bytes& bytes = parts.layers[layer];
                    bytes.resize(static_cast<std::size_t>(static_cast<double>(bytes.size()) * part));
                };
                shorten(0, xy_part);
                shorten(1, z_part);
                const Chunk bad = parts.put_into(good);
                ASSERT_TRUE(same(test::by_reference(bad), test::by_form(bad))) << length << ' ' << xy_part;
                Batch batch{format};
                batch.add(chunk(format, 30));
                batch.add(bad);
                batch.add(chunk(format, 100));
                batch.add(bad, length - 1);
                batch.add(chunk(format, length));
                batch.compare();
            }
    }
}

TEST_P(DecodeChunks, ChecksJobsInTheOrderOfDecodeChunk) {
    auto format = test::layered_format(test::layout_of(7, 0), 3);
    Batch batch{format};
    const Chunk good = chunk(format, 50);
    batch.limits.max_chunk_points = 40;
    batch.add(good);
    batch.add(good, 40);
    batch.add(good, 41);
    Chunk wrong = good;
    wrong.point_count = 0;
    batch.add(wrong);
    wrong.point_count = 30;
    batch.add(wrong);
    wrong.point_count = std::uint64_t{1} << 40;
    batch.add(wrong);
    batch.add(wrong, 5);
    batch.add(wrong, 0);
    wrong = good;
    wrong.bytes.clear();
    batch.add(wrong);
    batch.add(wrong, 0);
    batch.compare();
    batch.format.items[0].version = 1;  // of no format
    for (Chunk& each : batch.chunks) each.format = batch.format;
    batch.compare();
}

TEST_P(DecodeChunks, LooksAtTheBeginningsOfLayersEvenIfNoRowIsWanted) {
    const auto format = test::layered_format(test::layout_of(6, 0), 3);
    Batch batch{format};
    const Chunk good = chunk_of(format, test::RandomPoints{format.layout, 2}.make(60));
    for (std::size_t layer = 0; layer < 9; ++layer) {
        ChunkParts parts{good};
        parts.layers[layer].assign(4, std::byte{0xff});
        batch.add(parts.put_into(good), 0);
        parts.layers[layer].assign(3, std::byte{0});
        batch.add(parts.put_into(good), 0);
        batch.add(parts.put_into(good), 1);
        batch.add(good, 0);
    }
    batch.compare();
}

TEST_P(DecodeChunks, TakesFurtherColumnsTogetherToo) {
    for (const std::size_t count : {1u, 2u, 3u, 8u})
        for_formats(random_, [&](const ChunkFormat& format) {
            const ColumnSet first = random_.once_in(2) ? ColumnSet::xyz() : test::random_columns(random_);
            const ColumnSet further = ColumnSet::all() - first;
            std::vector<Chunk> chunks;
            std::vector<Points> points(count, Points{format.layout, ColumnSet::all()});
            std::vector<ChunkJob> jobs(count);
            for (std::size_t i = 0; i < count; ++i) {
                Chunk next = chunk(format, 1 + random_.below(random_.once_in(4) ? 2 : 700));
                if (random_.once_in(3)) next = damaged(next);
                chunks.push_back(std::move(next));
            }
            for (std::size_t i = 0; i < count; ++i) {
                jobs[i].bytes = chunks[i].bytes;
                jobs[i].point_count = chunks[i].point_count;
                jobs[i].out = &points[i];
                jobs[i].rows = random_.once_in(3) ? random_.below(700) : test::kAllRows;
                jobs[i].steps = Steps::several;
                points[i].columns = points[i].columns - (points[i].columns - first);
            }
            decode_chunks(format, jobs);
            std::vector<FurtherJob> steps;
            std::vector<std::size_t> of;
            for (std::size_t i = 0; i < count; ++i) {
                ASSERT_TRUE(same(test::by_reference_of_whole(chunks[i], first, jobs[i].rows),
                                 outcome_of(jobs[i].status, points[i])));
                if (!jobs[i].status || points[i].size() == 0) continue;
                Points wide{format.layout, ColumnSet::all()};
                wide.resize(points[i].size());
                points[i] = std::move(wide);
                ASSERT_NE(jobs[i].decoder, nullptr);
                const std::size_t rows = random_.once_in(2) ? points[i].size() : random_.below(points[i].size() + 1);
                steps.push_back({jobs[i].decoder.get(), further, rows, &points[i]});
                of.push_back(i);
            }
            decode_further(steps);
            for (std::size_t k = 0; k < steps.size(); ++k) {
                const Chunk& its = chunks[of[k]];
                const auto wanted = [&](const Points& all) {
                    // X, Y, returns and channel are those of the first step.
                    Points part{format.layout, further};
                    part.append(all, 0, steps[k].rows);
                    for (auto* column : {&part.x, &part.y}) std::fill(column->begin(), column->end(), 0);
                    for (auto* column : {&part.returns, &part.channel})
                        std::fill(column->begin(), column->end(), std::uint8_t{0});
                    return part;
                };
                auto plain = test::by_reference_of_whole(its, further, steps[k].rows);
                if (steps[k].rows == 0) plain = {};
                if (plain.status)
                    plain.records = test::records_of(wanted(test::points_from_records(format.layout, plain.records)));
                const Points found = steps[k].status ? wanted(points[of[k]]) : Points{format.layout, further};
                ASSERT_TRUE(same(plain, outcome_of(steps[k].status, found))) << k;
            }
        });
}

/// Keeps what it is handed, and wants no more after so many rows.
struct Taken {
    Points points;
    std::size_t enough = 0;
    std::size_t largest = 0;

    [[nodiscard]] TakeRows taker() {
        return [this](const Points& block) {
            EXPECT_LT(points.size(), enough) << "more rows, though no more were wanted";
            points.append(block, 0, block.size());
            largest = std::max(largest, block.size());
            return points.size() < enough;
        };
    }
};

Points first_rows(const Points& points, std::size_t rows) {
    Points first{points.layout, points.columns};
    first.append(points, 0, rows);
    return first;
}

TEST_P(DecodeChunks, HandsRowsOnAsItWouldKeepThem) {
    for (const std::size_t count : {1u, 2u, 3u, 8u})
        for_formats(random_, [&](const ChunkFormat& format) {
            std::vector<Chunk> chunks;
            for (std::size_t i = 0; i < count; ++i) {
                Chunk next = chunk(format, 1 + random_.below(random_.once_in(4) ? 2 : 1500));
                if (random_.once_in(4)) next = damaged(next);
                chunks.push_back(std::move(next));
            }
            const ColumnSet columns = random_.once_in(2) ? ColumnSet::all() : test::random_columns(random_);
            std::vector<Points> room(count, Points{format.layout, columns});
            std::vector<Taken> taken(count);
            std::vector<ChunkJob> jobs(count);
            for (std::size_t i = 0; i < count; ++i) {
                taken[i].points = Points{format.layout, columns};
                taken[i].enough = random_.once_in(2) ? ~std::size_t{0} : 1 + random_.below(1500);
                jobs[i] = {chunks[i].bytes, chunks[i].at, chunks[i].point_count, &room[i]};
                if (random_.once_in(3)) jobs[i].rows = random_.below(1500);
                if (!random_.once_in(4)) jobs[i].take = taken[i].taker();  // those that keep theirs are undisturbed
            }
            wire::Limits limits;
            limits.max_chunk_points = 1500;
            decode_chunks(format, jobs, limits);
            for (std::size_t i = 0; i < count; ++i) {
                const auto whole = test::by_reference_of_whole(chunks[i], columns, jobs[i].rows);
                if (!jobs[i].take) {
                    ASSERT_TRUE(same(whole, outcome_of(jobs[i].status, room[i])));
                    continue;
                }
                ASSERT_LE(taken[i].largest, 257u);
                const bool stopped = taken[i].points.size() >= taken[i].enough;
                if (!stopped) {
                    const auto found = jobs[i].status ? taken[i].points : Points{format.layout, columns};
                    ASSERT_TRUE(same(whole, outcome_of(jobs[i].status, found)));
                } else if (whole.status) {
                    ASSERT_TRUE(jobs[i].status);
                    const auto all = test::points_from_records(format.layout, whole.records);
                    ASSERT_EQ(test::records_of(taken[i].points),
                              test::records_of(first_rows(all, taken[i].points.size())));
                }
            }
        });
}

TEST_P(DecodeChunks, HandsRowsOnFromChunksOfAnySize) {
    const auto format = ChunkFormat::for_layout(test::layout_of(6, 2));
    const Chunk large = chunk_of(format, test::RandomPoints{format.layout, 2}.make(3000));
    Points room{format.layout, ColumnSet::all()};
    Taken taken{Points{format.layout, ColumnSet::all()}, ~std::size_t{0}};
    std::array<ChunkJob, 1> jobs;
    jobs[0] = {large.bytes, 0, 3000, &room};
    wire::Limits limits;
    limits.max_chunk_points = 1000;
    decode_chunks(format, jobs, limits);
    EXPECT_EQ(jobs[0].status.error().code, Code::limit_exceeded);
    jobs[0].take = taken.taker();
    decode_chunks(format, jobs, limits);
    ASSERT_TRUE(jobs[0].status);
    EXPECT_EQ(taken.points.size(), 3000u);
    EXPECT_LE(room.size(), 257u);
}

TEST_P(DecodeChunks, HandsRowsOfFurtherColumnsOnToo) {
    for (const std::size_t count : {1u, 3u, 5u})
        for_formats(random_, [&](const ChunkFormat& format) {
            const ColumnSet first = random_.once_in(2) ? ColumnSet::xyz() : test::random_columns(random_);
            const ColumnSet further = ColumnSet::all() - first;
            std::vector<Chunk> chunks;
            std::vector<Points> room(count, Points{format.layout, first}), further_room(count);
            std::vector<ChunkJob> jobs(count);
            for (std::size_t i = 0; i < count; ++i) {
                chunks.push_back(chunk(format, 1 + random_.below(random_.once_in(4) ? 2 : 1500)));
                jobs[i] = {chunks[i].bytes, chunks[i].at, chunks[i].point_count, &room[i]};
            }
            for (auto& job : jobs) {
                job.steps = Steps::several;
                job.take = [](const Points&) { return true; };
            }
            decode_chunks(format, jobs);
            std::vector<FurtherJob> steps(count);
            std::vector<Taken> taken(count);
            for (std::size_t i = 0; i < count; ++i) {
                ASSERT_TRUE(jobs[i].status);
                further_room[i] = taken[i].points = Points{format.layout, further};
                taken[i].enough = random_.once_in(2) ? ~std::size_t{0} : 1 + random_.below(1500);
                steps[i] = {jobs[i].decoder.get(), further, 1 + random_.below(chunks[i].point_count), &further_room[i]};
                steps[i].take = taken[i].taker();
            }
            decode_further(steps);
            for (std::size_t i = 0; i < count; ++i) {
                ASSERT_TRUE(steps[i].status);
                auto& points = taken[i].points;
                ASSERT_GE(points.size(), std::min(steps[i].rows, taken[i].enough));
                ASSERT_LE(points.size(), steps[i].rows);
                const auto whole = test::by_reference_of_whole(chunks[i], further, points.size());
                auto wanted = test::points_from_records(format.layout, whole.records);
                // X, Y, returns and channel are those of the first step.
                for (auto* each : {&points, &wanted}) {
                    for (auto* column : {&each->x, &each->y}) std::fill(column->begin(), column->end(), 0);
                    for (auto* column : {&each->returns, &each->channel})
                        std::fill(column->begin(), column->end(), std::uint8_t{0});
                }
                ASSERT_EQ(test::records_of(points), test::records_of(first_rows(wanted, points.size())));
            }
        });
}

TEST_P(DecodeChunks, HandsRowsOfPointWiseChunksOnToo) {
    for (const std::uint8_t format_id : std::initializer_list<std::uint8_t>{1, 3}) {
        const auto layout = test::layout_of(format_id, 1);
        const auto format = ChunkFormat::for_layout(layout);
        std::array<Points, 3> points, room;
        std::array<Bytes, 3> chunks;
        std::array<Taken, 3> taken;
        std::array<ChunkJob, 3> jobs;
        for (std::size_t i = 0; i < 3; ++i) {
            points[i] = test::RandomPoints{layout, static_cast<unsigned>(i + 1)}.make(700 + i);
            ASSERT_TRUE(encode_chunk(format, points[i], 0, points[i].size(), chunks[i]));
            room[i] = taken[i].points = Points{layout, ColumnSet::all()};
            taken[i].enough = i == 2 ? 300 : ~std::size_t{0};
            jobs[i] = {chunks[i], 0, points[i].size(), &room[i]};
            if (i != 1) jobs[i].take = taken[i].taker();
        }
        decode_chunks(format, jobs);
        for (const auto& job : jobs) ASSERT_TRUE(job.status);
        EXPECT_EQ(test::records_of(taken[0].points), test::records_of(points[0]));
        EXPECT_EQ(test::records_of(room[1]), test::records_of(points[1]));
        EXPECT_GE(taken[2].points.size(), 300u);
        EXPECT_LT(taken[2].points.size(), 700u);
        EXPECT_EQ(test::records_of(taken[2].points), test::records_of(first_rows(points[2], taken[2].points.size())));
    }
}

TEST_P(DecodeChunks, DecodesPointWiseChunksToo) {
    const auto layout = test::layout_of(1, 0);
    const auto format = ChunkFormat::for_layout(layout);
    std::array<Points, 3> points, decoded;
    std::array<Bytes, 3> chunks;
    std::array<ChunkJob, 3> jobs;
    for (std::size_t i = 0; i < 3; ++i) {
        points[i] = decoded[i] = Points{layout, ColumnSet::all()};
        points[i].resize(10 + i);
        las::unpack_records(Bytes((10 + i) * layout.record_length, static_cast<std::byte>(i)), points[i], 0);
        ASSERT_TRUE(encode_chunk(format, points[i], 0, 10 + i, chunks[i]));
        jobs[i] = {chunks[i], 0, 10 + i, &decoded[i]};
    }
    chunks[1].resize(chunks[1].size() - 1);
    jobs[1].bytes = chunks[1];
    decode_chunks(format, jobs);
    EXPECT_FALSE(jobs[1].status);
    for (const std::size_t i : {0u, 2u}) {
        ASSERT_TRUE(jobs[i].status);
        EXPECT_EQ(test::records_of(decoded[i]), test::records_of(points[i]));
    }
}

}  // namespace
}  // namespace copse::laz
