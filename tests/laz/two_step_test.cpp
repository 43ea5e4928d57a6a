// First the columns that tell which points are wanted, then the others: the same as all in one step.
#include <gtest/gtest.h>

#include "laz/fast_support.hpp"

namespace copse::laz {
namespace {

using las::ColumnSet;
using las::Points;
using test::by_reference;
using test::Chunk;
using test::chunk_of;
using test::ChunkParts;
using test::for_formats;
using test::odd_points;
using test::Outcome;
using test::outcome_of;
using test::Random;
using test::same;

constexpr ColumnSet kXyzTime{ColumnSet::z | ColumnSet::gps_time, 0};

Result<std::unique_ptr<ChunkDecoder>> open_for_steps(const Chunk& chunk, ColumnSet columns) {
    return open_chunk(chunk.format, chunk.bytes, chunk.at, chunk.point_count, columns, Consumption::exact,
                      Steps::several);
}

/// Rows of the columns only, of points that may have others.
Outcome outcome_in(const Status& status, const Points& points, ColumnSet columns, std::size_t rows) {
    Points part{points.layout, columns};
    if (status) part.append(points, 0, rows);
    return outcome_of(status, part);
}

class TwoSteps : public test::EachForm {
protected:
    Random random_{71};

    Chunk chunk(const ChunkFormat& format, std::size_t count) {
        return chunk_of(format, odd_points(format.layout, random_, count), 5000);
    }
    ColumnSet random_first() {
        if (random_.once_in(4)) return test::random_columns(random_);
        return std::array{ColumnSet::xy(), ColumnSet::xyz(), kXyzTime}[random_.below(3)];
    }
};
COPSE_FOR_EACH_FORM(TwoSteps);

TEST_P(TwoSteps, GiveWhatOneStepGives) {
    for (unsigned round = 0; round < 6; ++round)
        for_formats(random_, [&](const ChunkFormat& format) {
            const Chunk chunk = this->chunk(format, 1 + random_.below(1500));
            const ColumnSet first = random_first();
            auto decoder = open_for_steps(chunk, first);
            ASSERT_TRUE(decoder);
            Points points{format.layout, ColumnSet::all()};
            while ((*decoder)->remaining() != 0) ASSERT_TRUE((*decoder)->decode(1 + random_.below(900), points));
            ASSERT_TRUE(same(by_reference(chunk, first), outcome_in(Ok{}, points, first, points.size())));
            ASSERT_TRUE((*decoder)->decode_further(ColumnSet::all() - first, points.size(), points));
            ASSERT_TRUE(same(by_reference(chunk), outcome_of(Ok{}, points)));
        });
}

TEST_P(TwoSteps, MayBeMany) {
    for_formats(random_, [&](const ChunkFormat& format) {
        const Chunk chunk = this->chunk(format, 1 + random_.below(1500));
        ColumnSet left = ColumnSet::all();
        auto decoder = open_for_steps(chunk, ColumnSet::xy());
        ASSERT_TRUE(decoder);
        Points points{format.layout, ColumnSet::all()};
        ASSERT_TRUE((*decoder)->decode(chunk.point_count, points));
        for (unsigned step = 0; step < 4; ++step) {
            const ColumnSet drawn = step == 3 ? ColumnSet::all() : test::random_columns(random_);
            const ColumnSet next = left - (left - drawn);
            ASSERT_TRUE((*decoder)->decode_further(next, points.size(), points));
            left = left - next;
            const ColumnSet so_far = ColumnSet::all() - left;
            ASSERT_TRUE(same(by_reference(chunk, so_far), outcome_in(Ok{}, points, so_far, points.size())));
        }
    });
}

TEST_P(TwoSteps, GoUpToAnyRow) {
    for (unsigned round = 0; round < 4; ++round)
        for_formats(random_, [&](const ChunkFormat& format) {
            const Chunk chunk = this->chunk(format, 700);
            const ColumnSet first = random_first();
            const ColumnSet further = ColumnSet::all() - first;
            for (const std::size_t rows : {0u, 1u, 2u, 256u, 257u, 258u, random_.below(700), 699u, 700u}) {
                auto decoder = open_for_steps(chunk, first);
                ASSERT_TRUE(decoder);
                Points points{format.layout, ColumnSet::all()};
                ASSERT_TRUE((*decoder)->decode(700, points));
                ASSERT_TRUE((*decoder)->decode_further(further, rows, points));
                ASSERT_TRUE(
                    same(by_reference(chunk, ColumnSet::all(), rows), outcome_in(Ok{}, points, ColumnSet::all(), rows)))
                    << rows << " rows";
            }
        });
}

TEST_P(TwoSteps, BeginBeforeTheChunkIsDecodedToItsEnd) {
    for_formats(random_, [&](const ChunkFormat& format) {
        const Chunk chunk = this->chunk(format, 700);
        for (const std::size_t decoded : {1u, 2u, 257u, 500u}) {
            const ColumnSet first = random_first();
            auto decoder = open_for_steps(chunk, first);
            ASSERT_TRUE(decoder);
            Points points{format.layout, ColumnSet::all()};
            ASSERT_TRUE((*decoder)->decode(decoded, points));
            const std::size_t rows = 1 + random_.below(decoded);
            ASSERT_TRUE((*decoder)->decode_further(ColumnSet::all() - first, rows, points));
            ASSERT_TRUE(
                same(by_reference(chunk, ColumnSet::all(), rows), outcome_in(Ok{}, points, ColumnSet::all(), rows)));
            // What comes after is not disturbed.
            ASSERT_TRUE((*decoder)->decode(700, points));
            ASSERT_TRUE(same(by_reference(chunk, first), outcome_in(Ok{}, points, first, 700)));
        }
    });
}

TEST_P(TwoSteps, ReportDamageOfFurtherLayersAsThePlainDecoderDoes) {
    std::size_t damaged = 0;
    for (unsigned round = 0; round < 10; ++round)
        for_formats(random_, [&](const ChunkFormat& format) {
            const Chunk good = this->chunk(format, 400);
            ChunkParts parts{good};
            const std::size_t layer = 2 + random_.below(parts.layers.size() - 2);  // neither XY nor Z
            Bytes& bytes = parts.layers[layer];
            switch (random_.below(4)) {
                case 0:
                    bytes.assign(4, std::byte{0xff});
                    break;
                case 1:
                    bytes.resize(bytes.size() / 2);
                    break;
                case 2:
                    bytes.push_back(std::byte{0});
                    break;
                default:
                    for (auto& byte : bytes) byte = static_cast<std::byte>(random_());
            }
            const Chunk chunk = parts.put_into(good);
            const ColumnSet further = ColumnSet::all() - ColumnSet::xyz();
            for (const std::size_t rows : {1u, 200u, 400u}) {
                auto decoder = open_for_steps(chunk, ColumnSet::xyz());
                ASSERT_TRUE(decoder);
                Points points{format.layout, ColumnSet::all()};
                ASSERT_TRUE((*decoder)->decode(400, points));
                const Status status = (*decoder)->decode_further(further, rows, points);
                ASSERT_TRUE(
                    same(test::by_reference_of_whole(chunk, further, rows), outcome_in(status, points, further, rows)))
                    << "layer " << layer << ", " << rows << " rows";
                if (status) continue;
                ++damaged;
                // The decoder is finished.
                ASSERT_FALSE((*decoder)->decode_further(ColumnSet{}, rows, points));
                ASSERT_FALSE((*decoder)->decode(1, points));
            }
        });
    EXPECT_GT(damaged, 50u);
}

TEST_P(TwoSteps, AreNotDisturbedByDamageOfLayersThatNobodyAskedFor) {
    for_formats(random_, [&](const ChunkFormat& format) {
        const Chunk good = this->chunk(format, 300);
        ChunkParts parts{good};
        for (std::size_t layer = 2; layer < parts.layers.size(); ++layer)
            if (layer != 4) parts.layers[layer].assign(4, std::byte{0xff});  // 4: intensity
        const Chunk chunk = parts.put_into(good);
        auto decoder = open_for_steps(chunk, ColumnSet::xyz());
        ASSERT_TRUE(decoder);
        const ColumnSet both{ColumnSet::z | ColumnSet::intensity, 0};
        Points points{format.layout, both};
        ASSERT_TRUE((*decoder)->decode(300, points));
        ASSERT_TRUE((*decoder)->decode_further({ColumnSet::intensity, 0}, 300, points));
        ASSERT_TRUE(same(by_reference(good, both), outcome_of(Ok{}, points)));
    });
}

TEST_P(TwoSteps, LeavePointWiseChunksAsTheyAre) {
    const auto layout = test::layout_of(3, 0);
    const auto format = ChunkFormat::for_layout(layout);
    Points points{layout, ColumnSet::all()};
    points.resize(10);
    las::unpack_records(Bytes(10u * layout.record_length, std::byte{1}), points, 0);
    Bytes chunk;
    ASSERT_TRUE(encode_chunk(format, points, 0, 10, chunk));
    auto decoder = open_chunk(format, chunk, 0, 10, ColumnSet::all(), Consumption::exact, Steps::several);
    ASSERT_TRUE(decoder);
    Points decoded{layout, ColumnSet::all()};
    ASSERT_TRUE((*decoder)->decode(10, decoded));
    ASSERT_TRUE((*decoder)->decode_further(ColumnSet::all() - ColumnSet::xyz(), 10, decoded));
    EXPECT_EQ(test::records_of(decoded), test::records_of(points));
}

}  // namespace
}  // namespace copse::laz
