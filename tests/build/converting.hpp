// Converts files in memory and takes the result apart.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "copse/build.hpp"
#include "copse/check.hpp"
#include "copse/copc.hpp"
#include "copse/io.hpp"
#include "copse/temporal.hpp"
#include "support/made_input.hpp"
#include "support/memory_file.hpp"

namespace copse::build::testing {

using namespace test;

/// Runs bodies on real threads, the last ones first.
class ThreadExecutor final : public wire::Executor {
public:
    explicit ThreadExecutor(unsigned threads) : threads_{threads} {}
    void for_each(std::size_t count, const std::function<void(std::size_t)>& body) override {
        std::vector<std::thread> running;
        for (unsigned t = 0; t < threads_; ++t)
            running.emplace_back([&, t] {
                for (std::size_t i = t; i < count; i += threads_) body(count - 1 - i);
            });
        for (auto& thread : running) thread.join();
    }
    [[nodiscard]] unsigned concurrency() const override { return threads_; }

private:
    unsigned threads_;
};

struct NamedFile {
    std::string name;
    Bytes bytes;
};

struct Conversion {
    Outcome outcome;
    Bytes bytes;
};

inline Conversion run(const std::vector<NamedFile>& files, const Options& options = {}, unsigned threads = 1,
                      CrsService* crs = nullptr, const Progress& progress = {}) {
    std::vector<std::unique_ptr<io::MemorySource>> sources;
    std::vector<Input> inputs;
    for (const auto& file : files) {
        sources.push_back(std::make_unique<io::MemorySource>(ByteView{file.bytes}));
        inputs.push_back({file.name, sources.back().get()});
    }
    io::MemorySink sink;
    ThreadExecutor executor{threads};
    Conversion result;
    result.outcome = convert(inputs, options, sink, executor, crs, progress);
    result.bytes = sink.take();
    EXPECT_NE(result.outcome.report.has_value(), result.outcome.failure.has_value());
    return result;
}

/// Converts what must succeed.
inline Bytes converted(const std::vector<NamedFile>& files, const Options& options = {}, Report* report = nullptr) {
    auto result = run(files, options);
    if (result.outcome.failure) {
        ADD_FAILURE() << result.outcome.failure->message;
        return {};
    }
    if (report != nullptr) *report = *result.outcome.report;
    return std::move(result.bytes);
}

inline Bytes converted(const MadeInput& input, const Options& options = {}, Report* report = nullptr) {
    return converted({{"a.las", bytes_of(input)}}, options, report);
}

/// Converts what must not.
inline Failure refused(const std::vector<NamedFile>& files, const Options& options = {}, CrsService* crs = nullptr) {
    const auto result = run(files, options, 1, crs);
    if (!result.outcome.failure) {
        ADD_FAILURE() << "was converted";
        return {};
    }
    return *result.outcome.failure;
}

inline ::testing::AssertionResult names_both(const Failure& failure, FailureKind kind = FailureKind::bad_request) {
    if (failure.kind == kind && failure.message.find("a.las") != std::string::npos &&
        failure.message.find("b.las") != std::string::npos)
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << static_cast<int>(failure.kind) << ": " << failure.message;
}

/// A converted file, taken apart. Pages are read by their offsets, one after the other.
struct Output {
    las::FileInfo file;
    copc::Info info;
    struct Node {
        copc::Entry entry;
        las::Points points;
        std::vector<double> samples;
    };
    std::map<copc::VoxelKey, Node> nodes;
    std::optional<temporal::Header> temporal;

    /// All records in no order, sorted as bytes.
    [[nodiscard]] std::vector<Bytes> records() const {
        std::vector<Bytes> all;
        for (const auto& [key, node] : nodes)
            for (std::size_t row = 0; row < node.points.size(); ++row) {
                all.emplace_back();
                las::pack_records(node.points, row, row + 1, all.back());
            }
        std::sort(all.begin(), all.end());
        return all;
    }
};

inline ByteView part_of(const Bytes& bytes, ByteRange range) {
    EXPECT_LE(range.end(), bytes.size());
    return ByteView{bytes}.subspan(range.offset, range.size);
}

inline void read_hierarchy(const Bytes& bytes, ByteRange range, Output& out) {
    const auto entries = copc::parse_page(part_of(bytes, range), range.offset).value();
    for (const auto& entry : entries) {
        if (entry.is_page())
            read_hierarchy(bytes, entry.range(), out);
        else
            out.nodes[entry.key].entry = entry;
    }
}

inline void read_samples(const Bytes& bytes, ByteRange range, Output& out) {
    const auto page = temporal::parse_page(part_of(bytes, range), range.offset).value();
    for (const auto& node : page.nodes) {
        EXPECT_TRUE(out.nodes.contains(node.key));
        out.nodes[node.key].samples = node.samples;
    }
    for (const auto& pointer : page.pages) read_samples(bytes, pointer.page, out);
}

inline Output take_apart(const Bytes& bytes) {
    Output out;
    io::MemorySource source{ByteView{bytes}};
    out.file = las::read_file_info(source).value();
    out.info = copc::parse_info(out.file.vlrs.at(0).payload, copc::kInfoVlrAt + las::kVlrHeaderSize).value();
    read_hierarchy(bytes, out.info.root_page, out);
    if (const auto* index = las::find_vlr(out.file.evlrs, temporal::kUserId, temporal::kRecordId)) {
        out.temporal = temporal::parse_header(index->payload, index->payload_at()).value();
        read_samples(bytes, out.temporal->root_page, out);
    }
    const auto format = laz::ChunkFormat::for_layout(out.file.layout);
    for (auto& [key, node] : out.nodes) {
        node.points = las::Points{out.file.layout, las::ColumnSet::all()};
        if (!node.entry.has_points()) continue;
        const auto status = laz::decode_chunk(format, part_of(bytes, node.entry.range()), node.entry.offset,
                                              static_cast<std::uint64_t>(node.entry.point_count), node.points);
        EXPECT_TRUE(status);
    }
    return out;
}

/// The records that points become in the given format, sorted as bytes.
inline std::vector<Bytes> records_as(las::Points points, std::uint8_t format) {
    las::convert_points(points, format);
    std::vector<Bytes> all;
    for (std::size_t row = 0; row < points.size(); ++row) {
        all.emplace_back();
        las::pack_records(points, row, row + 1, all.back());
    }
    std::sort(all.begin(), all.end());
    return all;
}

/// What the validator fails, as text.
inline std::string faults(const Bytes& bytes) {
    io::MemorySource source{ByteView{bytes}};
    wire::SerialExecutor executor;
    check::Options options;
    options.deep = true;
    std::string text;
    for (const auto& finding : check::validate(source, options, executor).findings)
        if (finding.verdict == check::Verdict::fail) text += finding.id + ": " + finding.info + "\n";
    return text;
}

}  // namespace copse::build::testing
