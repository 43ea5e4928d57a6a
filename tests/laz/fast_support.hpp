// What the tests of the fast layered decoder share: chunks of odd points, what the plain decoder makes of them, and
// the forms that are compared with it.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "laz/fast/dispatch.hpp"
#include "laz/layered_support.hpp"
#include "laz/random_points.hpp"

namespace copse::laz::test {

// ---- forms --------------------------------------------------------------------------------------------------------

/// A test of every form that this processor runs. The one in use before is put back afterwards.
class EachForm : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        for (const fast::Kernel* form : fast::available_kernels())
            if (GetParam() == form->name) return fast::use_kernel(*form);
        FAIL() << "there is no form " << GetParam();
    }
    void TearDown() override { fast::use_kernel(*before_); }

private:
    const fast::Kernel* before_ = &fast::kernel();
};

inline std::vector<std::string> form_names() {
    std::vector<std::string> names;
    for (const fast::Kernel* form : fast::available_kernels()) names.emplace_back(form->name);
    return names;
}
#define COPSE_FOR_EACH_FORM(Suite)                                                            \
    INSTANTIATE_TEST_SUITE_P(Forms, Suite, testing::ValuesIn(copse::laz::test::form_names()), \
                             [](const auto& form) { return form.param; })

// ---- points -------------------------------------------------------------------------------------------------------

/// Sets one coordinate so that the corrector is -2^31, the only one of class 32, wherever nothing else moves.
inline void jump_half_around(las::Points& points, Random& random) {
    for (auto* column : {&points.x, &points.y, &points.z}) {
        std::uint32_t now = random();
        for (std::int32_t& value : *column) {
            if (random.once_in(5)) now ^= 0x80000000u;
            if (random.once_in(7)) ++now;
            value = static_cast<std::int32_t>(now);
        }
    }
}

/// A survey of a random character, with what fast code might get wrong: few channels or many, correctors of class 32,
/// columns that never change, points that are all alike.
inline las::Points odd_points(las::PointLayout layout, Random& random, std::size_t count) {
    las::Points points = RandomPoints{layout, random()}.make(count);
    const std::uint32_t channels = 1 + random.below(4), from = random();
    const bool each_point = random.once_in(5);
    for (std::size_t row = 0; row < count; ++row) {
        const auto channel = each_point ? static_cast<std::uint32_t>(row) : points.channel[row];
        points.channel[row] = static_cast<std::uint8_t>((channel % channels + from) % 4);
    }
    if (random.once_in(4)) jump_half_around(points, random);
    if (random.once_in(4)) std::fill(points.returns.begin(), points.returns.end(), std::uint8_t{0x11});
    const std::uint32_t rate = random.once_in(2) ? 3 : 20;
    las::for_each_column(points, [&](auto& column) {
        if (random.once_in(rate)) std::fill(column.begin(), column.end(), column.front());
    });
    return points;
}

// ---- chunks -------------------------------------------------------------------------------------------------------

struct Chunk {
    ChunkFormat format;
    Bytes bytes;
    std::uint64_t point_count = 0;
    FileOffset at = 0;

    [[nodiscard]] std::size_t layer_count() const {
        std::size_t count = 9 + (las::has_rgb(format.layout.format) ? 1u : 0u);
        count += las::has_nir(format.layout.format) ? 1u : 0u;
        count += las::has_waveform(format.layout.format) ? 1u : 0u;
        return count + format.layout.extra_bytes();
    }
};

/// By the plain encoder, so that no fast code stands on both sides of a comparison.
inline Chunk chunk_of(const ChunkFormat& format, const las::Points& points, FileOffset at = 0) {
    Chunk chunk{format, {}, points.size(), at};
    const Status status = encode_layered_chunk_reference(format, points, 0, points.size(), chunk.bytes);
    EXPECT_TRUE(status);
    return chunk;
}

/// A chunk taken apart.
struct ChunkParts {
    explicit ChunkParts(const Chunk& chunk) {
        const std::size_t record_length = chunk.format.layout.record_length;
        const ByteView bytes = chunk.bytes;
        record.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(record_length));
        point_count = wire::load_le<std::uint32_t>(bytes.data() + record_length);
        std::size_t from = record_length + 4 + 4 * chunk.layer_count();
        for (std::size_t layer = 0; layer < chunk.layer_count(); ++layer) {
            const auto size = wire::load_le<std::uint32_t>(bytes.data() + record_length + 4 + 4 * layer);
            const ByteView part = bytes.subspan(from, size);
            layers.emplace_back(part.begin(), part.end());
            from += size;
        }
    }

    [[nodiscard]] Bytes joined() const {
        Bytes bytes = record;
        wire::ByteWriter out{bytes};
        out.u32(point_count);
        for (const Bytes& layer : layers) out.u32(static_cast<std::uint32_t>(layer.size()));
        for (const Bytes& layer : layers) out.bytes(layer);
        return bytes;
    }

    /// The same chunk with these parts.
    [[nodiscard]] Chunk put_into(Chunk chunk) const {
        chunk.bytes = joined();
        chunk.point_count = point_count;
        return chunk;
    }

    Bytes record;
    std::uint32_t point_count = 0;
    std::vector<Bytes> layers;
};

// ---- outcomes -----------------------------------------------------------------------------------------------------

/// What came of decoding: the points as records, or the error.
struct Outcome {
    Status status{Ok{}};
    Bytes records;
};

inline Outcome outcome_of(const Status& status, const las::Points& points) {
    return {status, status ? records_of(points) : Bytes{}};
}

inline std::string text_of(const Status& status) {
    if (status) return "ok";
    const Error& error = status.error();
    return std::string{to_string(error.code)} + " at " + std::to_string(error.at) + ": " + error.what;
}

inline testing::AssertionResult same(const Outcome& expected, const Outcome& actual) {
    const std::string wanted = text_of(expected.status), found = text_of(actual.status);
    if (wanted != found) return testing::AssertionFailure() << '"' << found << "\" instead of \"" << wanted << '"';
    if (expected.records.size() != actual.records.size())
        return testing::AssertionFailure()
               << actual.records.size() << " bytes of records instead of " << expected.records.size();
    const auto difference = std::mismatch(actual.records.begin(), actual.records.end(), expected.records.begin()).first;
    if (difference != actual.records.end())
        return testing::AssertionFailure() << "records differ from byte " << difference - actual.records.begin();
    return testing::AssertionSuccess();
}

inline constexpr std::uint64_t kAllRows = ~std::uint64_t{0};

/// Lets a decoder decode up to a row, in one go.
inline Outcome outcome_of(Result<std::unique_ptr<ChunkDecoder>> decoder, const Chunk& chunk, las::ColumnSet columns,
                          std::uint64_t rows) {
    if (!decoder) return {decoder.error(), {}};
    las::Points points{chunk.format.layout, columns};
    const Status status = (*decoder)->decode(static_cast<std::size_t>(std::min(rows, chunk.point_count)), points);
    return outcome_of(status, points);
}

/// The truth.
inline Outcome by_reference(const Chunk& chunk, las::ColumnSet columns = las::ColumnSet::all(),
                            std::uint64_t rows = kAllRows, Consumption consumption = Consumption::exact) {
    return outcome_of(
        make_layered_reference_decoder(chunk.format, chunk.bytes, chunk.at, chunk.point_count, columns, consumption),
        chunk, columns, rows);
}

/// The truth about a part of a chunk. Where there is a fault in it, fast decoders report what the plain one finds in
/// the whole chunk: so the error does not depend on the parts that a chunk is decoded in.
inline Outcome by_reference_of_whole(const Chunk& chunk, las::ColumnSet columns, std::uint64_t rows) {
    Outcome part = by_reference(chunk, columns, rows);
    return part.status ? part : by_reference(chunk, columns);
}

/// By the form in use.
inline Outcome by_form(const Chunk& chunk, las::ColumnSet columns = las::ColumnSet::all(),
                       std::uint64_t rows = kAllRows, Consumption consumption = Consumption::exact) {
    return outcome_of(open_chunk(chunk.format, chunk.bytes, chunk.at, chunk.point_count, columns, consumption), chunk,
                      columns, rows);
}

/// By the form in use, all in one call of decode_chunks.
inline std::vector<Outcome> together(const std::vector<const Chunk*>& chunks,
                                     las::ColumnSet columns = las::ColumnSet::all()) {
    std::vector<las::Points> points(chunks.size());
    std::vector<ChunkJob> jobs(chunks.size());
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        points[i] = las::Points{chunks[i]->format.layout, columns};
        jobs[i].bytes = chunks[i]->bytes;
        jobs[i].at = chunks[i]->at;
        jobs[i].point_count = chunks[i]->point_count;
        jobs[i].out = &points[i];
    }
    decode_chunks(chunks.front()->format, jobs);
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < chunks.size(); ++i) outcomes.push_back(outcome_of(jobs[i].status, points[i]));
    return outcomes;
}

/// Calls `use(format)` for every point format, both item versions, and some number of extra bytes.
template <class Use>
void for_formats(Random& random, Use&& use) {
    for (std::uint8_t point_format = 6; point_format <= 10; ++point_format)
        for (const std::uint16_t version : {std::uint16_t{3}, std::uint16_t{4}}) {
            const std::uint32_t extra_bytes = random.once_in(6) ? 20 : random.below(6);
            SCOPED_TRACE(testing::Message() << "format " << int{point_format} << ", version " << version << ", "
                                            << extra_bytes << " extra bytes");
            use(layered_format(layout_of(point_format, static_cast<std::uint16_t>(extra_bytes)), version));
            if (testing::Test::HasFatalFailure()) return;
        }
}

/// Every column of a layout alone, with x and y, which are always decoded.
inline std::vector<las::ColumnSet> single_columns(const las::PointLayout& layout) {
    std::vector<las::ColumnSet> columns{las::ColumnSet::xy()};
    for (std::uint32_t field = 1; field <= las::ColumnSet::wave; field <<= 1)
        if (const las::ColumnSet one{field, 0}; las::Points{layout, one}.columns == one) columns.push_back(one);
    for (unsigned byte = 0; byte < layout.extra_bytes() && byte < 64; ++byte)
        columns.push_back({0, std::uint64_t{1} << byte});
    return columns;
}

}  // namespace copse::laz::test
