// How far a long verb is: a bar on a terminal, plain lines in a log, JSON lines for programs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace copse::cli {

enum class ProgressStyle { none, bar, plain, json };

/// @param word auto, bar, plain, json or none; auto is a bar on a terminal and plain lines elsewhere. Empty if it is
/// another.
std::optional<ProgressStyle> parse_progress(std::string_view word);

/// Takes "stage, done, total" as often as it comes and prints now and then. To be called from one thread at a time.
class Progress {
public:
    explicit Progress(ProgressStyle style, std::string unit = "points") : style_{style}, unit_{std::move(unit)} {}
    ~Progress() { finish(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void update(std::string_view stage, std::uint64_t done, std::uint64_t total);
    /// Removes the bar. Nothing is printed afterwards.
    void finish();

private:
    using Clock = std::chrono::steady_clock;
    void begin_stage(std::string_view stage);
    [[nodiscard]] bool due(bool stage_done);
    void print_bar(std::uint64_t done, std::uint64_t total, double seconds) const;
    void print_plain(std::uint64_t done, std::uint64_t total, double seconds) const;
    void print_json_line(std::uint64_t done, std::uint64_t total, double seconds) const;

    ProgressStyle style_;
    std::string unit_;
    std::string stage_;
    Clock::time_point stage_start_{};
    Clock::time_point last_print_{};
    bool stage_finished_ = false;
};

}  // namespace copse::cli
