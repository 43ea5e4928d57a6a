// Conversions under memory limits that few points come up against.
#pragma once

#include "build/converting.hpp"

namespace copse::build::testing {

/// Records as wide as this fill little memory with few points.
inline constexpr std::uint16_t kDoubles = 80;

inline las::Vlr doubles_vlr() {
    las::ExtraSchema schema;
    for (unsigned i = 0; i < kDoubles; ++i) {
        auto& dimension = schema.dimensions.emplace_back();
        dimension.name = "d" + std::to_string(i);
        dimension.type = 10;
        dimension.size = 8;
    }
    auto vlr = vlr_of("LASF_Spec", 4, 0);
    vlr.payload = las::encode_extra_schema(schema);
    return vlr;
}

/// Points of the format at the given places, with some of the extra bytes drawn and the others zero.
inline MadeInput wide_input(const las::Points& places, std::uint8_t format, std::uint32_t seed) {
    auto points = test::random_points(test::layout_of(format, kDoubles * 8), places.size(), seed);
    points.x = places.x;
    points.y = places.y;
    points.z = places.z;
    for (std::size_t k = 3; k < points.extra.size(); ++k)
        std::fill(points.extra[k].begin(), points.extra[k].end(), std::uint8_t{0});
    for (std::size_t i = 0; i < points.size(); ++i) points.returns[i] = static_cast<std::uint8_t>(1 + i % 3 + 3 * 16);
    auto input = input_of(std::move(points));
    input.vlrs = {doubles_vlr()};
    input.compressed = true;
    input.chunk_points = 300;
    return input;
}

/// Files of several formats that together hold the points.
inline std::vector<NamedFile> wide_files(const las::Points& places) {
    constexpr auto kFormats = std::to_array<std::uint8_t>({6, 1, 7, 3});
    std::vector<NamedFile> files;
    for (std::size_t f = 0; f < kFormats.size(); ++f) {
        std::vector<std::uint32_t> rows;
        for (auto row = f; row < places.size(); row += kFormats.size()) rows.push_back(static_cast<std::uint32_t>(row));
        const auto input = wide_input(places.gather(rows), kFormats[f], static_cast<std::uint32_t>(f + 1));
        files.push_back({"file" + std::to_string(f), bytes_of(input)});
    }
    return files;
}

inline Options tight(std::uint64_t memory_limit, wire::Scratch* scratch) {
    Options options;
    options.grid = 32;
    options.max_node_points = 300;
    options.memory_limit = memory_limit;
    options.scratch = scratch;
    return options;
}

/// The least limit under which the work begins, as the failure of a smaller one tells.
inline std::uint64_t least_limit(const std::vector<NamedFile>& files) {
    const auto failure = refused(files, tight(0, nullptr));
    EXPECT_EQ(failure.kind, FailureKind::io);
    EXPECT_EQ(failure.error.code, Code::limit_exceeded);
    const auto digits = failure.message.find_first_of("0123456789");
    return digits == std::string::npos ? 0 : std::stoull(failure.message.substr(digits));
}

inline std::string reason(const Conversion& result) {
    return result.outcome.failure ? result.outcome.failure->message : "converted";
}

}  // namespace copse::build::testing
