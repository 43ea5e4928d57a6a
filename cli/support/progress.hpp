// How far a long verb is: a bar on a terminal, plain lines in a log, JSON lines for programs.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace copse::cli {

enum class ProgressStyle { none, bar, plain, json };

/// @param word auto, bar, plain, json or none; auto is a bar on a terminal and plain lines elsewhere. Empty if it is
/// another.
std::optional<ProgressStyle> parse_progress(std::string_view word);

/// Takes "stage, done, total" as often as it comes and prints now and then. Stages may take turns. To be called from
/// one thread at a time.
class Progress {
public:
    /// A stage of known work.
    struct Stage {
        std::string_view name;
        double share = 0;  ///< of the time of all stages, roughly
    };

    /// @param plan stages in their order: with it, percent and time left are those of the whole run. A stage that is
    /// not in it stands for itself.
    explicit Progress(ProgressStyle style, std::string unit = "points", std::vector<Stage> plan = {})
        : style_{style}, unit_{std::move(unit)}, plan_{std::move(plan)} {}
    ~Progress() { finish(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void update(std::string_view stage, std::uint64_t done, std::uint64_t total);
    /// Removes the bar. Nothing is printed afterwards.
    void finish();

private:
    using Clock = std::chrono::steady_clock;
    /// Where the work is.
    struct State {
        std::string_view stage;
        std::uint64_t done = 0, total = 0;  ///< of the stage
        double seconds = 0;                 ///< of the stage
        double share_done = 0;              ///< of the plan, or of the stage
        std::optional<double> speed;        ///< of the stage, a second
        std::optional<double> seconds_left;
    };
    /// A stage that was seen.
    struct Seen {
        std::string name;
        double seconds = 0;  ///< without the turn that it has now
        double share = 0;    ///< done of it
        bool told = false;   ///< that it is complete
    };
    void enter(std::string_view stage);
    [[nodiscard]] bool due(bool stage_done);
    [[nodiscard]] double seconds_of(const Seen& stage) const;
    void add_whole_run(State& state) const;
    [[nodiscard]] State state(std::uint64_t done, std::uint64_t total) const;
    void print_bar(const State& state) const;
    void print_plain(const State& state) const;
    void print_json_line(const State& state) const;

    ProgressStyle style_;
    std::string unit_;
    std::vector<Stage> plan_;
    std::vector<Seen> seen_;
    std::size_t current_ = 0;
    Clock::time_point since_{};  ///< begin of the stage's turn
    Clock::time_point last_print_{};
};

/// Those of `build::convert`. Shares roughly: what they are for is the time left.
inline constexpr std::array kConversionStages{Progress::Stage{"scan", 0.02}, Progress::Stage{"route", 0.44},
                                              Progress::Stage{"build", 0.54}};

}  // namespace copse::cli
