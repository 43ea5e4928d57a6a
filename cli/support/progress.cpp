#include "support/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

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

/// "1.2 M/s", or nothing while there is nothing to go by.
std::string speed_text(std::string_view separator, std::optional<double> speed) {
    return speed ? fmt::format("{}{}/s", separator, short_count(*speed)) : std::string{};
}

std::string left_text(std::string_view separator, std::optional<double> seconds) {
    return seconds ? fmt::format("{}{} left", separator, duration_text(*seconds)) : std::string{};
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
    const auto now = state(done, total);
    switch (style_) {
        case ProgressStyle::bar:
            return print_bar(now);
        case ProgressStyle::plain:
            return print_plain(now);
        case ProgressStyle::json:
            return print_json_line(now);
        case ProgressStyle::none:
            return;
    }
}

Progress::State Progress::state(std::uint64_t done, std::uint64_t total) const {
    State now{done, total, std::chrono::duration<double>(Clock::now() - stage_start_).count(), share(done, total),
              {},   {}};
    const auto stage_share = now.share_done;
    const auto stage = std::find_if(plan_.begin(), plan_.end(), [&](const auto& s) { return s.name == stage_; });
    double later = 0;  // time of the stages to come, in times of this one
    if (stage != plan_.end()) {
        const auto sum = [](double value, const Stage& s) { return value + s.share; };
        later = std::accumulate(stage + 1, plan_.end(), 0.0, sum) / stage->share;
        const auto before = std::accumulate(plan_.begin(), stage, 0.0, sum);
        now.share_done = (before + stage->share * stage_share) / std::accumulate(plan_.begin(), plan_.end(), 0.0, sum);
    }
    if (done == 0 || now.seconds < kFirstEstimate) return now;
    now.speed = static_cast<double>(done) / now.seconds;
    const auto whole_stage = now.seconds / stage_share;
    if (now.share_done < 1) now.seconds_left = whole_stage - now.seconds + later * whole_stage;
    return now;
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

void Progress::print_bar(const State& now) const {
    const auto facts =
        fmt::format(" {:3.0f} %  {} {} of {} {}{}{}", 100 * now.share_done, stage_,
                    short_count(static_cast<double>(now.done)), short_count(static_cast<double>(now.total)), unit_,
                    speed_text("  ", now.speed), left_text("  ", now.seconds_left));
    // One column stays free: a full last column makes some terminals wrap.
    const std::size_t width = terminal_width() - 1;
    const auto used = width_of(facts);
    if (used + 6 > width) return console().draw_bar(facts.substr(1, width));
    const auto cells = std::min<std::size_t>(width - used - 2, 40);
    const auto full = static_cast<std::size_t>(now.share_done * static_cast<double>(cells));
    console().draw_bar("[" + std::string(full, '#') + std::string(cells - full, '.') + "]" + facts);
}

void Progress::print_plain(const State& now) const {
    console().say(fmt::format("{:.0f} %, {}: {} of {} {}{}{}", 100 * now.share_done, stage_, grouped(now.done),
                              grouped(now.total), unit_, speed_text(", ", now.speed),
                              left_text(", ", now.seconds_left)));
}

void Progress::print_json_line(const State& now) const {
    const auto known = [](std::optional<double> value) { return value ? Json(*value) : Json(nullptr); };
    const Json line{{"stage", stage_},
                    {"done", now.done},
                    {"total", now.total},
                    {"fraction", now.share_done},
                    {unit_ + "_per_second", known(now.speed)},
                    {"seconds", now.seconds},
                    {"seconds_left", known(now.seconds_left)}};
    console().raw(line.dump());
}

void Progress::finish() {
    if (style_ == ProgressStyle::bar) console().clear_bar();
    style_ = ProgressStyle::none;
}

}  // namespace copse::cli
