#include "support/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/console.hpp"
#include "support/output.hpp"
#include "support/text.hpp"

namespace copse::cli {
namespace {

using std::chrono::milliseconds;

constexpr double kMinute = 60;
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
    if (!seconds) return {};
    // No parts of a second: they would only flicker.
    return *seconds < kMinute ? fmt::format("{}{:.0f} s left", separator, std::ceil(*seconds))
                              : fmt::format("{}{} left", separator, duration_text(*seconds));
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
    if (seen_.empty() || seen_[current_].name != stage) enter(stage);
    seen_[current_].share = share(done, total);
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

void Progress::enter(std::string_view stage) {
    const auto now = Clock::now();
    if (!seen_.empty()) seen_[current_].seconds = seconds_of(seen_[current_]);
    since_ = now;
    const auto found = std::find_if(seen_.begin(), seen_.end(), [&](const auto& seen) { return seen.name == stage; });
    current_ = static_cast<std::size_t>(found - seen_.begin());
    if (found != seen_.end()) return;
    // A log gets its first line after an interval: short runs need none. The others show at once what has begun.
    if (style_ != ProgressStyle::plain) last_print_ = now - interval(style_);
    if (seen_.empty() && style_ == ProgressStyle::plain) last_print_ = now;
    seen_.push_back({std::string{stage}});
}

bool Progress::due(bool stage_done) {
    const auto now = Clock::now();
    auto& stage = seen_[current_];
    // The end of a stage is told once, so that programs see every stage end at 100 %.
    const bool last = stage_done && !stage.told && style_ != ProgressStyle::plain;
    if (!last && now - last_print_ < interval(style_)) return false;
    stage.told = stage.told || stage_done;
    last_print_ = now;
    return true;
}

double Progress::seconds_of(const Seen& stage) const {
    if (&stage != &seen_[current_]) return stage.seconds;
    return stage.seconds + std::chrono::duration<double>(Clock::now() - since_).count();
}

Progress::State Progress::state(std::uint64_t done, std::uint64_t total) const {
    const auto& stage = seen_[current_];
    State now{stage.name, done, total, seconds_of(stage), stage.share, {}, {}};
    if (done == 0 || now.seconds < kFirstEstimate) {
        add_whole_run(now);
        return now;
    }
    now.speed = static_cast<double>(done) / now.seconds;
    if (done < total) now.seconds_left = now.seconds / stage.share - now.seconds;
    add_whole_run(now);
    return now;
}

/// Share and time left of all stages of the plan, if the stage is one of them.
void Progress::add_whole_run(State& state) const {
    const auto is = [](std::string_view name) { return [name](const auto& stage) { return stage.name == name; }; };
    const auto current = std::find_if(plan_.begin(), plan_.end(), is(state.stage));
    if (current == plan_.end()) return;
    double all = 0, done = 0, time = 0, time_left = 0, share_to_come = 0;
    for (auto planned = plan_.begin(); planned != plan_.end(); ++planned) {
        all += planned->share;
        const auto seen = std::find_if(seen_.begin(), seen_.end(), is(planned->name));
        if (seen != seen_.end() && seen->share > 0) {
            const auto seconds = seconds_of(*seen);
            done += planned->share * seen->share;
            time += seconds;
            time_left += seconds / seen->share - seconds;
        } else if (planned < current) {
            done += planned->share;  // passed without a word
        } else {
            share_to_come += planned->share;
        }
    }
    state.share_done = done / all;
    state.seconds_left.reset();
    if (time < kFirstEstimate || !(done > 0) || state.share_done >= 1) return;
    // A stage that has not begun takes as long, for its share, as those that have.
    state.seconds_left = time_left + share_to_come * (time + time_left) / (all - share_to_come);
}

void Progress::print_bar(const State& now) const {
    const auto facts =
        fmt::format(" {:3.0f} %  {} {} of {} {}{}{}", 100 * now.share_done, now.stage,
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
    console().say(fmt::format("{:.0f} %, {}: {} of {} {}{}{}", 100 * now.share_done, now.stage, grouped(now.done),
                              grouped(now.total), unit_, speed_text(", ", now.speed),
                              left_text(", ", now.seconds_left)));
}

void Progress::print_json_line(const State& now) const {
    const auto known = [](std::optional<double> value) { return value ? Json(*value) : Json(nullptr); };
    const Json line{{"stage", now.stage},
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
