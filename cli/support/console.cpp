#include "support/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "copse/io.hpp"

namespace copse::cli {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

void write_error(const std::string& text) {
    io::StreamSink sink{STDERR_FILENO};
    (void)sink.append(std::as_bytes(std::span{text.data(), text.size()}));
}

}  // namespace

Console& console() {
    static auto* one = new Console;  // never destroyed: the signal thread may use it while the process ends
    return *one;
}

void Console::say(std::string_view line) {
    if (!quiet()) print(std::string{"copse: "}.append(line));
}

void Console::warn(std::string_view line) {
    if (!quiet()) print(std::string{"copse: warning: "}.append(line));
}

void Console::detail(std::string_view line) {
    if (verbose()) print(std::string{"copse: "}.append(line));
}

void Console::raw(std::string_view line) {
    if (!quiet()) print(line);
}

void Console::print(std::string_view line) {
    const std::scoped_lock lock{mutex_};
    // One write a line, so that lines of several programs on one terminal stay whole.
    std::string text = bar_.empty() ? std::string{} : std::string{kEraseLine};
    text.append(line).append("\n").append(bar_);
    write_error(text);
}

void Console::draw_bar(std::string_view bar) {
    const std::scoped_lock lock{mutex_};
    bar_ = bar;
    write_error(std::string{kEraseLine}.append(bar));
}

void Console::clear_bar() {
    const std::scoped_lock lock{mutex_};
    if (!bar_.empty()) write_error(std::string{kEraseLine});
    bar_.clear();
}

unsigned terminal_width() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

bool error_is_terminal() {
    const char* kind = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view{kind} != "dumb";
}

}  // namespace copse::cli
