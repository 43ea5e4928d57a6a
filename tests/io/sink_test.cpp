#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "copse/io.hpp"
#include "temporary_folder.hpp"

namespace copse::io {
namespace {

using testing::bytes_of;
using testing::text_of;

struct Pipe {
    Pipe() { EXPECT_EQ(::pipe(ends), 0); }
    ~Pipe() {
        close_reader();
        ::close(ends[1]);
    }
    void close_reader() {
        if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
    }
    int ends[2]{-1, -1};
};

TEST(MemorySinkTest, AppendsAndPatches) {
    MemorySink sink;
    ASSERT_TRUE(sink.append(bytes_of("hello")));
    ASSERT_TRUE(sink.patch(0, bytes_of("J")));
    ASSERT_TRUE(sink.patch(5, bytes_of("")));
    EXPECT_EQ(sink.patch(4, bytes_of("xy")).error().os_error, EINVAL);
    EXPECT_EQ(sink.patch(6, bytes_of("")).error().at, 6u);
    EXPECT_EQ(sink.position(), 5u);
    EXPECT_EQ(text_of(sink.bytes()), "Jello");
}

TEST(StreamSinkTest, WritesAllOfItThroughAPipeThatFillsUp) {
    Pipe pipe;
    ASSERT_EQ(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK), 0);  // as a shell may have left it
    const std::string text(1 << 20, 'x');
    std::size_t received = 0;
    std::thread reader{[&] {
        std::array<char, 1000> block{};
        while (received < text.size()) {
            const auto count = ::read(pipe.ends[0], block.data(), block.size());
            if (count <= 0) break;
            received += static_cast<std::size_t>(count);
        }
    }};
    StreamSink sink{pipe.ends[1]};
    EXPECT_TRUE(sink.append(bytes_of(text)));
    EXPECT_EQ(sink.position(), text.size());
    reader.join();
    EXPECT_EQ(received, text.size());
}

TEST(StreamSinkTest, SaysThatThePipeIsClosed) {
    const auto old_handler = ::signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    pipe.close_reader();
    StreamSink sink{pipe.ends[1]};
    const auto status = sink.append(bytes_of("x"));
    ::signal(SIGPIPE, old_handler);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().os_error, EPIPE);
}

TEST(StreamSinkTest, ReportsAFullDisk) {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0) GTEST_SKIP() << "/dev/full is not there";
    StreamSink sink{full};
    const auto status = sink.append(bytes_of("x"));
    ::close(full);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::io_failed);
    EXPECT_EQ(status.error().os_error, ENOSPC);
}

TEST(StreamSinkTest, CannotBePatched) {
    StreamSink sink{1};
    EXPECT_EQ(sink.patch(0, bytes_of("x")).error().os_error, ESPIPE);
}

}  // namespace
}  // namespace copse::io
