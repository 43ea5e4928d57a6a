// Layered chunks of real files, in every form.
#include <gtest/gtest.h>

#include <filesystem>

#include "laz/fast_support.hpp"
#include "support/whole_file.hpp"

namespace copse::laz {
namespace {

namespace fs = std::filesystem;
using las::ColumnSet;
using test::Chunk;
using test::Outcome;
using test::same;

class FileBytes final : public wire::Source {
public:
    explicit FileBytes(const fs::path& path) : bytes_{copse::test::whole_file(path)} {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    Status read_into(FileOffset offset, std::span<std::byte> out) override {
        if (offset > size() || size() - offset < out.size()) return Error{Code::truncated, size(), "the file ends"};
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return Ok{};
    }

private:
    Bytes bytes_;
};

/// The chunks of a layered file; of other files none.
std::vector<Chunk> layered_chunks(const fs::path& path) {
    FileBytes source{path};
    const auto reader = open(source);
    if (!reader) return {};
    const auto table = read_chunk_table(source, (*reader)->info());
    if (!table || table->record.compressor != Compressor::layered_chunked) return {};
    const auto& header = (*reader)->info().header;
    const auto format = ChunkFormat::from(table->record, {header.format(), header.record_length});
    std::vector<Chunk> chunks;
    for (const ChunkEntry& entry : table->chunks) {
        auto bytes = source.read({entry.offset, entry.size});
        if (!bytes) return {};
        chunks.push_back({format, std::move(*bytes), entry.point_count, entry.offset});
    }
    return chunks;
}

TEST(FastFiles, GiveTheSamePointsInEveryForm) {
    // Of long chunks the first rows: their rest is more of the same.
    constexpr std::uint64_t kRows = 20000;
    const fs::path folder{COPSE_SHARED_DATA};
    if (!fs::exists(folder)) GTEST_SKIP() << "the shared data folder is absent";
    const fast::Kernel& before = fast::kernel();
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        if (entry.path().extension() != ".laz") continue;
        const std::vector<Chunk> chunks = layered_chunks(entry.path());
        if (chunks.empty()) continue;
        ++files;
        SCOPED_TRACE(entry.path().filename());
        std::vector<Outcome> expected;
        for (const Chunk& chunk : chunks) expected.push_back(test::by_reference(chunk, ColumnSet::all(), kRows));
        for (const fast::Kernel* form : fast::available_kernels()) {
            fast::use_kernel(*form);
            std::vector<las::Points> points(chunks.size(), {chunks[0].format.layout, ColumnSet::all()});
            std::vector<ChunkJob> jobs;
            for (std::size_t i = 0; i < chunks.size(); ++i) {
                ASSERT_TRUE(expected[i].status);
                ASSERT_TRUE(same(expected[i], test::by_form(chunks[i], ColumnSet::all(), kRows)))
                    << form->name << ", chunk at " << chunks[i].at;
                jobs.push_back({chunks[i].bytes, chunks[i].at, chunks[i].point_count, &points[i], kRows});
            }
            decode_chunks(chunks[0].format, jobs);
            for (std::size_t i = 0; i < chunks.size(); ++i)
                ASSERT_TRUE(same(expected[i], test::outcome_of(jobs[i].status, points[i])))
                    << form->name << ", together, chunk at " << chunks[i].at;
        }
        fast::use_kernel(before);
    }
    EXPECT_GT(files, 5u);
}

}  // namespace
}  // namespace copse::laz
