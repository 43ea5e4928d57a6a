// Standard error: messages for people, and the progress bar that they must not tear.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace copse::cli {

/// Lines on standard error. Safe for several threads. Failures to write are nobody's concern.
class Console {
public:
    enum class Volume { quiet, normal, verbose };

    void set_volume(Volume volume) { volume_ = volume; }
    [[nodiscard]] bool quiet() const { return volume_ == Volume::quiet; }
    [[nodiscard]] bool verbose() const { return volume_ == Volume::verbose; }

    /// Always.
    void error(std::string_view line) { print(line); }
    /// Unless --quiet. "copse: " is put in front.
    void say(std::string_view line);
    void warn(std::string_view line);
    /// With --verbose.
    void detail(std::string_view line);
    /// A line as it is, unless --quiet.
    void raw(std::string_view line);

    /// Draws a bar in place of the last one; other lines appear above it.
    void draw_bar(std::string_view bar);
    void clear_bar();

private:
    void print(std::string_view line);

    std::mutex mutex_;
    std::string bar_;
    Volume volume_ = Volume::normal;
};

/// The one of this process.
Console& console();

/// Columns of the terminal on standard error; 80 if it is none.
unsigned terminal_width();
/// Standard error is a terminal that can move its cursor.
bool error_is_terminal();

}  // namespace copse::cli
