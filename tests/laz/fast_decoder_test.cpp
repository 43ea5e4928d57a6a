// Every form of the fast decoder gives the very points of the plain decoder: any points, columns, slices.
#include <gtest/gtest.h>

#include <initializer_list>

#include "laz/fast_support.hpp"

namespace copse::laz {
namespace {

using las::ColumnSet;
using las::Points;
using test::by_form;
using test::by_reference;
using test::Chunk;
using test::chunk_of;
using test::for_formats;
using test::odd_points;
using test::Outcome;
using test::outcome_of;
using test::Random;
using test::same;

class FastDecoder : public test::EachForm {};
COPSE_FOR_EACH_FORM(FastDecoder);

TEST_P(FastDecoder, DecodesRandomSurveys) {
    Random random{51};
    for (unsigned round = 0; round < 16; ++round)
        for_formats(random, [&](const ChunkFormat& format) {
            const Points points = odd_points(format.layout, random, 1 + random.below(2000));
            const Chunk chunk = chunk_of(format, points);
            const Outcome expected = by_reference(chunk);
            ASSERT_EQ(expected.records, test::records_of(points));
            ASSERT_TRUE(same(expected, by_form(chunk)));
        });
}

TEST_P(FastDecoder, DecodesChunksThatEndAtTheEdgesOfBlocks) {
    Random random{52};
    for (const std::size_t count : {1u, 2u, 3u, 255u, 256u, 257u, 258u, 511u, 512u, 513u, 514u, 5000u})
        for_formats(random, [&](const ChunkFormat& format) {
            const Chunk chunk = chunk_of(format, odd_points(format.layout, random, count));
            ASSERT_TRUE(same(by_reference(chunk), by_form(chunk))) << count << " points";
        });
}

TEST_P(FastDecoder, DecodesChunksWhoseCountsAreHalvedManyTimes) {
    // Totals of counts are halved above 32768; only long chunks come there.
    Random random{53};
    for (const auto& [point_format, version] : {std::pair{7, 3}, std::pair{8, 4}, std::pair{10, 3}}) {
        const auto format = test::layered_format(test::layout_of(static_cast<std::uint8_t>(point_format), 1),
                                                 static_cast<std::uint16_t>(version));
        const Chunk chunk = chunk_of(format, odd_points(format.layout, random, 60000));
        ASSERT_TRUE(same(by_reference(chunk), by_form(chunk))) << point_format;
    }
}

TEST_P(FastDecoder, DecodesEveryColumnAloneAndRandomSubsets) {
    Random random{54};
    for_formats(random, [&](const ChunkFormat& format) {
        const Chunk chunk = chunk_of(format, odd_points(format.layout, random, 700));
        auto subsets = test::single_columns(format.layout);
        for (unsigned i = 0; i < 10; ++i)
            subsets.push_back(Points{format.layout, test::random_columns(random)}.columns);
        for (const ColumnSet columns : subsets)
            ASSERT_TRUE(same(by_reference(chunk, columns), by_form(chunk, columns)))
                << std::hex << columns.fields << ", extra " << columns.extra;
    });
}

TEST_P(FastDecoder, TakesExtraBytesBeyondThe63rdTogether) {
    Random random{55};
    const auto format = test::layered_format(test::layout_of(6, 70), 3);
    Points points = odd_points(format.layout, random, 300);
    for (auto& column : points.extra)
        for (auto& value : column) value = static_cast<std::uint8_t>(random.below(5));
    const Chunk chunk = chunk_of(format, points);
    for (const unsigned byte : {0u, 62u, 63u}) {
        const ColumnSet columns{0, std::uint64_t{1} << byte};
        ASSERT_TRUE(same(by_reference(chunk, columns), by_form(chunk, columns))) << byte;
    }
    ASSERT_TRUE(same(by_reference(chunk), by_form(chunk)));
}

TEST_P(FastDecoder, StopsAtAnyRow) {
    Random random{56};
    for (unsigned round = 0; round < 6; ++round)
        for_formats(random, [&](const ChunkFormat& format) {
            const Chunk chunk = chunk_of(format, odd_points(format.layout, random, 600));
            for (const std::uint64_t rows : {0u, 1u, 2u, 256u, 257u, 599u, 600u, random.below(600)})
                ASSERT_TRUE(same(by_reference(chunk, ColumnSet::all(), rows), by_form(chunk, ColumnSet::all(), rows)))
                    << rows;
        });
}

TEST_P(FastDecoder, DecodesInSlicesIntoPointsThatGrowAndIntoFreshOnes) {
    Random random{57};
    for (unsigned round = 0; round < 4; ++round)
        for_formats(random, [&](const ChunkFormat& format) {
            const Chunk chunk = chunk_of(format, odd_points(format.layout, random, 1 + random.below(2500)));
            const ColumnSet columns = Points{format.layout, test::random_columns(random)}.columns;
            auto decoder = open_chunk(format, chunk.bytes, 0, chunk.point_count, columns);
            ASSERT_TRUE(decoder);
            Points all{format.layout, columns};
            const std::uint32_t longest = round % 2 == 0 ? 20 : 700;
            while ((*decoder)->remaining() != 0) {
                const std::size_t rows = random.below(longest + 1);
                if (random.once_in(2)) {
                    ASSERT_TRUE((*decoder)->decode(rows, all));
                } else {
                    Points fresh{format.layout, columns};
                    ASSERT_TRUE((*decoder)->decode(rows, fresh));
                    all.append(fresh, 0, fresh.size());
                }
                ASSERT_EQ((*decoder)->remaining(), chunk.point_count - all.size());
            }
            ASSERT_TRUE(same(by_reference(chunk, columns), outcome_of(Ok{}, all)));
            ASSERT_EQ((*decoder)->consumed(), chunk.bytes.size());
        });
}

TEST_P(FastDecoder, FillsTheColumnsThatWereAskedForAmongOthers) {
    // decode() may be given Points of more columns than the decoder was opened with.
    Random random{58};
    for_formats(random, [&](const ChunkFormat& format) {
        const Chunk chunk = chunk_of(format, odd_points(format.layout, random, 400));
        const ColumnSet columns = Points{format.layout, test::random_columns(random)}.columns;
        auto decoder = open_chunk(format, chunk.bytes, 0, chunk.point_count, columns);
        ASSERT_TRUE(decoder);
        Points wide{format.layout, ColumnSet::all()};
        ASSERT_TRUE((*decoder)->decode(chunk.bytes.size(), wide));  // more rows than there are
        Points narrow{format.layout, columns};
        narrow.append(wide, 0, wide.size());
        ASSERT_TRUE(same(by_reference(chunk, columns), outcome_of(Ok{}, narrow)));
    });
}

TEST_P(FastDecoder, DecodesAllReturnCombinationsInAllChannels) {
    Random random{59};
    const auto layout = test::layout_of(7, 0);
    for (const std::uint16_t version : {std::uint16_t{3}, std::uint16_t{4}}) {
        Points points = test::RandomPoints{layout, 3}.make(20000);
        for (std::size_t row = 0; row < points.size(); ++row) {
            points.returns[row] = static_cast<std::uint8_t>(random());
            points.channel[row] = static_cast<std::uint8_t>(random.below(4));
            if (row != 0 && random.once_in(2)) points.gps_time[row] = points.gps_time[row - 1];
        }
        const Chunk chunk = chunk_of(test::layered_format(layout, version), points);
        ASSERT_TRUE(same(by_reference(chunk), by_form(chunk)));
    }
}

TEST_P(FastDecoder, DecodesCorrectorsOfEveryClass) {
    Random random{60};
    for (unsigned round = 0; round < 8; ++round) {
        const auto format = test::layered_format(test::layout_of(6, 0), 3);
        Points points = odd_points(format.layout, random, 3000);
        for (auto* column : {&points.x, &points.y, &points.z})
            for (std::size_t row = 1; row < points.size(); ++row) {
                // One move in a few, of either sign and at the ends of a class, is found as it is: the median is 0.
                const std::uint32_t size = random.below(33);
                std::uint32_t move = size == 0 ? 1 : (1u << (size - 1)) + random.below(2);
                if (size > 1 && random.once_in(2)) move += random() & ((1u << (size - 1)) - 1);
                if (random.once_in(2)) move = 0 - move;
                if (!random.once_in(3)) move = 0;
                (*column)[row] = static_cast<std::int32_t>(static_cast<std::uint32_t>((*column)[row - 1]) + move);
            }
        for (std::size_t row = 1; row < points.size(); ++row) {
            const auto move = static_cast<std::uint16_t>((random.once_in(2) ? 1u : ~0u) << random.below(17));
            points.intensity[row] = static_cast<std::uint16_t>(points.intensity[row - 1] + move);
            points.scan_angle[row] = static_cast<std::int16_t>(points.scan_angle[row - 1] + move);
            points.point_source_id[row] = static_cast<std::uint16_t>(points.point_source_id[row - 1] - move);
        }
        const Chunk chunk = chunk_of(format, points);
        ASSERT_TRUE(same(by_reference(chunk), by_form(chunk)));
    }
}

TEST_P(FastDecoder, DecodesGpsTimesOfEveryKind) {
    Random random{61};
    const auto format = test::layered_format(test::layout_of(6, 0), 3);
    for (unsigned round = 0; round < 12; ++round) {
        Points points = odd_points(format.layout, random, 4000);
        // Five clocks, one more than a channel follows, each with a step of its own and all multiples of it.
        std::array<std::uint64_t, 5> times{}, steps{};
        for (std::size_t i = 0; i < times.size(); ++i) {
            times[i] = random.bits64();
            steps[i] = random() >> random.below(31);
        }
        std::size_t clock = 0;
        for (double& time : points.gps_time) {
            if (random.once_in(10)) clock = random.below(times.size());
            const std::uint64_t multiple = random.once_in(2) ? random.below(530) - 15u : random.once_in(3) ? 0 : 1;
            times[clock] += multiple * steps[clock] + (random.once_in(4) ? random.below(9) : 0);
            time = std::bit_cast<double>(times[clock]);
            if (random.once_in(50)) time = -0.0;
            if (random.once_in(50)) time = std::bit_cast<double>(0x7ff8000000000000u + random.below(2));
        }
        const Chunk chunk = chunk_of(format, points);
        ASSERT_TRUE(same(by_reference(chunk), by_form(chunk)));
    }
}

TEST_P(FastDecoder, LeavesBytesAfterAChunkOfUnknownEndAlone) {
    Random random{62};
    for_formats(random, [&](const ChunkFormat& format) {
        Chunk chunk = chunk_of(format, odd_points(format.layout, random, 200), 1000);
        const std::size_t size = chunk.bytes.size();
        chunk.bytes.insert(chunk.bytes.end(), 5, std::byte{0xff});
        const Outcome expected = by_reference(chunk, ColumnSet::all(), test::kAllRows, Consumption::open);
        ASSERT_TRUE(expected.status);
        ASSERT_TRUE(same(expected, by_form(chunk, ColumnSet::all(), test::kAllRows, Consumption::open)));
        const auto decoder = open_chunk(format, chunk.bytes, 0, 200, ColumnSet::all(), Consumption::open);
        ASSERT_TRUE(decoder);
        EXPECT_EQ((*decoder)->consumed(), size);
        ASSERT_TRUE(same(by_reference(chunk), by_form(chunk)));  // damage where the end is known
    });
}

TEST(FastDecoderForms, AreInUseOnceChosenAndOpenDecodersKeepTheirs) {
    const auto forms = fast::available_kernels();
    ASSERT_FALSE(forms.empty());
    const fast::Kernel& before = fast::kernel();
    EXPECT_EQ(&before, forms.back());
    Random random{63};
    const auto format = test::layered_format(test::layout_of(7, 2), 3);
    const Chunk chunk = chunk_of(format, odd_points(format.layout, random, 900));
    for (const fast::Kernel* form : forms) {
        fast::use_kernel(*form);
        EXPECT_EQ(&fast::kernel(), form);
        auto decoder = open_chunk(format, chunk.bytes, 0, chunk.point_count, ColumnSet::all());
        ASSERT_TRUE(decoder);
        Points points{format.layout, ColumnSet::all()};
        ASSERT_TRUE((*decoder)->decode(450, points));
        fast::use_kernel(form == forms.front() ? *forms.back() : *forms.front());
        ASSERT_TRUE((*decoder)->decode(450, points));
        EXPECT_TRUE(same(by_reference(chunk), outcome_of(Ok{}, points)));
    }
    fast::use_kernel(before);
}

}  // namespace
}  // namespace copse::laz
