// Damaged chunks: every form gives the error of the plain decoder, or its points, alone and beside undamaged chunks;
// and under the sanitizers no read or write goes astray.
#include <gtest/gtest.h>

#include <set>

#include "laz/damage.hpp"
#include "laz/fast_support.hpp"

namespace copse::laz {
namespace {

using las::ColumnSet;
using las::Points;
using test::by_form;
using test::by_reference;
using test::Chunk;
using test::chunk_of;
using test::ChunkParts;
using test::odd_points;
using test::Outcome;
using test::Random;
using test::same;

/// A chunk of a few points in which every layer has bytes.
Chunk lively_chunk(const ChunkFormat& format, Random& random, std::size_t count) {
    for (;;) {
        const Chunk chunk = chunk_of(format, test::RandomPoints{format.layout, random()}.make(count), 300);
        const auto layers = ChunkParts{chunk}.layers;
        if (std::none_of(layers.begin(), layers.end(), [](const Bytes& layer) { return layer.empty(); })) return chunk;
    }
}

class FastDamage : public test::EachForm {
protected:
    Random random_{91};
    std::set<std::string> faults_;  // texts of errors met
    std::size_t good_ = 0;

    /// A format and two chunks that are decoded beside the damaged one: a shorter and a longer one.
    void begin(std::uint8_t point_format, std::uint16_t version, std::uint16_t extra_bytes) {
        format_ = test::layered_format(test::layout_of(point_format, extra_bytes), version);
        for (std::size_t i = 0; i < neighbours_.size(); ++i) {
            neighbours_[i] = chunk_of(format_, odd_points(format_.layout, random_, i == 0 ? 7 : 90));
            expected_[i] = by_reference(neighbours_[i]);
        }
    }

    /// Decodes alone and in lanes, whatever the chunk.
    void compare(const Chunk& chunk) {
        const Outcome expected = by_reference(chunk);
        if (expected.status)
            ++good_;
        else
            faults_.insert(expected.status.error().what);
        ASSERT_TRUE(same(expected, by_form(chunk)));
        const auto lanes = test::together({&neighbours_[0], &chunk, &neighbours_[1]});
        ASSERT_TRUE(same(expected, lanes[1])) << "in a lane";
        ASSERT_TRUE(same(expected_[0], lanes[0]));
        ASSERT_TRUE(same(expected_[1], lanes[2]));
    }
    void compare(Chunk chunk, Bytes bytes) {
        chunk.bytes = std::move(bytes);
        compare(chunk);
    }

    template <class Use>
    void for_point_formats(Use&& use) {
        for (std::uint8_t point_format = 6; point_format <= 10; ++point_format) {
            SCOPED_TRACE(int{point_format});
            begin(point_format, point_format % 2 == 0 ? 3 : 4, 2);
            use();
            if (HasFatalFailure()) return;
        }
    }

    ChunkFormat format_;
    std::array<Chunk, 2> neighbours_;
    std::array<Outcome, 2> expected_;
};
COPSE_FOR_EACH_FORM(FastDamage);

TEST_P(FastDamage, OfAnyByteGivesTheSameErrorOrTheSamePoints) {
    for_point_formats([&] {
        const Chunk chunk = lively_chunk(format_, random_, 15);
        for (std::size_t at = 0; at < chunk.bytes.size(); ++at) {
            const auto bit = static_cast<std::byte>(1u << random_.below(8));
            const std::byte values[]{chunk.bytes[at] ^ bit, std::byte{0xff}, std::byte{0},
                                     static_cast<std::byte>(random_())};
            compare(chunk, test::with(chunk.bytes, at, values[random_.once_in(2) ? 0 : random_.below(4)]));
            if (HasFatalFailure()) FAIL() << "byte " << at;
        }
    });
    EXPECT_GT(faults_.size(), 4u);
    EXPECT_GT(good_, 50u);  // the first record may hold anything
}

TEST_P(FastDamage, ByTruncationGivesTheSameError) {
    for_point_formats([&] {
        const Chunk chunk = lively_chunk(format_, random_, 12);
        for (std::size_t size = 0; size < chunk.bytes.size(); ++size) {
            // An exact-size copy, so that AddressSanitizer sees a read beyond it.
            compare(chunk, test::cut_to(chunk.bytes, size));
            if (HasFatalFailure()) FAIL() << size << " bytes";
        }
    });
    EXPECT_EQ(good_, 0u);
}

TEST_P(FastDamage, ByLayersOfOtherSizesGivesTheSameError) {
    for_point_formats([&] {
        const Chunk chunk = lively_chunk(format_, random_, 12);
        const ChunkParts parts{chunk};
        for (std::size_t layer = 0; layer < parts.layers.size(); ++layer)
            for (std::size_t size = 0; size <= parts.layers[layer].size() + 3; ++size) {
                ChunkParts changed = parts;
                changed.layers[layer].resize(size, std::byte{0x5a});
                compare(changed.put_into(chunk));
                if (HasFatalFailure()) FAIL() << "layer " << layer << " of " << size << " bytes";
            }
    });
    EXPECT_GT(good_, 0u);  // what is empty is constant
    EXPECT_TRUE(faults_.contains("layer is longer than its points need"));
}

TEST_P(FastDamage, OfTwoLayersGivesTheFirstError) {
    for_point_formats([&] {
        for (unsigned round = 0; round < 60; ++round) {
            const Chunk chunk = chunk_of(format_, odd_points(format_.layout, random_, 1 + random_.below(1500)), 300);
            ChunkParts parts{chunk};
            for (unsigned i = 0; i < 3; ++i) {
                Bytes& layer = parts.layers[random_.once_in(2) ? 0 : random_.below(parts.layers.size())];
                if (!layer.empty()) layer[random_.below(layer.size())] = static_cast<std::byte>(random_());
            }
            compare(parts.put_into(chunk));
            if (HasFatalFailure()) FAIL() << "round " << round;
        }
    });
}

/// Layers that no encoder writes, made to break what the kernels rely on.
class HostileLayers : public FastDamage {
protected:
    /// Compares a chunk of as many points as say, whose layers `make` makes.
    template <class Make>
    void compare_layers(std::uint32_t point_count, Make&& make) {
        Chunk chunk{format_, {}, point_count, 300};
        ChunkParts parts{neighbours_[0]};
        parts.point_count = point_count;
        for (auto& byte : parts.record) byte = static_cast<std::byte>(random_.once_in(3) ? 0xff : random_());
        for (std::size_t layer = 0; layer < parts.layers.size(); ++layer) parts.layers[layer] = make(layer);
        compare(parts.put_into(chunk));
    }
    Bytes noise(std::size_t size) {
        Bytes bytes(size);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random_());
        return bytes;
    }
};
COPSE_FOR_EACH_FORM(HostileLayers);

TEST_P(HostileLayers, OfNoise) {
    for_point_formats([&] {
        for (unsigned round = 0; round < 80; ++round) {
            // XY first: a long one, so that the others are reached.
            compare_layers(2 + random_.below(400), [&](std::size_t layer) {
                return noise(layer == 0 ? 6000 : 4 + random_.below(random_.once_in(2) ? 20 : 4000));
            });
            if (HasFatalFailure()) FAIL() << "round " << round;
        }
    });
    EXPECT_TRUE(faults_.contains("coded bytes end before the last point"));
    EXPECT_TRUE(faults_.contains("an unmodelled number is larger than its bits allow"));
    EXPECT_TRUE(faults_.contains("the GPS time sequence is switched more than once for a point"));
}

TEST_P(HostileLayers, ThatBeginWithTheLargestNumbers) {
    // value = length - 1 throughout: the last symbol of every alphabet, and quotients beyond 32768.
    for_point_formats([&] {
        for (const unsigned last : {0xffu, 0xfeu, 0xfdu, 0u})
            for (const unsigned rest : {0xffu, 0xfeu, 0u, 0x100u})
                for (const std::size_t size : {3u, 4u, 5u, 40u, 3000u})
                    for (const std::uint32_t points : {1u, 2u, 100u, 1000u})
                        compare_layers(points, [&](std::size_t layer) {
                            Bytes bytes = rest == 0x100 ? noise(size) : Bytes(size, static_cast<std::byte>(rest));
                            for (std::size_t i = 0; i < std::min<std::size_t>(3, size); ++i) bytes[i] = std::byte{0xff};
                            if (size > 3) bytes[3] = static_cast<std::byte>(layer % 3 == 1 ? 0xfe : last);
                            return bytes;
                        });
    });
    EXPECT_TRUE(faults_.contains("a coded byte string cannot start with FF FF FF FF"));
    EXPECT_TRUE(faults_.contains("a coded byte string has at least 4 bytes"));
}

TEST_P(HostileLayers, OfFewBytesForManyPoints) {
    for_point_formats([&] {
        for (const std::uint32_t points : {2u, 257u, 3000u, 100000u})
            for (unsigned round = 0; round < 4; ++round) {
                compare_layers(points, [&](std::size_t) { return noise(4); });
                compare_layers(points, [&](std::size_t) { return Bytes(4 + random_.below(4)); });
                compare_layers(points, [&](std::size_t layer) { return Bytes(layer == 0 ? 4096 : 4); });
                if (HasFatalFailure()) FAIL() << points << " points";
            }
    });
}

TEST_P(HostileLayers, ThatAreTheLastOfTheirChunkAndEndInTheMidstOfAPoint) {
    // Only the last layer is followed by nothing but the padding, so each layer is made the last one with bytes.
    for_point_formats([&] {
        const Chunk chunk = lively_chunk(format_, random_, 60);
        const ChunkParts parts{chunk};
        for (std::size_t last = 0; last < parts.layers.size(); ++last)
            for (unsigned round = 0; round < 20; ++round) {
                ChunkParts changed = parts;
                for (std::size_t layer = last + 1; layer < parts.layers.size(); ++layer) changed.layers[layer].clear();
                if (random_.once_in(2))
                    changed.layers[last] = noise(4 + random_.below(30));
                else
                    changed.layers[last].resize(random_.below(parts.layers[last].size()));
                compare(changed.put_into(chunk));
                if (HasFatalFailure()) FAIL() << "layer " << last;
            }
    });
}

TEST_P(FastDamage, OfPointCountsGivesTheSameError) {
    for_point_formats([&] {
        const Chunk chunk = lively_chunk(format_, random_, 60);
        for (const std::uint32_t count : {0u, 1u, 2u, 59u, 61u, 256u, 257u, 5000u, 1000000u, 60000000u}) {
            Chunk changed = chunk;
            changed.point_count = count;  // by the chunk table alone
            if (count != 0) compare(changed);
            ChunkParts parts{chunk};
            parts.point_count = count;
            if (count != 0) compare(parts.put_into(chunk));
            changed = parts.put_into(chunk);
            changed.point_count = 60;
            compare(changed);
            if (HasFatalFailure()) FAIL() << count;
        }
    });
}

TEST_P(FastDamage, GivesTheSameErrorInWhateverSlices) {
    for_point_formats([&] {
        for (unsigned round = 0; round < 25; ++round) {
            const Chunk good = chunk_of(format_, odd_points(format_.layout, random_, 2500), 300);
            ChunkParts parts{good};
            for (unsigned i = 0; i < 3; ++i) {
                Bytes& layer = parts.layers[i == 0 ? 0 : random_.below(parts.layers.size())];
                if (!layer.empty()) layer[random_.below(layer.size())] ^= std::byte{0x10};
            }
            const Chunk chunk = parts.put_into(good);
            const std::size_t slice = 1 + random_.below(1200);
            Points points{format_.layout, ColumnSet::all()};
            auto decoder = open_chunk(format_, chunk.bytes, chunk.at, chunk.point_count, points.columns);
            Status status{Ok{}};
            if (!decoder) status = decoder.error();
            while (status && (*decoder)->remaining() != 0) {
                const std::size_t before = points.size();
                status = (*decoder)->decode(slice, points);
                // A fault is found with the first row that it spoils.
                const Outcome so_far = test::by_reference_of_whole(chunk, ColumnSet::all(), before + slice);
                ASSERT_TRUE(same(so_far, test::outcome_of(status, points))) << "slices of " << slice;
            }
            ASSERT_TRUE(same(by_reference(chunk), test::outcome_of(status, points)));
            ASSERT_TRUE(!decoder || (*decoder)->remaining() == 0);
        }
    });
}

}  // namespace
}  // namespace copse::laz
