#include "support/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "support/console.hpp"
#include "support/output.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

using std::chrono::milliseconds;

constexpr double kFirstEstimate = 0.5;  // seconds of work before speed and time left mean something

/// A bar moves, a log grows.
milliseconds interval(ProgressStyle style) {
    switch (style) {
        case ProgressStyle::bar:
            return milliseconds{100};
        case ProgressStyle::json:
            return milliseconds{500};
        default:
            return milliseconds{5000};
    }
}

double share(std::uint64_t done, std::uint64_t total) {
    return total == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
}

/// Seconds left at the mean speed so far; empty while there is nothing to go by.
std::optional<double> time_left(std::uint64_t done, std::uint64_t total, double seconds) {
    if (done == 0 || done >= total || seconds < kFirstEstimate) return {};
    return seconds / static_cast<double>(done) * static_cast<double>(total - done);
}

/// ", 1.2 M/s", or nothing while there is nothing to go by.
std::string speed(std::uint64_t done, double seconds, std::string_view separator) {
    if (done == 0 || seconds < kFirstEstimate) return {};
    return fmt::format("{}{}/s", separator, short_count(static_cast<double>(done) / seconds));
}

}  // namespace

std::optional<ProgressStyle> parse_progress(std::string_view word) {
    if (word == "auto") return error_is_terminal() ? ProgressStyle::bar : ProgressStyle::plain;
    if (word == "bar") return ProgressStyle::bar;
    if (word == "plain") return ProgressStyle::plain;
    if (word == "json") return ProgressStyle::json;
    if (word == "none") return ProgressStyle::none;
    return {};
}

void Progress::update(std::string_view stage, std::uint64_t done, std::uint64_t total) {
    if (style_ == ProgressStyle::none) return;
    if (stage != stage_) begin_stage(stage);
    if (!due(done >= total)) return;
    const std::chrono::duration<double> elapsed = Clock::now() - stage_start_;
    switch (style_) {
        case ProgressStyle::bar:
            return print_bar(done, total, elapsed.count());
        case ProgressStyle::plain:
            return print_plain(done, total, elapsed.count());
        case ProgressStyle::json:
            return print_json_line(done, total, elapsed.count());
        case ProgressStyle::none:
            return;
    }
}

void Progress::begin_stage(std::string_view stage) {
    stage_ = stage;
    stage_start_ = Clock::now();
    stage_finished_ = false;
    // A log gets its first line after an interval: short runs need none. The others show at once what has begun.
    last_print_ = style_ == ProgressStyle::plain ? stage_start_ : stage_start_ - interval(style_);
}

bool Progress::due(bool stage_done) {
    const auto now = Clock::now();
    // The end of a stage is told once, so that programs see every stage end at 100 %.
    const bool last = stage_done && !stage_finished_ && style_ != ProgressStyle::plain;
    if (!last && now - last_print_ < interval(style_)) return false;
    stage_finished_ = stage_finished_ || stage_done;
    last_print_ = now;
    return true;
}

void Progress::print_bar(std::uint64_t done, std::uint64_t total, double seconds) const {
    const auto left = time_left(done, total, seconds);
    const auto facts =
        fmt::format(" {:3.0f} %  {} of {} {}{}{}", 100 * share(done, total), short_count(static_cast<double>(done)),
                    short_count(static_cast<double>(total)), unit_, speed(done, seconds, "  "),
                    left ? "  " + duration_text(*left) + " left" : "");
    const auto head = padded_right(stage_, 10) + " ";
    // One column stays free: a full last column makes some terminals wrap.
    const std::size_t width = terminal_width() - 1;
    const auto used = width_of(head) + width_of(facts);
    if (used + 6 > width) return console().draw_bar((head + facts).substr(0, width));
    const auto cells = std::min<std::size_t>(width - used - 2, 40);
    const auto full = static_cast<std::size_t>(share(done, total) * static_cast<double>(cells));
    console().draw_bar(head + "[" + std::string(full, '#') + std::string(cells - full, '.') + "]" + facts);
}

void Progress::print_plain(std::uint64_t done, std::uint64_t total, double seconds) const {
    const auto left = time_left(done, total, seconds);
    console().say(fmt::format("{}: {:.0f} %, {} of {} {}{}{}", stage_, 100 * share(done, total), grouped(done),
                              grouped(total), unit_, speed(done, seconds, ", "),
                              left ? ", " + duration_text(*left) + " left" : ""));
}

void Progress::print_json_line(std::uint64_t done, std::uint64_t total, double seconds) const {
    Json line{{"stage", stage_}, {"done", done}, {"total", total}, {"seconds", seconds}};
    const auto left = time_left(done, total, seconds);
    line["seconds_left"] = left ? Json(*left) : Json(nullptr);
    console().raw(line.dump());
}

void Progress::finish() {
    if (style_ == ProgressStyle::bar) console().clear_bar();
    style_ = ProgressStyle::none;
}

}  // namespace copse::cli
