#include "build/inputs.hpp"

#include <gtest/gtest.h>

#include "build/converting.hpp"

namespace copse::build {
namespace {

using namespace testing;

constexpr std::size_t kMinorAt = 25, kHeaderSizeAt = 94, kDataAt = 96;

template <class T>
void add_at(Bytes& file, std::size_t at, T more) {
    wire::store_le<T>(file.data() + at, static_cast<T>(wire::load_le<T>(file.data() + at) + more));
}

/// A LAS 1.2 file, as LAS 1.0 to 1.3. Header and records of 1.0 to 1.2 have the same layout; 1.3 adds 8 bytes.
Bytes as_version(Bytes file, std::uint8_t minor, bool compressed) {
    file[kMinorAt] = std::byte{minor};
    if (minor < 3) return file;
    constexpr std::uint16_t kMore = las::kHeaderSize13 - las::kHeaderSize12;
    file.insert(file.begin() + las::kHeaderSize12, kMore, std::byte{0});
    add_at<std::uint16_t>(file, kHeaderSizeAt, kMore);
    add_at<std::uint32_t>(file, kDataAt, kMore);
    if (compressed)  // the position of the chunk table, in front of the points
        add_at<std::uint64_t>(file, wire::load_le<std::uint32_t>(file.data() + kDataAt), kMore);
    return file;
}

TEST(Inputs, OfEveryVersionAreReadCompressedOrNot) {
    for (std::uint8_t format = 0; format <= 3; ++format)
        for (const bool compressed : {false, true}) {
            auto input = input_of(survey(format, 600, format));
            input.compressed = compressed;
            for (std::uint8_t minor = 0; minor <= 3; ++minor) {
                SCOPED_TRACE(::testing::Message()
                             << "LAS 1." << +minor << ", format " << +format << ", " << compressed);
                const auto output = take_apart(converted({{"a", as_version(bytes_of(input), minor, compressed)}}));
                EXPECT_EQ(output.records(), records_as(input.points, las::copc_format_for(format)));
            }
        }
}

TEST(Inputs, OfSeveralVersionsAndFormatsMakeOneOutputThatHoldsAll) {
    auto first = input_of(survey(0, 50, 1)), second = input_of(survey(3, 50, 2)), third = input_of(survey(8, 50, 3));
    second.compressed = third.compressed = true;
    const auto output = take_apart(converted({{"a", as_version(bytes_of(first), 0, false)},
                                              {"b", as_version(bytes_of(second), 3, true)},
                                              {"c", bytes_of(third)}}));
    EXPECT_EQ(output.file.layout.format, 8);
    auto expected = records_as(first.points, 8);
    for (const auto& more : {records_as(second.points, 8), records_as(third.points, 8)})
        expected.insert(expected.end(), more.begin(), more.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(output.records(), expected);
}

/// Files that the host opens itself.
struct Opened {
    explicit Opened(const std::vector<NamedFile>& files) {
        for (const auto& file : files) {
            sources.push_back(std::make_unique<io::MemorySource>(ByteView{file.bytes}));
            inputs.push_back({file.name, nullptr, [source = sources.back().get()](const auto& options) {
                                  return laz::open(*source, options);
                              }});
        }
    }
    Conversion run() {
        io::MemorySink sink;
        ThreadExecutor executor{2};
        Conversion result;
        result.outcome = convert(inputs, {}, sink, executor);
        result.bytes = sink.take();
        return result;
    }
    std::vector<std::unique_ptr<io::MemorySource>> sources;
    std::vector<Input> inputs;
};

TEST(Inputs, MayBeOpenedByTheHostAndGiveTheSameBytes) {
    const std::vector<NamedFile> files{{"a", bytes_of(input_of(survey(6, 300, 1)))},
                                       {"b", bytes_of(input_of(survey(7, 200, 2)))}};
    Opened opened{files};
    const auto result = opened.run();
    ASSERT_TRUE(result.outcome.report);
    EXPECT_EQ(result.bytes, converted(files));
    const std::vector<NamedFile> turned_files{files[1], files[0]};
    Opened turned{turned_files};
    EXPECT_EQ(turned.run().bytes, result.bytes);
}

TEST(Inputs, OpenedByTheHostNameThePartThatIsDamaged) {
    const Input input{"folder", nullptr, [](const las::OpenOptions&) -> Result<std::unique_ptr<las::PointReader>> {
                          return Error{Code::bad_value, 3, "wrong"}.in_part("tiles/1");
                      }};
    io::MemorySink sink;
    wire::SerialExecutor executor;
    const auto outcome = convert({&input, 1}, {}, sink, executor);
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(outcome.failure->file, "folder/tiles/1");
    EXPECT_EQ(outcome.failure->message, "folder/tiles/1: offset 3: wrong");
}

}  // namespace
}  // namespace copse::build
